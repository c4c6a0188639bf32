"""From what was given as values to the values of each factor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from nbreg.errors import NbregError, OptionError
from nbreg.search.factor import Factor
from nbreg.search.fold_table import FoldTable

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def values_of(
    factors: Sequence[Factor], given: Sequence[Any], table: FoldTable, options: Mapping[str, Any]
) -> tuple[tuple[Any, ...], ...]:
    """Return the values of each factor: those that were given (see `Values`), or its own.

    Raises OptionError, with the place, for what is no value of a factor; DataError for what does not fit the table.
    """
    by_factor = _by_factor(factors, given)
    found = tuple(_of_one(factor, by_factor[factor.name], table, options) for factor in factors)
    if max(map(len, found)) < 2:
        raise OptionError(f"A study compares values, and {factors[0].name} has but one (--values).")
    return found


def _of_one(factor: Factor, given: list[Any], table: FoldTable, options: Mapping[str, Any]) -> tuple[Any, ...]:
    values = [value for each in given for value in _read(factor, each, table, options)]
    settled = [factor.settled(value, table) for value in values or factor.defaults(table, options)]
    return tuple(dict.fromkeys(settled))


def _by_factor(factors: Sequence[Factor], given: Sequence[Any]) -> dict[str, list[Any]]:
    """Return what was given for each factor, as texts or values of Python."""
    found: dict[str, list[Any]] = {factor.name: [] for factor in factors}
    for each in given:
        name, values = _named(each, found)
        if name is None and len(factors) > 1:
            names = " and ".join(f"{factor.name}=..." for factor in factors)
            raise OptionError(f"Of several factors, values (--values) have a name each, as in {names}; got {each}.")
        found[name or factors[0].name].extend(values)
    return found


def _named(given: Any, names: Iterable[str]) -> tuple[str | None, Sequence[Any]]:
    """Return the factor that something given names, and what is given for it."""
    if isinstance(given, str):
        name, has_values, rest = given.partition("=")
        return (name.strip(), (rest,)) if has_values and name.strip() in names else (None, (given,))
    is_pair = isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], tuple)
    return (given[0], given[1]) if is_pair and given[0] in names else (None, (given,))


def _read(factor: Factor, given: Any, table: FoldTable, options: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the values that one thing given means: a text means several."""
    if not isinstance(given, str):
        yield factor.option.check(given)
        return
    mark = "|" if "|" in given or factor.has_commas else ","
    place = 1
    for number, text in enumerate(given.split(mark)):
        if factor.word and text.strip() == factor.word:
            yield from factor.defaults(table, options)
        else:
            yield _parsed(factor, text, given, number, place + len(text) - len(text.lstrip()))
        place += len(text) + 1


def _parsed(factor: Factor, text: str, whole: str, number: int, place: int) -> Any:
    try:
        if not text.strip():
            raise OptionError(f"{factor.name} takes {factor.kind.expected}; nothing stands there.")
        return factor.option.parse(text.strip())
    except NbregError as error:
        which = _ORDINALS[number] if number < len(_ORDINALS) else f"{number + 1}th"
        told = str(error).replace(f" ({factor.option.flag})", "")
        raise OptionError(f"--values {whole}: the {which} value, at character {place}, is none. {told}") from None
