"""The study panel without kernel or browser: what is chosen, what a study comes to, and what is refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up_studies import made_up, staged, table
from sklearn.metrics import mean_squared_error, r2_score
from spying import until

import nbreg
from nbreg.errors import DataError, OptionError
from nbreg.magics.parsing import parse
from nbreg.panels.study import StudyPanel
from nbreg.panels.study_following import INTERVAL, StudyFollowing
from nbreg.search.factor import FACTORS, NO_FACTORS
from nbreg.search.study_options import study_options

SMALL: dict[str, Any] = {"target": "price", "hidden": (8,), "epochs": 3, "repeats": 2}


def ask(panel: StudyPanel, kind: str, **more: Any) -> None:
    """Let the panel hear what a view asks."""
    panel._handle_custom_msg({"kind": kind, **more}, [])


def listened(panel: StudyPanel) -> list[tuple[dict[str, Any], np.ndarray]]:
    """Return a list that gets what views are told to have been found, with its numbers."""
    told: list[tuple[dict[str, Any], np.ndarray]] = []

    def take(content: dict[str, Any], buffers: Any = ()) -> None:
        if content["kind"] == "found":
            found = content["found"]
            shape = (len(found["metrics"]), len(found["axis"]["labels"]), found["n_folds"])
            told.append((found, np.frombuffer(buffers[0], np.float32).reshape(shape)))

    panel.send = take
    return told


@pytest.fixture
def df() -> pd.DataFrame:
    return table()


@pytest.fixture(autouse=True)
def notebook(monkeypatch: pytest.MonkeyPatch, df: pd.DataFrame) -> dict[str, Any]:
    """A notebook's names, among them the table `df`."""
    names: dict[str, Any] = {"df": df}
    for module in ("nbreg.panels.study", "nbreg.panels.train_choices"):
        monkeypatch.setattr(f"{module}.notebook_names", lambda: names)
    return names


@pytest.fixture
def opened(df: pd.DataFrame) -> Iterator[Callable[..., StudyPanel]]:
    panels: list[StudyPanel] = []

    def opened(**options: Any) -> StudyPanel:
        panels.append(StudyPanel(df, **{**SMALL, **options}))
        return panels[-1]

    yield opened
    for panel in panels:
        if panel.runs:
            panel.stop()
        until(lambda panel=panel: not panel.runs)
        panel.close()


# Choosing


def test_its_own_choices_come_first_and_the_options_of_a_fit_are_folded(opened: Callable[..., StudyPanel]):
    panel = opened()
    first, *others = panel.form
    assert (first["title"], first["folded"]) == ("Study", False)
    assert [each["name"] for each in first["controls"]][:5] == [
        "target", "factor", "values", "second_factor", "second_values",
    ]  # fmt: skip
    assert [group["title"] for group in others] == ["Data", "Windows", "Network", "Head", "Training"]
    assert all(group["folded"] for group in others)
    names = [each["name"] for group in panel.form for each in group["controls"]]
    assert len(names) == len(set(names))
    assert set(names) == {*study_options(), "factor", "second_factor", "second_values"}
    assert set(StudyPanel.options()) == {*names, "out"}


def test_every_factor_and_every_other_option_can_be_varied_and_says_what_it_asks(opened: Callable[..., StudyPanel]):
    factors = opened().factors
    assert {each["name"] for each in factors if each["own"]} == set(FACTORS)
    assert all(each["asks"].strip() and each["title"] for each in factors)
    assert all(next(each for each in factors if each["name"] == name)["asks"].count("?") == 1 for name in FACTORS)
    others = {each["name"] for each in factors if not each["own"]}
    assert {"dropout", "batch_size", "optimizer"} <= others
    assert not others & set(NO_FACTORS)


