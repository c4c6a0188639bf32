"""Convolutional and recurrent networks: what they compute, checked by hand and by the sizes that they must have."""

from __future__ import annotations

import numpy as np
import pytest

from nbreg.errors import OptionError
from nbreg.networks.architecture import ARCHITECTURES
from nbreg.networks.blueprint import Blueprint
from nbreg.networks.forward import predict_rows
from nbreg.networks.inputs import Inputs
from nbreg.networks.targets import Targets
from nbreg.training.quiet import import_keras

keras = import_keras()

RECURRENT = ("rnn", "lstm", "gru")
INPUTS = Inputs(5 * 2 + 3, n_steps=5, n_channels=2)


def built(name: str, inputs: Inputs = INPUTS, n_targets: int = 1, **choices):
    return Blueprint(ARCHITECTURES[name](**choices)).build(inputs, Targets(n_targets), seed=0)


def with_random_weights(network):
    """Return the network with weights none of which is zero, as biases are at first."""
    rng = np.random.default_rng(5)
    network.set_weights([0.5 * rng.standard_normal(w.shape) for w in network.get_weights()])
    return network


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# By hand, in float64: sequences (n, n_steps, n_channels) to the last state (n, units)


def last_of_rnn(sequence, kernel, recurrent, bias):
    state = np.zeros((len(sequence), recurrent.shape[0]))
    for step in sequence.transpose(1, 0, 2):
        state = np.tanh(step @ kernel + state @ recurrent + bias)
    return state


def last_of_lstm(sequence, kernel, recurrent, bias):
    state = memory = np.zeros((len(sequence), recurrent.shape[0]))
    for step in sequence.transpose(1, 0, 2):
        let_in, kept, candidate, let_out = np.split(step @ kernel + state @ recurrent + bias, 4, axis=1)
        memory = sigmoid(kept) * memory + sigmoid(let_in) * np.tanh(candidate)
        state = sigmoid(let_out) * np.tanh(memory)
    return state


def last_of_gru(sequence, kernel, recurrent, biases):
    state = np.zeros((len(sequence), recurrent.shape[0]))
    for step in sequence.transpose(1, 0, 2):
        given, product = step @ kernel + biases[0], state @ recurrent + biases[1]
        update, reset, candidate = np.split(given, 3, axis=1)
        z, r, from_state = np.split(product, 3, axis=1)
        update, reset = sigmoid(update + z), sigmoid(reset + r)
        state = update * state + (1 - update) * np.tanh(candidate + reset * from_state)
    return state


BY_HAND = {"rnn": last_of_rnn, "lstm": last_of_lstm, "gru": last_of_gru}


class TestRecurrent:
    @pytest.mark.parametrize("name", RECURRENT)
    def test_the_sequence_goes_step_by_step_and_the_rest_beside_its_end(self, name):
        network = with_random_weights(built(name, units=(4,), hidden=()))
        x = np.random.default_rng(2).standard_normal((9, INPUTS.n_inputs)).astype(np.float32)
        *of_layer, kernel, bias = network.get_weights()
        last = BY_HAND[name](x[:, :10].reshape(-1, 5, 2).astype(float), *of_layer)
        expected = np.hstack([last, x[:, 10:]]) @ kernel + bias
        np.testing.assert_allclose(predict_rows(network, x), expected, rtol=1e-4, atol=1e-5)

    @pytest.mark.parametrize("name", RECURRENT)
    def test_each_layer_but_the_last_hands_on_all_its_states(self, name):
        network = built(name, units=(4, 3))
        assert network.get_layer(f"{name}_1").output.shape == (None, 5, 4)
        assert network.get_layer(f"{name}_2").output.shape == (None, 3)

    @pytest.mark.parametrize("name", RECURRENT)
    def test_weights_of_both_kinds_are_penalised(self, name):
        network = built(name, units=(3,), hidden=(), l2=0.5)
        kernel, recurrent, *_ = network.get_weights()
        expected = 0.5 * ((kernel**2).sum() + (recurrent**2).sum())
        np.testing.assert_allclose(sum(float(loss) for loss in network.losses), expected, rtol=1e-5)

    @pytest.mark.parametrize("name", RECURRENT)
    def test_without_units_it_is_refused(self, name):
        with pytest.raises(OptionError, match=r"units \(--units\) takes one number or more"):
            ARCHITECTURES[name](units=())


