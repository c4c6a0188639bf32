"""Target units inside TensorFlow against the target scaler's own way back, and against finite differences."""

import numpy as np
import pytest

from nbreg.data.targets import TargetScaler
from nbreg.explanation.target_units import in_target_units

TARGETS = {
    "none": np.random.default_rng(0).normal(2_000, 0.01, 400),
    "log": np.exp(np.random.default_rng(1).normal(3, 1, 400)),
    "log1p": np.random.default_rng(2).exponential(50, 400),
    "ratio": np.random.default_rng(3).normal(30, 4, 400),
    "yeo-johnson": np.random.default_rng(4).gamma(0.5, 40, 400) - 15,
}


@pytest.fixture(params=TARGETS)
def scaler(request):
    return TargetScaler(request.param).fit(TARGETS[request.param][:, None])


def outputs():
    return np.random.default_rng(5).normal(0, 3, (200, 1)).astype(np.float32)


def test_it_is_the_scalers_inverse(scaler):
    import tensorflow as tf

    found = in_target_units(scaler, [0])(tf.constant(outputs())).numpy()
    np.testing.assert_allclose(found, scaler.inverse_transform(outputs()), rtol=1e-9)


def test_its_slope_is_that_of_finite_differences(scaler):
    import tensorflow as tf

    scaled = tf.constant(np.linspace(-0.9, 0.9, 31)[:, None])  # within the limits, in float64
    with tf.GradientTape() as tape:
        tape.watch(scaled)
        values = in_target_units(scaler, [0])(scaled)
    slopes = tape.gradient(values, scaled).numpy()
    h = 1e-5
    ahead, behind = (scaler.inverse_transform(scaled.numpy() + side) for side in (h, -h))
    np.testing.assert_allclose(slopes, (ahead - behind) / (2 * h), rtol=2e-4, atol=1e-6 * np.abs(slopes).max())


def test_of_several_targets_some_are_chosen():
    import tensorflow as tf

    y = np.column_stack([TARGETS["log"], TARGETS["none"], TARGETS["yeo-johnson"]])
    scaler = TargetScaler("auto").fit(y)
    assert len(set(scaler.chosen)) > 1
    scaled = np.random.default_rng(6).normal(size=(50, 3)).astype(np.float32)
    found = in_target_units(scaler, [2, 0])(tf.constant(scaled)).numpy()
    np.testing.assert_allclose(found, scaler.inverse_transform(scaled)[:, [2, 0]], rtol=1e-9)


def test_small_spreads_keep_their_digits():
    """In float32 a target of 2,000 with a spread of 0.01 would move in steps of a hundredth of that."""
    import tensorflow as tf

    scaler = TargetScaler("none").fit(TARGETS["none"][:, None])
    found = in_target_units(scaler, [0])(tf.constant(outputs())).numpy()
    assert len(np.unique(found)) == len(np.unique(outputs()))
