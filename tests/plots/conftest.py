"""Reports made by hand, and a small network."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import narwhals as nw
import numpy as np
import pandas as pd
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


def explanation_made_of(values, data=None, **changes):
    """Return an explanation whose attributions are `values` ``(n_rows, n_features[, n_targets])``, from 10 on."""
    from nbreg.data.frames import as_frame
    from nbreg.explanation.explanation import Explanation
    from nbreg.explanation.players import Players

    values = np.asarray(values, float)
    data = pd.DataFrame({f"f{i}": values[:, i].reshape(len(values), -1)[:, 0] for i in range(values.shape[1])}
                        ) if data is None else data  # fmt: skip
    names = as_frame(data).columns
    shape = (len(values), *values.shape[2:])
    made = Explanation(
        values=values,
        base_values=np.full(shape, 10.0),
        data=data,
        predictions=10 + values.sum(axis=1),
        method="shapley",
        kind="additive",
        words="exact: all coalitions; as asked for",
        players=Players(tuple((name,) for name in names), tuple((i,) for i in range(len(names)))),
        target_names=("price",) if values.ndim == 2 else tuple("abcd"[: values.shape[2]]),
        rows=np.arange(len(values)),
        n_background=100,
        completeness_gap=3e-8,
    )
    return replace(made, **changes)


@pytest.fixture(scope="session")
def make_explanation():
    return explanation_made_of


@pytest.fixture
def regressor(network):
    """What plots ask of a regressor."""
    from nbreg.joint.prediction import joint_prediction

    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(40, 26)), columns=[f"f{i}" for i in range(26)])
    made = SimpleNamespace(
        report_=report_of(("price", "rent")),
        network_=network,
        explanation_=explanation_made_of(rng.normal(size=(40, 3))),
        encoder_inputs=lambda frame: frame.to_numpy().astype(np.float32),
        data_=SimpleNamespace(
            frame_of=lambda which: nw.from_native(table, eager_only=True),
            n_rows=lambda which: 40,
            arrays=lambda which: (table.to_numpy(np.float32), table.to_numpy(np.float32)[:, :2]),
            observed=lambda which: np.zeros((40, 2)),
        ),
        **of_a_joint_head(),
    )
    made.predict_joint = lambda rows: joint_prediction(made, rows, {})
    return made


def of_a_joint_head():
    """Return what is asked of a regressor that predicts two targets as standard normal, with a correlation of 0.6."""
    from nbreg.data.targets import TargetScaler
    from nbreg.networks.gaussians import Gaussians

    def distribution(outputs, n_targets):
        covariances = np.broadcast_to([[1, 0.6], [0.6, 1]], (len(outputs), 1, 2, 2))
        return Gaussians(np.ones((len(outputs), 1)), np.zeros((len(outputs), 1, 2)), covariances)

    return {
        "target_names_": ("u", "v"),
        "target_scaler_": TargetScaler("none").fit(np.random.default_rng(0).normal(size=(50, 2)), ("u", "v")),
        "blueprint_": SimpleNamespace(distribution=distribution),
        "check_trained": lambda: None,
    }
