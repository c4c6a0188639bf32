"""A study panel's choices on windows: what is asked, told and usual once a window is chosen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from spying import until

from nbreg.panels.study import StudyPanel
from nbreg.panels.study_choices import StudyChoices, listed_factors
from nbreg.panels.study_code import fit_lines, study_lines
from nbreg.search.study import drafted
from nbreg.search.window_table import WindowTable


@pytest.fixture
def chosen() -> StudyChoices:
    choices = StudyChoices({"factor": "network"})
    choices.take_table(pd.DataFrame({"at": pd.date_range("2024-01-01", periods=120, freq="h"), "v": np.arange(120.0)}))
    choices.take({"target": ("v",), "time": "at"})
    return choices


def test_a_window_brings_what_is_usual_on_windows_and_takes_it_away(chosen: StudyChoices):
    assert {"horizon", "known", "calendar"} <= set(chosen.idle)
    before = dict(chosen.options)
    chosen.take({"window": 6})
    assert not {"horizon", "known", "calendar"} & set(chosen.idle)
    assert {"split", "channels", "shares"} <= set(chosen.idle)
    assert (chosen.options["folds"], chosen.options["repeats"], chosen.options["skip"]) == (5, 1, "none")
    chosen.take({"window": None})
    assert chosen.options == before


def test_the_line_says_what_the_panel_does(chosen: StudyChoices):
    chosen.take({"window": 6, "horizon": 2, "values": "perceptron,mlp"})
    line, code = study_lines(chosen.arguments(), "df", None)
    assert line == "%nnreg study network df --target v --values perceptron,mlp --time at --window 6 --horizon 2"
    assert "window=6" in code
    arguments = chosen.arguments()
    found, _ = drafted(data=chosen.data, **arguments)
    assert isinstance(found.table, WindowTable)
    assert chosen.n_trainings() == found.course.n_all == 10


def test_a_varied_window_is_no_choice_but_the_horizon_is(chosen: StudyChoices):
    chosen.take({"factor": "window", "horizon": 2, "values": "1,2"})
    assert chosen.on_windows
    assert "window" in chosen.idle
    assert "horizon" not in chosen.idle
    assert chosen.options["skip"] == "auto"  # what is of the data is studied with the whole forecast
    assert chosen.n_trainings() == 10


def test_a_value_is_taken_by_a_forecast(chosen: StudyChoices):
    chosen.take({"window": 6, "horizon": 2})
    line, code = fit_lines(chosen.fit_arguments(("lstm",)), "df", chosen.verb)
    assert line == ("%nnreg forecast df --target v --time at --window 6 --horizon 2 --network lstm --skip none")
    assert code.startswith("nbreg.forecast(")


def test_options_of_windows_are_factors_that_say_what_they_are_for():
    asks = {each["name"]: each["asks"] for each in listed_factors()}
    assert "horizon" not in asks
    assert all(asks[name] for name in ("window", "known", "calendar", "most_gaps"))


def test_what_was_usual_of_other_choices_goes_where_no_folds_can_be_had():
    steps = pd.date_range("2024-01-01", periods=120, freq="h")
    panel = StudyPanel(pd.DataFrame({"at": steps, "v": np.arange(120.0)}), target="v", factor="learning_rate")
    until(lambda: panel.usual.get("values", {}).get("values", "").startswith("0.0001, "))
    panel.choose(factor="network", window=6, horizon=2)
    until(lambda: panel.trouble.startswith("No column of times is given"))
    assert panel.usual == panel.summaries == {}
    panel.choose(time="at")
    until(lambda: panel.usual.get("values", {}).get("values", "").startswith("perceptron, "))
    until(lambda: panel.trouble == "")
    panel.close()
