"""The face of the train panel in a real JupyterLab, on a stage: what its controls ask for, and how its states look."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lab import Lab, Notebook
from playwright.sync_api import Locator, expect

HERE = Path(__file__).parent

#: Milliseconds after which JupyterLab has given the focus to a cell that ran.
SETTLED = 150
SETUP = f"""
import sys
sys.path.insert(0, {str(HERE)!r})
from staged_train import Stage
"""


@pytest.fixture(scope="module")
def warm(server: Any, browser: Any, artifacts: Path) -> Iterator[Notebook]:
    lab = Lab(server, browser, artifacts)
    notebook = lab.open([SETUP])
    notebook.run_cell(0)
    yield notebook
    lab.close()


def staged(notebook: Notebook, scene: str = "choosing", width: int = 1400, views: int = 1) -> Locator:
    """Put a panel on its stage; return its first view."""
    notebook.set_cells([f"stage = Stage({scene!r})\nstage", *["stage"] * (views - 1), "print(stage.asked)"])
    notebook.resize(width)
    for index in range(views):
        notebook.run_cell(index)
    panel = notebook.page.locator(".nbreg-panel.nbreg-train")
    expect(panel).to_have_count(views)
    expect(panel.first).to_have_attribute("data-theme", re.compile("light|dark"))
    notebook.page.wait_for_timeout(SETTLED)
    return panel.first


def asked(notebook: Notebook) -> list[tuple[str, dict[str, Any]]]:
    """Return the wishes that Python heard."""
    notebook.page.wait_for_timeout(SETTLED)  # wishes of a control that moves are paced
    last = notebook.n_cells - 1
    notebook.run_cell(last)
    notebook.page.wait_for_timeout(SETTLED)
    return ast.literal_eval(notebook.output_text(last))


def chosen(notebook: Notebook, name: str) -> Any:
    """Return the value that was chosen last for an option."""
    return [rest["value"] for kind, rest in asked(notebook) if kind == "choose" and rest["name"] == name][-1]


#: A kernel that loses each message of a view when it comes first, but for those of one kind.
FORGETFUL = """
stage = Stage("running")
taken, seen = stage._delivery.take, []
def forgetful(message):
    known = message in seen or message["kind"] == {keeps!r}
    seen.append(message)
    return taken(message) if known else []
