"""How soon panels answer, how long they draw, and what it costs to look on: in a real JupyterLab, headless.

Run ``python tests/benchmarks/panels.py [train|explain|frames|looking|million ...]``; all five without arguments.
Needs Chromium or Chrome, Playwright and JupyterLab (but for "million"). Each figure is the median and the worst of some
tries; times in the browser end with the frame in which the answer is seen, and all pixels are drawn by the processor.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

from lab import Lab, Notebook, Server, chromium

TRIES = 10
#: A wish of a control, in the page, until `seen()` differs: milliseconds to the frame after that.
ANSWERED = """const answered = (seen, wish) => new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("nothing has changed in 20 seconds")), 20_000);
    const [before, began] = [seen(), performance.now()];
    const end = () => resolve(performance.now() - began);
    const look = () => requestAnimationFrame(seen() !== before ? end : look);
    wish();
    look();
});"""


def told(words: str, times: Sequence[float], target: str = "") -> None:
    """Print the median, the ninth of ten and the worst of times in milliseconds."""
    aim = f"; target: {target}" if target else ""
    most = sorted(times)[len(times) * 9 // 10]
    figures = f"median {statistics.median(times):.1f} ms, nine of ten within {most:.1f}, worst {max(times):.1f}"
    print(f"  {words}: {figures} of {len(times)}{aim}", flush=True)


@contextmanager
def opened(*cells: str, height: int = 2300) -> Iterator[Notebook]:
    """A notebook of these cells in JupyterLab, the first ones but the last of them run."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Server(Path(folder) / "server") as server,
        chromium() as browser,
        closing(Lab(server, browser, Path(folder))) as lab,
    ):
        notebook = lab.open([*cells, ""], height=height)
        for cell in range(len(cells)):
            notebook.run_cell(cell, timeout=300)
        if notebook.failures():
            raise RuntimeError(notebook.failures())
        yield notebook


def python(notebook: Notebook, source: str, wait: bool = True) -> str:
    """Run a source in the notebook's last cell; return what it prints."""
    last = notebook.n_cells - 1
    notebook.set_source(last, source)
    notebook.run_cell(last, wait, timeout=600)
    return notebook.output_text(last) if wait else ""


# (a) The train panel

DIAMONDS = """%load_ext nbreg
import time, json, nbreg
from nbreg.data.demo import demo_table
df = demo_table("diamonds")"""
#: A click on a button until the panel says how its run stands.
PRESSED = """([name, status]) => {
    const root = document.querySelector(".nbreg-train");
    const said = () => root.querySelector(".nbreg-status").textContent === status;
    const press = [...root.querySelectorAll("button")].find(one => one.textContent.trim() === name);
    return answered(said, () => press.click());
}"""
SLID = """place => {
    const root = document.querySelector(".nbreg-train");
    const range = root.querySelector("input[type=range][aria-label='Learning rate, slider']");
    return answered(() => root.querySelector(".nbreg-code pre").textContent, () => {
        range.value = place;
        for (const kind of ["input", "change"]) range.dispatchEvent(new Event(kind, {bubbles: true}));
    });
}"""
TYPED = """value => {
    const root = document.querySelector(".nbreg-train");
    const box = [...root.querySelectorAll("input")].find(one => one.labels?.[0]?.textContent.trim() === "Epochs");
    return answered(() => root.querySelector(".nbreg-code pre").textContent, () => {
        box.value = value;
        box.dispatchEvent(new Event("input", {bubbles: true}));
        box.dispatchEvent(new Event("change", {bubbles: true}));
    });
}"""
BUSY = {
    "while a cell sleeps": "time.sleep({seconds})",
    "while a cell computes": "end = time.monotonic() + {seconds}\nwhile time.monotonic() < end: sum(range(1000))",
}


def in_page(notebook: Notebook, script: str, argument: Any) -> float:
    return notebook.page.evaluate(f"argument => {{ {ANSWERED} return ({script})(argument); }}", argument)


