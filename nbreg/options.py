"""A choice is declared once, and serves keyword, magic flag, help, check, completion and panel.

A spec is a frozen dataclass whose fields are made by :func:`option`::

    @dataclass(frozen=True)
    class TrainingSpec(Spec):
        epochs: int = option(200, "Most epochs to train for.", Integer(minimum=1))

Its *kind* says which values the option takes: it parses text, checks and normalises values, and names
what was expected.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from typing import Any, Self

from nbreg.errors import OptionError, did_you_mean
from nbreg.option_needs import Needs
from nbreg.option_words import number_text, quoted, range_in_words


class Kind:
    """Which values an option takes."""

    @property
    def expected(self) -> str:
        """Words for a help line, such as ``a whole number of at least 1``."""
        return "a value"

    @property
    def metavar(self) -> str:
        """What stands behind the flag in a usage line; empty for a switch."""
        return "VALUE"

    @property
    def many(self) -> bool:
        """Whether the flag may be given several times."""
        return False

    @property
    def stands_alone(self) -> bool:
        """Whether the flag may stand without a value: then it is on, and ``--no-...`` is off."""
        return False

    @property
    def of_columns(self) -> bool:
        """Whether the value names a column (or columns) of the table."""
        return False

    def parse(self, text: str) -> Any:
        """Return the value that `text` means; raise ``ValueError`` where it means none."""
        return text

    def check(self, value: Any) -> Any:
        """Return `value` in its normal form; raise ``ValueError`` where it is none of this kind."""
        return value

    def texts(self, value: Any) -> tuple[str, ...]:
        """Return the words that mean `value`, in its normal form: `parse` reads them back, one a flag."""
        return (str(value),)

    def code(self, value: Any) -> str:
        """Return `value`, which is in its normal form, as Python source."""
        return repr(value)

    def choices(self) -> Sequence[str]:
        """Return the words to complete, where the values are words."""
        return ()


@dataclass(frozen=True)
class Integer(Kind):
    """A whole number."""

    minimum: int | None = None
    maximum: int | None = None
    metavar = "N"

    @property
    def expected(self) -> str:
        return "a whole number" + range_in_words(self.minimum, self.maximum)

    def parse(self, text: str) -> int:
        return int(text.replace("_", ""))

    def check(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, numbers.Integral):
            raise ValueError
        return int(_within(int(value), self.minimum, self.maximum))


@dataclass(frozen=True)
class Real(Kind):
    """A finite number; `above` is a bound that it may not touch."""

    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    metavar = "X"

    @property
    def expected(self) -> str:
        words = "a number" + range_in_words(self.minimum, self.maximum)
        words += f" above {self.above:g}" if self.above is not None else ""
        if self.below is not None:
            words += (" and" if self.above is not None or self.minimum is not None else "") + f" below {self.below:g}"
        return words

    def parse(self, text: str) -> float:
        return float(text)

    def check(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise ValueError
        number = float(_within(float(value), self.minimum, self.maximum))
        too_low = self.above is not None and number <= self.above
        too_high = self.below is not None and number >= self.below
        if not math.isfinite(number) or too_low or too_high:
            raise ValueError
        return number

    def texts(self, value: Any) -> tuple[str, ...]:
        return (number_text(value),)


class Switch(Kind):
    """On or off; the flag alone turns it on, ``--no-...`` turns it off."""

    expected = "true or false"
    metavar = ""
    stands_alone = True

    def parse(self, text: str) -> bool:
        return {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}[text.lower()]

    def check(self, value: Any) -> bool:
        if value not in (True, False):
            raise ValueError
        return bool(value)


class Choice(Kind):
    """One of a few words; `words` may be a function, for names that a registry finds later."""

    def __init__(self, *words: str, among: Callable[[], Iterable[str]] | None = None):
        self._among = among or (lambda: words)

    @property
    def metavar(self) -> str:
        return "|".join(self.choices())

    @property
    def expected(self) -> str:
        return "one of " + ", ".join(self.choices())

    def check(self, value: Any) -> str:
        if value not in self.choices():
            hint = did_you_mean(str(value), self.choices())
            raise ValueError(hint if "Did" in hint else "")
        return str(value)

    def choices(self) -> Sequence[str]:
        return tuple(self._among())


@dataclass(frozen=True)
class Integers(Kind):
    """Some whole numbers, written ``64,32``."""

    minimum: int | None = None
    metavar = "N,N"

    @property
    def expected(self) -> str:
        return "whole numbers" + range_in_words(self.minimum, None) + ", such as 64,32"

    def parse(self, text: str) -> tuple[int, ...]:
        return tuple(int(part) for part in text.strip("()[] ").split(",") if part.strip())

    def check(self, value: Any) -> tuple[int, ...]:
        values = (value,) if isinstance(value, numbers.Integral) else tuple(value)
        return tuple(Integer(self.minimum).check(each) for each in values)

    def texts(self, value: Any) -> tuple[str, ...]:
        return (",".join(map(str, value)),)


class Column(Kind):
    """The name of one column."""

    expected = "the name of a column"
    metavar = "COL"
    of_columns = True

    def check(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError
        return value


class Columns(Kind):
    """Names of columns; the flag is given once for each, or names are parted by commas."""

    expected = "names of columns"
    metavar = "COL"
    many = True
    of_columns = True

    def check(self, value: Any) -> tuple[str, ...]:
        names = (value,) if isinstance(value, str) else tuple(value)
        return tuple(Column().check(name) for name in names)

    def texts(self, value: Any) -> tuple[str, ...]:
        return tuple(value)

    def code(self, value: Any) -> str:
        return repr(value[0] if len(value) == 1 else list(value))


class Repeated(Kind):
    """Values of several parts, most often about columns; the flag is given once for each of them."""

    many = True
    of_columns = True

    def parse(self, text: str) -> Any:
        return (text,)

    def check(self, value: Any) -> tuple[Any, ...]:
        return tuple(self.check_one(each) for each in ((value,) if isinstance(value, str) else value))

    def check_one(self, value: Any) -> Any:
        """Return one of the values in its normal form; raise ``ValueError`` where it is none of this kind."""
        return value

    def texts(self, value: Any) -> tuple[str, ...]:
        return tuple(self.text_of_one(each) for each in value)

    def text_of_one(self, value: Any) -> str:
        """Return the word that means one of the values."""
        return str(value)


class Optional(Kind):
    """A value of another kind, or a word that stands for "choose for me" (its value in Python: `meaning`)."""

    def __init__(self, kind: Kind, word: str = "none", meaning: Any = None):
        self.kind, self.word, self.meaning = kind, word, meaning

    @property
    def expected(self) -> str:
        return f"{self.kind.expected}, or {self.word}"

    @property
    def metavar(self) -> str:
        return self.kind.metavar if self.meaning is None and self.word == "none" else f"{self.kind.metavar}|{self.word}"

    @property
    def of_columns(self) -> bool:
        return self.kind.of_columns

    @property
    def many(self) -> bool:
        return self.kind.many

    def parse(self, text: str) -> Any:
        # A column may be called "None".
        word = text if self.of_columns else text.lower()
        return self.meaning if word == self.word else self.kind.parse(text)

    def check(self, value: Any) -> Any:
        is_word = isinstance(value, str) and value == self.word
        return self.meaning if value is None or is_word else self.kind.check(value)

    def texts(self, value: Any) -> tuple[str, ...]:
        return (self.word,) if self._is_meaning(value) else self.kind.texts(value)

    def code(self, value: Any) -> str:
        return repr(value) if self._is_meaning(value) else self.kind.code(value)

    def _is_meaning(self, value: Any) -> bool:
        return value is None or (isinstance(value, str) and value == self.meaning)

    def choices(self) -> Sequence[str]:
        return (*self.kind.choices(), self.word)


@dataclass(frozen=True)
class Option:
    """One declared choice."""

    name: str
    default: Any
    help: str
    kind: Kind
    #: Whether it is for those who know why: a panel does not show it at first.
    expert: bool = False
    #: What people call it, where that is not its name in words.
    title: str = ""
    #: What else has to be chosen for this to do something; None: nothing.
    needs: Needs | None = None

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    def parse(self, text: str) -> Any:
        """Return the checked value that `text` means. Raises OptionError."""
        return self._told(text, lambda: self.kind.check(self.kind.parse(text)))

    def check(self, value: Any) -> Any:
        """Return `value` in its normal form. Raises OptionError."""
        return self._told(repr(value), lambda: self.kind.check(value))

    def flags(self, value: Any) -> str:
        """Return `value` as it stands on a %nnreg line; several values, each with the flag. Raises OptionError."""
        value = self.check(value)
        if isinstance(self.kind, Switch):
            return self.flag if value else "--no-" + self.flag.removeprefix("--")
        return " ".join(self._flag_and(text) for text in self.kind.texts(value))

    def code(self, value: Any) -> str:
        """Return `value` as it stands behind ``name=`` in Python. Raises OptionError."""
        return self.kind.code(self.check(value))

    def _flag_and(self, text: str) -> str:
        # Behind a blank, nothing or what begins with a dash would be no value.
        return self.flag + ("=" if not text or text.startswith("-") else " ") + (quoted(text) if text else "")

    def _told(self, came: str, convert: Callable[[], Any]) -> Any:
        try:
            return convert()
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            hint = str(error) if isinstance(error, ValueError) and "Did you mean" in str(error) else ""
            raise OptionError(f"{self.name} ({self.flag}) takes {self.kind.expected}; got {came}.{hint}") from None


def option(
    default: Any, help: str, kind: Kind, *, expert: bool = False, title: str = "", needs: Needs | None = None
) -> Any:
    """Declare one choice as a field of a :class:`Spec`; all else is as in :class:`Option`."""
    return field(
        default=default, metadata={"help": help, "kind": kind, "expert": expert, "title": title, "needs": needs}
    )


def with_default(spec: type[Spec], name: str, default: Any) -> Any:
    """Declare a choice of another spec once more, as a field of one that is derived from it, with another default."""
    declared = spec.options()[name]
    metadata = {each: getattr(declared, each) for each in ("help", "kind", "expert", "title", "needs")}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Spec:
    """Choices only: frozen, checked when made, changed by ``dataclasses.replace``."""

    def __post_init__(self) -> None:
        for name, declared in self.options().items():
            object.__setattr__(self, name, declared.check(getattr(self, name)))

    @classmethod
    def options(cls) -> dict[str, Option]:
        """Return the declared choices by name."""
        return {each.name: _as_option(each) for each in fields(cls) if "kind" in each.metadata}

    @classmethod
    def of(cls, choices: Mapping[str, Any]) -> Self:
        """Return a spec with those of `choices` that are its own."""
        return cls(**{name: choices[name] for name in cls.options() if name in choices})


def refuse_unknown(names: Iterable[str], known: Iterable[str]) -> None:
    """Raise OptionError, with the nearest name, for the first of `names` that is no option."""
    known = list(known)
    for name in names:
        if name not in known:
            raise OptionError(f'There is no option "{name}".{did_you_mean(name, known)}')


def _as_option(declared: Field[Any]) -> Option:
    about = declared.metadata
    return Option(declared.name, declared.default, **about)


def _within(number: Any, minimum: float | None, maximum: float | None) -> Any:
    if (minimum is not None and number < minimum) or (maximum is not None and number > maximum):
        raise ValueError
    return number
