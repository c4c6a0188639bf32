"""The order in which an epoch visits train rows that come row group by row group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Order = NDArray[np.int64]

#: A block holds at most so many rows, and so many numbers (float32) of inputs and targets in all.
MOST_ROWS, MOST_NUMBERS = 2**18, 2**23


def block_rows(numbers_a_row: int, batch_size: int) -> int:
    """Return how many rows a block holds: whole batches, at least one."""
    affordable = min(MOST_ROWS, MOST_NUMBERS // max(numbers_a_row, 1))
    return max(affordable // batch_size, 1) * batch_size


@dataclass(frozen=True, eq=False)
class EpochOrder:
    """The order of one epoch, which seed, epoch, the train rows of each row group and the size of a block settle.

    The row groups come in an order drawn anew for each epoch. Laid end to end they are cut into blocks of `block` rows,
    the last one shorter, and each block is shuffled: its rows come from one or several row groups. Train rows that fit
    into one block are not drawn by row groups first, so that their order is that of any table in memory:
    ``numpy.random.default_rng((seed, epoch)).permutation(n_rows)``.
    """

    #: Numbers of the row groups, in the order of their visits.
    groups: Order
    block_sizes: tuple[int, ...]
    _rng: np.random.Generator

    @classmethod
    def of(cls, seed: int, epoch: int, sizes: Sequence[int], block: int) -> EpochOrder:
        """Return the order of epoch `epoch`, which counts from 0; `sizes` are the train rows of each row group."""
        rng, n_rows = np.random.default_rng((seed, epoch)), int(sum(sizes))
        groups = np.arange(len(sizes)) if n_rows <= block else rng.permutation(len(sizes))
        n_full, rest = divmod(n_rows, block)
        return cls(groups, (block,) * n_full + ((rest,) if rest else ()), rng)

    def shuffles(self) -> Iterator[Order]:
        """Yield for each block the positions of its rows, in their new order; to be gone through once."""
        for size in self.block_sizes:
            yield self._rng.permutation(size)


def streamed_order(seed: int, epoch: int, sizes: Sequence[int], block: int) -> NDArray[np.int32]:
    """Return the rows ``0 .. n_rows - 1`` in the order in which a stream of blocks visits them."""
    order = EpochOrder.of(seed, epoch, sizes, block)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    visited = np.concatenate([np.arange(starts[group], starts[group + 1], dtype=np.int32) for group in order.groups])
    first = 0
    for shuffle in order.shuffles():
        visited[first : first + len(shuffle)] = visited[first : first + len(shuffle)][shuffle]
        first += len(shuffle)
    return visited
