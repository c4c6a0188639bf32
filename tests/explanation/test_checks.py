"""How far explanations are to be trusted: checks against analytic cases."""

import math
from dataclasses import replace
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import spearmanr

import nbreg
from nbreg.data.frames import as_frame
from nbreg.explanation.any_predictor import AnyPredictor
from nbreg.explanation.checks import checks_of
from nbreg.explanation.checks.agreement import _correlation
from nbreg.explanation.checks.cascading_randomisation import _stages, layers_with_weights, with_own_copy
from nbreg.explanation.checks.check import CHECKS, checked
from nbreg.explanation.checks.deletion_curve import areas
from nbreg.explanation.checks.masking import masked_predictions
from nbreg.explanation.checks.max_sensitivity import RADIUS, nearby_points
from nbreg.explanation.checks.rank_correlation import rank_correlations
from nbreg.explanation.checks.trial import Trial, trial_of
from nbreg.explanation.effort import Effort
from nbreg.explanation.method import METHODS, Attribution, Method, Task
from nbreg.explanation.network import ExplainedNetwork

IN_ORDER = (
    "deletion", "insertion", "infidelity", "max_sensitivity", "seed_stability", "agreement", "cascading_randomisation",
)  # fmt: skip
SLOPES = np.array([4.0, -2.0, 1.0, 0.5, 0.0])


def numbers_table(n_columns, n=300, seed=0):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(size=(n, n_columns)), columns=[f"f{i}" for i in range(n_columns)])
    return table.assign(y=rng.normal(size=n))


@pytest.fixture(scope="module")
def linear():
    """Return a linear network of five features, of which the last counts for nothing."""
    regressor = nbreg.fit(numbers_table(5), target="y", network="perceptron", epochs=1, scaling="standard")
    regressor.network_.set_weights([SLOPES[:, None], np.array([0.3])])
    return regressor


@pytest.fixture(scope="module")
def curved():
    """Return a network whose features count ever less: each is ten times the next one's, before tanh."""
    regressor = nbreg.fit(numbers_table(8), target="y", epochs=1, hidden=(16, 16), activation="tanh")
    first, *others = regressor.network_.get_weights()
    rng = np.random.default_rng(5)
    first = rng.normal(size=first.shape) * np.geomspace(1, 0.001, 8)[:, None]
    regressor.network_.set_weights([first, *others])
    return regressor


def task_of(regressor, n_rows=40, n_background=20, **options):
    rng = np.random.default_rng(1)
    explained = ExplainedNetwork(regressor, range(len(regressor.target_names_)))
    points = rng.normal(size=(n_rows + n_background, regressor.encoder_.n_inputs)).astype(np.float32)
    return Task(explained, points[:n_rows], points[n_rows:], Effort(), **options)


def trial_on(task, method="shapley"):
    return trial_of(task, method, METHODS[method]().attribute(task))


def slopes_of(regressor):
    """Return the linear network's slopes ``(n_players,)`` in target units."""
    return SLOPES * regressor.target_scaler_.scale_[0]


# All checks


def test_each_file_of_a_check_registers_one_and_all_can_be_read():
    assert set(CHECKS) == set(IN_ORDER)
    for name in CHECKS:
        check = CHECKS[name]
        assert "\n" not in check.reading
        assert "Good: " in check.reading
        assert "bad: " in check.reading
    assert sorted(CHECKS, key=lambda name: CHECKS[name].place) == list(IN_ORDER)


@pytest.mark.parametrize("method", list(METHODS))
def test_every_method_can_be_checked_and_leaves_the_network_alone(method, of_two_targets):
    before = of_two_targets.network_.get_weights()
    first, second = (nbreg.explain(of_two_targets, method=method, check=True, background=30).checks for _ in range(2))
    assert [each.name for each in first] == list(IN_ORDER)
    assert [each.text for each in first] == [each.text for each in second]
    measured = [each for each in first if not math.isnan(each.value)]
    assert len(measured) == (7 if METHODS[method].kind == "additive" else 6)
    assert all(isinstance(each.is_good, bool) for each in measured)
    for was, now in zip(before, of_two_targets.network_.get_weights(), strict=True):
        assert_array_equal(was, now)


def test_exact_values_of_a_trained_network_pass(regressor):
    found = {each.name: each for each in nbreg.explain(regressor, check=True).checks}
    assert {name: each.is_good for name, each in found.items() if name != "seed_stability"} == dict.fromkeys(
        set(IN_ORDER) - {"seed_stability"}, True
    )


