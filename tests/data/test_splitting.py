"""Rows are parted once, by seed, time or group, and no row is in two sets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from nbreg.data.spec import DataSpec
from nbreg.data.splitting import split_rows
from nbreg.errors import DataError, OptionError

steady = settings(deadline=None, derandomize=True)

FRACTIONS = st.sampled_from([0.0, 0.1, 0.16, 0.2, 0.4])


def all_rows(sets):
    return np.concatenate([sets.train, sets.validation, sets.test])


@steady
@given(st.integers(10, 300), FRACTIONS, FRACTIONS, st.integers(0, 5), st.sampled_from(["random", "time", "group"]))
def test_every_row_is_in_one_set(n_rows, validation, test, seed, split):
    usable = np.arange(n_rows) * 3
    spec = DataSpec(validation_fraction=validation, test_fraction=test, seed=seed, split=split, time="t", group="t")
    sets = split_rows(usable, spec, None if split == "random" else np.arange(n_rows) % 50)
    np.testing.assert_array_equal(np.sort(all_rows(sets)), usable)
    assert all((np.diff(rows) > 0).all() for rows in (sets.train, sets.validation, sets.test))
    assert (len(sets.validation) == 0) == (validation == 0)
    assert (len(sets.test) == 0) == (test == 0)


def test_fractions_are_of_all_usable_rows():
    sets = split_rows(np.arange(1000), DataSpec(validation_fraction=0.16, test_fraction=0.2))
    assert (len(sets.train), len(sets.validation), len(sets.test)) == (640, 160, 200)


def test_random_rows_are_scikit_learns():
    sets = split_rows(np.arange(100), DataSpec(validation_fraction=0.1, test_fraction=0.2, seed=7))
    rest, test = train_test_split(np.arange(100), test_size=20, random_state=7)
    _, validation = train_test_split(rest, test_size=10, random_state=7)
    np.testing.assert_array_equal(sets.test, np.sort(test))
    np.testing.assert_array_equal(sets.validation, np.sort(validation))


def test_the_seed_decides():
    first, again, other = (split_rows(np.arange(200), DataSpec(seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(all_rows(first), all_rows(again))
    assert not np.array_equal(first.test, other.test)


@steady
@given(st.lists(st.integers(0, 1000), min_size=30, max_size=120, unique=True), st.integers(1, 3))
def test_time_goes_forward(times, n_rows_each):
    times = np.repeat(np.array(times, float), n_rows_each)
    sets = split_rows(np.arange(len(times)), DataSpec(split="time", time="t"), times)
    assert times[sets.train].max() < times[sets.validation].min()
    assert times[sets.validation].max() < times[sets.test].min()


def test_groups_stay_whole_and_are_scikit_learns():
    groups = np.random.default_rng(0).integers(0, 30, 400)
    sets = split_rows(np.arange(400), DataSpec(split="group", group="g", test_fraction=0.2, seed=3), groups)
    names = [set(groups[rows]) for rows in (sets.train, sets.validation, sets.test)]
    assert not names[0] & names[1]
    assert not names[0] & names[2]
    assert not names[1] & names[2]
    _, test = next(GroupShuffleSplit(1, test_size=6, random_state=3).split(groups, groups=groups))
    np.testing.assert_array_equal(sets.test, test)


@pytest.mark.parametrize(
    ("spec", "order", "kind", "words"),
    [
        (DataSpec(validation_fraction=0.5, test_fraction=0.5), None, OptionError, "together they must leave some"),
        (DataSpec(validation_fraction=0.49, test_fraction=0.43), None, DataError, "left to train"),
        (DataSpec(split="time", time="day"), np.zeros(12), DataError, 'Column "day" has 1 different times'),
        (DataSpec(split="group", group="g"), np.zeros(12), DataError, '1 groups in column "g": too few'),
        (DataSpec(split="group", group="g"), np.arange(12) % 2, DataError, "2 groups"),
    ],
)
def test_splits_that_cannot_be(spec, order, kind, words):
    with pytest.raises(kind, match=words):
        split_rows(np.arange(12), spec, order)


def test_sets_are_asked_for_by_name():
    sets = split_rows(np.arange(20), DataSpec())
    np.testing.assert_array_equal(sets["test"], sets.test)
    with pytest.raises(OptionError, match="train, validation or test"):
        sets["dev"]
