"""Studies of how many rows a network learns from."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbreg.errors import OptionError
from nbreg.evaluation.wording import count
from nbreg.options import Integer, Kind, Real
from nbreg.search.factor import FACTORS, Factor

if TYPE_CHECKING:
    from nbreg.search.fold_table import FoldTable

#: Fewer rows are not parted into train and validation rows in a useful way.
FEWEST = 20


class RowsOrShare(Kind):
    """A number of rows, or a share of them."""

    expected = f"a number of rows, of at least {FEWEST}, or a share of them above 0 and at most 1"
    metavar = "N|SHARE"

    def parse(self, text: str) -> int | float:
        return float(text) if "." in text or text.strip() == "1" else int(text.replace("_", ""))

    def check(self, value: Any) -> int | float:
        if isinstance(value, numbers.Real) and not isinstance(value, bool) and value <= 1:
            return Real(above=0, maximum=1).check(value)
        return Integer(minimum=FEWEST).check(value)


class DataSize(Factor):
    """Rows learned from (the validation rows among them): those of a smaller number are among those of a larger one.

    They are drawn at random from the train rows of each fold; groups one after the other where they part the rows, the
    latest ones where time does. What is held out stays the same.
    """

    name, title, unit = "data_size", "rows to learn from", "rows"
    asks = "Would more rows help?"
    of_network = False
    metrics = ("mse", "r2")
    axis = "log"
    note = "Rows of a smaller number are among those of a larger one; the validation rows are taken from them too."

    @property
    def kind(self) -> Kind:
        return RowsOrShare()

    def defaults(self, table: FoldTable, options: Mapping[str, Any]) -> Sequence[Any]:
        rows = [round(n_rows_of(table) / 2**i) for i in range(4, -1, -1)]
        return [n for n in rows if n >= FEWEST and table.has_room_for(n, options)]

    def settled(self, value: Any, table: FoldTable) -> Any:
        most = n_rows_of(table)
        if isinstance(value, float):
            return max(FEWEST, round(value * most))
        if value > most:
            raise OptionError(f"There are {count(most)} rows to learn from, fewer than {count(value)} (--values).")
        return value

    def applied(self, value: Any, options: Mapping[str, Any]) -> dict[str, Any]:
        return dict(options)

    def n_train(self, value: Any) -> int | None:
        return int(value)


def n_rows_of(table: FoldTable) -> int:
    """Return how many rows there are to learn from in every fold."""
    return min(len(fold.train) for fold in table.folds)


FACTORS.register("data_size")(DataSize())
