"""Mixtures of normal distributions against scipy, and against large samples."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import brentq
from scipy.stats import multivariate_normal, norm

from nbreg.networks.gaussians import Gaussians

N_ROWS, N_COMPONENTS, N_TARGETS = 5, 3, 4


@pytest.fixture(scope="module")
def mixtures() -> Gaussians:
    rng = np.random.default_rng(0)
    weights = rng.dirichlet(np.ones(N_COMPONENTS), size=N_ROWS)
    roots = rng.normal(size=(N_ROWS, N_COMPONENTS, N_TARGETS, N_TARGETS))
    means = 2 * rng.normal(size=(N_ROWS, N_COMPONENTS, N_TARGETS))
    return Gaussians(weights, means, roots @ roots.swapaxes(-1, -2) + 0.3 * np.eye(N_TARGETS))


def density(of: Gaussians, row: int, y: np.ndarray) -> float:
    parts = zip(of.weights[row], of.means[row], of.covariances[row], strict=True)
    return float(sum(weight * multivariate_normal(mean, covariance).pdf(y) for weight, mean, covariance in parts))


def test_density_is_that_of_scipy(mixtures):
    y = np.random.default_rng(1).normal(size=(N_ROWS, N_TARGETS))
    expected = [np.log(density(mixtures, row, y[row])) for row in range(N_ROWS)]
    assert_allclose(mixtures.log_density(y), expected, rtol=1e-10)


def test_density_with_missing_targets_is_that_of_the_others(mixtures):
    y = np.random.default_rng(1).normal(size=(N_ROWS, N_TARGETS))
    y[0, 2], y[1, [0, 3]], y[2, :] = np.nan, np.nan, np.nan
    found = mixtures.log_density(y)
    for row in (0, 1, 3, 4):
        known = np.flatnonzero(~np.isnan(y[row]))
        part = Gaussians(
            mixtures.weights, mixtures.means[:, :, known], mixtures.covariances[:, :, known][:, :, :, known]
        )
        assert_allclose(found[row], np.log(density(part, row, y[row, known])), rtol=1e-10)
    assert found[2] == 0


def test_moments_are_those_of_a_large_sample(mixtures):
    drawn = mixtures.sample(np.random.default_rng(2), 400_000)
    assert drawn.shape == (N_ROWS, 400_000, N_TARGETS)
    for row in range(N_ROWS):
        deviations = np.sqrt(np.diag(mixtures.covariance[row]))
        assert_allclose(drawn[row].mean(axis=0), mixtures.mean[row], atol=0.01 * deviations.max())
        assert_allclose(np.corrcoef(drawn[row].T), mixtures.correlation[row], atol=0.01)
        assert_allclose(drawn[row].std(axis=0), deviations, rtol=0.01)


def test_a_joint_density_is_the_known_ones_times_the_others_given_them(mixtures):
    """Bayes' rule, with scipy's densities on both sides."""
    y = np.random.default_rng(3).normal(size=(N_ROWS, N_TARGETS))
    others = mixtures.given({2: y[:, 2], 0: y[:, 0]})
    known = mixtures.marginal([0, 2])
    for row in range(N_ROWS):
        product = density(known, row, y[row, [0, 2]]) * density(others, row, y[row, [1, 3]])
        assert_allclose(product, density(mixtures, row, y[row]), rtol=1e-9)


def test_conditionals_of_one_normal_distribution_are_the_textbook_ones():
    covariance = np.array([[4.0, 1.2], [1.2, 1.0]])
    single = Gaussians(np.ones((1, 1)), np.array([[[1.0, -1.0]]]), covariance[None, None])
    given = single.given({1: 0.5})
    assert_allclose(given.mean, [[1 + 1.2 / 1.0 * 1.5]])
    assert_allclose(given.covariance, [[[4 - 1.2**2 / 1.0]]])


def test_nothing_known_changes_nothing(mixtures):
    same = mixtures.given({})
    assert_allclose(same.weights, mixtures.weights)
    assert_allclose(same.covariances, mixtures.covariances)


@pytest.mark.parametrize("level", [0.025, 0.5, 0.9])
def test_quantiles_are_the_roots_that_scipy_finds(mixtures, level):
    found = mixtures.quantile(level)
    for row in range(N_ROWS):
        for target in range(N_TARGETS):
            means = mixtures.means[row, :, target]
            deviations = np.sqrt(mixtures.covariances[row, :, target, target])
            root = brentq(lambda v: mixtures.weights[row] @ norm.cdf(v, means, deviations) - level, -50, 50)  # noqa: B023
            assert_allclose(found[row, target], root, atol=1e-9)


def test_a_sample_is_repeated_by_its_seed(mixtures):
    first, second = (mixtures.sample(np.random.default_rng(7), 3) for _ in range(2))
    assert np.array_equal(first, second)
