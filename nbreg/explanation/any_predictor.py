"""Any function from a table to predictions, as what is explained."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from nbreg.data.frames import Frame
from nbreg.data.reading import Series, kind_of, read_numbers
from nbreg.errors import DataError, OptionError
from nbreg.explanation.explained import Explained, Floats, Function, Points
from nbreg.explanation.players import Players, grouped
from nbreg.explanation.steps import steps
from nbreg.training.quiet import quiet_start


class AnyPredictor(Explained):
    """A function that takes a table, of the kind that it is explained on, and returns predictions for its rows.

    Points are row numbers, one a player, into the tables seen so far: mixed points stand for a table whose columns
    come from different rows. Predictions are ``(n,)`` or ``(n, n_targets)``; a `target` names the column that they
    are predictions of, and there is one.
    """

    has_gradient = False
    cost = 5.0
    rows_a_step = 4_096  # it may be slow, and is interrupted between steps only

    def __init__(
        self,
        predict: Callable[[Any], Any],
        columns: Sequence[str],
        groups: Sequence[Sequence[str]] = (),
        target: str | None = None,
    ):
        quiet_start()  # methods reckon with TensorFlow, which no training may have started yet
        by_column = grouped(columns, [(i,) for i in range(len(columns))], groups)
        self.players = Players(by_column.members, tuple((i,) for i in range(len(by_column))))
        self.columns_of_targets = () if target is None else (target,)
        self._ask = predict
        self._n_targets: int | None = None
        self._columns = tuple(columns)
        self._tables: list[Frame] = []
        self._n_rows = 0

    @property
    def target_names(self) -> tuple[str, ...]:
        if self._n_targets is None:  # only its answer tells
            self._predict_table(self._pool()[[0]])
        if self.columns_of_targets:
            return self.columns_of_targets
        n_targets = self._n_targets or 0
        return ("prediction",) if n_targets == 1 else tuple(f"prediction_{i}" for i in range(1, n_targets + 1))

    def points(self, frame: Frame) -> Points:
        missing = [name for name in self._columns if name not in frame.columns]
        if missing:
            raise DataError(f'The table lacks the column "{missing[0]}".')
        start, self._n_rows = self._n_rows, self._n_rows + len(frame)
        self._tables.append(frame.select(self._columns))
        numbers = np.arange(start, self._n_rows, dtype=np.float32)
        return np.repeat(numbers[:, None], len(self.players), axis=1)

    def function(self) -> Function:
        return lambda points: self.predict(np.asarray(points))

    def compiled(self, key: Hashable, make: Callable[[Function], Callable[..., Any]], n_evaluations: int) -> Any:
        return make(self.function())

    def predict(self, points: Points) -> Floats:
        pool = self._pool()
        parts = [
            self._predict_table(_mixed(pool, points[rows], self.players))
            for rows in steps(len(points), self.rows_a_step)
        ]
        return np.concatenate(parts)

    def numbers(self, points: Points) -> tuple[Floats, NDArray[np.int32]]:
        """Return the values of the columns of numbers, gaps filled by the median, and the player of each column."""
        table = _mixed(self._pool(), points, self.players)
        owner = {name: player for player, names in enumerate(self.players.members) for name in names}
        found = {name: values for name in table.columns if (values := _numbers_of(table[name])) is not None}
        numbers = np.column_stack(list(found.values())) if found else np.zeros((len(points), 0))
        return numbers, np.array([owner[name] for name in found], np.int32)

    def _pool(self) -> Frame:
        if len(self._tables) > 1:
            self._tables = [nw.concat(self._tables, how="vertical")]
        return self._tables[0]

    def _predict_table(self, table: Frame) -> Floats:
        answer = self._ask(table.to_native())
        try:
            predictions = np.asarray(answer, np.float64)
        except (TypeError, ValueError):
            raise DataError(
                f"The predictor is to return a number for each row; it returned {_short(answer)}."
            ) from None
        if predictions.shape[:1] != (len(table),) or predictions.ndim > 2:
            raise DataError(
                f"The predictor takes {len(table):,} rows and is to return as many predictions; "
                f"it returned shape {predictions.shape}."
            )
        predictions = predictions.reshape(len(table), -1)
        if self.columns_of_targets and predictions.shape[1] != 1:
            raise OptionError(
                f"The predictor has {predictions.shape[1]} targets; of a function target names the only one."
            )
        self._n_targets = predictions.shape[1]
        return predictions


def _short(answer: Any) -> str:
    text = " ".join(repr(answer).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def _numbers_of(series: Series) -> Floats | None:
    """Return a column's values, gaps filled by the median; None where it does not hold finite numbers."""
    if kind_of(series) not in ("number", "boolean"):
        return None
    try:
        values = read_numbers(series)
    except DataError:  # infinite ones, with which the function may well know what to do
        return None
    is_gap = np.isnan(values)
    return None if is_gap.all() else np.where(is_gap, np.median(values[~is_gap]), values)


def _mixed(pool: Frame, points: Points, players: Players) -> Frame:
    """Return a table whose row i has each player's columns from the row that the player's number names."""
    rows = points.astype(np.intp)
    columns = [pool[name][rows[:, player]] for player, names in enumerate(players.members) for name in names]
    in_order = {series.name: series for series in columns}
    return nw.from_dict({name: in_order[name] for name in pool.columns})
