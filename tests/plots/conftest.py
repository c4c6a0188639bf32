"""Reports made by hand, and a small network."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from nbreg.evaluation.baselines import JUDGED
from nbreg.evaluation.evaluation import evaluate
from nbreg.evaluation.history import Epoch
from nbreg.evaluation.pairs import sampled
from nbreg.evaluation.report import RangeTest, Report


def report_of(targets: tuple[str, ...]) -> Report:
    """Return a report whose network errs by 1, trees by 0.8 and ridge by 2 at each row of a ramp from 100 to 199."""
    observed = np.column_stack([np.arange(100.0, 200.0)] * len(targets))
    signs = np.where(np.arange(100) % 2, 1.0, -1.0)[:, None]
    mean = evaluate(observed, np.full_like(observed, observed.mean()), targets)
    ridge, trees, network = (evaluate(observed, observed + error * signs, targets) for error in (2, 0.8, 1))
    rows = ((1, 1.0, 0.8), (2, 0.3, None), (3, 0.1, 0.15), (4, 0.05, 0.2))
    return Report(
        targets=targets,
        n_rows={"train": 12_400, "validation": 100, "test": 100},
        n_features=9,
        n_inputs=26,
        network="mlp 64-32, relu",
        n_parameters=3841,
        training="adam, learning rate 0.001, mse, batches of 256",
        status="finished",
        error="",
        epochs=100,
        epochs_run=4,
        best_epoch=3,
        history=tuple(Epoch(*row, 1e-3) for row in rows),
        evaluations=dict.fromkeys(JUDGED, network),
        baselines={
            name: dict.fromkeys(JUDGED, each)
            for name, each in (("mean", mean), ("ridge", ridge), ("boosted trees", trees))
        },
        pairs=sampled("test", observed, observed + signs),
        notices=('Left out "id": it names rows & nothing else.',),
        range_test=RangeTest((1e-4, 1e-3, 1e-2, 1e-1), (1.0, 0.5, 0.2, None), 1e-3),
    )  # fmt: skip


@pytest.fixture
def report():
    return report_of(("price",))


@pytest.fixture
def three_targets():
    return report_of(("a", "b", "c"))


@pytest.fixture
def without_rows(report):
    """A run that failed before its first epoch ended."""
    nothing = {"evaluations": {}, "baselines": {}, "pairs": None, "history": (), "best_epoch": None, "epochs_run": 0}
    return replace(report, status="failed", error="The loss is no finite number.", **nothing)


@pytest.fixture(scope="session")
def keras():
    from nbreg.training.quiet import quiet_start

    quiet_start()
    import keras

    return keras


@pytest.fixture(scope="session")
def network(keras):
    layers = [keras.Input((26,)), keras.layers.Dense(64, activation="relu", name="hidden_1"), keras.layers.Dense(1)]
    return keras.Sequential(layers, name="mlp")


@pytest.fixture
def regressor(report, network):
    return SimpleNamespace(report_=report, network_=network)
