"""Fits of one job: here, and in a recycled worker once this process has grown by much, which changes no number."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from nbreg.data.frames import as_frame
from nbreg.data.spec import DataSpec
from nbreg.search import here_at_first
from nbreg.search.course import Course
from nbreg.search.crew import IDLE
from nbreg.search.fold_spec import FoldSpec
from nbreg.search.fold_table import FoldTable
from nbreg.search.here_at_first import MOST_GROWTH, HereAtFirst
from nbreg.search.hiring import workers_of
from nbreg.search.outcome import Outcome
from nbreg.search.worker_spec import WorkerSpec
from nbreg.search.workers import Fit, Here
from nbreg.training.run import Run

QUICK = {"epochs": 3, "hidden": (8,)}


class OnlyIn:
    """Has a fit fail in any process but one, or in that one."""

    def __init__(self, *, same: bool):
        self.pid, self.same = os.getpid(), same

    def __call__(self, run: Run) -> None:
        if (os.getpid() == self.pid) != self.same:
            raise RuntimeError("the wrong process")


HERE, ELSEWHERE = OnlyIn(same=True), OnlyIn(same=False)


@pytest.fixture(scope="module", autouse=True)
def no_workers_left() -> Iterator[None]:
    yield
    IDLE.close()


@pytest.fixture(scope="module")
def folded() -> FoldTable:
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"a": rng.normal(size=90), "b": rng.normal(size=90)})
    return FoldTable.of(as_frame(table.assign(y=table.a + table.b)), DataSpec(target=("y",)), FoldSpec(folds=4))


def grows(monkeypatch: pytest.MonkeyPatch, *sizes: int) -> None:
    """Have the process be of such sizes, one look after the other, and of the last from then on."""
    told = list(sizes)
    monkeypatch.setattr(here_at_first, "memory", lambda: told.pop(0) if len(told) > 1 else told[0])


def done(fits: list[Fit], folded: FoldTable) -> dict[int, Outcome]:
    return {fit.key: outcome for fit, outcome in HereAtFirst().outcomes(folded, fits, Course(len(fits)))}


def test_one_job_begins_here() -> None:
    assert isinstance(workers_of(WorkerSpec()), HereAtFirst)


def test_all_is_done_here_where_memory_stays(monkeypatch: pytest.MonkeyPatch, folded: FoldTable) -> None:
    grows(monkeypatch, 5, 5 + MOST_GROWTH)
    found = done([Fit(i, QUICK, i, watch=HERE) for i in range(3)], folded)
    assert [found[i].error for i in range(3)] == ["", "", ""]


def test_what_comes_after_much_growth_is_done_elsewhere_to_the_same_bits(
    monkeypatch: pytest.MonkeyPatch, folded: FoldTable
) -> None:
    grows(monkeypatch, 5, 5, 6 + MOST_GROWTH)
    found = done([Fit(0, QUICK, 0, watch=HERE), *(Fit(i, QUICK, i, watch=ELSEWHERE) for i in range(1, 4))], folded)
    assert [found[i].error for i in range(4)] == [""] * 4
    for fit, expected in Here().outcomes(folded, [Fit(i, QUICK, i) for i in range(4)], Course(4)):
        np.testing.assert_array_equal(found[fit.key].predicted, expected.predicted)
        assert repr(found[fit.key].val_loss) == repr(expected.val_loss)


def test_layers_of_the_users_own_stay(monkeypatch: pytest.MonkeyPatch, folded: FoldTable) -> None:
    import keras

    grows(monkeypatch, 5, 6 + MOST_GROWTH)
    options = {"epochs": 2, "layers": [keras.layers.Dense(4)]}
    assert done([Fit(0, options, 0, watch=HERE)], folded)[0].error == ""


def test_a_stop_is_one_for_those_elsewhere_too(monkeypatch: pytest.MonkeyPatch, folded: FoldTable) -> None:
    grows(monkeypatch, 5, 5, 6 + MOST_GROWTH)
    course = Course(3)
    work = HereAtFirst().outcomes(folded, [Fit(i, QUICK, i) for i in range(3)], course)
    next(work)
    course.request_stop()
    assert list(work) == []
