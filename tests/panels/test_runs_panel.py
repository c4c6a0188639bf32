"""The runs panel without a kernel: what it shows, what it does when asked, and how it follows the session."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up_runs import evaluation, made_up, many
from PIL import Image
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

import nbreg
from nbreg.errors import OptionError
from nbreg.panels.panel import PANELS
from nbreg.panels.runs import MOST_SELECTED, RunsPanel
from nbreg.plots.run_curves import RunCurves
from nbreg.session import SESSION
from nbreg.training.run import Row, Run, Start

QUICK = {"hidden": (4,), "epochs": 2, "engine": "graph"}


class Told:
    """A panel's messages, in place of a front end."""

    def __init__(self, panel: RunsPanel):
        self.messages: list[tuple[dict[str, Any], list[Any]]] = []
        panel.send = lambda content, buffers=None: self.messages.append((content, buffers or []))

    def last(self, kind: str) -> tuple[dict[str, Any], list[Any]]:
        return next(each for each in reversed(self.messages) if each[0]["kind"] == kind)


def ask(panel: RunsPanel, kind: str, **more: Any) -> None:
    """Let the panel hear a wish as if a view had sent it."""
    panel._handle_custom_msg({"kind": kind, **more}, [])


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def session() -> Iterator[Any]:
    """The session, empty, and as it was after the test."""
    kept = SESSION.trainings, SESSION._by_use, SESSION._n_begun
    SESSION.trainings, SESSION._by_use, SESSION._n_begun = [], [], 0
    yield SESSION
    SESSION.trainings, SESSION._by_use, SESSION._n_begun = kept


@pytest.fixture
def opened(session: Any) -> Iterator[Any]:
    """Opens a panel on some made-up runs, the last of which is the latest."""
    panels = []

    def open_panel(*trainings: Any) -> RunsPanel:
        session.trainings = list(trainings)
        session._by_use = list(trainings)
        session._n_begun = len(trainings)
        panels.append(RunsPanel())
        return panels[-1]

    yield open_panel
    for panel in panels:
        panel.close()


@pytest.fixture
def panel(opened: Any) -> RunsPanel:
    """A panel of three runs that have ended."""
    return opened(
        made_up(1, epochs=30, validation=evaluation(0.9, 3.0, 2.0), test=evaluation(0.89, 3.1, 2.1), hidden=(64, 32)),
        made_up(2, epochs=10, validation=evaluation(0.95, 2.5, 2.1), test=evaluation(0.94, 2.6, 2.2), hidden=(8,)),
        made_up(3, epochs=5, validation=evaluation(0.7, 4.5, 3.3), test=evaluation(0.69, 4.6, 3.4), hidden=(128,)),
    )


def cells(panel: RunsPanel, number: int) -> dict[str, str]:
    return panel.lines[str(number)]["cells"]


# Numbers


def test_figures_are_those_of_the_regressor(session: Any) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"x": rng.normal(size=200), "z": rng.normal(size=200)})
    table["y"] = 100 * table["x"] + rng.normal(size=200)
    fitted = [nbreg.fit(table, "y", **QUICK, seed=seed) for seed in range(2)]
    panel = RunsPanel()
    panel.with_test = True
    keys = {line.number: {name: cell.key for name, cell in line.cells.items()} for line in panel._table.lines}
    for regressor in fitted:
        number = session.find(regressor).number
        for which in ("validation", "test"):
            rows = table.iloc[regressor.data_.rows[which]]
            predicted = regressor.predict(rows)
            expected = [
                measure(rows["y"], predicted) for measure in (r2_score, root_mean_squared_error, mean_absolute_error)
            ]
            found = [keys[number][f"{which}_{name}"] for name in ("r2", "rmse", "mae")]
            np.testing.assert_allclose(found, expected, rtol=1e-4)
        assert cells(panel, number)["seed"] == str(number - 1)
        assert keys[number]["best_val_loss"] == min(regressor.history_["val_loss"])
    csv = pd.read_csv(io.StringIO(panel.to_csv()), index_col="run")
    np.testing.assert_allclose(csv["validation_rmse"], [keys[1]["validation_rmse"], keys[2]["validation_rmse"]])
    np.testing.assert_allclose(csv["test_r2"], [keys[1]["test_r2"], keys[2]["test_r2"]])
    assert list(csv["seed"]) == [0, 1]
    panel.close()


