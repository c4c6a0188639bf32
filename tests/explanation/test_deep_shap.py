"""The rescale rule against shap's DeepExplainer where that one is right, and complete on all else."""

import gc
import re
import threading
import warnings
import weakref

import keras
import numpy as np
import pandas as pd
import pytest
import shap
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers

import nbreg
from nbreg.explanation.rescale_rules import missing_rule

#: Each activation that an option offers, and more that users' layers may have.
ACTIVATIONS = [("relu", "tanh"), ("elu", "gelu"), ("silu", "leaky_relu"), ("selu", "sigmoid"), ("softplus", "mish")]


@pytest.fixture(scope="module")
def table():
    """Return 250 rows of numbers and a category of six levels, with a skewed target and another."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(250, 5)), columns=list("abcde"))
    frame["kind"] = rng.choice(list("pqrstu"), 250)
    frame["y"] = np.exp(frame.a * frame.b + np.sin(2 * frame.c) + frame.d)
    frame["z"] = frame.e * frame.a
    return frame


def fitted(table, target="y", **choices):
    left_out = [name for name in ("z",) if target == "y" and name in table]
    return nbreg.fit(
        table.drop(columns=left_out), target=target, **{"epochs": 1, "target_transform": "none", **choices}
    )


def _multiplied(width, multiply=lambda one, other: layers.Multiply()([one, other])):
    entry = keras.Input((width,))
    return keras.Model(entry, multiply(entry, layers.Dense(width)(entry)))


AS_IN_SHAP = {name: {"hidden": (16, 8), "activation": name} for name in ("relu", "tanh", "elu")}
AS_IN_SHAP["product"] = {"layers": [layers.Dense(6, activation="tanh"), _multiplied(6)]}
AS_IN_SHAP["maximum"] = {
    "layers": [layers.Dense(9), layers.Reshape((3, 3)), layers.MaxPooling1D(2, padding="same"), layers.Flatten()]
}


@pytest.fixture
def shap_on_tensorflow():
    """shap's DeepExplainer patches how TensorFlow records gradients, and forgets to undo it where it crashes."""
    from tensorflow.python.eager import backprop, execute

    yield
    execute.record_gradient = backprop.record_gradient


@pytest.mark.usefixtures("shap_on_tensorflow")
@pytest.mark.parametrize("choices", AS_IN_SHAP.values(), ids=AS_IN_SHAP.keys())
def test_equals_shaps_deep_explainer(table, choices):
    regressor = fitted(table, ("y", "z"), epochs=10, **choices)
    rows, background = table.head(20), table.tail(60)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of TensorFlow being newer than shap likes
        explainer = shap.DeepExplainer(regressor.network_, regressor.encoder_inputs(background))
        by_input = explainer.shap_values(regressor.encoder_inputs(rows))  # (rows, inputs, targets), of scaled outputs
    blocks = [block.positions for block in regressor.encoder_.blocks]
    expected = np.stack([by_input[:, list(positions)].sum(axis=1) for positions in blocks], axis=1)
    found = nbreg.explain(regressor, rows, "deep_shap", background=background)
    tolerance = 1e-6 * np.ptp(regressor.predict(table), axis=0)
    assert (np.abs(found.values - expected * regressor.target_scaler_.scale_) < tolerance).all()
    assert np.abs(found.values).max() > 1e4 * tolerance.min()


@pytest.mark.parametrize("two", ACTIVATIONS, ids="-".join)
def test_complete_with_every_activation(table, two):
    own = [layers.Dense(12, activation=two[0]), layers.Dense(8), layers.Activation(two[1])]
    found = nbreg.explain(fitted(table, layers=own), table.head(40), "deep_shap", background=50)
    assert found.method == "deep_shap"
    assert found.completeness_gap < 1e-5


def _block(width):
    """Return a residual block with a shared layer, as a model of its own."""
    entry = keras.Input((width,))
    twice = layers.Dense(width, activation="gelu")
    inside = layers.Add()([twice(twice(entry)), entry])
    return keras.Model(entry, layers.Concatenate()([layers.Activation("tanh")(inside), inside]), name="block")


