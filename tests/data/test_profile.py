"""What each column of a table holds."""

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import nbreg
from nbreg.errors import DataError

N = 400


def table():
    rng = np.random.default_rng(0)
    held = pd.DataFrame(
        {
            "size": rng.normal(100, 10, N),
            "rooms": rng.integers(1, 6, N),
            "kind": rng.choice(["flat", "house", "castle"], N, p=[0.6, 0.3, 0.1]),
            "is new": rng.random(N) < 0.25,
            "sold": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 200, N), "D"),
        }
    )
    held["price"] = held["size"] * 3 + rng.normal(size=N) * 20
    held.loc[held.index[:100], "size"] = np.nan
    return held


@pytest.fixture(params=["pandas", "polars", "pyarrow"])
def any_table(request):
    make = {"pandas": lambda df: df, "polars": pl.from_pandas, "pyarrow": pa.Table.from_pandas}[request.param]
    return make(table())


def test_what_is_held_is_the_same_of_any_make(any_table):
    profile, frame = nbreg.profile(any_table, target="price"), table()
    assert [each.name for each in profile.columns] == list(frame.columns)
    assert [each.kind for each in profile.columns] == ["number", "number", "category", "boolean", "date", "number"]
    assert [each.n_missing for each in profile.columns] == frame.isna().sum().tolist()
    assert [each.n_distinct for each in profile.columns] == frame.nunique().tolist()
    assert profile.target == ("price",)
    assert profile.warnings == ()
    assert repr(profile) == repr(nbreg.profile(frame, "price"))
    assert profile.to_html() == nbreg.profile(frame, "price").to_html()


def test_levels_and_bins_count_what_pandas_counts():
    profile, frame = nbreg.profile(table()), table()
    assert dict(profile.column("kind").levels) == frame["kind"].value_counts().to_dict()
    assert profile.column("rooms").counts == tuple(frame["rooms"].value_counts().sort_index())
    assert profile.column("is new").counts == tuple(frame["is new"].value_counts().sort_index())
    size = profile.column("size")
    edges = np.linspace(*size.bounds, len(size.counts) + 1)
    assert size.counts == tuple(np.histogram(frame["size"].dropna(), edges)[0])
    assert sum(size.counts) + size.n_outside == 300
    assert (profile.column("sold").low, profile.column("sold").high) == ("2024-01-01", str(frame["sold"].max().date()))


def test_one_outlier_does_not_flatten_the_bars():
    values = np.append(np.random.default_rng(0).normal(size=999), 1e9)
    column = nbreg.profile(pd.DataFrame({"x": values, "y": values})).column("x")
    assert column.n_outside >= 1
    assert sum(count > 10 for count in column.counts) > 8
    assert column.high == "1 bn"


def test_few_other_values_are_seen_beside_one_that_most_rows_have():
    values = np.zeros(1000)
    values[:5] = [1, 2, 3, 4, 5]
    assert nbreg.profile(pd.DataFrame({"x": values, "y": 1})).column("x").counts == (995, 1, 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("suspicion", "values"),
    [
        ("constant", np.ones(N)),
        ("constant", ["one"] * N),
        ("mostly missing", np.where(np.arange(N) % 4, np.nan, np.random.default_rng(0).normal(size=N))),
        ("mostly missing", [None] * N),
        ("identifier", np.arange(N)),
        ("identifier", [f"house {i}" for i in range(N)]),
        ("leak", table()["price"] * 1.19),
        ("", np.where(np.arange(N) % 4, np.random.default_rng(0).normal(size=N), np.nan)),
        ("", np.where(np.arange(N) % 4, 1.0, np.nan)),
    ],
)
def test_what_is_warned_of(suspicion, values):
    column = nbreg.profile(table().assign(odd=values), target="price").column("odd")
    assert column.suspicion == suspicion
    assert bool(column.warning) == bool(suspicion)
    assert suspicion == "" or '"odd"' in column.warning


