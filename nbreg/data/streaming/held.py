"""Which rows of a table on disk stay in memory: all of a small one, and of a large one a sample of each set."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbreg.data.streaming.parting import SETS, Parts

#: Of each set at most so many rows are held, and so many numbers in all: 96 MB as a table, about half that as inputs.
MOST_ROWS = {"train": 500_000, "validation": 200_000, "test": 200_000}
MOST_NUMBERS = 12_000_000
#: What of these a set may take.
_SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}

Rows = NDArray[np.int64]


class Held(NamedTuple):
    """Rows to hold: their numbers in the whole table, ascending, and for each its position in `SETS`."""

    rows: Rows
    sets: NDArray[np.uint8]


def held_rows(parts: Parts, n_columns: int, seed: int) -> Held:
    """Return which rows to hold; each row of a set is as likely as another to be among them."""
    drawn = [_rows_of(parts, which, n_columns, seed) for which in SETS]
    rows = np.concatenate(drawn)
    sets = np.repeat(np.arange(len(SETS), dtype=np.uint8), [len(each) for each in drawn])
    order = np.argsort(rows)
    return Held(rows[order], sets[order])


def most_held(which: str, n_columns: int) -> int:
    """Return how many rows of `which` are held at most."""
    return max(1_000, min(MOST_ROWS[which], int(_SHARES[which] * MOST_NUMBERS / n_columns)))


def _rows_of(parts: Parts, which: str, n_columns: int, seed: int) -> Rows:
    sizes = parts.sizes(which)
    chosen = ranks(sum(sizes), most_held(which, n_columns), np.random.default_rng((seed, SETS.index(which))))
    bounds = np.searchsorted(chosen, np.concatenate([[0], np.cumsum(sizes)]))
    found, before = [np.zeros(0, np.int64)], 0
    for group, size, first, last in zip(parts.stored.groups, sizes, bounds, bounds[1:], strict=False):
        if last > first:
            of_set = parts.positions(which, group.start, group.n_rows)
            found.append(group.start + of_set[chosen[first:last] - before])
        before += size
    return np.concatenate(found)


def ranks(n: int, most: int, rng: np.random.Generator) -> Rows:
    """Return at most `most` of the numbers ``0 .. n - 1``, ascending, each as likely, in memory for `most`."""
    if n <= most:
        return np.arange(n)
    if n < 4 * most:
        return np.sort(rng.choice(n, most, replace=False))
    # Of numbers drawn with repetition the different ones are a random set, and so are some of them.
    distinct = np.unique(rng.integers(0, n, 2 * most))
    return np.sort(rng.choice(distinct, most, replace=False))