OWN_LAYERS = {
    "batch norm, dropout": [layers.Dense(9), layers.BatchNormalization(), layers.ReLU(), layers.Dropout(0.3)],
    "activation layers": [
        layers.Dense(9, activation=layers.LeakyReLU(negative_slope=0.3)),
        layers.ELU(),
        layers.Dense(7),
        layers.PReLU(alpha_initializer="ones"),
        layers.GaussianNoise(0.5),
        layers.Dense(5),
        layers.ReLU(max_value=0.5, negative_slope=0.1),
    ],
    "residual": [layers.Dense(6), _block(6), layers.Dense(4, activation="silu")],
    "sequential": [keras.Sequential([layers.Dense(6, activation="relu"), layers.Dense(3, activation="selu")])],
    "convolution": [
        layers.Reshape((-1, 1)),
        layers.Conv1D(6, 3, padding="causal", activation="relu"),
        layers.AveragePooling1D(2),
        layers.SeparableConv1D(4, 2, activation="gelu"),
        layers.UpSampling1D(2),
        layers.Conv1DTranspose(3, 2, activation="sigmoid"),
        layers.Flatten(),
    ],
    "pooled": [
        layers.Reshape((-1, 1)),
        layers.ZeroPadding1D(1),
        layers.DepthwiseConv1D(3, depth_multiplier=4, activation="tanh"),
        layers.Permute((2, 1)),
        layers.GlobalAveragePooling1D(),
    ],
}


@pytest.mark.parametrize("own", OWN_LAYERS.values(), ids=OWN_LAYERS.keys())
def test_complete_through_layers_and_target_transforms(table, own):
    of_two = {"target": ("y", "z"), "target_transform": "yeo-johnson", "embed_above": 2}
    choices = of_two if len(own) % 2 else {"target": "y", "target_transform": "log"}
    regressor = fitted(table, layers=own, epochs=2, **choices)
    found = nbreg.explain(regressor, table.head(40), "deep_shap", background=50)
    assert found.method == "deep_shap", found.words
    assert found.completeness_gap < 1e-5
    np.testing.assert_allclose(found.predictions, regressor.predict(table.head(40)), rtol=1e-5)


def test_complete_where_predictions_are_cut(table):
    regressor = fitted(table, target_transform="log", network="perceptron")
    # So steep that most predictions leave the range that they are cut to.
    regressor.network_.set_weights([20 * each for each in regressor.network_.get_weights()])
    found = nbreg.explain(regressor, table.head(60), "deep_shap", background=50)
    assert len(np.unique(found.predictions.round(6))) < 50
    assert found.completeness_gap < 1e-5


def test_a_multiplied_pair_by_hand():
    """Relu of one input, of which the rest is linear: the rule's value is known."""
    table = pd.DataFrame({"a": np.linspace(-1, 1, 40), "b": np.linspace(3, -2, 40) ** 2, "y": np.linspace(0, 9, 40)})
    regressor = nbreg.fit(table, target="y", hidden=(1,), epochs=1, target_transform="none")
    regressor.network_.set_weights([np.array([[2.0], [1.0]]), np.array([0.5]), np.array([[3.0]]), np.array([1.0])])
    row, other = table.iloc[[5]], table.iloc[[30]]
    (x,), (b,) = regressor.encoder_inputs(row), regressor.encoder_inputs(other)
    before = [2 * point[0] + point[1] + 0.5 for point in (x, b)]
    slope = (max(before[0], 0) - max(before[1], 0)) / (before[0] - before[1])
    expected = np.array([2.0, 1.0]) * slope * 3 * (x - b) * regressor.target_scaler_.scale_
    found = nbreg.explain(regressor, row, "deep_shap", background=other)
    np.testing.assert_allclose(found.values[0], expected, rtol=1e-5)


class Squared(layers.Layer):
    """A layer of the user's own."""

    def call(self, inputs):
        return inputs**2


def swish_of_own(inputs):
    return inputs * keras.ops.sigmoid(inputs)


#: What a network lacks a rule for -> its layers, from an input of six columns on.
REFUSED = {
    "layer named (Bidirectional) has": [
        layers.Reshape((-1, 1)),
        layers.Bidirectional(layers.LSTM(2), name="named"),
    ],
    "the activation swish_of_own of layer named (LSTM) has": [
        layers.Reshape((-1, 1)),
        layers.LSTM(2, recurrent_activation=swish_of_own, name="named"),
    ],
    "layer named (LayerNormalization) has": [layers.LayerNormalization(name="named")],
    "layer named (Softmax) has": [layers.Reshape((3, 2)), layers.Softmax(axis=1, name="named"), layers.Flatten()],
    "the activation log_softmax of layer named (Dense) has": [layers.Dense(3, activation="log_softmax", name="named")],
    "the activation swish_of_own of layer named (Dense) has": [layers.Dense(3, activation=swish_of_own, name="named")],
    "layer named (Squared) has": [Squared(name="named")],
    "layer multiply (Multiply) has": [layers.Dense(6), _multiplied(6, lambda x, y: x * y)],
    "layer three (Multiply) has": [_multiplied(6, lambda x, y: layers.Multiply(name="three")([x, y, y]))],
    "layer named (MaxPooling1D) has": [
        layers.Reshape((-1, 1)),
        layers.MaxPooling1D(3, strides=1, name="named"),
        layers.Flatten(),
    ],
    "layer named (TimeDistributed) has": [
        layers.Reshape((-1, 1)),
        layers.TimeDistributed(layers.Dense(2, activation="relu"), name="named"),
    ],
}


