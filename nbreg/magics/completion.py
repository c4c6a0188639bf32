"""Tab after %nnreg: commands, options, tables, columns, choices."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import narwhals as nw

from nbreg.errors import NbregError
from nbreg.magics.command import COMMANDS, Command, Frame, ModelName, frames_in
from nbreg.options import Kind, Option, Optional, Switch

_LINE = re.compile(r"(?:^|=)\s*%{1,2}nnreg\s+(?P<words>.*)$", re.DOTALL)
_LAST_WORD = re.compile(r"(?:\"[^\"]*|'[^']*|\S*)$")


class Offer(NamedTuple):
    """One thing that could stand here, and what it is."""

    text: str
    what: str


def offers(text: str, names: Mapping[str, Any]) -> tuple[str, list[Offer]] | None:
    """Return the piece before the cursor and what it could become; None where `text` is no %nnreg line.

    `text` is the line up to the cursor, `names` the notebook's namespace.
    """
    matched = _LINE.search(text.rsplit("\n", 1)[-1])
    if not matched:
        return None
    words = matched["words"]
    fragment = _LAST_WORD.search(words)[0]  # type: ignore[index] # it matches the empty string at least
    before = words[: len(words) - len(fragment)].split()
    flag, has_value, value = fragment.partition("=")
    if flag.startswith("--") and has_value:
        before, fragment = [*before, flag], value
    return fragment, [offer for offer in _possible(before, fragment, names) if _begins(offer.text, fragment)]


def _possible(before: list[str], fragment: str, names: Mapping[str, Any]) -> Iterable[Offer]:
    if not before:
        return [Offer(name, "command") for name in COMMANDS]
    try:
        command = COMMANDS[before[0]]
    except NbregError:
        return []
    flags = {each.flag: each for each in command.options().values()} | _short(command)
    waiting = flags.get(before[-1])
    if waiting is not None and not isinstance(waiting.kind, Switch):
        return _values(waiting.kind, before, names)
    if fragment.startswith("-"):
        return _flags(command, before)
    position = _plain_words(before[1:], flags)
    if position < len(command.arguments):
        return _values(command.arguments[position].kind, before, names)
    return _flags(command, before)


def _short(command: Command) -> dict[str, Option]:
    return {"-o": command.options()["out"]} if "out" in command.options() else {}


def _flags(command: Command, before: list[str]) -> list[Offer]:
    given = {word.partition("=")[0] for word in before}
    usable = [each for each in command.options().values() if each.kind.many or each.flag not in given]
    return [Offer(each.flag, "option") for each in usable] + [Offer("--help", "option")]


def _values(kind: Kind, before: list[str], names: Mapping[str, Any]) -> list[Offer]:
    if isinstance(kind, Optional) and not kind.of_columns:
        return [*_values(kind.kind, before, names), Offer(kind.word, "value")]
    if kind.of_columns:
        return _columns(before, names)
    if isinstance(kind, Frame):
        return [Offer(name, "table") for name in frames_in(names)]
    if isinstance(kind, ModelName):
        return [Offer(name, "regressor") for name in _regressors(names)]
    return [Offer(word, "value") for word in kind.choices()]


def _columns(before: list[str], names: Mapping[str, Any]) -> list[Offer]:
    table = next((names[word] for word in before[1:] if word in frames_in(names)), None)
    if table is None:
        return []
    schema = nw.from_native(table, eager_only=True).schema
    return [Offer(f'"{name}"' if " " in str(name) else str(name), str(dtype)) for name, dtype in schema.items()]


def _regressors(names: Mapping[str, Any]) -> list[str]:
    # Asked by name, for a Tab should not import scikit-learn.
    return [name for name, value in list(names.items()) if type(value).__name__ == "Regressor" and name[0] != "_"]


def _plain_words(words: list[str], flags: Mapping[str, Option]) -> int:
    """Return how many of `words` are neither flags nor values of flags."""
    count, skips = 0, False
    for word in words:
        if skips:
            skips = False
        elif word.startswith("-"):
            declared = flags.get(word)
            skips = declared is not None and not isinstance(declared.kind, Switch)
        else:
            count += 1
    return count


def _begins(text: str, fragment: str) -> bool:
    return text.lower().lstrip("\"'").startswith(fragment.lower().lstrip("\"'"))


def matcher(shell: Any) -> Callable[[Any], Any]:
    """Return IPython's view of `offers`, for ``shell.Completer.custom_matchers``."""
    from IPython.core.completer import SimpleCompletion, context_matcher

    # A priority is needed for `suppress` to keep other matchers' offers away.
    @context_matcher(priority=200, identifier="nbreg")  # type: ignore[untyped-decorator]
    def nnreg_matcher(context: Any) -> Any:
        found = offers(context.text_until_cursor, shell.user_ns)
        if found is None:
            return {"completions": []}
        fragment, possible = found
        completions = [SimpleCompletion(text=text, type=what) for text, what in possible]
        return {"completions": completions, "matched_fragment": fragment, "suppress": True, "ordered": True}

    return nnreg_matcher  # type: ignore[no-any-return]
