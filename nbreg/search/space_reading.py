"""From the line of a space, or a mapping, to its entries, with the place of what means nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nbreg.errors import OptionError, did_you_mean
from nbreg.fit_options import fit_options
from nbreg.search.entries import Choices, Entry, Range, numbers_of, value_of

#: Where an entry begins: commas part entries only before ``NAME=``.
_BEGIN = re.compile(r"(?:^|,)\s*(?=[^\s,=|]+\s*=)")
_RANGE = re.compile(r"(?P<low>.*?)\.\.(?P<high>[^:]*)(?::(?P<how>.*))?")

_EXAMPLE = "hidden=32..512:log, dropout=0..0.5, activation=relu|gelu"


def entries_of(given: Any) -> tuple[Entry, ...]:
    """Return the entries of a space, a line of text or a mapping. Raises OptionError."""
    if isinstance(given, str):
        parts = _parts(given)
        entries = [_placed(text, at, lambda text=text: _read(text)) for text, at in parts]  # type: ignore[misc]
        return _unique(entries, [f", at letter {at}" for _, at in parts])
    if isinstance(given, Mapping):
        return _unique([_made(str(name), value) for name, value in given.items()])
    raise OptionError(f'A space is a line such as "{_EXAMPLE}", or a dict; got {given!r}.')


def _parts(line: str) -> list[tuple[str, int]]:
    """Return the entries of a line, each with the place of its first letter, counted from 1."""
    begins = [found.end() for found in _BEGIN.finditer(line)]
    first = line[: begins[0]] if begins else line
    if not begins or first.strip():
        raise OptionError(
            f'A space is read as NAME=VALUES, parted by commas, such as "{_EXAMPLE}"; got "{line.strip()}".'
        )
    ends = [*begins[1:], len(line)]
    return [(line[a:b].strip().rstrip(",").rstrip(), a + 1) for a, b in zip(begins, ends, strict=True)]


def _read(text: str) -> Entry:
    name, values = (part.strip() for part in text.split("=", 1))
    name = _known(name)
    declared = fit_options()[name]
    found = _RANGE.fullmatch(values)
    if found and numbers_of(declared.kind) is not None:
        if found["high"].startswith("."):
            raise OptionError(f"{name}: two dots part the ends of a range, not three.")
        how = None if found["how"] is None else found["how"].strip()
        is_log = how is not None and how.lower() == "log"
        return Range(name, found["low"].strip(), found["high"].strip(), is_log, None if is_log else how)  # type: ignore[arg-type]
    texts = [each.strip() for each in values.split("|")]
    if not all(texts):
        raise OptionError(f"{name} lacks a value: write {name}=A|B, or {name}=LOW..HIGH for numbers.")
    return Choices(name, tuple(value_of(declared, each) for each in texts))


def _made(name: str, value: Any) -> Entry:
    name = _known(name)
    if isinstance(value, str):
        return _placed(f"{name}={value}", None, lambda: _read(f"{name}={value}"))
    if isinstance(value, tuple) and len(value) in (2, 3):
        how = value[2] if len(value) == 3 else None
        return Range(name, value[0], value[1], how == "log", None if how == "log" else how)
    return Choices(name, tuple(value) if isinstance(value, list) else (value,))


def _known(name: str) -> str:
    """Return the name of an option, which may be written as its flag is. Raises OptionError."""
    plain = name.removeprefix("--").replace("-", "_")
    if plain not in fit_options():
        raise OptionError(f'There is no option "{name}".{did_you_mean(plain, fit_options())}')
    return plain


def _placed(text: str, at: int | None, read: Callable[[], Entry]) -> Entry:
    """Return what `read` does; say the place in the space where it fails."""
    try:
        return read()
    except OptionError as error:
        place = "" if at is None else f", letter {at}"
        raise OptionError(f'{error} (In the space at "{text}"{place}.)') from None


def _unique(entries: list[Entry], places: Sequence[str] = ()) -> tuple[Entry, ...]:
    """Return the entries. Raises OptionError where there are none, or an option a second time: at one of `places`."""
    names = [each.name for each in entries]
    again = next((i for i, name in enumerate(names) if name in names[:i]), None)
    if again is not None:
        raise OptionError(f"{names[again]} stands in the space twice{places[again] if places else ''}.")
    if not entries:
        raise OptionError(f'The space is empty; it is read as "{_EXAMPLE}".')
    return tuple(entries)
