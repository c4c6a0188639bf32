"""One row as it is and as it might be."""

import datetime

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import nbreg
from nbreg.errors import DataError, OptionError


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    n = 200
    table = pd.DataFrame(
        {
            "carat": rng.uniform(0.2, 2, n).round(2),
            "rooms": rng.integers(1, 7, n),
            "cut": rng.choice(["Good", "Ideal", "Fair"], n),
            "boxed": rng.random(n) < 0.4,
            "sold": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), "D"),
        }
    )
    return table.assign(price=4000 * table["carat"] + 300 * (table["cut"] == "Ideal"))


@pytest.fixture(scope="module")
def regressor(table):
    return nbreg.fit(table, target="price", epochs=3, hidden=(8,))


@pytest.fixture
def features(table):
    return table.drop(columns="price")


def test_both_rows_are_predicted_and_explained(regressor, features):
    found = nbreg.what_if(regressor, 5, {"carat": 1.2, "cut": "Ideal"}, features)
    changed = features.iloc[[5]].assign(carat=1.2, cut="Ideal")
    both = pd.concat([features.iloc[[5]], changed])
    assert_allclose(found.explanation.predictions, regressor.predict(both), rtol=1e-5)
    assert_allclose(found.explanation.values, nbreg.explain(regressor, both).values, atol=1e-4)
    frame = found.to_frame()
    assert_allclose(frame["new attribution"] - frame["old attribution"], frame["change"])
    assert frame.loc["carat", "new value"] == "1.2"
    assert frame.loc["rooms", "new value"] == frame.loc["rooms", "old value"]
    shares = frame["change"].drop(["(base value)", "(prediction)"])
    assert_allclose(shares.sum(), frame.loc["(prediction)", "change"], atol=1e-3)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("carat", "1.25", 1.25),
        ("rooms", "3", 3),
        ("rooms", "2.5", 2.5),
        ("boxed", "yes", True),
        ("boxed", "false", False),
        ("cut", "Fair", "Fair"),
        ("sold", "2021-02-03", datetime.datetime(2021, 2, 3)),
        ("sold", datetime.date(2021, 2, 3), pd.Timestamp("2021-02-03")),
        ("sold", np.datetime64("2021-02-03"), pd.Timestamp("2021-02-03")),
    ],
)
@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_text_is_read_as_the_column_is(regressor, features, name, text, value, kind):
    rows = features if kind == "pandas" else pytest.importorskip("polars").from_pandas(features)
    found = nbreg.what_if(regressor, 7, {name: text}, rows)
    expected = features.iloc[[7]].assign(**{name: value})
    assert_allclose(found.explanation.predictions[1], regressor.predict(expected)[0], rtol=1e-5)
    foreign = nbreg.what_if(lambda t: regressor.predict(t), 7, {name: text}, features)
    assert_allclose(foreign.explanation.predictions[1], regressor.predict(expected)[0], rtol=1e-5)


def test_the_row_is_of_the_last_explanation_else_of_the_test_rows(table):
    regressor = nbreg.fit(table, target="price", epochs=1, hidden=(4,))
    test_rows = regressor.data_.frame_of("test").to_native()
    found = nbreg.what_if(regressor, 2, {"carat": 1})
    assert_allclose(found.explanation.predictions[0], regressor.predict(test_rows.iloc[[2]])[0], rtol=1e-5)
    explained = nbreg.explain(regressor, table.iloc[50:60])
    found = nbreg.what_if(regressor, 2, {"carat": 1})
    assert_allclose(found.explanation.predictions[0], regressor.predict(table.iloc[[52]])[0], rtol=1e-5)
    assert regressor.explanation_ is explained  # a question aside does not take its place


