"""Joint predictions in target units, against closed forms and large samples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import lognorm, multivariate_normal, yeojohnson

import nbreg
from nbreg.data.targets import TargetScaler
from nbreg.errors import DataError, OptionError
from nbreg.joint.noise import noise_correlation
from nbreg.joint.prediction import JointPrediction
from nbreg.joint.spec import JointSpec
from nbreg.joint.units import TargetUnits
from nbreg.networks.gaussians import Gaussians

NAMES = ("u", "v", "net rent")
N_ROWS = 4


def observed_targets(n: int = 500) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.column_stack([50 + 10 * rng.normal(size=n), rng.normal(size=n), np.exp(1 + 0.8 * rng.normal(size=n))])


def made(*transforms: str, bounds=None, n_components: int = 1) -> JointPrediction:
    """Return a joint prediction for four rows whose targets are bent so, one transform a target."""
    y = observed_targets()
    scaler = TargetScaler("none", bounds=bounds).fit(y, NAMES)
    for place, transform in enumerate(transforms):
        of_one = TargetScaler(transform).fit(y[:, [place]], [NAMES[place]])
        scaler.chosen = (*scaler.chosen[:place], of_one.chosen[0], *scaler.chosen[place + 1 :])
        for name in ("lambdas_", "mean_", "scale_", "lower_", "upper_"):
            getattr(scaler, name)[place] = getattr(of_one, name)[0]
    rng = np.random.default_rng(1)
    roots = 0.4 * rng.normal(size=(N_ROWS, n_components, 3, 3))
    gaussians = Gaussians(
        rng.dirichlet(np.ones(n_components), size=N_ROWS),
        0.5 * rng.normal(size=(N_ROWS, n_components, 3)),
        roots @ roots.swapaxes(-1, -2) + 0.05 * np.eye(3),
    )
    return JointPrediction(gaussians, TargetUnits(scaler, (0, 1, 2)), pd.RangeIndex(N_ROWS), JointSpec(), {})


def in_units(joint: JointPrediction, row: int) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and covariance of one row, where targets are only stretched and shifted."""
    scaler = joint.units.scaler
    stretch = np.diag(scaler.scale_)
    mean = stretch @ joint.gaussians.means[row, 0] + scaler.mean_
    return mean, stretch @ joint.gaussians.covariances[row, 0] @ stretch


STRAIGHT = ("none", "none", "none")
BENT = ("none", "yeo-johnson", "log")


class TestStraightTargets:
    def test_moments_are_stretched_and_shifted(self):
        joint = made(*STRAIGHT)
        for row in range(N_ROWS):
            mean, covariance = in_units(joint, row)
            assert_allclose(joint.mean[row], mean)
            assert_allclose(joint.covariance[row], covariance)
            assert_allclose(joint.deviation[row] ** 2, np.diag(covariance))
        assert_allclose(joint.correlation, joint.gaussians.correlation)

    def test_density_is_scipys_in_target_units(self):
        joint, y = made(*STRAIGHT), observed_targets(N_ROWS)
        expected = [multivariate_normal(*in_units(joint, row)).logpdf(y[row]) for row in range(N_ROWS)]
        assert_allclose(joint.log_density(y), expected, rtol=1e-5)
        assert_allclose(joint.log_density(pd.DataFrame(y, columns=list(NAMES))), expected, rtol=1e-5)
        y[:, 1] = np.nan
        parts = [(mean[[0, 2]], covariance[np.ix_([0, 2], [0, 2])])
                 for mean, covariance in (in_units(joint, row) for row in range(N_ROWS))]  # fmt: skip
        expected = [multivariate_normal(*part).logpdf(y[row, [0, 2]]) for row, part in enumerate(parts)]
        assert_allclose(joint.log_density(y), expected, rtol=1e-5)

    def test_given_targets_move_the_others_as_the_textbook_says(self):
        joint = made(*STRAIGHT)
        given = joint.given({"net rent": 4.0}, u=[45, 50, 55, 60])
        assert given.target_names == ("v",)
        for row, u in enumerate([45, 50, 55, 60]):
            mean, covariance = in_units(joint, row)
            slopes = np.linalg.solve(covariance[np.ix_([0, 2], [0, 2])], covariance[[0, 2], 1])
            assert_allclose(given.mean[row, 0], mean[1] + slopes @ ([u, 4.0] - mean[[0, 2]]), rtol=1e-5)
            assert_allclose(given.covariance[row, 0, 0], covariance[1, 1] - slopes @ covariance[[0, 2], 1], rtol=1e-5)

    def test_one_after_the_other_is_both_at_once(self):
        joint = made(*STRAIGHT, n_components=3)
        at_once = joint.given({"net rent": 4.0, "u": 52.0})
        in_turn = joint.given(u=52.0).given({"net rent": 4.0})
        assert_allclose(in_turn.mean, at_once.mean, rtol=1e-5)
        assert set(in_turn.known) == {"u", "net rent"}


