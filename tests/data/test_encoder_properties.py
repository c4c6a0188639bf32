"""What holds of any table: its make, the order of its rows and what was not trained on change nothing."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nbreg.data.dataset import prepare
from nbreg.data.encoding import Encoder
from nbreg.data.spec import DataSpec
from nbreg.errors import DataError

steady = settings(deadline=None, derandomize=True)

VALUES = {
    "number": st.floats(-1e9, 1e9, allow_subnormal=False),
    "whole": st.integers(-(2**40), 2**40),
    "flag": st.booleans(),
    "level": st.sampled_from(["a", "b", "c", "", "ä", "(other)"]),
    # pandas takes a text for the same as one that goes on after a NUL.
    "text": st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=3),
    "moment": st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2060, 1, 1)),
    "day": st.dates(dt.date(1990, 1, 1), dt.date(2060, 1, 1)),
}
DTYPES = {"number": pl.Float64, "whole": pl.Int64, "flag": pl.Boolean, "level": pl.String, "text": pl.String,
          "moment": pl.Datetime("us"), "day": pl.Date}  # fmt: skip


@st.composite
def tables(draw, min_rows=2, max_rows=40):
    """Return a polars table of some columns of any kinds, with gaps."""
    n_rows = draw(st.integers(min_rows, max_rows))
    kinds = draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=5))
    columns = {}
    for i, kind in enumerate(kinds):
        values = VALUES[kind] | st.none() if draw(st.booleans()) else VALUES[kind]
        drawn = draw(st.lists(values, min_size=n_rows, max_size=n_rows))
        columns[f"{kind}{i}"] = pl.Series(drawn, dtype=DTYPES[kind])
    return pl.DataFrame(columns)


def encode(table, rows=None, scaling="robust"):
    """Return the inputs of all rows, learned from some, or skip a table with nothing to learn from."""
    try:
        encoder = Encoder(scaling, embed_above=3).fit(table if rows is None else table[rows])
    except DataError as error:
        assume("No column is left" not in str(error))
        raise
    return encoder, encoder.transform(table)


@steady
@given(tables(), st.sampled_from(["robust", "standard", "minmax", "quantile", "none"]))
def test_inputs_are_finite_numbers_of_the_promised_shape(table, scaling):
    encoder, X = encode(table, scaling=scaling)
    assert X.shape == (len(table), encoder.n_inputs)
    assert X.dtype == np.float32
    assert np.isfinite(X).all()
    assert len(encoder.input_names) == len(set(encoder.input_names)) == encoder.n_inputs
    positions = [p for block in encoder.blocks for p in block.positions]
    assert sorted(positions) == list(range(encoder.n_inputs))
    codes = X[:, encoder.n_inputs - len(encoder.n_levels) :]
    assert ((codes >= 0) & (codes < np.array(encoder.n_levels)) & (codes % 1 == 0)).all()


@steady
@given(tables())
def test_pandas_and_polars_give_the_same_inputs(table):
    _, X = encode(table)
    pandas = table.to_pandas()
    _, same = encode(pandas)
    np.testing.assert_array_equal(same, X)


@steady
@given(tables(), st.randoms(use_true_random=False))
def test_permuted_rows_give_permuted_inputs(table, random):
    order = list(range(len(table)))
    random.shuffle(order)
    _, X = encode(table)
    _, permuted = encode(table[order])
    np.testing.assert_array_equal(permuted, X[order])


@steady
@given(tables(min_rows=4))
def test_rows_that_are_not_trained_on_do_not_matter(table):
    n_train = len(table) // 2
    train = list(range(n_train))
    _, X = encode(table, train)
    others = pl.concat([table[train], table[n_train:].reverse(), table[train]])
    _, Y = encode(others, train)
    np.testing.assert_array_equal(Y[train], X[train])


@steady
@given(tables(), st.integers(0, 39))
def test_a_row_is_encoded_the_same_alone(table, row):
    encoder, X = encode(table)
    row %= len(table)
    np.testing.assert_array_equal(encoder.transform(table[[row]]), X[[row]])


@pytest.mark.parametrize("scaling", ["robust", "standard", "minmax", "quantile"])
@pytest.mark.parametrize("transform", ["auto", "none", "yeo-johnson"])
def test_test_and_validation_rows_never_influence_what_is_learned(scaling, transform):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=200), "b": rng.choice(list("xyz"), 200), "y": rng.gamma(1, size=200)})
    table.loc[::5, "a"] = np.nan
    spec = DataSpec(target="y", scaling=scaling, target_transform=transform)
    data = prepare(table, spec)
    changed = table.copy()
    held_out = np.concatenate([data.rows.validation, data.rows.test])
    changed.loc[held_out, "a"] = 1e6
    changed.loc[held_out, "b"] = "never seen"
    changed.loc[held_out, "y"] = 1e4
    other = prepare(changed, spec)
    for mine, theirs in zip(data.arrays("train"), other.arrays("train"), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert not np.array_equal(data.arrays("test")[0], other.arrays("test")[0])
