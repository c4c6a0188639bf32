"""What a factor is: the one choice that a study varies while all others stay."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from nbreg.data.spec import DataSpec
from nbreg.data.windows.spec import WindowSpec
from nbreg.errors import OptionError, did_you_mean
from nbreg.evaluation.wording import listed, tick
from nbreg.fit_options import fit_options
from nbreg.options import Columns, Integers, Kind, Option, Optional
from nbreg.registry import Registry

if TYPE_CHECKING:
    from nbreg.search.fold_table import FoldTable
    from nbreg.training.run import Run

#: Options that are the same for all values: they say what is predicted, and how rows are folded.
NO_FACTORS = ("target", "test_fraction", "split", "time", "group", "seed", "engine", "stream")

#: Options of windows that are no factors, and why.
_NO_WINDOW_FACTORS = {
    "horizon": "Errors of nearer and of farther steps do not compare, so horizon cannot be a factor: give one "
    "(--horizon), and study another by itself."
}


class Factor(ABC):
    """One choice that a study varies.

    Its attributes are the same for all studies; what goes by the table and the other options is in methods.
    """

    #: What it is called on a line and in Python, and by people.
    name: str
    title: str
    #: What stands behind its values in a sentence, such as ``units``.
    unit: str = ""
    #: The metrics that are shown; the best value goes by `judged_by`, unless given by the first of them.
    metrics: tuple[str, ...] = ("rmse", "r2")
    judged_by: str = ""
    #: ``log``, ``linear`` or ``auto`` where values are numbers; ``names``.
    axis: str = "names"
    #: Options that are chosen so beside it, unless they are given.
    fixed: Mapping[str, Any] = {}
    #: Options that its values take the place of: they cannot be given beside it.
    replaces: tuple[str, ...] = ()
    #: A word that stands for its own values among those that are given; empty: there is none.
    word: str = ""
    #: Whether it is a choice of the network or its training, and not of the data.
    of_network: bool = True
    #: The question that a study of it answers; empty: what the option is for.
    asks: str = ""
    #: A sentence about what it does beside the obvious.
    note: str = ""

    @property
    @abstractmethod
    def kind(self) -> Kind:
        """Which values it takes; those of the option that it varies, where it varies one."""

    @abstractmethod
    def defaults(self, table: FoldTable, options: Mapping[str, Any]) -> Sequence[Any]:
        """Return the values that are taken unless some are given. Raises OptionError where there are none."""

    @abstractmethod
    def applied(self, value: Any, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options of a Regressor, with this value in place of what they say."""

    def usual_beside(self, *, on_windows: bool) -> dict[str, Any]:
        """Return `fixed`, and that on windows what is of the network is studied with nothing beside it.

        The models that forecasts have there are fitted in closed form, and would hide most of what a network does.
        """
        return {**({"skip": "none"} if on_windows and self.of_network else {}), **self.fixed}

    def settled(self, value: Any, table: FoldTable) -> Any:
        """Return the value as it is for this table. Raises DataError and OptionError where it does not fit it."""
        return value

    def prepared(self, table: FoldTable, options: Mapping[str, Any], on_run: Callable[[Run], object]) -> Factor:
        """Return the factor for a study of this table; trainings that it needs are told to `on_run` before each."""
        return self

    def on_fold(self, value: Any, fold: int) -> Any:
        """Return what a value is on one fold, as `applied` takes it. Raises NbregError where that cannot be had."""
        return value

    def n_train(self, value: Any) -> int | None:
        """Return how many rows of a fold are learned from; None: all."""
        return None

    def alike(self, value: Any, values: Sequence[Any]) -> int:
        """Return how often as much as the training with this value is done by what is compiled for it once.

        Values that are compiled for one by one say 1; where one compilation serves all, their number.
        """
        return 1

    def words(self) -> str:
        """Return a sentence about what was found on the way; nothing where nothing was."""
        return ""

    def label(self, value: Any) -> str:
        """Return the value as an axis shows it."""
        if isinstance(value, bool):
            return "on" if value else "off"
        if isinstance(value, (int, float)):
            return tick(value)
        return self.option.kind.texts(value)[0].replace(",", "-")

    # The same for all

    def plain(self, value: Any) -> Any:
        """Return the value as a table holds it: a number, a word, or the words for what is neither."""
        return value if isinstance(value, (bool, int, float, str)) else self.label(value)

    @property
    def option(self) -> Option:
        """The factor as an option: it checks and parses its values."""
        return Option(self.name, None, self.title, self.kind)

    @property
    def judge(self) -> str:
        """The metric that the best value goes by."""
        return self.judged_by or self.metrics[0]

    @property
    def has_commas(self) -> bool:
        """Whether one value may have commas in it, as text."""
        kind = self.kind.kind if isinstance(self.kind, Optional) else self.kind
        return isinstance(kind, (Integers, Columns))

    def in_words(self, values: Sequence[Any]) -> str:
        """Return values as a sentence has them: ``100 and 500 units``."""
        words = listed([self.label(value) for value in values])
        unit = self.unit.removesuffix("s") if list(values) == [1] else self.unit
        return f"{words} {unit}" if unit else words

    def is_plural(self, values: Sequence[Any]) -> bool:
        """Return whether the words for values are followed by a plural: one value of 5 units are, one activation is."""
        return len(values) > 1 or (bool(self.unit) and values[0] != 1)


