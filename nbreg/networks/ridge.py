"""Ridge regression of several targets, some of which may be missing, along a path of penalties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Filling in missing targets ends when no fill changes by more than this, in scaled units, or after so many rounds.
#: Where penalties are compared, less will do.
_TOLERANCE, _ROUGHLY, _MOST_ROUNDS = 1e-5, 1e-2, 100


@dataclass(frozen=True, eq=False)
class Line:
    """A linear model: `weights` ``(n_inputs, n_targets)`` and `intercept` ``(n_targets,)``."""

    weights: Floats
    intercept: Floats

    def __call__(self, x: Any) -> Floats:
        """Return predictions ``(n_rows, n_targets)``."""
        predictions: Floats = np.asarray(x, np.float64) @ self.weights + self.intercept
        return predictions


@dataclass(frozen=True, eq=False)
class RidgePath:
    """Ridge regressions (Hoerl & Kennard 1970) of `y` ``(n_rows, n_targets)`` on `x` ``(n_rows, n_inputs)``.

    The intercept has no penalty. Missing targets, NaN, are filled with what the regression says, until it says the
    same again: that is the regression of each target on the rows that have it (Healy & Westmacott 1956). All
    penalties share one decomposition.
    """

    x: Any
    y: Any

    def fit(self, penalty: float, tolerance: float = _TOLERANCE) -> Line:
        """Return the model that makes the mean squared error plus `penalty` times the squared weights small.

        That is scikit-learn's ``Ridge(alpha=penalty * n_rows)``.
        """
        spectrum, axes = self._decomposed
        shrunk = 1 / (spectrum + penalty * len(self._rotated))
        filled, gaps, rows = self._filled.copy(), self._gaps, self._incomplete
        coefficients = shrunk[:, None] * (self._rotated.T @ filled)
        for _ in range(_MOST_ROUNDS if len(rows) else 0):
            said = (self._rotated[rows] @ coefficients + filled.mean(axis=0))[gaps[rows]]
            change = np.abs(said - filled[gaps]).max()
            filled[gaps] = said
            coefficients = shrunk[:, None] * (self._rotated.T @ filled)
            if change < tolerance:
                break
        weights = axes @ coefficients
        return Line(weights, filled.mean(axis=0) - self._centre @ weights)

    def best(self, penalties: Sequence[float], x_val: Any, y_val: Any) -> float:
        """Return that of `penalties` with which predictions of the validation rows are best, all targets alike."""
        truth = np.asarray(y_val, np.float64)
        errors = [np.nanmean((self.fit(penalty, _ROUGHLY)(x_val) - truth) ** 2) for penalty in penalties]
        return float(penalties[int(np.argmin(errors))])

    @cached_property
    def _inputs(self) -> Floats:
        return np.asarray(self.x, np.float64)

    @cached_property
    def _centre(self) -> Floats:
        return np.asarray(self._inputs.mean(axis=0))

    @cached_property
    def _decomposed(self) -> tuple[Floats, Floats]:
        """The eigenvalues of the inputs' scatter matrix that are not 0, and its axes, from the smaller side."""
        centred = self._inputs - self._centre
        is_wide = len(centred) < centred.shape[1]
        spectrum, axes = np.linalg.eigh(centred @ centred.T if is_wide else centred.T @ centred)
        there = spectrum > np.finfo(np.float64).eps * len(spectrum) * spectrum[-1]
        spectrum, axes = spectrum[there], axes[:, there]
        return spectrum, (centred.T @ axes) / np.sqrt(spectrum) if is_wide else axes

    @cached_property
    def _rotated(self) -> Floats:
        return np.asarray((self._inputs - self._centre) @ self._decomposed[1])

    @cached_property
    def _gaps(self) -> NDArray[np.bool_]:
        return np.asarray(np.isnan(self.y))

    @cached_property
    def _incomplete(self) -> NDArray[np.intp]:
        return np.flatnonzero(self._gaps.any(axis=1))

    @cached_property
    def _filled(self) -> Floats:
        """The targets, with their means where they are missing."""
        targets = np.where(self._gaps, 0.0, np.asarray(self.y, np.float64))
        counts = np.maximum((~self._gaps).sum(axis=0), 1)
        return np.where(self._gaps, targets.sum(axis=0) / counts, targets)
