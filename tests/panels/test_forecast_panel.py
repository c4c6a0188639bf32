"""The forecast panel without kernel or browser: its options, what its training comes to, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error, r2_score
from spying import until

import nbreg
from nbreg.errors import DataError, OptionError
from nbreg.forecasting.options import forecast_options
from nbreg.magics.parsing import parse
from nbreg.panels.forecast import ForecastPanel
from nbreg.panels.train import TrainPanel
from nbreg.session import SESSION

SMALL: dict[str, Any] = {
    "target": ("temp", "wind"), "time": "hour", "group": "place", "window": 12, "horizon": 3, "hidden": (8,),
    "epochs": 6, "batch_size": 64, "skip": "linear",
}  # fmt: skip


def series(n_steps: int = 240) -> pd.DataFrame:
    """Hours at two places: a temperature that follows the hour, and a wind that follows itself."""
    rng = np.random.default_rng(0)
    hours = pd.date_range("2024-03-01", periods=n_steps, freq="h")
    parts = []
    for place, level in (("north", 5.0), ("south", 15.0)):
        wind = np.cumsum(rng.normal(size=n_steps)) * 0.3
        temp = level + 4 * np.sin(2 * np.pi * hours.hour / 24) + rng.normal(scale=0.3, size=n_steps)
        parts.append(pd.DataFrame({"hour": hours, "place": place, "temp": temp, "wind": wind}))
    df = pd.concat(parts, ignore_index=True)
    return df.assign(cloud=rng.random(len(df)), sky=np.where(df.hour.dt.hour < 12, "grey", "blue"))


def ask(panel: ForecastPanel, kind: str, **more: Any) -> None:
    """Let the panel hear what a view asks."""
    panel._handle_custom_msg({"kind": kind, **more}, [])


@pytest.fixture
def df() -> pd.DataFrame:
    return series()


@pytest.fixture(autouse=True)
def notebook(monkeypatch: pytest.MonkeyPatch, df: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """A notebook's names, among them the table `df`, and a session of its own."""
    names: dict[str, Any] = {"df": df}
    for module in ("nbreg.panels.train", "nbreg.panels.train_choices"):
        monkeypatch.setattr(f"{module}.notebook_names", lambda: names)
    SESSION.__init__()
    yield names
    SESSION.__init__()


@pytest.fixture
def panel(df: pd.DataFrame) -> Iterator[ForecastPanel]:
    panel = ForecastPanel(df, **SMALL)
    yield panel
    until(lambda: not panel.trains)
    panel.close()


def test_its_options_are_those_of_a_forecast(panel: ForecastPanel):
    controls = {control["name"]: control for group in panel.form for control in group["controls"]}
    assert list(controls) == list(forecast_options())
    assert [group["title"] for group in panel.form][:2] == ["Data", "Windows"]
    assert [name for name, control in controls.items() if control["needed"]] == ["target", "time"]
    assert set(ForecastPanel.options()) == {*forecast_options(), "out"}
    assert panel.line == (
        "%nnreg forecast df --target temp --target wind --time hour --group place --window 12 --horizon 3 --hidden 8 "
        "--skip linear --epochs 6 --batch-size 64"
    )


def test_columns_that_say_when_and_of_what_are_no_features(panel: ForecastPanel):
    until(lambda: panel.columns)
    roles = {each["name"]: each["role"] for each in panel.columns}
    assert roles == {
        "hour": "time",
        "place": "group",
        "temp": "target",
        "wind": "target",
        "cloud": "feature",
        "sky": "out",
    }
    assert {each["name"]: each["usual"] for each in panel.columns}["sky"] is False
    ask(panel, "choose", name="known", value=["cloud"])
    until(lambda: {each["name"]: each["role"] for each in panel.columns}["cloud"] == "known")


def test_what_the_choices_come_to(panel: ForecastPanel):
    until(lambda: panel.summaries and panel.network.get("parameters"))
    n_windows = 2 * (240 - 12 - 3 + 1)
    assert panel.summaries["Data"] == "480 rows"
    assert panel.summaries["Windows"] == f"{n_windows} windows"
    assert panel.network["layers"][-1]["units"] == 2 * 3


