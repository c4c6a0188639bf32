"""One server for all tests here, one browser for each module, and pages of its own for each test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lab import Lab, Notebook, Server, chromium, find_browser
from playwright.sync_api import Browser

HERE = Path(__file__).parent
FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = pytest.mark.skip(reason="no Chromium or Chrome is installed here")
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if find_browser() is None:
                item.add_marker(missing)


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """Where screenshots go: the folder NBREG_ARTIFACTS, or tests/browser/artifacts."""
    return Path(os.environ.get("NBREG_ARTIFACTS") or HERE / "artifacts")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("lab") / "server") as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for each module, not for all, because tests elsewhere could not use asyncio beside it."""
    with chromium() as browser:
        yield browser


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture
def has_failed(request: pytest.FixtureRequest) -> Callable[[], bool]:
    """Tells, after a test, whether it has failed."""
    return lambda: request.node.stash.get(FAILED, False)


@pytest.fixture
def lab(
    server: Server, browser: Browser, artifacts: Path, has_failed: Callable[[], bool], request: pytest.FixtureRequest
) -> Iterator[Lab]:
    """Opens notebooks in JupyterLab; their pages are closed and their kernels ended after the test.

    A test that fails leaves a picture of its pages among the artifacts.
    """
    lab = Lab(server, browser, artifacts)
    yield lab
    lab.close(f"failed_{request.node.name}" if has_failed() else "")


@pytest.fixture
def notebook(warm: Notebook, has_failed: Callable[[], bool], request: pytest.FixtureRequest) -> Iterator[Notebook]:
    """A module's own notebook, `warm`, which its tests share; each puts its own cells into it."""
    yield warm
    if has_failed():
        warm.screenshot(f"failed_{request.node.name}")
        warm.interrupt()
        warm.wait_idle()
    assert warm.errors == []
