"""Tab after %nnreg: commands, options, tables, columns, choices."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from nbreg.errors import NbregError
from nbreg.magics.column_offers import Offer, Place, column_offers, explanations_in, regressors_in
from nbreg.magics.command import COMMANDS, Command, ExplanationName, Frame, ResultName, Words, frames_in, results_in
from nbreg.magics.parsing import words_of
from nbreg.magics.predictors import PredictorName, predictors_in
from nbreg.magics.run_offers import run_offers, takes_runs
from nbreg.options import Kind, Option, Optional
from nbreg.panels.notebook_names import ModelName

_LINE = re.compile(r"(?:^|=)\s*%{1,2}nnreg\s+(?P<words>.*)$", re.DOTALL)
#: Words that are whole, and the blanks behind each; what follows is the word that the cursor is in.
_WHOLE = re.compile(r"(?:(?:[^\s\"']|\"[^\"]*\"|'[^']*')*\s+)*")


def offers(text: str, names: Mapping[str, Any]) -> tuple[str, list[Offer]] | None:
    """Return the piece before the cursor and what it could become; None where `text` is no %nnreg line.

    `text` is the line up to the cursor, `names` the notebook's namespace.
    """
    matched = _LINE.search(text.rsplit("\n", 1)[-1])
    if not matched:
        return None
    words = matched["words"]
    end = _WHOLE.match(words).end()  # type: ignore[union-attr] # it matches the empty string at least
    before, fragment = _words(words[:end]), words[end:]
    flag, has_value, value = fragment.partition("=")
    if flag.startswith("--") and has_value:
        before, fragment = [*before, flag], value
    return fragment, [offer for offer in _possible(before, fragment, names) if _begins(offer.text, fragment)]


def _words(text: str) -> list[str]:
    try:
        return words_of(text)
    except NbregError:
        return text.split()


def _possible(before: list[str], fragment: str, names: Mapping[str, Any]) -> Iterable[Offer]:
    if not before:
        return [Offer(name, "command") for name in COMMANDS]
    try:
        command = COMMANDS[before[0]].of(before[1:])
    except NbregError:
        return []
    place = Place(command, before, fragment, names)
    flags = {each.flag: each for each in command.options().values()} | _short(command)
    waiting = flags.get(before[-1])
    if waiting is not None and not waiting.kind.stands_alone:
        return _values(waiting.kind, waiting.name, place)
    words = [] if waiting is None else _values(waiting.kind, waiting.name, place)
    return [*words, *_others(before, fragment, place, flags)]


def _others(before: list[str], fragment: str, place: Place, flags: Mapping[str, Option]) -> Iterable[Offer]:
    """Return what there is beside the value of the last flag."""
    position = _plain_words(before[1:], flags)
    if fragment.startswith("-") or position >= len(place.command.arguments):
        return _flags(place.command, before)
    argument = place.command.arguments[position]
    return _values(argument.kind, argument.name, place)


def _short(command: Command) -> dict[str, Option]:
    return {"-o": command.options()["out"]} if "out" in command.options() else {}


def _flags(command: Command, before: list[str]) -> list[Offer]:
    given = {word.partition("=")[0] for word in before}
    usable = [each for each in command.options().values() if each.kind.many or each.flag not in given]
    return [Offer(each.flag, "option") for each in usable] + [Offer("--help", "option")]


def _values(kind: Kind, name: str, place: Place) -> list[Offer]:
    if takes_runs(kind):
        return run_offers(kind, place)
    if isinstance(kind, Optional) and not kind.of_columns:
        return [*_values(kind.kind, name, place), Offer(kind.word, "value")]
    if kind.of_columns:
        return column_offers(kind, name, place)
    if isinstance(kind, Frame):
        words = [Offer(word, "value") for word in kind.choices()]
        return [*words, *(Offer(each, "table") for each in frames_in(place.names))]
    if isinstance(kind, PredictorName):
        return [Offer(each, "predictor") for each in predictors_in(place.names)]
    if isinstance(kind, ModelName):
        return [Offer(each, "regressor") for each in regressors_in(place.names)]
    if isinstance(kind, ResultName):
        return [Offer(each, kind.what) for each in results_in(place.names, kind.what)]
    if isinstance(kind, ExplanationName):
        return [Offer(each, "explanation") for each in explanations_in(place.names)]
    begun = place.fragment[: place.fragment.rfind(",") + 1] if isinstance(kind, Words) else ""
    return [Offer(begun + word, "value") for word in kind.choices() if word not in begun.split(",")]


def _plain_words(words: list[str], flags: Mapping[str, Option]) -> int:
    """Return how many of `words` are neither flags nor values of flags."""
    count, last = 0, None
    for word in words:
        takes_it = last is not None and (not last.kind.stands_alone or word in last.kind.choices())
        last = flags.get(word) if word.startswith("-") and not takes_it else None
        if not takes_it and not word.startswith("-"):
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
