"""A cross-validation in a real JupyterLab: the cell shows what there is so far, and the interrupt button keeps it."""

from __future__ import annotations

import pytest
from lab import LONG, Lab
from playwright.sync_api import expect

CELLS = [
    "%load_ext nbreg",
    "%nnreg data diamonds -o df;",
    "small = df.sample(2_000, random_state=0)",
    "checked = nbreg.cross_validate(small, 'price', repeats=20)",
    "checked",
    "print(checked.course.status, 0 < len(checked.outcomes) < 100)",
]


@pytest.mark.parametrize(("dark", "width"), [(False, 1400), (True, 700)])
def test_a_cross_validation_fills_and_an_interrupt_keeps_it(lab: Lab, dark: bool, width: int):
    notebook = lab.open(["import nbreg", *CELLS], dark=dark, width=width, height=1000)
    for cell in range(4):
        notebook.run_cell(cell)
    notebook.run_cell(4, wait=False)
    cell = notebook.page.locator(".jp-Cell").nth(4)
    expect(cell.get_by_role("progressbar")).to_be_visible(timeout=LONG * 1000)
    expect(cell.locator(".nbreg-headline")).to_contain_text("the network misses price", timeout=LONG * 1000)
    notebook.screenshot(f"course_{'dark' if dark else 'light'}_{width}", 4)
    notebook.interrupt()
    notebook.wait_cell(4)
    expect(cell.get_by_role("progressbar")).to_have_count(0)
    notebook.run_cell(5)
    notebook.run_cell(6)
    notebook.screenshot(f"course_result_{'dark' if dark else 'light'}_{width}", 5)
    assert notebook.output_text(6) == "stopped True"
    assert notebook.errors == []
