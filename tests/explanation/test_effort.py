"""How far a computation says it is, and when it ends."""

import os
import signal
from types import SimpleNamespace

import pytest

from nbreg.explanation import effort as module
from nbreg.explanation.effort import Effort


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def worked_off(effort, clock, durations):
    """Spend the seconds of each step, and return how many steps were done."""
    n_done = 0
    for seconds in effort.each(durations):
        clock.now += seconds
        n_done += 1
    return n_done


def test_a_slow_first_step_is_not_taken_for_the_pace(clock):
    told = []
    effort = Effort(report=lambda share, left: told.append((share, left)))
    assert worked_off(effort, clock, [10, 1, 1, 1, 1]) == 5
    assert told == [(0.2, 40), (0.4, 3), (0.6, 2), (0.8, 1), (1.0, 0)]


def test_a_budget_ends_it_but_not_before_the_first_step(clock):
    told = []
    effort = Effort(budget=5, report=lambda share, left: told.append((share, left)))
    assert worked_off(effort, clock, [2] * 100) == 3
    assert [left for _, left in told] == [3, 1, 0]
    assert [share for share, _ in told] == pytest.approx([0.4, 0.8, 1.0])
    assert worked_off(Effort(budget=0.1), clock, [2] * 100) == 1


def test_the_interrupt_key_ends_it_and_is_given_back(clock):
    former = signal.getsignal(signal.SIGINT)
    effort = Effort()
    with effort.interruptible():
        for _ in effort.each(list(range(9))):
            os.kill(os.getpid(), signal.SIGINT)
        assert effort.was_interrupted
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is former
