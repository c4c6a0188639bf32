"""Whether the bits of a training go by how many threads compute it.

They do where TensorFlow parts a sum among its threads: the gradient of a weight, which is a sum over the rows of a
step, where these are many; sums over places, as convolutions have them; and sums over the units of wide layers. Other
networks were found to come to the same bits on 1, 2, 8 and 16 threads, as a graph and by XLA. That is how processors of
x86 do it: of others nothing is known, nor of what was not tried.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from typing import Any

from nbreg.errors import NbregError
from nbreg.networks.architecture import NetworkChoice, chosen_architecture
from nbreg.networks.heads.head import NONE
from nbreg.search.fold_table import FoldTable
from nbreg.training.spec import TrainingSpec

#: What was tried: networks and processors, the most rows a step, and the most weights between two layers.
WHOLE_NETWORKS = ("perceptron", "mlp", "rnn", "lstm", "gru")
PROCESSORS = ("x86_64", "amd64")
MOST_ROWS, MOST_WEIGHTS = 128, 256 * 256


def may_be_parted(options: Mapping[str, Any], table: FoldTable) -> bool:
    """Return whether a training with `options`, those of a Regressor, on a fold of a table may go by the threads."""
    return (
        platform.machine().lower() not in PROCESSORS
        or table.of_windows
        or options.get("layers") is not None
        or options.get("joint", NONE) != NONE
        or _is_large(options, table)
    )


def _is_large(options: Mapping[str, Any], table: FoldTable) -> bool:
    """Return whether the network or its steps are other than those that were tried; no matter for wrong options."""
    try:
        name, network = NetworkChoice.of(options).network, chosen_architecture(options)
        rows_a_step = TrainingSpec.of(options).for_rows(len(table.frame)).batch_size
    except NbregError:
        return False
    return (
        name not in WHOLE_NETWORKS
        or rows_a_step > MOST_ROWS
        or max(_weights(network, table.most_inputs)) > MOST_WEIGHTS
    )


def _weights(network: Any, n_inputs: int) -> Iterator[int]:
    """Yield how many weights stand between a layer and the next: four times as many where gates are computed."""
    yield n_inputs
    before = n_inputs
    for units in getattr(network, "units", ()):
        yield from (4 * before * units, 4 * units * units)
        before = units
    for units in getattr(network, "hidden", ()):
        yield before * units
        before = units
