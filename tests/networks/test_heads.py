"""What every head keeps to, whichever there are; and the two that predict a number for each target."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import nbreg
from nbreg.errors import OptionError
from nbreg.networks.architecture import ARCHITECTURES
from nbreg.networks.blueprint import Blueprint
from nbreg.networks.heads.head import HEADS, chosen_head
from nbreg.networks.heads.separate import Separate
from nbreg.networks.inputs import Inputs
from nbreg.networks.targets import Targets
from nbreg.training.quiet import import_keras

keras = import_keras()

TARGETS = ["first", "second", "third"]
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 5)).astype("float32"), RNG.normal(size=(40, 3)).astype("float32")


@pytest.fixture(params=sorted(HEADS))
def name(request):
    return request.param


def small_network(head, targets=None):
    mlp = ARCHITECTURES["mlp"](hidden=(6,))
    return Blueprint(mlp, head).build(Inputs(5), targets or Targets(3), seed=0)


def choice_of(name):
    """What asks for the head."""
    return {"joint": name} if HEADS[name].is_joint else {"heads": name}


def linear_table(n_rows=160):
    """A table whose targets are linear in the features, each in one of its own."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.normal(size=(n_rows, 3)), columns=list("abc"))
    for target, feature in zip(TARGETS, "abc", strict=True):
        table[target] = 10 * table[feature] + rng.normal(size=n_rows)
    return table


@pytest.mark.parametrize("n_targets", [1, 3])
def test_outputs_begin_with_a_number_for_each_target(name, n_targets):
    network = small_network(HEADS[name](), Targets(n_targets))
    assert network.input_shape == (None, 5)
    assert len(network.output_shape) == 2
    n_outputs = network.output_shape[1]
    assert n_outputs >= n_targets if HEADS[name].is_joint else n_outputs == n_targets
    assert np.isfinite(network(X).numpy()).all()


def test_the_loss_is_finite_and_so_are_its_gradients(name):
    import tensorflow as tf

    head = HEADS[name]()
    network, loss = small_network(head), head.objective("mse", X, Y, has_gaps=False).make()
    with tf.GradientTape() as tape:
        value = loss(Y, network(X, training=True))
    assert np.isfinite(float(value))
    gradients = [each for each in tape.gradient(value, network.trainable_variables) if each is not None]
    assert gradients
    assert all(np.isfinite(each.numpy()).all() for each in gradients)


@pytest.mark.parametrize("engine", ["graph", "xla"])
def test_it_learns_each_target_in_its_place_and_is_kept(name, engine, tmp_path):
    table = linear_table()
    regressor = nbreg.fit(table, target=TARGETS, epochs=25, hidden=(8,), patience=0, engine=engine, **choice_of(name))
    assert regressor.run_.engine == engine
    predicted = regressor.predict(table)
    assert predicted.shape == (len(table), 3)
    together = np.corrcoef(predicted.T, table[TARGETS].to_numpy().T)[:3, 3:]
    assert (np.diag(together) > 0.8).all()
    assert (np.abs(together - np.diag(np.diag(together))) < 0.5).all()
    regressor.save(tmp_path / "kept.nbreg")
    np.testing.assert_array_equal(nbreg.load(tmp_path / "kept.nbreg").predict(table), predicted)
    assert clone(regressor).get_params() == regressor.get_params()


def test_a_fresh_process_loads_layers_of_our_own(tmp_path):
    table = linear_table()
    choices = {"bounds": {"first": (-99, 99)}, "heads": "separate", "loss_weights": "learned"}
    regressor = nbreg.fit(table, target=TARGETS, epochs=1, hidden=(4,), **choices)
    regressor.save(tmp_path / "kept.nbreg")
    table.to_parquet(tmp_path / "t.parquet")
    code = (
        "import nbreg, numpy, pandas; table = pandas.read_parquet('t.parquet'); "
        "numpy.save('p.npy', nbreg.load('kept.nbreg').predict(table))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    np.testing.assert_allclose(np.load(tmp_path / "p.npy"), regressor.predict(table), rtol=1e-6)


class TestSeparate:
    def test_targets_share_the_trunk_and_nothing_else(self):
        import tensorflow as tf

        network = small_network(Separate(head_units=(4, 3)))
        with tf.GradientTape() as tape:
            of_second = tf.reduce_sum(network(X)[:, 1])
        reached = tape.gradient(of_second, network.trainable_variables)
        owned = {
            v.path.split("/")[0]: g is not None and np.any(g)
            for v, g in zip(network.trainable_variables, reached, strict=True)
        }
        for layer, is_reached in owned.items():
            if layer.startswith(("head_", "prediction_")):
                assert is_reached == ("_2" in layer[:13]), layer

    def test_has_the_weights_it_should(self):
        of_one = (6 * 4 + 4) + (4 * 3 + 3) + (3 + 1)
        assert small_network(Separate(head_units=(4, 3))).count_params() == 5 * 6 + 6 + 3 * of_one
        assert small_network(Separate(head_units=())).count_params() == 5 * 6 + 6 + 3 * 7

    def test_without_layers_of_its_own_it_is_the_shared_head(self):
        separate, shared = small_network(Separate(head_units=())), small_network(HEADS["shared"]())
        trunk, heads = separate.get_weights()[:2], separate.get_weights()[2:]
        shared.set_weights([*trunk, np.hstack(heads[::2]), np.hstack(heads[1::2])])
        np.testing.assert_allclose(separate(X), shared(X), rtol=1e-5, atol=1e-6)

    def test_says_what_it_is(self):
        assert chosen_head({"heads": "separate", "head_units": (8, 4)}).words() == ["a head of 8-4 for each target"]
        assert chosen_head({"heads": "shared"}).words() == []

    def test_an_option_of_another_head_is_told(self):
        with pytest.raises(OptionError, match=r"The shared head has no option head_units \(--head-units\)"):
            chosen_head({"head_units": (3,)})
