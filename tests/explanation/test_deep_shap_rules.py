"""Rules for what is not a function of one number: complete for every head and network, and right where known."""

import keras
import numpy as np
import pandas as pd
import pytest
import shap
from keras import layers

import nbreg
from nbreg.explanation import network as of_networks

FEATURES = [f"x_{i}" for i in range(8)]
ALONG = {"channels": "x_*", "hidden": (8,)}
SHARES = {"target": ("a", "b", "c"), "shares": True}
BOUNDS = {"bounds": {"y": (-5, 60), "z": (None, 20)}}
RECURRENT = {**ALONG, "units": (6, 4)}

HEADS = {
    "shared": {},
    "separate": {"heads": "separate"},
    "learned weights": {"loss_weights": "learned"},
    "bounds": BOUNDS,
    "shares": SHARES,
    "gaussian": {"joint": "gaussian", **BOUNDS},
    "mixture": {"joint": "mixture"},
    "mixture of shares": {"joint": "mixture", **SHARES},
    "gp": {"joint": "gp", "fourier_features": 64},
    "vae": {"network": "vae", **BOUNDS},
    "vae of shares": {"network": "vae", **SHARES},
    "cnn": {"network": "cnn", "filters": (6,), "pooling": "max", **ALONG},
    "cnn of all steps": {"network": "cnn", "filters": (6,), "pooling": "global_max", "skip": "none", **ALONG},
    "rnn": {"network": "rnn", **RECURRENT},
    "lstm": {"network": "lstm", "joint": "mixture", **RECURRENT},
    "gru": {"network": "gru", "skip": "none", **RECURRENT},
}