class TestCnn:
    def test_a_filter_is_a_sliding_product(self):
        inputs = Inputs(7)
        choices = {"filters": (1,), "kernel_size": 3, "pooling": "none", "activation": "leaky_relu", "hidden": ()}
        network = with_random_weights(built("cnn", inputs, **choices))
        kernel, bias, head, head_bias = network.get_weights()
        x = np.random.default_rng(2).standard_normal((9, 7)).astype(np.float32)
        product = np.stack([np.convolve(row, kernel[::-1, 0, 0], "same") for row in x]) + bias
        steps = np.where(product > 0, product, 0.2 * product)  # the slope of Keras's leaky relu
        np.testing.assert_allclose(predict_rows(network, x), steps @ head + head_bias, rtol=1e-4, atol=1e-5)

    @pytest.mark.parametrize(
        ("pooling", "n_features"),
        [("none", 9 * 4), ("average", 3 * 4), ("max", 3 * 4), ("global_average", 4), ("global_max", 4)],
    )
    def test_pooling_leaves_so_many_numbers_a_row(self, pooling, n_features):
        network = built("cnn", Inputs(9), filters=(8, 4), pooling=pooling, hidden=())
        assert network.get_layer("prediction").kernel.shape[0] == n_features

    def test_global_averages_do_not_see_where_a_pattern_is(self):
        choices = {"filters": (3,), "kernel_size": 3, "pooling": "global_average"}
        network = with_random_weights(built("cnn", Inputs(12), **choices))
        x = np.zeros((2, 12), np.float32)
        x[0, 3:6] = x[1, 6:9] = 1, -2, 3
        early, late = predict_rows(network, x)
        np.testing.assert_allclose(early, late, rtol=1e-5)

    @pytest.mark.parametrize("n_steps", range(1, 7))
    def test_short_sequences_have_short_kernels(self, n_steps):
        network = built("cnn", Inputs(n_steps * 2, n_steps=n_steps, n_channels=2), kernel_size=5)
        assert network.get_layer("convolution_1").kernel.shape[0] == min(5, n_steps)
        assert np.isfinite(predict_rows(network, np.ones((3, n_steps * 2)))).all()

    def test_batch_normalisation_comes_before_the_activation(self):
        network = built("cnn", filters=(3,), batch_norm=True)
        assert not network.get_layer("convolution_1").use_bias
        assert network.get_layer("batch_norm_convolution_1").input is network.get_layer("convolution_1").output

    def test_without_filters_it_is_refused(self):
        with pytest.raises(OptionError, match=r"filters \(--filters\) takes one number or more"):
            ARCHITECTURES["cnn"](filters=())


@pytest.mark.parametrize("name", ["cnn", *RECURRENT])
def test_dropout_works_in_training_only(name):
    network = built(name, dropout=0.5)
    x = np.random.default_rng(2).standard_normal((9, INPUTS.n_inputs)).astype(np.float32)
    np.testing.assert_array_equal(network(x, training=False), network(x, training=False))
    assert (network(x, training=True).numpy() != network(x, training=True).numpy()).any()


def test_words_say_the_choices():
    assert ARCHITECTURES["lstm"](units=(48, 24), dropout=0.1).words() == "lstm 48-24, hidden 64-32, relu, dropout 0.1"
    cnn = ARCHITECTURES["cnn"](filters=(16,), kernel_size=9, pooling="global_max", hidden=(), l2=0.01)
    assert cnn.words() == "cnn 16 of 9 steps, global max pooling, relu, L2 0.01"
