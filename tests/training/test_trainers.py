"""Compiled trainers are used again where they fit, never shared, and hold no more than a few."""

from __future__ import annotations

import gc
import threading
import weakref
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from small_training import assert_same_weights, differ, make_arrays, make_network, stock_fit, trained

from nbreg.networks.blueprint import Blueprint
from nbreg.networks.inputs import Inputs
from nbreg.networks.mlp import Mlp
from nbreg.networks.objective import WeightedLoss
from nbreg.networks.targets import Targets
from nbreg.training import trainers
from nbreg.training.engines import shape_of
from nbreg.training.spec import TrainingSpec

pytestmark = pytest.mark.usefixtures("no_trainers")

SPEC = TrainingSpec(schedule="constant", learning_rate=0.001, epochs=3, batch_size=16, patience=0, engine="graph")


@pytest.fixture
def tracings(monkeypatch):
    """Count what is traced: each tracing asks Keras for a train step."""
    seen = []
    stock = keras.Model.train_step

    def counted(self, data):
        seen.append(self)
        return stock(self, data)

    monkeypatch.setattr(keras.Model, "train_step", counted)
    return seen


def sequential(units: int, activation: str = "relu") -> keras.Model:
    return keras.Sequential([keras.Input((5,)), keras.layers.Dense(units, activation), keras.layers.Dense(1)])


def test_seeds_folds_rates_and_schedules_need_no_new_tracing(tracings):
    first, fold = make_arrays(), make_arrays()
    fold.x[:] = fold.x[::-1]
    trained(first, SPEC, dropout=0.1)
    trained(first, SPEC, network=make_network(first, seed=9, dropout=0.1), seed=9)
    trained(fold, SPEC, dropout=0.1)
    for changed in ({"learning_rate": 0.1}, {"schedule": "plateau"}, {"patience": 2}, {"epochs": 7}):
        trained(first, TrainingSpec(**{**vars(SPEC), **changed}), dropout=0.1)
    assert len(tracings) == 1


@pytest.mark.parametrize("engine", ["graph", "xla"])
def test_loss_weights_are_no_part_of_what_is_compiled(tracings, engine):
    two = make_arrays(n_targets=2)
    spec = replace(SPEC, engine=engine)
    weighted = {weights: replace(spec, objective=WeightedLoss("mse", weights)) for weights in ((3.0, 1.0), (0.3, 1.7))}
    networks = {weights: trained(two, each)[0] for weights, each in weighted.items()}
    assert len(tracings) == 1
    assert differ(*networks.values())
    for weights, ours in networks.items():
        of_ours, by_keras = make_network(two), make_network(two)
        stock_fit(of_ours, two, keras.optimizers.Adam(1e-3), epochs=3, loss=weighted[weights].make_loss(),
                  xla=engine == "xla")  # fmt: skip
        assert_same_weights(ours, of_ours)
        stock_fit(by_keras, two, keras.optimizers.Adam(1e-3), epochs=3, loss=weighted_squares(weights))
        assert_close_weights(ours, by_keras)


@pytest.mark.parametrize("engine", ["graph", "xla"])
@pytest.mark.parametrize(
    "choices",
    [
        [{"dropout": 0.1, "l2": 1e-3}, {"dropout": 0.7, "l2": 1e-2}, {"dropout": 0.1, "l2": 1e-3}],
        [{"l1": 1e-2, "l2": 1e-3, "batch_norm": True}, {"l1": 3e-4, "l2": 1e-2, "batch_norm": True}],
        [{"l1": 1e-2, "activation": "gelu"}, {"l1": 1e-7, "activation": "gelu"}],
    ],
    ids=["dropout and l2", "elastic net", "l1"],
)
def test_rates_and_strengths_are_no_part_of_what_is_compiled(arrays, tracings, engine, choices):
    spec = replace(SPEC, engine=engine)
    ours = [trained(arrays, spec, **each)[0] for each in choices]
    assert len(tracings) == 1
    assert differ(*ours[:2])
    for network, each in zip(ours, choices, strict=True):
        theirs = make_network(arrays, **each)
        stock_fit(theirs, arrays, keras.optimizers.Adam(1e-3), epochs=3, xla=engine == "xla")
        assert_same_weights(network, theirs)


