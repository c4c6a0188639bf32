"""The numbers that training sees where the train rows do not stay in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from nbreg.training.arrays import Arrays, Matrix

if TYPE_CHECKING:
    from nbreg.data.dataset import RegressionData


class RowStream(Protocol):
    """Train rows that are read whenever they are needed."""

    @property
    def n_rows(self) -> int:
        """How many there are."""

    def blocks(self, seed: int, epoch: int, block: int) -> Iterator[tuple[Matrix, Matrix]]:
        """Yield inputs and scaled targets in the order of an epoch, `block` rows at a time; the last are fewer."""


@dataclass(frozen=True, eq=False)
class StreamedArrays(Arrays):
    """Train rows as a stream; `x` and `y` are those of them that are held in memory. Validation rows are arrays."""

    rows: RowStream | None = None

    @property
    def held(self) -> Arrays:
        """The rows that are in memory."""
        return Arrays(self.x, self.y, self.x_val, self.y_val)

    @property
    def stream(self) -> RowStream:
        """The train rows."""
        assert self.rows is not None  # it has a default only because fields before it have one
        return self.rows

    @property
    def n_rows(self) -> int:
        """How many train rows there are."""
        return self.stream.n_rows


def arrays_of(data: RegressionData) -> Arrays:
    """Return the train and validation rows of prepared data, as arrays or as a stream."""
    held, rows = (*data.arrays("train"), *data.arrays("validation")), getattr(data, "train_rows", None)
    return Arrays(*held, data.group_sizes) if rows is None else StreamedArrays(*held, rows=rows)
