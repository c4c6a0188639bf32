"""Whether the bits of a training go by how many threads compute it.

They do where TensorFlow parts a sum among its threads: the gradient of a weight, which is a sum over the rows of a
step, where these are many; sums over places, as convolutions have them; and sums over the units of wide layers. Other
networks were found to come to the same bits on 1, 2, 8 and 16 threads, as a graph and by XLA, on up to 3,000 columns.
That is how processors of x86 do it: of others nothing is known, nor of what was not tried.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Any

from nbreg.errors import NbregError
from nbreg.networks.architecture import NetworkChoice, chosen_architecture
from nbreg.networks.heads.head import NONE
from nbreg.search.fold_table import FoldTable
from nbreg.training.spec import TrainingSpec

#: What was tried: networks, processors, and the most rows a step and units a layer that make no difference.
WHOLE_NETWORKS = ("perceptron", "mlp", "rnn", "lstm", "gru")
PROCESSORS = ("x86_64", "amd64")
MOST_ROWS, MOST_UNITS = 128, 256


def may_be_parted(options: Mapping[str, Any], table: FoldTable) -> bool:
    """Return whether a training with `options`, those of a Regressor, on a fold of a table may go by the threads."""
    return (
        platform.machine().lower() not in PROCESSORS
        or table.of_windows
        or options.get("layers") is not None
        or options.get("joint", NONE) != NONE
        or _is_large(options, len(table.frame))
    )


def _is_large(options: Mapping[str, Any], n_rows: int) -> bool:
    """Return whether the network or its steps are other than those that were tried; no matter for wrong options."""
    try:
        name, network = NetworkChoice.of(options).network, chosen_architecture(options)
        rows_a_step = TrainingSpec.of(options).for_rows(n_rows).batch_size
    except NbregError:
        return False
    units = (*getattr(network, "hidden", ()), *getattr(network, "units", ()))
    return name not in WHOLE_NETWORKS or rows_a_step > MOST_ROWS or max(units, default=1) > MOST_UNITS
