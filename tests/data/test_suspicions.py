"""Columns that had better not be learned from, and those that are fine."""

import time

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.linear_model import LinearRegression

from nbreg.data.dataset import prepare
from nbreg.data.demo import demo_names, demo_table
from nbreg.data.frames import as_frame
from nbreg.data.spec import DataSpec
from nbreg.data.suspicions import correlation, ranks, suspicions

N = 1_000
TARGETS = {
    "diabetes": ["target"], "linnerud": ["Weight", "Waist", "Pulse"], "diamonds": ["price"], "ames": ["Sale_Price"],
    "concrete": ["compressive_strength"], "co2": ["co2"],
    "meats": ["water", "fat", "protein"], "chicago": ["ridership"],
    "weather": ["temp"], "caschools": ["read", "math"],
}  # fmt: skip


def rng(seed=0):
    return np.random.default_rng(seed)


def found(columns, target):
    """Return the suspicions about columns that stand beside one of noise."""
    frame = pd.DataFrame({"noise": rng(99).normal(size=len(target)), **columns})
    return suspicions(as_frame(frame), np.asarray(target, float)[:, None], ["price"])


def test_correlations_are_those_of_scipy():
    x, y = rng().normal(size=200).round(1), rng(1).exponential(size=200)
    y = y + x
    assert correlation(x, y) == pytest.approx(stats.pearsonr(x, y).statistic, rel=1e-12)
    assert correlation(ranks(x), ranks(y)) == pytest.approx(stats.spearmanr(x, y).statistic, rel=1e-12)
    assert correlation(np.full(200, 1e15 + 0.1), y) == 0


@pytest.mark.parametrize(
    ("words", "copy"),
    [
        ("correlation", lambda y, noise: 2 * y + 0.02 * noise),
        ("correlation −0.99", lambda y, noise: -y + 0.08 * noise),
        ("with its logarithm", lambda y, noise: np.log(y) + 0.01 * noise),
        ("rank correlation", lambda y, noise: 1 / (1 + np.exp(-20 * (y - 1)))),
    ],
)
def test_a_near_copy_of_the_target_is_a_leak(words, copy):
    y = rng(1).lognormal(sigma=0.8, size=N)
    suspicion = found({"copy": copy(y, rng(2).normal(size=N))}, y)["copy"]
    assert suspicion.kind == "leak"
    assert words in suspicion.sentence
    assert '"copy"' in suspicion.sentence
    assert "--features" in suspicion.sentence


def test_a_good_feature_is_no_leak():
    x = rng().normal(size=N)
    y = x + 0.15 * rng(1).normal(size=N)  # R² 0.98: better than most features ever are
    assert LinearRegression().fit(x[:, None], y).score(x[:, None], y) > 0.97
    assert found({"x": x, "x2": x**2}, y) == {}


def test_one_far_point_makes_no_copy():
    x, y = rng().normal(size=N), rng(1).normal(size=N)
    x[3] = y[3] = 1e6
    assert stats.pearsonr(x, y).statistic > 0.999
    assert found({"x": x}, y) == {}


@pytest.mark.parametrize("levels", [lambda code: np.array([f"c{i}" for i in code]), lambda code: (code * 7919) % 40])
def test_levels_that_tell_the_target_are_a_leak(levels):
    code = rng().integers(0, 40, N)
    y = rng(1).normal(size=40)[code] + 0.01 * rng(2).normal(size=N)
    suspicion = found({"code": levels(code)}, y)["code"]
    assert suspicion.kind == "leak"
    assert "by itself" in suspicion.sentence


def test_levels_that_tell_most_but_not_all_are_no_leak():
    code = rng().integers(0, 40, N)
    y = rng(1).normal(size=40)[code] + 0.15 * rng(2).normal(size=N)
    assert found({"code": code.astype(str)}, y) == {}


def test_rows_that_are_there_ten_times_are_no_leak():
    table = pd.DataFrame(rng().normal(size=(100, 3)), columns=list("abc")).iloc[np.repeat(np.arange(100), 10)]
    y = np.repeat(rng(1).normal(size=100), 10)
    assert suspicions(as_frame(table), y[:, None], ["y"]) == {}