@pytest.fixture(scope="module")
def table():
    """Return 150 rows of eight numbers and a category, with two targets, and three that are shares of a whole."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(rng.normal(size=(150, 8)), columns=FEATURES)
    frame["kind"] = rng.choice(list("pqrs"), 150)
    frame["y"] = np.exp(frame.x_0 * frame.x_1 / 2) + frame.x_2
    frame["z"] = frame.x_3 * frame.x_4 + frame.x_5
    parts = np.exp(frame[["x_0", "x_3", "x_6"]].to_numpy())
    frame[["a", "b", "c"]] = parts / parts.sum(axis=1, keepdims=True)
    return frame


def fitted(table, target=("y", "z"), **choices):
    others = [name for name in ("y", "z", "a", "b", "c") if name not in target]
    hidden = {} if "layers" in choices else {"hidden": (8,)}
    frame = table.drop(columns=others, errors="ignore")
    return nbreg.fit(frame, target=target, **{"epochs": 2, **hidden, **choices})


@pytest.mark.parametrize("choices", HEADS.values(), ids=HEADS.keys())
def test_complete_for_every_head(table, choices):
    regressor = fitted(table, **choices)
    found = nbreg.explain(regressor, table.head(20), "deep_shap", background=table.tail(25))
    assert found.method == "deep_shap", found.words
    predicted, base = (np.atleast_2d(regressor.predict(rows)) for rows in (table.head(20), table.tail(25)))
    gap = np.abs(found.values.sum(axis=1) + base.mean(axis=0) - predicted).max(axis=0)
    assert (gap < 2e-6 * np.ptp(predicted, axis=0)).all()
    assert np.abs(found.values).max() > 0.01 * np.ptp(predicted)


OWN = {
    "softmax layer": [layers.Dense(5), layers.Softmax()],
    "softmax activation": [layers.Reshape((2, 4)), layers.Dense(3, activation="softmax"), layers.Flatten()],
    "gru, reset first": [layers.Reshape((4, 2)), layers.GRU(3, reset_after=False, activation="softmax")],
    "lstm, backwards": [layers.Reshape((4, 2)), layers.LSTM(3, use_bias=False, go_backwards=True)],
    "rnn, relu": [
        layers.Reshape((8, 1)),
        layers.SimpleRNN(4, activation="relu", return_sequences=True, recurrent_initializer="ones"),
        layers.MaxPooling1D(3, padding="same"),
        layers.Flatten(),
    ],
    "pooling": [
        layers.Reshape((4, 2)),
        layers.MaxPooling1D(3),
        layers.GlobalMaxPooling1D(keepdims=True),
        layers.Flatten(),
    ],
}


@pytest.mark.parametrize("own", OWN.values(), ids=OWN.keys())
def test_complete_through_layers_of_the_users_own(table, own):
    regressor = fitted(table[[*FEATURES, "y"]], target="y", layers=own)
    weights = [2 * each for each in regressor.network_.get_weights()]  # further from being linear
    regressor.network_.set_weights(weights)
    found = nbreg.explain(regressor, table.head(20), "deep_shap", background=table.tail(25))
    assert found.method == "deep_shap", found.words
    assert found.completeness_gap < 2e-6
    np.testing.assert_allclose(found.predictions, regressor.predict(table.head(20)), rtol=1e-5)


def test_complete_when_compiled_by_xla(table, monkeypatch):
    monkeypatch.setattr(of_networks, "XLA_FROM", 0)
    for choices in ({"network": "lstm", **RECURRENT}, SHARES):
        found = nbreg.explain(fitted(table, **choices), table.head(8), "deep_shap", background=8)
        assert found.completeness_gap < 2e-6


def _multiplied(width):
    """Return a model that multiplies a function of the first column with one of the others."""
    entry = keras.Input((width,))
    first = layers.Dense(2, activation="sigmoid")(entry[:, :1])
    return keras.Model(entry, layers.Multiply()([first, layers.Dense(2)(entry[:, 1:])]), name="product")


#: Layers in which the two columns meet in one product, and the weights with which they do.
PRODUCTS = {
    "multiply": ([_multiplied(2)], None),
    # A sigmoid of the first column, times the second one, times a constant.
    "lstm": (
        [layers.Reshape((1, 2)), layers.LSTM(1, activation="linear", name="cell")],
        [np.array([[1.5, 0, 0, 0], [0, 0, 0.8, 0]]), np.zeros((1, 4)), np.array([0.3, 0, 0.2, 1])],
    ),
    # A sigmoid of the first column times a tanh of the second one.
    "gru": (
        [layers.Reshape((1, 2)), layers.GRU(1, name="cell")],
        [np.array([[1.5, 0, 0], [0, 0, 0.8]]), np.zeros((1, 3)), np.array([[0.3, 0, 0.2], [0, 0, 0]])],
    ),
}


@pytest.mark.parametrize(("own", "weights"), PRODUCTS.values(), ids=PRODUCTS.keys())
def test_a_product_of_two_functions_has_shapley_values(table, own, weights):
    """Of shap's exact explainer: the rules are exact where no feature meets another but in one product."""
    frame = table[["x_0", "x_1", "y"]]
    regressor = fitted(frame, target="y", target_transform="none", layers=own)
    if weights is not None:
        regressor.network_.get_layer("cell").set_weights(weights)
    rows, background = frame.head(10), frame.tail(30)
    explainer = shap.explainers.Exact(
        lambda inputs: regressor.predict_inputs(inputs.astype(np.float32))[:, 0],
        shap.maskers.Independent(regressor.encoder_inputs(background), max_samples=30),
    )
    expected = explainer(regressor.encoder_inputs(rows)).values
    found = nbreg.explain(regressor, rows, "deep_shap", background=background)
    assert found.method == "deep_shap", found.words
    np.testing.assert_allclose(found.values, expected, atol=2e-6 * np.ptp(regressor.predict(frame)))
    assert np.abs(expected).max() > 1e-3


def test_shares_are_near_shapley_values(table):
    """Of a network that is linear but for the softmax, so that nothing else makes a difference."""
    regressor = fitted(table[[*FEATURES[:7], "a", "b", "c"]], epochs=60, layers=[], **SHARES)
    rows, background = table.head(15), table.tail(20)
    exact = nbreg.explain(regressor, rows, "shapley", background=background)
    found = nbreg.explain(regressor, rows, "deep_shap", background=background)
    far = np.abs(found.values - exact.values).mean() / np.abs(exact.values).mean()
    assert far < 0.05


def test_steps_are_as_small_as_the_network_asks_for(table, monkeypatch):
    regressor = fitted(table, network="cnn", filters=(6,), **ALONG)
    choices = {"background": table.tail(50)}
    expected = nbreg.explain(regressor, table.head(40), "deep_shap", **choices)
    monkeypatch.setattr(of_networks, "MOST_NUMBERS", 1)
    sizes, whole = [], of_networks.ExplainedNetwork.compiled

    def compiled(self, key, make, n_evaluations):
        sizes.extend([key[1:]] if key[0] == "rescale" else [])
        return whole(self, key, make, n_evaluations)

    monkeypatch.setattr(of_networks.ExplainedNetwork, "compiled", compiled)
    found = nbreg.explain(regressor, table.head(40), "deep_shap", **choices)
    ((n_rows, n_background),) = sizes
    assert n_rows * n_background <= of_networks.LEAST_ROWS / 2
    np.testing.assert_allclose(found.values, expected.values, atol=1e-5 * np.ptp(expected.predictions))
