"""The picture of a forecast, and that of how far forecasts are off."""

import base64

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import nbreg
from nbreg.errors import OptionError
from nbreg.plots.forecast import SHARE
from nbreg.plots.forecast_errors import ForecastErrors


@pytest.fixture(scope="module")
def forecaster():
    rng = np.random.default_rng(0)
    one = pd.DataFrame({"time": pd.date_range("2024-01-01", periods=150, freq="h"), "y": 0.0, "z": 0.0})
    one["y"], one["z"] = np.sin(np.arange(150) / 4) + rng.normal(size=150) / 9, rng.normal(size=150)
    table = pd.concat([one.assign(site="a"), one.assign(site="b", y=one["y"] + 3)])
    return nbreg.forecast(table, ["y", "z"], time="time", group="site", window=6, horizon=4, epochs=1, hidden=(2,))


def test_it_is_what_predict_says(forecaster):
    info = nbreg.plot("forecast", forecaster).info
    ahead = forecaster.predict(interval=SHARE)
    assert [(each.target, each.group) for each in info.stretches] == [("y", "a"), ("y", "b"), ("z", "a"), ("z", "b")]
    for stretch in info.stretches:
        of_group = ahead[ahead["site"] == stretch.group]
        assert_allclose(stretch.ahead, of_group[stretch.target])
        assert_allclose(stretch.low, of_group[f"{stretch.target}_low"])
        assert_allclose(stretch.high, of_group[f"{stretch.target}_high"])
        assert list(map(pd.Timestamp, stretch.times_ahead)) == list(of_group["time"])
        observed = forecaster.data_.table.to_native().query("site == @stretch.group")[stretch.target]
        assert_allclose(stretch.past, observed[-12:])


def test_it_is_drawn_for_one_target_too(forecaster):
    shown = nbreg.plot("forecast", forecaster, target="z")
    assert [axes.get_title("left") for axes in shown.figure.axes] == ["a", "b"]
    assert base64.b64decode(shown._repr_mimebundle_()[0]["image/png"]).startswith(b"\x89PNG")
    assert "bands for 90 % of the values: z of a from" in shown.info.alt
    with pytest.raises(OptionError, match='no target "x"'):
        nbreg.plot("forecast", forecaster, target="x")


def test_it_is_of_forecasters():
    plain = nbreg.fit(pd.DataFrame({"x": np.arange(30.0), "y": np.arange(30.0)}), target="y", epochs=1, hidden=(2,))
    with pytest.raises(OptionError, match="is of a forecaster"):
        nbreg.plot("forecast", plain)


def test_errors_by_step_have_a_line_for_each_model():
    rmse = {model: {"y": (1.0, 2.0, 3.0)} for model in ("network", "ridge", "seasonal naive", "persistence")}
    info = ForecastErrors(("y",), ("+1 h", "+2 h", "+3 h"), rmse)
    (axes,) = info.figure().axes
    assert [line.get_label() for line in axes.lines] == list(rmse)
    assert_allclose(axes.lines[1].get_ydata(), [1, 2, 3])
    assert "at +3 h: y: network 3" in info.alt