stage._delivery.take = forgetful
stage
"""


@pytest.mark.parametrize("keeps", ["nothing", "pause"])
def test_what_a_kernel_loses_is_asked_again_and_in_turn(notebook: Notebook, keeps: str):
    notebook.set_cells([FORGETFUL.format(keeps=keeps), "print(stage.asked)"])
    notebook.run_cell(0)
    panel = notebook.page.locator(".nbreg-panel.nbreg-train").first
    rate = panel.get_by_role("group", name="Learning rate of the run underway").locator("input:not([type=range])").first
    rate.fill("0.002")
    rate.press("Enter")
    panel.get_by_role("button", name="Pause", exact=True).click()
    notebook.page.wait_for_timeout(1_500)
    assert asked(notebook) == [("set_learning_rate", {"learning_rate": "0.002"}), ("pause", {})]


def field(panel: Locator, name: str) -> Locator:
    return panel.locator(f".nbreg-field[data-name={name}]")


def test_each_kind_of_control_asks_for_what_was_chosen(notebook: Notebook):
    panel = staged(notebook)
    panel.get_by_label("Activation").select_option("gelu")
    panel.get_by_role("switch", name="Batch norm").click()
    epochs = panel.get_by_role("textbox", name="Epochs")
    epochs.fill("50")
    epochs.press("Enter")
    panel.get_by_label("Dropout").press("ArrowRight")
    panel.get_by_label("L2 penalty").press("ArrowRight")
    panel.get_by_label("Optimizer").select_option("sgd")
    panel.get_by_label("Schedule").select_option("one_cycle")
    panel.get_by_label("Table", exact=True).select_option("houses")
    wishes = asked(notebook)
    assert wishes[-1] == ("choose_table", {"data": "houses"})
    values = {rest["name"]: rest["value"] for kind, rest in wishes if kind == "choose"}
    assert values == {
        "activation": "gelu", "batch_norm": True, "epochs": "50", "dropout": 0.05, "l2": 1e-7, "optimizer": "sgd",
        "schedule": "one_cycle",
    }  # fmt: skip
    expect(panel.get_by_role("switch", name="Batch norm")).to_have_attribute("aria-checked", "true")
    epochs.fill("")
    epochs.press("Enter")
    assert chosen(notebook, "epochs") == "auto"


def test_what_the_others_leave_nothing_to_do_is_out_of_sight(notebook: Notebook):
    panel = staged(notebook)
    for name, there in (("dropout", True), ("filters", False), ("kl_weight", False), ("pretreatment", False)):
        expect(field(panel, name)).to_be_visible(visible=there)
    panel.get_by_role("combobox", name="Network").select_option("cnn")
    for name in ("filters", "kernel_size", "pooling", "dropout"):
        expect(field(panel, name)).to_be_visible()
    panel.get_by_role("combobox", name="Network").select_option("vae")
    expect(panel.get_by_label("KL weight")).to_be_visible()
    expect(field(panel, "filters")).to_be_hidden()
    expect(panel.locator("[data-group=Head]")).to_be_hidden()
    panel.get_by_role("combobox", name="Network").select_option("mlp")
    panel.get_by_label("Joint").select_option("gp")
    for name in ("heads", "loss_weights", "skip"):
        expect(field(panel, name)).to_be_hidden()
    expect(panel.get_by_label("Fourier features")).to_be_visible()
    more = panel.locator("[data-group=Training] summary")
    expect(more).to_have_text("More options (4)")
    panel.get_by_label("Optimizer").select_option("sgd")
    expect(more).to_have_text("More options (6)")
    more.click()
    expect(panel.get_by_label("Momentum")).to_be_visible()
    expect(field(panel, "weight_decay")).to_be_hidden()


def test_a_value_that_is_not_taken_is_told_at_its_control_and_kept(notebook: Notebook):
    panel = staged(notebook)
    patience = panel.get_by_label("Patience")
    patience.fill("nonsense")
    patience.press("Enter")
    expect(field(panel, "patience").locator(".nbreg-problem")).to_have_text("patience takes a number; got nonsense.")
    expect(patience).to_have_attribute("aria-invalid", "true")
    expect(patience).to_have_value("nonsense")
    panel.get_by_label("Loss", exact=True).select_option("mae")
    expect(field(panel, "patience").locator(".nbreg-problem")).to_be_hidden()


def test_features_are_chips(notebook: Notebook):
    panel = staged(notebook)
    chip = panel.get_by_role("button", name=re.compile("^table, number, 43 to 95, 3 % missing"))
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(panel.locator(".nbreg-warnings")).to_contain_text("price_in_euros_with_tax: is nearly a copy of the target")
    chip.click()
    panel.get_by_role("button", name=re.compile("^color")).click()
    expect(chip).to_have_attribute("aria-pressed", "false")
    names = ["carat", "cut", "clarity", "depth", "certified", "sold", "price_in_euros_with_tax"]
    assert chosen(notebook, "features") == names
    panel.get_by_role("button", name="Leave it out").click()
    assert chosen(notebook, "features") == names[:-1]
    panel.get_by_role("button", name="All features").click()
    assert chosen(notebook, "features") is None
    panel.get_by_role("button", name="Add a target").click()
    panel.get_by_label("One more target").select_option("depth")
    expect(panel.locator(".nbreg-tags").get_by_text("depth")).to_be_visible()
    assert chosen(notebook, "target") == ["price", "depth"]
    panel.get_by_role("button", name="Do not predict depth").click()
    assert chosen(notebook, "target") == ["price"]


def test_two_hundred_columns_can_be_searched(notebook: Notebook):
    panel = staged(notebook, "crowded")
    assert panel.locator(".nbreg-chips").bounding_box()["height"] < 260
    panel.get_by_label("Find a column").fill("sensor_12")
    expect(panel.locator(".nbreg-chip:visible")).to_have_count(10)
    panel.get_by_role("button", name="No features").click()
    expect(panel.locator(".nbreg-count")).to_have_text("190 of 200")
    assert len(chosen(notebook, "features")) == 190


def test_the_split_is_one_bar_with_two_handles(notebook: Notebook):
    panel = staged(notebook)
    low = panel.get_by_label("End of the train rows, per cent")
    expect(low).to_have_attribute("aria-valuetext", "train 64 %, validation 16 %, test 20 %")
    for _ in range(4):
        low.press("ArrowLeft")
    assert chosen(notebook, "validation_fraction") == 0.2
    expect(low).to_have_attribute("aria-valuetext", "train 60 %, validation 20 %, test 20 %")
    panel.get_by_label("End of the validation rows, per cent").press("ArrowRight")
    assert chosen(notebook, "test_fraction") == 0.19
    assert chosen(notebook, "validation_fraction") == 0.21
    panel.get_by_role("radio", name="time").check(force=True)
    panel.get_by_label("Column of times").select_option("sold")
    assert chosen(notebook, "split") == "time"
    assert chosen(notebook, "time") == "sold"


def test_hidden_layers_are_edited_on_the_drawing_by_keyboard(notebook: Notebook):
    panel = staged(notebook)
    keyboard = notebook.page.keyboard
    first = panel.get_by_role("spinbutton", name="Hidden layer 1, units")
    first.focus()
    keyboard.press("ArrowUp")
    assert chosen(notebook, "hidden") == [96, 32]
    expect(first).to_have_attribute("aria-valuenow", "96")
    first.focus()
    keyboard.press("PageDown")
    assert chosen(notebook, "hidden") == [48, 32]
    first.focus()
    keyboard.type("200")
    keyboard.press("Enter")
    expect(first).to_be_focused()
    panel.get_by_role("button", name="Add a hidden layer behind hidden layer 2").click()
    expect(panel.get_by_role("spinbutton", name="Hidden layer 3, units")).to_be_focused()
    assert chosen(notebook, "hidden") == [200, 32, 32]
    expect(panel.locator(".nbreg-summary").nth(1)).to_contain_text("parameters")
    panel.get_by_role("spinbutton", name="Hidden layer 3, units").press("Delete")
    assert chosen(notebook, "hidden") == [200, 32]


def test_hidden_layers_are_edited_on_the_drawing_by_the_mouse(notebook: Notebook):
    panel = staged(notebook)
    first = panel.get_by_role("spinbutton", name="Hidden layer 1, units")
    first.scroll_into_view_if_needed()
    box, mouse = first.bounding_box(), notebook.page.mouse
    mouse.move(box["x"] + 12, box["y"] + 30)
    mouse.down()
    mouse.move(box["x"] + 12, box["y"] + 8, steps=4)
    mouse.up()
    assert chosen(notebook, "hidden") == [128, 32]
    first.click()
    panel.get_by_role("button", name="More units").click()
    expect(panel.get_by_label("Units of hidden layer 1")).to_have_value("192")
    panel.get_by_role("button", name="Remove this layer").click()
    assert chosen(notebook, "hidden") == [32]


def test_the_learning_rate_by_slider_field_and_range_test(notebook: Notebook):
    panel = staged(notebook, "branched")
    rate = panel.locator(".nbreg-form").get_by_label("Learning rate", exact=True)
    expect(rate).to_have_value("0.01")
    panel.locator(".nbreg-form").get_by_label("Learning rate, slider").press("ArrowLeft")
    assert chosen(notebook, "learning_rate") == 0.007
    expect(rate).to_have_value("0.007")
    rate.fill("0,002")
    rate.press("Enter")
    assert chosen(notebook, "learning_rate") == "0.002"
    panel.get_by_role("button", name="auto").click()
    expect(rate).to_have_value("")
    panel.get_by_role("button", name="Use 0.003").click()
    panel.get_by_role("button", name="Suggest").click()
    assert [kind for kind, _ in asked(notebook)][-2:] == ["use_suggestion", "suggest"]


def test_a_run_is_steered(notebook: Notebook):
    panel = staged(notebook, "running")
    expect(panel).to_have_attribute("data-status", "running")
    expect(panel.get_by_role("button", name="Train", exact=True)).to_be_disabled()
    expect(panel.get_by_text("Changes apply to the next training")).to_be_visible()
    panel.get_by_role("button", name="Pause").click()
    expect(panel).to_have_attribute("data-status", "paused")
    panel.get_by_role("button", name="Resume").click()
    expect(panel).to_have_attribute("data-status", "running")
    now = panel.get_by_role("group", name="Learning rate of the run underway")
    now.get_by_label("Learning rate", exact=True).fill("0.0005")
    now.get_by_label("Learning rate", exact=True).press("Enter")
    panel.get_by_role("button", name="Stop").click()
    expect(panel).to_have_attribute("data-status", "stopped")
    panel.get_by_role("button", name="Train", exact=True).click()
    panel.get_by_role("button", name="Final test").click()
    kinds = asked(notebook)
    assert [kind for kind, _ in kinds] == ["pause", "resume", "set_learning_rate", "stop", "train", "final_test"]
    assert kinds[2][1] == {"learning_rate": "0.0005"}


def test_a_learning_rate_is_set_while_a_schedule_moves_it(notebook: Notebook):
    panel = staged(notebook, "running")
    now = panel.get_by_role("group", name="Learning rate of the run underway")
    box, slider = now.get_by_label("Learning rate", exact=True), now.get_by_label("Learning rate, slider")
    notebook.set_source(1, "stage.be_busy()")
    notebook.run_cell(1, wait=False)
    expect(box).not_to_have_value("0.01")  # it follows the schedule
    box.click()
    for key in ("ControlOrMeta+a", "0", ".", "0", "0", "2"):  # slowly: news come between
        notebook.page.keyboard.press(key)
        notebook.page.wait_for_timeout(60)
    box.press("Enter")
    expect(box).not_to_have_value("0.002")  # it follows again
    box.press("ControlOrMeta+a")
    notebook.wait_cell(1)
    assert box.evaluate("box => box.selectionEnd - box.selectionStart") > 0
    box.press("Tab")
    expect(box).to_have_value("0.00502")  # what was held back is shown once the box is left
    notebook.run_cell(1, wait=False)
    expect(box).not_to_have_value("0.00502")
    notebook.page.mouse.move(*place_on(slider, 0.2))
    notebook.page.mouse.down()
    held = float(slider.get_attribute("aria-valuetext") or "nan")
    notebook.page.wait_for_timeout(1_000)  # longer than a hand that moves rests
    assert float(slider.get_attribute("aria-valuetext") or "nan") == held
    notebook.page.mouse.up()
    notebook.wait_cell(1)
    notebook.set_source(1, "print(stage.asked)")
    rates = [rest for kind, rest in asked(notebook) if kind == "set_learning_rate"]
    assert [float(rest["learning_rate"]) for rest in rates] == [0.002, held]


def place_on(node: Locator, share: float) -> tuple[float, float]:
    """A place on the page, `share` of the way along a control."""
    box = node.bounding_box()
    assert box
    return box["x"] + share * box["width"], box["y"] + box["height"] / 2


def test_a_training_goes_on_from_an_earlier_run(notebook: Notebook):
    panel = staged(notebook, "finished")
    panel.get_by_role("button", name="Continue from", exact=True).click()
    panel.get_by_label("Epoch of run 1").fill("20")
    panel.get_by_role("button", name="Continue from run 1").click()
    expect(panel.get_by_text("from run 1 at epoch 20")).to_be_visible()
    expect(panel.get_by_role("button", name="Train on")).to_be_enabled()
    expect(panel.get_by_role("dialog")).to_be_hidden()
    panel.get_by_role("button", name="Begin anew instead").click()
    expect(panel.get_by_text("from run 1 at epoch 20")).to_be_hidden()
    panel.get_by_role("button", name="Continue from", exact=True).click()
    panel.get_by_label("Draw run 1 behind the curve").uncheck()
    notebook.page.keyboard.press("Escape")
    expect(panel.get_by_role("dialog")).to_be_hidden()
    assert asked(notebook) == [("branch", {"run": 1, "epoch": 20}), ("begin_anew", {}), ("compare", {"runs": [2]})]


def test_a_training_goes_on_from_an_epoch_that_is_held_on_the_curve(notebook: Notebook):
    panel = staged(notebook, "finished")
    panel.locator(".nbreg-curve canvas").focus()
    for key in ("Home", "ArrowRight", "ArrowRight", "Enter"):
        notebook.page.keyboard.press(key)
    held = panel.get_by_role("button", name=re.compile("Continue from epoch [2-4]$"))
    expect(held).to_be_visible()
    epoch = int(held.inner_text().split()[-1])
    held.click()
    expect(held).to_be_hidden()
    expect(panel.get_by_text(f"from run 3 at epoch {epoch}")).to_be_visible()
    assert asked(notebook) == [("branch", {"run": 3, "epoch": epoch})]


def test_the_code_is_copied(notebook: Notebook):
    panel = staged(notebook)
    notebook.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel.get_by_role("tab", name="Python").click()
    expect(panel.get_by_role("tabpanel")).to_contain_text("model = nbreg.fit(")
    panel.get_by_role("button", name="Copy", exact=True).click()
    expect(panel.locator(".nbreg-spoken").first).to_have_text("Python: copied")
    assert "nbreg.fit(" in notebook.page.evaluate("() => navigator.clipboard.readText()")


def test_two_views_stay_in_step(notebook: Notebook):
    panel = staged(notebook, "running", views=2)
    second = notebook.page.locator(".nbreg-panel.nbreg-train").nth(1)
    panel.get_by_label("Activation").select_option("tanh")
    expect(second.get_by_label("Activation")).to_have_value("tanh")
    second.get_by_role("button", name="Pause").click()
    expect(panel).to_have_attribute("data-status", "paused")
    expect(second).to_have_attribute("data-status", "paused")


def test_news_of_a_run_disturbs_no_control(notebook: Notebook):
    """A thousand updates leave focus, a half-typed number, an open list of runs, and the frame rate alone."""
    panel = staged(notebook, "running")
    notebook.set_source(1, "import threading\nthreading.Thread(target=stage.be_busy, daemon=True).start()")
    notebook.run_cell(1)
    panel.get_by_role("button", name="Continue from", exact=True).click()
    epoch = panel.get_by_label("Epoch of run 1")
    epoch.press_sequentially("12")
    usual = notebook.page.evaluate("""() => new Promise(resolve => {
        const began = performance.now();
        const gaps = [];
        let last = began;
        const next = (now) => {
            gaps.push(now - last);
            last = now;
            if (now - began < 1200) requestAnimationFrame(next);
            else resolve(gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)]);
        };
        requestAnimationFrame(next);
    })""")
    assert usual < 200  # some 17 on a quiet machine
    expect(panel.locator(".nbreg-where")).to_have_text("Epoch 200 of 200")
    expect(epoch).to_be_focused()
    expect(epoch).to_have_value("12")
    notebook.page.keyboard.type("3")
    expect(epoch).to_have_value("123")


def test_everything_is_reached_by_tab_and_has_a_name(notebook: Notebook):
    panel = staged(notebook, "running")
    for details in panel.locator("details").all():
        details.evaluate("node => { node.open = true; }")
    panel.get_by_role("button", name="Continue from", exact=True).click()
    assert nameless(panel) == []
    panel.get_by_role("spinbutton", name="Hidden layer 1, units").press("Enter")
    assert nameless(panel) == []
    panel.get_by_label("Table", exact=True).focus()
    seen = set()
    for _ in range(140):
        seen.add(
            notebook.page.evaluate("""() => {
            const { activeElement } = document;
            return activeElement.closest(".nbreg-panel") ? activeElement.dataset.seen ??= String(Math.random()) : "";
        }""")
        )
        notebook.page.keyboard.press("Tab")
    missed = panel.evaluate("""root =>
        [...root.querySelectorAll("button, input, select, summary, canvas, [tabindex='0']")]
        .filter(node => node.checkVisibility() && !node.disabled && node.tabIndex >= 0 && !node.dataset.seen
            && !(node.type === "radio" && !node.checked)).map(node => node.outerHTML.slice(0, 160))""")
    assert missed == []
    assert len(seen) > 30


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_looks_right(notebook: Notebook, dark: bool):
    """Nothing is cut off, nothing overlaps, and words can be read; the pictures are for the eye."""
    notebook.set_theme(dark)
    theme = "dark" if dark else "light"
    try:
        for scene in ("nothing", "choosing", "steered", "failed", "branched", "tested", "busy", "crowded"):
            panel = staged(notebook, scene)
            expect(panel).to_have_attribute("data-theme", theme)
            for width in (1400, 1000, 700, 600, 380) if scene in ("choosing", "branched") else (1400,):
                notebook.resize(width, 1000 if width > 1000 else 3300)
                notebook.page.wait_for_timeout(120)
                assert misplaced(panel) == [], f"{scene} at {width}"
                panel.screenshot(path=notebook.lab.artifacts / f"train_{scene}_{theme}_{width}.png")
            assert pale(panel) == [], scene
    finally:
        notebook.set_theme(False)


def test_a_panel_whose_kernel_is_gone_says_so(lab: Lab):
    notebook = lab.open([SETUP + "stage = Stage('running')\nstage", "stage.comm.on_msg(lambda message: None)"])
    notebook.run_cell(0)
    panel = notebook.page.locator(".nbreg-panel.nbreg-train")
    expect(panel).to_have_attribute("data-status", "running")
    notebook.run_cell(1)
    panel.get_by_label("Activation").select_option("tanh")  # a wish that nobody hears, of which there is nothing to say
    kernel = "window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel"
    notebook.page.evaluate(f"() => {kernel}.restart()")
    expect(panel.get_by_text("The kernel is gone")).to_be_visible()
    notebook.page.wait_for_timeout(3_000)
    expect(panel.get_by_text("The kernel is gone")).to_be_visible()
    expect(panel.locator(".nbreg-where")).to_have_text("Epoch 121 of 200")
    notebook.screenshot("train_gone")


def nameless(panel: Locator) -> list[str]:
    """Return what can be used and has no name."""
    return panel.evaluate("""root =>
        [...root.querySelectorAll("button, input, select, canvas, [role]")].filter(node => {
        const role = node.getAttribute("role");
        if (!node.checkVisibility() || ["presentation", "status", "alert", "group"].includes(role)) return false;
        const by = (node.getAttribute("aria-labelledby") || "").split(" ")
            .map(id => document.getElementById(id)?.textContent ?? "");
        const labels = [...(node.labels ?? [])].map(label => label.textContent);
        const own = node.matches("button, [role=tab]") ? node.textContent : "";
        return ![node.getAttribute("aria-label") ?? "", ...by, ...labels, own].some(words => words.trim());
    }).map(node => node.outerHTML.slice(0, 160))""")


def misplaced(panel: Locator) -> list[str]:
    """Return what sticks out of the panel, lies over something else, or is too small to be hit."""
    return panel.evaluate("""root => {
        const frame = root.querySelector(".nbreg-frame").getBoundingClientRect();
        const nodes = [...root.querySelectorAll("button, input, select, summary, h2, h3, h4, .nbreg-status, "
            + ".nbreg-where, .nbreg-card-value, .nbreg-label > :first-child, .nbreg-layer")]
            .filter(node => node.checkVisibility());
        const boxes = nodes.map(node => node.getBoundingClientRect());
        const found = [];
        const clipped = node => node.closest(".nbreg-groups, .nbreg-chips, .nbreg-net-scroll, .nbreg-study-table");
        const linked = node => node.closest(".nbreg-parts, .nbreg-segments, .nbreg-net");
        boxes.forEach((a, i) => {
            const words = nodes[i].outerHTML.slice(0, 120);
            if (a.right > frame.right + 1 || a.left < frame.left - 1) found.push(`${words} sticks out`);
            const small = nodes[i].matches("button, input, select, summary") && Math.min(a.width, a.height) < 23.5;
            if (small) found.push(`${words} is small`);
            boxes.forEach((b, j) => {
                if (j <= i || nodes[i].contains(nodes[j]) || nodes[j].contains(nodes[i])) return;
                if (clipped(nodes[i]) !== clipped(nodes[j]) || linked(nodes[i]) || linked(nodes[j])) return;
                const over = Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
                    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
                if (over) found.push(`${words} lies over ${nodes[j].outerHTML.slice(0, 120)}`);
            });
        });
        return found;
    }""")


def pale(panel: Locator) -> list[str]:
    """Return words whose contrast with what is behind them is below 4.5 to 1 (WCAG 2 AA)."""
    return panel.evaluate("""root => {
        const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
        const over = layers => {
            pen.clearRect(0, 0, 1, 1);
            for (const colour of layers) { pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); }
            return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
        };
        const light = rgb => rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
        const found = [];
        for (const node of root.querySelectorAll("*")) {
            const texts = [...node.childNodes].filter(each => each.nodeType === 3);
            const words = texts.map(each => each.data.trim()).join("");
            if (!words || !node.checkVisibility()) continue;
            if (node.closest(":disabled, [inert], option, svg, [data-idle]")) continue;
            const behind = [];
            for (let at = node; at; at = at.parentElement) behind.unshift(getComputedStyle(at).backgroundColor);
            const [paper, ink] = [over(behind), over([...behind, getComputedStyle(node).color])].map(light);
            const contrast = (Math.max(paper, ink) + 0.05) / (Math.min(paper, ink) + 0.05);
            if (contrast < 4.5) found.push(`${words.slice(0, 40)}: ${contrast.toFixed(2)}`);
        }
        return [...new Set(found)];
    }""")