def test_values_unlike_those_seen_are_told(regressor, features):
    found = nbreg.what_if(regressor, 0, {"carat": 12, "cut": "Idael", "sold": "2031-01-01"}, features)
    said = " ".join(found.notices)
    assert "carat 12 is outside the train rows, which go from" in said
    assert 'None of the train rows has cut "Idael"' in said
    assert 'Did you mean "Ideal"?' in said
    assert "sold 2031-01-01 is outside" in said
    inside = nbreg.what_if(regressor, 0, {"carat": 1, "cut": "Ideal"}, features)
    assert not any("outside" in line or "None of" in line for line in inside.notices)


def test_text_and_page_say_what_changed(regressor, features):
    rows = features.assign(carat=1.0, cut="Good")
    found = nbreg.what_if(regressor, 0, {"carat": 1.5, "cut": "Ideal"}, rows)
    before, after = found.explanation.predictions
    headline = found.headline("price")
    assert headline.endswith("with carat 1 → 1.5 and cut Good → Ideal")
    assert headline.startswith("price: ")
    assert f"({'+' if after > before else '−'}" in headline
    assert "* carat" in repr(found)
    assert "  rooms" in repr(found)
    page = found._repr_mimebundle_()["text/html"]
    assert '<td class="nbreg-best"><b>1.5</b></td>' in page
    assert page.count('<td class="nbreg-best">') == 2
    assert "nbreg-sheet" in page


def test_names_cannot_break_the_page(table, features):
    rows = features.rename(columns={"carat": "<b>carat"})
    found = nbreg.what_if(lambda t: t["<b>carat"], 0, {"<b>carat": 2}, rows)
    assert "<b>carat" not in found.to_html()


def test_a_change_too_small_for_three_digits_is_seen():
    rows = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0.0, 1.0, 5.0]})
    found = nbreg.what_if(lambda t: 50_000 + t["a"], 0, {"a": 21}, rows)
    assert found.headline("prediction") == "prediction: 50,000 → 50,020 (+20) with a 1 → 21"


def test_many_features_are_added_up():
    rng = np.random.default_rng(1)
    rows = pd.DataFrame(rng.normal(size=(30, 40)), columns=[f"x{i}" for i in range(40)])
    found = nbreg.what_if(lambda t: t.sum(axis=1), 3, {"x39": 4}, rows, method="shapley", rounds=1)
    assert "(20 other features)" in repr(found)
    assert "* x39" in repr(found)
    assert_allclose(found.to_frame().loc["x39", "change"], 4 - rows.loc[3, "x39"])


def test_several_targets(features):
    found = nbreg.what_if(lambda t: np.column_stack([t["carat"], -t["carat"]]), 0, {"carat": 3}, features)
    frame = found.to_frame()
    assert_allclose(frame.loc[("prediction_1", "carat"), "change"], -frame.loc[("prediction_2", "carat"), "change"])
    assert "prediction_2:" in repr(found)


@pytest.mark.parametrize(
    ("row", "changes", "said"),
    [
        (0, {"karat": 1}, 'no feature "karat".*"carat"'),
        (0, {"price": 1}, 'no feature "price"'),
        (0, {}, "Say what is to change"),
        (200, {"carat": 1}, "from 0 to 199.*got 200"),
        (-1, {"carat": 1}, "from 0 to 199"),
        ("one", {"carat": 1}, "got one"),
        (0, {"carat": "big"}, "carat takes a number; got 'big'"),
        (0, {"carat": True}, "carat takes a number"),
        (0, {"carat": "inf"}, "carat takes a number"),
        (0, {"boxed": "maybe"}, "boxed takes true or false"),
        (0, {"sold": "soon"}, "sold takes a date, such as"),
        (0, {"carat": None}, "No row of this table has a gap in carat"),
    ],
)
def test_mistakes_are_told(regressor, features, row, changes, said):
    with pytest.raises(OptionError, match=said):
        nbreg.what_if(regressor, row, changes, features)


def test_a_function_needs_rows(regressor):
    with pytest.raises((OptionError, DataError), match="explained on rows"):
        nbreg.what_if(regressor.predict, 0, {"carat": 1})
