"""What is explained: a function of points, whose columns belong to players.

A *point* is a row as numbers that can be mixed with another row's, column by column.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbreg.data.frames import Frame
from nbreg.explanation.players import Players

Points = NDArray[np.float32]
Floats = NDArray[np.float64]
#: From a tensor of points ``(n, n_columns)`` to a float64 tensor ``(n, n_targets)`` in target units.
Function = Callable[[Any], Any]

#: So many rows go through a network in one step: with fewer, calls cost; with more, the processor's cache is left.
ROWS_A_STEP = 16_384


class Explained(ABC):
    """A predictor as methods see it."""

    players: Players
    #: Whether gradients can be had of it.
    has_gradient: bool
    #: What one evaluation costs, in those of a network with 4,000 parameters.
    cost: float
    #: The columns in which a table would hold the true targets; none where that is not known.
    columns_of_targets: tuple[str, ...] = ()
    #: How many rows are asked for at once.
    rows_a_step: int = ROWS_A_STEP
    #: The columns of a point that hold plain numbers, which can change a little.
    number_columns: tuple[int, ...] = ()

    @property
    @abstractmethod
    def target_names(self) -> tuple[str, ...]:
        """The targets explained, by name."""

    @abstractmethod
    def points(self, frame: Frame) -> Points:
        """Return the rows of a table as points, ``(n, n_columns)``. Raises DataError."""

    @abstractmethod
    def function(self) -> Function:
        """Return the function, in TensorFlow's operations."""

    @abstractmethod
    def compiled(self, key: Hashable, make: Callable[[Function], Callable[..., Any]], n_evaluations: int) -> Any:
        """Return ``make(function)``, compiled where that can be, to be called with tensors of fixed shapes.

        The result is kept under `key` for the next explanation of this network, so `key` is to name all that `make`
        closes over, and that is to be small: arrays come as arguments. `n_evaluations` of the function, in all, tell
        how much compiling is worth.
        """

    @abstractmethod
    def predict(self, points: Points) -> Floats:
        """Return the function's values, ``(n, n_targets)``, in target units."""

    def numbers(self, points: Points) -> tuple[Floats, NDArray[np.int32]]:
        """Return the rows as numbers that can be compared, ``(n, n_numbers)``, and the player of each number."""
        return points.astype(np.float64), self.players.owner
