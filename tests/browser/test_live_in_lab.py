"""The live view in a real JupyterLab, with a training by script: seen, steered, interrupted, replaced, reloaded."""

from __future__ import annotations

import re
import time
from contextlib import closing
from pathlib import Path

import nbformat
import pytest
from lab import LONG, PROMPT, Lab, Notebook, Server
from playwright.sync_api import Browser, expect

HERE = Path(__file__).parent

SETUP = f"""
import sys
sys.path.insert(0, {str(HERE)!r})
from IPython.display import HTML, display
from scripted import Script
from nbreg.panels.live import LiveView
from nbreg.panels.watching import watch
card = lambda: HTML("<p class='card'>the static card</p>")
"""
WATCH = "result = watch(script.run, script.train, title='Price of a diamond', loss='MSE', final=card)"


def train(**script: object) -> list[str]:
    """Cells that play a script and a third that says how it went."""
    options = ", ".join(f"{name}={value!r}" for name, value in script.items())
    return [f"{SETUP}\nscript = Script({options})", WATCH, "print(result, len(script.run.history))"]


def started(lab: Lab, width: int = 1400, dark: bool = False, **script: object) -> Notebook:
    """Return a notebook in which a training has begun and is seen."""
    notebook = lab.open(train(**script), width=width, dark=dark)
    notebook.run_cell(0)
    notebook.run_cell(1, wait=False)
    expect(view(notebook)).to_have_attribute("data-status", "running")
    return notebook


def view(notebook: Notebook):
    return notebook.page.locator(".nbreg-live").first


def epochs(notebook: Notebook) -> int:
    """How many epochs the chart says it shows; 0 where there is none any more."""
    label = notebook.page.evaluate("() => document.querySelector('.nbreg-live canvas')?.ariaLabel ?? ''")
    found = re.search(r"([\d,]+) epochs", label)
    return int(found[1].replace(",", "")) if found else 0


def test_the_view_moves_while_the_cell_runs_and_gives_way_to_the_card(lab: Lab):
    notebook = started(lab, epochs=60, seconds=6)
    seen = set()
    while notebook.is_running(1):
        seen.add(epochs(notebook))
        time.sleep(0.1)
    assert len(seen - {0}) > 4
    assert notebook.output_text(1) == "the static card"
    assert notebook.output_types(1) == [["text/html", "text/plain"]]
    notebook.run_cell(2)
    assert notebook.output_text(2) == "finished 60"
    assert notebook.errors == []


def test_pause_resume_and_stop_are_answered_while_the_cell_runs(lab: Lab):
    notebook = started(lab, epochs=2000, seconds=100)
    taken = {"pause": notebook.click_in_view("Pause", "paused")}
    assert notebook.is_running(1)
    time.sleep(0.3)
    paused_at = epochs(notebook)
    time.sleep(0.5)
    assert epochs(notebook) == paused_at
    notebook.screenshot("paused")
    taken["resume"] = notebook.click_in_view("Resume", "running")
    notebook.wait_for(f"!document.querySelector('.nbreg-live canvas').ariaLabel.includes(' {paused_at} epochs')")
    taken["stop"] = notebook.click_in_view("Stop", "stopped")
    notebook.wait_cell(1)
    print({name: round(milliseconds) for name, milliseconds in taken.items()})  # noqa: T201
    assert max(taken.values()) < PROMPT
    notebook.run_cell(2)
    assert notebook.output_text(2).startswith("stopped")
    assert notebook.output_text(1) == "the static card"


def test_the_learning_rate_is_set_by_the_keyboard_and_marked(lab: Lab):
    notebook = started(lab, epochs=1000, seconds=50)
    page, field = notebook.page, view(notebook).get_by_label("Learning rate")
    expect(field).to_have_value("0.001")
    field.fill("nonsense")
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(view(notebook).locator(".nbreg-hint")).to_contain_text("A learning rate is a number above 0")
    field.fill("0.0003")
    field.press("Enter")
    expect(view(notebook).get_by_role("button", name="Set")).to_be_disabled()
    view(notebook).locator("canvas").focus()
    expect(field).to_have_value("0.0003")
    readout = view(notebook).locator(".nbreg-read")
    deadline = time.monotonic() + LONG
    while "0.0003" not in readout.inner_text() and time.monotonic() < deadline:
        page.keyboard.press("End")  # the last epoch, which is another one by now
    expect(readout).to_contain_text("0.0003")
    expect(view(notebook).get_by_role("status")).to_contain_text("Learning rate 0.0003")
    page.keyboard.press("Home")
    expect(readout).to_contain_text("Epoch 1")
    page.keyboard.press("Escape")
    expect(readout).to_be_hidden()
    assert notebook.page.evaluate("() => document.activeElement.tagName") == "CANVAS"
    notebook.screenshot("learning_rate")
    notebook.interrupt()
    notebook.wait_cell(1)
    notebook.set_source(2, "print({row.learning_rate for row in script.run.history} == {0.001, 0.0003})")
    notebook.run_cell(2)
    assert notebook.output_text(2) == "True"


