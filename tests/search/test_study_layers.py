"""A study with layers of the user's own."""

from __future__ import annotations

import keras
import numpy as np
import pandas as pd
import pytest

import nbreg
from nbreg.errors import OptionError
from nbreg.search.latest import LATEST

SMALL = {"engine": "graph", "epochs": 2, "folds": 2, "repeats": 1}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    made = pd.DataFrame(rng.normal(size=(60, 2)), columns=["a", "b"])
    return made.assign(y=2 * made.a - made.b**2)


def own() -> list:
    return [keras.layers.Dense(5, activation="tanh")]


def test_each_value_trains_these_layers(table):
    found = nbreg.study("learning_rate", table, "y", values=[0.01, 0.1], layers=own(), **SMALL)
    assert LATEST.study is found
    assert found.network == "own layers: Dense 5 tanh"
    for point, rate in enumerate([0.01, 0.1]):
        checked = nbreg.cross_validate(table, "y", layers=own(), learning_rate=rate, **SMALL)
        assert found.results(point, "rmse") == pytest.approx(checked.values("rmse"), rel=1e-6)


@pytest.mark.parametrize(
    ("factor", "option"), [("hidden_units", "hidden"), ("activation", "activation"), ("network", "network")]
)
def test_what_layers_fix_cannot_be_studied(table, factor, option):
    with pytest.raises(OptionError, match=f"{factor} is fixed by layers of your own: .* no option {option}"):
        nbreg.study(factor, table, "y", layers=own(), **SMALL)


def test_regularization_cannot_either_nor_options_of_named_networks_beside_them(table):
    with pytest.raises(OptionError, match="regularization is fixed by layers of your own"):
        nbreg.study("regularization", table, "y", layers=own(), **SMALL)
