"""Small tables and networks, and the stock training that ours is compared with."""

from __future__ import annotations

import numpy as np

from nbreg.training.quiet import quiet_start

quiet_start()

import keras  # noqa: E402  (quietly)

from nbreg.networks.blueprint import Blueprint  # noqa: E402
from nbreg.networks.inputs import Inputs  # noqa: E402
from nbreg.networks.mlp import Mlp  # noqa: E402
from nbreg.networks.targets import Targets  # noqa: E402
from nbreg.training.arrays import Arrays  # noqa: E402
from nbreg.training.fit import train  # noqa: E402
from nbreg.training.run import Run  # noqa: E402
from nbreg.training.spec import TrainingSpec  # noqa: E402


def make_arrays(n_rows: int = 90, n_validation_rows: int = 37, n_inputs: int = 5, n_targets: int = 1) -> Arrays:
    """Return a smooth function of the inputs with noise; the last batch of 16 rows is a partial one."""
    rng = np.random.default_rng(3)
    x = rng.standard_normal((n_rows + n_validation_rows, n_inputs), dtype=np.float32)
    signal = np.sin(x[:, :n_targets]) + x[:, [1]] * x[:, [2]]
    y = (signal + 0.3 * rng.standard_normal(signal.shape)).astype(np.float32)
    return Arrays(x[:n_rows], y[:n_rows], x[n_rows:], y[n_rows:])


def make_network(arrays: Arrays, seed: int = 0, **choices) -> keras.Model:
    spec = Mlp(**{"hidden": (8, 4), **choices})
    return Blueprint(spec).build(Inputs(arrays.n_inputs), Targets(arrays.n_targets), seed)


def trained(arrays: Arrays, spec: TrainingSpec, seed: int = 0, network=None, callbacks=(), **choices):
    """Return a network, trained, and its run."""
    network = network if network is not None else make_network(arrays, **choices)
    run = Run(spec.epochs)
    train(network, arrays, spec, run, seed=seed, callbacks=callbacks)
    return network, run


class OrderedRows(keras.utils.PyDataset):
    """Train rows in the order of each epoch, for stock ``fit``."""

    def __init__(self, arrays: Arrays, batch_size: int, seed: int):
        super().__init__()
        self.arrays, self.batch_size, self.seed, self.epoch = arrays, batch_size, seed, -1

    def __len__(self) -> int:
        return -(-self.arrays.n_rows // self.batch_size)

    def on_epoch_begin(self) -> None:
        self.epoch += 1

    def __getitem__(self, step: int):
        order = np.random.default_rng((self.seed, max(self.epoch, 0))).permutation(self.arrays.n_rows)
        rows = order[step * self.batch_size : (step + 1) * self.batch_size]
        return self.arrays.x[rows], self.arrays.y[rows]


def stock_fit(network, arrays, optimizer, *, epochs, xla=False, batch_size=16, loss="mse", callbacks=(), seed=0):
    """Train with ``keras.Model.fit`` alone and return its history."""
    network.compile(optimizer, loss, jit_compile=xla)
    has_validation = arrays.n_validation_rows > 0
    return network.fit(
        OrderedRows(arrays, batch_size, seed),
        epochs=epochs,
        validation_data=(arrays.x_val, arrays.y_val) if has_validation else None,
        validation_batch_size=8_192,
        shuffle=False,
        verbose=0,
        callbacks=list(callbacks),
    ).history


def assert_same_weights(network: keras.Model, other: keras.Model) -> None:
    for ours, theirs in zip(network.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def differ(network: keras.Model, other: keras.Model) -> bool:
    return any((a != b).any() for a, b in zip(network.get_weights(), other.get_weights(), strict=True))
