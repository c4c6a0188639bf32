"""Runs by hand, explain panels, and no thread left behind."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest
from explain_stage import opened, settle, table
from spying import threads_have_ended

import nbreg
from nbreg.panels.explain import ExplainPanel
from nbreg.training.run import Run


@pytest.fixture
def run() -> Iterator[Run]:
    run = Run(100)
    yield run
    if not run.ended:
        run.finish()


@pytest.fixture(autouse=True)
def no_thread_stays(run: Run) -> Iterator[None]:
    """After each test, once its run has ended, no thread of nbreg is left."""
    yield
    if not run.ended:
        run.finish()
    assert threads_have_ended()


@pytest.fixture(scope="module")
def model() -> nbreg.Regressor:
    return nbreg.fit(table(), target=("price", "rent"), epochs=3, hidden=(8,))


@pytest.fixture(scope="module")
def rows(model: nbreg.Regressor) -> pd.DataFrame:
    return model.data_.frame_of("test").to_native()


@pytest.fixture(scope="module")
def shared(model: nbreg.Regressor) -> Iterator[ExplainPanel]:
    panel = opened(model)
    yield panel
    panel.close()


@pytest.fixture
def panel(shared: ExplainPanel) -> ExplainPanel:
    """One panel for all tests that leave its explanation as it is; each begins with the same row and feature."""
    shared.choose(target="price", feature="area", look="dependence", row=3)
    shared.reset()
    settle(shared)
    shared.trouble = ""
    return shared
