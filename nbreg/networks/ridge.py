"""Ridge regression of several targets, some of which may be missing, along a path of penalties."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: So many rows at a time are held with all digits: inputs may be many, and are kept with the digits they come with.
_ROWS_A_PIECE = 1_024

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
        shrunk = axes / (spectrum + penalty * len(self.x))
        filled, gaps, rows = self._filled.copy(), self._gaps, self._incomplete
        weights = shrunk @ (axes.T @ self._products)
        for _ in range(_MOST_ROUNDS if len(rows) else 0):
            said = (self._of_rows(rows, weights) + filled.mean(axis=0))[gaps[rows]]
            change = np.abs(said - filled[gaps]).max()
            filled[gaps] = said
            weights = shrunk @ (axes.T @ self._products_with(filled))
            if change < tolerance:
                break
        return Line(weights, filled.mean(axis=0) - self._centre @ weights)

    def best(self, penalties: Sequence[float], x_val: Any, y_val: Any) -> float:
        """Return that of `penalties` with which predictions of the validation rows are best, all targets alike."""
        truth = np.asarray(y_val, np.float64)
        errors = [np.nanmean((self.fit(penalty, _ROUGHLY)(x_val) - truth) ** 2) for penalty in penalties]
        return float(penalties[int(np.argmin(errors))])

    @cached_property
    def _centre(self) -> Floats:
        return np.asarray(np.mean(self.x, axis=0, dtype=np.float64))

    @cached_property
    def _decomposed(self) -> tuple[Floats, Floats]:
        """The eigenvalues of the inputs' scatter matrix that are not 0, and its axes, from the smaller side."""
        n_rows, n_inputs = self.x.shape
        if n_rows < n_inputs:
            (centred,) = self._pieces(np.arange(n_rows), n_rows)
            spectrum, sides = _spectrum(centred @ centred.T)
            return spectrum, (centred.T @ sides) / np.sqrt(spectrum)
        scatter = np.zeros((n_inputs, n_inputs))
        for piece in self._pieces(np.arange(n_rows)):
            scatter += piece.T @ piece
        return _spectrum(scatter)

    @cached_property
    def _products(self) -> Floats:
        return self._products_with(self._filled)

    def _products_with(self, filled: Floats) -> Floats:
        """Return the inputs' products with `filled` targets, ``(n_inputs, n_targets)``."""
        parts = zip(self._pieces(np.arange(len(filled))), _cut(filled), strict=True)
        return np.asarray(np.sum([piece.T @ part for piece, part in parts], axis=0))

    def _of_rows(self, rows: NDArray[np.intp], weights: Floats) -> Floats:
        """Return what `weights` say of the centred inputs of some rows, ``(n, n_targets)``."""
        return np.concatenate([piece @ weights for piece in self._pieces(rows)])

    def _pieces(self, rows: NDArray[np.intp], n_rows: int = _ROWS_A_PIECE) -> Iterator[Floats]:
        """Yield the centred inputs of some rows, `n_rows` of them at a time."""
        return (self.x[part] - self._centre for part in _cut(rows, n_rows))

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


def _cut(rows: Any, n_rows: int = _ROWS_A_PIECE) -> Iterator[Any]:
    return (rows[start : start + n_rows] for start in range(0, len(rows), n_rows))


def _spectrum(square: Floats) -> tuple[Floats, Floats]:
    """Return the eigenvalues of a symmetric matrix that are not 0, to its digits, and their vectors as columns."""
    spectrum, vectors = np.linalg.eigh(square)
    there = spectrum > np.finfo(np.float64).eps * len(spectrum) * spectrum[-1]
    return spectrum[there], vectors[:, there]
