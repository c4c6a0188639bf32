"""Where a regressor fails: rows and groups of rows, of regressors, tables and functions."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import nbreg
from nbreg.errors import DataError, NbregError, OptionError

N = 600


def houses(seed=0):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"size": rng.uniform(0, 10, N), "city": rng.choice(["Paris", "Rome"], N)})
    table["price"] = table["size"] + np.where(table["city"] == "Paris", 5, 0.1) * rng.normal(size=N)
    table["rent"] = table["size"] * 2
    return table.set_index(np.arange(N) + 1_000)


def half(table):
    """A predictor that knows the size only."""
    return np.asarray(table["size"])


@pytest.fixture(scope="module")
def model():
    return nbreg.fit(houses(), target="price", features=["size", "city"], epochs=3, hidden=(8,))


def test_rows_are_those_with_the_largest_residuals_and_keep_their_index():
    table = houses()
    worst = nbreg.worst(half, table[["size", "city", "price"]], target="price", rows=7)
    residuals = (table["price"] - table["size"]).sort_values(key=np.abs, ascending=False)
    assert worst.rows.index.tolist() == residuals.index[:7].tolist()
    np.testing.assert_allclose(worst.rows["residual"], residuals[:7], rtol=1e-12)
    np.testing.assert_allclose(worst.rows["observed"] - worst.rows["predicted"], residuals[:7], rtol=1e-12)
    assert worst.rows.columns.tolist() == ["observed", "predicted", "residual", "size", "city"]
    assert (worst.rows["city"] == table.loc[worst.rows.index, "city"]).all()
    assert worst.mae == pytest.approx(residuals.abs().mean(), rel=1e-12)
    assert worst.rmse == pytest.approx((residuals**2).mean() ** 0.5, rel=1e-12)


def test_slices_are_found_and_told():
    worst = nbreg.worst(half, houses().drop(columns="rent"), target="price")
    assert [each.words for each in worst.slices] == ["city = Paris"]
    assert worst.to_frame().loc["city = Paris", "n_rows"] == (houses()["city"] == "Paris").sum()
    assert "city = Paris" in repr(worst).splitlines()[0]
    assert "600 rows" in repr(worst)


def test_rows_of_polars_are_told_by_position():
    worst = nbreg.worst(half, pl.from_pandas(houses()), target="price", rows=3)
    pandas = nbreg.worst(half, houses(), target="price", rows=3)
    assert worst.rows.index.tolist() == [label - 1_000 for label in pandas.rows.index]
    assert [each.words for each in worst.slices] == [each.words for each in pandas.slices]


def test_without_a_table_the_test_rows_of_the_fit_are_looked_at(model):
    table, test = houses(), model.data_.rows.test
    worst = nbreg.worst(model, rows=5)
    errors = (table["price"] - model.predict(table)).iloc[test].abs()
    assert worst.rows.index.tolist() == errors.sort_values(ascending=False).index[:5].tolist()
    assert worst.n_rows == len(test)
    assert worst.what == "test row"
    assert worst.mae == pytest.approx(model.evaluate()["mae"], rel=1e-6)
    assert worst.rows.columns.tolist() == ["observed", "predicted", "residual", "size", "city"]


def test_a_table_of_its_own_and_rows_without_a_target(model):
    table = houses(1)
    table.loc[table.index[:3], "price"] = np.nan
    worst = nbreg.worst(model, table, rows=2)
    assert worst.n_rows == N - 3
    assert worst.notices == ("Left out 3 rows without a target.",)
    assert set(worst.rows.index) <= set(table.index[3:])
    assert worst.mae == pytest.approx(model.evaluate(table)["mae"], rel=1e-6)


def test_the_latest_regressor_is_looked_at_unless_one_is_given(model):
    from nbreg.session import SESSION

    SESSION.add(model)
    assert repr(nbreg.worst()) == repr(nbreg.worst(model))


def test_of_polars_the_test_rows_have_the_positions_of_the_table():
    model = nbreg.fit(pl.from_pandas(houses()), target="price", features=["size"], epochs=2, hidden=(4,))
    worst = nbreg.worst(model, rows=4)
    observed = houses()["price"].to_numpy()[worst.rows.index]
    np.testing.assert_allclose(worst.rows["observed"], observed)
    assert set(worst.rows.index) <= set(model.data_.rows.test.tolist())


def test_of_several_targets_the_first_or_the_one_named():
    model = nbreg.fit(houses(), target=["price", "rent"], epochs=2, hidden=(4,))
    first, rent = nbreg.worst(model), nbreg.worst(model, target="rent")
    assert (first.target, rent.target) == ("price", "rent")
    assert any('target="rent"' in each for each in first.notices)
    assert rent.notices == ()
    assert rent.mae == pytest.approx(model.evaluate()["mae"]["rent"], rel=1e-6)
    with pytest.raises(OptionError, match="Did you mean"):
        nbreg.worst(model, target="prize")


def test_noise_is_no_slice_and_that_is_said():
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"size": rng.normal(size=N), "kind": rng.choice(list("ab"), N)})
    worst = nbreg.worst(half, table.assign(price=table["size"] + rng.normal(size=N)), target="price", rows=0)
    assert worst.slices == ()
    assert repr(worst).startswith("No group stands out among 600 rows")
    assert len(worst.rows) == 0
    assert "<table" not in worst.to_html()


def test_features_called_like_our_own_columns_and_markup():
    table = houses().rename(columns={"city": "residual", "rent": "<i>"})
    worst = nbreg.worst(half, table, target="price")
    assert worst.rows.columns.tolist() == ["observed", "predicted", "residual", "size", "residual (feature)", "<i>"]
    assert "<i>" not in worst.to_html()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((houses(),), "data="),
        ((half,), "target="),
        ((half, houses()), "target="),
        ((lambda table: ["a"] * len(table), houses(), "price"), "a number for each"),
        ((lambda table: np.ones(3), houses(), "price"), "a number for each"),
        ((lambda table: np.full(len(table), np.nan), houses(), "price"), "600 predictions of 600 are not finite"),
        ((half, houses().assign(price=np.nan), "price"), "No row of this table"),
        ((half, houses(), "prise"), "Did you mean"),
    ],
)
def test_mistakes_are_one_line(arguments, words):
    predict, data, target = (*arguments, None, None)[:3]
    with pytest.raises(NbregError, match=words):
        nbreg.worst(predict, data, target=target)


def test_options_are_checked(model):
    with pytest.raises(OptionError, match="rows"):
        nbreg.worst(model, rows=-1)


def test_a_regressor_without_its_table_asks_for_one(model, tmp_path):
    model.save(tmp_path / "model.nbreg")
    loaded = nbreg.load(tmp_path / "model.nbreg")
    with pytest.raises(DataError, match="give rows"):
        nbreg.worst(loaded)
    assert repr(nbreg.worst(loaded, houses())) == repr(nbreg.worst(model, houses()))
