"""The chart that views share, in a real JupyterLab: zoom, read-out, earlier runs behind, a branch, runs compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from lab import Lab, Notebook, Server
from playwright.sync_api import Browser, Locator, expect

#: Losses by a formula: train 1 / epoch, validation `scale` / epoch, so that every read-out can be told in advance.
STAGE = """
const rowsOf = (n, scale, step = 1, noise = 0) => {
  const numbers = new Float32Array(4 * n);
  for (let i = 0; i < n; i++) {
    const epoch = 1 + i * step;
    const up = 1 + noise * Math.sin(12.9898 * epoch * scale);
    numbers.set([epoch, up / epoch, scale * up / epoch, 0.001], 4 * i);
  }
  return numbers;
};
function render({ el }) {
  const spoken = make("p", { class: "nbreg-spoken", role: "status" });
  const own = curveView({ loss: "MSE of the scaled target", spoken });
  const compared = comparisonView({ loss: "Validation loss (dashed: train)", spoken });
  const [first, second] = [own.root, compared.root].map((root) => make("div", { class: "nbreg-frame" }, root));
  const root = make("section", { class: "nbreg-view" }, first, second, spoken);
  el.append(root);
  themed(root, () => [own, compared].forEach((one) => one.refresh()));
  const give = (numbers, start, end, state = {}) => {
    own.receive({ start, end }, [numbers.buffer]);
    own.follow({ epochs: 200, best: null, changes: [], ended: false, start: 0, ...state });
  };
  window.stage = { own, compared, rowsOf, give };
}
export default { render };
"""
SETUP = f"""
import anywidget
from nbreg.panels.static_files import joined
class Stage(anywidget.AnyWidget):
    _esm = joined("dom.js", "picture.js", "chart.js", "learning_curve.js", "curve_view.js", "comparison_chart.js",
                  "comparison_view.js") + {STAGE!r}
    _css = joined("theme.css", "picture.css", "curve.css")
