"""What stands beside a network, in closed form."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import nbreg
from nbreg.errors import OptionError
from nbreg.networks.beside import BLEND_LAYER, GATE_LAYER, RANDOM_LAYER, blend_of
from nbreg.networks.blending import agreed_blend
from nbreg.networks.blueprint import Blueprint
from nbreg.networks.forward import predict_rows
from nbreg.networks.inputs import Inputs
from nbreg.networks.ridge import RidgePath
from nbreg.networks.skip import Skip
from nbreg.networks.slow_movements import movements_by_scale, slow_movements, steady_levels
from nbreg.networks.targets import Targets
from nbreg.session import draft


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(4)
    x = rng.standard_normal((300, 6)).astype(np.float32)
    y = x @ rng.standard_normal((6, 3)) + np.sin(2 * x[:, :1]) + 0.1 * rng.standard_normal((300, 3))
    return x, y.astype(np.float32)


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(5)
    x = rng.standard_normal((400, 3))
    kind = rng.choice(list("uvw"), 400)
    y = x @ [3.0, -2.0, 1.0] + np.sin(3 * x[:, 0]) + 0.1 * rng.standard_normal(400)
    return pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "kind": kind, "y": y, "z": y**2})


class TestRidge:
    @pytest.mark.parametrize("penalty", [1e-4, 0.1, 10])
    def test_is_that_of_scikit_learn(self, rows, penalty):
        from sklearn.linear_model import Ridge

        x, y = rows
        expected = Ridge(alpha=penalty * len(x)).fit(x.astype(float), y.astype(float))
        found = RidgePath(x, y).fit(penalty)
        assert_allclose(found.weights.T, expected.coef_, rtol=1e-6, atol=1e-9)
        assert_allclose(found.intercept, expected.intercept_, rtol=1e-6, atol=1e-9)

    @pytest.mark.parametrize("penalty", [1e-4, 0.1])
    def test_with_fewer_rows_than_inputs_too(self, rows, penalty):
        from sklearn.linear_model import Ridge

        x, y = np.random.default_rng(1).standard_normal((20, 50)), rows[1][:20].astype(float)
        x[:, 7] = x[:, 8]
        expected = Ridge(alpha=penalty * len(x), solver="svd").fit(x, y)
        found = RidgePath(x, y).fit(penalty)
        assert_allclose(found.weights.T, expected.coef_, rtol=1e-6, atol=1e-9)
        assert_allclose(found(x), expected.predict(x), rtol=1e-6, atol=1e-9)

    def test_of_inputs_that_do_not_vary_is_the_mean(self, rows):
        found = RidgePath(np.ones((300, 2)), rows[1]).fit(0.1)
        assert_allclose(found.weights, 0, atol=1e-12)
        assert_allclose(found.intercept, rows[1].astype(float).mean(axis=0))

    def test_without_penalty_missing_targets_are_as_if_their_rows_were_not_there(self, rows):
        from sklearn.linear_model import LinearRegression

        x, y = rows[0], rows[1].copy()
        y[np.random.default_rng(0).random(y.shape) < 0.3] = np.nan
        found = RidgePath(x, y).fit(1e-12)
        for target in range(3):
            known = ~np.isnan(y[:, target])
            expected = LinearRegression().fit(x[known].astype(float), y[known, target].astype(float))
            assert_allclose(found.weights[:, target], expected.coef_, atol=1e-4)
            assert_allclose(found.intercept[target], expected.intercept_, atol=1e-4)

    def test_the_penalty_is_the_one_best_on_the_validation_rows(self, rows):
        from sklearn.linear_model import Ridge

        x, y = rows[0].astype(float), rows[1].astype(float)
        tried = (1e-4, 1e-2, 1.0, 100.0)
        errors = [
            np.square(Ridge(alpha=penalty * 20).fit(x[:20], y[:20]).predict(x[200:]) - y[200:]).mean()
            for penalty in tried
        ]
        assert RidgePath(x[:20], y[:20]).best(tried, x[200:], y[200:]) == tried[int(np.argmin(errors))]


class TestSlowMovements:
    def test_are_standardised_and_leave_out_what_is_beside_the_sequence(self):
        rng = np.random.default_rng(6)
        numbers = rng.normal(5, 3, (500, 2 * 12 + 2)).cumsum(axis=1)
        factors, shifts = slow_movements(Inputs(26, n_steps=12, n_channels=2), numbers, 8)
        seen = numbers @ factors + shifts
        assert seen.shape == (500, 2 * 9)
        assert_allclose(seen.mean(axis=0), 0, atol=1e-9)
        assert_allclose(seen.std(axis=0), 1, rtol=1e-9)
        assert not factors[24:].any()
        last = numbers[:, 22]  # of the first channel
        assert_allclose(seen[:, 0], (last - last.mean()) / last.std(), rtol=1e-9)

    def test_are_cosines_of_differences_to_the_last_value(self):
        from scipy.fft import dct

        rng = np.random.default_rng(7)
        window = rng.standard_normal((200, 10))
        factors, shifts = slow_movements(Inputs(10, n_steps=10), window, 8)
        seen = window @ factors + shifts
        expected = dct(window - window[:, -1:], axis=1)[:, :8]
        expected = (expected - expected.mean(axis=0)) / expected.std(axis=0)
        assert_allclose(seen[:, 1:], expected, rtol=1e-7, atol=1e-9)

    def test_leave_out_what_is_zero_or_one(self):
        rng = np.random.default_rng(8)
        numbers = np.column_stack([rng.standard_normal(50), rng.integers(2, size=50)]).astype(float)
        factors, _ = slow_movements(Inputs(2), numbers)
        assert factors.shape == (2, 1)
        assert factors[1, 0] == 0

    def test_are_of_several_scales_up_to_all_there_is(self):
        numbers = np.random.default_rng(9).standard_normal((50, 12)).cumsum(axis=1)
        scales = movements_by_scale(Inputs(12, n_steps=12), numbers)
        assert [len(shifts) for _, shifts in scales] == [5, 9, 12]
        assert np.linalg.matrix_rank(scales[-1][0]) == 12
        assert len(movements_by_scale(Inputs(12), numbers)) == 1

    def test_leave_out_levels_of_a_trend(self):
        rng = np.random.default_rng(14)
        still, rising = rng.standard_normal((600, 6, 2)), np.zeros((600, 6, 2))
        rising[:, :, 1] = np.arange(600)[:, None] / 20
        windows = (still + rising).reshape(600, 12)
        inputs = Inputs(12, n_steps=6, n_channels=2)
        levels = steady_levels(inputs, windows[:400], windows[400:])
        assert levels == (True, False)
        factors, _ = slow_movements(inputs, windows[:400], 3, levels)
        assert factors.shape == (12, 4 + 3)
        assert_allclose((factors[1::2, 4:]).sum(axis=0), 0, atol=1e-9)  # no level of the second: only its movements


class TestBlend:
    def test_is_the_share_that_makes_squared_errors_least(self):
        own = np.random.default_rng(10).standard_normal((40, 2))
        assert_allclose(agreed_blend(own, 0.4 * own), 0.4)

    def test_is_nothing_where_blocks_do_not_agree(self):
        own = np.random.default_rng(11).standard_normal((40, 1))
        signs = np.repeat([1.0, -1.0, 1.0, -1.0], 10)[:, None]
        assert agreed_blend(own, signs * own) == 0.0

    def test_passes_over_what_is_not_known(self):
        own = np.random.default_rng(12).standard_normal((40, 2))
        left = 0.3 * own
        left[::3, 1] = np.nan
        left[:10] = np.nan  # nothing in one block: it says nothing, that is 0
        found = agreed_blend(own, left)
        shares = np.array([0, 0.3, 0.3, 0.3])
        assert_allclose(found, shares.mean() - shares.std(ddof=1) / 2)


def prepared(skip, x, y, *, head=None, seed=0):
    inputs, choices = Inputs(x.shape[1]), {"hidden": (8,), "skip": skip, **(head or {})}
    blueprint = Blueprint.of(choices)
    network = blueprint.build(inputs, Targets(y.shape[1]), seed)
    blueprint.prepare(network, inputs, x, y)
    return blueprint, network


class TestNetwork:
    @pytest.mark.parametrize("head", [{}, {"heads": "separate"}, {"joint": "gaussian"}, {"joint": "mixture"}], ids=str)
    def test_before_training_it_is_ridge_regression(self, rows, head):
        from sklearn.linear_model import Ridge

        x, y = rows
        network = prepared("linear", x, y, head=head)[1]
        expected = Ridge(alpha=1e-2 * len(x)).fit(x.astype(float), y.astype(float)).predict(x.astype(float))
        assert_allclose(predict_rows(network, x)[:, :3], expected, rtol=1e-4, atol=1e-4)

    def test_the_smooth_part_finds_a_bend_that_the_linear_one_does_not(self, rows):
        x, y = rows
        errors = [np.square(predict_rows(prepared(kind, x, y)[1], x) - y).mean() for kind in ("linear", "smooth")]
        assert errors[1] < 0.8 * errors[0]

    def test_a_smooth_part_that_helps_no_validation_rows_does_not_count(self, rows):
        x, y = rows
        inputs, blueprint = Inputs(x.shape[1]), Blueprint.of({"hidden": (8,), "skip": "smooth"})
        network = blueprint.build(inputs, Targets(3), 0)
        line = RidgePath(x, y).fit(1e-2)
        chosen = Skip("smooth", linear_penalty=1e-2).prepare(network, inputs, x, y, x, line(x) - (y - line(x)))
        assert chosen.smooth_blend == (0.0, 0.0, 0.0)
        assert_allclose(predict_rows(network, x), line(x), rtol=1e-4, atol=1e-4)

    def test_random_units_see_movements_of_their_scale(self, rows):
        numbers = np.random.default_rng(13).standard_normal((100, 40)).cumsum(axis=1).astype(np.float32)
        inputs, y = Inputs(40, n_steps=40), rows[1][:100]
        blueprint = Blueprint.of({"network": "mlp", "hidden": (8,), "skip": "smooth"})
        network = blueprint.build(inputs, Targets(3), 0)
        blueprint.prepare(network, inputs, numbers, y)
        kernel = network.get_layer(RANDOM_LAYER).get_weights()[0]
        ranks = [np.linalg.matrix_rank(part, tol=1e-4) for part in np.array_split(kernel, 3, axis=1)]
        assert ranks == [5, 9, 25]

    def test_a_seed_gives_the_same_bits(self, rows):
        first, again, other = (prepared("smooth", *rows, seed=seed)[1] for seed in (1, 1, 2))
        for one, two in zip(first.get_weights(), again.get_weights(), strict=True):
            assert_array_equal(one, two)
        assert (predict_rows(first, rows[0]) != predict_rows(other, rows[0])).any()

    def test_what_is_in_closed_form_is_not_trained(self, rows):
        network = prepared("smooth", *rows)[1]
        trained = {variable.path.split("/")[0] for variable in network.trainable_variables}
        assert trained == {"hidden_1", "prediction", GATE_LAYER}

    def test_the_blend_is_least_squares_on_the_validation_rows(self, rows):
        x, y = rows
        blueprint, network = prepared("linear", x, y)
        line, rng = predict_rows(network, x), np.random.default_rng(9)
        network.get_layer(GATE_LAYER).set_weights([np.full(3, 0.7)])
        network.get_layer("prediction").set_weights([rng.standard_normal((8, 3)), np.ones(3)])
        own = predict_rows(network, x) - line
        wanted = np.array([0.0, 0.5, 1.0])
        blueprint.settle(network, x, y, x, line + own * wanted)
        shares = np.array(blend_of(network))
        pooled = (wanted * np.square(own).sum(axis=0)).sum() / np.square(own).sum()
        assert ((shares - wanted) * (pooled - shares) >= 0).all()  # between the target's own and that of all
        assert_allclose(predict_rows(network, x), line + own * shares, rtol=1e-4, atol=1e-5)
        blueprint.settle(network, x, y, x, line + 0.25 * own)
        assert_allclose(blend_of(network), 0.25, rtol=1e-3)

    def test_without_validation_rows_the_network_counts_in_full(self, rows):
        blueprint, network = prepared("linear", *rows)
        blueprint.settle(network, *rows)
        assert blend_of(network) == (1.0, 1.0, 1.0)

    def test_a_blend_that_is_given_stays(self, rows):
        x, y = rows
        network = prepared("linear", x, y)[1]
        Skip("linear", blend=(0.1, 0.2, 0.3)).settle(network, x, y)
        assert_allclose(network.get_layer(BLEND_LAYER).get_weights()[0], [0.1, 0.2, 0.3], rtol=1e-6)

    @pytest.mark.parametrize("network", ["cnn", "lstm"])
    def test_stands_beside_networks_of_sequences(self, rows, network):
        from nbreg.networks.architecture import ARCHITECTURES

        if network not in ARCHITECTURES:
            pytest.skip(f"There is no {network}.")
        x, y = rows
        inputs, blueprint = Inputs(6, n_steps=3, n_channels=2), Blueprint.of({"network": network, "skip": "smooth"})
        built = blueprint.build(inputs, Targets(3), 0)
        blueprint.prepare(built, inputs, x, y)
        assert np.square(predict_rows(built, x) - y).mean() < 0.3 * np.var(y)


class TestRefusals:
    def test_where_targets_have_bounds(self):
        with pytest.raises(OptionError, match=r"within bounds.*leave out skip=linear"):
            Skip("linear").beside(Inputs(3), Targets(1, ("y",), bounds=((0.0, None),)))

    def test_what_was_not_asked_for_is_left_out(self):
        targets = Targets(1, ("y",), bounds=((0.0, None),))
        assert Skip("smooth", is_asked=False).beside(Inputs(3), targets) is targets

    def test_beside_a_gaussian_process(self):
        with pytest.raises(OptionError, match="closed form itself; leave out skip=linear"):
            Blueprint.of({"joint": "gp", "skip": "linear"})
        assert not Blueprint.of({"joint": "gp", "horizon": 3}).skip

    def test_where_there_are_no_numbers(self):
        with pytest.raises(OptionError, match="categories to embed"):
            Skip("linear").beside(Inputs(2, (3, 4)), Targets(1))


@pytest.fixture(scope="module", params=["linear", "smooth"])
def fitted(table, request):
    return nbreg.fit(table, target=["y", "z"], skip=request.param, epochs=3, hidden=(8,))


class TestRegressor:
    def test_saves_and_loads(self, fitted, table, tmp_path):
        fitted.save(tmp_path / "kept.nbreg")
        loaded = nbreg.load(tmp_path / "kept.nbreg")
        assert_array_equal(loaded.predict(table), fitted.predict(table))
        assert loaded.skip == fitted.skip

    def test_explanations_add_up(self, fitted, table):
        assert nbreg.explain(fitted, table[:10], method="deep_shap").completeness_gap < 1e-4

    def test_says_so(self, fitted):
        assert f"{'linear and smooth' if fitted.skip == 'smooth' else 'linear'} part" in fitted.words()

    def test_a_fit_is_told_again_bit_for_bit(self, fitted, table):
        first = fitted.run_.history[0].epoch
        on = nbreg.fit(table, start=(fitted, first), epochs=1)
        assert on.skip == fitted.skip

    def test_goes_on_from_a_run_with_what_it_has_beside(self, fitted, table):
        on = nbreg.fit(table, start=fitted, epochs=1)
        assert_array_equal(
            on.network_.get_layer("linear_part").get_weights()[0],
            fitted.network_.get_layer("linear_part").get_weights()[0],
        )

    def test_what_was_not_blended_in_can_learn_again(self, fitted, table):
        gone = nbreg.fit(table, target=["y", "z"], skip="linear", epochs=3, hidden=(8,), validation_fraction=0.3)
        gone.network_.get_layer(BLEND_LAYER).set_weights([np.zeros(2)])
        on = draft(table, start=gone, epochs=1)[0]
        on.find_learning_rate()  # which finds the weights to begin with
        assert blend_of(on.new_network()) == (1.0, 1.0)

    def test_nothing_stands_beside_the_network_of_a_table_unless_asked_for(self, table):
        plain = nbreg.fit(table, target="y", epochs=1, hidden=(4,))
        assert not plain.blueprint_.skip
        assert [layer.name for layer in plain.network_.layers][-1] == "prediction"

    def test_embedded_categories_are_the_networks_alone(self, table):
        embedded = nbreg.fit(table, target="y", skip="smooth", embed_above=2, epochs=2, hidden=(8,))
        assert embedded.evaluate()["r2"] > 0.9