def test_rates_and_strengths_of_layers_of_the_users_own_and_of_networks_within(arrays, tracings):
    def network(rate, strength):
        layers, penalty = keras.layers, keras.regularizers.L2(strength)
        inner = keras.Sequential([keras.Input((4,)), layers.Dropout(rate, seed=1), layers.Dense(3, "tanh")])
        kinds = [layers.Dense(4, kernel_initializer="ones", bias_regularizer=penalty), layers.Dropout(0.0), inner]
        keras.utils.set_random_seed(0)
        return keras.Sequential([keras.Input((5,)), *kinds, layers.Dense(1, kernel_regularizer=penalty)])

    for rate, strength in ((0.5, 0.1), (0.2, 3.0), (0.5, 0.1)):
        ours, theirs = network(rate, strength), network(rate, strength)
        theirs.set_weights(ours.get_weights())
        trained(arrays, SPEC, network=ours)
        stock_fit(theirs, arrays, keras.optimizers.Adam(1e-3), epochs=3)
        assert_same_weights(ours, theirs)
    assert len({id(each) for each in tracings}) == 4  # one of ours, three of stock fits


@pytest.mark.parametrize("what", ["dtype", "activity"])
def test_numbers_that_are_compiled_in_need_another_trainer(what):
    def network(number):
        of = {"dtype": [keras.layers.Dropout(number, dtype="float64"), keras.layers.Dense(1)],
              "activity": [keras.layers.Dense(1, activity_regularizer=keras.regularizers.L2(number))]}  # fmt: skip
        return keras.Sequential([keras.Input((5,)), *of[what]])

    assert trainers._key(network(0.1), None, SPEC, False) != trainers._key(network(0.2), None, SPEC, False)


def test_weights_of_another_training_do_not_stay(tracings):
    two = make_arrays(n_targets=2)
    specs = [replace(SPEC, objective=WeightedLoss("mse", weights)) for weights in ((3.0, 1.0), (0.0, 2.0), (3.0, 1.0))]
    first, _, again = (trained(two, each)[0] for each in specs)
    assert len(tracings) == 1
    assert_same_weights(first, again)


def weighted_squares(weights):
    """Return the mean over targets of squared errors times weights, as Keras's own functions say it."""
    return lambda y, predicted: keras.ops.mean(keras.ops.square(y - predicted) * np.float32(weights), axis=-1)


