"""Scripts of networks with several targets: the worked examples of multi-target Keras, run without nbreg."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import nbreg
from nbreg.errors import NbregError
from nbreg.export.layer_code import network_code
from nbreg.networks.blueprint import Blueprint
from nbreg.networks.inputs import Inputs
from nbreg.networks.targets import Targets

TARGETS = ["price", "rent", "age of house"]


def houses(n_rows: int = 300) -> pd.DataFrame:
    """A table of three targets, one of them skewed and positive, one between 0 and 1."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(n_rows, 4)), columns=list("abcd"))
    table["kind"] = rng.choice(list("xyz"), n_rows)
    noise = 0.2 * rng.normal(size=(n_rows, 3))
    table["price"] = np.exp(table["a"] + (table["kind"] == "x") + noise[:, 0])
    table["rent"] = 2 * table["b"] - table["c"] + noise[:, 1]
    table["age of house"] = 1 / (1 + np.exp(-2 * table["d"] - noise[:, 2]))
    return table


def parts_of_a_whole(n_rows: int = 300) -> pd.DataFrame:
    table = houses(n_rows)
    sizes = np.exp(table[["a", "b", "c"]].to_numpy() + 0.1 * np.random.default_rng(1).normal(size=(n_rows, 3)))
    table[TARGETS] = sizes / sizes.sum(axis=1, keepdims=True)
    return table


def run(script: str, folder) -> np.ndarray:
    """Return what the script predicts for the table in the folder, ``(n_rows, n_targets)``."""
    (folder / "script.py").write_text(script + "\nnp.save('predicted.npy', predict(table))\n")
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=folder, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return np.load(folder / "predicted.npy")


BOUNDS = {"price": (0, None), "rent": (None, 20), "age of house": (0, 1)}

#: Worked examples of several targets, and what else a script may hold; each with what it must say.
CASES = {
    "one head for each target, with loss weights": (
        houses,
        {"heads": "separate", "loss_weights": {"price": 2, "age of house": 0.5}, "dropout": 0.1},
        ["network = keras.Model(inputs, [prediction_1, prediction_2, prediction_3])", "WEIGHTS = [2.0, 1.0, 0.5]"],
    ),
    "one dense head, weights, bounds, a trunk with an L1 penalty": (
        houses,
        {"loss_weights": "balanced", "loss": "huber", "l1": 0.001, "bounds": BOUNDS, "engine": "xla"},
        ["def weighted_loss", "_regularizer=keras.regularizers.L1(", "LEAST, GREATEST"],
    ),
    "bounds of targets as they are, a head for each": (
        houses,
        {"bounds": BOUNDS, "heads": "separate", "target_transform": "none"},
        ["keras.ops.softplus", "keras.ops.sigmoid"],
    ),
    "shares": (parts_of_a_whole, {"shares": True}, ["keras.ops.softmax"]),
}


@pytest.mark.parametrize("case", list(CASES))
def test_the_script_predicts_the_same(case, tmp_path):
    make, choices, said = CASES[case]
    table = make()
    table.to_parquet(tmp_path / "t.parquet")
    regressor = nbreg.fit(tmp_path / "t.parquet", target=TARGETS, epochs=6, hidden=(16, 8), **choices)
    script = regressor.to_keras_script("t.parquet")
    assert "nbreg" not in script
    for words in said:
        assert words in script
    ours = regressor.predict(table)
    np.testing.assert_allclose(run(script, tmp_path), ours, rtol=1e-4, atol=1e-5 * np.ptp(ours, axis=0).max())


def test_a_loaded_regressor_writes_the_same_script(tmp_path):
    regressor = nbreg.fit(houses(), target=TARGETS, epochs=1, loss_weights="balanced", heads="separate")
    regressor.save(tmp_path / "r.nbreg")
    assert nbreg.load(tmp_path / "r.nbreg").to_keras_script() == regressor.to_keras_script()


def test_an_output_for_each_target_counts_alike_where_no_weights_are_given():
    script = nbreg.fit(houses(), target=TARGETS, epochs=1, heads="separate", head_units=()).to_keras_script()
    assert "loss_weights=[1 / len(TARGETS) for _ in TARGETS]" in script


@pytest.mark.parametrize("heads", ["shared", "separate"])
@pytest.mark.parametrize("network", ["cnn", "rnn", "lstm", "gru"])
@pytest.mark.parametrize("inputs", [Inputs(8), Inputs(16, (40, 5), 3, 4)], ids=["numbers", "a sequence and the rest"])
def test_the_code_of_sequence_networks_builds_the_same_network(network, heads, inputs):
    import keras
    from keras import layers

    built = Blueprint.of({"network": network, "heads": heads}).build(inputs, Targets(2), seed=3)
    code = "\n".join(network_code(built, by_target=heads == "separate"))
    assert "nbreg" not in code
    names = {"keras": keras, "layers": layers, "np": np}
    exec(code, names)
    x = np.random.default_rng(0).integers(0, 5, (7, inputs.n_inputs)).astype("float32")
    outputs = names["network"](x)
    outputs = np.hstack(outputs) if heads == "separate" else outputs
    np.testing.assert_allclose(outputs, built(x), rtol=1e-5, atol=1e-6)


def test_what_a_script_cannot_hold_is_told_in_one_line():
    regressor = nbreg.fit(houses(), target=TARGETS, epochs=1, loss_weights="learned")
    with pytest.raises(NbregError, match=r"A script trains with Keras's own losses.*%nnreg save") as caught:
        regressor.to_keras_script()
    assert "\n" not in str(caught.value)