def train() -> None:
    print("\ntrain panel, diamonds; targets: 200 ms with an idle kernel, 500 ms while a cell runs")
    panel = 'panel = nbreg.TrainPanel(df, target="price", epochs=5000, patience=0)\npanel'
    with opened(DIAMONDS, panel) as notebook:
        page = notebook.page
        page.locator(".nbreg-train .nbreg-code pre").filter(has_text="--target price").wait_for()
        page.wait_for_timeout(2_000)
        places = [2 + (11 * i) % 27 for i in range(TRIES)]  # of 30, each another
        told("slider to code line", [rested(notebook, SLID, place) for place in places], "200 ms")
        told("typed number to code line", [rested(notebook, TYPED, str(5_000 + place)) for place in places], "200 ms")
        python(notebook, "panel.train()")
        page.locator(".nbreg-train .nbreg-speed").filter(has_text="epoch").wait_for()
        page.wait_for_timeout(3_000)  # what compiles, a forward pass for the scatter among it, is compiled
        pressed(notebook, "idle kernel", "200 ms")
        for words, source in BUSY.items():
            python(notebook, source.format(seconds=15), wait=False)
            page.wait_for_timeout(500)
            pressed(notebook, words, "500 ms")
            if not notebook.is_running(notebook.n_cells - 1):
                print("  (the cell had ended before)")
            notebook.wait_cell(notebook.n_cells - 1)
        python(notebook, "panel.stop(); panel.run_.wait()")


def rested(notebook: Notebook, script: str, argument: Any) -> float:
    """Let the page and the kernel rest before a try."""
    notebook.page.wait_for_timeout(300)
    return in_page(notebook, script, argument)


def pressed(notebook: Notebook, words: str, target: str) -> None:
    taken: dict[str, list[float]] = {"Pause": [], "Resume": []}
    for _ in range(TRIES):
        for name, status in (("Pause", "Paused"), ("Resume", "Training")):
            taken[name].append(rested(notebook, PRESSED, [name, status]))
    for name, times in taken.items():
        told(f"{name}, {words}", times, target)


# (b) The explain panel

#: A slider moved to a share of its range until the waterfall is drawn anew.
MOVED = """([name, share]) => {
    const range = document.querySelector(`.nbreg-value[data-name="${name}"] input[type=range]`);
    const [low, high] = [Number(range.min), Number(range.max)];
    return answered(() => document.querySelector(".nbreg-waterfall").dataset.serial, () => {
        range.value = low + share * (high - low);
        range.dispatchEvent(new Event("input", {bubbles: true}));
    });
}"""
#: The same in Python: from the slider's message to the message that brings the new steps.
ANSWERED_IN_PYTHON = """
import threading, statistics
low, high = [[each["low"], each["high"]] for each in panel.about["controls"] if each["name"] == {feature!r}][0]
taken = []
for share in [0.11 + 0.019 * i for i in range(40)]:
    drawn = threading.Event()
    panel.observe(lambda change: drawn.set(), "chosen")
    begun = time.perf_counter()
    panel._handle_custom_msg({{"kind": "set", "name": {feature!r}, "value": round(low + share * (high - low), 2)}}, [])
    drawn.wait(5)
    taken.append(1e3 * (time.perf_counter() - begun))
    panel.unobserve_all("chosen")
    time.sleep(0.05)
print(f"quickest {{min(taken):.1f}} ms, median {{statistics.median(taken):.1f}} ms, worst {{max(taken):.1f}} ms of 40")
"""
#: The feature that is changed, the target, and how many features there are.
EXPLAINED = {"diamonds": ("carat", "price", 9), "ames": ("Gr_Liv_Area", "Sale_Price", 73)}