def test_the_interrupt_button_stops_gracefully(lab: Lab):
    notebook = started(lab, epochs=1000, seconds=50)
    notebook.wait_for("document.querySelector('.nbreg-live canvas').ariaLabel?.includes('epochs')")
    notebook.interrupt()
    notebook.wait_cell(1)
    assert notebook.output_text(1) == "the static card"
    notebook.run_cell(2)
    assert notebook.output_text(2).startswith("stopped")


def test_where_buttons_are_not_heard_the_view_says_so_and_is_complete_all_the_same(lab: Lab):
    """As with ipykernel 6 and in VS Code: no message reaches a kernel while a cell runs."""
    notebook = lab.open(train(epochs=1000, seconds=50, start=300))
    notebook.page.evaluate(
        "() => { window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.commsOverSubshells"
        " = 'disabled'; }"
    )
    notebook.run_cell(0)
    notebook.run_cell(1, wait=False)
    expect(view(notebook)).to_have_attribute("data-status", "running")
    assert epochs(notebook) >= 300
    view(notebook).get_by_role("button", name="Pause").click()
    expect(view(notebook).locator(".nbreg-hint")).to_contain_text("hears buttons only between cells")
    notebook.screenshot("live_unheard")
    notebook.interrupt()
    notebook.wait_cell(1)
    assert notebook.output_text(1) == "the static card"


def test_a_late_second_view_is_complete_and_lives(lab: Lab):
    cells = [f"{SETUP}\nscript = Script(epochs=3000, seconds=60, start=500)",
             "watch(script.run, script.train, background=True, final=card)",
             "LiveView(script.run, 'once more')", "script.run.request_stop()"]  # fmt: skip
    notebook = lab.open(cells)
    for index in range(3):
        notebook.run_cell(index)
    second = notebook.output(2).locator(".nbreg-live")
    expect(second).to_have_attribute("data-status", "running")
    second.locator("canvas").focus()
    notebook.page.keyboard.press("Home")
    expect(second.locator(".nbreg-read")).to_contain_text("Epoch 1")
    before = second.locator("canvas").get_attribute("aria-label")
    assert int(re.search(r"([\d,]+) epochs", before)[1].replace(",", "")) >= 500
    expect(second.locator("canvas")).not_to_have_attribute("aria-label", before)
    notebook.run_cell(3)
    expect(second).to_have_attribute("data-status", "stopped")
    expect(notebook.output(1)).to_have_text("the static card")


def test_a_page_loaded_anew_during_training_shows_all_of_it(lab: Lab):
    cells = [f"{SETUP}\nscript = Script(epochs=3000, seconds=60, start=500)",
             "watch(script.run, script.train, background=True, final=card)"]  # fmt: skip
    notebook = lab.open(cells)
    notebook.run_cell(0)
    notebook.run_cell(1)
    expect(view(notebook)).to_have_attribute("data-status", "running")
    notebook.save()
    notebook.load()
    expect(view(notebook)).to_have_attribute("data-status", "running")
    assert epochs(notebook) >= 500


def test_after_a_reload_without_kernel_the_card_is_there_and_no_widget(lab: Lab):
    notebook = started(lab, epochs=20, seconds=1)
    notebook.wait_cell(1)
    notebook.save()
    notebook.shut_down_kernel()
    saved = nbformat.read(notebook.path, as_version=4)
    assert "widget-view" not in str(saved.cells[1].outputs)
    notebook.load(kernel=False)
    expect(notebook.output(1)).to_contain_text("the static card")
    text = notebook.page.locator(".jp-Notebook").inner_text().lower()
    assert "model not found" not in text
    assert "error displaying widget" not in text


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_looks_right(lab: Lab, dark: bool):
    """Nothing is cut off, nothing overlaps, and the theme is followed; the pictures are for the eye."""
    notebook = started(lab, dark=dark, epochs=400, seconds=200, start=230)
    for width in (1400, 700, 380):
        notebook.resize(width)
        assert_theme(notebook, dark)
        assert_fits(notebook)
        notebook.screenshot(f"live_{'dark' if dark else 'light'}_{width}")
    notebook.set_theme(not dark)
    assert_theme(notebook, not dark)


