"""How many times as fast as stock ``keras.Model.fit`` sequence networks train: CPU time, contenders taking turns.

Run ``python tests/benchmarks/sequence_training.py [cnn|rnn|lstm|gru ...]``; all four without arguments. Each figure is
the median over turns of stock's CPU time an epoch over ours, with the same network (at its defaults), windows of 48
steps, batch, validation rows and validation batch, once all is compiled: first of the network alone, then of the one
that ``nbreg.forecast`` trains by default for three targets 24 steps ahead, with a linear and a smooth part beside it.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from nbreg.networks.architecture import ARCHITECTURES
from nbreg.networks.blueprint import Blueprint
from nbreg.networks.inputs import Inputs
from nbreg.networks.skip import Skip
from nbreg.networks.targets import Targets
from nbreg.training.arrays import Arrays
from nbreg.training.engines import engine_of, shape_of
from nbreg.training.fit import train
from nbreg.training.quiet import import_keras
from nbreg.training.run import Run
from nbreg.training.spec import TrainingSpec

N_STEPS, N_BATCHES, N_VALIDATION_ROWS, TURNS = 48, 16, 256, 5
#: Epochs a turn: with many, the beginning of a fit counts for little.
STOCK_EPOCHS, OUR_EPOCHS = 2, 8
NAMES = ("cnn", "rnn", "lstm", "gru")


@dataclass(frozen=True)
class Case:
    """What the windows hold, how many rows a step takes, and what stands beside the network."""

    words: str
    n_channels: int
    n_others: int
    n_targets: int
    batch_size: int
    skip: Skip = field(default_factory=Skip)

    @property
    def inputs(self) -> Inputs:
        n_inputs = N_STEPS * self.n_channels + self.n_others
        return Inputs(n_inputs, n_steps=N_STEPS, n_channels=self.n_channels)


CASES = (
    Case("alone", n_channels=8, n_others=6, n_targets=3, batch_size=64),
    # As it is for the weather: three targets and a mark of gaps an hour, the calendar, 3 x 24 predictions.
    Case("in a default forecast", n_channels=4, n_others=17, n_targets=72, batch_size=128, skip=Skip("smooth")),
)


def windows(case: Case) -> Arrays:
    """Return noisy waves, of which the targets are the values that follow."""
    rng = np.random.default_rng(0)
    n_rows, n_steps = case.batch_size * N_BATCHES, N_STEPS + case.n_targets
    phase = rng.uniform(0, 2 * np.pi, (n_rows, 1, case.n_channels))
    waves = np.sin(phase + np.arange(n_steps)[:, None] / 4)
    waves += 0.1 * rng.standard_normal(waves.shape)
    others = rng.standard_normal((n_rows, case.n_others))
    x = np.hstack([waves[:, :N_STEPS].reshape(n_rows, -1), others]).astype(np.float32)
    y = waves[:, N_STEPS:, 0].astype(np.float32)
    return Arrays(x, y, x[:N_VALIDATION_ROWS], y[:N_VALIDATION_ROWS])


def network_of(name: str, case: Case):
    return Blueprint(ARCHITECTURES[name](), skip=case.skip).build(case.inputs, Targets(case.n_targets), 0)


def stock(name: str, case: Case, arrays: Arrays) -> Callable[[], None]:
    keras = import_keras()
    network = network_of(name, case)
    network.compile(keras.optimizers.Adam(1e-3), "mse")
    return lambda: network.fit(
        arrays.x, arrays.y, batch_size=case.batch_size, epochs=STOCK_EPOCHS, verbose=0,
        validation_data=(arrays.x_val, arrays.y_val), validation_batch_size=N_VALIDATION_ROWS,
    )  # fmt: skip


def ours(name: str, case: Case, arrays: Arrays, engine: str) -> Callable[[], None]:
    spec = TrainingSpec(
        epochs=OUR_EPOCHS, batch_size=case.batch_size, patience=0, engine=engine, learning_rate=1e-3,
        schedule="constant",
    )  # fmt: skip
    network = network_of(name, case)
    return lambda: train(network, arrays, spec, Run(OUR_EPOCHS), seed=0)


def cpu_seconds(action: Callable[[], None]) -> float:
    begun = time.process_time()
    action()
    return time.process_time() - begun


def engine_for(name: str, case: Case, arrays: Arrays) -> str:
    """Return which engine a training of 100 epochs has."""
    spec, network = TrainingSpec(epochs=100, batch_size=case.batch_size), network_of(name, case)
    return engine_of(network, shape_of(network, arrays, spec), spec)


def report(name: str, case: Case) -> None:
    arrays = windows(case)
    engine = engine_for(name, case, arrays)
    reference, contender = stock(name, case, arrays), ours(name, case, arrays, engine)
    cold_stock, cold = cpu_seconds(reference), cpu_seconds(contender)
    found = [(cpu_seconds(reference) / STOCK_EPOCHS) / (cpu_seconds(contender) / OUR_EPOCHS) for _ in range(TURNS)]
    ratio, least = statistics.median(found), min(found)
    target = "; target: >= 2" if name in ("lstm", "gru") else ""
    compiling = f"first {cold:.1f} s of CPU for {OUR_EPOCHS} epochs, stock {cold_stock:.1f} s for {STOCK_EPOCHS}"
    print(f"  {name} {case.words}, {engine}: x{ratio:.2g} (turns from x{least:.2g}{target}); {compiling}", flush=True)


def section(names: tuple[str, ...] = NAMES) -> None:
    """Print how many times as fast as stock Keras these networks train."""
    import_keras()
    print(f"\nTraining on windows of {N_STEPS} steps, {N_BATCHES} batches: over stock Keras fit")
    for case in CASES:
        for name in names:
            report(name, case)


if __name__ == "__main__":
    section(tuple(sys.argv[1:]) or NAMES)
