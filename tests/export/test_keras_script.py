"""The script that leaves the notebook does the same training, in a fresh interpreter without nbreg."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import nbreg
from nbreg.data.frames import as_frame
from nbreg.export.layer_code import network_code
from nbreg.export.script_rates import FORMULAS
from nbreg.export.script_style import styled
from nbreg.networks.blueprint import Blueprint
from nbreg.networks.inputs import Inputs
from nbreg.networks.mlp import Mlp
from nbreg.networks.stack import Stack
from nbreg.networks.targets import Targets
from nbreg.training.schedules import LearningRates


def mixed_table(n_rows=400):
    """A table with all kinds of columns, gaps, a skewed target, and a second target."""
    rng = np.random.default_rng(0)
    hours = pd.to_timedelta(rng.integers(0, 900 * 24, n_rows), "h")
    table = pd.DataFrame(
        {
            "size": rng.normal(size=n_rows),
            "age": rng.exponential(size=n_rows),
            "kind": rng.choice(list("xyz"), n_rows),
            "garden": rng.random(n_rows) < 0.5,
            "street": "Street " + pd.Series(rng.integers(0, 20, n_rows).astype(str)),
            "sold": pd.Timestamp("2020-01-01") + hours,
            "agent": rng.choice(list("ABCDEFGHIJ"), n_rows),
        }
    )
    noise = 0.1 * rng.normal(size=n_rows)
    table["price"] = np.exp(0.5 * table["size"] + 0.3 * table["age"] + table["garden"] + noise)
    table["rent"] = 3 * table["age"] + noise
    table.loc[::7, "size"] = np.nan
    table.loc[::11, "kind"] = None
    table.loc[5, "price"] = np.nan
    return table


CASES = {
    "as it comes": ("t.parquet", {"target": "price", "embed_above": 10}),
    "two targets, split by time": (
        "t.csv",
        {"target": ["price", "rent"], "split": "time", "time": "sold", "schedule": "cosine", "dropout": 0.1,
         "scaling": "standard"},
    ),
    "split by groups": (
        "t.parquet",
        {"target": "rent", "split": "group", "group": "agent", "optimizer": "sgd", "learning_rate": 0.01,
         "schedule": "plateau", "scaling": "quantile", "target_transform": "yeo-johnson", "engine": "xla"},
    ),
    "steered": (
        "t.csv",
        {"target": "rent", "rate_change": {2: 0.05, 5: 0.002}, "stop_after": 7, "patience": 0, "hidden": (8,)},
    ),
    "relative errors": ("t.parquet", {"target": "price", "loss": "mape"}),
    "the linear model on all rows": (
        "t.parquet",
        {"target": "price", "test_fraction": 0.0, "validation_fraction": 0.0, "patience": 0, "network": "perceptron",
         "l1": 0.001, "schedule": "one_cycle", "scaling": "minmax"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", list(CASES))
def test_the_script_predicts_the_same(case, tmp_path):
    file, choices = CASES[case]
    table = mixed_table()
    table.to_csv(tmp_path / "t.csv", index=False)
    table.to_parquet(tmp_path / "t.parquet")
    regressor = nbreg.fit(tmp_path / file, epochs=8, **choices)
    script = regressor.to_keras_script(file) + "\nnp.save('predicted.npy', predict(table))\n"
    assert "nbreg" not in script.replace("nbreg_", "")
    (tmp_path / "script.py").write_text(script)
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    complete = table.dropna(subset=list(regressor.target_names_))
    ours = regressor.predict(complete).reshape(len(complete), -1)
    np.testing.assert_allclose(np.load(tmp_path / "predicted.npy"), ours, rtol=1e-4, atol=1e-5 * np.ptp(ours))


def test_a_stopped_run_is_told_with_the_epochs_that_it_ran():
    regressor = nbreg.Regressor(epochs=500, patience=0)
    rng = np.random.default_rng(0)

    def stop_after_three(run):
        if len(run.history) >= 3:
            run.request_stop()

    table = pd.DataFrame({"x": rng.normal(size=60), "y": rng.normal(size=60)})
    run = regressor.take_table(as_frame(table), {"target": "y"})
    run.subscribe(stop_after_three)
    regressor.train()
    assert run.status == "stopped"
    script = regressor.to_keras_script()
    assert f"epochs={len(run.history)}," in script
    assert "restore_best_weights=True" in script


def steered(**choices):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"x": rng.normal(size=300), "y": rng.normal(size=300)})
    return nbreg.fit(table, target="y", epochs=8, hidden=(4,), learning_rate=0.01, **choices)


def rates_in(script):
    names = {}
    exec(next(line for line in script.splitlines() if line.startswith("RATES")), names)
    return names["RATES"]


def test_a_change_within_an_epoch_waits_for_the_next_and_the_script_says_so():
    script = steered(rate_change={0.5: 0.02, 2: 0.04, 4.5: 0.1, 6: 0.5, 6.5: 0.003}).to_keras_script()
    assert "Changes within an epoch (1, 5, 7, counted from 1) wait for the next one here." in script

    def factor(epoch):
        return 1 + np.cos(np.pi * epoch / 8)

    # The rate that each epoch begins with: base / factor where it was set * factor of the epoch.
    sets = [(0, 0.01), (0, 0.02), (2, 0.04), (2, 0.04), (2, 0.04), (4, 0.1), (6, 0.5), (6, 0.003)]
    expected = [rate * factor(epoch) / factor(begun) for epoch, (begun, rate) in enumerate(sets)]
    np.testing.assert_allclose(rates_in(script), expected, rtol=1e-6)


def test_changes_between_epochs_need_no_comment():
    script = steered(rate_change={3: 0.2}, schedule="plateau", stop_after=6, patience=0).to_keras_script()
    assert "Changes within" not in script
    assert "epochs=6," in script
    assert "restore_best_weights=True" in script
    np.testing.assert_allclose(rates_in(script)[:5], [0.01] * 3 + [0.2] * 2, rtol=1e-6)


def own_layers():
    from keras import layers

    return [
        layers.Dense(8, activation="gelu", kernel_regularizer="l2"),
        layers.Reshape((4, 2)),
        layers.Conv1D(3, 2, padding="same"),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Flatten(),
        layers.LayerNormalization(),
        layers.Dropout(0.25),
    ]


@pytest.mark.parametrize(
    ("make", "inputs"),
    [
        (lambda: Mlp(dropout=0.1, l1=0.1, batch_norm=True, initializer="he"), Inputs(12, (40,))),
        (lambda: Mlp(hidden=(), l1=0.1, l2=0.2), Inputs(3)),
        (lambda: Stack.of_layers(own_layers()), Inputs(4)),
    ],
)
def test_the_code_of_a_network_builds_the_same_network(make, inputs):
    import keras
    from keras import layers

    network = Blueprint(make()).build(inputs, Targets(2), seed=3)
    names = {"keras": keras, "layers": layers}
    exec("\n".join(network_code(network)), names)
    x = np.random.default_rng(0).integers(0, 5, (7, inputs.n_inputs)).astype("float32")
    np.testing.assert_array_equal(names["network"](x), network(x))


@pytest.mark.parametrize("epochs", [2, 7, 30])
@pytest.mark.parametrize("schedule", sorted(FORMULAS))
def test_formulas_of_learning_rates_are_the_schedules(schedule, epochs):
    names = {"np": np}
    exec(FORMULAS[schedule].format(base=0.02, epochs=epochs, last=epochs - 1), names)
    rates = LearningRates(schedule, 0.02, epochs)
    told = [names["learning_rate"](epoch, None) for epoch in range(epochs)]
    np.testing.assert_allclose(told, [rates.at(epoch) for epoch in range(epochs)], rtol=1e-12)


@pytest.mark.parametrize(
    ("line", "styled_line"),
    [
        ("a = 'b' + \"c\" + 'say \"d\"' + 'e\\n'", 'a = "b" + "c" + \'say "d"\' + \'e\\n\''),
        ("a = ['é', 'b']  # it's", 'a = ["é", "b"]  # it\'s'),
        ("", ""),
    ],
)
def test_strings_stand_in_double_quotes(line, styled_line):
    assert styled(["", line]) == styled_line
