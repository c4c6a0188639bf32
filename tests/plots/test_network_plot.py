"""The drawing of a network: layers, boxes, places, and that every text is within its box."""

from __future__ import annotations

import numpy as np
import pytest

from nbreg.networks.blueprint import Blueprint
from nbreg.networks.inputs import Inputs
from nbreg.networks.mlp import Mlp
from nbreg.networks.targets import Targets
from nbreg.plots.network import Network
from nbreg.plots.network_graph import arrows_of, boxes_of, layers_of, places_of


@pytest.fixture
def residual(keras):
    entry = keras.Input((20,), name="inputs")
    x = keras.layers.Dense(8, name="first")(entry)
    y = keras.layers.Dense(8, activation="relu", name="second")(x)
    z = keras.layers.Dropout(0.2, name="drop")(y)
    return keras.Model(entry, keras.layers.Dense(1, name="last")(keras.layers.Add(name="sum")([x, z])), name="residual")


def deep(keras, n_layers):
    layers = [keras.layers.Dense(4, name=f"a_rather_long_name_of_layer_{i}") for i in range(n_layers)]
    return keras.Sequential([keras.Input((4,)), *layers], name="deep")


def test_layers_say_type_shape_parameters_and_sources(residual):
    found = {layer.name: (layer.kind, layer.shape, layer.n_parameters, layer.sources) for layer in layers_of(residual)}
    assert found == {
        "inputs": ("Input", "20", 0, ()),
        "first": ("Dense", "8", 168, ("inputs",)),
        "second": ("Dense · relu", "8", 72, ("first",)),
        "drop": ("Dropout · 0.2", "8", 0, ("second",)),
        "sum": ("Add", "8", 0, ("first", "drop")),
        "last": ("Dense", "1", 9, ("sum",)),
    }


def test_sequential_layers_follow_each_other(keras):
    layers = layers_of(deep(keras, 3))
    assert [layer.sources for layer in layers] == [(), (layers[0].name,), (layers[1].name,)]


def test_embeddings_share_a_box_and_slices_have_none(keras):
    model = Blueprint(Mlp()).build(Inputs(10, (40, 50, 60)), Targets(1), seed=0)
    boxes = boxes_of(layers_of(model))
    assert [len(box.layers) for box in boxes] == [1, 3, 1, 1, 1, 1]
    assert ("inputs", "embedded") in arrows_of(boxes)
    assert sum(layer.n_parameters for box in boxes for layer in box.layers) == model.count_params()


def test_a_model_of_ones_own_class_has_layers_without_arrows(keras):
    class Own(keras.Model):
        def __init__(self):
            super().__init__(name="own")
            self.first, self.second = keras.layers.Dense(3), keras.layers.Dense(1)

        def call(self, x):
            return self.second(self.first(x))

    model = Own()
    model(np.zeros((2, 4), "float32"))
    boxes = boxes_of(layers_of(model))
    assert arrows_of(boxes) == ()
    assert [place.line for place in places_of(boxes).values()] == [0, 1]
    Network.of_model(model).figure()


def test_places_go_downwards_and_skip_no_line(residual):
    places = places_of(boxes_of(layers_of(residual)))
    assert {name: place.line for name, place in places.items()} == {
        "inputs": 0, "first": 1, "second": 2, "drop": 3, "sum": 4, "last": 5,
    }  # fmt: skip


@pytest.mark.parametrize(("n_layers", "n_columns"), [(1, 1), (9, 1), (10, 2), (30, 4)])
def test_long_networks_are_folded(keras, n_layers, n_columns):
    places = places_of(boxes_of(layers_of(deep(keras, n_layers))))
    assert len(places) == n_layers
    assert 1 + max(place.column for place in places.values()) == n_columns
    assert max(place.line for place in places.values()) < 9


@pytest.mark.parametrize("n_layers", [1, 12, 30])
def test_all_texts_are_drawn_within_the_page_and_apart(keras, n_layers):
    network = Network.of_model(deep(keras, n_layers))
    figure = network.figure()
    axes = figure.axes[0]
    texts = [text for text in axes.texts if text.get_text()]
    shown = [text.get_text() for text in texts]
    assert all(layer.name in shown for layer in network.layers)
    extents = [text.get_window_extent() for text in texts]
    page = figure.bbox
    assert all(
        page.x0 <= each.x0 and each.x1 <= page.x1 and page.y0 <= each.y0 and each.y1 <= page.y1 for each in extents
    )
    assert not any(one.overlaps(other) for i, one in enumerate(extents) for other in extents[:i])


def test_words(residual):
    network = Network.of_model(residual)
    assert network.caption == "residual: 5 layers, 249 parameters"
    assert network.alt.startswith("Network residual: 5 layers, 249 parameters. Input inputs, 20; Dense first, 8;")