def test_what_is_varied_has_no_control_of_its_own(opened: Callable[..., StudyPanel]):
    panel = opened()
    assert "learning_rate" in panel.idle
    panel.choose(factor="dropout")
    assert "learning_rate" not in panel.idle
    assert "dropout" in panel.idle
    assert "second_values" in panel.idle
    panel.choose(second_factor="activation")
    assert {"dropout", "activation"} <= set(panel.idle)
    assert "second_values" not in panel.idle
    assert "test_fraction" not in panel.idle
    panel.choose(folds=3)
    assert "test_fraction" in panel.idle


def test_what_a_factor_is_usually_studied_with_comes_and_goes_with_it(opened: Callable[..., StudyPanel]):
    panel = opened(factor="epochs")
    fixed = FACTORS["epochs"].fixed
    assert {name: panel.choices[name] for name in fixed} == fixed
    assert "--optimizer" not in panel.line
    panel.choose(optimizer="adam")
    assert "--optimizer adam" in panel.line
    assert nbreg.search.study.drafted(data=table(), **panel._chosen.arguments())[0].title == "epochs"
    panel.choose(optimizer="sgd", factor="dropout", values="0,0.5")
    assert panel.choices["optimizer"] == "sgd"
    assert "--optimizer sgd" in panel.line
    panel = opened(factor="epochs")
    panel.choose(factor="dropout")
    defaults = {name: study_options()[name].default for name in fixed}
    assert {name: panel.choices[name] for name in fixed} == defaults


def test_the_usual_values_are_shown_and_how_many_trainings_there_are(opened: Callable[..., StudyPanel]):
    panel = opened()
    until(lambda: panel.summaries)
    assert panel.usual["values"]["values"] == "0.0001, 0.001, 0.01, 0.1, 1"
    assert panel.summaries.get("Study") == "10 trainings"
    panel.choose(values="0.01,0.1", folds=3)
    until(lambda: panel.summaries.get("Study") == "12 trainings")
    panel.choose(factor="data_size")
    assert panel.choices["values"] == ""
    until(lambda: panel.usual["values"]["values"].startswith("33, "))


def test_a_group_that_is_folded_says_which_feature_is_not_to_be_trusted(opened: Callable[..., StudyPanel]):
    panel = opened()  # rent is a copy of the price
    until(lambda: panel.summaries.get("Data") == "⚠ rent")
    panel.choose(features=("area", "rooms"))
    until(lambda: panel.summaries.get("Data") == "")


def test_values_are_looked_at_as_they_are_typed(opened: Callable[..., StudyPanel]):
    panel = opened(factor="hidden_units")
    until(lambda: panel.summaries)
    ask(panel, "try_values", name="values", value="4,x")
    until(lambda: panel.problems)
    assert "the second value, at character 3, is none" in panel.problems["values"]
    assert "got x" in panel.problems["values"]
    assert panel.choices["values"] == ""
    ask(panel, "try_values", name="values", value="4,8")
    until(lambda: not panel.problems)
    with pytest.raises(OptionError, match="got -1"):
        panel.choose(values="4,-1")
    ask(panel, "choose", name="values", value="4")
    assert "has but one" in panel.problems["values"]
    ask(panel, "choose", name="values", value="4,8")
    assert (panel.problems, panel.choices["values"]) == ({}, "4,8")


def test_an_option_without_values_of_its_own_needs_some(opened: Callable[..., StudyPanel]):
    panel = opened(factor="batch_size")
    until(lambda: panel.missing)
    assert panel.missing == "Enter values to try"
    assert "whole number" in panel.usual["values"]["words"]
    panel.choose(values="16,32")
    until(lambda: not panel.missing and panel.summaries)


def test_two_factors_are_two_different_ones_and_one_of_them_may_have_one_value(opened: Callable[..., StudyPanel]):
    panel = opened(factor="hidden_units", second_factor="activation", second_values="relu,tanh")
    until(lambda: panel.summaries.get("Study") == "20 trainings")
    panel.choose(second_values="relu")
    until(lambda: panel.summaries.get("Study") == "10 trainings")
    assert panel.problems == {}
    with pytest.raises(OptionError, match="two different ones"):
        panel.choose(second_factor="hidden_units")
    assert panel.choices["second_factor"] == "activation"


