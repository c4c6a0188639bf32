"""Walk-forward backtests: what they measure, beside whom, and that nothing of later times is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import nbreg
from nbreg.data.spec import DataSpec
from nbreg.data.windows.clock import Clock
from nbreg.data.windows.grid import Grid
from nbreg.data.windows.spec import WindowSpec
from nbreg.data.windows.windowing import prepare_windows
from nbreg.errors import DataError, OptionError
from nbreg.forecasting import measures, rivals

QUICK = {"time": "time", "window": 12, "horizon": 4, "epochs": 2, "hidden": (4,), "network": "mlp", "origins": 2}


def series(n_rows: int = 400, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    hours = np.arange(n_rows)
    level = np.sin(2 * np.pi * hours / 24) + 0.01 * hours + 0.1 * rng.standard_normal(n_rows)
    times = pd.date_range("2024-03-01", periods=n_rows, freq="h")
    return pd.DataFrame({"time": times, "level": level, "flow": 2 * level + rng.standard_normal(n_rows)})


@pytest.fixture(scope="module")
def found():
    return nbreg.backtest(series(), ["level", "flow"], **QUICK)


def grid_of(*columns: list[float], step: float = 1.0) -> Grid:
    """One series of steps 0, 1, 2, ... with these columns."""
    values = np.array(columns, float).T
    n = len(values)
    moments = np.arange(n) * step
    return Grid(Clock("t", "number", step), moments, values, np.zeros(n, np.intp), ("",), np.arange(n))


class TestMeasures:
    def test_rmse_by_hand(self):
        errors = np.array([[[3.0, 0.0]], [[4.0, np.nan]]])
        assert_allclose(measures.rmse_by_step(errors), [[np.sqrt(12.5), 0.0]])
        assert_allclose(measures.rmse(errors), [np.sqrt(25 / 3)])

    def test_scales_are_of_differences_over_a_season_by_hand(self):
        grid = grid_of([1, 5, 2, 9, 4, 100])
        is_train = np.array([1, 1, 1, 1, 1, 0], bool)
        assert_allclose(measures.naive_scales(grid, 1, is_train, 1), [[(4 + 3 + 7 + 5) / 4]])
        assert_allclose(measures.naive_scales(grid, 1, is_train, 2), [[(1 + 4 + 2) / 3]])
        assert np.isnan(measures.naive_scales(grid, 1, is_train, 5)).all()

    def test_gaps_count_for_nothing_in_scales(self):
        grid = grid_of([1, np.nan, 2, 9, 4])
        assert_allclose(measures.naive_scales(grid, 1, np.ones(5, bool), 1), [[(7 + 5) / 2]])

    def test_mase_by_hand(self):
        errors = np.array([[[2.0, -4.0]], [[np.nan, 6.0]]])
        scales = np.array([[2.0], [3.0]])
        assert_allclose(measures.mase(errors, scales), [(1 + 2 + 2) / 3])


@pytest.fixture(scope="module")
def data():
    table = pd.DataFrame({"t": np.arange(40), "y": np.arange(40.0) ** 1.5})
    table.loc[30, "y"] = np.nan
    spec = DataSpec(target=("y",), test_fraction=0.2, validation_fraction=0.2)
    return prepare_windows(table, spec, WindowSpec(time="t", window=4, horizon=3))


class TestRivals:
    def test_the_last_value_stays(self, data):
        y = np.arange(40.0) ** 1.5
        assert_allclose(rivals.persistence(data, np.array([10, 30])), [[[y[10]] * 3], [[y[29]] * 3]])

    def test_the_value_of_a_season_ago(self, data):
        y = np.arange(40.0) ** 1.5
        assert_allclose(rivals.seasonal_naive(data, np.array([10]), 2), [[[y[9], y[10], y[9]]]])
        assert_allclose(rivals.seasonal_naive(data, np.array([10]), 5), [[[y[6], y[7], y[8]]]])

    def test_a_gap_a_season_ago_takes_the_season_before(self, data):
        y = np.arange(40.0) ** 1.5
        assert_allclose(rivals.seasonal_naive(data, np.array([32]), 3), [[[y[27], y[31], y[32]]]])

    def test_before_the_first_season_it_is_the_last_value(self, data):
        y = np.arange(40.0) ** 1.5
        assert_allclose(rivals.seasonal_naive(data, np.array([4]), 10), [[[y[4]] * 3]])

    def test_ridge_is_that_of_scikit_learn_where_each_step_is_known(self):
        from sklearn.linear_model import Ridge

        table = series()
        table.loc[100:105, "flow"] = np.nan
        data = prepare_windows(table, DataSpec(target=("level", "flow")), WindowSpec(time="time", window=12, horizon=4))
        (x, y), inputs = data.arrays("train"), data.arrays("test")[0].astype(float)
        scaled = []
        for column in y.T.astype(float):
            known = ~np.isnan(column)
            scaled.append(Ridge(alpha=0.05 * len(x)).fit(x[known].astype(float), column[known]).predict(inputs))
        assert np.isnan(y).any()
        expected = data.target_scaler.inverse_transform(np.array(scaled).T).reshape(len(inputs), 2, 4)
        assert_allclose(rivals.ridge(data, inputs, 0.05), expected, atol=1e-4)
        assert rivals.ridge_penalty(data) in rivals.LINEAR_PENALTIES

    @pytest.mark.parametrize(
        ("kind", "step", "season"),
        [("instant", 3_600_000_000, 24), ("wall", 86_400_000_000, 7), ("instant", 604_800_000_000, 52),
         ("month", 1, 12), ("month", 3, 4), ("month", 12, 1), ("number", 1, 1)],
    )  # fmt: skip
    def test_the_usual_season(self, kind, step, season):
        assert rivals.usual_season(Clock("t", kind, step)) == season


class TestBacktest:
    def test_covers_the_test_rows(self, found):
        assert list(found.errors) == ["network", "ridge", "seasonal naive", "persistence"]
        assert found.begins == ("2024-03-14T08:00:00.000000", "2024-03-16T00:00:00.000000")
        assert found.steps == ("+1 h", "+2 h", "+3 h", "+4 h")
        assert found.season == 24
        assert found.errors["network"].shape == (2 * (40 - 3), 2, 4)
        assert_array_equal(np.bincount(found.stretches), [37, 37])

    def test_errors_of_rivals_are_forecast_less_observed(self, found):
        level = series()["level"].to_numpy()
        first = 320  # of the test rows
        assert_allclose(found.errors["persistence"][0, 0], level[first - 1] - level[first : first + 4])
        assert_allclose(found.errors["seasonal naive"][0, 0], level[first - 24 : first - 20] - level[first : first + 4])

    def test_frames_hold_the_measures(self, found):
        frame = found.to_frame().set_index(["target", "model"])
        errors = found.errors["ridge"][:, 1]
        assert frame.loc[("flow", "ridge"), "rmse"] == pytest.approx(np.sqrt(np.square(errors).mean()))
        assert frame.loc[("flow", "ridge"), "rmse +4 h"] == pytest.approx(np.sqrt(np.square(errors[:, 3]).mean()))
        assert frame.loc[("flow", "network"), "rmse / ridge"] == pytest.approx(found.ratio()["flow"])
        by_step = found.to_frame(by="step")
        assert by_step.shape == (2 * 4, 2 + 4)
        assert_allclose(by_step["persistence"][:4], found.rmse_by_step("persistence")[0])
        by_origin = found.to_frame(by="origin").set_index(["target", "origin"])
        of_second = found.errors["persistence"][found.stretches == 1, 0]
        assert by_origin.loc[("level", found.begins[1]), "persistence"] == pytest.approx(
            np.sqrt(np.square(of_second).mean())
        )

    def test_nothing_after_an_origin_is_known(self, found):
        """Values from the first origin on are changed: of the forecasts made there, none changes."""
        table, changed = series(), series()
        changed.loc[320:, ["level", "flow"]] += 50 + np.random.default_rng(1).standard_normal((80, 2))
        later = nbreg.backtest(changed, ["level", "flow"], **QUICK)
        shift = (changed - table)[["level", "flow"]].to_numpy()[320:324].T
        for model, errors in found.errors.items():
            assert_allclose(later.errors[model][0] + shift, errors[0], rtol=1e-9, atol=1e-9)

    def test_what_comes_after_a_stretch_changes_nothing_of_it(self, found):
        changed = series()
        changed.loc[360:, ["level", "flow"]] *= -3
        later = nbreg.backtest(changed, ["level", "flow"], **QUICK)
        for model, errors in found.errors.items():
            assert_array_equal(later.errors[model][:37], errors[:37])

    def test_a_forecaster_tests_its_own_choices(self, found):
        choices = {name: value for name, value in QUICK.items() if name != "origins"}
        forecaster = nbreg.forecast(series(), ["level", "flow"], **choices)
        for model, errors in forecaster.backtest(origins=2).errors.items():
            assert_array_equal(errors, found.errors[model])

    def test_is_shown_as_text_page_and_picture(self, found):
        data = found._repr_mimebundle_()
        assert "Forecasts 4 h ahead from 2 origins: level is missed by" in data["text/plain"]
        assert data["text/html"].count("<table>") == 2
        assert data["image/png"].startswith("iVBOR")


class TestRefusals:
    def test_stretches_shorter_than_the_horizon(self):
        with pytest.raises(DataError, match="80 steps to forecast are too few for 30 origins of 4 steps"):
            nbreg.backtest(series(), "level", **{**QUICK, "origins": 30})

    def test_no_test_rows(self):
        with pytest.raises(OptionError, match="test_fraction is 0"):
            nbreg.backtest(series(), "level", test_fraction=0, **QUICK)

    def test_an_unknown_choice(self):
        with pytest.raises(OptionError, match="origin"):
            nbreg.backtest(series(), "level", origin=3, **QUICK)
        with pytest.raises(OptionError, match='There is no model "rigde"'):
            nbreg.backtest(series(150), "level", **QUICK).rmse("rigde")
