"""Targets that are shares of a whole."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

import nbreg
from nbreg.data.spec import DataSpec
from nbreg.data.target_limits import make_target_scaler
from nbreg.errors import DataError, OptionError
from nbreg.networks.targets import Targets
from nbreg.training.quiet import import_keras

keras = import_keras()

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(200, 3))
SHARES = softmax(LOGITS, axis=1)
NAMES = ("a", "b", "c")


def scaler(y=SHARES, **choices):
    return make_target_scaler(DataSpec(shares=True, **choices), y, NAMES[: y.shape[1]]).fit(y, NAMES[: y.shape[1]])


def test_the_network_ends_in_a_softmax_that_begins_at_the_means():
    found = scaler()
    targets = Targets.of(found)
    entry = keras.Input((3,))
    network = keras.Model(entry, targets.kept(entry))
    z = RNG.normal(size=(50, 3)).astype("float32") * 5
    expected = softmax(z + np.log(SHARES.mean(axis=0)), axis=1)
    np.testing.assert_allclose(found.inverse_transform(network(z).numpy()), expected, rtol=1e-4, atol=1e-6)
    begun = found.inverse_transform(network(np.zeros((1, 3), "float32")).numpy())[0]
    np.testing.assert_allclose(begun, SHARES.mean(axis=0), rtol=1e-5)


def test_whatever_comes_back_is_a_share():
    found = scaler().inverse_transform(RNG.normal(size=(500, 3)) * 2)
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-12)


@pytest.mark.parametrize("heads", ["shared", "separate"])
def test_a_fit_predicts_shares(heads):
    table = pd.DataFrame(LOGITS, columns=list("xyz"))
    table[list(NAMES)] = SHARES
    regressor = nbreg.fit(table, target=NAMES, shares=True, epochs=40, heads=heads)
    predicted = regressor.predict(table.assign(x=table["x"] * 30))
    assert predicted.min() >= 0
    np.testing.assert_allclose(predicted.sum(axis=1), 1, atol=1e-9)
    assert min(regressor.evaluate()["r2"].values()) > 0.8


def test_rows_that_do_not_sum_to_one_are_told():
    y = SHARES.copy()
    y[3] *= 1.3
    y[5] *= 1.1
    with pytest.raises(DataError, match=r"in 2 of 200 rows these targets do not \(farthest off: 1\.3\)") as caught:
        scaler(y)
    assert "\n" not in str(caught.value)
    scaler(np.round(SHARES, 2))  # each rounded by itself


def test_what_are_no_shares_is_told():
    y = SHARES.copy()
    y[0] += [-1, 0.5, 0.5]
    with pytest.raises(DataError, match=r'target "a" is negative in 1 row \(least: -'):
        scaler(y)
    with pytest.raises(DataError, match=r'two targets or more.*"a" stands alone.*--bounds a=0:1'):
        scaler(SHARES[:, :1])


@pytest.mark.parametrize("choices", [{"bounds": "a=0:1"}, {"target_transform": "log1p"}])
def test_choices_that_do_not_go_with_shares_are_told(choices):
    with pytest.raises(OptionError, match="leave"):
        scaler(**choices)


def test_losses_of_the_targets_themselves_do_not_go_with_shares():
    table = pd.DataFrame(LOGITS, columns=list("xyz"))
    table[list(NAMES)] = SHARES
    with pytest.raises(OptionError, match="which losses msle and mape bring"):
        nbreg.fit(table, target=NAMES, shares=True, loss="mape", epochs=1)