def test_the_file_has_no_test_metrics_unless_they_are_shown(panel: RunsPanel) -> None:
    columns = pd.read_csv(io.StringIO(panel.to_csv())).columns
    assert "validation_r2" in columns
    assert not any(name in columns for name in ("test_r2", "test_rmse", "test_mae"))
    panel.show_test()
    assert "test_rmse" in pd.read_csv(io.StringIO(panel.to_csv())).columns


# Looking


def test_an_empty_session_is_no_trouble(opened: Any) -> None:
    panel = opened()
    assert (panel.lines, panel.order, panel.latest, panel.selected) == ({}, [], 0, [])
    assert panel.count == "0 runs"
    assert "0 runs" in panel.still().text
    assert panel.to_csv() == "run\n"


def test_sorting_begins_with_the_best_and_turns_round(panel: RunsPanel) -> None:
    assert panel.order == [3, 2, 1]
    panel.sort_by("validation_r2")
    assert (panel.order, panel.descending) == ([2, 1, 3], True)
    panel.sort_by("validation_r2")
    assert panel.order == [3, 1, 2]
    panel.sort_by("validation_rmse")
    assert (panel.order, panel.descending) == ([2, 1, 3], False)
    assert panel.news == "Sorted by RMSE, smallest first"
    panel.sort = "epochs_run"
    assert panel.order == [3, 2, 1]
    with pytest.raises(OptionError, match=r'no column "validation_rmes".*Did you mean "validation_rmse"'):
        panel.sort_by("validation_rmes")


def test_filtering_says_how_many_are_left(panel: RunsPanel) -> None:
    ask(panel, "filter", words="64")
    assert (panel.order, panel.count) == ([1], "1 of 3 runs")
    panel.words = ""
    assert panel.count == "3 runs"


def test_test_metrics_come_and_go(panel: RunsPanel) -> None:
    names = {column["name"] for column in panel.columns}
    ask(panel, "show_test", show=True)
    shown = {column["name"] for column in panel.columns}
    assert shown - names == {"test_r2", "test_rmse", "test_mae"}
    assert cells(panel, 2)["test_r2"] == "0.940"
    panel.sort_by("test_r2")
    ask(panel, "show_test", show=False)
    assert {column["name"] for column in panel.columns} == names
    assert panel.order == [3, 2, 1]  # by number, as that column is gone


def test_a_colour_stays_with_its_run(opened: Any) -> None:
    panel = opened(*many(12))
    assert panel.selected == [8, 9, 10, 11, 12]
    assert panel.colours == {"8": 1, "9": 2, "10": 3, "11": 4, "12": 5}
    panel.show_curve(9, False)
    panel.show_curve(1)
    assert panel.colours == {"8": 1, "10": 3, "11": 4, "12": 5, "1": 2}
    panel.select(["run 3", 4])
    assert panel.selected == [3, 4]


def test_a_ninth_curve_is_refused_in_one_line(opened: Any) -> None:
    panel = opened(*many(12))
    panel.select(range(1, MOST_SELECTED + 1))
    ask(panel, "show_curve", run=12, show=True)
    assert panel.trouble == "At most 8 curves can be told apart: take one away first."
    assert len(panel.selected) == MOST_SELECTED
    with pytest.raises(OptionError, match="At most 8 curves"):
        panel.selected = list(range(1, 10))


# What views are told


