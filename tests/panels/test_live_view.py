"""What the live view tells a front end, and what it passes on; without a kernel."""

from __future__ import annotations

import json
import math
import time

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from spying import Spy, hear, nbreg_threads, rows, threads_have_ended, watched

from nbreg.errors import TrainingError
from nbreg.panels.following import INTERVAL, MOST_ROWS
from nbreg.panels.live import LiveView
from nbreg.panels.routing import answer_while_busy
from nbreg.training.run import Row, Run


def epochs_told(spy: Spy) -> np.ndarray:
    """The epochs of all messages since the last whole history, as a front end puts them together."""
    start = max(index for index, message in enumerate(spy.messages) if message["start"] == 0)
    return np.concatenate([table[:, 0] for table in spy.tables[start:]])


def test_hello_is_answered_with_the_whole_history(run: Run):
    run.begin()
    run.record(rows(1, 30))
    _, spy = watched(run)
    assert spy.messages[-1]["start"] == 0
    assert spy.messages[-1]["end"] == 30
    assert_allclose(spy.tables[-1], np.array(rows(1, 30)), rtol=1e-6)


def test_rows_follow_once_each_and_in_order(run: Run):
    _, spy = watched(run)
    run.begin()
    for first in range(1, 91, 9):
        run.record(rows(first, first + 8))
        time.sleep(0.02)
    run.finish()
    spy.wait_for(lambda message: message["state"]["status"] == "finished")
    assert_array_equal(epochs_told(spy), np.arange(1, 91))


def test_a_view_that_comes_late_or_second_is_complete(run: Run):
    run.begin()
    run.record(rows(1, 10))
    view, spy = watched(run)
    run.record(rows(11, 20))
    spy.wait_for(lambda message: message["end"] == 20)
    hear(view, kind="hello")  # another front end shows the same view
    assert_array_equal(spy.tables[-1][:, 0], np.arange(1, 21))
    run.finish()
    spy.wait_for(lambda message: message["state"]["status"] == "finished")
    hear(view, kind="hello")  # and another, after the end
    assert_array_equal(spy.tables[-1][:, 0], np.arange(1, 21))
    assert spy.state["status"] == "finished"
    _, second = watched(run)  # and another object
    assert_array_equal(second.tables[-1][:, 0], np.arange(1, 21))


def test_updates_are_at_most_15_a_second_whatever_the_speed_of_the_run(run: Run):
    _, spy = watched(run)
    run.begin()
    epoch = 0
    while len(spy.times) < 15:
        epoch += 1
        run.record(rows(epoch, epoch))
        time.sleep(0.001)
    run.finish()
    spy.wait_for(lambda message: message["state"]["status"] == "finished")
    gaps = np.diff(spy.times[2:])  # the first two answer hello and begin
    assert gaps.min() > 0.9 * INTERVAL
    assert_array_equal(epochs_told(spy), np.arange(1, epoch + 1))


def test_nothing_is_sent_while_nothing_happens(run: Run):
    _, spy = watched(run)
    run.begin()
    run.record(rows(1, 3))
    spy.wait_for(lambda message: message["end"] == 3)
    time.sleep(3 * INTERVAL)
    n_messages = len(spy.messages)
    time.sleep(6 * INTERVAL)
    assert len(spy.messages) == n_messages


def test_without_hello_the_whole_history_comes_again(run: Run):
    """Where no message reaches a busy kernel, a view that comes late is complete within a second or so."""
    run.begin()
    run.record(rows(1, 5))
    spy = Spy(LiveView(run))
    began = len(spy.messages)
    spy.wait_for(lambda message: len(spy.messages) > began and message["start"] == 0 and message["end"] == 5)


def test_a_long_history_is_thinned(run: Run):
    run.begin()
    run.record(rows(1, 20_000))
    _, spy = watched(run)
    table = spy.tables[-1]
    assert spy.messages[-1]["end"] == 20_000
    assert len(table) <= MOST_ROWS
    assert_array_equal(table[[0, -1], 0], [1, 20_000])


@pytest.mark.parametrize("status", ["finished", "stopped", "failed"])
def test_the_pump_ends_with_the_run(run: Run, status: str):
    _, spy = watched(run)
    run.begin()
    assert "nbreg-following" in nbreg_threads()
    run.fail(TrainingError("The loss is\nnot a number.")) if status == "failed" else run.finish(status)
    spy.wait_for(lambda message: message["state"]["status"] == status)
    assert threads_have_ended()
    assert not run._watchers
    assert spy.state["error"] == ("The loss is not a number." if status == "failed" else "")


def test_closing_lets_go_of_the_run(run: Run):
    view, spy = watched(run)
    run.begin()
    view.close()
    assert threads_have_ended()
    assert not run._watchers
    n_messages = len(spy.messages)
    run.record(rows(1, 5))
    hear(view, kind="hello")
    assert len(spy.messages) == n_messages
    view.close()  # once more does no harm


