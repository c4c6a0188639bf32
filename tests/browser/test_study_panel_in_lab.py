"""The study panel in a real JupyterLab: chosen, run, watched and stopped by mouse and keys; and how it looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from lab import LONG, Lab, Notebook, Server
from playwright.sync_api import Browser, Locator, expect
from test_train_panel_face import misplaced, nameless, pale

SETUP = f"""
%load_ext nbreg
import sys
sys.path.insert(0, {str(Path(__file__).parents[1] / "panels")!r})
from made_up_studies import made_up, staged, table
df = table()
"""
PANEL = "panel = %nnreg panel study df --hidden 8 --epochs 3 --repeats 3 -o rates\npanel"
RATES = "print(rates is panel.study_, len(rates.outcomes), rates.course.status)"

#: What a study looks like that nobody waited for.
SCENES = {
    "choosing": "nbreg.StudyPanel(df, target='price')",
    "filling": "staged(made_up('hidden_units', lambda i: [.5, .4, .25, .26, .27][i], n_done=18))",
    "best": "staged(made_up('learning_rate', lambda i: [.5, .25, .15, .3, 4][i], status='finished'))",
    "names": "staged(made_up('network', lambda i: .2 + .01 * i, failed=[(1, 2)], status='stopped', n_done=18,"
             " target=('price', 'rent')))",
    "two": "staged(made_up(('hidden_units', 'activation'), lambda i: .2 + .02 * (i % 7), status='finished'))",
    "rows": "staged(made_up('data_size', lambda i: .2 + .8 / 2**i, values='20,40,80,160', status='finished'))",
}  # fmt: skip


@pytest.fixture(scope="module")
def warm(server: Server, browser: Browser, artifacts: Path) -> Iterator[Notebook]:
    """A notebook whose kernel has the table and, after the first study, TensorFlow."""
    with closing(Lab(server, browser, artifacts)) as lab:
        notebook = lab.open([SETUP, PANEL, RATES], height=1100)
        notebook.run_cell(0)
        notebook.run_cell(1)
        yield notebook


def panel_of(notebook: Notebook) -> Locator:
    return notebook.page.locator("section.nbreg-study").first


def status(notebook: Notebook) -> Locator:
    return panel_of(notebook).locator(".nbreg-status").first


def test_what_is_varied_and_its_values_are_chosen(notebook: Notebook):
    panel = panel_of(notebook)
    expect(status(notebook)).to_have_text("Choose a target, the column to predict")
    expect(panel.get_by_role("button", name="Run", exact=True)).to_be_disabled()
    panel.get_by_label("Target", exact=True).select_option("price")
    values = panel.get_by_label("Values", exact=True)
    expect(values).to_have_attribute("placeholder", "0.0001, 0.001, 0.01, 0.1, 1", timeout=LONG * 1000)
    expect(panel.locator(".nbreg-summary").first).to_have_text("15 trainings")
    panel.get_by_label("What is varied").select_option("hidden_units")
    expect(values).to_have_attribute("placeholder", "4, 16, 64, 128, 256")
    expect(panel.get_by_text("How many units do hidden layers need?")).to_be_visible()
    values.press_sequentially("4,x")
    problem = panel.locator("[data-name=values] .nbreg-problem")
    expect(problem).to_contain_text("the second value, at character 3, is none")
    values.press("Backspace")
    values.press_sequentially("8")
    expect(problem).to_be_hidden()
    values.press("Enter")
    expect(panel.get_by_role("tabpanel")).to_contain_text(
        "%nnreg study hidden_units df --target price --values 4,8 --repeats 3 --hidden 8 --epochs 3 -o rates"
    )
    panel.get_by_label("Together with").select_option("activation")
    expect(panel.get_by_label("Its values")).to_be_visible()
    expect(panel.locator(".nbreg-summary").first).to_have_text("30 trainings")
    panel.get_by_label("Together with").select_option("none")
    expect(panel.get_by_label("Its values")).to_be_hidden()


def test_the_options_of_a_fit_are_there_when_they_are_wanted(notebook: Notebook):
    panel = panel_of(notebook)
    panel.get_by_label("What is varied").select_option("learning_rate")
    training = panel.locator("details[data-group=Training]")
    expect(training.get_by_label("Epochs")).to_be_hidden()
    training.locator("summary").first.click()
    expect(training.get_by_label("Epochs")).to_have_value("3")
    expect(training.get_by_label("Learning rate", exact=True)).to_be_hidden()
    panel.get_by_label("What is varied").select_option("batch_size")
    expect(training.get_by_label("Learning rate", exact=True)).to_be_visible()
    expect(training.get_by_label("Batch size")).to_be_hidden()
    expect(status(notebook)).to_have_text("Enter values to try")
    panel.get_by_label("What is varied").select_option("learning_rate")
    training.locator("summary").first.click()
    panel.get_by_label("Values", exact=True).fill("0.001, 0.1")
    panel.get_by_label("Values", exact=True).press("Enter")


def test_it_fills_and_a_value_is_taken_to_a_training(notebook: Notebook):
    panel = panel_of(notebook)
    panel.get_by_role("button", name="Run", exact=True).click()
    expect(panel).to_have_attribute("data-status", re.compile("busy|running"))
    expect(panel.locator(".nbreg-where")).to_contain_text(" of 6 trainings", timeout=LONG * 1000)
    expect(panel).to_have_attribute("data-status", "finished", timeout=LONG * 1000)
    rows = panel.locator(".nbreg-study-table tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first.locator("td").last).to_have_text("3")
    expect(panel.locator(".nbreg-study-metric canvas").first).to_have_attribute(
        "aria-label", re.compile("^MSE by learning")
    )
    assert panel.locator(".nbreg-study-words li").count() >= 1
    notebook.run_cell(2)
    assert notebook.output_text(2) == "True 6 finished"
    canvas = panel.locator(".nbreg-study-metric canvas").first
    canvas.focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        canvas.press(key)
    expect(panel.get_by_role("button", name="0.1", exact=True)).to_have_attribute("aria-pressed", "true")
    panel.get_by_role("button", name=re.compile("Train with 0.1")).click()
    expect(panel.get_by_role("tabpanel")).to_have_text(
        "%nnreg fit df --target price --hidden 8 --learning-rate 0.1 --epochs 3"
    )
    panel.get_by_role("button", name="Back to the study").click()
    expect(panel.get_by_role("tabpanel")).to_contain_text("%nnreg study learning_rate")


def test_stop_keeps_what_is_done(notebook: Notebook):
    panel = panel_of(notebook)
    panel.get_by_label("Repeats").fill("90")
    panel.get_by_label("Repeats").press("Enter")
    panel.get_by_role("button", name="Run", exact=True).click()
    filled = panel.locator(".nbreg-study-table td:last-child").first
    expect(filled).to_have_text(re.compile("^([3-9]|[1-9][0-9]) of 90$"), timeout=LONG * 1000)
    panel.get_by_role("button", name="Stop").click()
    expect(panel).to_have_attribute("data-status", "stopped", timeout=LONG * 1000)
    done = int(panel.locator(".nbreg-where").inner_text().split()[0])
    assert 5 <= done < 180
    notebook.run_cell(2)
    assert notebook.output_text(2) == f"True {done} stopped"


def test_news_of_trainings_disturb_neither_focus_nor_what_is_typed(notebook: Notebook):
    panel = panel_of(notebook)
    panel.get_by_role("button", name="Run", exact=True).click()
    values = panel.get_by_label("Values", exact=True)
    values.fill("0.002, 0.")
    filled = panel.locator(".nbreg-study-table td:last-child").first
    expect(filled).to_have_text(re.compile("^([3-9]|[1-9][0-9]) of 90$"), timeout=LONG * 1000)
    expect(values).to_be_focused()
    expect(values).to_have_value("0.002, 0.")
    panel.get_by_role("button", name="Stop").click()
    expect(panel).to_have_attribute("data-status", "stopped", timeout=LONG * 1000)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("scene", SCENES)
def test_it_looks_right(notebook: Notebook, scene: str, dark: bool):
    """Nothing is cut off, nothing overlaps, and words can be read; the pictures are for the eye."""
    theme = "dark" if dark else "light"
    notebook.set_theme(dark)
    notebook.set_cells([f"import nbreg\nshown = {SCENES[scene]}\nshown"])
    notebook.resize(1400, 1000)
    notebook.run_cell(0)
    panel = panel_of(notebook)
    try:
        expect(panel).to_have_attribute("data-theme", theme)
        if scene != "choosing":
            expect(panel.locator(".nbreg-study-table tbody tr").first).to_be_visible(timeout=LONG * 1000)
        for width in (1400, 700, 420):
            notebook.resize(width, 1000 if width > 1000 else 3000)
            notebook.page.wait_for_timeout(200)
            assert misplaced(panel) == [], str(width)
            panel.screenshot(path=notebook.lab.artifacts / f"study_{scene}_{theme}_{width}.png")
        assert pale(panel) == []
        assert nameless(panel) == []
    finally:
        notebook.set_theme(False)
        notebook.resize(1400, 1100)
