"""A search with layers of the user's own: what they fix is left out, the rest is as in any search."""

from __future__ import annotations

import keras
import numpy as np
import pandas as pd
import pytest

import nbreg
from nbreg.errors import OptionError
from nbreg.search.space import Space
from nbreg.session import SESSION

SMALL = {"engine": "graph", "epochs": 3, "trials": 2, "folds": 2, "space": "learning_rate=1e-4..0.3:log"}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    made = pd.DataFrame(rng.normal(size=(90, 2)), columns=["a", "b"])
    return made.assign(y=2 * made.a - made.b**2)


def own() -> list:
    return [keras.layers.Dense(5, activation="tanh"), keras.layers.Dropout(0.1)]


def test_trials_train_these_layers_and_the_best_is_a_network_of_them(table, tmp_path):
    kept = {**SMALL, "storage": str(tmp_path / "kept.db"), "learning_rate": 0.05}
    search = nbreg.tune(table, "y", layers=own(), **kept)
    rows = np.unique(np.concatenate([fold.test for fold in search.searching.table.folds]))
    options = {name: SMALL[name] for name in ("engine", "epochs", "folds")}
    checked = nbreg.cross_validate(table.iloc[rows], "y", layers=own(), learning_rate=0.05, **options)
    assert search.default.values == pytest.approx(checked.values("rmse"), rel=1e-6)
    assert SESSION.latest is search.regressor
    assert [layer.units for layer in search.regressor.network_.layers if hasattr(layer, "units")] == [5, 1]
    again = nbreg.fit(table, **search.best_options)
    np.testing.assert_array_equal(again.predict(table), search.regressor.predict(table))
    same = nbreg.tune(table, "y", layers=own(), **kept)  # what they happen to be called is another now
    assert any("3 trials kept" in each for each in same.notices)
    pd.testing.assert_frame_equal(same.to_frame(), search.to_frame(), check_exact=True)
    others = nbreg.tune(table, "y", layers=[keras.layers.Dense(4)], **{**kept, "trials": 1})
    assert not any("kept" in each for each in others.notices)


def test_the_cell_that_trains_the_best_lists_them(table):
    search = nbreg.tune(table, "y", layers=own(), storage=None, **{**SMALL, "trials": 1})
    first, *body = search.line.splitlines()
    assert first.startswith("%%nnreg fit df --target y")
    assert body == ["Dense(5, activation='tanh')", "Dropout(0.1)"]
    assert search.line in repr(search)
    assert "<br>Dense(5" in search._repr_mimebundle_()[0]["text/html"]


def test_the_default_space_leaves_out_what_they_fix():
    base = {"layers": own()}
    assert Space.of(None, base).names == ("learning_rate", "batch_size")
    assert "hidden" in Space.of(None, {}).names


@pytest.mark.parametrize("name", ["hidden", "activation", "network", "dropout"])
def test_an_option_of_a_named_network_is_told(name, table):
    values = {"hidden": "8|16", "activation": "relu|tanh", "network": "mlp|perceptron", "dropout": "0..0.5"}[name]
    said = rf"A network given by its layers has no option {name} \(--{name}\); leave it out"
    with pytest.raises(OptionError, match=said):
        nbreg.tune(table, "y", layers=own(), storage=None, **{**SMALL, "space": f"{name}={values}"})
    given = {"hidden": (9,), "activation": "tanh", "network": "perceptron", "dropout": 0.3}[name]
    with pytest.raises(OptionError, match=said):
        nbreg.tune(table, "y", layers=own(), storage=None, **{**SMALL, name: given})
