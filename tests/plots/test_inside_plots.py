"""Plots of what is inside a network."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from nbreg.errors import DataError
from nbreg.plots.activations import Activations
from nbreg.plots.plot import plot
from nbreg.plots.theme import house_style
from nbreg.plots.weights import LayerWeights


@pytest.fixture
def half_dead(keras):
    """A network whose units 0 and 2, of four, never put out anything."""
    network = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4, activation="relu", name="hidden"), keras.layers.Dense(1, name="last")]
    )
    kernel = np.zeros((3, 4))
    kernel[:, 1], kernel[:, 3] = 1, -1
    network.set_weights([kernel, np.array([-1, 0, -1, 0]), np.ones((4, 1)), np.zeros(1)])
    return network


def acted_on(network, inputs):
    """Return what the plot of activations asks of a regressor."""
    import narwhals as nw
    import pandas as pd

    table = nw.from_native(pd.DataFrame(inputs), eager_only=True)
    data = SimpleNamespace(frame_of=lambda which: table)
    return SimpleNamespace(
        network_=network, data_=data, encoder_inputs=lambda frame: frame.to_numpy().astype(np.float32)
    )


def texts(figure):
    with house_style():
        figure.draw_without_rendering()
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_dead_units_are_counted_and_told(half_dead):
    inputs = np.random.default_rng(0).normal(size=(50, 3))
    shown = plot("activations", acted_on(half_dead, inputs))
    assert shown.info.outputs[0].dead == (0, 2)
    assert (shown.info.n_dead, shown.info.rows) == (2, "50 train rows")
    assert shown.info.summary == "2 of 4 units dead"
    assert shown.figure.axes[0].get_xlabel() == "output; 2 of 4 units dead (the same output for all rows)"
    assert texts(shown.figure) == ["4 units, relu, 2 dead, 75 % of outputs 0"]


def test_a_thousand_rows_are_enough(half_dead):
    info = plot("activations", acted_on(half_dead, np.ones((1_500, 3)))).info
    assert info.rows == "1,000 train rows"
    assert info.outputs[0].values.shape == (1_000, 4)


def test_without_a_table_the_rows_explained_last_are_taken(half_dead, make_explanation):
    regressor = acted_on(half_dead, np.ones((9, 3)))
    regressor.data_ = None
    with pytest.raises(DataError, match="came without its table"):
        plot("activations", regressor)
    regressor.explanation_ = make_explanation(np.random.default_rng(0).normal(size=(7, 3)))
    assert Activations.of(regressor).rows == "7 explained rows"


def test_kernels_and_biases_stand_apart(half_dead):
    info = LayerWeights.of_network(half_dead)
    assert [(each.layer, each.part) for each in info.weights] == [
        ("hidden", "kernel"), ("hidden", "bias"), ("last", "kernel"), ("last", "bias"),
    ]  # fmt: skip
    weights, biases = info.figure().axes
    assert [label.get_text() for label in weights.get_yticklabels()] == ["hidden kernel", "last kernel"]
    assert [label.get_text() for label in biases.get_yticklabels()] == ["hidden bias", "last bias"]
    assert texts(weights.figure) == [
        "12 weights, mean 0, s.d. 0.71, 50 % near zero",
        "4 weights, mean 1.0, s.d. 0, 0 % near zero",
        "4 weights, mean −0.50, s.d. 0.50, 50 % near zero",
        "1 weight, value 0",
    ]


def test_weights_that_are_no_numbers_are_counted(half_dead):
    kernel, *others = half_dead.get_weights()
    kernel[0, 0] = np.nan
    half_dead.set_weights([kernel, *others])
    info = LayerWeights.of_network(half_dead)
    assert "12 weights, mean 0, s.d. 0.74, 45 % near zero, 1 not finite" in info.alt
    info.figure()


def test_a_network_without_weights_is_told(keras):
    with pytest.raises(DataError, match="no weights"):
        LayerWeights.of_network(keras.Sequential([keras.Input((2,)), keras.layers.Flatten()]))


def test_figures_of_many_layers_are_not_cut(keras):
    layers = [keras.layers.Dense(3, activation="tanh", name=f"a_layer_with_a_long_name_{i}") for i in range(12)]
    network = keras.Sequential([keras.Input((3,)), *layers, keras.layers.Dense(1)])
    for info in (LayerWeights.of_network(network), Activations.of(acted_on(network, np.eye(3)))):
        figure = info.figure()
        texts(figure)
        for axes in figure.axes:
            for text in (*axes.texts, *axes.get_yticklabels(), axes.xaxis.label):
                box = text.get_window_extent()
                assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1, text.get_text()
