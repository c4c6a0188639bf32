"""Studies of which columns a network predicts from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbreg.errors import DataError, OptionError, did_you_mean
from nbreg.evaluation.wording import counted
from nbreg.options import Columns, Integer, Kind
from nbreg.search.factor import FACTORS, Factor

if TYPE_CHECKING:
    from nbreg.search.fold_table import FoldTable
    from nbreg.search.ranking import Rankings
    from nbreg.training.run import Run

#: So many names stand on an axis; longer sets are told by their number.
_NAMED = 2


@dataclass(frozen=True)
class FeatureSet:
    """Some columns: by their names, or the `top` most important ones of each fold; neither: all."""

    name: str
    columns: tuple[str, ...] = ()
    top: int = 0


ALL = FeatureSet("all")


class FeatureSets(Columns):
    """Sets of columns."""

    expected = "names of columns, NAME=names of columns, auto, all, or topN (the N most important)"
    metavar = "COL,COL|NAME=COL,COL|auto|all|topN"

    def parse(self, text: str) -> FeatureSet:
        word = text.strip()
        if word == "all":
            return ALL
        if word.startswith("top") and word[3:].isdigit():
            return top(int(word[3:]))
        name, _, columns = word.partition("=") if "=" in word else ("", "", word)
        return named(name.strip(), [part.strip() for part in columns.split(",") if part.strip()])

    def check(self, value: Any) -> Any:
        if isinstance(value, FeatureSet):
            return value
        if isinstance(value, tuple) and len(value) == 2 and not isinstance(value[1], str):
            return named(str(value[0]), super().check(value[1]))
        return named("", super().check(value))

    def texts(self, value: Any) -> tuple[str, ...]:
        return (value.name,)


def top(n: int) -> FeatureSet:
    """Return the set of the `n` most important columns."""
    return FeatureSet(f"top {n}", top=Integer(minimum=1).check(n))


def named(name: str, columns: Sequence[str]) -> FeatureSet:
    """Return a set of columns; without a name they name it themselves. Raises ValueError where there are none."""
    if not columns:
        raise ValueError
    own = ", ".join(columns) if len(columns) <= _NAMED else f"{columns[0]} … {columns[-1]} ({len(columns)})"
    return FeatureSet(name or own, tuple(columns))


class Features(Factor):
    """Sets of columns: nested ones by importance (auto), or named by the user.

    The most important columns are found for each fold from the rows that it learns from, by a network of all columns
    and permutation importance on its validation rows: what is held out has no say.
    """

    name, title = "features", "features"
    asks = "Which columns are worth having?"
    of_network = False
    metrics = ("msle", "mape")
    replaces = ("features",)
    word = "auto"

    def __init__(self, rankings: Rankings | None = None):
        self._rankings = rankings

    @property
    def kind(self) -> Kind:
        return FeatureSets()

    def defaults(self, table: FoldTable, options: Mapping[str, Any]) -> Sequence[Any]:
        _check_can_rank(table)
        n_features = len(feature_names(table))
        numbers = [2**i for i in range(12) if 2**i < n_features]
        return *map(top, numbers), ALL

    def settled(self, value: FeatureSet, table: FoldTable) -> FeatureSet:
        if value.top:
            _check_can_rank(table)
        known = feature_names(table)
        for column in value.columns:
            if column not in known:
                raise DataError(f'There is no feature "{column}".{did_you_mean(column, known)}')
        if value.top > len(known):
            raise DataError(f"There are {counted(len(known), 'feature')}, fewer than {value.name} takes.")
        return value

    def prepared(self, table: FoldTable, options: Mapping[str, Any], on_run: Callable[[Run], object]) -> Factor:
        from nbreg.search.ranking import Rankings

        return Features(Rankings(table, dict(options), on_run))

    def on_fold(self, value: FeatureSet, fold: int) -> FeatureSet:
        if not value.top or self._rankings is None:
            return value
        return FeatureSet(value.name, self._rankings.of_fold(fold)[: value.top])

    def applied(self, value: FeatureSet, options: Mapping[str, Any]) -> dict[str, Any]:
        return {**options, "features": value.columns or None}

    def words(self) -> str:
        """Return which columns were the most important ones, in how many folds; nothing where none were looked for."""
        return "" if self._rankings is None else self._rankings.words()

    def label(self, value: FeatureSet) -> str:
        return value.name


def _check_can_rank(table: FoldTable) -> None:
    """Raise OptionError where columns are not ranked: those of windows are many inputs each, at times of their own."""
    if table.of_windows:
        raise OptionError('Columns of windows are not ranked: name the sets (--values), as in "humid|humid,dewp|all".')


def feature_names(table: FoldTable) -> tuple[str, ...]:
    """Return the columns to predict from."""
    spec = table.spec
    others = {*spec.target, spec.group, *([spec.time] if table.of_windows else [])}
    return spec.features or tuple(name for name in table.frame.columns if name not in others)


FACTORS.register("features")(Features())
