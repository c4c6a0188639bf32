"""One server and one browser for all tests here; a page of its own for each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import Lab, find_browser

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
def server(tmp_path_factory: pytest.TempPathFactory, artifacts: Path) -> Iterator[Lab]:
    with Lab(tmp_path_factory.mktemp("lab"), artifacts=artifacts) as lab:
        yield lab


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture
def lab(server: Lab, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """The server; pages that the test opened are closed, with their kernels, when it ends.

    A test that fails leaves a picture of its pages among the artifacts.
    """
    yield server
    server.close_pages(f"failed_{request.node.name}" if request.node.stash.get(FAILED, False) else "")