class OptionFactor(Factor):
    """An option of a fit as a factor; named ones are derived from this, any other is one as it is."""

    #: The name of the option.
    of: ClassVar[str] = ""
    values: ClassVar[tuple[Any, ...]] = ()

    def __init__(self, name: str = ""):
        self.name = name or self.of
        self.title = self.title_of(self.varied)
        self.replaces = (self.name,)
        self.of_network = self.name not in {**DataSpec.options(), **WindowSpec.options()}
        if name:
            self.axis = "auto"

    @staticmethod
    def title_of(varied: Option) -> str:
        """Return what people call an option."""
        return varied.title or varied.name.replace("_", " ")

    @property
    def varied(self) -> Option:
        """The option that is varied."""
        return factor_options()[self.name]

    @property
    def kind(self) -> Kind:
        return self.varied.kind

    def defaults(self, table: FoldTable, options: Mapping[str, Any]) -> Sequence[Any]:
        found = self.values or _all_of(self.kind)
        if not found:
            raise OptionError(f"A study of {self.name} needs values (--values): {self.kind.expected}.")
        return found

    def applied(self, value: Any, options: Mapping[str, Any]) -> dict[str, Any]:
        return {**options, self.name: value}


FACTORS: Registry[Factor] = Registry("nbreg.search.factors", "factor")


def factor_named(name: str) -> Factor:
    """Return a factor by its name, or by that of an option of a fit. Raises OptionError where there is none."""
    known = factor_names()
    if name not in known:
        if name in NO_FACTORS:
            raise OptionError(f"{name} is the same for all values of a study, so it cannot be a factor.")
        if name in _NO_WINDOW_FACTORS:
            raise OptionError(_NO_WINDOW_FACTORS[name])
        raise OptionError(f'There is no factor "{name}".{did_you_mean(name, known)}')
    return FACTORS[name] if name in tuple(FACTORS) else OptionFactor(name)


def factor_names() -> tuple[str, ...]:
    """Return the names of all factors: those with values of their own first, then other options of fits and windows."""
    own = tuple(FACTORS)
    return (*own, *(name for name in factor_options() if name not in (*own, *NO_FACTORS, *_NO_WINDOW_FACTORS)))


@cache
def factor_options() -> dict[str, Option]:
    """Return the options that may be varied, by name: those of a fit, and those of windows."""
    return {**fit_options(), **{name: each for name, each in WindowSpec.options().items() if name not in fit_options()}}


def _all_of(kind: Kind) -> tuple[Any, ...]:
    """Return all values of a kind that has few; nothing where there are many."""
    from nbreg.options import Choice, Switch

    if isinstance(kind, Switch):
        return False, True
    return tuple(kind.choices()) if isinstance(kind, Choice) else ()
