"""Targets are bent and scaled as scikit-learn would, and come back."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import PowerTransformer, StandardScaler

from nbreg.data.targets import TARGET_TYPES, TargetScaler
from nbreg.errors import DataError

RNG = np.random.default_rng(0)
NORMAL = RNG.normal(5, 2, (500, 1))
PRICES = RNG.lognormal(3, 1, (500, 1))
SKEWED = RNG.gamma(0.5, 3, (500, 1)) - 1
LEFT = 10 - RNG.lognormal(0, 0.8, (500, 1))


def test_none_is_the_standard_scaler():
    y = np.hstack([NORMAL, PRICES])
    scaler = TargetScaler("none").fit(y)
    oracle = StandardScaler().fit(y)
    np.testing.assert_allclose(scaler.transform(y), oracle.transform(y), rtol=1e-5, atol=1e-6)
    far = np.array([[1e6, -1e6]])  # no limit: linear models stay linear
    np.testing.assert_allclose(scaler.inverse_transform(far), oracle.inverse_transform(far), rtol=1e-12)


def test_log_is_the_logarithm_standardised():
    scaled = TargetScaler("log").fit(PRICES).transform(PRICES)
    np.testing.assert_allclose(scaled, StandardScaler().fit_transform(np.log(PRICES)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("y", [NORMAL, PRICES, SKEWED, LEFT, PRICES * 1e6])
def test_yeo_johnson_is_scikit_learns(y):
    scaler, oracle = TargetScaler("yeo-johnson").fit(y), PowerTransformer().fit(y)
    np.testing.assert_allclose(scaler.lambdas_, oracle.lambdas_, rtol=1e-10)
    np.testing.assert_allclose(scaler.transform(y), oracle.transform(y), rtol=1e-4, atol=1e-5)
    inside = oracle.transform(y)
    np.testing.assert_allclose(scaler.inverse_transform(inside), y, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("lambda_", [-1.0, 0.0, 0.5, 1.0, 2.0, 3.0])
def test_the_power_transform_at_its_special_cases(lambda_):
    y = np.linspace(-3, 3, 41)[:, None]
    scaler = TargetScaler("yeo-johnson").fit(y)
    scaler.lambdas_, scaler.mean_, scaler.scale_ = np.array([lambda_]), np.zeros(1), np.ones(1)
    scaler.lower_, scaler.upper_ = np.array([-np.inf]), np.array([np.inf])
    oracle = PowerTransformer(standardize=False).fit(y)
    oracle.lambdas_ = np.array([lambda_])
    np.testing.assert_allclose(scaler.transform(y), oracle.transform(y), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(scaler.inverse_transform(oracle.transform(y)), y, rtol=1e-9, atol=1e-12)


def test_many_rows_give_nearly_the_same_lambda():
    y = np.random.default_rng(1).gamma(1.0, 2.0, (60_000, 1)) - 0.5
    found = TargetScaler("yeo-johnson").fit(y).lambdas_
    np.testing.assert_allclose(found, PowerTransformer().fit(y).lambdas_, atol=0.01)


@pytest.mark.parametrize(("y", "chosen"), [(NORMAL, "none"), (PRICES, "log"), (SKEWED, "yeo-johnson"),
                                           (LEFT, "yeo-johnson")])  # fmt: skip
def test_auto_goes_by_skewness(y, chosen):
    assert TargetScaler("auto").fit(y).chosen == (chosen,)


def test_auto_leaves_alone_what_bending_does_not_mend():
    two_values = np.repeat([2.0, 3.0], [95, 5])[:, None]  # skewed, however it is bent
    assert TargetScaler("auto").fit(two_values).chosen == ("none",)


def test_each_target_has_its_own():
    scaler = TargetScaler("auto").fit(np.hstack([PRICES, NORMAL, SKEWED]))
    assert scaler.chosen == ("log", "none", "yeo-johnson")
    assert scaler.mean_.shape == scaler.scale_.shape == scaler.lambdas_.shape == scaler.upper_.shape == (3,)


@pytest.mark.parametrize("transform", ["log", "yeo-johnson"])
def test_bent_predictions_cannot_explode(transform):
    scaler = TargetScaler(transform).fit(PRICES)
    low, high = scaler.transform(np.array([[PRICES.min()], [PRICES.max()]]))
    span = high - low
    np.testing.assert_array_less(scaler.upper_, high + 0.1001 * span)
    far = scaler.inverse_transform(np.array([[1e9], [-1e9]]))
    assert np.isfinite(far).all()
    np.testing.assert_array_equal(far, scaler.inverse_transform(np.vstack([scaler.upper_, scaler.lower_])))
    if transform == "log":
        logs = np.log([PRICES.min(), PRICES.max()])
        np.testing.assert_allclose(np.log(far[0, 0]), logs[1] + np.diff(logs)[0] / 10)


def test_the_limit_of_a_power_stays_where_it_can_be_inverted():
    y = -(np.random.default_rng(0).lognormal(0, 1.5, (300, 1)))  # lambda is above 2: values below a bound only
    scaler = TargetScaler("yeo-johnson").fit(y)
    assert scaler.lambdas_[0] > 2
    ends = scaler.inverse_transform(np.array([[-50.0], [50.0]]))[:, 0]
    span = np.ptp(y)
    assert y.min() - 1.001 * span <= ends[0] < ends[1] <= y.max() + 1.001 * span


@settings(deadline=None, derandomize=True)
@given(arrays(np.float64, (30, 2), elements=st.floats(-1e6, 1e6)), st.sampled_from(["none", "auto", "yeo-johnson"]))
def test_there_and_back(y, transform):
    y[0], y[1] = -7.0, 11.0  # never constant
    scaler = TargetScaler(transform).fit(y)
    back = scaler.inverse_transform(scaler.transform(y))
    np.testing.assert_allclose(back, y, rtol=1e-3, atol=1e-4 * np.ptp(y, axis=0).max())


def test_log_survives_what_was_not_trained_on():
    assert np.isfinite(TargetScaler("log").fit(PRICES).transform(np.array([[0.0], [-3.0]]))).all()


@pytest.mark.parametrize("transform", ["none", "auto", "log", "yeo-johnson"])
def test_a_constant_target_is_told(transform):
    with pytest.raises(DataError, match='Target "price" is always 3 on the train rows'):
        TargetScaler(transform).fit(np.full((20, 1), 3.0), ["price"])


def test_log_of_what_is_not_positive_is_told():
    y = np.hstack([PRICES, SKEWED])
    n_bad = int((SKEWED <= 0).sum())
    with pytest.raises(DataError, match=f'takes positive values; target "b" has {n_bad} others .* Use "yeo-johnson"'):
        TargetScaler("log").fit(y, ["a", "b"])


def test_log1p_is_numpys():
    y = np.abs(SKEWED)
    scaler = TargetScaler("log1p").fit(y)
    bent = np.log1p(y)
    np.testing.assert_allclose(scaler.transform(y), (bent - bent.mean()) / bent.std(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(y)), y, rtol=1e-4, atol=1e-6)
    with pytest.raises(DataError, match="takes non-negative values"):
        TargetScaler("log1p").fit(SKEWED)


def test_ratio_keeps_ratios():
    scaler = TargetScaler("ratio").fit(PRICES)
    np.testing.assert_allclose(scaler.transform(PRICES), PRICES / PRICES.std(), rtol=1e-6)
    with pytest.raises(DataError, match=r"takes non-zero values; .* has 1 others"):
        TargetScaler("ratio").fit(np.vstack([PRICES, [[0.0]]]))


@pytest.mark.parametrize("store", [
    lambda x: pickle.loads(pickle.dumps(x)),
    lambda x: skops.io.loads(skops.io.dumps(x), trusted=list(TARGET_TYPES)),
])  # fmt: skip
def test_is_kept_bit_for_bit(store):
    y = np.hstack([PRICES, NORMAL, SKEWED])
    scaler = TargetScaler("auto").fit(y)
    kept = store(scaler)
    np.testing.assert_array_equal(kept.transform(y), scaler.transform(y))
    np.testing.assert_array_equal(kept.inverse_transform(y), scaler.inverse_transform(y))
    assert kept.chosen == scaler.chosen