@pytest.mark.parametrize(("words", "own"), REFUSED.items(), ids=range(len(REFUSED)))
def test_what_has_no_rule_is_named(words, own):
    entry = keras.Input((6,))
    outputs = entry
    for layer in own:
        outputs = layer(outputs)
    for network in (keras.Model(entry, outputs), keras.Sequential([keras.Input((6,)), *own])):
        assert re.sub(r"multiply_\d+", "multiply", missing_rule(network)) == f"{words} no rescale rule"


def test_expected_gradients_are_taken_where_a_layer_has_no_rule(table):
    regressor = fitted(table, layers=[layers.Dense(4), layers.LayerNormalization(), layers.Dense(3, activation="relu")])
    found = nbreg.explain(regressor, table.head(5), "deep_shap", background=10)
    assert found.method == "expected_gradients"
    assert re.search(r"in place of deep_shap: layer \S+ \(LayerNormalization\) has no rescale rule", found.words)


def test_the_network_stays_as_it_was_and_trains_on(table):
    own = [layers.Dense(8, activation="gelu"), layers.BatchNormalization(), layers.Dropout(0.2)]
    regressor = fitted(table, layers=own)
    network = regressor.network_
    before, config = network.get_weights(), network.get_config()
    inputs = regressor.encoder_inputs(table.head(7))
    predicted = network.predict(inputs, verbose=0)
    nbreg.explain(regressor, table.head(10), "deep_shap", background=20)
    assert network.get_config() == config
    for one, other in zip(network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(network.predict(inputs, verbose=0), predicted)
    network.compile("sgd", "mse")
    network.fit(regressor.encoder_inputs(table), np.zeros((len(table), 1)), verbose=0)
    assert any((one != other).any() for one, other in zip(network.get_weights(), before, strict=True))
    again = nbreg.explain(regressor, table.head(10), "deep_shap", background=20)  # with the new weights
    np.testing.assert_allclose(again.predictions, regressor.predict(table.head(10)), rtol=1e-5)
    assert again.completeness_gap < 1e-5


def test_what_is_kept_for_a_network_goes_with_it(table):
    regressor = nbreg.Regressor(hidden=(4,), epochs=1).fit(table[["a", "b"]], table["y"])
    found = nbreg.explain(regressor, table.head(5), "deep_shap", background=10)
    assert found.method == "deep_shap"
    network = weakref.ref(regressor.network_)
    del regressor, found
    gc.collect()
    assert network() is None


def test_threads_do_not_meet(table):
    first, second = (fitted(table, hidden=(6,), activation=name) for name in ("tanh", "gelu"))
    alone = [nbreg.explain(each, table.head(30), "deep_shap", background=40).values for each in (first, second)]
    first, second = (_like(each, table, name) for each, name in ((first, "tanh"), (second, "gelu")))
    found = {}

    def work(name, regressor):
        found[name] = nbreg.explain(regressor, table.head(30), "deep_shap", background=40).values

    threads = [threading.Thread(target=work, args=each) for each in (("first", first), ("second", second))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    np.testing.assert_allclose(found["first"], alone[0], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found["second"], alone[1], rtol=1e-6, atol=1e-6)


def _like(regressor, table, activation):
    """Return a regressor with the same weights for which nothing is compiled yet."""
    other = fitted(table, hidden=(6,), activation=activation)
    other.network_.set_weights(regressor.network_.get_weights())
    return other


@pytest.fixture(scope="module")
def small():
    rng = np.random.default_rng(3)
    table = pd.DataFrame(rng.normal(size=(60, 3)), columns=["a", "b", "c"]).assign(y=rng.normal(size=60))
    made = {
        (name, transform): fitted(table, layers=[layers.Dense(5, activation=name)], target_transform=transform)
        for name in ("relu", "gelu", "sigmoid")
        for transform in ("none", "yeo-johnson")
    }
    return made, table


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10_000),
    which=st.tuples(st.sampled_from(["relu", "gelu", "sigmoid"]), st.sampled_from(["none", "yeo-johnson"])),
    scale=st.floats(0.05, 3),
)
def test_complete_whatever_the_weights(small, seed, which, scale):
    made, table = small
    rng = np.random.default_rng(seed)
    network = made[which].network_
    network.set_weights([scale * rng.normal(size=each.shape) for each in network.get_weights()])
    found = nbreg.explain(made[which], table.head(10), "deep_shap", background=table.tail(12))
    if np.ptp(found.predictions) > 1e-3:  # else all units are dead, or all predictions cut: nothing to add up to
        assert found.completeness_gap < 1e-5
