"""The order in which an epoch visits the train rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def epoch_order(seed: int, epoch: int, n_rows: int) -> npt.NDArray[np.int32]:
    """Return the rows ``0 .. n_rows - 1`` in the order of epoch `epoch`, which counts from 0.

    It depends on the three arguments alone, so that any epoch's order can be made again, here or in a
    script without nbreg: ``numpy.random.default_rng((seed, epoch)).permutation(n_rows)``.
    """
    return np.random.default_rng((seed, epoch)).permutation(n_rows).astype(np.int32)
