"""Many rows in steps of one size: what is compiled is compiled for one shape, and memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np

Array = TypeVar("Array", bound=np.ndarray[Any, Any])


def steps(n_rows: int, size: int) -> Iterator[slice]:
    """Yield slices of at most `size` that cover `n_rows`."""
    for start in range(0, n_rows, size):
        yield slice(start, min(start + size, n_rows))


def filled_up(points: Array, size: int) -> Array:
    """Return `points` ``(n, ...)``, filled up with copies of the first row to ``(size, ...)``."""
    missing = size - len(points)
    if not missing:
        return points
    return np.concatenate([points, np.repeat(points[:1], missing, axis=0)])  # type: ignore[return-value]
