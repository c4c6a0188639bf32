"""A newcomer's path with the mouse: a model is trained, stopped, gone on from, compared and explained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from lab import PROMPT, Lab, Notebook, Server
from playwright.sync_api import Browser, Locator, expect

#: Cells of the path, one after the other.
LOAD, DATA, PANEL, BUSY, MODEL, RUNS, EXPLAIN = range(7)
CELLS = [
    "%load_ext nbreg",
    "%nnreg data diamonds -o df;",
    "%nnreg panel df --out model",
    "import time; time.sleep(6)",
    "print(model.run_.status, model.run_.start, len(model.run_.changes))",
    "%nnreg panel runs",
    "%nnreg panel explain",
]


@pytest.fixture(scope="module")
def lab_of_module(server: Server, browser: Browser, artifacts: Path) -> Iterator[Lab]:
    with closing(Lab(server, browser, artifacts)) as lab:
        yield lab


def answer_time(view: Locator, button: str, status: str) -> float:
    """Click a button of the train panel; return the milliseconds until the panel says `status`."""
    script = """(root, [name, status]) => new Promise(resolve => {
        const press = [...root.querySelectorAll("button")].find(one => one.textContent.trim() === name);
        const began = performance.now();
        const look = () => root.querySelector(".nbreg-status").textContent === status
            ? resolve(performance.now() - began) : requestAnimationFrame(look);
        press.click();
        look();
    })"""
    return view.evaluate(script, [button, status])


def view_of(notebook: Notebook, name: str) -> Locator:
    return notebook.page.locator(f".nbreg-{name}").first


def status(view: Locator) -> Locator:
    return view.locator(".nbreg-status").first


def code(view: Locator) -> Locator:
    return view.locator(".nbreg-code pre, pre.nbreg-code").first


def enter(view: Locator, label: str, text: str) -> None:
    box = view.get_by_role("textbox", name=label, exact=True)
    box.fill(text)
    box.press("Enter")


def nameless(view: Locator) -> list[str]:
    """The controls of a view that have no name for a screen reader."""
    return view.evaluate(
        """root => [...root.querySelectorAll("button, input, select, textarea, canvas, [role=button], [tabindex]")]
            .filter(node => node.offsetParent !== null)
            .filter(node => !(node.ariaLabel || node.getAttribute("aria-labelledby") || node.textContent.trim()
                || node.title || node.labels?.length))
            .map(node => node.outerHTML.slice(0, 120))"""
    )


def is_too_wide(view: Locator) -> bool:
    return view.evaluate("root => root.scrollWidth > root.clientWidth + 1")


@pytest.mark.parametrize(("dark", "width"), [(False, 1400), (True, 700)])
def test_from_nothing_to_an_explained_model(lab_of_module: Lab, dark: bool, width: int):
    notebook = lab_of_module.open(CELLS, dark=dark, width=width, height=1200)
    name = f"newcomer_{'dark' if dark else 'light'}_{width}"
    for cell in (LOAD, DATA, PANEL):
        notebook.run_cell(cell)
    train = view_of(notebook, "train")
    choose(notebook, train, name)
    steer(notebook, train, name)
    go_on(notebook, train, name)
    compare_and_explain(notebook, name)
    assert notebook.errors == []


def choose(notebook: Notebook, train: Locator, name: str) -> None:
    expect(status(train)).to_have_text("Choose a target, the column to predict")
    train.get_by_label("Target", exact=True).select_option("price")
    expect(train.locator(".nbreg-summary").nth(1)).to_contain_text("3,841 parameters")
    enter(train, "Epochs", "5000")
    enter(train, "Patience", "0")
    expect(code(train)).to_have_text("%nnreg fit df --target price --epochs 5000 --patience 0 -o model")
    train.scroll_into_view_if_needed()
    notebook.screenshot(f"{name}_1_chosen", PANEL)
    assert nameless(train) == []
    assert not is_too_wide(train)


def steer(notebook: Notebook, train: Locator, name: str) -> None:
    train.get_by_role("button", name="Train", exact=True).click()
    expect(status(train)).to_have_text("Training")
    expect(train.locator(".nbreg-speed").first).to_contain_text("epoch")  # what compiles is compiled
    taken = {"pause": answer_time(train, "Pause", "Paused"), "resume": answer_time(train, "Resume", "Training")}
    notebook.run_cell(BUSY, wait=False)
    taken["busy pause"] = answer_time(train, "Pause", "Paused")
    taken["busy resume"] = answer_time(train, "Resume", "Training")
    assert notebook.is_running(BUSY)
    assert max(taken.values()) < PROMPT, taken
    rate = train.get_by_role("group", name="Learning rate of the run underway").locator("input:not([type=range])").first
    rate.fill("0.002")
    rate.press("Enter")
    notebook.page.wait_for_timeout(1500)
    notebook.screenshot(f"{name}_2_training", PANEL)
    train.get_by_role("button", name="Stop", exact=True).click()
    expect(status(train)).to_have_text("Stopped")
    expect(train.locator(".nbreg-card-context").first).to_contain_text("a linear model")
    notebook.wait_cell(BUSY)
    notebook.run_cell(MODEL)
    assert notebook.output_text(MODEL) == "stopped None 1"
    expect(code(train)).to_contain_text("--stop-after")


def go_on(notebook: Notebook, train: Locator, name: str) -> None:
    train.get_by_role("button", name="Continue from", exact=True).click()
    train.get_by_label("Epoch of run 1").fill("3")
    notebook.screenshot(f"{name}_3_going_on", PANEL)
    train.get_by_role("button", name="Continue from run 1").click()
    expect(train.locator(".nbreg-start")).to_contain_text("from run 1 at epoch 3")
    enter(train, "Epochs", "10")
    train.get_by_role("button", name="Train on", exact=True).click()
    expect(status(train)).to_have_text("Finished")
    notebook.page.wait_for_timeout(500)
    notebook.screenshot(f"{name}_4_gone_on", PANEL)
    notebook.run_cell(MODEL)
    assert notebook.output_text(MODEL) == "finished Start(name='run 1', epoch=3) 0"


def compare_and_explain(notebook: Notebook, name: str) -> None:
    notebook.run_cell(RUNS)
    runs = view_of(notebook, "runs")
    expect(runs).to_contain_text("run 1 @ 3")
    runs.scroll_into_view_if_needed()
    notebook.page.wait_for_timeout(500)
    notebook.screenshot(f"{name}_5_runs", RUNS)
    assert nameless(runs) == []
    notebook.run_cell(EXPLAIN)
    explain = view_of(notebook, "explain")
    expect(explain).to_contain_text("carat")
    explain.scroll_into_view_if_needed()
    notebook.page.wait_for_timeout(1500)
    notebook.screenshot(f"{name}_6_explained", EXPLAIN)
    assert nameless(explain) == []
