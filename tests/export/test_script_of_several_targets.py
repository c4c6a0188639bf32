"""Scripts of networks with several targets: the worked examples of multi-target Keras, run without nbreg."""

from __future__ import annotations

import os
import re
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
    "bounds of targets as they are, a head for each, weights that are learned": (
        houses,
        {"bounds": BOUNDS, "heads": "separate", "target_transform": "none", "loss_weights": "learned"},
        ["keras.ops.softplus", "keras.ops.sigmoid", "class LogVariances", "def learned_loss"],
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
    assert max(map(len, script.splitlines())) <= 120
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


@pytest.mark.parametrize("joint", ["gaussian", "mixture"])
def test_the_script_gives_the_distributions(joint, tmp_path):
    table = houses()
    table.to_csv(tmp_path / "t.csv", index=False)
    regressor = nbreg.fit(table, target=TARGETS, epochs=6, hidden=(8,), joint=joint, target_transform="none")
    script = regressor.to_keras_script("t.csv")
    found = "\nnp.savez('distribution.npz', *distribution(table))\n"
    np.testing.assert_allclose(run(script + found, tmp_path), regressor.predict(table), rtol=1e-4, atol=1e-4)
    *weights, means, covariances = np.load(tmp_path / "distribution.npz").values()
    weights = weights[0] if weights else np.ones((len(table), 1))
    means, covariances = means.reshape(len(table), -1, 3), covariances.reshape(len(table), -1, 3, 3)
    mean = np.einsum("rc,rct->rt", weights, means)
    apart = means - mean[:, None]
    covariance = np.einsum("rc,rcts->rts", weights, covariances + apart[..., None] * apart[..., None, :])
    told = regressor.predict_joint(table)
    np.testing.assert_allclose(mean, told.mean, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(covariance, told.covariance, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("choices", [{"loss_weights": "learned"}, {"joint": "gaussian"}, {"joint": "mixture"}])
def test_what_was_learned_with_is_known_after_loading(choices, tmp_path):
    regressor = nbreg.fit(houses(), target=TARGETS, epochs=1, hidden=(4,), **choices)
    regressor.save(tmp_path / "r.nbreg")
    assert nbreg.load(tmp_path / "r.nbreg").to_keras_script() == regressor.to_keras_script()


@pytest.mark.parametrize(
    ("choices", "named"),
    [({"joint": "gp"}, "process (--joint gp)"), ({"network": "vae"}, "autoencoder (--network vae)")],
)
def test_what_a_script_cannot_hold_is_told_in_one_line(choices, named):
    regressor = nbreg.fit(houses(), target=TARGETS, epochs=1, hidden=(4,), **choices)
    with pytest.raises(NbregError, match=r"A script holds what a few lines can say.*%nnreg save") as caught:
        regressor.to_keras_script()
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_layers_that_are_called_as_something_else_is_get_other_names():
    import keras
    from keras import layers

    entry = keras.Input((3,))
    table = layers.Dense(2, name="table")(entry)
    doubled = layers.Concatenate(name="model")([table, layers.Dense(2, name="dense_41")(table)])
    built = keras.Model(entry, layers.Dense(1)(layers.Add(name="2nd sum")([doubled, doubled])))
    code = network_code(built)
    assert [line.partition(" = ")[0] for line in code] == [
        "inputs", "of_table", "dense", "of_model", "x", "outputs", "network"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("choices", "network"),
    [
        (
            {},
            """
            inputs = keras.Input((7,))
            x = layers.Dense(32, activation="relu")(inputs)
            x = layers.Dense(16, activation="relu")(x)
            outputs = layers.Dense(3)(x)
            network = keras.Model(inputs, outputs)
            """,
        ),
        (
            {"heads": "separate", "loss_weights": {"price": 2}},
            """
            inputs = keras.Input((7,))
            x = layers.Dense(32, activation="relu")(inputs)
            hidden_2 = layers.Dense(16, activation="relu")(x)
            x = layers.Dense(16, activation="relu")(hidden_2)
            prediction_1 = layers.Dense(1)(x)
            x = layers.Dense(16, activation="relu")(hidden_2)
            prediction_2 = layers.Dense(1)(x)
            x = layers.Dense(16, activation="relu")(hidden_2)
            prediction_3 = layers.Dense(1)(x)
            network = keras.Model(inputs, [prediction_1, prediction_2, prediction_3])
            """,
        ),
        (
            {"l1": 0.001},
            """
            inputs = keras.Input((7,))
            x = layers.Dense(32, activation="relu", kernel_regularizer=keras.regularizers.L1(l1=0.001))(inputs)
            x = layers.Dense(16, activation="relu", kernel_regularizer=keras.regularizers.L1(l1=0.001))(x)
            outputs = layers.Dense(3)(x)
            network = keras.Model(inputs, outputs)
            """,
        ),
    ],
    ids=["shared hidden layers", "a head for each target", "an L1 penalty"],
)
def test_the_network_reads_as_one_would_write_it(choices, network):
    """But for the seeds of the first weights, and where lines end."""
    script = nbreg.fit(houses(), target=TARGETS, epochs=1, hidden=(32, 16), **choices).to_keras_script()
    told = script.partition("# The network")[2].partition("# Training")[0]
    seedless = re.sub(r"kernel_initializer=keras\.initializers\.GlorotUniform\(seed=\d+\)", "", told)
    assert bare(seedless) == bare(network)
    assert max(map(len, script.splitlines())) <= 120


def bare(code: str) -> str:
    """Return code without white space, and without commas but between arguments."""
    return re.sub(r",+([)\]])", r"\1", re.sub(r",+", ",", re.sub(r"\s", "", code)))
