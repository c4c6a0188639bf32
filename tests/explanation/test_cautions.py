"""Cautions: features that go together, and mixed rows that look like no row of the data."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import spearmanr

import nbreg
from nbreg.explanation.any_predictor import AnyPredictor
from nbreg.explanation.going_together import (
    FEWEST_ROWS,
    MOST_COLUMNS,
    going_together,
    sets_together,
    strongest_rank_correlations,
)
from nbreg.explanation.mixed_rows import mixed_rows
from nbreg.explanation.players import Players

N = 600


@pytest.fixture(scope="module")
def rng():
    return np.random.default_rng(7)


def notices_of(table, method="shapley", **options):
    """Return what an explanation of a little trained network says about these features."""
    table = table.assign(y=np.random.default_rng(0).normal(size=len(table)) + table.iloc[:, 0].astype(float))
    regressor = nbreg.fit(table, target="y", epochs=1, network="perceptron", test_fraction=0.5)
    return nbreg.explain(regressor, method=method, **options).notices


def one_column_each(names):
    return Players(tuple((name,) for name in names), tuple((i,) for i in range(len(names))))


def said_of(numbers, names, attributions=None):
    values = np.ones((5, len(names), 1)) if attributions is None else attributions
    return going_together(numbers, np.arange(len(names), dtype=np.int32), one_column_each(names), values)


def test_a_column_and_its_double_go_together(rng):
    table = pd.DataFrame(rng.normal(size=(N, 3)), columns=["carat", "depth", "table"])
    (notice, *_) = notices_of(table.assign(x=2 * table.carat**3 + 1))
    assert notice == (
        "carat and x go together (rank correlation 1.00): their attributions are shared out between them; "
        '--group "carat,x" explains them as one.'
    )


def test_columns_of_one_group_are_no_longer_told_of(rng):
    table = pd.DataFrame(rng.normal(size=(N, 3)), columns=["carat", "depth", "table"])
    assert notices_of(table.assign(x=table.carat), group="carat,x") == ()


@pytest.mark.parametrize("method", ["shapley", "saliency"])
def test_of_independent_columns_nothing_is_said(rng, method):
    table = pd.DataFrame(rng.normal(size=(N, 4)), columns=list("abcd"))
    assert notices_of(table.assign(level=rng.choice(["low", "mid", "high"], N)), method) == ()


def test_a_category_can_go_together_with_a_number(rng):
    table = pd.DataFrame(rng.normal(size=(N, 3)), columns=list("abc"))
    table["sign"] = np.where(table.a > 0, "plus", "minus")
    correlation = spearmanr(table.a, table.a > 0).statistic  # near 0.87
    (notice, *_) = notices_of(table)
    assert notice.startswith("a and sign go together (rank correlation 0.8")
    assert abs(float(notice.split("rank correlation ")[1][:4]) - correlation) < 0.02  # on other rows


def test_strongest_rank_correlation_of_any_two_columns_of_two_players(rng):
    numbers = rng.normal(size=(80, 5)) @ rng.normal(size=(5, 5))
    numbers[:, 4] = np.round(numbers[:, 4])  # ties
    rho = np.abs(spearmanr(numbers).statistic)
    strongest = strongest_rank_correlations(numbers, np.array([0, 0, 1, 2, 2], np.int32), 3)
    expected = [[0, max(rho[0, 2], rho[1, 2]), rho[:2, 3:].max()], [0, 0, rho[2, 3:].max()], [0, 0, 0]]
    assert_allclose(strongest, np.add(expected, np.transpose(expected)), rtol=1e-12)


def test_sets_are_tied_by_strong_correlations_the_closest_first():
    strongest = np.zeros((6, 6))
    for i, j, rho in [(0, 4, 0.85), (1, 2, 0.95), (2, 3, 0.81), (4, 5, 0.8)]:  # 0.8 is not above 0.8
        strongest[i, j] = strongest[j, i] = rho
    assert sets_together(strongest) == [((1, 2, 3), 0.81, 0.95), ((0, 4), 0.85, 0.85)]


def test_several_sets_are_named_in_one_sentence_each_and_many_shortened(rng):
    a, b = rng.normal(size=(2, 200, 1))
    numbers = np.hstack([np.tile(a, 7), b, -b])
    (said,) = said_of(numbers, [f"a{i}" for i in range(7)] + ["b", "c"])
    assert said.startswith("a0, a1, a2, a3, a4 and 2 more go together (rank correlation 1.00): ")
    assert said.endswith("group them to have them explained as one. So do b and c (rank correlation 1.00).")


def test_more_sets_than_can_be_named_are_counted(rng):
    numbers = np.repeat(rng.normal(size=(200, 8)), 2, axis=1)
    (said,) = said_of(numbers, [f"f{i}" for i in range(16)])
    assert said.count("rank correlation") == 5
    assert said.endswith("; and 3 more sets.")


def test_few_rows_and_constant_columns_say_nothing(rng):
    doubled = np.repeat(rng.normal(size=(FEWEST_ROWS, 1)), 2, axis=1)
    assert said_of(doubled[:-1], "ab") == ()
    assert said_of(np.ones((100, 2)), "ab") == ()
    assert len(said_of(doubled, "ab")) == 1


def test_of_very_many_columns_those_that_count_are_looked_at(rng):
    n = MOST_COLUMNS + 300
    numbers = rng.normal(size=(100, n))
    numbers[:, -1] = numbers[:, -2]  # both count
    numbers[:, 1] = numbers[:, 0]  # both do not
    attributions = np.ones((3, n, 2)) * np.arange(n)[None, :, None]
    (said,) = said_of(numbers, [f"f{i}" for i in range(n)], attributions)
    assert said.startswith(f"f{n - 2} and f{n - 1} go together")
    assert "So do" not in said


@pytest.fixture(scope="module")
def circle(rng):
    """Return rows on a circle: each column is unrelated to the other by rank, but few pairs of values can be."""
    angle = rng.uniform(0, 2 * np.pi, 1_000)
    return pd.DataFrame({"east": np.cos(angle), "north": np.sin(angle)})


def test_mixed_rows_off_the_data_are_told_in_whole_per_cent(circle):
    (notice,) = notices_of(circle)
    share = int(notice.split(" %")[0])
    assert 80 <= share <= 100  # a mixed row is nearly never on the circle
    assert " of the mixed rows that stand for unknown features look like no row of the data" in notice


def test_methods_that_mix_no_rows_are_not_blamed_for_them(circle):
    assert notices_of(circle, "saliency") == ()


def test_functions_get_cautions_from_their_columns_of_numbers(circle):
    table = circle.assign(copy=circle.east, name="x", gone=np.nan, wild=np.inf)
    table.loc[:20, "north"] = np.nan
    notices = nbreg.explain(lambda rows: rows["east"], table, rows=300, rounds=1).notices
    assert notices[1].startswith("east and copy go together (rank correlation 1.00)")
    assert int(notices[2].split(" %")[0]) > 30  # text, gaps and infinite numbers tell nothing


def test_mixed_rows_have_some_players_of_one_row_and_some_of_another(rng):
    table = pd.DataFrame(rng.normal(size=(50, 6)), columns=list("abcdef"))
    explained = AnyPredictor(lambda rows: rows["a"], table.columns, [("b", "c")])
    points = explained.points(nbreg.data.frames.as_frame(table))
    origins = mixed_rows(explained, points, seed=1)  # a player's number is the row that it is from
    n_origins = np.array([len(set(row)) for row in origins])
    assert (n_origins <= 2).all()
    assert (n_origins == 2).mean() > 0.9  # else one row was drawn twice
    assert len(np.unique(origins)) == 50
