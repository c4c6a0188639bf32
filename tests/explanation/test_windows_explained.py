"""Attributions to steps and channels: on a linear network they are known, on others they must add up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import nbreg
from nbreg.errors import DataError, OptionError
from nbreg.explanation.windows import explain_windows

N_STEPS = 6


@pytest.fixture(scope="module")
def series() -> pd.DataFrame:
    """An hourly series of one target and one feature, 150 hours."""
    rng = np.random.default_rng(4)
    hours = np.arange(150)
    wind = rng.standard_normal(150)
    temperature = 10 + 5 * np.sin(hours / 24 * 2 * np.pi) + np.roll(wind, 2) + 0.1 * rng.standard_normal(150)
    return pd.DataFrame({"time": pd.date_range("2024-01-01", periods=150, freq="h"), "temp": temperature, "wind": wind})


def forecaster(series, network, **choices):
    return nbreg.forecast(
        series, target="temp", time="time", window=N_STEPS, horizon=2, network=network, epochs=2, **choices
    )


@pytest.fixture(scope="module")
def linear(series):
    return forecaster(series, "perceptron", target_transform="none", skip="none")


def weights_in_target_units(regressor) -> np.ndarray:
    """Return what a unit of each input adds to each target, ``(n_inputs, n_targets)``, for a linear network."""
    probes = np.vstack([np.zeros(regressor.encoder_.n_inputs), np.eye(regressor.encoder_.n_inputs)])
    outputs = regressor.network_(probes.astype(np.float32)).numpy()[:, : len(regressor.target_names_)]
    return (outputs[1:] - outputs[0]).astype(float) * regressor.target_scaler_.scale_


class TestOnALinearNetwork:
    @pytest.mark.parametrize("method", ["integrated_gradients", "expected_gradients", "gradient_x_input"])
    def test_attributions_are_weight_times_distance(self, linear, method):
        rows, background = linear.data_.frame_of("test").to_native(), linear.data_.frame_of("train").to_native()
        found = explain_windows(linear, rows, method, background=background)
        x, baseline = linear.encoder_.transform(rows), linear.encoder_.transform(background).mean(axis=0)
        expected = (x - baseline)[:, :, None] * weights_in_target_units(linear)  # (n, n_inputs, n_targets)
        n_steps, n_channels = linear.encoder_.sequence_shape
        of_steps = expected[:, : n_steps * n_channels].reshape(len(rows), n_steps, n_channels, 2)
        np.testing.assert_allclose(found.values, of_steps, rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(found.rest, expected[:, n_steps * n_channels :], rtol=1e-3, atol=1e-4)
        assert found.completeness_gap < 1e-4

    def test_names_stand_as_the_values_do(self, linear):
        found = explain_windows(linear, rows=4)
        assert (len(found), *found.values.shape) == (4, 4, N_STEPS, 2, 2)
        assert found.channel_names == ("temp", "wind")
        assert found.step_names[-1] == "now"
        assert len(found.rest_names) == found.rest.shape[1]
        assert found.target_names == linear.target_names_

    def test_one_target_has_no_axis_for_it(self, linear):
        both, second = explain_windows(linear, rows=4), explain_windows(linear, rows=4, target=linear.target_names_[1])
        np.testing.assert_allclose(second.values, both.values[..., 1], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(both.of_target(linear.target_names_[1]).rest, second.rest, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(second.importance(), np.abs(second.values).mean(axis=0))


@pytest.mark.parametrize("network", ["cnn", "rnn", "lstm", "gru"])
class TestOnSequenceNetworks:
    @pytest.fixture
    def regressor(self, series, network):
        return forecaster(series, network, hidden=(8,), **({} if network == "cnn" else {"units": (6,)}))

    def test_attributions_and_base_value_add_up_to_the_prediction(self, regressor):
        found = explain_windows(regressor, rows=5, background=20)
        total = found.values.sum(axis=(1, 2)) + found.rest.sum(axis=1) + found.base_values
        spread = np.ptp(np.vstack([found.predictions, found.base_values]), axis=0)
        np.testing.assert_allclose(total, found.predictions, atol=0.05 * spread.max())
        assert found.completeness_gap < 0.05
        gradients = explain_windows(regressor, rows=5, method="saliency")
        assert gradients.base_values is None
        assert (gradients.values >= 0).all()
        assert gradients.values.any()


@pytest.mark.parametrize("network", ["cnn", "rnn", "lstm", "gru"])
class TestPlainTables:
    def test_all_numbers_are_a_sequence_and_columns_are_explained(self, network, tmp_path):
        rng = np.random.default_rng(0)
        table = pd.DataFrame(rng.standard_normal((120, 4)), columns=list("abcd"))
        table["y"] = table["a"] - table["c"]
        choices = {} if network == "cnn" else {"units": (6,)}
        regressor = nbreg.fit(table, target="y", network=network, hidden=(8,), epochs=3, **choices)
        for method in ("integrated_gradients", "expected_gradients", "gradient_x_input", "saliency", "deep_shap"):
            found = nbreg.explain(regressor, table, method, rows=10)
            assert np.isfinite(found.values).all()
            assert found.values.any()
            assert found.method == method
            if found.method in ("integrated_gradients", "expected_gradients", "deep_shap"):
                assert found.completeness_gap < 0.05
        regressor.save(tmp_path / "saved.nbreg")
        loaded = nbreg.load(tmp_path / "saved.nbreg")
        np.testing.assert_array_equal(loaded.predict(table), regressor.predict(table))


class TestMistakes:
    def test_without_a_sequence_there_are_no_steps(self):
        table = pd.DataFrame({"a": np.arange(40.0), "y": np.arange(40.0)})
        regressor = nbreg.fit(table, target="y", epochs=1, hidden=(2,))
        with pytest.raises(DataError, match="No sequence enters this network"):
            explain_windows(regressor)

    def test_methods_that_look_at_whole_columns_are_refused(self, linear):
        with pytest.raises(OptionError, match="does not look at single steps"):
            explain_windows(linear, method="permutation_importance")

    def test_groups_are_refused(self, linear):
        with pytest.raises(OptionError, match="leave group and check out"):
            explain_windows(linear, group=[("temp", "wind")])