def test_a_read_out_follows_the_pointer_and_the_scale_can_be_linear(lab: Lab):
    notebook = started(lab, epochs=400, seconds=200, start=230)
    canvas = view(notebook).locator("canvas")
    box = canvas.bounding_box()
    notebook.page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 90)
    readout = view(notebook).locator(".nbreg-read")
    expect(readout).to_contain_text(re.compile(r"Epoch 1\d\d"))
    expect(readout).to_contain_text(re.compile(r"Train0\.\d{3}Validation0\.\d{3}"))
    notebook.screenshot("live_read_out")
    logarithmic = canvas.screenshot()
    view(notebook).get_by_role("button", name="Linear").click()
    expect(view(notebook).get_by_role("button", name="Linear")).to_have_attribute("aria-pressed", "true")
    expect(readout).to_be_hidden()
    assert canvas.screenshot() != logarithmic
    notebook.screenshot("live_linear")


def test_a_run_without_validation_rows_shows_one_curve(lab: Lab):
    notebook = started(lab, epochs=400, seconds=200, start=100, validated=False)
    expect(view(notebook).locator(".nbreg-key.nbreg-validation")).to_be_hidden()
    expect(view(notebook).locator(".nbreg-key.nbreg-train")).to_contain_text("Train 0.")
    notebook.screenshot("live_without_validation")


def test_a_failure_is_one_line_in_place_of_the_view(lab: Lab):
    cells = [f"{SETUP}\nfrom nbreg.errors import TrainingError\nscript = Script()\ndef work():\n"
             "    script.run.begin()\n    raise TrainingError('The loss is not a number.')",
             "watch(script.run, work, title='Price')"]  # fmt: skip
    notebook = lab.open(cells)
    notebook.run_cell(0)
    notebook.run_cell(1)
    lines = notebook.output_text(1).splitlines()
    assert lines[0] == "Price: failed after 0 epochs. The loss is not a number."
    assert lines[-1] == "nbreg: The loss is not a number."


def test_thousands_of_epochs_a_second_leave_the_page_at_ease(lab: Lab):
    notebook = started(lab, epochs=200_000, seconds=40)
    notebook.wait_for("document.querySelectorAll('.nbreg-live canvas').length")
    frames = notebook.page.evaluate("""() => new Promise(resolve => {
        const began = performance.now();
        let n = 0;
        const next = () => { n += 1; performance.now() - began < 2000 ? requestAnimationFrame(next) : resolve(n / 2); };
        next();
    })""")
    assert frames > 4  # a page that cannot follow stands still for seconds
    assert notebook.click_in_view("Stop", "stopped") < PROMPT


def assert_theme(notebook: Notebook, dark: bool) -> None:
    expect(view(notebook)).to_have_attribute("data-theme", "dark" if dark else "light")


def assert_fits(notebook: Notebook) -> None:
    """No text of the view is wider than its box, and no two controls or words lie over one another."""
    problems = notebook.page.evaluate("""() => {
        const root = document.querySelector(".nbreg-live");
        const frame = root.querySelector(".nbreg-frame").getBoundingClientRect();
        const nodes = [...root.querySelectorAll("button, input, label, .nbreg-status, .nbreg-title, .nbreg-where, "
            + ".nbreg-left, .nbreg-key, .nbreg-caption")].filter(node => node.offsetWidth);
        const boxes = nodes.map(node => node.getBoundingClientRect());
        const found = [];
        boxes.forEach((a, i) => {
            if (a.right > frame.right + 1 || a.left < frame.left - 1) found.push(`${nodes[i].outerHTML} sticks out`);
            boxes.forEach((b, j) => {
                if (j <= i || nodes[i].contains(nodes[j])) return;
                const over = Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
                    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
                if (over) found.push(`${nodes[i].outerHTML} lies over ${nodes[j].outerHTML}`);
            });
        });
        return found;
    }""")
    assert problems == []


def test_notebook_7_shows_and_steers_as_well(browser: Browser, tmp_path: Path, artifacts: Path):
    with Server(tmp_path, app="notebook") as server, closing(Lab(server, browser, artifacts)) as lab:
        notebook = started(lab, epochs=2000, seconds=100, start=100)
        assert epochs(notebook) >= 100
        assert notebook.click_in_view("Pause", "paused") < PROMPT
        notebook.screenshot("live_notebook_7")
        assert notebook.click_in_view("Stop", "stopped") < PROMPT
        notebook.wait_cell(1)
        assert notebook.output_text(1) == "the static card"