def test_a_new_view_is_sent_the_curves(panel: RunsPanel) -> None:
    told = Told(panel)
    panel.select([1, 3])
    assert told.messages == []  # nobody is there
    ask(panel, "hello")
    message, buffers = told.last("curves")
    assert [(run["number"], run["name"]) for run in message["runs"]] == [(1, "run 1"), (3, "run 3")]
    rows = np.frombuffer(buffers[1], dtype=np.float32).reshape(-1, 4)
    expected = np.array(SESSION.find(3).run.history, dtype=np.float32)
    np.testing.assert_array_equal(rows, expected)


def test_the_file_goes_to_the_view_that_asked(panel: RunsPanel) -> None:
    told = Told(panel)
    ask(panel, "export", ticket="this one")
    message, _ = told.last("file")
    assert message == {"kind": "file", "name": "nbreg_runs.csv", "text": panel.to_csv(), "ticket": "this one"}


# Changing the session


def test_renaming(panel: RunsPanel, session: Any) -> None:
    ask(panel, "rename", run=2, name="small one")
    assert cells(panel, 2)["name"] == "small one"
    assert session.find("small one").number == 2
    assert panel.news == "run 2 is now called small one"
    ask(panel, "rename", run=1, name="small one")
    assert panel.trouble == '"small one" is what run 2 is called; names are given once.'
    ask(panel, "rename", run=1, name="large one")
    assert panel.trouble == ""


def test_deleting_takes_away_line_and_curve(panel: RunsPanel, session: Any) -> None:
    ask(panel, "delete", run=2)
    assert (panel.order, panel.selected, list(panel.lines)) == ([3, 1], [1, 3], ["1", "3"])
    assert [each.number for each in session.trainings] == [1, 3]
    assert panel.news == "run 2 was deleted"


def test_an_earlier_run_becomes_the_latest(panel: RunsPanel, session: Any) -> None:
    assert panel.latest == 3
    ask(panel, "use", run=1)
    assert panel.latest == 1
    assert session.latest is session.find(1).regressor


def test_a_run_that_trains_is_not_deleted(opened: Any) -> None:
    training = made_up(1, epochs=3, status="running")
    panel = opened(training)
    ask(panel, "delete", run=1)
    assert panel.trouble == "run 1 still trains: stop it first, then delete it."
    assert panel.order == [1]
    training.run.finish()


# Following


def test_what_others_do_shows(panel: RunsPanel, session: Any) -> None:
    session.rename(1, "elsewhere")
    wait_for(lambda: cells(panel, 1)["name"] == "elsewhere")
    session.delete(2)
    wait_for(lambda: panel.order == [3, 1] or panel.trouble)
    assert panel.trouble == ""


def test_two_panels_stay_in_step(panel: RunsPanel) -> None:
    other = RunsPanel()
    panel.rename(1, "mine")
    wait_for(lambda: cells(other, 1)["name"] == "mine")
    other.delete(3)
    wait_for(lambda: panel.order == [2, 1])
    other.close()


def test_a_run_that_begins_ticks_and_ends(panel: RunsPanel, session: Any) -> None:
    told = Told(panel)
    ask(panel, "hello")
    training = made_up(4, epochs=2, status="running")
    training.run.epochs = 8
    session.trainings = [*session.trainings, training]
    session._tell()
    wait_for(lambda: "4" in panel.lines)
    assert panel.selected == [1, 2, 3, 4]  # a new run's curve is drawn while there is room
    assert cells(panel, 4)["epochs_run"] == "2 of 8"
    training.run.record([Row(3, 0.25, 0.5, 0.001)])
    wait_for(lambda: cells(panel, 4)["epochs_run"] == "3 of 8")
    assert panel.lines["4"]["share"] == 3 / 8
    wait_for(lambda: len(told.last("curves")[1][-1]) == 3 * 4 * 4)
    training.run.finish()
    wait_for(lambda: cells(panel, 4)["status"] == "finished")
    assert cells(panel, 4)["epochs_run"] == "3"
    assert panel.lines["4"]["share"] is None