def test_infinite_and_unreadable_values_are_told_not_refused():
    profile = nbreg.profile(table().assign(far=[np.inf, *np.arange(N - 1) % 7], lists=[[1]] * N))
    assert "1 infinite value" in profile.column("far").warning
    assert profile.column("far").high == "6"
    assert profile.column("lists").kind == "unreadable"
    assert "lists" in profile.column("lists").warning


def test_targets_are_warned_of_as_targets():
    frame = table().assign(price=np.where(np.arange(N) < 3, np.nan, table()["price"]))
    column = nbreg.profile(frame, "price").column("price")
    assert column.role == "target"
    assert "3 rows" in column.warning
    with pytest.raises(DataError, match="Did you mean"):
        nbreg.profile(frame, "prize")
    with pytest.raises(DataError, match="not numeric"):
        nbreg.profile(frame, "kind")


def test_large_tables_are_sampled_but_gaps_and_ranges_are_exact():
    n = 50_000
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=n), "few": rng.integers(0, 900, n), "y": rng.normal(size=n)})
    frame.loc[:6, "x"] = np.nan
    frame.loc[9, "y"] = 77.0
    profile = nbreg.profile(nw.from_native(frame), "y")
    assert (profile.n_rows, profile.n_sampled) == (n, 20_000)
    assert profile.column("x").n_missing == 7
    assert profile.column("x").has_more_distinct
    assert (profile.column("few").n_distinct, profile.column("few").has_more_distinct) == (900, False)
    assert profile.column("y").high == "77"
    assert "20,000 rows drawn at random" in repr(profile)
    assert repr(profile) == repr(nbreg.profile(frame, "y"))


def test_an_unknown_column_is_one_line():
    with pytest.raises(DataError, match=r'no column "sise".* Did you mean "size"'):
        nbreg.profile(table()).column("sise")


def test_a_file_and_an_array_are_tables_too(tmp_path):
    table().to_csv(tmp_path / "houses.csv", index=False)
    assert nbreg.profile(tmp_path / "houses.csv").column("sold").kind == "date"
    assert [each.name for each in nbreg.profile(np.ones((5, 2))).columns] == ["x0", "x1"]


def test_the_card_marks_warnings_escapes_names_and_says_its_pictures():
    frame = table().assign(**{"<b>": table()["price"] * 2})
    profile = nbreg.profile(frame, "price")
    bundle = profile._repr_mimebundle_()
    assert bundle["text/html"].count("⚠") == 2
    assert "<b>" not in bundle["text/html"].replace("<b>price</b>", "")
    assert "&lt;b&gt;" in bundle["text/html"]
    assert bundle["text/html"].count("<svg") == len(profile)
    assert 'aria-label="true 2' in bundle["text/html"]
    assert "! <b>" in bundle["text/plain"]
    assert '"<b>" is nearly a copy of price' in bundle["text/plain"]


def test_a_frame_of_it_has_a_row_for_each_column():
    frame = nbreg.profile(table(), "price").to_frame()
    assert list(frame.index) == list(table().columns)
    assert frame.loc["price", "role"] == "target"
    assert frame.loc["size", "n_missing"] == 100


def test_words_of_values():
    held = {"year": [1999, 2024], "day": pd.to_datetime(["2020-01-01"] * 2), "blank": ["", "x"], "price": [1500, 18823],
            "hour": pd.to_datetime(["2020-01-01 10:00", "2020-01-01 12:30"])}  # fmt: skip
    profile = nbreg.profile(pd.DataFrame(held))
    words = {each.name: (each.low, each.high) for each in profile.columns}
    assert words["year"] == ("1999", "2024")
    assert words["day"] == ("2020-01-01", "2020-01-01")
    assert words["price"] == ("1,500", "18,823")
    assert words["hour"] == ("2020-01-01 10:00", "2020-01-01 12:30")
    assert "(blank) 50 %" in repr(profile)