def explain() -> None:
    print("\nexplain panel, slider to waterfall; target: under 100 ms")
    for name, (feature, target, n_features) in EXPLAINED.items():
        fit = f'model = nbreg.fit(df, target="{target}", epochs=5)'
        setup = DIAMONDS.replace("diamonds", name)
        with opened(f"{setup}\n{fit}", "panel = nbreg.ExplainPanel(model)\npanel") as notebook:
            page = notebook.page
            page.locator(".nbreg-explain[data-status=ready]").wait_for()
            page.locator(f".nbreg-value[data-name={feature}]").wait_for(state="attached")
            page.wait_for_timeout(3_000)
            shares = [0.1 + 0.8 * ((7 * i) % 20) / 20 for i in range(2 * TRIES)]
            in_page(notebook, MOVED, [feature, 0.97])
            told(f"{name}, {n_features} features", [rested(notebook, MOVED, [feature, share]) for share in shares])
            print(f"    of it in Python: {python(notebook, ANSWERED_IN_PYTHON.format(feature=feature))}")


# (c) Frames

STAGE = """
const rowsOf = (n, scale) => {
  const numbers = new Float32Array(4 * n);
  for (let i = 0; i < n; i++) {
    const up = 1 + 0.05 * Math.sin(12.9898 * (i + 1) * scale);
    numbers.set([i + 1, up / (i + 1), scale * up / (i + 1), 0.001], 4 * i);
  }
  return numbers;
};
function render({ el }) {
  const spoken = make("p", { class: "nbreg-spoken", role: "status" });
  const own = curveView({ loss: "MSE of the scaled target", spoken });
  const compared = comparisonView({ loss: "Validation loss (dashed: train)", spoken });
  const canvas = make("canvas", { style: "width: 480px; height: 360px; font-size: 12px" });
  const scatter = new Scatter(canvas);
  const frames = [own.root, compared.root, canvas].map((root) => make("div", { class: "nbreg-frame" }, root));
  el.append(make("section", { class: "nbreg-view" }, ...frames, spoken));
  own.receive({ start: 0, end: 10000 }, [rowsOf(10000, 2).buffer]);
  own.follow({ epochs: 10000, best: null, changes: [], ended: true, start: 0 });
  compared.setRuns([1, 2, 3, 4, 5, 6, 7, 8].map((place) =>
    ({ name: `run ${place}`, place, start: 0, numbers: rowsOf(2000, 1 + place) })));
  scatter.show(Float32Array.from({ length: 4000 }, () => Math.random()), "price");
  window.stage = { own: own.chart, compared: compared.chart, scatter };
}
export default { render };
"""
STAGED = f"""import anywidget
from nbreg.panels.static_files import joined
class Stage(anywidget.AnyWidget):
    _esm = joined("dom.js", "picture.js", "chart.js", "learning_curve.js", "curve_view.js", "comparison_chart.js",
                  "comparison_view.js", "scatter.js") + {STAGE!r}
    _css = joined("theme.css", "picture.css", "curve.css")
Stage()"""
#: Milliseconds in `draw`, and from frame to frame while every frame draws all anew; the last frames, once it is warm.
DRAWN = """async name => {
    const one = stage[name];
    const [taken, between] = [[], []];
    let before = await new Promise(requestAnimationFrame);
    for (let i = 0; i < 120; i++) {
        const now = await new Promise(requestAnimationFrame);
        between.push(now - before);
        before = now;
        one.read = 20 + i;
        one.stale = true;
        const began = performance.now();
        one.draw();
        taken.push(performance.now() - began);
    }
    return [taken.slice(30), between.slice(30)];
}"""
STAGE_WORDS = {
    "own": "learning curve of 10,000 epochs",
    "compared": "comparison of 8 runs of 2,000 epochs",
    "scatter": "scatter of 2,000 points",
}


def frames() -> None:
    print("\nframes, all drawn anew in each; target: under 16 ms")
    with opened(STAGED) as notebook:
        notebook.wait_for("window.stage")
        for name, words in STAGE_WORDS.items():
            taken, between = notebook.page.evaluate(DRAWN, name)
            told(f"{words}, drawing", taken, "16 ms")
            told(f"{words}, frame to frame", between)


# (d) Looking on while it trains