class TestBentTargets:
    def test_of_a_logarithm_moments_and_quantiles_are_the_lognormal_ones(self):
        joint = made(*BENT)
        scaler = joint.units.scaler
        scaler.lower_[2], scaler.upper_[2] = -np.inf, np.inf  # else both tails are cut beyond the train range
        location = joint.gaussians.means[:, 0, 2] * scaler.scale_[2] + scaler.mean_[2]
        spread = np.sqrt(joint.gaussians.covariances[:, 0, 2, 2]) * scaler.scale_[2]
        of_scipy = lognorm(s=spread, scale=np.exp(location))
        assert_allclose(joint.mean[:, 2], of_scipy.mean(), rtol=0.01)
        assert_allclose(joint.deviation[:, 2], of_scipy.std(), rtol=0.06)
        lower, upper = joint.interval(0.8)
        assert_allclose(lower[:, 2], of_scipy.ppf(0.1), rtol=1e-6)
        assert_allclose(upper[:, 2], of_scipy.ppf(0.9), rtol=1e-6)

    def test_targets_that_are_not_bent_keep_their_exact_moments(self):
        joint = made(*BENT, n_components=3)
        scaler = joint.units.scaler
        assert_allclose(joint.mean[:, 0], joint.gaussians.mean[:, 0] * scaler.scale_[0] + scaler.mean_[0])
        assert_allclose(joint.covariance[:, 0, 0], joint.gaussians.covariance[:, 0, 0] * scaler.scale_[0] ** 2)

    def test_moments_are_those_of_a_large_sample(self):
        joint = made(*BENT, n_components=3)
        draws = joint.sample(200_000)
        assert_allclose(joint.mean, draws.mean(axis=1), rtol=0.01, atol=0.01)
        for row in range(N_ROWS):
            assert_allclose(joint.correlation[row], np.corrcoef(draws[row].T), atol=0.02)

    def test_a_rows_moments_do_not_go_by_its_company(self):
        joint = made(*BENT)
        alone = JointPrediction(joint.gaussians.rows([2]), joint.units, pd.RangeIndex(1), JointSpec(), {})
        assert_allclose(alone.mean[0], joint.mean[2])

    def test_densities_are_those_of_the_bent_target_times_its_slope(self):
        """The probability of a small box is its density times its size, for numbers that scipy bends."""
        joint, y, step = made(*BENT), observed_targets(N_ROWS), 1e-4
        scaler = joint.units.scaler
        for row in range(N_ROWS):
            ends = y[row] + np.array([[-step], [step]])
            bent = np.column_stack([ends[:, 0], yeojohnson(ends[:, 1], scaler.lambdas_[1]), np.log(ends[:, 2])])
            low, high = (bent - scaler.mean_) / scaler.scale_
            normal = multivariate_normal(joint.gaussians.means[row, 0], joint.gaussians.covariances[row, 0])
            density = normal.pdf((low + high) / 2) * np.prod((high - low) / (2 * step))
            assert_allclose(joint.log_density(y)[row], np.log(density), rtol=1e-3)

    def test_values_that_are_given_are_bent_first(self):
        joint = made(*BENT)
        given = joint.given({"net rent": 3.0})
        scaler = joint.units.scaler
        scaled = (np.log(3.0) - scaler.mean_[2]) / scaler.scale_[2]
        assert_allclose(given.gaussians.mean, joint.gaussians.given({2: scaled}).mean, rtol=1e-5)

    def test_bounds_hold_for_draws_intervals_and_means(self):
        bounds = np.array([[45.0, -np.inf, 1.0], [55.0, np.inf, np.inf]])
        joint = made(*STRAIGHT, bounds=bounds)
        for values in (joint.sample(200), *joint.interval(0.99), joint.mean):
            assert (values >= bounds[0]).all()
            assert (values <= bounds[1]).all()


