"""The numbers that training sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nbreg.data.streaming.order import block_rows, streamed_order
from nbreg.errors import TrainingError
from nbreg.training.epoch_order import epoch_order

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Arrays:
    """Encoded inputs and scaled targets of the train and the validation rows.

    `x` and `x_val` are ``(n_rows, n_inputs)``, `y` and `y_val` ``(n_rows, n_targets)``; all become float32.
    Validation rows may be missing: None, or without rows. Raises TrainingError where shapes do not fit.
    """

    x: Matrix
    y: Matrix
    x_val: Matrix | None = None
    y_val: Matrix | None = None
    #: Train rows in each row group of the files they were read from, where the order of rows goes by these.
    group_sizes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for name in ("x", "y", "x_val", "y_val"):
            given = getattr(self, name)
            object.__setattr__(self, name, None if given is None or not len(given) else _matrix(name, given))
        if self.x is None or self.y is None:
            raise TrainingError("Training needs at least one train row; there are none.")
        _check_pair("train", self.x, self.y)
        if (self.x_val is None) != (self.y_val is None):
            raise TrainingError("Validation rows need both inputs and targets; one of the two is missing.")
        if self.x_val is not None and self.y_val is not None:
            _check_pair("validation", self.x_val, self.y_val)

    @property
    def held(self) -> Arrays:
        """The rows that are in memory."""
        return self

    def order(self, seed: int, epoch: int, batch_size: int) -> npt.NDArray[np.int32]:
        """Return the train rows in the order of epoch `epoch`, which counts from 0."""
        if not self.group_sizes:
            return epoch_order(seed, epoch, self.n_rows)
        return streamed_order(seed, epoch, self.group_sizes, block_rows(self.n_inputs + self.n_targets, batch_size))

    @property
    def n_rows(self) -> int:
        """How many train rows there are."""
        return len(self.x)

    @property
    def n_validation_rows(self) -> int:
        return 0 if self.x_val is None else len(self.x_val)

    @property
    def n_inputs(self) -> int:
        return int(self.x.shape[1])

    @property
    def n_targets(self) -> int:
        return int(self.y.shape[1])


def _matrix(name: str, given: npt.ArrayLike) -> Matrix:
    matrix = np.ascontiguousarray(given, dtype=np.float32)
    if matrix.ndim != 2:
        raise TrainingError(f"{name} must have rows and columns; it has {matrix.ndim} dimensions.")
    return matrix


def _check_pair(which: str, x: Matrix, y: Matrix) -> None:
    if len(x) != len(y):
        raise TrainingError(f"There are {len(x):,} {which} rows of inputs but {len(y):,} of targets.")