EPOCHS, TURNS = 60, 6
LOOKING = f"""
import statistics
options = dict(target="price", epochs={EPOCHS}, patience=0)
sent = [0, 0]
publish = panel.comm.publish_msg
def counted(kind, data=None, metadata=None, buffers=None, **more):
    sent[0] += 1
    sent[1] += len(json.dumps(data)) + sum(memoryview(each).nbytes for each in buffers or ())
    return publish(kind, data, metadata, buffers, **more)
panel.comm.publish_msg = counted
panel.train(wait=True), nbreg.fit(df, **options)
def timed(train):
    time.sleep(2.5)  # what the panel draws after an end is drawn
    begun = time.perf_counter()
    run = train()
    return time.perf_counter() - begun, run.seconds
def alone():
    return timed(lambda: nbreg.fit(df, **options).run_)
def watched():
    before = sent[1]
    taken = timed(lambda: (panel.train(wait=True), panel.run_)[1])
    rates.append((sent[1] - before) / taken[0])
    return taken
wall, inside, rates = [], [], []
for turn in range({TURNS}):
    first = (alone, watched)[turn % 2]()
    second = (watched, alone)[turn % 2]()
    one, other = (first, second) if turn % 2 else (second, first)
    wall.append(one[0] / other[0])
    inside.append(one[1] / other[1])
print(json.dumps([wall, inside, statistics.median(rates), other[1], sent[0]]))
"""


def looking() -> None:
    print(f"\nlooking on: {EPOCHS} epochs of diamonds with an open train panel over nbreg.fit without a view, in turns")
    with opened(
        DIAMONDS, f'panel = nbreg.TrainPanel(df, target="price", epochs={EPOCHS}, patience=0)\npanel'
    ) as notebook:
        notebook.page.wait_for_timeout(2_000)
        wall, inside, rate, seconds, n_sent = json.loads(python(notebook, LOOKING).splitlines()[-1])
    for words, ratios in (("whole call", wall), ("training alone", inside)):
        each = ", ".join(f"{ratio:.3f}" for ratio in ratios)
        print(f"  {words}: median x{statistics.median(ratios):.3f} of {each}; target: below x1.05")
    print(f"  sent to the page: {rate / 1e3:.1f} kB a second, {n_sent} messages; a training takes {seconds:.1f} s")


# (e) A million rows


def million() -> None:
    import nbreg
    from nbreg.data.demo import demo_table
    from nbreg.panels.train_scores import Scores

    print("\na table of 1,000,000 x 5, 1 epoch: CPU of the kernel for predictions against observed values")
    table = demo_table("diamonds")[["carat", "depth", "table", "x", "price"]]
    table = table.sample(1_000_000, replace=True, random_state=0, ignore_index=True)
    regressor = nbreg.fit(table, target="price", epochs=1)
    steps: dict[str, Callable[[], Any]] = {}
    steps["choose the rows that are watched"] = lambda: Scores(regressor)
    scores = Scores(regressor)
    steps["look at the network, in the thread that trains"] = lambda: scores.look(regressor.network_)
    scores.look(regressor.network_)  # which compiles
    seen = scores.take()
    assert seen is not None
    steps["metrics for the cards"] = lambda: scores.evaluate(seen)
    steps["points for the message"] = lambda: scores.points(seen, "price").tobytes()
    for words, step in steps.items():
        told(words, [1e3 * cpu_seconds(step) for _ in range(TRIES)])
    told(
        "at the end, metrics of all validation rows", [1e3 * cpu_seconds(lambda: regressor.evaluation_of("validation"))]
    )
    print(f"  a scatter message: {len(steps['points for the message']()):,} bytes, of {scores.words()}")


def cpu_seconds(action: Callable[[], object]) -> float:
    begun = time.process_time()
    action()
    return time.process_time() - begun


PARTS: dict[str, Callable[[], None]] = {
    "train": train, "explain": explain, "frames": frames, "looking": looking, "million": million,
}  # fmt: skip


def main(names: list[str]) -> None:
    warnings.simplefilter("ignore")
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        sys.exit(f"There is no part {unknown[0]}; there are {', '.join(PARTS)}.")
    for name in names or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
