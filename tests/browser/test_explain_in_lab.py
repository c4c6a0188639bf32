"""Explanations in a real JupyterLab: progress that is seen and gone, the card, the interrupt button, Tab."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import nbformat
import pytest
from lab import Lab, Notebook, Server
from playwright.sync_api import Browser, expect

#: Two rounds of `slow` take 0.4 seconds.
SETUP = """
%load_ext nbreg
import time, numpy as np, pandas as pd
rng = np.random.default_rng(0)
df = pd.DataFrame(rng.normal(size=(2000, 5)), columns=["x0", "x1", "x2", "a longer name of a feature", "floor area"])
df["price"] = 1e5 * (df.x0 * df.x1 + np.sin(3 * df.x2) + df["floor area"])
few = df.drop(columns="price").head(20)
def slow(table):
    time.sleep(0.2)
    return table["x0"] + 2 * table["floor area"]
"""
FIT = "%nnreg fit df --target price --epochs 3;"
SLOW = "%nnreg explain few --model slow --method shapley --background 10 --rounds"
CARD = ["image/png", "text/html", "text/plain"]
PROGRESS = ".jp-OutputArea [role=progressbar]"


@pytest.fixture(scope="module")
def warm(server: Server, browser: Browser, artifacts: Path) -> Iterator[Notebook]:
    """A notebook in which a network has been trained."""
    with closing(Lab(server, browser, artifacts)) as lab:
        notebook = lab.open([SETUP, FIT], width=700)
        notebook.run_cell(0)
        notebook.run_cell(1)
        yield notebook


def begun(notebook: Notebook, *cells: str) -> None:
    """Put cells into the notebook and run the first; return when it tells how long it still takes."""
    notebook.set_cells(cells)
    notebook.run_cell(0, wait=False)
    expect(notebook.page.locator(PROGRESS)).to_contain_text(" left")
    notebook.output(0).scroll_into_view_if_needed()


def use_theme(notebook: Notebook, dark: bool) -> None:
    notebook.set_theme(dark)
    notebook.wait_for("!document.querySelector('#jupyterlab-splash')")


def is_too_wide(notebook: Notebook, index: int) -> bool:
    return notebook.output(index).evaluate(
        "area => [...area.querySelectorAll('.jp-OutputArea-output')].some(one => one.scrollWidth > one.clientWidth + 1)"
    )


def test_progress_is_seen_and_the_card_takes_its_place(notebook: Notebook):
    begun(notebook, f"print('before')\n{SLOW} 60", "%nnreg explain", "%nnreg plot waterfall --row 3")
    assert notebook.is_running(0)
    progress = notebook.page.locator(PROGRESS)
    expect(progress).to_contain_text("Explaining by shapley")
    expect(progress).to_contain_text("Interrupting keeps what is done.")
    assert not is_too_wide(notebook, 0)
    for dark in (True, False):
        use_theme(notebook, dark)
        expect(progress).to_have_css("color", "rgba(255, 255, 255, 0.87)" if dark else "rgba(0, 0, 0, 0.87)")
        # The progress is an element of its own at each step, and one that just went cannot be scrolled to.
        notebook.output(0).scroll_into_view_if_needed()
        notebook.screenshot(f"explain_progress_{'dark' if dark else 'light'}")
    notebook.wait_cell(0)
    expect(progress).to_have_count(0)
    assert notebook.output_text(0).startswith("before")
    # What is left is an output that holds nothing, and has no height.
    assert notebook.output_types(0) == [[], [], CARD]
    heights = "area => [...area.children].map(child => child.offsetHeight)"
    assert notebook.output(0).evaluate(heights)[1] == 0
    notebook.run_cell(1)
    notebook.run_cell(2)
    assert notebook.output_types(1) == [CARD]
    assert notebook.output_types(2) == [["image/png", "text/plain"]]
    notebook.save()
    saved = nbformat.read(notebook.path, as_version=4)
    nbformat.validate(saved)
    assert "widget" not in notebook.path.read_text()
    assert "progressbar" not in notebook.path.read_text()
    for dark in (True, False):
        use_theme(notebook, dark)
        for index in (1, 2):
            assert not is_too_wide(notebook, index)
            notebook.output(index).scroll_into_view_if_needed()
            notebook.screenshot(f"explain_{'card' if index == 1 else 'waterfall'}_{'dark' if dark else 'light'}", index)


def test_the_interrupt_button_shows_what_is_done(notebook: Notebook):
    begun(notebook, f"{SLOW} 4000 -o partial", "print(len(partial), partial.standard_errors is not None)")
    notebook.interrupt()
    notebook.wait_cell(0, 10)
    expect(notebook.page.locator(PROGRESS)).to_have_count(0)
    assert notebook.output_types(0) == [[], CARD]
    assert "Interrupted: " in notebook.output_text(0)
    assert "KeyboardInterrupt" not in notebook.output_text(0)
    notebook.screenshot("explain_partial", 0)
    notebook.run_cell(1)
    assert notebook.output_text(1) == "20 True"


def test_tab_completes_methods_and_the_regressors_columns(notebook: Notebook):
    notebook.set_cells([""])
    tries = [
        ("%nnreg explain --method sha", ["shapley"]),
        ("%nnreg explain --target ", ["price"]),
        ("%nnreg explain --group x0,", ["x0,x1", "x0,x2", '"x0,a longer name of a feature"', '"x0,floor area"']),
        ("%nnreg effect x", ["x0", "x1", "x2"]),
        ("%nnreg whatif 3 --set f", ['"floor area=']),
    ]
    for typed, expected in tries:
        notebook.set_source(0, "")
        assert notebook.complete(0, typed) == expected
        notebook.page.keyboard.press("Escape")
    for typed, completed in [
        ("effect fl", 'effect "floor area"'),
        ("explain --group x0,fl", '--group "x0,floor area"'),
    ]:
        notebook.set_source(0, "")
        notebook.complete(0, f"%nnreg {typed}")
        notebook.page.keyboard.press("Enter")
        assert notebook.source(0).endswith(completed)
