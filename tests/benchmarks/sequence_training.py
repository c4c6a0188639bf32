"""How many times as fast as stock ``keras.Model.fit`` sequence networks train: CPU time, contenders taking turns.

Run ``python tests/benchmarks/sequence_training.py [cnn|rnn|lstm|gru ...]``; all four without arguments. Each figure is
the median over turns of stock's CPU time an epoch over ours, with the same network (at its defaults), windows of 48
steps of 8 channels, 3 targets, batch, validation rows and validation batch, once all is compiled.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from nbreg.networks.architecture import ARCHITECTURES
from nbreg.networks.blueprint import Blueprint
from nbreg.networks.inputs import Inputs
from nbreg.networks.targets import Targets
from nbreg.training.arrays import Arrays
from nbreg.training.engines import engine_of, shape_of
from nbreg.training.fit import train
from nbreg.training.quiet import import_keras
from nbreg.training.run import Run
from nbreg.training.spec import TrainingSpec

N_STEPS, N_CHANNELS, N_OTHERS, N_TARGETS = 48, 8, 6, 3
BATCH_SIZE, N_BATCHES, TURNS = 64, 32, 5
#: Epochs a turn: with many, the beginning of a fit counts for little.
STOCK_EPOCHS, OUR_EPOCHS = 2, 8
NAMES = ("cnn", "rnn", "lstm", "gru")


def windows() -> Arrays:
    """Return noisy waves, of which the targets are later values."""
    rng = np.random.default_rng(0)
    n_rows = BATCH_SIZE * N_BATCHES
    phase = rng.uniform(0, 2 * np.pi, (n_rows, 1, N_CHANNELS))
    waves = np.sin(phase + np.arange(N_STEPS + N_TARGETS)[:, None] / 4) + 0.1 * rng.standard_normal(
        (n_rows, N_STEPS + N_TARGETS, N_CHANNELS)
    )
    others = rng.standard_normal((n_rows, N_OTHERS))
    x = np.hstack([waves[:, :N_STEPS].reshape(n_rows, -1), others]).astype(np.float32)
    y = waves[:, N_STEPS:, 0].astype(np.float32)
    return Arrays(x, y, x[:256], y[:256])


def network_of(name: str):
    inputs = Inputs(N_STEPS * N_CHANNELS + N_OTHERS, n_steps=N_STEPS, n_channels=N_CHANNELS)
    return Blueprint(ARCHITECTURES[name]()).build(inputs, Targets(N_TARGETS), 0)


def stock(name: str, arrays: Arrays) -> Callable[[], None]:
    keras = import_keras()
    network = network_of(name)
    network.compile(keras.optimizers.Adam(1e-3), "mse")
    return lambda: network.fit(
        arrays.x, arrays.y, batch_size=BATCH_SIZE, epochs=STOCK_EPOCHS, verbose=0,
        validation_data=(arrays.x_val, arrays.y_val), validation_batch_size=256,
    )  # fmt: skip


def ours(name: str, arrays: Arrays, engine: str) -> Callable[[], None]:
    spec = TrainingSpec(
        epochs=OUR_EPOCHS, batch_size=BATCH_SIZE, patience=0, engine=engine, learning_rate=1e-3, schedule="constant"
    )
    return lambda: train(network_of(name), arrays, spec, Run(OUR_EPOCHS), seed=0)


def cpu_seconds(action: Callable[[], None]) -> float:
    begun = time.process_time()
    action()
    return time.process_time() - begun


def engine_for(name: str, arrays: Arrays) -> str:
    """Return which engine a training of 100 epochs has."""
    spec, network = TrainingSpec(epochs=100, batch_size=BATCH_SIZE), network_of(name)
    return engine_of(network, shape_of(network, arrays, spec), spec)


def report(name: str, arrays: Arrays) -> None:
    engine = engine_for(name, arrays)
    reference, contender = stock(name, arrays), ours(name, arrays, engine)
    cold_stock, cold = cpu_seconds(reference), cpu_seconds(contender)
    found = [(cpu_seconds(reference) / STOCK_EPOCHS) / (cpu_seconds(contender) / OUR_EPOCHS) for _ in range(TURNS)]
    ratio, least = statistics.median(found), min(found)
    target = "; target: >= 2" if name in ("lstm", "gru") else ""
    compiling = f"first {cold:.1f} s of CPU for {OUR_EPOCHS} epochs, stock {cold_stock:.1f} s for {STOCK_EPOCHS}"
    print(f"  {name}, {engine}: x{ratio:.2g} (turns from x{least:.2g}{target}); {compiling}")


def section(names: tuple[str, ...] = NAMES) -> None:
    """Print how many times as fast as stock Keras these networks train."""
    import_keras()
    arrays = windows()
    print(
        f"\nTraining, {arrays.n_rows:,} windows of {N_STEPS} x {N_CHANNELS}, batch {BATCH_SIZE}: over stock Keras fit"
    )
    for name in names:
        report(name, arrays)


if __name__ == "__main__":
    section(tuple(sys.argv[1:]) or NAMES)