def test_shares_that_are_left_sum_to_what_the_given_ones_leave():
    rng = np.random.default_rng(0)
    y = rng.dirichlet([2, 3, 4], size=2_000)
    scaler = TargetScaler("none", bounds=np.array([[0.0] * 3, [1.0] * 3]), are_shares=True).fit(y, ("x", "y", "z"))
    scaled = scaler.transform(y)
    covariance = np.cov(scaled.T) + 1e-6 * np.eye(3)
    gaussians = Gaussians(np.ones((1, 1)), scaled.mean(axis=0)[None, None], covariance[None, None])
    joint = JointPrediction(gaussians, TargetUnits(scaler, (0, 1, 2)), pd.RangeIndex(1), JointSpec(), {})
    assert_allclose(joint.sample(50).sum(axis=-1), 1)
    for x in (0.1, 0.4):
        assert_allclose(joint.given(x=x).mean.sum(), 1 - x, atol=0.02)


class TestRefusals:
    @pytest.mark.parametrize(
        ("known", "error", "words"),
        [
            ({"w": 1}, OptionError, 'given names "w", which is no target'),
            ({"net rnt": 1}, OptionError, 'Did you mean "net rent"'),
            ({"u": 1, "v": 1, "net rent": 1}, OptionError, "All targets are given"),
            ({"u": [1, 2]}, DataError, "a number, or one for each of 4 rows"),
            ({"u": "many"}, DataError, "a number, or one for each of 4 rows"),
            ({"u": np.nan}, DataError, "finite numbers"),
            ({"net rent": -3}, DataError, "learned by its logarithm"),
        ],
    )
    def test_given(self, known, error, words):
        with pytest.raises(error, match=words) as caught:
            made(*BENT).given(known)
        assert "\n" not in str(caught.value)

    def test_given_twice(self):
        with pytest.raises(OptionError, match="u is given already"):
            made(*STRAIGHT).given(u=1).given(u=2)

    def test_a_level_beyond_one(self):
        with pytest.raises(OptionError, match="level"):
            made(*STRAIGHT).interval(95)

    def test_observed_values_of_another_shape(self):
        with pytest.raises(DataError, match="4 rows of 3 targets"):
            made(*STRAIGHT).log_density(np.zeros((4, 2)))
        with pytest.raises(DataError, match='no column "v"'):
            made(*STRAIGHT).log_density(pd.DataFrame({"u": range(4)}))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=300), "kind": rng.choice(list("xyz"), 300)})
    noise = rng.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], size=300)
    table["u"], table["net rent"] = table["a"] + noise[:, 0], np.exp(0.5 * (table["a"] + noise[:, 1]))
    return table.set_index(pd.RangeIndex(1000, 1300, name="flat"))


@pytest.fixture(scope="module")
def regressor(table):
    return nbreg.fit(table, target=["u", "net rent"], joint="gaussian", epochs=15, hidden=(8,))