Stage()
"""
#: A training of 200 epochs that has ended; its axis is 0 to 200.
ENDED = "stage.give(stage.rowsOf(200, 2), 0, 200, { ended: true })"


@pytest.fixture(scope="module")
def warm(server: Server, browser: Browser, artifacts: Path) -> Iterator[Notebook]:
    with closing(Lab(server, browser, artifacts)) as lab:
        notebook = lab.open([SETUP])
        notebook.run_cell(0)
        notebook.wait_for("window.stage")
        yield notebook


@pytest.fixture
def page(notebook: Notebook):
    """The page with both charts as new."""
    notebook.set_theme(False)
    notebook.resize(1400)
    notebook.page.mouse.move(5, 5)
    notebook.page.evaluate(
        "() => { stage.own.clear(); stage.own.setEarlier([]); stage.own.follow({ epochs: 200 });"
        " stage.compared.setRuns([]); document.activeElement.blur(); }"
    )
    return notebook.page


def frame(page, which: int = 0) -> Locator:
    return page.locator(".nbreg-view .nbreg-frame").nth(which)


def label(page, which: int = 0) -> str:
    return frame(page, which).locator("canvas").get_attribute("aria-label")


def place(page, epoch: float, which: int = 0) -> tuple[float, float]:
    """Where an epoch is on the screen, at half the height of the chart."""
    box = frame(page, which).locator("canvas").bounding_box()
    x = page.evaluate(f"() => stage.{('own', 'compared')[which]}.chart.at.x({epoch})")
    return box["x"] + x, box["y"] + box["height"] / 2


def drawn(page, script: str) -> None:
    """Change what is shown, and wait until that is drawn."""
    page.evaluate(f"async () => {{ {script}; await new Promise(done => setTimeout(done, 60)); }}")


def point(page, epoch: float, which: int = 0) -> None:
    page.mouse.move(*place(page, epoch, which))


def drag(page, first: float, last: float, which: int = 0) -> None:
    point(page, first, which)
    page.mouse.down()
    page.mouse.move(*place(page, (first + last) / 2, which))
    page.mouse.move(*place(page, last, which))
    page.mouse.up()


def zoomed(page, which: int = 0) -> tuple[int, int] | None:
    found = re.search(r"Zoomed to epochs ([\d,]+) to ([\d,]+)", label(page, which))
    return (int(found[1].replace(",", "")), int(found[2].replace(",", ""))) if found else None


def read(page, which: int = 0) -> str:
    readout = frame(page, which).locator(".nbreg-read")
    return " ".join(readout.locator("> *").all_inner_texts()) if readout.is_visible() else ""


def share(page, epoch: float, column: int = 2) -> float:
    """How high the own curve stands at an epoch: 0 at the lower edge of the chart, 1 at the upper."""
    return page.evaluate(
        f"""() => {{
            const {{ chart }} = stage.own;
            const y = chart.at.y(chart.rows.get(chart.rows.nearest({epoch}), {column}));
            return (chart.at.bottom - y) / (chart.at.bottom - chart.at.top);
        }}"""
    )


def test_dragging_shows_a_range_of_epochs_over_the_whole_height(page):
    drawn(page, ENDED)
    assert share(page, 100) < 0.4
    drag(page, 50, 100)
    first, last = zoomed(page)
    assert (first, last) == (pytest.approx(50, abs=1), pytest.approx(100, abs=1))
    assert share(page, 50) > 0.85  # the highest and the lowest loss in sight reach the edges
    assert share(page, 100, column=1) < 0.15
    expect(page.get_by_role("status").first).to_have_text(f"Epochs {first} to {last}")
    frame(page).get_by_role("button", name="Reset zoom").click()
    assert zoomed(page) is None
    expect(frame(page).get_by_role("button", name="Reset zoom")).to_be_hidden()
    assert page.evaluate("() => document.activeElement.tagName") == "CANVAS"


def test_what_is_being_selected_is_shaded_and_escape_lets_it_be(page):
    drawn(page, ENDED)
    canvas = frame(page).locator("canvas")
    before = canvas.screenshot()
    point(page, 50)
    page.mouse.down()
    point(page, 120)
    page.wait_for_timeout(60)
    assert canvas.screenshot() != before
    page.keyboard.press("Escape")
    page.mouse.up()
    assert zoomed(page) is None


def test_a_double_click_ends_the_zoom_and_a_click_without_movement_reads_out(page):
    drawn(page, ENDED)
    drag(page, 50, 100)
    page.wait_for_timeout(60)
    point(page, 75)
    page.mouse.down()
    page.mouse.up()
    assert zoomed(page) == (50, 100)
    assert read(page).startswith("Epoch 75 Train 0.0133 Validation 0.0267")
    page.mouse.dblclick(*place(page, 75))
    assert zoomed(page) is None


def test_the_keyboard_zooms_about_what_is_read_out(page):
    drawn(page, ENDED)
    frame(page).locator("canvas").focus()
    page.keyboard.press("Home")
    for _ in range(5):
        page.keyboard.press("PageDown")
    assert read(page).startswith("Epoch 101")
    page.keyboard.press("+")
    first, last = zoomed(page)
    assert (first, last) == (pytest.approx(50, abs=1), pytest.approx(150, abs=1))
    assert read(page).startswith("Epoch 101")
    page.keyboard.press("-")
    assert zoomed(page) is None
    page.keyboard.press("+")
    page.keyboard.press("0")
    assert zoomed(page) is None
    page.keyboard.press("+")
    page.keyboard.press("Escape")  # first the read-out, then the zoom
    assert (read(page), zoomed(page)) == ("", (first, last))
    page.keyboard.press("Escape")
    assert zoomed(page) is None


def test_reading_out_beyond_a_zoom_takes_it_along(page):
    drawn(page, ENDED)
    drag(page, 50, 60)
    page.keyboard.press("End")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert read(page).startswith("Epoch 63")
    first, last = zoomed(page)
    assert first <= 63 <= last


def test_every_row_of_a_thinned_history_can_be_reached(page):
    drawn(page, "stage.give(stage.rowsOf(200, 2, 50), 0, 10000, { epochs: 10000, ended: true })")
    frame(page).locator("canvas").focus()
    page.keyboard.press("Home")
    told = []
    for _ in range(3):
        told.append(read(page).split(" Train")[0])
        page.keyboard.press("ArrowRight")
    assert told == ["Epoch 1", "Epoch 51", "Epoch 101"]
    page.keyboard.press("ArrowLeft")
    assert read(page).startswith("Epoch 101")


def test_a_zoom_stays_while_the_training_goes_on(page):
    drawn(page, "stage.give(stage.rowsOf(90, 2), 0, 90)")
    drag(page, 20, 60)
    before = zoomed(page)
    drawn(page, "stage.give(stage.rowsOf(150, 2), 90, 150)")
    assert zoomed(page) == before == (20, 60)
    assert "150 epochs" in label(page)
    drawn(page, "stage.own.clear()")
    assert zoomed(page) is None


EARLIER = (
    "stage.own.setEarlier([{ name: 'run 1', numbers: stage.rowsOf(120, 20), start: 0 },"
    " { name: 'run 2', numbers: stage.rowsOf(80, 200), start: 0 }])"
)


def test_of_the_earlier_runs_the_nearest_is_named_and_read_out(page):
    drawn(page, f"stage.give(stage.rowsOf(50, 2), 0, 50, {{ ended: true }}); {EARLIER}")
    expect(frame(page).locator(".nbreg-key.nbreg-earlier")).to_have_text("Earlier runs 2")
    box = frame(page).locator("canvas").bounding_box()
    for name, losses in [("run 1", "Train 0.0250 Validation 0.500"), ("run 2", "Train 0.0250 Validation 5.00")]:
        scale = {"run 1": 20, "run 2": 200}[name]
        height = page.evaluate(f"() => stage.own.chart.at.y({scale} / 40)")
        page.mouse.move(place(page, 40)[0], box["y"] + height)
        own = "Epoch 40 Train 0.0250 Validation 0.0500 Learning rate 0.001"
        assert read(page) == f"{own} {name} {losses}"
    page.mouse.move(*place(page, 100))
    assert read(page) == "Epoch 100 run 1 Train 0.0100 Validation 0.200"  # no other got so far
    frame(page).locator("canvas").focus()
    page.keyboard.press("Home")
    expect(page.get_by_role("status").first).to_have_text(
        "Epoch 1: Train 1.00, Validation 2.00, Learning rate 0.001, run 2: Train 1.00, Validation 200"
    )


def test_earlier_runs_are_seen_before_there_are_rows_of_ones_own(page):
    drawn(page, EARLIER)
    assert "earlier runs" in label(page)
    point(page, 30)
    assert re.match(r"Epoch 30 run \d Train 0.0333", read(page))


def test_a_branch_counts_on_where_it_began(page):
    drawn(page, "stage.give(stage.rowsOf(60, 2), 0, 60, { epochs: 60, start: 40, ended: true });"
                "stage.own.setEarlier([{ name: 'run 1', numbers: stage.rowsOf(80, 3), start: 0 }])")  # fmt: skip
    point(page, 41)
    assert read(page).startswith("Epoch 41 (1 of this run) Train 1.00 Validation 2.00 Learning rate 0.001")
    point(page, 100)
    assert read(page).startswith("Epoch 100 (60 of this run) Train 0.0167")
    point(page, 20)
    assert read(page) == "Epoch 20 run 1 Train 0.0500 Validation 0.150"


RUNS = (
    "stage.compared.setRuns([1, 2, 3, 4, 5, 6, 7, 8].map((place) => ({ name: `run ${place}`, place,"
    " numbers: stage.rowsOf(100 + 10 * place, 1 + place, 1, 0.1), start: 0 })))"
)


def test_runs_are_compared_at_an_epoch_and_zoomed_like_one(page):
    plain = "{ name: 'short one', place: 1, numbers: stage.rowsOf(50, 2), start: 0 },"
    branch = "{ name: 'branch', place: 2, numbers: stage.rowsOf(50, 5), start: 50 }"
    drawn(page, f"stage.compared.setRuns([{plain} {branch}])")
    assert "2 runs: short one, branch" in label(page, 1)
    point(page, 20, 1)
    assert read(page, 1) == "Epoch 20 short one 0.100"
    point(page, 60, 1)
    assert read(page, 1) == "Epoch 60 branch 0.500"
    drag(page, 20, 60, 1)
    assert zoomed(page, 1) == (20, 60)
    expect(page.get_by_role("status").first).to_have_text("Epochs 20 to 60")
    frame(page, 1).get_by_role("button", name="Linear").click()
    expect(frame(page, 1).get_by_role("button", name="Linear")).to_have_attribute("aria-pressed", "true")
    drawn(page, "")
    assert page.evaluate("() => stage.compared.chart.at.y(0.1) - stage.compared.chart.at.y(0.2)") == pytest.approx(
        page.evaluate("() => stage.compared.chart.at.y(0.2) - stage.compared.chart.at.y(0.3)")
    )
    frame(page, 1).get_by_role("button", name="Log").click()


#: Curves as real ones are: they fall, are noisy, and one of them turns up again.
REAL = """
const real = (n, floor, speed, turn, phase) => {
  const numbers = new Float32Array(4 * n);
  for (let i = 0; i < n; i++) {
    const noise = (k) => 1 + 0.035 * Math.sin(i * 12.9898 * k + phase) * Math.cos(i * 4.1414 + phase * k);
    const loss = floor + 0.95 * Math.exp(-speed * (i + 1));
    numbers.set([i + 1, loss * noise(1), (loss * 1.18 + turn * Math.max(0, i - 130)) * noise(3), 0.001], 4 * i);
  }
  return numbers;
};
const choices = [[200, 0.09, 0.02], [160, 0.12, 0.05], [240, 0.07, 0.013], [90, 0.16, 0.03]];
const runs = choices.map(([n, floor, speed], index) =>
  ({ name: `run ${index + 1}`, numbers: real(n, floor, speed, 0, index), start: 0 }));
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_looks_right(notebook: Notebook, page, dark: bool):
    """Nothing sticks out or lies over another at any width; the pictures are for the eye."""
    notebook.set_theme(dark)
    best = "{ epoch: 128, words: '0.0664', validated: true }"
    state = f"{{ epochs: 400, start: 60, best: {best}, changes: [[70, 0.0003]] }}"
    names = "['wide and deep', 'baseline', 'dropout 0.2', 'selu', 'batch norm', 'l2', 'huber', 'slow rate']"
    for width in (1400, 600):
        notebook.resize(width)
        drawn(page, f"{REAL}; stage.own.clear(); stage.give(real(190, 0.045, 0.03, 0.0004, 9), 0, 190, {state});"
                    f"stage.own.setEarlier(runs); const names = {names};"
                    "stage.compared.setRuns(names.map((name, i) => ({ name, place: i + 1, start: i === 3 ? 60 : 0,"
                    " numbers: real(120 + 17 * i, 0.03 * (i + 2) ** 0.8, 0.012 + 0.006 * i, 0, i) })))")  # fmt: skip
        expect(page.locator(".nbreg-view")).to_have_attribute("data-theme", "dark" if dark else "light")
        name = f"{'dark' if dark else 'light'}_{width}"
        point(page, 110)
        assert_fits(page)
        notebook.screenshot(f"curve_{name}", 0)
        drag(page, 100, 190)
        point(page, 90, 1)
        page.wait_for_timeout(60)
        assert_fits(page)
        notebook.screenshot(f"curve_zoomed_{name}", 0)


