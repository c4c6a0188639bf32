"""The runs panel in a real JupyterLab: three real runs, one that trains meanwhile, and two hundred made-up ones."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from lab import Lab, Notebook, Server
from playwright.sync_api import Browser, Locator, Page, expect

PANELS = Path(__file__).parent.parent / "panels"

SETUP = f"""
import sys, threading
sys.path[:0] = [{str(PANELS)!r}, {str(Path(__file__).parent)!r}]
import numpy as np, pandas as pd, nbreg
from nbreg.session import SESSION
rng = np.random.default_rng(0)
df = pd.DataFrame({{"x": rng.normal(size=300), "z": rng.normal(size=300)}})
df["y"] = np.sin(df.x) + df.z
for hidden, epochs in [((4,), 2), ((8, 4), 5), ((16,), 8)]:
    nbreg.fit(df, target="y", hidden=hidden, epochs=epochs, engine="graph")
REAL = SESSION.trainings, SESSION._by_use
def put_back():
    SESSION.trainings, SESSION._by_use = REAL[0], REAL[1]
    for place, training in enumerate(SESSION.trainings, 1):
        training.name = f"run {{place}}"
put_back()
"""
OPEN = "put_back()\npanel = nbreg.RunsPanel()\npanel"
MANY = """
from made_up_runs import many
SESSION.trainings = many(200)
SESSION._by_use = SESSION.trainings[196:197]
panel = nbreg.RunsPanel()
panel
"""


@pytest.fixture(scope="module")
def warm(server: Server, browser: Browser, artifacts: Path) -> Iterator[Notebook]:
    """A notebook in which three networks have been trained."""
    with closing(Lab(server, browser, artifacts)) as lab:
        notebook = lab.open([SETUP])
        notebook.run_cell(0)
        assert notebook.failures() == []
        yield notebook


def shown(notebook: Notebook, *cells: str) -> Locator:
    """Return the panel that the first cell displays."""
    notebook.set_cells(cells)
    notebook.run_cell(0)
    expect(rows(notebook).first).to_be_visible()
    return notebook.page.locator(".nbreg-runs").first


def rows(notebook: Notebook) -> Locator:
    return notebook.page.locator(".nbreg-runs").first.locator("tbody tr")


def row(notebook: Notebook, number: int) -> Locator:
    return notebook.page.locator(f".nbreg-runs tr[data-run='{number}']").first


def numbers(notebook: Notebook) -> list[int]:
    return [int(each) for each in rows(notebook).evaluate_all("rows => rows.map(row => row.dataset.run)")]


def cell(notebook: Notebook, number: int, column: str) -> Locator:
    return row(notebook, number).locator(f"[data-column='{column}']")


def head(notebook: Notebook, column: str) -> Locator:
    return notebook.page.locator(f".nbreg-runs th[data-column='{column}']").first


def value_of(notebook: Notebook, expression: str) -> str:
    """Run another cell that prints what Python has."""
    notebook.set_source(notebook.n_cells - 1, f"print({expression})")
    notebook.run_cell(notebook.n_cells - 1)
    return notebook.output_text(notebook.n_cells - 1)


def focused(page: Page) -> str:
    return page.evaluate("() => document.activeElement.closest('tr')?.dataset.run ?? ''")


def test_with_the_mouse(notebook: Notebook):
    panel = shown(notebook, OPEN, "")
    assert numbers(notebook) == [3, 2, 1]
    best = [cell(notebook, number, "validation_r2").get_attribute("data-best") for number in (1, 2, 3)]
    assert best.count("") == 1
    head(notebook, "epochs_run").get_by_role("button").click()
    expect(head(notebook, "epochs_run")).to_have_attribute("aria-sort", "ascending")
    assert numbers(notebook) == [1, 2, 3]
    panel.get_by_label("Filter runs").fill("hidden 8")
    expect(panel.get_by_text("1 of 3 runs")).to_be_visible()
    assert numbers(notebook) == [2]
    panel.get_by_label("Filter runs").fill("nothing says this")
    expect(panel.get_by_text("No run says “nothing says this”.")).to_be_visible()
    notebook.screenshot("runs_no_match", 0)
    panel.get_by_role("button", name="Clear the filter").click()
    expect(rows(notebook)).to_have_count(3)

    row(notebook, 2).get_by_label("Actions for run 2").click()
    notebook.screenshot("runs_menu")
    panel.get_by_role("menuitem", name="Rename").click()
    notebook.screenshot("runs_rename", 0)
    notebook.page.keyboard.type("small one")
    notebook.page.keyboard.press("Enter")
    expect(cell(notebook, 2, "name")).to_contain_text("small one")
    row(notebook, 2).get_by_label("Actions for small one").click()
    panel.get_by_role("menuitem", name="Use as latest").click()
    expect(cell(notebook, 2, "name")).to_contain_text("latest")
    assert value_of(notebook, "SESSION.find('small one').number, SESSION.number_of_latest") == "2 2"

    row(notebook, 1).get_by_label("Curve of run 1").click()
    expect(panel.get_by_label("Take away the curve of run 1")).to_have_count(0)
    expect(row(notebook, 1)).to_have_attribute("aria-selected", "false")
    row(notebook, 3).get_by_label("Actions for run 3").click()
    panel.get_by_role("menuitem", name="Delete").click()
    notebook.screenshot("runs_delete", 0)
    panel.get_by_role("button", name="Yes, delete run 3").click()
    expect(rows(notebook)).to_have_count(2)
    assert value_of(notebook, "[each.number for each in SESSION.trainings], panel.selected") == "[1, 2] [2]"


def test_with_the_keyboard(notebook: Notebook):
    panel = shown(notebook, OPEN, "")
    keyboard = notebook.page.keyboard
    row(notebook, 3).focus()
    keyboard.press("ArrowDown")
    assert focused(notebook.page) == "2"
    keyboard.press("End")
    assert focused(notebook.page) == "1"
    keyboard.press("Space")
    expect(row(notebook, 1)).to_have_attribute("aria-selected", "false")
    keyboard.press("F2")
    keyboard.type("nonsense")
    keyboard.press("Escape")
    expect(cell(notebook, 1, "name")).to_contain_text("run 1")
    assert focused(notebook.page) == "1"
    keyboard.press("F2")
    keyboard.type("run 3")
    keyboard.press("Enter")
    expect(panel.get_by_role("alert")).to_have_text('"run 3" is what run 3 is called; names are given once.')
    notebook.screenshot("runs_trouble", 0)
    keyboard.press("Delete")
    keyboard.press("Escape")  # no
    keyboard.press("Enter")
    expect(panel.get_by_role("menuitem", name="Use as latest")).to_be_focused()
    keyboard.press("ArrowUp")
    keyboard.press("Enter")
    expect(panel.get_by_role("group", name="Delete run 1?").get_by_role("button", name="No")).to_be_focused()
    keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    expect(rows(notebook)).to_have_count(2)
    expect(panel.locator(".nbreg-spoken[role=status]")).to_have_text("run 1 was deleted")
    assert focused(notebook.page) == "2"  # its neighbour
    # From the rows, Tab leads to the tick and the actions of the same row, and then on.
    for expected in ("nbreg-tick", "nbreg-dots"):
        keyboard.press("Tab")
        assert notebook.page.evaluate("() => document.activeElement.className") == expected
    keyboard.press("Tab")
    assert focused(notebook.page) == ""


def test_the_table_goes_into_a_file(notebook: Notebook):
    panel = shown(notebook, OPEN, "")
    with notebook.page.expect_download() as download:
        panel.get_by_role("button", name="Export CSV").click()
    assert download.value.suggested_filename == "nbreg_runs.csv"
    table = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    assert [each["run"] for each in table] == ["1", "2", "3"]
    assert [each["epochs_run"] for each in table] == ["2", "5", "8"]
    assert "test_r2" not in table[0]
    panel.get_by_role("switch", name="Test metrics").click()
    expect(head(notebook, "test_r2")).to_be_visible()
    expect(panel.get_by_text("too good to be true")).to_be_visible()
    assert value_of(notebook, "'test_r2' in panel.to_csv()") == "True"


def test_a_run_that_trains_meanwhile_ticks_in_both_views_and_ends(notebook: Notebook):
    train = """