def test_values_of_python_are_written_as_text(df: pd.DataFrame):
    for given, text in [([16, 64], "16,64"), ("16, 64", "16, 64"), ([(64, 32), (8,)], "64,32|8")]:
        panel = StudyPanel(df, target="price", factor="hidden", values=given)
        assert panel.choices["values"] == text
        panel.close()


def test_what_is_missing_and_what_does_not_fit(df: pd.DataFrame, notebook: dict[str, Any]):
    notebook.clear()
    panel = StudyPanel()
    assert panel.missing == "Choose a table"
    notebook["df"] = df
    ask(panel, "choose_table", data="df")
    assert panel.missing == "Choose a target, the column to predict"
    with pytest.raises(DataError, match="Choose a target"):
        panel.run()
    panel.choose(target="price")
    assert panel.missing == ""
    panel.choose(folds=10_000)
    until(lambda: "10000 folds take as many rows" in panel.trouble)
    ask(panel, "stop")
    assert "No study is under way" in panel.trouble
    with pytest.raises(OptionError, match="no study yet"):
        panel.take(0)
    panel.close()


# Line and code


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"values": "0.01,0.1"}, "%nnreg study learning_rate df --target price --values 0.01,0.1 "
         "--repeats 2 --hidden 8 --epochs 3"),
        ({"factor": "hidden", "values": "8|16,8", "jobs": 2, "hidden": (64, 32)},
         '%nnreg study hidden df --target price --values 8|16,8 --repeats 2 --jobs 2 --epochs 3'),
        ({"factor": "hidden_units", "second_factor": "activation", "values": "4,8", "second_values": "relu,tanh"},
         "%nnreg study hidden_units,activation df --target price --values hidden_units=4,8 "
         "--values activation=relu,tanh --repeats 2 --hidden 8 --epochs 3"),
    ],
)  # fmt: skip
def test_the_line_says_what_the_panel_does(
    opened: Callable[..., StudyPanel], df: pd.DataFrame, options: dict[str, Any], line: str
):
    panel = opened(**options)
    assert panel.line.replace('"', "") == line
    parsed = parse(panel.line.removeprefix("%nnreg "))
    drafts = [nbreg.search.study.drafted(parsed.arguments["factor"], df, **parsed.options)[0]]
    names: dict[str, Any] = {"df": df, "nbreg": _Recorder()}
    exec(panel.code, names)
    args, options = names["nbreg"].asked
    drafts.append(nbreg.search.study.drafted(*args, **options)[0])
    drafts.append(nbreg.search.study.drafted(data=df, **panel._chosen.arguments())[0])
    assert len({(each.points, each.title, len(each.table.folds), each.network) for each in drafts}) == 1


class _Recorder:
    """Takes note of what nbreg.study is asked."""

    def study(self, *args: Any, **options: Any) -> None:
        self.asked = args, options


# Running


def test_a_study_fills_and_is_that_of_the_line(
    opened: Callable[..., StudyPanel], df: pd.DataFrame, notebook: dict[str, Any]
):
    panel = opened(values="0.001,0.1", out="rates")
    told = listened(panel)
    panel.run(wait=True)
    study = panel.study_
    assert (panel.state["status"], panel.state["where"], panel.trouble) == ("finished", "4 of 4 trainings", "")
    assert notebook["rates"] is study
    found, numbers = told[-1]
    assert found["axis"] == {"kind": "log", "labels": ["0.001", "0.1"], "positions": [0.001, 0.1]}
    assert [each["title"] for each in found["metrics"]] == ["MSE", "R²"]
    for point, fold in study.outcomes:
        rows, outcome = study.table.folds[fold].test, study.outcomes[point, fold]
        observed = df["price"].to_numpy()[rows]
        expected = [measure(observed, outcome.predicted[:, 0]) for measure in (mean_squared_error, r2_score)]
        np.testing.assert_allclose(numbers[:, point, fold], expected, rtol=1e-5)
    means = [each[0] for each in found["metrics"][0]["means"]]
    np.testing.assert_allclose(means, np.nanmean(numbers[0], axis=1), rtol=1e-5)
    assert panel.words
    by_code = nbreg.study("learning_rate", df, **{**SMALL, "values": "0.001,0.1"})
    pd.testing.assert_frame_equal(
        study.to_frame().drop(columns="seconds"), by_code.to_frame().drop(columns="seconds"), check_exact=True
    )


