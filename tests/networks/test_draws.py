"""Random numbers are Keras's own, however they are drawn."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from nbreg.networks.draws import generator_named

DRAWS = {
    "dropout": lambda shape, seed: keras.random.dropout(tf.ones(shape), 0.3, seed=seed),
    "normal": lambda shape, seed: keras.random.normal(shape, seed=seed),
    "truncated normal": lambda shape, seed: keras.random.truncated_normal(shape, seed=seed),
    "uniform": lambda shape, seed: keras.random.uniform(shape, seed=seed),
}


@pytest.mark.parametrize("xla", [False, True])
@pytest.mark.parametrize("name", DRAWS)
def test_a_generator_that_is_named_draws_the_same(name, xla):
    for shape in ((1, 1), (7, 13), (32, 65)):
        usual, named = (_drawing(name, shape, xla) for _ in range(2))
        with generator_named():
            named.get_concrete_function()
        for _ in range(2):
            np.testing.assert_array_equal(usual().numpy(), named().numpy())


def _drawing(name, shape, xla):
    seed = keras.random.SeedGenerator(11)
    return tf.function(lambda: DRAWS[name](shape, seed), jit_compile=xla)


def test_what_tensorflow_offers_is_as_before():
    before = tf.nn.experimental.stateless_dropout, tf.random.stateless_uniform
    with pytest.raises(KeyError), generator_named():
        raise KeyError
    assert before == (tf.nn.experimental.stateless_dropout, tf.random.stateless_uniform)
