"""The explain panel before, while and after it explains, what it refuses, and the picture that it leaves."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from explain_stage import hear, opened, settle, table
from IPython.core.interactiveshell import InteractiveShell  # noqa: F401  (its import takes long, once)
from traitlets import TraitError

import nbreg
from nbreg.errors import DataError, NbregError, OptionError
from nbreg.explanation.method import METHODS, Attribution, Method, Task
from nbreg.panels.explain import ExplainPanel
from nbreg.session import SESSION

# Wrong choices, from Python and from a view


@pytest.mark.parametrize(
    "choice",
    [{"method": "shaply"}, {"target": "size"}, {"feature": "aera"}, {"look": "ice"}, {"row": 100_000}, {"colour": 1}],
)
def test_what_there_is_not_cannot_be_chosen(panel: ExplainPanel, choice: dict[str, Any]):
    before = panel.get_state()
    with pytest.raises((OptionError, TraitError)):
        panel.choose(**choice)
    hear(panel, "choose", **choice)
    assert panel.trouble
    assert "\n" not in panel.trouble
    after = panel.get_state()
    assert all(before[name] == after[name] for name in ("method", "target", "feature", "look", "row", "chosen"))


def test_a_value_of_the_wrong_kind_is_one_line_and_changes_nothing(panel: ExplainPanel):
    before = panel.chosen
    hear(panel, "set", name="area", value="large")
    assert panel.trouble == "area takes a number; got 'large'."
    assert panel.chosen == before
    assert panel.changes == {}
    with pytest.raises(OptionError, match=r"no feature"):
        panel.set(aera=3)
    hear(panel, "set", name="area", value=60)
    assert panel.trouble == ""


def test_unknown_options_and_models_are_refused(model: nbreg.Regressor):
    with pytest.raises(OptionError, match="Did you mean"):
        ExplainPanel(model, roows=3)
    with pytest.raises(OptionError, match="Regressor"):
        ExplainPanel(print)
    with pytest.raises(OptionError, match="no target"):
        ExplainPanel(model, target="prize")


# Before there is an explanation


@pytest.fixture
def empty_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(SESSION), "latest", property(lambda _: _nothing()))


def _nothing() -> Any:
    raise NbregError("Nothing has been trained yet: start with %nnreg fit DATA --target COLUMN.")


def test_without_a_regressor_it_says_what_to_do(empty_session: None):
    panel = ExplainPanel()
    assert panel.status == "empty"
    assert "%nnreg fit" in panel.words
    assert "%nnreg fit" in panel.still().text
    assert panel.wait(0)
    with pytest.raises(OptionError, match="no row to change"):
        panel.set(area=3)
    panel.close()


def test_it_looks_again(model: nbreg.Regressor, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patch:
        patch.setattr(type(SESSION), "latest", property(lambda _: _nothing()))
        panel = ExplainPanel()
    monkeypatch.setattr(type(SESSION), "latest", property(lambda _: model))
    hear(panel, "explain")
    assert panel.status == "ready"
    panel.close()


def test_a_regressor_that_trains_is_explained_once_it_has_ended():
    model = nbreg.fit(table(), target="price", epochs=100_000, patience=0, hidden=(8,), background=True)
    panel = ExplainPanel(model)
    assert panel.status == "waiting"
    assert "still trains" in panel.words
    model.run_.request_stop()
    settle(panel)
    assert panel.status == "ready"
    assert panel.explanation_ is not None
    panel.close()


class Slow(Method):
    """Takes a hundred steps, each when it is told to."""

    needs_gradient = False
    go = threading.Semaphore(0)

    def attribute(self, task: Task) -> Attribution:
        for _ in task.effort.each(list(range(100))):
            assert self.go.acquire(timeout=60)
        return Attribution(np.zeros(task.shape), np.zeros(task.shape[2]))


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> type[Slow]:
    len(METHODS)  # which finds the others first
    monkeypatch.setitem(METHODS._found, "slow", Slow)
    Slow.go = threading.Semaphore(0)
    return Slow


def wait_until(condition: Any) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_it_tells_how_far_it_is_and_can_be_given_up(model: nbreg.Regressor, slow: type[Slow]):
    panel = opened(model)
    former, summary = panel.explanation_, panel.summary
    panel._handle_custom_msg({"kind": "choose", "method": "slow"}, [])
    assert panel.status == "explaining"
    assert panel.progress["share"] is None
    for _ in range(3):
        slow.go.release()
    wait_until(lambda: panel.progress["share"])
    assert 0 < panel.progress["share"] < 0.2
    assert panel.progress["left"].endswith("left")
    assert panel.summary == summary  # the earlier one is shown meanwhile
    panel._handle_custom_msg({"kind": "cancel"}, [])
    slow.go.release()
    settle(panel)
    assert (panel.status, panel.method, panel.trouble) == ("ready", "auto", "")
    assert panel.explanation_ is former
    panel.close()


def test_a_new_wish_takes_the_place_of_what_is_under_way(model: nbreg.Regressor, slow: type[Slow]):
    panel = ExplainPanel(model, method="slow")
    panel.choose(method="gradient_x_input")
    assert panel.wait(60)
    assert panel.explanation_.method == "gradient_x_input"
    slow.go.release()
    settle(panel)
    assert panel.explanation_.method == "gradient_x_input"
    panel.close()


def test_rows_that_do_not_fit_are_refused_at_once(model: nbreg.Regressor, rows: pd.DataFrame):
    with pytest.raises(DataError, match='Column "area" has 1 gap'):
        ExplainPanel(model, data=rows.assign(area=rows["area"].where(rows.index != rows.index[0])))


def test_what_goes_wrong_while_explaining_is_one_line(
    model: nbreg.Regressor, slow: type[Slow], monkeypatch: pytest.MonkeyPatch
):
    panel = opened(model)
    monkeypatch.setattr(slow, "attribute", lambda self, task: 1 / 0)
    panel.method = "slow"
    settle(panel)
    assert panel.trouble == "ZeroDivisionError: division by zero"
    assert (panel.status, panel.method) == ("ready", "auto")
    panel.close()


# The picture


def test_the_picture_shows_card_and_waterfall(panel: ExplainPanel):
    still = panel.still()
    assert "price hangs most on" in still.text
    assert "Row 3 of 80 test rows" in still.text
    assert still.html.count("<img") == 5  # two targets with two pictures each, and the waterfall
    assert still.png
    card = panel._card
    panel.set(area=99.0)
    changed = panel.still()
    assert "99" in changed.html
    assert panel._card is card  # whose pictures are drawn once: a slider waits for nobody's picture
    assert changed.html.count("<img") == 4  # of changed rows a table says more than the explanation's picture


def test_headless_the_picture_is_there_when_the_cell_ends(model: nbreg.Regressor, monkeypatch: pytest.MonkeyPatch):
    import IPython.display

    shown: list[Any] = []
    monkeypatch.setenv("NBREG_LIVE", "0")
    monkeypatch.setattr(IPython.display, "display", lambda bundle, **_: shown.append(bundle))
    panel = ExplainPanel(model)
    panel._ipython_display_()
    assert "hangs most on" in shown[0]["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" not in shown[0]
    settle(panel)
    panel.close()


def test_a_panel_takes_what_explain_takes():
    from nbreg.explanation.spec import ExplanationSpec

    assert set(ExplainPanel.options()) == {*ExplanationSpec.options(), "model"}