def test_a_failure_says_why(opened: Any) -> None:
    training = made_up(1, epochs=3, status="running")
    panel = opened(training)
    training.run.fail(nbreg.NbregError("the loss is\nnot a number"))
    wait_for(lambda: panel.lines["1"]["status"] == "failed")
    assert panel.lines["1"]["error"] == "the loss is not a number"


def test_a_closed_panel_follows_nothing(panel: RunsPanel, session: Any) -> None:
    lines = dict(panel.lines)
    panel.close()
    session.rename(1, "later")
    time.sleep(0.05)
    assert panel.lines == lines


def test_a_click_does_not_wait_for_another_look(panel: RunsPanel, session: Any) -> None:
    """Wishes and news come in different threads; neither holds what the other waits for."""
    for n in range(20):
        session.rename(1, f"name {n}")
        ask(panel, "rename", run=2, name=f"other {n}")
        ask(panel, "show_test", show=bool(n % 2))
    wait_for(lambda: (cells(panel, 1)["name"], cells(panel, 2)["name"]) == ("name 19", "other 19"))


def test_to_sort_two_hundred_runs_tells_their_order_only(opened: Any) -> None:
    panel = opened(*many(200))
    changed: list[str] = []
    panel.observe(lambda change: changed.append(change["name"]))
    panel.sort_by("validation_rmse")
    assert len(panel.order) == 200
    assert "order" in changed
    assert "lines" not in changed


# Its place


def test_it_is_opened_by_name_and_takes_no_table(session: Any) -> None:
    assert PANELS["runs"] is RunsPanel is nbreg.RunsPanel
    with pytest.raises(OptionError, match="takes no table"):
        RunsPanel.opened("a table")
    RunsPanel.opened(None).close()


# Its picture


def test_the_picture_stands_alone(panel: RunsPanel) -> None:
    still = panel.still()
    data, metadata = still.bundle()
    lines = data["text/plain"].splitlines()
    assert lines[0] == "3 runs"
    assert [line.split()[0] for line in lines[2:]] == ["3", "2", "1"]
    assert "run 3 (latest)" in lines[2]
    assert "validation R²" in lines[1]
    assert "Time" not in lines[1]
    assert data["text/html"].count('class="nbreg-best"') == 4  # R² and RMSE of run 2, MAE and loss of others
    assert Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).width > 500
    assert "Smallest losses" in metadata["image/png"]["alt"]
    assert panel.still() == still


def test_the_picture_of_many_runs_is_short(opened: Any) -> None:
    still = opened(*many(200)).still()
    assert "and 170 more runs" in still.text
    assert still.html.count("<tr>") == 31


def test_curves_stand_where_their_epochs_are() -> None:
    first, branch, unwatched, nothing = Run(3), Run(2), Run(1), Run(1)
    first.record([Row(1, 0.5, 0.6, 0.1), Row(2, 0.4, float("nan"), 0.1), Row(3, 0.3, 0.55, 0.1)])
    branch.start = Start("first", 2)
    branch.record([Row(1, 0.2, 0.25, 0.1), Row(2, 0.1, 0.125, 0.1)])
    unwatched.record([Row(1, 0.75, float("nan"), 0.1)])
    curves = RunCurves.of_runs([("a", first), ("b", branch), ("c", unwatched), ("d", nothing)])
    assert [(line.name, line.epochs, line.losses) for line in curves.lines] == [
        ("a", (1, 3), (0.6, 0.55)),
        ("b", (3, 4), (0.25, 0.125)),
        ("c, train loss", (1,), (0.75,)),
    ]
    assert curves.alt == "Learning curves of 3 runs. Smallest losses: a 0.55, b 0.12, c, train loss 0.75."
    assert not curves.logarithmic
    (axes,) = curves.figure().axes
    np.testing.assert_allclose(axes.lines[1].get_xydata(), [(3, 0.25), (4, 0.125)])
