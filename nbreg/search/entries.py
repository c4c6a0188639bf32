"""What a space has for one option: a range of numbers, or some values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from nbreg.errors import OptionError
from nbreg.fit_options import fit_options
from nbreg.option_words import number_text
from nbreg.options import Columns, Integer, Integers, Kind, Option, Optional, Real, Repeated

#: Points that a grid takes of a range that has no step.
GRID_POINTS = 5


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; by their logarithms, or in steps from `low` on."""

    name: str
    low: float
    high: float
    log: bool = False
    step: float | None = None

    def __post_init__(self) -> None:
        declared = fit_options()[self.name]
        kind = numbers_of(declared.kind)
        if kind is None:
            raise OptionError(f"{self.name} ({declared.flag}) takes {declared.kind.expected}: no range of numbers.")
        number = int if self.is_whole else float
        for field, value in (("low", self.low), ("high", self.high), ("step", self.step)):
            if value is not None:
                object.__setattr__(self, field, _number(declared, field, value, number))
        self._check()
        if self.step is not None:  # the last step that is not too far
            object.__setattr__(self, "high", self.points()[-1])
        for value in (self.low, self.high, *self.points(3)):
            declared.check(value)

    @property
    def is_whole(self) -> bool:
        """Whether the numbers are whole."""
        return isinstance(numbers_of(fit_options()[self.name].kind), Integer | Integers)

    @property
    def has_one(self) -> bool:
        """Whether there is nothing to choose from."""
        return self.low == self.high

    def tidy(self, number: float) -> float:
        """Return a number of the range near to `number`: one that people can read, of three digits."""
        if self.is_whole:
            return int(number)
        digits = number if self.step is None else self.low + round((number - self.low) / self.step) * self.step
        return min(self.high, max(self.low, float(f"{digits:.{3 if self.step is None else 10}g}")))

    def points(self, n: int = GRID_POINTS) -> tuple[float, ...]:
        """Return the numbers of the range, `n` of them where there are more and no step says which."""
        if self.step is not None:
            n_steps = math.floor((self.high - self.low) / self.step + 1e-9)
            return tuple(_plain(self.low + i * self.step) for i in range(n_steps + 1))
        if self.is_whole and self.high - self.low < n:
            return tuple(range(int(self.low), int(self.high) + 1))
        shares = [i / (n - 1) for i in range(n)]
        if self.log:
            found = [self.low * (self.high / self.low) ** share for share in shares]
        else:
            found = [self.low + (self.high - self.low) * share for share in shares]
        return tuple(dict.fromkeys(self.tidy(round(each) if self.is_whole else each) for each in found))

    def text(self) -> str:
        """Return ``name=low..high``, with how it is gone through where that is said."""
        how = ":log" if self.log else "" if self.step is None else f":{number_text(self.step)}"
        return f"{self.name}={number_text(self.low)}..{number_text(self.high)}{how}"

    def value(self, number: float) -> Any:
        """Return the option's value, in its normal form, that `number` means."""
        return fit_options()[self.name].check(self.tidy(number))

    def _check(self) -> None:
        if self.low > self.high:
            raise OptionError(
                f"{self.name} goes from the smaller to the larger number; got {number_text(self.low)} "
                f"to {number_text(self.high)}."
            )
        if self.log and self.step is not None:
            raise OptionError(f"{self.name} goes by :log or by a step, not by both.")
        if self.log and self.low <= 0:
            raise OptionError(f"{self.name}: a range by logarithms begins above 0; got {number_text(self.low)}.")
        if self.step is not None and self.step <= 0:
            raise OptionError(f"{self.name}: a step is above 0; got {number_text(self.step)}.")


@dataclass(frozen=True)
class Choices:
    """Some values of one option, in their normal form; a single one stays as it is in all trials."""

    name: str
    values: tuple[Any, ...]

    def __post_init__(self) -> None:
        declared = fit_options()[self.name]
        checked = [declared.check(each) for each in self.values]
        by_text = {text_of(declared, each): each for each in checked}
        object.__setattr__(self, "values", tuple(by_text.values()))
        if not self.values:
            raise OptionError(f"{self.name} has no value to choose from.")

    @property
    def has_one(self) -> bool:
        """Whether there is nothing to choose from."""
        return len(self.values) == 1

    def texts(self) -> tuple[str, ...]:
        """Return the values as they stand in a line, one word each."""
        return tuple(text_of(fit_options()[self.name], each) for each in self.values)

    def text(self) -> str:
        """Return ``name=value|value``."""
        return f"{self.name}={'|'.join(self.texts())}"


Entry = Range | Choices


def numbers_of(kind: Kind) -> Kind | None:
    """Return the kind of the numbers that an option takes, one at a time; None where it takes none."""
    kind = kind.kind if isinstance(kind, Optional) else kind
    return kind if isinstance(kind, Integer | Real | Integers) else None


def text_of(declared: Option, value: Any) -> str:
    """Return an option's value as one word: `value_of` reads it back."""
    return ",".join(declared.kind.texts(value))


def value_of(declared: Option, text: str) -> Any:
    """Return the value that a word means; commas part names of columns, and values of several parts.

    Raises OptionError.
    """
    kind = declared.kind.kind if isinstance(declared.kind, Optional) else declared.kind
    meaning = isinstance(declared.kind, Optional) and text == declared.kind.word
    if isinstance(kind, Columns | Repeated) and not meaning:
        return declared.check(tuple(part.strip() for part in text.split(",") if part.strip()))
    return declared.parse(text)


def _number(declared: Option, field: str, value: Any, number: type) -> Any:
    if value == "" and field != "step":
        raise OptionError(f"{declared.name} lacks a number: write {declared.name}=LOW..HIGH.")
    try:
        # A whole number may be written as 1e3.
        if isinstance(value, bool) or not math.isfinite(float(value)) or number(float(value)) != float(value):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        words = "whole numbers" if number is int else "numbers"
        if field == "step":
            raise OptionError(
                f'{declared.name}: behind a range of {words} stands log or a step; got "{value}". Commas part options.'
            ) from None
        raise OptionError(f"A range of {declared.name} ({declared.flag}) is of {words}; got {value}.") from None
    return number(float(value))


def _plain(number: float) -> float:
    """Return a sum of steps without the dust of its addition."""
    return number if isinstance(number, int) else float(f"{number:.12g}")
