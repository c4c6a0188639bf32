"""A forecaster: what it is told, what it tells of what comes, and what it keeps in files."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.metrics import root_mean_squared_error

import nbreg
from nbreg.errors import DataError, FileError, NbregError, OptionError
from nbreg.forecasting.forecaster import Forecaster
from nbreg.plots.forecast import ForecastPlot
from nbreg.regressor import Regressor
from nbreg.session import SESSION
from nbreg.trainable import NotTrainedError

CHOICES = {
    "target": ("load", "heat"), "time": "time", "group": "station", "window": 8, "horizon": 4, "epochs": 3,
    "network": "mlp", "hidden": (8,),
}  # fmt: skip


def stations(n=240, zone="Europe/Berlin"):
    rng = np.random.default_rng(0)
    times = pd.date_range("2021-03-20", periods=n, freq="h", tz=zone)
    day = np.sin(2 * np.pi * np.arange(n) / 24)
    frames = [
        pd.DataFrame({
            "station": name,
            "time": times,
            "load": 50 + level + 10 * day + rng.normal(size=n),
            "heat": 5 - day + rng.normal(size=n) / 5,
            "wind": rng.normal(size=n),
        })
        for name, level in (("b", 20), ("a", 0))
    ]  # fmt: skip
    table = pd.concat(frames, ignore_index=True)
    table.loc[::17, "heat"] = np.nan
    return table


@pytest.fixture(scope="module")
def table():
    return stations()


@pytest.fixture(scope="module")
def forecaster(table):
    return nbreg.forecast(table, **CHOICES)


def test_it_is_a_regressor_of_windows_and_the_latest_run(forecaster):
    assert isinstance(forecaster, Forecaster)
    assert isinstance(forecaster, Regressor)
    assert SESSION.latest is forecaster
    assert forecaster.target_names_[:5] == ("load +1 h", "load +2 h", "load +3 h", "load +4 h", "heat +1 h")
    assert forecaster.words().startswith("Forecast of load, heat, 4 h ahead from 8 h: mlp 8, relu")
    assert forecaster.run_.status == "finished"
    assert nbreg.runs().iloc[-1].target == "load, heat"


def test_what_comes_after_the_end(table, forecaster):
    ahead = forecaster.predict()
    assert list(ahead.columns) == ["station", "time", "load", "heat"]
    assert list(ahead.station) == ["a"] * 4 + ["b"] * 4
    assert ahead.time.dtype == table.time.dtype
    end = table.time.max()
    np.testing.assert_array_equal(ahead.time[:4], [end + pd.Timedelta(hours=k) for k in (1, 2, 3, 4)])
    # The last window by hand, through the encoder of windows and the network.
    last = table[table.station == "b"].tail(8)
    steps = forecaster.encoder_.step_names
    row = {
        f"{name} {step}": value
        for name in ("load", "heat", "wind")
        for step, value in zip(steps, last[name], strict=True)
    }
    window = pd.DataFrame([{**row, "time": end, "station": "b"}])
    by_hand = forecaster.predict_inputs(forecaster.encoder_inputs(window))[0]
    np.testing.assert_allclose(ahead.load[4:], by_hand[:4], rtol=1e-5)
    np.testing.assert_allclose(ahead.heat[4:], by_hand[4:], rtol=1e-5)


def test_only_the_last_window_of_a_history_counts(table, forecaster):
    short = table.groupby("station").tail(8).sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(forecaster.predict(short), forecaster.predict())
    with pytest.raises(DataError, match=r"sees 8 steps \(8 h\); group \"a\" has 7"):
        forecaster.predict(table.groupby("station").tail(7))


def test_a_polars_history_gives_a_polars_frame(table, forecaster):
    ahead = forecaster.predict(pl.from_pandas(table))
    assert isinstance(ahead, pl.DataFrame)
    assert ahead["time"].dtype.time_zone == "Europe/Berlin"
    np.testing.assert_allclose(ahead["load"], forecaster.predict().load, rtol=1e-6)


def test_forecasts_of_windows_are_judged_by_target(table, forecaster):
    predicted = forecaster.predict_windows("test")
    data = forecaster.data_
    assert predicted.shape == (data.n_rows("test"), 2, 4)
    observed = data.observed("test").reshape(-1, 2, 4)
    found = forecaster.evaluate()
    assert found.targets == ("load", "heat")
    assert found.n_rows == data.n_rows("test")
    for i, name in enumerate(found.targets):
        known = ~np.isnan(observed[:, i])
        assert known.all() == (name == "load")
        rmse = root_mean_squared_error(observed[:, i][known], predicted[:, i][known])
        assert found.value("rmse", name) == pytest.approx(rmse, rel=1e-6)


def test_other_tables_are_judged_on_all_their_windows(table, forecaster):
    other = table[table.time >= table.time.max() - pd.Timedelta(hours=39)]
    found = forecaster.evaluate(other)
    assert found.n_rows == 2 * (40 - 8 - 4 + 1)
    first = other[other.station == "a"].iloc[:8]
    ahead = forecaster.predict(first)
    assert len(ahead) == 4


def test_the_report_is_short_and_has_persistence_beside(forecaster):
    report = forecaster.report_
    assert report.targets == ("load", "heat")
    assert report.n_features == 5  # load, heat, wind, time, station
    data = forecaster.data_
    newest = data.frame_of("test").to_pandas()[["load now", "heat now"]].to_numpy()
    observed = data.observed("test").reshape(-1, 2, 4)[:, 0]
    rmse = root_mean_squared_error(observed.ravel(), np.repeat(newest[:, 0], 4))
    assert report.baselines["persistence"]["test"].value("rmse", "load") == pytest.approx(rmse, rel=1e-5)
    assert set(report.baselines) == {"mean", "persistence", "ridge", "boosted trees"}
    text = repr(forecaster._repr_mimebundle_()[0]["text/plain"])
    assert "8 h seen, 4 h ahead" in text
    assert "+1 h" not in text


def test_intervals_hold_the_share_on_validation_windows(forecaster):
    data = forecaster.data_
    errors = np.abs(data.observed("validation") - forecaster.predict_windows("validation").reshape(-1, 8))
    for share in (0.5, 0.9):
        widths = forecaster.widths_.at(share)
        inside = np.where(np.isnan(errors), np.nan, errors <= widths)
        n = (~np.isnan(errors)).sum(axis=0)
        np.testing.assert_array_equal(np.nansum(inside, axis=0), np.ceil((n + 1) * share))
    ahead = forecaster.predict(interval=0.9)
    assert list(ahead.columns)[-4:] == ["load_low", "heat_low", "load_high", "heat_high"]
    np.testing.assert_allclose(ahead.load_high[:4] - ahead.load[:4], forecaster.widths_.at(0.9)[:4])
    np.testing.assert_allclose(ahead.load_low + ahead.load_high, 2 * ahead.load)


def test_intervals_that_cannot_be_are_refused(table, forecaster):
    with pytest.raises(DataError, match=r"too few validation windows for intervals of 0\.999"):
        forecaster.predict(interval=0.999)
    with pytest.raises(OptionError, match="interval"):
        forecaster.predict(interval=1.5)
    unwatched = nbreg.forecast(table, **CHOICES | {"validation_fraction": 0.0, "epochs": 1})
    with pytest.raises(DataError, match="Intervals need validation windows"):
        unwatched.predict(interval=0.9)
    assert len(pickle.loads(pickle.dumps(unwatched)).predict(table)) == 8


def test_intervals_stay_within_bounds(table):
    bounded = nbreg.forecast(table, **CHOICES | {"epochs": 1, "bounds": [("load", 20, 90)]})
    ahead = bounded.predict(interval=0.9)
    assert ahead.load_low.min() >= 20
    assert ahead.load_high.max() <= 90


def test_a_file_and_a_pickle_forecast_the_same(table, forecaster, tmp_path):
    path = tmp_path / "loads.nbreg"
    forecaster.save(path)
    ahead = forecaster.predict(interval=0.8)
    for kept in (nbreg.load(path), pickle.loads(pickle.dumps(forecaster))):
        assert type(kept) is Forecaster
        assert kept.target_names_ == forecaster.target_names_
        pd.testing.assert_frame_equal(kept.predict(table, interval=0.8), ahead, rtol=1e-4)
        assert kept.report_ == forecaster.report_
        assert kept.get_params() == forecaster.get_params()
        with pytest.raises(DataError, match="came without its table"):
            kept.predict()
    assert type(Regressor.load(path)) is Forecaster


def test_a_regressor_is_no_forecaster(tmp_path):
    rng = np.random.default_rng(0)
    plain = nbreg.fit(pd.DataFrame({"x": rng.normal(size=40), "y": rng.normal(size=40)}), "y", epochs=1, hidden=(4,))
    plain.save(tmp_path / "plain.nbreg")
    with pytest.raises(FileError, match=r"holds a Regressor.*use nbreg\.load"):
        Forecaster.load(tmp_path / "plain.nbreg")


def test_fit_takes_a_table(table):
    estimator = Forecaster(**CHOICES | {"epochs": 2})
    assert estimator.get_params()["window"] == 8
    fitted = clone(estimator).fit(table)
    told = nbreg.forecast(table, **CHOICES | {"epochs": 2})
    pd.testing.assert_frame_equal(fitted.predict(), told.predict())
    with pytest.raises(DataError, match=r"fit\(table\)"):
        estimator.fit(table, table["load"])
    with pytest.raises(NotTrainedError):
        estimator.predict(table)


@pytest.mark.parametrize("seen", [{"features": []}, {}], ids=["ahead alone", "in the past too"])
def test_known_columns_come_from_rows_behind_the_history(seen):
    table = stations().drop(columns="wind")
    table["holiday"] = (table.time.dt.day % 2).astype(float)
    forecaster = nbreg.forecast(table, **CHOICES | {"known": "holiday"} | seen)
    with pytest.raises(DataError, match='holiday must be known at the 4 steps to forecast, and group "a" lacks values'):
        forecaster.predict()
    ends = [pd.DataFrame({
        "station": name, "time": pd.date_range(table.time.max(), periods=5, freq="h")[1:], "holiday": 1.0,
    }) for name in ("a", "b")]  # fmt: skip
    ahead = forecaster.predict(pd.concat([table, *ends]))
    assert len(ahead) == 8
    assert ahead.time.min() == table.time.max() + pd.Timedelta("1h")
    ends[0]["holiday"] = 0.0
    other = forecaster.predict(pd.concat([table, *ends]))
    assert (other.load[:4] != ahead.load[:4]).all()
    np.testing.assert_array_equal(other.load[4:], ahead.load[4:])
    told = nbreg.forecast(pd.concat([table, *ends]), **CHOICES | {"known": "holiday"} | seen)
    assert told.predict().time.min() == ahead.time.min()


def test_groups_that_are_too_short_are_left_out_and_said(table, forecaster):
    short = table[(table.station == "b") | (table.groupby("station").cumcount() < 3)]
    with pytest.warns(UserWarning, match=r'Left out: A forecast sees 8 steps \(8 h\); group "a" has 3\.'):
        ahead = forecaster.predict(short)
    assert set(ahead.station) == {"b"}
    whole = forecaster.predict(table)
    pd.testing.assert_frame_equal(ahead, whole[whole.station == "b"].reset_index(drop=True))
    with pytest.raises(DataError, match='group "a" has 3'):
        forecaster.predict(table[table.groupby("station").cumcount() < 3])


def test_the_forecast_plot_leaves_out_groups_that_are_too_short(table):
    short = pd.concat([table[table.station == "b"], table[table.station == "a"][:5]])
    drawn = ForecastPlot.of(nbreg.forecast(short, **CHOICES))
    assert {stretch.group for stretch in drawn.stretches} == {"b"}


def test_histories_that_do_not_fit_are_told(table, forecaster):
    cases = [
        (table.drop(columns="wind"), 'no column "wind"'),
        (table.assign(station="c"), "is twice"),
        (table[table.station == "a"].assign(station="c"), 'Group "c" of "station" was not among those trained on'),
        (table[table.time.dt.hour % 2 == 0], "The steps of \"time\" are 2 h here, and were 1 h in training"),
        (table.assign(time=table.time.astype(str)), "should hold dates"),
    ]  # fmt: skip
    for history, message in cases:
        with pytest.raises(DataError, match=message) as raised:
            forecaster.predict(history)
        assert "\n" not in str(raised.value)


def test_options_are_checked_by_name(table):
    with pytest.raises(OptionError, match='Did you mean "window"'):
        nbreg.forecast(table, **CHOICES, windw=3)
    with pytest.raises(OptionError, match='There is no option "split"'):
        nbreg.forecast(table, **CHOICES, split="random")
    with pytest.raises(DataError, match="a forecast needs one"):
        nbreg.forecast(table, target="load")


def test_what_a_forecast_is_not(table, forecaster):
    with pytest.raises(NbregError, match="not told as a script"):
        forecaster.to_keras_script()
    with pytest.raises(OptionError, match="cannot go on from a forecast"):
        nbreg.fit(table, "load", start=forecaster)


def test_a_window_is_explained_by_column_and_step(forecaster):
    explanation = nbreg.explain(forecaster, method="gradient_x_input", rows=20, target="load +1 h")
    names = list(explanation.feature_names)
    assert "load now" in names
    assert "wind -7 h" in names
    assert len(names) == 3 * 8 + 2
    assert explanation.values.shape == (20, 26)


def test_leaving_the_table_behind_keeps_intervals(table):
    first = nbreg.forecast(table, **CHOICES | {"epochs": 1})
    training, ahead = SESSION.find(first), first.predict(interval=0.9)
    training._pickled, training._held = None, first
    training.put_away()
    del first
    revived = training.regressor
    pd.testing.assert_frame_equal(revived.predict(table, interval=0.9), ahead, rtol=1e-6)
