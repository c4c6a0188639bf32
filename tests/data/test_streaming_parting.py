"""Rows of a table on disk are parted as those of the same table in memory."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from nbreg.data.dataset import prepare
from nbreg.data.spec import DataSpec
from nbreg.data.streaming.held import most_held, ranks
from nbreg.data.streaming.parting import SETS, UNUSED, part_rows, random_sets
from nbreg.data.streaming.stored import StoredTable
from nbreg.errors import DataError, OptionError


def table(n=400, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.normal(size=n), "y": rng.normal(size=n)})
    frame.loc[rng.random(n) < 0.1, "y"] = np.nan
    frame["sold"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 90, n), "D")
    frame.loc[rng.random(n) < 0.05, "sold"] = pd.NaT
    frame["shop"] = rng.choice([f"shop {i}" for i in range(30)], n)
    frame.loc[rng.random(n) < 0.05, "shop"] = None
    return frame


def stored(frame, folder, cuts=(37, 300)):
    parts = np.split(np.arange(len(frame)), cuts)
    for number, rows in enumerate(parts):
        frame.iloc[rows].to_parquet(folder / f"{number}.parquet", row_group_size=50, index=False)
    return StoredTable.open(folder)


@given(st.integers(20, 3_000), st.sampled_from([0.0, 0.16, 0.3]), st.sampled_from([0.0, 0.2]), st.integers(0, 5))
def test_random_sets_are_those_of_scikit_learn(n_rows, validation, test, seed):
    rows, expected = np.arange(n_rows), np.zeros(n_rows, int)
    for code, share in ((2, test), (1, validation)):
        if share:
            size = max(1, round(share * n_rows))
            rows, taken = train_test_split(rows, test_size=size, random_state=seed)
            expected[taken] = code
    spec = DataSpec(validation_fraction=validation, test_fraction=test, seed=seed)
    np.testing.assert_array_equal(random_sets(n_rows, spec), expected)


SPLITS = [{}, {"seed": 4}, {"split": "time", "time": "sold"}, {"split": "group", "group": "shop"}, {"test_fraction": 0}]


@pytest.mark.parametrize("choices", SPLITS, ids=str)
def test_sets_are_disjoint_complete_and_those_of_memory(tmp_path, choices):
    frame, spec = table(), DataSpec(target=("y",), **choices)
    parts, expected = part_rows(stored(frame, tmp_path), spec, ["y"]), prepare(frame, spec)
    for which in SETS:
        np.testing.assert_array_equal(parts.positions(which, 0, len(frame)), expected.rows[which])
        assert sum(parts.sizes(which)) == len(expected.rows[which])
    n_unused = int((parts.of_row == UNUSED).sum())
    assert n_unused + sum(sum(parts.sizes(which)) for which in SETS) == len(frame)
    assert parts.notices == tuple(each for each in expected.notices if "rows:" in each)


def test_sizes_and_positions_go_by_row_groups(tmp_path):
    frame = table()
    parts = part_rows(stored(frame, tmp_path), DataSpec(target=("y",)), ["y"])
    for group, size in zip(parts.stored.groups, parts.sizes("train"), strict=True):
        assert len(parts.positions("train", group.start, group.n_rows)) == size


@pytest.mark.parametrize(
    ("choices", "kind", "line"),
    [
        ({"validation_fraction": 0.6, "test_fraction": 0.5}, OptionError, "they must leave some to train"),
        ({"target": ("x",), "bounds": (("x", 0.0, None),)}, DataError, 'Target "x" breaks its bounds 0:'),
        ({"target": ("shop",)}, DataError, 'Target "shop" is not numeric'),
        ({"split": "time", "time": "shop"}, DataError, 'Column "shop" takes dates or numbers to split by time'),
    ],
)
def test_mistakes_are_told_as_in_memory(tmp_path, choices, kind, line):
    spec = DataSpec(**{"target": ("y",), **choices})
    with pytest.raises(kind, match=line):
        part_rows(stored(table(), tmp_path), spec, spec.target)


def test_too_few_rows_are_told(tmp_path):
    frame = table(40)
    frame.loc[5:, "y"] = np.nan
    with pytest.raises(DataError, match=r"n_samples = [1-5]\); at least 10 are needed. Left out 3\d of 40 rows"):
        part_rows(stored(frame, tmp_path, (20,)), DataSpec(target=("y",)), ["y"])


@given(st.integers(1, 5_000), st.integers(50, 400))
def test_held_rows_are_drawn_once_each(n, most):
    drawn = ranks(n, most, np.random.default_rng(0))
    assert len(set(drawn)) == len(drawn) == min(n, most)
    assert list(drawn) == sorted(drawn)
    assert 0 <= drawn[0] <= drawn[-1] < n


@pytest.mark.parametrize("n", [300, 3_000])  # drawn in two different ways
def test_each_row_is_as_likely_to_be_held(n):
    counts = sum(np.bincount(ranks(n, 100, np.random.default_rng(seed)), minlength=n) for seed in range(3_000))
    expected = 3_000 * 100 / n
    # The counts are binomial: of their squared deviations the mean is the variance, within a few per cent.
    assert ((counts - expected) ** 2).mean() == pytest.approx(expected * (1 - 100 / n), rel=0.3)
    assert np.corrcoef(counts, np.arange(n))[0, 1] == pytest.approx(0, abs=0.2)


def test_wide_tables_hold_fewer_rows():
    assert most_held("train", 10) > most_held("train", 100) > most_held("train", 1_000)
    assert most_held("train", 1_000) * 1_000 < 10_000_000
