"""The explain panel in a real JupyterLab: features, points, rows, sliders and methods, by mouse and by keyboard."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from lab import PROMPT, Lab, Notebook, Server
from playwright.sync_api import Browser, Locator, expect

SETUP = """
%load_ext nbreg
import numpy as np, pandas as pd, nbreg
rng = np.random.default_rng(0)
n = 3000
homes = pd.DataFrame({
    "area": rng.gamma(6, 15, n) + 20,
    "rooms": rng.integers(1, 8, n),
    "city": rng.choice(["Paris", "Lyon", "Nice", "Bordeaux"], n, p=[.4, .25, .2, .15]),
    "new building": rng.random(n) < 0.3,
    "sold": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 1200, n), "D"),
    "distance to the next station": rng.exponential(2.0, n),
    "floor": rng.integers(0, 12, n),
    "age": rng.integers(0, 120, n),
})
noise = rng.normal(0, 2e4, n) * np.where(homes.city == "Nice", 4, 1)
worth = homes.area * (3000 + 2500 * (homes.city == "Paris"))
homes["price"] = worth + homes.rooms * 5e3 + 12 * (homes.age - 60) ** 2 + noise
model = nbreg.fit(homes, target="price", epochs=5, hidden=(16,))
"""
OPEN = "panel = nbreg.ExplainPanel()\npanel"
#: From an input event at a slider to the frame after the waterfall was drawn anew, in milliseconds.
MEASURE = """([name, value]) => new Promise(resolve => {
    const range = document.querySelector(`.nbreg-value[data-name="${name}"] input[type=range]`);
    const fall = document.querySelector(".nbreg-waterfall");
    const [before, began] = [fall.dataset.serial, performance.now()];
    const end = () => resolve(performance.now() - began);
    const look = () => requestAnimationFrame(fall.dataset.serial !== before ? end : look);
    range.value = value;
    range.dispatchEvent(new Event("input", {bubbles: true}));
    look();
})"""


@pytest.fixture(scope="module")
def warm(server: Server, browser: Browser, artifacts: Path) -> Iterator[Notebook]:
    """A notebook with an open panel, all of it in view."""
    with closing(Lab(server, browser, artifacts)) as lab:
        notebook = lab.open([SETUP, OPEN, ""], height=2300)
        notebook.run_cell(0)
        notebook.run_cell(1)
        assert notebook.failures() == []
        expect(panel(notebook)).to_have_attribute("data-status", "ready")
        notebook.page.locator(".nbreg-line[data-row]").first.wait_for()
        yield notebook


def panel(notebook: Notebook) -> Locator:
    return notebook.page.locator(".nbreg-explain")


def tell(notebook: Notebook, expression: str) -> str:
    """Return what Python says of an expression."""
    notebook.set_source(2, f"print({expression})")
    notebook.run_cell(2)
    return notebook.output_text(2)


def drawn(notebook: Notebook) -> None:
    """Wait until what was asked for is shown."""
    notebook.page.wait_for_timeout(400)


def picture(notebook: Notebook, name: str) -> None:
    drawn(notebook)
    panel(notebook).screenshot(path=notebook.lab.artifacts / f"explain_panel_{name}.png")


def is_too_wide(notebook: Notebook) -> list[str]:
    """Return the classes of boxes that stick out of the panel."""
    script = """root => [...root.querySelectorAll("*")].filter(one => !one.closest(".nbreg-spoken")
        && one.getBoundingClientRect().right > root.getBoundingClientRect().right + 1).map(one => one.className)"""
    return panel(notebook).evaluate(script)


def hover_on_a_point(notebook: Notebook) -> tuple[float, float]:
    """Move the pointer over the plot until a point is read out; return where that is."""
    page, box = notebook.page, notebook.page.locator(".nbreg-plot canvas").bounding_box()
    for share in (0.3, 0.35, 0.4, 0.5, 0.25):
        for height in range(10, 90, 4):
            x, y = box["x"] + share * box["width"], box["y"] + height / 100 * box["height"]
            page.mouse.move(x, y)
            if page.locator(".nbreg-plot .nbreg-read").is_visible():
                return x, y
    raise AssertionError("no point is read out")


def test_a_feature_and_a_point_are_chosen_with_the_mouse(notebook: Notebook):
    page = notebook.page
    expect(panel(notebook)).to_contain_text("What predictions of price hang on")
    expect(panel(notebook)).to_contain_text("exact, over all 256 coalitions")
    page.locator(".nbreg-bar-row", has_text="area").click()
    expect(page.locator(".nbreg-feature h3")).to_have_text("area")
    expect(page.locator(".nbreg-bar-row[aria-selected=true]")).to_have_attribute("data-name", "area")
    drawn(notebook)
    hover_on_a_point(notebook)
    picture(notebook, "light")
    x, y = hover_on_a_point(notebook)
    row = page.locator(".nbreg-read b").first.inner_text()
    page.mouse.click(x, y)
    expect(page.locator(".nbreg-stepper input")).to_have_value(row.replace(",", ""))
    assert tell(notebook, "panel.row, panel.feature") == f"{row} area"


def test_the_prediction_follows_a_slider(notebook: Notebook):
    page = notebook.page
    page.locator(".nbreg-value[data-name=area]").scroll_into_view_if_needed()
    notebook.wait_idle()
    times = []
    for value in (60, 80, 100, 120, 140, 90, 70, 110, 130, 150):
        times.append(page.evaluate(MEASURE, ["area", value]))
        page.wait_for_timeout(120)
    figures = f"median {statistics.median(times):.0f} ms of {[round(each) for each in times]}\n"
    (notebook.lab.artifacts / "explain_panel_slider.txt").write_text(figures)
    assert max(times) < PROMPT  # 100 ms are aimed at, which the panels' benchmark looks after
    assert tell(notebook, "panel.changes") == "{'area': 150.0}"
    page.locator(".nbreg-value[data-name=city] select").select_option("Paris")
    field = page.locator(".nbreg-value[data-name=area] input[type=text]")
    field.fill("900")
    field.press("Enter")
    expect(page.locator(".nbreg-notices")).to_contain_text("area 900 is outside the train rows")
    picture(notebook, "what_if")
    predicted = float(tell(notebook, "panel.chosen['prediction']['value']"))
    changed = "model.data_.frame_of('test').to_native().iloc[[panel.row]].assign(area=900.0, city='Paris')"
    assert predicted == pytest.approx(float(tell(notebook, f"model.predict({changed})[0]")), rel=1e-5)
    page.locator(".nbreg-value[data-name=area] .nbreg-take-back").click()
    expect(page.locator(".nbreg-value[data-name=area] .nbreg-take-back")).to_be_hidden()
    page.get_by_role("button", name="Reset all").click()
    expect(page.locator(".nbreg-figures")).not_to_contain_text("It was")
    assert tell(notebook, "panel.changes") == "{}"


def test_what_python_does_is_seen(notebook: Notebook):
    page = notebook.page
    tell(notebook, "panel.choose(row=7, feature='rooms'), panel.set(rooms=2, city='Nice')")
    expect(page.locator(".nbreg-stepper input")).to_have_value("7")
    expect(page.locator(".nbreg-feature h3")).to_have_text("rooms")
    expect(page.locator(".nbreg-value[data-name=city] select")).to_have_value("Nice")
    tell(notebook, "panel.reset()")
    expect(page.locator(".nbreg-value[data-changed]")).to_have_count(0)


def test_keys_do_what_the_mouse_does(notebook: Notebook):
    page = notebook.page
    page.locator(".nbreg-bar-row[aria-selected=true]").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    name = page.evaluate("document.activeElement.dataset.name")
    page.keyboard.press("Enter")
    expect(page.locator(".nbreg-feature h3")).to_have_text(name)
    drawn(notebook)
    page.locator(".nbreg-plot canvas").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    row = page.locator(".nbreg-read b").first.inner_text()
    page.keyboard.press("Enter")
    expect(page.locator(".nbreg-stepper input")).to_have_value(row.replace(",", ""))
    page.get_by_role("radio", name="Attributions").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="ALE")).to_be_checked()
    expect(page.locator(".nbreg-feature")).to_contain_text("accumulated local effects")
    page.keyboard.press("ArrowLeft")
    unnamed = """root => [...root.querySelectorAll("button, select, input, canvas, [role=option]")].filter(one =>
        !(one.getAttribute("aria-label") || one.textContent.trim() || one.labels?.length)).map(one => one.outerHTML)"""
    assert panel(notebook).evaluate(unnamed) == []


def test_worst_rows_and_slices_lead_to_rows(notebook: Notebook):
    page = notebook.page
    line = page.locator(".nbreg-line[data-row]").first
    row = line.get_attribute("data-row")
    line.click()
    expect(page.locator(".nbreg-stepper input")).to_have_value(row)
    expect(line).to_have_attribute("aria-current", "true")
    page.locator(".nbreg-slice", has_text="city = Nice").click()
    expect(page.locator(".nbreg-slice").first).to_have_attribute("aria-pressed", "true")
    expect(panel(notebook)).to_contain_text("Its worst rows")
    picture(notebook, "slice")


def test_another_method_explains_in_the_background_in_the_dark(notebook: Notebook):
    page = notebook.page
    notebook.set_theme(True)
    expect(panel(notebook)).to_have_attribute("data-theme", "dark")
    page.get_by_label("Method").select_option("saliency")
    expect(panel(notebook)).to_contain_text("sensitivities")
    expect(page.locator(".nbreg-how")).to_contain_text("This row is explained by shapley")
    page.get_by_role("radio", name="Partial dependence").check(force=True)
    expect(page.locator(".nbreg-feature")).to_contain_text("partial dependence")
    picture(notebook, "dark")
    page.get_by_label("Method").select_option("deep_shap")
    expect(panel(notebook)).to_have_attribute("data-status", "ready")
    expect(page.locator(".nbreg-status")).to_contain_text("deep_shap")
    page.get_by_role("radio", name="Attributions").check(force=True)
    notebook.set_theme(False)


def test_narrow_pages_stack(notebook: Notebook):
    for width in (700, 480):
        notebook.resize(width, 3600)
        drawn(notebook)
        assert is_too_wide(notebook) == []
    notebook.resize(700, 3600)
    # Both places are read at once, when the page has come to rest: read one after the other they may be of two layouts.
    bottom = "document.querySelector('.nbreg-importance').getBoundingClientRect().bottom"
    notebook.wait_for(f"document.querySelector('.nbreg-feature').getBoundingClientRect().top >= {bottom}", 10)
    picture(notebook, "narrow")
    notebook.resize(1400, 2300)


def test_after_a_reload_without_a_kernel_the_picture_stays(notebook: Notebook):
    notebook.page.wait_for_timeout(2500)  # the picture is drawn once all is quiet
    types = notebook.output_types(1)
    assert len(types) == 2
    assert "text/html" in types[1]
    html = notebook.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.widgets[1].model.outputs.toJSON()[1].data['text/html']"
    )
    assert "hangs most on" in "".join(html)
