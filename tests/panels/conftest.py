"""Runs by hand, and no thread left behind."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from spying import nbreg_threads

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
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and nbreg_threads():
        time.sleep(0.01)
    assert not nbreg_threads()
