"""Whether the bits of a training go by how many threads compute it.

They do where TensorFlow parts a sum among its threads: the gradient of a weight, which is a sum over the rows of a
step, where these are many, and sums over places, as convolutions have them. Dense and recurrent layers on steps of few
rows were found to come to the same bits on 1, 2, 4, 8 and 16 threads, of 8 to 2,048 units, on up to 1,000 columns, as a
graph and by XLA. That is how processors of x86 do it: of others nothing is known, nor of what was not tried.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Any

from nbreg.errors import NbregError
from nbreg.networks.heads.head import NONE
from nbreg.search.fold_table import FoldTable
from nbreg.training.spec import TrainingSpec

#: What was tried: networks, processors, and the most rows a step that make no difference.
WHOLE_NETWORKS = ("perceptron", "mlp", "rnn", "lstm", "gru")
PROCESSORS = ("x86_64", "amd64")
MOST_ROWS = 128


def may_be_parted(options: Mapping[str, Any], table: FoldTable) -> bool:
    """Return whether a training with `options`, those of a Regressor, on a fold of a table may go by the threads."""
    return (
        platform.machine().lower() not in PROCESSORS
        or table.of_windows
        or options.get("layers") is not None
        or options.get("network", "mlp") not in WHOLE_NETWORKS
        or options.get("joint", NONE) != NONE
        or _rows_a_step(options, len(table.frame)) > MOST_ROWS
    )


def _rows_a_step(options: Mapping[str, Any], n_rows: int) -> int:
    """Return how many rows a step has, at most; 0 where the options are wrong, so that nothing will be trained."""
    try:
        return TrainingSpec.of(options).for_rows(n_rows).batch_size
    except NbregError:
        return 0
