"""What a network predicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Targets:
    """Scaled targets, a float32 matrix ``(n_rows, n_targets)``, and what keeps predictions of them in place.

    `columns` are the columns of the table that they are of: in a forecast each has a target for every step ahead.
    `bounds` are each target's least and greatest value in scaled units, None where that side is open; `shares` each
    target's mean and scale, where targets are shares of a whole. Empty: predictions are free.
    """

    n_targets: int
    names: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    bounds: tuple[tuple[float | None, float | None], ...] = ()
    shares: tuple[tuple[float, float], ...] = ()

    @classmethod
    def of(cls, target_scaler: Any) -> Targets:
        """Return the targets that a fitted `TargetScaler` scales."""
        names, columns = tuple(map(str, target_scaler.names)), tuple(map(str, target_scaler.columns))
        if target_scaler.are_shares:
            scales = zip(target_scaler.mean_.tolist(), target_scaler.scale_.tolist(), strict=True)
            return cls(len(names), names, columns, shares=tuple(scales))
        return cls(len(names), names, columns, _bounds(target_scaler.scaled_bounds_))

    def kept(self, predictions: Any) -> Any:
        """Return predictions ``(n_rows, ..., n_targets)``, a Keras tensor, as they are to leave the network."""
        if self.shares:
            from nbreg.networks.keras_parts.shares import Shares

            return Shares(*zip(*self.shares, strict=True))(predictions)
        if self.bounds:
            from nbreg.networks.keras_parts.bounded import Bounded

            return Bounded(*zip(*self.bounds, strict=True))(predictions)
        return predictions


def _bounds(scaled: Any) -> tuple[tuple[float | None, float | None], ...]:
    """Return ``(2, n_targets)`` numbers as pairs, None for infinite ones; nothing where all are infinite."""
    if scaled is None or not np.isfinite(scaled).any():
        return ()
    least, greatest = ([end if np.isfinite(end) else None for end in ends.tolist()] for ends in scaled)
    return tuple(zip(least, greatest, strict=True))
