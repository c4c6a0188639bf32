"""Whether somebody watches: told by the cell's own request."""

from __future__ import annotations

import sys
from typing import Any

import IPython
import nbformat
import pytest
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

from nbreg.panels.front_end import has_front_end

QUESTION = "from nbreg.panels.front_end import has_front_end; print(has_front_end())"


class Shell:
    """A kernel's shell, as far as it matters here."""

    def __init__(self, request: Any):
        self.get_parent = lambda: request


@pytest.fixture(autouse=True)
def no_override(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NBREG_LIVE", raising=False)


@pytest.mark.parametrize(
    ("shell", "expected"),
    [
        (Shell({"header": {}, "content": {"code": "1", "allow_stdin": True}}), True),
        (Shell({"header": {}, "content": {"code": "1", "allow_stdin": False}}), False),
        (Shell({"header": {}, "content": {"code": "1"}}), False),
        (Shell({}), False),
        (Shell(None), False),
        (object(), False),  # IPython in a terminal has no request
        (None, False),  # plain Python has no shell
    ],
)
def test_the_request_tells(monkeypatch: pytest.MonkeyPatch, shell: object, expected: bool):
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    assert has_front_end() is expected


@pytest.mark.parametrize("setting", ["0", "1", " 1 "])
@pytest.mark.parametrize("allowed", [True, False])
def test_the_environment_has_the_last_word(monkeypatch: pytest.MonkeyPatch, setting: str, allowed: bool):
    monkeypatch.setattr(IPython, "get_ipython", lambda: Shell({"content": {"allow_stdin": allowed}}))
    monkeypatch.setenv("NBREG_LIVE", setting)
    assert has_front_end() is (setting.strip() == "1")


def test_plain_python_is_told_without_ipython(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(sys.modules, "IPython")
    assert has_front_end() is False
    assert "IPython" not in sys.modules


def test_nbclient_is_no_front_end():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(QUESTION)])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    assert notebook.cells[0].outputs[0].text.strip() == "False"


def test_a_client_with_a_person_before_it_is_one():
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    client = manager.blocking_client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=60)
        told: list[str] = []
        client.execute_interactive(
            QUESTION,
            allow_stdin=True,  # as JupyterLab, Notebook 7 and VS Code send it
            timeout=60,
            output_hook=lambda message: told.append(message["content"].get("text", "").strip()),
        )
        assert "True" in told
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