def assert_fits(page) -> None:
    problems = page.evaluate("""() => [...document.querySelectorAll(".nbreg-view .nbreg-frame")].flatMap((frame) => {
        const all = frame.querySelectorAll("button, .nbreg-key, .nbreg-caption, .nbreg-read");
        const nodes = [...all].filter((one) => one.offsetWidth);
        const edge = frame.getBoundingClientRect();
        return nodes.flatMap((one, i) => {
            const a = one.getBoundingClientRect();
            const out = a.left < edge.left || a.right > edge.right || a.bottom > edge.bottom;
            return (out ? [`${one.outerHTML} sticks out`] : []).concat(nodes.slice(i + 1).filter((other) => {
                const b = other.getBoundingClientRect();
                return Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
                    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
            }).map((other) => `${one.outerHTML} lies over ${other.outerHTML}`));
        });
    })""")
    assert problems == []


#: How often one `draw` tells the canvas to go on with a line: when rows have come, and when only the read-out moves.
STROKES = """which => {
    const { chart } = stage[which];
    const plain = CanvasRenderingContext2D.prototype;
    const kept = plain.lineTo;
    const counted = (stale) => {
        let n = 0;
        plain.lineTo = function (...place) { n += 1; return kept.apply(this, place); };
        Object.assign(chart, { stale, read: chart.read === 20 ? 30 : 20 });
        chart.draw();
        return n;
    };
    try { return [counted(true), counted(false), chart.canvas.clientWidth]; } finally { plain.lineTo = kept; }
}"""
MANY = (
    "stage.give(stage.rowsOf(10000, 2, 1, 0.05), 0, 10000, { epochs: 10000, ended: true });"
    "stage.own.setEarlier(Array.from({ length: 20 }, (_, i) => ({ name: `run ${i}`, start: 0,"
    " numbers: stage.rowsOf(2000, 2 + i / 5, 5, 0.05) })));"
    "stage.compared.setRuns([1, 2, 3, 4, 5, 6, 7, 8].map((place) => ({ name: `run ${place}`, place, start: 0,"
    " numbers: stage.rowsOf(20000, 1 + place, 1, 0.05) })))"
)


@pytest.mark.parametrize(("which", "n_rows"), [("own", 2 * 10_000 + 20 * 2_000), ("compared", 2 * 8 * 20_000)])
def test_a_frame_of_thousands_of_rows_costs_what_its_pixels_cost(page, which: str, n_rows: int):
    """The milliseconds go by the machine (the panels' benchmark prints them), the strokes by what is drawn."""
    drawn(page, MANY)
    growing, reading, width = page.evaluate(STROKES, which)
    print(f"{growing:,} strokes for {n_rows:,} rows, {reading} for the read-out, on {width} pixels")  # noqa: T201
    assert width < growing < n_rows / 3
    assert reading < 50
