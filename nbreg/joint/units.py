"""Between target units and scaled units, for some of the targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbreg.errors import DataError

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TargetUnits:
    """A fitted `TargetScaler` for those of its targets that stand at the places `at`, ``(n_targets,)``."""

    scaler: Any
    at: tuple[int, ...]

    @property
    def is_straight(self) -> bool:
        """Whether target units are scaled units, stretched and shifted: no bend, and nothing to keep within."""
        bends = {self.scaler.chosen[place] for place in self.at}
        return bends <= {"none", "ratio"} and self.scaler.bounds is None and not self.scaler.are_shares

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.scaler.names[place] for place in self.at)

    @property
    def scale(self) -> Floats:
        """What one unit, scaled, is in units of the bent target, ``(n_targets,)``."""
        return np.asarray(self.scaler.scale_[list(self.at)])

    def of_scaled(self, scaled: Floats) -> Floats:
        """Return ``(..., n_targets)`` in target units, within bounds; shares sum to one where all are there."""
        if self.scaler.are_shares and len(self.at) < len(self.scaler.names):
            return np.asarray(np.clip(scaled * self.scale + self.scaler.mean_[list(self.at)], 0, 1))
        flat = scaled.reshape(-1, len(self.at))
        whole = np.zeros((len(flat), len(self.scaler.names)))
        whole[:, list(self.at)] = flat
        return np.asarray(self.scaler.inverse_transform(whole)[:, list(self.at)].reshape(scaled.shape))

    def to_scaled(self, values: Floats) -> Floats:
        """Return ``(n_rows, n_targets)`` in scaled units; NaN stays NaN.

        Raises DataError where a target is learned by its logarithm and a value is not positive.
        """
        self._check(values)
        whole = np.repeat(self.scaler.inverse_transform(np.zeros((1, len(self.scaler.names)))), len(values), axis=0)
        whole[:, list(self.at)] = values
        return np.asarray(self.scaler.transform(whole)[:, list(self.at)], np.float64)

    def log_slopes(self, values: Floats) -> Floats:
        """Return the logarithm of what scaled units gain for each target unit at `values`, ``(n_rows, n_targets)``.

        NaN where a value is missing.
        """
        columns = [_log_bend(column, self.scaler, place) for column, place in zip(values.T, self.at, strict=True)]
        return np.asarray(np.column_stack(columns) - np.log(self.scale))

    def _check(self, values: Floats) -> None:
        for column, place, name in zip(values.T, self.at, self.names, strict=True):
            if self.scaler.chosen[place] == "log" and np.nanmin(column, initial=np.inf) <= 0:
                raise DataError(
                    f'Target "{name}" is learned by its logarithm, so that values are positive; '
                    f"got {np.nanmin(column):g}."
                )


def _log_bend(values: Floats, scaler: Any, place: int) -> Floats:
    """Return the logarithm of the derivative of a target's bend."""
    kind = scaler.chosen[place]
    if kind == "log":
        return -np.log(values)
    if kind == "yeo-johnson":
        power = np.where(values >= 0, scaler.lambdas_[place] - 1, 1 - scaler.lambdas_[place])
        return np.asarray(power * np.log1p(np.abs(values)))
    return values * 0.0  # NaN where it is missing
