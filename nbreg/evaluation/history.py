"""A run's history, thinned so that a report stays small."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

#: About so many rows of a history are kept.
MOST_ROWS = 1000


class Epoch(NamedTuple):
    """One epoch; losses are those of scaled targets, None where there is none (no validation rows)."""

    epoch: int
    loss: float | None
    val_loss: float | None
    learning_rate: float | None


def thinned(history: Sequence[Any], keep: int | None, most: int = MOST_ROWS) -> tuple[Epoch, ...]:
    """Return at most about `most` rows, evenly spread, with the first, the last and that of epoch `keep`."""
    places = set(np.linspace(0, len(history) - 1, min(most, len(history))).round().astype(int).tolist())
    places |= {place for place, row in enumerate(history) if row.epoch == keep}
    return tuple(_epoch(history[place]) for place in sorted(places))


def _epoch(row: Any) -> Epoch:
    return Epoch(int(row.epoch), *(plain(value) for value in (row.loss, row.val_loss, row.learning_rate)))


def plain(value: Any) -> float | None:
    """Return `value` with six significant digits, which JSON can hold; None where it is not finite."""
    number = float(value)
    return float(f"{number:.6g}") if math.isfinite(number) else None