def assert_close_weights(network, other):
    for ours, theirs in zip(network.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_names_of_layers_make_no_difference(arrays, tracings):
    trained(arrays, SPEC, network=sequential(3))
    trained(arrays, SPEC, network=sequential(3))  # Keras numbers its layers on
    assert len(tracings) == 1


@pytest.mark.parametrize(
    "changed", [{"optimizer": "rmsprop"}, {"loss": "mae"}, {"batch_size": 8}, {"clipnorm": 1.0}], ids=str
)
def test_what_is_compiled_in_needs_another_trainer(arrays, tracings, changed):
    trained(arrays, SPEC)
    trained(arrays, TrainingSpec(**{**vars(SPEC), **changed}))
    assert len(tracings) == 2


def test_other_networks_need_another_trainer(arrays, tracings):
    for network in (
        sequential(3),
        sequential(3, "tanh"),
        make_network(arrays, dropout=0.1),
        make_network(arrays, l1=0.1),
        make_network(arrays, l2=0.1),
        make_network(arrays, l1=0.1, l2=0.1),
    ):
        trained(arrays, SPEC, network=network)
    assert len(tracings) == 6


def test_a_layer_named_like_an_activation_is_not_mistaken_for_another(arrays):
    def network(activation):
        inputs = keras.Input((5,))
        return keras.Model(inputs, keras.layers.Dense(1, activation, name=activation)(inputs))

    keys = {trainers._key(network(name), None, SPEC, False) for name in ("relu", "tanh")}
    assert len(keys) == 2


def test_a_refit_is_the_same_as_a_first_fit(arrays):
    first, first_run = trained(arrays, SPEC, dropout=0.2, batch_norm=True)
    trained(arrays, SPEC, seed=4, dropout=0.2, batch_norm=True)  # leaves another state in the trainer
    again, again_run = trained(arrays, SPEC, dropout=0.2, batch_norm=True)
    assert_same_weights(first, again)
    assert first_run.history == again_run.history


def test_a_trained_network_can_be_trained_on(arrays):
    network, _ = trained(arrays, SPEC)
    before = network.get_weights()
    trained(arrays, SPEC, network=network)
    assert any((a != b).any() for a, b in zip(before, network.get_weights(), strict=True))


def test_code_of_the_users_own_is_trained_in_place(arrays, tracings):
    @keras.saving.register_keras_serializable("tests")
    def twice(x):
        return 2 * x

    for _ in range(2):
        layers = [keras.Input((5,)), keras.layers.Dense(3, activation=twice), keras.layers.Dense(1)]
        network = keras.Sequential(layers)
        trained(arrays, SPEC, network=network)
        assert not trainers.is_shareable(network)
    assert len(tracings) == 2


def test_a_custom_layer_learns_as_in_stock_fit(arrays):
    class Scaled(keras.layers.Layer):
        def build(self, shape):
            self.scale = self.add_weight(shape=(shape[-1],), initializer="ones")

        def call(self, x):
            return x * self.scale

    def network():
        layers = [keras.Input((5,)), Scaled(), keras.layers.Dense(1, kernel_initializer="ones")]
        return keras.Sequential(layers)

    ours, theirs = network(), network()
    trained(arrays, SPEC, network=ours)
    stock_fit(theirs, arrays, keras.optimizers.Adam(1e-3), epochs=3)
    assert_same_weights(ours, theirs)


def test_two_threads_do_not_mix(arrays):
    spec = TrainingSpec(schedule="constant", epochs=60, batch_size=16, patience=0, engine="graph")
    alone = [trained(arrays, spec, seed=seed)[0] for seed in range(4)]
    together = [make_network(arrays) for _ in range(4)]
    threads = [
        threading.Thread(target=trained, args=(arrays, spec), kwargs={"seed": seed, "network": network})
        for seed, network in enumerate(together)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    for one, other in zip(alone, together, strict=True):
        assert_same_weights(one, other)


def test_few_trainers_are_kept(arrays, monkeypatch):
    monkeypatch.setattr(trainers, "CAPACITY", 2)
    for batch_size in (8, 9, 10):
        trained(arrays, TrainingSpec(**{**vars(SPEC), "batch_size": batch_size}))
    assert [entry[1].shape.batch_size for entry in trainers._idle.values()] == [9, 10]


def test_networks_and_rows_are_not_held():
    arrays = make_arrays()
    network, _ = trained(arrays, SPEC)
    gone = weakref.ref(network), weakref.ref(arrays)
    del network, arrays
    gc.collect()
    assert [reference() for reference in gone] == [None, None]


def resident_megabytes() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's /proc")
def test_memory_stays_flat(arrays):
    def fit_some(n_fits):
        for seed in range(n_fits):
            network = Blueprint(Mlp(hidden=(8,))).build(Inputs(5), Targets(1), seed)
            trained(
                arrays,
                TrainingSpec(schedule="constant", epochs=1, batch_size=16, engine="graph"),
                seed=seed,
                network=network,
            )
        gc.collect()

    fit_some(40)
    before = resident_megabytes()
    fit_some(200)
    assert resident_megabytes() - before < 15


def test_a_trainer_that_failed_is_not_lent_again(arrays):
    network = make_network(arrays)
    shape = shape_of(network, arrays, SPEC)
    lent = trainers.trainer_for(network, shape, SPEC, xla=False, in_place=False)
    trainer = lent.__enter__()
    trainer.model.set_weights([np.full(weights.shape, 7.0) for weights in trainer.model.get_weights()])
    error = OSError("no memory")
    assert not lent.__exit__(OSError, error, None)
    assert all((weights == 7).all() for weights in network.get_weights())
    assert not trainers._idle


def test_a_forgotten_trainer_leaves_no_graph(arrays):
    def n_graphs() -> int:
        gc.collect()
        return sum(type(each).__name__ == "FuncGraph" for each in gc.get_objects())

    trainers.clear_trainers()
    before = n_graphs()
    trained(arrays, TrainingSpec(epochs=2, engine="graph"))
    trainers.clear_trainers()
    assert n_graphs() == before