def test_wishes_are_passed_on_at_once(run: Run):
    view, _ = watched(run)
    hear(view, kind="pause")
    assert run._pause_wanted
    hear(view, kind="resume")
    assert not run._pause_wanted
    hear(view, kind="learning_rate", value=0.01)
    assert run.take_learning_rate() == 0.01
    hear(view, kind="stop")
    assert run.stop_wanted


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, "0.1", None, [1]])
def test_an_impossible_learning_rate_is_not_passed_on(run: Run, value: object):
    view, spy = watched(run)
    hear(view, kind="learning_rate", value=value)
    assert run.take_learning_rate() is None
    spy.wait_for(lambda message: message["state"]["asked"] == 1)
    assert spy.state["changes"] == []


def test_a_change_of_learning_rate_is_marked_where_it_took_effect(run: Run):
    view, spy = watched(run)
    run.begin()
    run.record(rows(1, 7))
    hear(view, kind="learning_rate", value=0.01)
    assert run.take_learning_rate() == 0.01
    run.note_change(7.25, 0.01)  # as the trainer does
    spy.wait_for(lambda message: message["state"]["changes"])
    assert spy.state["changes"] == [[7.25, 0.01]]


def test_changes_that_no_view_has_heard_of_are_marked_too(run: Run):
    run.begin()
    run.record(rows(1, 7))
    run.note_change(3.0, 0.5)
    _, spy = watched(run)
    assert spy.state["changes"] == [[3.0, 0.5]]


def test_an_unknown_message_does_nothing(run: Run):
    view, _ = watched(run)
    hear(view, kind="__init__")
    hear(view)
    assert not run.stop_wanted


def test_what_is_wished_is_answered(run: Run):
    view, spy = watched(run)
    run.begin()
    hear(view, kind="stop")
    spy.wait_for(lambda message: message["state"]["asked"] == 1)
    assert spy.state["stopping"]


def test_the_state_says_where_the_run_is(run: Run):
    _, spy = watched(run)
    assert spy.state["where"] == "Preparing"
    run.begin()
    spy.wait_for(lambda message: message["state"]["status"] == "running")
    assert spy.state["left"] == "getting ready"
    run.record([Row(1, 0.5, 0.6, 0.001), Row(2, 0.4, 0.45678, 0.001), Row(3, 0.3, 0.5, 0.001)])
    run.report(3.25, 2.0)
    spy.wait_for(lambda message: message["state"]["progress"] == 3.25)
    state = spy.state
    assert state["where"] == "Epoch 4 of 100"
    assert state["left"] == "48 s left"
    assert state["speed"] == "2.0 epochs/s"
    assert state["best"] == {"epoch": 2, "validated": True, "words": "0.457"}
    assert state["learning_rate"] == 0.001
    run.finish("stopped")
    spy.wait_for(lambda message: message["state"]["status"] == "stopped")
    assert spy.state["where"] == "3 of 100 epochs"


def test_without_validation_rows_the_best_is_that_of_the_train_loss(run: Run):
    run.begin()
    run.record([Row(1, 0.5, math.nan, 0.001), Row(2, 0.25, math.nan, 0.001)])
    _, spy = watched(run)
    assert spy.state["best"] == {"epoch": 2, "validated": False, "words": "0.250"}
    assert np.isnan(spy.tables[-1][:, 2]).all()


def test_messages_are_valid_json_whatever_the_losses(run: Run):
    run.begin()
    run.record([Row(1, math.inf, math.nan, 0.001), Row(2, math.nan, math.inf, 0.001)])
    _, spy = watched(run)
    json.dumps(spy.messages[-1], allow_nan=False)


def test_a_view_without_a_front_end_reads_as_a_line_of_text(run: Run):
    view, _ = watched(run, title="Price of a diamond")
    bundle = view._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert data["text/plain"] == "Live view of a training: Price of a diamond"


def test_an_update_carries_little(run: Run):
    """With 1,000 rows a second an update is about 1 kB; the panels' benchmark prints what it takes of the processor."""
    _, spy = watched(run)
    run.begin()
    for first in range(1, 1001, 10):
        run.record(rows(first, first + 9))
        time.sleep(0.01)
    spy.wait_for(lambda message: message["end"] == 1000)
    sent = spy.tables[2:]
    assert len(sent) >= 2
    assert sum(table.nbytes for table in sent) <= 16 * 1000 + 16 * len(sent)


class Comm:
    """Has the method that ipykernel 7.4 has."""

    def _reply_subshell_for(self, data: object, default: str | None) -> str | None:
        return "the busy shell"


def test_messages_go_where_the_front_end_sent_them():
    class Widget:
        comm = Comm()

    answer_while_busy(Widget)
    assert Widget.comm._reply_subshell_for({}, "subshell 1") == "subshell 1"


@pytest.mark.parametrize("comm", [None, object()])
def test_other_kernels_need_no_cure(comm: object):
    class Widget:
        pass

    Widget.comm = comm
    answer_while_busy(Widget)
    assert Widget.comm is comm
