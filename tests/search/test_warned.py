"""Warnings of other processes reach who asked, each once."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator

import keras
import numpy as np
import pandas as pd
import pytest

from nbreg.data.frames import as_frame
from nbreg.data.spec import DataSpec
from nbreg.search.course import Course
from nbreg.search.crew import IDLE
from nbreg.search.fold_spec import FoldSpec
from nbreg.search.fold_table import FoldTable
from nbreg.search.processes import Processes
from nbreg.search.warned import Retold, Warned, overheard
from nbreg.search.workers import Fit, Here


@pytest.fixture(scope="module", autouse=True)
def no_workers_left() -> Iterator[None]:
    yield
    IDLE.close()


class OwnWarning(RuntimeWarning):
    """A category that no other process knows."""


@pytest.fixture
def warning_layer() -> type[keras.layers.Layer]:
    class Warning(keras.layers.Dense):
        """A layer of a notebook's own, which warns when it is built: of something new each time, and of the same."""

        def build(self, shape):
            import warnings

            warnings.warn(f"{self.units} units are odd", OwnWarning, stacklevel=1)
            warnings.warn("a layer is built", UserWarning, stacklevel=1)
            super().build(shape)

    return Warning


def folded() -> FoldTable:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=60), "b": rng.normal(size=60)}).assign(y=lambda t: t.a - t.b)
    return FoldTable.of(as_frame(frame), DataSpec(target=("y",)), FoldSpec(folds=2))


def test_warnings_in_workers_are_raised_where_the_work_was_asked_for_each_once(warning_layer):
    fits = [Fit(i, {"layers": [warning_layer(3 + i // 2)], "epochs": 2}, i % 2) for i in range(4)]
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        found = dict(Processes(2).outcomes(folded(), fits, Course(4)))
    assert [outcome.error for outcome in found.values()] == [""] * 4
    told = sorted((str(each.message), each.category) for each in shown)
    assert told == [("3 units are odd", RuntimeWarning), ("4 units are odd", RuntimeWarning),
                    ("a layer is built", UserWarning)]  # fmt: skip


def test_a_warning_that_is_an_error_here_does_not_end_the_work(warning_layer):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fits = [Fit(0, {"layers": [warning_layer(3)], "epochs": 2}, 0)]
        ((_, outcome),) = Processes(2).outcomes(folded(), fits, Course(1))
    assert not outcome.error
    assert {each.text for each in outcome.warned} >= {"3 units are odd"}


def test_the_process_of_ones_own_warns_by_itself(warning_layer):
    fits = [Fit(0, {"layers": [warning_layer(3)], "epochs": 2}, 0)]
    with pytest.warns(OwnWarning, match="3 units are odd"), pytest.warns(UserWarning, match="a layer is built"):
        ((_, outcome),) = Here().outcomes(folded(), fits, Course(1))
    assert outcome.warned == ()


def in_thread(work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(60)


def test_threads_do_not_overhear_each_other():
    def other() -> None:
        with overheard() as heard:
            warnings.warn("from the other thread", UserWarning, stacklevel=1)
        heard_there.extend(heard)

    heard_there: list[Warned] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        before = warnings.showwarning
        with overheard() as here:
            in_thread(other)
            warnings.warn("from this thread", DeprecationWarning, stacklevel=1)
        assert warnings.showwarning is before
    assert here == [Warned("from this thread", DeprecationWarning)]
    assert heard_there == [Warned("from the other thread", UserWarning)]


def test_a_thread_that_is_not_overheard_shows_its_warnings():
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        with overheard() as heard:
            in_thread(lambda: warnings.warn("to be seen", UserWarning, stacklevel=1))
    assert heard == []
    assert [str(each.message) for each in shown] == ["to be seen"]


def test_the_same_words_are_told_once():
    retold = Retold()
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        retold.tell([Warned("one", UserWarning), Warned("two", RuntimeWarning)])
        retold.tell([Warned("one", UserWarning)])
    assert [(str(each.message), each.category) for each in shown] == [("one", UserWarning), ("two", RuntimeWarning)]
