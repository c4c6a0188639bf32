"""The explain panel without a kernel: what it shows, against explanations and predictions, and what it does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from explain_stage import N_ROWS, Sent, hear, opened, settle, table
from IPython.core.interactiveshell import InteractiveShell  # noqa: F401  (its import takes long, once)

import nbreg
from nbreg.explanation.method import METHODS
from nbreg.panels.explain import ExplainPanel
from nbreg.session import SESSION

# The explanation


def test_bars_are_the_importances_of_the_explanation(panel: ExplainPanel, model: nbreg.Regressor):
    for target in ("price", "rent"):
        panel.target = target
        settle(panel)
        explanation = nbreg.explain(model, method="shapley").of_target(target)
        expected, errors = explanation.importance(), explanation.importance_errors()
        bars = panel.summary["bars"]
        assert bars["names"] == list(expected.index)
        np.testing.assert_allclose(bars["values"], expected, rtol=1e-6)
        np.testing.assert_allclose(bars["errors"], errors, rtol=1e-6)
        assert target in bars["measure"]


def test_cards_say_rows_base_value_method_and_gap(panel: ExplainPanel, rows: pd.DataFrame):
    cards = {card["title"]: card for card in panel.summary["cards"]}
    assert cards["Rows explained"]["value"] == str(len(rows))
    assert cards["Method"]["value"] == "shapley"
    assert "exact" in cards["Method"]["context"]
    assert cards["Completeness gap"]["value"].startswith("below 0.0")
    base = panel.explanation_.of_target("price").base_values[0]
    assert float(cards["Base value"]["value"].replace(",", "")) == pytest.approx(base, rel=0.01)


def test_it_becomes_the_regressors_explanation(panel: ExplainPanel, model: nbreg.Regressor):
    again = opened(model)
    assert model.explanation_ is again.explanation_
    again.close()


def test_methods_say_why_they_cannot_be_used(model: nbreg.Regressor, rows: pd.DataFrame):
    panel = opened(model, data=rows.drop(columns=["price", "rent"]).head(20))
    refusals = {method["name"]: method["refusal"] for method in panel.about["methods"]}
    assert set(refusals) == {"auto", *METHODS}
    assert refusals["permutation_importance"] == "the table lacks the true targets"
    assert refusals["deep_shap"] == ""
    assert panel.worst == {}
    assert ("Observed", "not known") in [(each["label"], each["text"]) for each in panel.chosen["figures"]]
    panel.close()


def test_another_method_explains_anew_and_tells_its_gap(model: nbreg.Regressor):
    panel = opened(model)
    panel.method = "gradient_x_input"
    settle(panel)
    assert panel.explanation_.method == "gradient_x_input"
    expected = nbreg.explain(model, method="gradient_x_input")
    np.testing.assert_allclose(panel.explanation_.values, expected.values, rtol=1e-5, atol=1e-5)
    assert "less than" in panel.summary["gap"]
    hear(panel, "choose", method="saliency")
    assert "do not add up" in panel.summary["gap"]
    assert panel.summary["cards"][-1]["title"] == "Completeness"
    assert "shapley" in panel.chosen["method"]  # a waterfall takes what adds up
    panel.close()


def test_explanation_options_are_those_of_explain(model: nbreg.Regressor):
    panel = opened(model, rows=10, background=5, seed=3, method="deep_shap", target="rent")
    expected = nbreg.explain(model, rows=10, background=5, seed=3, method="deep_shap")
    np.testing.assert_allclose(panel.explanation_.values, expected.values, rtol=1e-6)
    np.testing.assert_array_equal(panel.explanation_.rows, expected.rows)
    assert panel.target == "rent"
    assert "--rows 10" in panel.line
    assert "background=5" in panel.code
    panel.close()


def test_a_group_plays_as_one_and_its_columns_change_alone(model: nbreg.Regressor):
    panel = opened(model, group=(("area", "rooms"),))
    assert "area + rooms" in panel.summary["bars"]["names"]
    panel.set(rooms=6)
    step = next(step for step in panel.chosen["steps"] if step["name"] == "area + rooms")
    assert step["changed"]
    hear(panel, "choose", feature="area")  # one of a group: it is the group that is chosen
    assert "has no one value" in panel.trouble
    panel.close()


# One feature


def test_points_are_the_attributions_by_value(panel: ExplainPanel, rows: pd.DataFrame):
    sent = Sent(panel)
    hear(panel, "choose", feature="rooms")
    message, (x, y, numbers, _) = sent.last("cloud")
    explanation = panel.explanation_.of_target("price")
    at = explanation.feature_names.index("rooms")
    order = numbers.view(np.int32)
    np.testing.assert_allclose(x, rows["rooms"].to_numpy()[order])
    np.testing.assert_allclose(y, explanation.values[:, at], rtol=1e-5)
    assert message["about"]["feature"] == "rooms"
    assert message["about"]["y"]["low"] <= y.min() < y.max() <= message["about"]["y"]["high"]


def test_levels_stand_in_columns(panel: ExplainPanel, rows: pd.DataFrame):
    sent = Sent(panel)
    hear(panel, "choose", feature="city")
    message, (x, _, numbers, _) = sent.last("cloud")
    names = [text for _, text in message["about"]["x"]["ticks"]]
    assert names == ["Lyon", "Nice", "Paris"]
    assert [names[round(place)] for place in x] == list(rows["city"].iloc[numbers.view(np.int32)])


def test_at_most_two_thousand_points_go_to_the_page():
    rng = np.random.default_rng(1)
    many = pd.DataFrame(rng.normal(size=(4_000, 2)), columns=["a", "b"])
    many["y"] = many.a + many.b
    model = nbreg.fit(many, target="y", epochs=1, hidden=(4,))
    panel = opened(model, data=many, rows=3_000, method="gradient_x_input")
    sent = Sent(panel)
    hear(panel, "hello")
    _, arrays = sent.last("cloud")
    assert {len(each) for each in arrays} == {2_000}
    assert len(panel.explanation_) == 3_000
    panel.close()


def test_a_large_table_is_explained_in_part_unless_asked_otherwise(model: nbreg.Regressor):
    panel = opened(model, data=pd.concat([table()] * 2, ignore_index=True), method="gradient_x_input")
    assert len(panel.explanation_) == 500
    assert panel.line.startswith("%nnreg explain DATA --method gradient_x_input --rows 500")
    assert panel.about["n_rows"] == 2 * N_ROWS
    panel.row = 2 * N_ROWS - 1  # a row that may be none of those explained
    settle(panel)
    assert panel.chosen["row"] == 2 * N_ROWS - 1
    panel.close()


@pytest.mark.parametrize("kind", ["pdp", "ale"])
def test_curves_are_effects(panel: ExplainPanel, model: nbreg.Regressor, kind: str):
    sent = Sent(panel)
    hear(panel, "choose", look=kind)
    message, (x, y, spread, shares) = sent.last("curve")
    expected = nbreg.effect(model, "area", kind=kind, target="price")
    np.testing.assert_allclose(x, expected.axes[0].numbers, rtol=1e-6)
    np.testing.assert_allclose(y, expected.values, rtol=1e-5, atol=1e-5)
    assert np.isnan(spread).all() == (expected.spread is None)
    assert shares.sum() == pytest.approx(1)
    assert message["about"]["measure"] == expected.measure("price")


def test_a_new_view_is_told_what_traits_do_not_carry(panel: ExplainPanel):
    panel.choose(look="ale")
    settle(panel)
    sent = Sent(panel)
    hear(panel, "hello")
    assert {"cloud", "marks", "curve"} <= set(sent.kinds())


# One row


def test_the_waterfall_is_that_of_the_explanation(panel: ExplainPanel, model: nbreg.Regressor, rows: pd.DataFrame):
    explanation = nbreg.explain(model, method="shapley").of_target("price")
    steps = {step["name"]: step["value"] for step in panel.chosen["steps"]}
    expected = dict(zip(explanation.feature_names, explanation.values[3], strict=True))
    assert steps == pytest.approx(expected, rel=1e-5, abs=1e-4)
    assert panel.chosen["base"]["value"] == pytest.approx(explanation.base_values[3], rel=1e-6)
    prediction = float(model.predict(rows)[3, 0])
    assert panel.chosen["prediction"]["value"] == pytest.approx(prediction, rel=1e-5)
    assert panel.chosen["steps"][-1]["to"] == pytest.approx(prediction, rel=1e-5)
    figures = {each["label"]: each["text"] for each in panel.chosen["figures"]}
    assert float(figures["Observed"].replace(",", "")) == pytest.approx(rows["price"].iloc[3], rel=0.01)


def test_what_if_predicts_and_explains_the_changed_row(panel: ExplainPanel, model: nbreg.Regressor, rows: pd.DataFrame):
    panel.set(area=120.5, city="Nice", new=True, sold="2021-03-04")
    changed = rows.iloc[[3]].assign(area=120.5, city="Nice", new=True, sold=pd.Timestamp("2021-03-04"))
    assert panel.chosen["prediction"]["value"] == pytest.approx(float(model.predict(changed)[0, 0]), rel=1e-5)
    expected = nbreg.what_if(model, 3, dict(panel.changes), rows, method="shapley").explanation.of_target("price")
    steps = {step["name"]: step["value"] for step in panel.chosen["steps"]}
    wanted = dict(zip(expected.feature_names, expected.values[1], strict=True))
    assert steps == pytest.approx(wanted, rel=1e-5, abs=1e-4)
    was = {each["label"]: each["text"] for each in panel.chosen["figures"]}["It was"]
    assert float(was.replace(",", "")) == pytest.approx(float(model.predict(rows)[3, 0]), rel=0.01)
    marked = {step["name"] for step in panel.chosen["steps"] if step["changed"]}
    assert marked == set(panel.changes)


def test_a_value_beyond_the_train_rows_is_told(panel: ExplainPanel):
    panel.set(area=900)
    assert "outside the train rows" in panel.chosen["notices"][0]
    panel.set(area=100, city="Marseille")
    assert 'None of the train rows has city "Marseille"' in panel.chosen["notices"][0]


def test_changes_are_taken_back(panel: ExplainPanel):
    own = panel.chosen["own"]
    panel.set(area=50, rooms=6, city="Nice" if own["city"] != "Nice" else "Lyon")
    hear(panel, "reset", names=["area"])
    assert set(panel.changes) == {"rooms", "city"}
    assert panel.chosen["values"]["area"] == own["area"]
    hear(panel, "reset")
    assert panel.changes == {}
    assert panel.chosen["values"] == own
    panel.set(rooms=own["rooms"])  # what is so already is no change
    assert panel.changes == {}


def test_another_row_begins_as_it_is(panel: ExplainPanel, rows: pd.DataFrame):
    panel.set(area=50)
    panel.row = 5
    settle(panel)
    assert panel.changes == {}
    assert panel.chosen["values"]["area"] == pytest.approx(rows["area"].iloc[5])


def test_a_slider_that_moves_is_answered_with_where_it_stops(panel: ExplainPanel, model: nbreg.Regressor):
    serial = panel.chosen["serial"]
    for area in np.linspace(40, 190, 200):
        panel._handle_custom_msg({"kind": "set", "name": "area", "value": float(area)}, [])
    settle(panel)
    assert panel.chosen["changes"] == {"area": 190.0}
    assert panel.chosen["serial"] - serial < 200  # of the places on the way only some were computed


def test_the_chosen_row_stands_in_the_plot_where_it_is_now(panel: ExplainPanel):
    panel.set(area=111.0)
    step = next(step for step in panel.chosen["steps"] if step["name"] == "area")
    assert panel.chosen["place"] == {"x": 111.0, "y": pytest.approx(step["value"])}


def test_controls_are_of_the_columns_kinds(panel: ExplainPanel, rows: pd.DataFrame):
    controls = {control["name"]: control for control in panel.about["controls"]}
    assert {name: control["kind"] for name, control in controls.items()} == {
        "area": "number", "rooms": "number", "city": "category", "new": "boolean", "sold": "date",
    }  # fmt: skip
    low, high = rows["area"].quantile([0.01, 0.99])
    assert controls["area"]["low"] == pytest.approx(low, abs=controls["area"]["step"])
    assert controls["area"]["high"] == pytest.approx(high, abs=controls["area"]["step"])
    assert controls["rooms"]["step"] == 1
    assert controls["city"]["levels"] == ["Lyon", "Nice", "Paris"]
    assert controls["sold"]["low"] == str(rows["sold"].min().date())


# Where it fails


def test_worst_rows_and_slices(panel: ExplainPanel, model: nbreg.Regressor, rows: pd.DataFrame):
    residuals = rows["price"].to_numpy() - model.predict(rows)[:, 0]
    expected = np.argsort(-np.abs(residuals), kind="stable")[:10]
    assert [each["row"] for each in panel.worst["rows"]] == list(expected)
    for each in panel.worst["rows"][:3]:
        text = each["texts"][2].replace("−", "-").replace(",", "")
        assert float(text) == pytest.approx(residuals[each["row"]], rel=0.06)


def test_a_slices_rows_are_marked_and_listed():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=3_000), "kind": rng.choice(["x", "y", "z"], 3_000, p=[0.1, 0.4, 0.5])})
    frame["y"] = frame.a + rng.normal(size=3_000) * np.where(frame.kind == "x", 5, 0.1)
    model = nbreg.fit(frame, target="y", epochs=3, hidden=(8,))
    panel = opened(model)
    rows = model.data_.frame_of("test").to_native()
    assert "kind = x" in panel.worst["slices"][0]["words"]
    sent = Sent(panel)
    hear(panel, "mark", number=0)
    _, (marks,) = sent.last("marks")
    hear(panel, "hello")
    _, (_, _, numbers, _) = sent.last("cloud")
    np.testing.assert_array_equal(marks.astype(bool), rows["kind"].to_numpy()[numbers.view(np.int32)] == "x")
    assert {rows["kind"].iloc[each["row"]] for each in panel.worst["marked"]} == {"x"}
    panel.close()


# The code


def run_code(panel: ExplainPanel, model: nbreg.Regressor) -> dict[str, Any]:
    names: dict[str, Any] = {"model": model}
    exec(panel.code.replace("SESSION.latest", "model"), names)
    return names


def test_the_code_gives_the_same_numbers(panel: ExplainPanel, model: nbreg.Regressor):
    panel.set(area=77.0, new=True, sold="2021-05-06")
    names = run_code(panel, model)
    np.testing.assert_array_equal(names["explanation"].values, panel.explanation_.values)
    predicted = names["changed"].explanation.of_target("price").predictions[1]
    assert predicted == pytest.approx(panel.chosen["prediction"]["value"], rel=1e-6)


def test_the_lines_of_magic_say_what_is_shown(panel: ExplainPanel, model: nbreg.Regressor):
    from nbreg.magics.parsing import parse

    SESSION.add(model)
    panel.set(area=77.0, city="Nice", new=True)
    explain, what_if = (parse(line.removeprefix("%nnreg ")) for line in panel.line.splitlines())
    assert explain.options.get("method", "auto") == "auto"
    assert what_if.arguments["row"] == 3
    assert dict(what_if.options["set"]) == {"area": "77.0", "city": "Nice", "new": "true"}