def test_of_a_function_the_rest_is_told_as_not_measured(houses):
    table = houses[["size", "quality", "rent"]].head(60)
    found = nbreg.explain(lambda rows: rows["size"] * 2 + rows["rent"], table, check=True).checks
    texts = {each.name: each.text for each in found if math.isnan(each.value)}
    assert texts == {
        "max_sensitivity": "not measured: a function's rows are taken as they are",
        "agreement": "not measured: expected_gradients, the method to compare with, needs gradients",
        "cascading_randomisation": "not measured: a function has no weights to shuffle",
    }
    assert all(each.is_good for each in found if not math.isnan(each.value))


def test_one_row_one_background_row(linear):
    task = task_of(linear, n_rows=1, n_background=1)
    found = {each.name: each for each in checks_of(task, "shapley", METHODS["shapley"]().attribute(task))}
    assert found["seed_stability"].text == "not measured: fewer than 4 background rows to halve"
    assert math.isfinite(found["deletion"].value)
    assert found["infidelity"].value < 1e-6


def test_one_feature(houses):
    only = nbreg.fit(houses[["size", "price"]], target="price", epochs=1, network="perceptron")
    found = {each.name: each for each in nbreg.explain(only, check=True).checks}
    assert found["deletion"].text == "not measured: there is only one feature to put in order"
    assert found["agreement"].text == "not measured: fewer than 3 features to rank"
    assert found["infidelity"].value < 1e-6


def test_a_network_that_hangs_on_nothing(linear):
    flat = nbreg.fit(numbers_table(5), target="y", network="perceptron", epochs=1)
    flat.network_.set_weights([np.zeros((5, 1)), np.zeros(1)])
    task = task_of(flat)
    found = checks_of(task, "shapley", METHODS["shapley"]().attribute(task))
    assert {each.text for each in found} == {"not measured: predictions or attributions do not differ"}
    assert all(each.is_good is None for each in found)


def test_after_an_interrupt_and_past_the_budget_nothing_more_is_measured(linear):
    task = task_of(linear)
    found = METHODS["shapley"]().attribute(task)
    task.effort._interrupted = True
    assert {each.text for each in checks_of(task, "shapley", found)} == {"not measured: interrupted"}
    spent = replace(task, effort=Effort(budget=1e-9))
    assert {each.text for each in checks_of(spent, "shapley", found)} == {
        "not measured: the budget of 1e-09 s is spent"
    }


def test_rows_left_out_are_not_checked(linear):
    task = task_of(linear)
    found = METHODS["shapley"]().attribute(task)
    trial = trial_of(task, "shapley", replace(found, values=found.values[:3]))
    assert_array_equal(trial.task.points, task.points[:3])


# Masking


def test_masked_predictions_on_a_linear_network(linear):
    task = task_of(linear)
    known = np.random.default_rng(3).random((40, 700, 5)) < 0.5  # more than one step
    found = masked_predictions(task.explained, task.points, task.background, known)
    there = np.where(known, task.points[:, None], task.background.mean(axis=0)) @ slopes_of(linear)
    assert_allclose(np.diff(found[:, :, 0], axis=1), np.diff(there, axis=1), atol=1e-5)


# Deletion and insertion


def positive_task(linear):
    """Return a task whose rows all have positive contributions, ``(n_rows, n_players)``, and these."""
    task = task_of(linear)
    middle = task.background.mean(axis=0)
    points = (middle + np.sign(SLOPES) * np.abs(task.points)).astype(np.float32)
    return replace(task, points=points), (points - middle) * slopes_of(linear)


def area_of(distances):
    """Return the mean area under curves ``(n_rows, n_players + 1)`` as a share of the mean largest distance."""
    return float(np.trapezoid(distances, axis=1).mean() / (distances.shape[1] - 1) / distances.max(axis=1).mean())


def test_deletion_in_order_of_exact_attributions_is_the_best_there_is(linear):
    task, contributions = positive_task(linear)
    found = checked("deletion", trial_on(task))
    moved = [np.cumsum(contributions[:, order], axis=1) for order in permutations(range(5))]
    best = np.max([np.trapezoid(np.pad(each, ((0, 0), (1, 0))), axis=1) for each in moved], axis=0)
    assert_allclose(found.value, best.mean() / 5 / contributions.sum(axis=1).mean(), rtol=1e-4)
    assert found.is_good
    assert found.text == f"{found.value:.2f} (random orders: {areas(trial_on(task), True).of_random.mean():.2f})"


def test_insertion_in_order_of_exact_attributions(linear):
    task, contributions = positive_task(linear)
    found = checked("insertion", trial_on(task))
    left = contributions.sum(axis=1, keepdims=True) - np.cumsum(-np.sort(-contributions, axis=1), axis=1)
    assert_allclose(found.value, area_of(np.hstack([contributions.sum(axis=1, keepdims=True), left])), rtol=1e-4)
    assert found.is_good


