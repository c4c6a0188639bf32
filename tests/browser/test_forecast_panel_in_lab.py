"""The forecast panel in a real JupyterLab: chosen, trained and steered with the mouse; what comes, and how it looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from lab import LONG, Lab, Notebook, Server
from playwright.sync_api import Browser, Locator, expect
from test_train_panel_face import misplaced, nameless, pale

SETUP = """
%load_ext nbreg
import numpy as np, pandas as pd
rng = np.random.default_rng(0)
hours = pd.date_range("2024-03-01", periods=500, freq="h")
def place(name, level):
    temp = level + 4 * np.sin(2 * np.pi * hours.hour / 24) + rng.normal(scale=0.3, size=500)
    wind = np.cumsum(rng.normal(size=500))
    return pd.DataFrame({"time_hour": hours, "origin": name, "temp": temp, "wind_speed": wind, "pressure": 990 + wind})
weather = pd.concat([place("EWR", 5), place("JFK", 10), place("LGA", 15)], ignore_index=True)
tides = pd.DataFrame({"moment": hours, "level": np.sin(hours.hour / 2)})
"""
PANEL = "panel = %nnreg panel forecast weather --window 24 --horizon 6 --hidden 8 --epochs 6 -o model\npanel"
ENDLESS = "panel.choose(epochs=100_000, patience=0)"
LATEST = """
from nbreg.session import SESSION
print(model is SESSION.latest is panel.regressor_, type(model).__name__, model.predict().shape)
"""


@pytest.fixture(scope="module")
def warm(server: Server, browser: Browser, artifacts: Path) -> Iterator[Notebook]:
    """A notebook with a forecast panel; its tests come one after the other, as a person goes through it."""
    with closing(Lab(server, browser, artifacts)) as lab:
        notebook = lab.open([SETUP, PANEL, LATEST, ENDLESS, "%nnreg panel forecast weather --horizn 3"], height=1600)
        notebook.run_cell(0)
        notebook.run_cell(1)
        yield notebook


def panel_of(notebook: Notebook) -> Locator:
    return notebook.page.locator("section.nbreg-train").first


def train(notebook: Notebook) -> Locator:
    return panel_of(notebook).get_by_role("button", name="Train", exact=True)


def test_columns_to_choose_from_are_those_of_the_table(notebook: Notebook):
    panel = panel_of(notebook)
    of_tides, of_weather = ["moment", "level"], ["time_hour", "origin", "temp", "wind_speed", "pressure"]
    for table, columns in (("tides", of_tides), ("weather", of_weather)):
        panel.get_by_label("Table", exact=True).select_option(table)
        for name, before in (("Target", "choose a column"), ("Time", "choose a column"), ("Group", "none")):
            expect(panel.get_by_label(name, exact=True).locator("option")).to_have_text([before, *columns])


def test_what_is_missing_or_wrong_is_one_line(notebook: Notebook):
    panel = panel_of(notebook)
    status = panel.locator(".nbreg-status").first
    expect(status).to_have_text("Choose a target, the column to forecast")
    panel.get_by_label("Target", exact=True).select_option("temp")
    expect(status).to_have_text("Choose the column of times")
    expect(train(notebook)).to_be_disabled()
    expect(panel.get_by_role("tabpanel")).to_contain_text("--target temp")
    panel.get_by_label("Time", exact=True).select_option("time_hour")
    expect(train(notebook)).to_be_enabled()
    expect(panel.locator(".nbreg-trouble")).to_contain_text('is twice in column "time_hour"', timeout=LONG * 1000)
    panel.get_by_label("Group", exact=True).select_option("origin")
    expect(panel.locator(".nbreg-trouble")).to_be_hidden(timeout=LONG * 1000)
    # When and of what a row is are no features.
    expect(panel.locator(".nbreg-chip-name b")).to_have_text(["wind_speed", "pressure"])
    notebook.run_cell(4)
    assert notebook.output_text(4) == 'nbreg: panel has no option --horizn. Did you mean "--horizon"?'


def test_it_is_trained_and_ends_in_what_comes(notebook: Notebook):
    panel = panel_of(notebook)
    panel.get_by_role("button", name="Add a target").click()
    panel.get_by_label("One more target").select_option("pressure")
    panel.get_by_label("Known in advance").select_option("wind_speed")
    expect(panel.get_by_role("button", name="Leave out wind_speed")).to_be_visible()
    panel.get_by_role("button", name="Leave out wind_speed").click()
    line = (
        "%nnreg forecast weather --target temp --target pressure --time time_hour --group origin --window 24 "
        "--horizon 6 --hidden 8 --epochs 6 -o model"
    )
    expect(panel.get_by_role("tabpanel")).to_contain_text(line)
    train(notebook).click()
    expect(panel.locator(".nbreg-status").first).to_have_text("Finished", timeout=LONG * 1000)
    expect(panel.locator(".nbreg-card-value").first).to_have_text(re.compile(r"0\.\d\d"))
    result = panel.get_by_role("group", name="Result")
    expect(result.locator("img")).to_have_attribute(
        "alt", re.compile("temp of EWR .* pressure of LGA"), timeout=LONG * 1000
    )
    expect(result).to_contain_text("Predicts temp and pressure on")
    expect(panel.get_by_role("button", name="Continue from", exact=True)).to_be_hidden()
    expect(panel.get_by_role("button", name="Final test")).to_be_hidden()
    panel.get_by_label("Target that is shown").select_option("pressure")
    expect(panel.locator(".nbreg-scatter canvas")).to_have_attribute("aria-label", re.compile("observed pressure"))
    notebook.run_cell(2)
    assert notebook.output_text(2) == "True Forecaster (18, 4)"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_looks_right_at_its_end(notebook: Notebook, dark: bool):
    panel = panel_of(notebook)
    notebook.set_theme(dark)
    try:
        for width in (1400, 760, 500):
            notebook.resize(width, 1000 if width > 1000 else 4600)
            notebook.page.wait_for_timeout(200)
            assert misplaced(panel) == [], str(width)
            theme = "dark" if dark else "light"
            panel.screenshot(path=notebook.lab.artifacts / f"forecast_panel_{theme}_{width}.png")
        assert pale(panel) == []
        assert nameless(panel) == []
    finally:
        notebook.set_theme(False)
        notebook.resize(1400, 1600)


def test_it_is_steered(notebook: Notebook):
    notebook.run_cell(3)
    panel = panel_of(notebook)
    train(notebook).click()
    expect(panel.locator(".nbreg-speed").first).to_contain_text("epoch", timeout=LONG * 1000)
    expect(panel.get_by_role("group", name="Result")).to_be_hidden()
    panel.get_by_role("button", name="Pause").click()
    expect(panel).to_have_attribute("data-status", "paused")
    panel.get_by_role("button", name="Resume").click()
    expect(panel).to_have_attribute("data-status", "running")
    panel.get_by_role("button", name="Stop").click()
    # What stands beside the network is fitted once more before the run ends.
    expect(panel).to_have_attribute("data-status", "stopped", timeout=LONG * 1000)
    expect(panel.get_by_role("group", name="Result").locator("img")).to_be_visible(timeout=LONG * 1000)
    expect(panel.get_by_role("tabpanel")).to_contain_text("--stop-after")
