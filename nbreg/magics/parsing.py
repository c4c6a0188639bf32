"""From a line to a command's arguments and options."""

from __future__ import annotations

import shlex
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbreg.errors import OptionError, did_you_mean
from nbreg.magics.command import COMMANDS, Argument, Command
from nbreg.options import Choice, Option

#: Short forms of flags.
SHORT = {"-o": "--out", "-h": "--help"}


@dataclass(frozen=True)
class Parsed:
    """What a line says."""

    name: str
    command: Command
    arguments: Mapping[str, Any]
    options: Mapping[str, Any]
    wants_help: bool = False


def words_of(line: str) -> list[str]:
    """Return the words of a line; quotes hold blanks together, backslashes are themselves (paths).

    Raises OptionError where a quote is not closed.
    """
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.escape, lexer.commenters = True, "", ""
    try:
        return list(lexer)
    except ValueError:
        raise OptionError(f"A quote is not closed in: {line.strip()}") from None


def parse(line: str) -> Parsed:
    """Return what `line`, the words after %nnreg, says. Raises OptionError."""
    words = words_of(line)
    if not words or words[0] in ("-h", "--help"):
        return Parsed("help", COMMANDS["help"], {"command": None}, {})
    name, command = words[0], COMMANDS[words[0]].of(words[1:])
    plain, flags = _sorted_out(words[1:], command, name)
    wants_help = "help" in flags
    flags.pop("help", None)
    arguments = {} if wants_help else _named(plain, command, name)
    return Parsed(name, command, arguments, _checked(flags, command), wants_help)


def _sorted_out(words: list[str], command: Command, name: str) -> tuple[list[str], dict[str, Any]]:
    """Return the plain words, and for each flag given its value, or its values where it may be given again."""
    plain: list[str] = []
    flags: dict[str, Any] = {}
    rest = deque(words)
    while rest:
        word = rest.popleft()
        if not word.startswith("-") or _is_number(word):
            plain.append(word)
        elif word in ("-h", "--help"):
            flags["help"] = True
        else:
            declared, value = _read_flag(word, rest, command, name)
            if declared.kind.many:
                flags.setdefault(declared.name, []).append(value)
            elif declared.name in flags:
                raise OptionError(f"{declared.flag} is given twice.")
            else:
                flags[declared.name] = value
    return plain, flags


def _read_flag(word: str, rest: deque[str], command: Command, name: str) -> tuple[Option, Any]:
    flag, has_value, value = word.partition("=")
    flag = SHORT.get(flag, flag)
    declared = {each.flag: each for each in command.options().values()}
    negated = "--" + flag.removeprefix("--no-")
    if flag not in declared and flag.startswith("--no-") and _stands_alone(declared.get(negated)):
        return declared[negated], False
    if flag not in declared:
        raise OptionError(command.lacks(flag) or f"{name} has no option {flag}.{did_you_mean(flag, declared)}")
    if _stands_alone(declared[flag]):
        has_word = bool(rest) and rest[0] in declared[flag].kind.choices()
        return declared[flag], value if has_value else rest.popleft() if has_word else True
    if not has_value:
        value = rest.popleft() if rest else ""
        if not value or (value.startswith("-") and not _is_number(value)):
            raise OptionError(f"{flag} takes {declared[flag].kind.expected}; nothing was given.")
    return declared[flag], value


def _checked(flags: Mapping[str, Any], command: Command) -> dict[str, Any]:
    options = command.options()
    return {
        name: _several(options[name], value) if isinstance(value, list) else
        options[name].check(value) if isinstance(value, bool) else options[name].parse(value)
        for name, value in flags.items()
    }  # fmt: skip


def _several(declared: Option, texts: list[str]) -> Any:
    values = [declared.parse(text) for text in texts]  # which names the one that is wrong
    if len(values) == 1:
        return values[0]  # it may be a word that stands for something, such as "all"
    return declared.check(tuple(texts))


def _named(plain: list[str], command: Command, name: str) -> dict[str, Any]:
    declared = command.arguments
    if len(plain) > len(declared):
        extra = plain[len(declared)]
        raise OptionError(f'{name} takes {_usage(command)}; "{extra}" is one word too many.')
    missing = [each for each in declared[len(plain) :] if each.required]
    if missing:
        raise OptionError(f"{name} needs {missing[0].name.upper()}: {missing[0].kind.expected}.")
    given = {each.name: _value(each, text, name) for each, text in zip(declared, plain, strict=False)}
    return {each.name: given.get(each.name) for each in declared}


def _value(declared: Argument, text: str, name: str) -> Any:
    if isinstance(declared.kind, Choice):
        return text  # the command says better what there is
    try:
        return declared.kind.check(declared.kind.parse(text))
    except ValueError:
        raise OptionError(f"{name} takes as {declared.name.upper()} {declared.kind.expected}; got {text}.") from None


def _usage(command: Command) -> str:
    return " ".join(each.name.upper() for each in command.arguments) or "no words of its own"


def _stands_alone(declared: Option | None) -> bool:
    return declared is not None and declared.kind.stands_alone


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