def test_random_orders_lie_halfway(linear):
    task, _ = positive_task(linear)
    for deleting in (True, False):  # each feature is as likely early as late
        assert abs(areas(trial_on(task), deleting).of_random.mean() - 0.5) < 0.05


@pytest.mark.parametrize("name", ["deletion", "insertion"])
def test_attributions_in_the_wrong_order_fail(linear, name):
    trial = trial_on(positive_task(linear)[0])
    wrong = replace(trial, found=1 / (1e-3 + np.abs(trial.found)))
    assert checked(name, wrong).is_good is False


# Infidelity


def test_infidelity_of_exact_attributions_of_a_linear_network_is_nought(linear):
    found = checked("infidelity", trial_on(task_of(linear, n_background=60)))
    assert found.value < 1e-9
    assert (found.text, found.is_good) == ("0.00", True)


def test_no_attributions_have_an_infidelity_of_one_and_random_ones_more(linear):
    trial = trial_on(task_of(linear))
    assert_allclose(checked("infidelity", replace(trial, found=0 * trial.found)).value, 1)
    shuffled = np.random.default_rng(0).permuted(trial.found, axis=0) * -1
    found = checked("infidelity", replace(trial, found=shuffled))
    assert 1 < found.value < 3  # unrelated numbers of the same size: 2, but for chance
    assert found.is_good is False


def test_credit_to_a_feature_that_the_network_ignores_is_seen(linear):
    trial = trial_on(task_of(linear))
    wrong = trial.found[:, [4, 1, 2, 3, 0]]  # what is the first one's goes to the last
    assert checked("infidelity", replace(trial, found=wrong)).value > 1
    assert checked("deletion", replace(trial, found=wrong)).value < checked("deletion", trial).value


def test_infidelity_is_for_attributions_that_add_up(linear):
    task = task_of(linear)
    found = checked("infidelity", trial_on(task, "saliency"))
    assert math.isnan(found.value)
    assert found.text == "not measured: the method gives sizes, which do not add up"


# Max-sensitivity


@pytest.mark.parametrize("method", ["shapley", "deep_shap"])
def test_max_sensitivity_of_a_linear_network(linear, method):
    task = task_of(linear)
    trial = trial_on(task, method)
    slopes = slopes_of(linear)
    moves = np.max([np.linalg.norm((near - task.points) * slopes, axis=1) for near in nearby_points(task)], axis=0)
    sizes = np.linalg.norm((task.points - trial.halves[0].mean(axis=0)) * slopes, axis=1)
    found = checked("max_sensitivity", trial)
    assert_allclose(found.value, np.median(moves / sizes), rtol=1e-3)
    assert found.is_good


def test_a_cliff_is_sensitive(linear):
    steep = nbreg.fit(numbers_table(5), target="y", hidden=(1,), activation="tanh", epochs=1, scaling="standard")
    _, _, *head = steep.network_.get_weights()
    steep.network_.set_weights([500 * np.eye(5)[:, :1], np.zeros(1), *[np.ones_like(each) for each in head]])
    task = task_of(steep)
    at_the_edge = task.points * np.array([1e-3, 1, 1, 1, 1], np.float32)
    found = checked("max_sensitivity", trial_on(replace(task, points=at_the_edge)))
    assert found.value > 0.5
    assert found.is_good is False


def test_only_numbers_change_and_only_a_little(of_two_targets, houses):
    explained = ExplainedNetwork(of_two_targets, (0,))
    points = explained.points(as_frame(houses))
    task = Task(explained, points[:40], points[40:], Effort())
    names = np.array(of_two_targets.encoder_.input_names)
    spread = points.std(axis=0)
    changes = np.abs(np.array(nearby_points(task)) - task.points).max(axis=(0, 1))
    assert set(names[changes > 0]) == {"size", "age"}
    assert (changes <= RADIUS * spread * (1 + 1e-4)).all()


# Stability


def test_stability_is_the_difference_of_importances_between_halves(linear):
    task = task_of(linear, n_background=30)
    trial = trial_on(task)
    importances = [np.abs((task.points - half.mean(axis=0)) * slopes_of(linear)).mean(axis=0) for half in trial.halves]
    found = checked("seed_stability", trial)
    assert_allclose(found.value, np.abs(importances[0] - importances[1]).sum() / np.mean(importances, axis=0).sum(),
                    rtol=1e-4)  # fmt: skip
    assert found.text.endswith(f"(rank correlation {spearmanr(*importances).statistic:.2f})")
    together = {tuple(row) for half in trial.halves for row in half}
    assert together == {tuple(row) for row in task.background}