def test_a_view_that_comes_late_is_told_all(opened: Callable[..., StudyPanel]):
    panel = opened(values="0.001,0.1")
    panel.run(wait=True)
    told = listened(panel)
    ask(panel, "hello")
    assert [row[-1] for row in told[-1][0]["rows"]] == ["2", "2"]


def test_stop_keeps_what_is_done(opened: Callable[..., StudyPanel]):
    panel = opened(values="0.001,0.1", repeats=60, epochs=2)
    panel.run()
    with pytest.raises(OptionError, match="a study under way"):
        panel.run()
    until(lambda: panel.state.get("progress", 0) >= 2)
    panel.stop()
    until(lambda: not panel.runs)
    n_done = len(panel.study_.outcomes)
    assert 2 <= n_done < 120
    assert (panel.state["status"], panel.state["where"]) == ("stopped", f"{n_done} of 120 trainings")
    assert len(panel.study_.to_frame()) == n_done


def test_a_closed_panel_leaves_the_study_to_go_on(opened: Callable[..., StudyPanel]):
    panel = opened(values="0.001,0.1")
    panel.run()
    until(lambda: panel.study_ is not None)
    panel.close()
    until(lambda: not panel.runs)
    assert panel.study_.course.status == "finished"
    assert len(panel.study_.outcomes) == 4


def test_several_panels_work_at_once(opened: Callable[..., StudyPanel]):
    panels = [opened(values="0.001,0.1", seed=seed) for seed in (0, 1)]
    for panel in panels:
        panel.run()
    until(lambda: not any(panel.runs for panel in panels))
    assert [panel.state["status"] for panel in panels] == ["finished", "finished"]
    first, second = (panel.study_.results(0, "mse") for panel in panels)
    assert not np.allclose(first, second)


def test_a_study_of_which_all_trainings_fail_says_why(opened: Callable[..., StudyPanel]):
    panel = opened(values="1e18,1e20", optimizer="sgd", schedule="constant")
    with pytest.raises(DataError, match="All trainings failed: "):
        panel.run(wait=True)
    assert panel.state["error"].startswith("All trainings failed: ")
    assert any("failed on fold 1" in each for each in panel.words)


def test_what_does_not_fit_leaves_the_study_before_in_sight(opened: Callable[..., StudyPanel]):
    panel = opened(values="0.001,0.1")
    panel.run(wait=True)
    panel.choose(folds=10_000)
    with pytest.raises(DataError, match="folds take as many rows"):
        panel.run(wait=True)
    assert panel.state["status"] == "finished"
    assert "folds take as many rows" in panel.trouble


# What there is to see, of studies that are made up


def test_the_best_value_is_marked_only_where_it_really_is():
    clear = staged(made_up("hidden_units", lambda i: [1.0, 0.8, 0.2, 0.6, 0.7][i], status="finished"))
    until(lambda: clear._found is not None and clear.state["status"] == "finished")
    found = clear._found[0]
    assert (found["best"], [each["best"] for each in found["metrics"]]) == (2, [2, None])
    assert "64 is really the best" in found["metrics"][0]["alt"]
    level = staged(made_up("hidden_units", lambda i: 0.5, status="finished"))
    until(lambda: level.state.get("status") == "finished")
    assert level._found[0]["best"] is None
    assert level.words[0].startswith("No real difference")
    for panel in (clear, level):
        panel.close()


