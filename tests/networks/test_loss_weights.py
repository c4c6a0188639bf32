"""Loss weights: how they are written, what they come to, and what learned ones converge to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, mean_squared_error

import nbreg
from nbreg.errors import OptionError
from nbreg.fit_options import fit_options
from nbreg.magics.parsing import parse
from nbreg.networks.heads.loss_weights import balanced_weights
from nbreg.networks.heads.separate import Separate
from nbreg.networks.heads.shared import Shared
from nbreg.networks.objective import LearnedWeightsLoss, NamedLoss, WeightedLoss
from nbreg.networks.targets import Targets
from nbreg.training.quiet import import_keras

keras = import_keras()

AB = Targets(2, ("a", "b"))
RNG = np.random.default_rng(0)
OBSERVED, PREDICTED = (RNG.normal(size=(30, 2)).astype("float32") for _ in range(2))


def objective(weights, x=None, y=None, head=Shared, has_gaps=False, loss="mse"):
    return head(loss_weights=weights).of_targets(AB).objective(loss, x, y, has_gaps=has_gaps)


@pytest.mark.parametrize(
    ("given", "flags", "code"),
    [
        ("balanced", "--loss-weights balanced", "'balanced'"),
        ({"a b": 2, "b=c": 0.5}, '--loss-weights "a b=2" --loss-weights b=c=0.5', "{'a b': 2.0, 'b=c': 0.5}"),
        ([2, 1], "--loss-weights 2,1", "(2.0, 1.0)"),
    ],
)
def test_weights_are_written_as_they_are_read(given, flags, code):
    declared = fit_options()["loss_weights"]
    assert declared.flags(given) == flags
    assert declared.code(given) == code
    assert parse(f"fit df {flags}").options["loss_weights"] == declared.check(given) == declared.check(eval(code))


@pytest.mark.parametrize("given", ["learnt", {"a": -1}, ["a=1", 2], {"": 1}, [float("nan")], 3])
def test_what_is_no_weight_is_told_in_one_line(given):
    with pytest.raises(OptionError, match=r"loss_weights \(--loss-weights\) takes TARGET=WEIGHT .* or one of equal"):
        Shared(loss_weights=given)


@pytest.mark.parametrize(
    ("given", "targets", "said"),
    [
        ({"c": 1}, AB, 'name "c", which is no target'),
        ((1, 2, 3), AB, "a weight for each of the 2 targets; got 3"),
        ({"a": 0, "b": 0}, AB, "are all 0"),
        ("learned", Targets(1, ("a",)), "there is one: leave them out"),
    ],
)
def test_weights_that_do_not_fit_the_targets_are_told(given, targets, said):
    with pytest.raises(OptionError, match=said):
        Shared(loss_weights=given).of_targets(targets)


def test_those_named_take_their_place_and_others_count_one():
    assert objective({"b": 3}) == WeightedLoss("mse", (1.0, 3.0))
    assert objective({"b": 3}, head=Separate) == objective((1, 3))
    assert objective("equal") == NamedLoss("mse")
    assert objective("equal", has_gaps=True) == WeightedLoss("mse")


@pytest.mark.parametrize(("loss", "measure"), [("mse", mean_squared_error), ("mae", mean_absolute_error)])
def test_the_weighted_loss_is_scikit_learns_average(loss, measure):
    found = float(objective((3, 1), loss=loss).make()(OBSERVED, PREDICTED))
    of_each = measure(OBSERVED, PREDICTED, multioutput="raw_values")
    np.testing.assert_allclose(found, (3 * of_each[0] + of_each[1]) / 2, rtol=1e-5)


def test_a_loss_takes_other_weights_on_and_says_which_it_has():
    loss = objective((1, 1)).make()
    objective((3, 1)).fill(loss)
    assert float(loss(OBSERVED, PREDICTED)) == float(objective((3, 1)).make()(OBSERVED, PREDICTED))
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.weights == loss.weights == (3.0, 1.0)
    assert keras.losses.deserialize(keras.losses.serialize(WeightedLoss("mae").make())).weights is None


@pytest.mark.parametrize(("one", "other"), [((3, 1), None), ((3, 1), (3, 1, 2))])
def test_losses_that_are_compiled_otherwise_have_other_patterns(one, other):
    assert WeightedLoss("mse", one).pattern == WeightedLoss("mse", (5, 2)).pattern
    assert WeightedLoss("mse", one).pattern != WeightedLoss("mse", other).pattern
    assert WeightedLoss("mse", one).pattern != WeightedLoss("mae", one).pattern


def test_missing_targets_count_for_nothing():
    gaps = OBSERVED.copy()
    gaps[::3, 0] = np.nan
    known = ~np.isnan(gaps)
    errors = np.where(known, (OBSERVED - PREDICTED) ** 2, 0)
    np.testing.assert_allclose(
        float(objective((3, 1)).make()(gaps, PREDICTED)), (errors * [3, 1]).mean(axis=1).mean(), rtol=1e-5
    )
    s = np.full_like(PREDICTED, 0.5)
    found = float(LearnedWeightsLoss("mse").make()(gaps, np.hstack([PREDICTED, s])))
    np.testing.assert_allclose(found, (np.exp(-0.5) * errors + 0.5 * known).mean(axis=1).mean(), rtol=1e-5)


def test_balanced_weights_are_inverse_to_what_least_squares_leaves():
    x = RNG.normal(size=(4_000, 3))
    signal = x @ RNG.normal(size=(3, 2))
    y = signal / signal.std(axis=0) + RNG.normal(size=(4_000, 2)) * [0.5, 2.0]
    y /= y.std(axis=0)
    left = ((y - LinearRegression().fit(x, y).predict(x)) ** 2).mean(axis=0)
    expected = (1 / left) / (1 / left).mean()
    found = balanced_weights(x, y)
    np.testing.assert_allclose(found, expected, rtol=0.03)
    assert found[0] > 2 * found[1]
    y[::2, 0] = np.nan  # a target that is often missing
    np.testing.assert_allclose(balanced_weights(x, y), expected, rtol=0.1)


def test_a_target_without_noise_does_not_count_beyond_bounds():
    x = RNG.normal(size=(200, 2))
    weights = balanced_weights(x, np.column_stack([x[:, 0], RNG.normal(size=200)]))
    assert weights[0] / weights[1] <= 110


def test_learned_variances_become_those_of_the_noise():
    """Where the loss is least, exp(s) is the mean squared residual (Kendall, Gal & Cipolla 2018, equation 10)."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"x": rng.normal(size=1_000)})
    table["a"] = table["x"] + 0.3 * rng.normal(size=1_000)
    table["b"] = -table["x"] + 1.5 * rng.normal(size=1_000)
    choices = {"network": "perceptron", "loss_weights": "learned", "patience": 0, "validation_fraction": 0.0,
               "scaling": "standard"}  # fmt: skip
    regressor = nbreg.fit(table, target=["a", "b"], test_fraction=0.0, target_transform="none", epochs=120, **choices)
    assert regressor.predict(table).shape == (1_000, 2)
    scaled = regressor.target_scaler_.transform(table[["a", "b"]].to_numpy())
    residuals = scaled - regressor.target_scaler_.transform(regressor.predict(table))
    found = regressor.network_.get_layer("log_variances").log_variances.numpy()
    np.testing.assert_allclose(np.exp(found), (residuals**2).mean(axis=0), rtol=0.03)
    unweighted = LinearRegression().fit(table[["x"]], table[["a", "b"]])  # of a linear model weights change nothing
    np.testing.assert_allclose(regressor.predict(table), unweighted.predict(table[["x"]]), atol=0.05)