def test_training_ends_in_what_comes_and_the_card(panel: ForecastPanel, df: pd.DataFrame, notebook: dict[str, Any]):
    panel.out = "model"
    panel.train(wait=True)
    assert (panel.state["status"], panel.trouble) == ("finished", "")
    forecaster = panel.regressor_
    assert forecaster is SESSION.latest is notebook["model"]
    assert isinstance(forecaster, nbreg.Forecaster)
    predicted, observed = forecaster.predict_windows("validation"), forecaster.data_.observed("validation")
    temp, told = observed[:, :3].ravel(), predicted[:, 0].ravel()
    assert float(panel.cards[0]["value"]) == pytest.approx(r2_score(temp, told), abs=0.005)
    assert float(panel.cards[1]["value"]) == pytest.approx(mean_absolute_error(temp, told), rel=0.01)
    ask(panel, "show_target", name="wind")
    wind, told = observed[:, 3:].ravel(), predicted[:, 1].ravel()
    assert float(panel.cards[1]["value"]) == pytest.approx(mean_absolute_error(wind, told), rel=0.01)
    until(lambda: panel.result)
    assert panel.result.count("<img") == 1
    assert f"temp, {forecaster.data_.n_rows('test')} test rows" in panel.result
    assert "The end of the history and the forecast behind it" in panel.result
    still = panel.still()
    assert still.text.startswith(panel.line)
    assert still.png
    # What comes; the curve; predicted against observed of each target.
    assert still.html.count("<img") == 1 + 1 + 2
    ask(panel, "final_test")
    assert panel.test.startswith(f"{forecaster.data_.n_rows('test')} test rows: temp: R² ")


def test_line_code_and_panel_do_the_same_bit_for_bit(panel: ForecastPanel, df: pd.DataFrame):
    panel.train(wait=True)
    by_line = nbreg.forecast(df, **parse(panel.line.removeprefix("%nnreg ")).options)
    names: dict[str, Any] = {"nbreg": nbreg, "df": df}
    exec(f"model = {panel.code}", names)
    assert panel.code.startswith("nbreg.forecast(")
    for other in (by_line, names["model"]):
        for ours, theirs in zip(panel.regressor_.network_.get_weights(), other.network_.get_weights(), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_what_is_missing_is_said(df: pd.DataFrame):
    panel = ForecastPanel(df)
    assert panel.missing == "Choose a target, the column to forecast"
    panel.choose(target="temp")
    assert panel.missing == "Choose the column of times"
    with pytest.raises(DataError, match="Choose the column of times: nothing can be trained before"):
        panel.train()
    panel.choose(time="hour", group="place", window=12, horizon=3)
    assert panel.missing == ""
    panel.close()


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ({"target": "sky"}, 'Column "sky" for the target takes numbers'),
        ({"horizon": 5_000}, "5,000|5000"),
        ({"group": None}, "hour"),
        ({"features": ("cloud", "sky")}, 'Feature "sky" is a category that changes from step to step'),
        ({"known": ("temp",)}, 'Column "temp" is a target and cannot be known in advance.'),
    ],
)
def test_a_mistake_is_one_clear_line(panel: ForecastPanel, choice: dict[str, Any], told: str):
    panel.choose(**choice)
    until(lambda: panel.trouble)
    assert "\n" not in panel.trouble
    assert any(each in panel.trouble for each in told.split("|")), panel.trouble
    with pytest.raises(DataError):
        panel.train(wait=True)
    assert SESSION.trainings == []


def test_a_forecast_begins_anew(panel: ForecastPanel, df: pd.DataFrame):
    panel.train(wait=True)
    assert panel.runs == []
    ask(panel, "branch", run=1)
    assert panel.trouble == "A forecast cannot go on from an earlier run: train it anew, with more epochs."
    with pytest.raises(OptionError, match="split"):
        ForecastPanel(df, split="random")
    of_tables = TrainPanel(df, target="temp")
    assert of_tables.runs == []
    of_tables.close()


def test_what_cannot_be_told_from_the_table_is_said_in_place_of_the_picture(panel: ForecastPanel):
    panel.choose(known=("cloud",))
    panel.train(wait=True)
    until(lambda: panel.result)
    assert "cloud must be known at the 3 steps to forecast" in panel.result
    assert "<img" not in panel.result
