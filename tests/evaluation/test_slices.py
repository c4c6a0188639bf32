"""Groups of rows with large residuals: those that are planted are found, and in noise there is none."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats

from nbreg.data.frames import as_frame
from nbreg.evaluation.slices import LEAST_ROWS, find_slices

N = 4_000


def make_table(n=N, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "city": rng.choice(["Paris", "Rome", "Oslo", "Bonn"], n),
            "area": rng.uniform(0, 300, n),
            "rooms": rng.integers(1, 8, n),
            "sold": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 731, n), "D"),
            "new": rng.random(n) < 0.4,
            "score": rng.normal(size=n),
        }
    )
    frame.loc[rng.random(n) < 0.1, "score"] = np.nan
    return frame


TABLE = make_table()
NOISE = np.random.default_rng(5).normal(size=N)


def slices(residuals, table=TABLE, **options):
    return find_slices(as_frame(table), np.asarray(residuals, float), **options)


@pytest.mark.parametrize(
    ("words", "planted"),
    [
        ("city = Paris", TABLE.city == "Paris"),
        ("area 120 to 180", TABLE.area.between(120, 180)),
        ("area at least 240", TABLE.area >= 240),
        ("area below 60", TABLE.area < 60),
        ("rooms 3 to 4", TABLE.rooms.isin([3, 4])),
        ("rooms = 5", TABLE.rooms == 5),
        ("rooms up to 2", TABLE.rooms <= 2),
        ("rooms = 7", TABLE.rooms == 7),
        ("new = true", TABLE.new),
        ("score missing", TABLE.score.isna()),
        ("sold 2021-01-01 to 2021-03-31", TABLE.sold.between("2021-01-01", "2021-03-31")),
        ("sold from 2021-10-01 on", TABLE.sold >= "2021-10-01"),
        ("city = Paris and area 120 to 180", (TABLE.city == "Paris") & TABLE.area.between(120, 180)),
        ("rooms at least 6 and new = false", (TABLE.rooms >= 6) & ~TABLE.new),
    ],
)
def test_a_planted_slice_is_found_first(words, planted):
    found = slices(NOISE * np.where(planted, 4, 1))
    # Quantiles of a sample are near to round numbers, not at them.
    close = {"120": (117, 123), "180": (177, 183), "240": (237, 243), "60": (57, 63)}
    spelled = [word for word in found[0].words.split() if not word.replace(".", "").isdigit()]
    assert spelled == [word for word in words.split() if not word.isdigit()]
    for got, wanted in zip(found[0].words.split(), words.split(), strict=True):
        if wanted.isdigit():
            low, high = close.get(wanted, (float(wanted), float(wanted)))
            assert low <= float(got) <= high
    overlap = np.isin(np.flatnonzero(planted), found[0].rows).mean()
    assert overlap > 0.95
    assert len(found) == 1


def test_its_figures_are_those_of_pandas_and_scipy():
    residuals = pd.Series(NOISE + 2 * (TABLE.city == "Rome"))
    (found,) = slices(residuals, features=["city"])
    by_city = residuals.abs().groupby(TABLE.city)
    assert found.words == "city = Rome"
    assert found.n_rows == by_city.size()["Rome"]
    assert found.mae == pytest.approx(by_city.mean()["Rome"], rel=1e-12)
    assert found.rmse == pytest.approx((residuals**2).groupby(TABLE.city).mean()["Rome"] ** 0.5, rel=1e-12)
    assert found.bias == pytest.approx(residuals.groupby(TABLE.city).mean()["Rome"], rel=1e-12)
    assert found.ratio == pytest.approx(by_city.mean()["Rome"] / residuals.abs().mean(), rel=1e-12)
    is_rome = TABLE.city == "Rome"
    welch = stats.ttest_ind(residuals.abs()[is_rome], residuals.abs()[~is_rome], equal_var=False, alternative="greater")
    assert found.t == pytest.approx(welch.statistic, rel=1e-9)
    # Four cities were tried, and half the level is kept for pairs.
    assert found.p_value == pytest.approx(8 * welch.pvalue, rel=1e-6)


@pytest.mark.parametrize("kind", ["normal", "heavy", "skewed"])
def test_noise_gives_none(kind):
    draw = {
        "normal": lambda rng: rng.normal(size=800),
        "heavy": lambda rng: rng.standard_t(3, size=800),
        "skewed": lambda rng: rng.lognormal(sigma=1.5, size=800),
    }[kind]
    table = make_table(800)
    found = [slices(draw(np.random.default_rng(seed)), table) for seed in range(60)]
    assert sum(map(bool, found)) <= 1  # at a level of 1 % one in 60 may be


def test_two_slices_apart_are_both_found_and_one_slice_told_twice_once():
    table = TABLE.assign(area_in_feet=TABLE.area * 10.764)
    found = slices(NOISE * np.where(TABLE.city == "Oslo", 4, np.where(TABLE.rooms == 1, 3, 1)), table)
    assert {each.words for each in found[:2]} == {"city = Oslo", "rooms = 1"}
    twice = slices(NOISE * np.where(TABLE.area > 240, 4, 1), table)
    assert len(twice) == 1


def test_within_a_slice_one_that_is_much_worse_is_told_too():
    scale = np.where(TABLE.area >= 150, 2, 1) * np.where(TABLE.area >= 270, 4, 1)
    found = slices(NOISE * scale)
    smallest, *larger = sorted(found, key=lambda each: each.n_rows)
    assert smallest.conditions[0].low == pytest.approx(270, abs=3)
    assert larger
    assert all(smallest.mae > 1.5 * each.mae and np.isin(smallest.rows, each.rows).all() for each in larger)


def test_small_groups_are_left_alone():
    few = TABLE.city.where(np.arange(N) >= LEAST_ROWS + 19, "Here")  # 39 rows, and 1 % of the rows are 40
    assert slices(NOISE * np.where(few == "Here", 50, 1), TABLE.assign(city=few)[["city", "new"]]) == ()
    assert slices(NOISE[:39] * 10, TABLE[:39]) == ()


def test_bias_says_which_way():
    found = slices(NOISE + 3 * (TABLE.city == "Bonn"))
    assert found[0].words == "city = Bonn"
    assert found[0].bias == pytest.approx(3, abs=0.2)


def test_conditions_meet_the_rows_again():
    found = slices(NOISE * np.where((TABLE.city == "Paris") & TABLE.area.between(120, 180), 4, 1))
    both = np.logical_and.reduce([each.mask(as_frame(TABLE)) for each in found[0].conditions])
    assert np.array_equal(np.flatnonzero(both), found[0].rows)
    (missing,) = slices(NOISE * np.where(TABLE.score.isna(), 4, 1))[0].conditions
    assert np.array_equal(missing.mask(as_frame(TABLE)), TABLE.score.isna())
    (flag,) = slices(NOISE * np.where(TABLE.new, 4, 1))[0].conditions
    assert np.array_equal(flag.mask(as_frame(TABLE)), TABLE.new)


def test_tables_of_other_makes_give_the_same():
    residuals = NOISE * np.where(TABLE.score.isna(), 4, 1)
    ours, theirs = slices(residuals), slices(residuals, pl.from_pandas(TABLE))
    assert [(each.words, each.t) for each in ours] == [(each.words, each.t) for each in theirs]


def test_residuals_that_are_all_alike_and_none_asked_for():
    assert slices(np.ones(N)) == ()
    assert slices(NOISE * np.where(TABLE.new, 4, 1), most=0) == ()


def test_a_feature_of_one_value_and_one_that_cannot_be_read():
    table = TABLE[["city"]].assign(same=1.0, empty=None, lists=[[1]] * N)
    assert [each.words for each in slices(NOISE * np.where(TABLE.city == "Rome", 3, 1), table)] == ["city = Rome"]


def test_most_rows_with_one_value_stand_beside_the_others():
    spent = np.where(np.arange(N) % 10 == 0, np.random.default_rng(1).uniform(5, 9, N), 0.0)
    found = slices(NOISE * np.where(spent > 0, 4, 1), pd.DataFrame({"spent": spent}))
    assert found[0].words == "spent at least 5"
    assert np.array_equal(found[0].rows, np.flatnonzero(spent > 0))


def test_years_and_thousands_are_told_apart():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"year": rng.integers(1990, 2020, N), "paid": rng.integers(0, 20_000, N)})
    assert slices(NOISE * np.where(table.year >= 2010, 4, 1), table)[0].words in (
        "year at least 2009", "year at least 2010", "year at least 2011",
    )  # fmt: skip
    assert slices(NOISE * np.where(table.paid >= 15_000, 4, 1), table)[0].words == "paid at least 15,000"