def test_names_numbers_and_switches_stand_on_their_own_kinds_of_axis():
    kinds = {
        ("activation", ()): "names", ("batch_norm", ()): "names", ("dropout", "0,0.2,0.4"): "linear",
        ("batch_size", "8,32,128"): "log",
    }  # fmt: skip
    for (factor, values), kind in kinds.items():
        panel = staged(made_up(factor, lambda i: 0.5, values=values, status="finished"))
        assert panel._found[0]["axis"]["kind"] == kind
        until(lambda panel=panel: panel.state["status"] == "finished")
        panel.close()


def test_two_factors_are_a_heat_map_and_a_table():
    panel = staged(made_up(("hidden_units", "activation"), lambda i: 0.2 + 0.1 * i, status="finished"))
    until(lambda: panel.picture)
    assert "<img" in panel.picture
    assert panel._found[0]["metrics"] == []
    assert len(panel._found[0]["rows"]) == 25
    assert panel._found[0]["rows"][1][0] == "4, sigmoid"
    panel.close()


def test_several_targets_are_looked_at_one_by_one():
    panel = staged(made_up("activation", lambda i: 0.2, target=("price", "rent"), status="finished"))
    until(lambda: panel.words)
    price = panel._found[0]["rows"]
    ask(panel, "show_target", name="rent")
    until(lambda: panel._found[0]["target"] == "rent")
    assert panel._found[0]["rows"] != price
    assert panel.words[0].startswith("rent: ")
    ask(panel, "show_target", name="city")
    assert "The study is of price, rent" in panel.trouble
    panel.close()


def test_more_rows_are_foreseen_at_the_end():
    panel = staged(made_up("data_size", lambda i: 0.2 + 0.8 / 2**i, values="20,40,80,160", status="finished"))
    until(lambda: panel._found[0]["metrics"][0]["band"])
    band = panel._found[0]["metrics"][0]["band"]
    assert band["x"][-1] == pytest.approx(1600)
    assert np.all(np.diff(band["y"]) <= 0)
    assert any("Twice the rows" in each for each in panel.words)
    assert panel._found[0]["can_take"] is False
    with pytest.raises(OptionError, match="no choice of a single training"):
        panel.take(0)
    panel.close()


def test_a_value_is_taken_to_a_line_that_trains_with_it(df: pd.DataFrame):
    panel = staged(made_up("hidden_units", lambda i: 0.2 + 0.1 * i, status="finished"), epochs=2)
    taken = panel.take(1)
    assert panel.line == "%nnreg fit df --target price --hidden 16,16 --epochs 2"
    assert panel.taken == "hidden units 16"
    assert taken == {"target": ("price",), "hidden": (16, 16), "epochs": 2}
    ask(panel, "give_back")
    assert (panel.line, panel.taken) == ("%nnreg study hidden_units df --target price --epochs 2", "")
    ask(panel, "take", place=0)
    panel.choose(epochs=3)
    assert (panel.line, panel.taken) == ("%nnreg study hidden_units df --target price --epochs 3", "")
    until(lambda: panel.state["status"] == "finished")
    panel.close()


def test_it_leaves_the_line_and_the_card():
    panel = staged(made_up("activation", lambda i: 0.2, status="stopped", n_done=8))
    still = panel.still()
    assert still.text.startswith("%nnreg study activation df --target price\n")
    assert "8 of 25 trainings" in still.text
    assert still.png
    assert "<img" in still.html
    until(lambda: panel.state["status"] == "stopped")
    panel.close()
    before = StudyPanel(table(), target="price")
    assert "200 rows" in before.still().text
    before.close()


def test_news_that_come_fast_are_told_five_times_a_second():
    study = made_up("activation", lambda i: 0.2, n_done=0)
    told: list[float] = []
    following = StudyFollowing(study, lambda: told.append(time.monotonic()))
    following.begin()
    n_news = 0
    while len(told) < 5:
        study.course.advance()
        n_news += 1
        time.sleep(0.002)
    assert n_news > len(told)
    assert min(np.diff(told)) >= INTERVAL * 0.95
    study.course.end()
    following.wait()
    assert not following._thread.is_alive()