def test_a_background_of_one_row_again_and_again_is_stable(linear):
    task = task_of(linear)
    found = checked("seed_stability", trial_on(replace(task, background=np.repeat(task.background[:1], 20, axis=0))))
    assert found.value < 1e-6
    assert found.is_good


# Agreement


@pytest.mark.parametrize(("method", "other"), [("shapley", "expected_gradients"), ("deep_shap", "shapley")])
def test_additive_methods_agree_on_a_linear_network(linear, method, other):
    found = checked("agreement", trial_on(task_of(linear), method))
    assert_allclose(found.value, 1)
    assert found.text == f"1.00 with {other} (single values: 1.00)"
    assert found.is_good


def test_methods_that_tell_different_stories_do_not_agree(linear, monkeypatch):
    class Backwards(Method):
        def attribute(self, task):
            found = METHODS["shapley"]().attribute(task)
            return Attribution(found.values[:, ::-1], found.base_values)

    monkeypatch.setitem(METHODS._found, "expected_gradients", Backwards)
    found = checked("agreement", trial_on(task_of(linear)))
    assert_allclose(found.value, -1)
    assert found.text.startswith("−1.00 with expected_gradients")
    assert found.is_good is False


def test_rank_correlations_are_those_of_scipy():
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 5, size=(2, 6, 9, 2)).astype(float)  # with ties
    expected = [[spearmanr(one[i, :, t], other[i, :, t]).statistic for t in range(2)] for i in range(6)]
    assert_allclose(rank_correlations(one, other), expected)
    assert np.isnan(rank_correlations(np.ones((4, 1)), one[0, :4, :1])).all()


def test_correlation_of_single_values_is_that_of_numpy():
    one, other = np.random.default_rng(0).normal(size=(2, 6, 9, 2))
    expected = [np.corrcoef(one[..., t].ravel(), other[..., t].ravel())[0, 1] for t in range(2)]
    assert_allclose(_correlation(one, other), np.mean(expected))


# Cascading randomisation


def test_attributions_forget_what_a_shuffled_network_forgets(curved):
    found = checked("cascading_randomisation", trial_on(task_of(curved)))
    assert found.value < 0.6
    assert found.is_good
    assert " after 3 layers (" in found.text


def test_a_method_that_looks_at_the_data_alone_is_found_out(curved, monkeypatch):
    class Distance(Method):
        def attribute(self, task):
            return Attribution((task.points - task.background.mean(axis=0)).astype(float)[:, :, None])

    monkeypatch.setitem(METHODS._found, "distance", Distance)
    found = checked("cascading_randomisation", trial_on(task_of(curved), "distance"))
    assert_allclose(found.value, 1)
    assert found.is_good is False


def test_layers_are_shuffled_from_the_top_in_a_copy(curved):
    explained = ExplainedNetwork(curved, (0,))
    other = with_own_copy(explained)
    trained = [layer.get_weights() for layer in layers_with_weights(explained.network)]
    layers = layers_with_weights(other.network)
    assert layers[0].output.shape[-1] == 1  # the head
    for done, _ in enumerate(_stages(other.network, (0, 0)), start=1):
        for i, (layer, before) in enumerate(zip(layers, trained, strict=True)):
            for now, was in zip(layer.get_weights(), before, strict=True):
                assert_array_equal(np.sort(now, axis=None), np.sort(was, axis=None))
                assert (now == was).all() == (i >= done or len(set(was.ravel())) == 1)
    assert done == 3


def test_the_copy_of_a_network_with_embeddings_predicts_alike():
    rng = np.random.default_rng(0)
    table = numbers_table(2).assign(town=rng.choice([f"town {i}" for i in range(50)], 300))
    explained = ExplainedNetwork(nbreg.fit(table, target="y", epochs=1, hidden=(8,)), (0,))
    points = explained.points(as_frame(table))
    assert points.shape[1] > 3  # the vectors of towns
    assert_allclose(with_own_copy(explained).predict(points), explained.predict(points), rtol=1e-6)


def test_trials_of_functions_keep_to_few_rows(houses):
    explained = AnyPredictor(lambda rows: rows["size"], houses.columns)
    points = explained.points(as_frame(houses))
    task = Task(explained, points, points, Effort())
    trial = Trial(task, "shapley", np.zeros((240, 7, 1)))
    assert len(trial_of(task, "shapley", Attribution(trial.found)).task.points) == 50
    assert len(trial.halves[0]) == 50