def test_many_levels_without_rows_to_tell_by_are_no_leak():
    y = rng(1).normal(size=N)
    assert found({"code": np.repeat(np.arange(N // 2), 2).astype(str)}, np.repeat(y[: N // 2], 2)) == {}


@pytest.mark.parametrize(
    "numbers",
    [
        np.arange(N),
        rng().permutation(N) + 17,
        rng().permutation(N)[: int(0.6 * N)],
        np.sort(rng().choice(10 * N, N, replace=False)),
        np.arange(N, dtype=float) * 10,
    ],
)
def test_numbers_that_count_rows_are_an_identifier(numbers):
    (suspicion,) = found({"id": numbers}, rng(1).normal(size=len(numbers))).values()
    assert suspicion.kind == "identifier"
    assert '"id"' in suspicion.sentence


@pytest.mark.parametrize(
    "values",
    [
        rng().normal(size=N),
        np.sort(rng().normal(size=N)),
        rng().integers(0, 500, N),
        np.sort(rng().integers(0, 10**6, N)),  # some come twice
        np.sort(np.round(rng().lognormal(10, 2, size=N)) * 10 + np.arange(N)),  # towns by their inhabitants
        pd.date_range("2020", periods=N, freq="h"),
        rng().choice(["a", "b"], N),
        1000 * rng().integers(0, 2, N),
    ],
)
def test_what_is_no_identifier(values):
    assert found({"x": values}, rng(1).normal(size=N)) == {}


def test_years_are_no_identifier_and_time_is_no_leak():
    y = np.arange(60.0) ** 2
    when = pd.date_range("1960", periods=60, freq="YS")
    said = found({"year": np.arange(1960, 2020), "when": when}, rng(1).normal(size=60))
    assert said == {}
    assert "when" not in found({"when": when}, y)


def test_text_that_differs_in_nearly_every_row_is_an_identifier_in_small_and_large_tables():
    names = np.array([f"name {i}" for i in range(60_000)])
    often = np.array([f"name {i % 20_000}" for i in range(60_000)])  # a sample hardly shows it
    said = found({"name": names, "often": often}, rng().normal(size=60_000))
    assert {name: each.kind for name, each in said.items()} == {"name": "identifier"}


def test_the_only_feature_is_never_suspicious():
    y = rng().normal(size=N)
    assert suspicions(as_frame(pd.DataFrame({"x": y})), y[:, None], ["y"]) == {}


@pytest.mark.parametrize("name", sorted(demo_names()))
def test_no_demo_table_gives_a_false_alarm(name):
    data = prepare(demo_table(name), DataSpec(target=TARGETS[name]))
    assert not [said for said in data.notices if "copy" in said or "by itself" in said or "number the rows" in said]


def test_a_fit_tells_of_leaks_and_identifiers_but_of_text_only_once():
    y = rng().normal(size=N)
    table = pd.DataFrame({"x": rng(1).normal(size=N), "copy": y * 2, "id": np.arange(N), "price": y,
                          "name": [f"n{i}" for i in range(N)]})  # fmt: skip
    notices = prepare(table, DataSpec(target="price")).notices
    assert sum('"copy" is nearly a copy of price' in each for each in notices) == 1
    assert sum('"id" seems to number the rows' in each for each in notices) == 1
    assert sum('"name"' in each for each in notices) == 1


def test_suspicions_rest_on_train_rows_alone():
    y = rng().normal(size=N)
    data = prepare(pd.DataFrame({"x": rng(1).normal(size=N), "price": y}), DataSpec(target="price"))
    copy = np.where(np.isin(np.arange(N), data.rows.train), rng(2).normal(size=N), y)
    table = pd.DataFrame({"x": rng(1).normal(size=N), "copy": copy, "price": y})
    assert prepare(table, DataSpec(target="price")).notices == ()


def test_a_large_table_takes_no_longer_than_its_sample():
    n = 400_000
    table = pd.DataFrame(rng().normal(size=(n, 30)), columns=[f"x{i}" for i in range(30)])
    start = time.thread_time()
    assert suspicions(as_frame(table), rng(1).normal(size=(n, 1)), ["y"]) == {}
    assert time.thread_time() - start < 2  # 0.05 s of a quiet processor