class TestOfARegressor:
    def test_rows_keep_their_names_and_options_their_meaning(self, regressor, table):
        joint = regressor.predict_joint(table, given={"u": 0.5}, level=0.5, samples=3, seed=1)
        assert joint.target_names == ("net rent",)
        frame = joint.to_frame()
        assert frame.index.equals(table.index)
        assert list(frame["net rent"].columns) == ["mean", "deviation", "lower", "upper"]
        assert_allclose(frame["net rent", "lower"], joint.interval(0.5)[0][:, 0])
        assert joint.draws.shape == (900, 1)
        assert_allclose(joint.draws.loc[1001, "net rent"], joint.sample(3, seed=1)[1, :, 0])

    def test_the_tables_own_column_may_be_given(self, regressor, table):
        own = regressor.predict_joint(table, given="u")
        assert_allclose(own.mean, regressor.predict_joint(table).given(u=table["u"]).mean)
        with pytest.raises(DataError, match='no column "u"'):
            regressor.predict_joint(table.drop(columns="u"), given="u")

    def test_points_are_the_mean_where_targets_are_straight(self, regressor, table):
        assert regressor.target_scaler_.chosen == ("none", "log")
        joint = regressor.predict_joint(table)
        assert_allclose(joint.mean[:, 0], regressor.predict(table)[:, 0], rtol=1e-5, atol=1e-5)
        # Bent back, the mean of a logarithm is the median.
        assert_allclose(joint.quantile(0.5)[:, 1], regressor.predict(table)[:, 1], rtol=1e-5)

    def test_comes_back_from_a_file(self, regressor, table, tmp_path):
        regressor.save(tmp_path / "flats.nbreg")
        again = nbreg.load(tmp_path / "flats.nbreg")
        assert_allclose(again.predict_joint(table).covariance, regressor.predict_joint(table).covariance)

    def test_shows_itself(self, regressor, table):
        joint = regressor.predict_joint(table).given(u=0.5)
        bundle = joint._repr_mimebundle_()
        assert bundle["text/plain"].startswith("net rent given u = 0.5, 300 rows: normal distributions")
        assert "<table>" in bundle["text/html"]
        text = repr(regressor.predict_joint(table, samples=10))
        assert "u and net rent, 300 rows: normal distributions; 10 draws a row" in text
        assert "noise" in text

    def test_noise_correlation_is_that_of_the_test_residuals(self, regressor, table):
        found = noise_correlation(regressor)
        assert (found.rows, found.n_rows) == ("test", 60)
        test = table.iloc[regressor.data_.rows["test"]]
        residuals = np.column_stack(
            [
                test["u"] - regressor.predict(test)[:, 0],
                np.log(test["net rent"]) - np.log(regressor.predict(test)[:, 1]),
            ]
        )
        assert_allclose(found.residual, np.corrcoef(residuals.T), atol=1e-4)
        assert_allclose(found.predicted, regressor.predict_joint(test).noise_correlation, rtol=1e-5)
        assert abs(found.predicted[0, 1] - 0.7) < 0.15

    def test_heads_without_a_distribution_say_how_to_get_one(self, table):
        plain = nbreg.fit(table, target=["u", "net rent"], epochs=1, hidden=(4,))
        with pytest.raises(OptionError, match="train with --joint gaussian"):
            plain.predict_joint(table)
        alone = nbreg.fit(table, target="u", features=["a", "kind"], joint="gaussian", epochs=1, hidden=(4,))
        assert alone.predict_joint(table).to_frame().shape == (300, 4)
        with pytest.raises(DataError, match="u is the only one"):
            noise_correlation(alone)


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("u=3", (("u", 3.0),)),
        ("u", (("u", None),)),
        (["a=b=2.5", "u"], (("a=b", 2.5), ("u", None))),
        ({"u": 1}, (("u", 1),)),
    ],
)
def test_what_is_given_may_be_said_in_several_ways(given, normal):
    assert JointSpec(given=given).given == normal


def test_what_is_given_is_written_as_it_is_read():
    declared = JointSpec.options()["given"]
    assert declared.flags({"net rent": 2.5, "u": None}) == '--given "net rent=2.5" --given u'
    with pytest.raises(OptionError, match="TARGET=VALUE"):
        JointSpec(given="u=much")
