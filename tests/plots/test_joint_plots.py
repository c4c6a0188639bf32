"""The plots of joint heads: what they show, and that it is drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import nbreg
from nbreg.errors import OptionError
from nbreg.joint.noise import NoiseCorrelation
from nbreg.plots.noise_correlation import NoiseMaps


@pytest.fixture(scope="module")
def joint_regressor():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(150, 5)), columns=["a", "b", "u", "v", "net rent"])
    return nbreg.fit(table, target=["u", "v", "net rent"], joint="gaussian", epochs=2, hidden=(4,))


@pytest.mark.parametrize("n_targets", [2, 12])
def test_two_maps_side_by_side(n_targets):
    rng = np.random.default_rng(0)
    predicted, residual = (np.corrcoef(rng.normal(size=(n_targets, 20))) for _ in range(2))
    residual[0, 1] = residual[1, 0] = np.nan
    names = tuple(f"target {i}" for i in range(n_targets))
    info = NoiseMaps.of_noise(NoiseCorrelation(names, predicted, residual, 1_234, "test"))
    assert info.maps[0].values is predicted
    assert "1,234 test rows" in info.alt
    first, second, _ = info.figure().axes
    assert_allclose(first.collections[0].get_array().ravel(), predicted.ravel())
    is_written = n_targets <= 8
    assert len(first.texts) == (n_targets**2 if is_written else 0)
    assert [label.get_text() for label in second.get_yticklabels()] == list(names)


def test_words_name_those_that_go_together_most():
    values = np.array([[1, 0.1, -0.9], [0.1, 1, 0.3], [-0.9, 0.3, 1]])
    info = NoiseMaps.of_noise(NoiseCorrelation(("u", "v", "w"), values, values, 20, "test"))
    assert "noise: u and w −0.90, v and w 0.30, u and v 0.10;" in info.alt


def test_samples_are_those_of_the_row(joint_regressor):
    info = nbreg.plot("joint_samples", joint_regressor, row=4).info
    table = joint_regressor.data_.frame_of("test").to_native()
    joint = joint_regressor.predict_joint(table.iloc[[4]])
    assert_allclose(info.draws, joint.sample(1_000)[0])
    assert_allclose(info.observed, table.iloc[4][["u", "v", "net rent"]].to_numpy(float))
    assert info.alt.startswith("1,000 draws of u, v and net rent for test row 4")
    figure = info.figure()
    assert len(figure.axes) == 6  # three histograms, three pairs
    assert figure.axes[-1].get_xlabel() == "net rent"


def test_rows_that_are_not_there_and_heads_that_predict_no_distribution(joint_regressor):
    with pytest.raises(OptionError, match="a number from 0 to 29, a test row"):
        nbreg.plot("joint_samples", joint_regressor, row=30)
    plain = nbreg.fit(joint_regressor.data_.frame, target=["u", "v"], epochs=1, hidden=(2,))
    for name in ("noise_correlation", "joint_samples"):
        with pytest.raises(OptionError, match="train with --joint gaussian"):
            nbreg.plot(name, plain)