from scripted import Script
from made_up_runs import made_up
training = made_up(4, epochs=0, status="running")
script = Script(epochs=60, seconds=6)
training.run = script.run
SESSION.trainings = [*SESSION.trainings, training]
SESSION._tell()
threading.Thread(target=script.train).start()
"""
    panel = shown(notebook, OPEN, "panel", train)
    notebook.run_cell(1)
    notebook.run_cell(2)
    views = notebook.page.locator(".nbreg-runs")
    lines = notebook.page.locator("tr[data-run='4']")
    expect(lines).to_have_count(2)
    expect(lines.nth(0).locator(".nbreg-pill")).to_have_text("running")
    expect(panel.get_by_label("Take away the curve of run 4")).to_be_visible()
    told = {cell(notebook, 4, "epochs_run").inner_text()}
    lines.nth(1).focus()
    notebook.page.keyboard.press("Delete")
    notebook.page.keyboard.press("Shift+Tab")
    notebook.page.keyboard.press("Enter")
    for view in (views.nth(0), views.nth(1)):
        expect(view.get_by_role("alert")).to_have_text("run 4 still trains: stop it first, then delete it.")
    notebook.page.wait_for_timeout(1200)
    told.add(cell(notebook, 4, "epochs_run").inner_text())
    assert len(told) == 2
    assert all(each.endswith("of 60") for each in told)
    notebook.output(0).scroll_into_view_if_needed()
    notebook.screenshot("runs_training", 0)
    for line in (lines.nth(0), lines.nth(1)):
        expect(line.locator(".nbreg-pill")).to_have_text("finished")
        expect(line.locator("[data-column='epochs_run']")).to_have_text("60")


def test_of_two_hundred_runs_those_in_sight_are_laid_out(notebook: Notebook):
    shown(notebook, MANY)
    table = notebook.page.locator(".nbreg-table")
    expect(table.get_by_role("grid")).to_have_attribute("aria-rowcount", "202")  # with two lines of heads
    for column in ("validation_rmse", "hidden", "best_epoch", "validation_r2"):
        before = rows(notebook).first.get_attribute("data-run")
        table.locator(f"th[data-column={column}] button").click()
        expect(rows(notebook).first).not_to_have_attribute("data-run", before or "")
        assert rows(notebook).count() < 100  # only what is in sight is laid out, so that a click takes milliseconds
    # Rows come as one scrolls.
    while rows(notebook).count() < 200:
        before = rows(notebook).count()
        table.evaluate("table => table.scrollTo(0, table.scrollHeight)")
        notebook.page.wait_for_function("n => document.querySelectorAll('.nbreg-runs tbody tr').length > n", arg=before)
    r2 = [float(text) for text in rows(notebook).locator("[data-column=validation_r2]").all_inner_texts()]
    assert r2 == sorted(r2, reverse=True)
    # Nothing was built anew: a row is the same element as before.
    rows(notebook).last.evaluate("row => { row.mark = 1; }")
    head(notebook, "validation_r2").get_by_role("button").click()
    expect(head(notebook, "validation_r2")).to_have_attribute("aria-sort", "ascending")
    notebook.page.wait_for_function("() => document.querySelector('.nbreg-runs tbody tr').mark === 1")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_how_it_looks(notebook: Notebook, dark: bool):
    theme = "dark" if dark else "light"
    notebook.set_theme(dark)
    panel = shown(notebook, MANY)
    notebook.wait_for(f"document.querySelector('.nbreg-runs').dataset.theme === '{theme}'")
    notebook.wait_for("!document.querySelector('#jupyterlab-splash')")
    for width in (1400, 700, 600):
        notebook.resize(width)
        notebook.output(0).scroll_into_view_if_needed()
        notebook.page.wait_for_timeout(300)
        notebook.screenshot(f"runs_{theme}_{width}", 0)
        # Only the table scrolls sideways.
        assert panel.evaluate("view => view.querySelector('.nbreg-frame').scrollWidth <= view.clientWidth")
        assert notebook.output(0).evaluate("area => area.scrollWidth <= area.clientWidth + 1")
        table = panel.locator(".nbreg-table")
        assert table.evaluate("table => table.scrollWidth > table.clientWidth")
    # The head and the names stay where they are.
    table.evaluate("table => table.scrollTo(400, 600)")
    at = panel.evaluate(
        """view => {
            const [frame, head, name] = [".nbreg-table", "thead", "tbody tr:nth-child(30) .nbreg-run-name"]
                .map(each => view.querySelector(each).getBoundingClientRect());
            return [head.top - frame.top, name.left - frame.left];
        }"""
    )
    assert max(map(abs, (at[0], at[1] - 34))) < 2
    notebook.screenshot(f"runs_{theme}_scrolled", 0)
    notebook.resize(1400)
    assert low_contrasts(panel) == []
    notebook.set_theme(False)


def low_contrasts(panel: Locator) -> list[str]:
    """Texts of the panel whose contrast with what is behind them is below 4.5 (WCAG AA)."""
    return panel.evaluate(
        r"""view => {
            const pen = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
            const parse = colour => {
                pen.clearRect(0, 0, 1, 1);
                pen.fillStyle = colour;
                pen.fillRect(0, 0, 1, 1);
                const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
                return [[r, g, b], a / 255];
            };
            const light = rgb => rgb.map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
                .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
            const behind = node => {
                for (let each = node; each; each = each.parentElement) {
                    const [rgb, alpha] = parse(getComputedStyle(each).backgroundColor);
                    if (alpha > 0.99) return rgb;
                }
                return [255, 255, 255];
            };
            const poor = new Set();
            for (const node of view.querySelectorAll("*")) {
                const says = [...node.childNodes].some(each => each.nodeType === 3 && each.textContent.trim());
                if (!says || !node.checkVisibility() || node.closest(".nbreg-spoken")) continue;
                const [a, b] = [light(parse(getComputedStyle(node).color)[0]), light(behind(node))];
                const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
                if (contrast < 4.5) poor.add(`${node.className || node.tagName} ${contrast.toFixed(2)}`);
            }
            return [...poor];
        }"""
    )


def test_nothing_trained_yet(notebook: Notebook):
    notebook.set_cells(["SESSION.trainings = []\npanel = nbreg.RunsPanel()\npanel", "put_back(); SESSION._tell()"])
    notebook.run_cell(0)
    expect(notebook.page.get_by_role("heading", name="Nothing has been trained yet")).to_be_visible()
    notebook.screenshot("runs_empty", 0)
    notebook.run_cell(1)
    expect(rows(notebook)).to_have_count(3)  # it fills by itself


def test_the_picture_stays_without_a_kernel(notebook: Notebook):
    shown(notebook, OPEN)
    still = notebook.page.locator(".nbreg-still").first
    expect(still).to_be_hidden()
    head(notebook, "epochs_run").get_by_role("button").click()
    expect(still.locator("tbody th").first).to_have_text("1")  # it follows
    notebook.save()
    notebook.shut_down_kernel()
    notebook.load()
    expect(still).to_be_visible()
    expect(notebook.page.locator(".nbreg-runs")).to_have_count(0)
    assert still.locator("tbody th").all_inner_texts() == ["1", "2", "3"]
    for dark in (True, False):
        notebook.set_theme(dark)
        notebook.wait_for("!document.querySelector('#jupyterlab-splash')")
        still.scroll_into_view_if_needed()
        notebook.screenshot(f"runs_still_{'dark' if dark else 'light'}", 0)
