"""Hyperband gives up the same trials as Optuna's HyperbandPruner that is told the same losses."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import optuna
import pytest

from nbreg.search.hyperband import Hyperband
from nbreg.search.trial import DONE, PRUNED, Trial

NAME, EPOCHS, PARTS = "seed 3", 45, 9


@pytest.fixture(autouse=True)
def quiet():
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


def drawn_curves(rng: np.random.Generator, n_folds: int) -> list[tuple[float, ...]]:
    """Losses by epoch on each fold; early stopping ends some before others."""
    good = rng.normal(1, 0.3)
    lengths = rng.choice([3, 12, 31, EPOCHS, EPOCHS], n_folds)
    return [tuple(np.abs(rng.normal(good, 0.3, n)) / np.arange(1, n + 1) ** rng.uniform(0.1, 0.6)) for n in lengths]


def by_ours(rule: Hyperband, curves: list[tuple[float, ...]], earlier: list[Trial], number: int) -> Trial:
    for fold, curve in enumerate(curves):
        epoch = rule.limits(number, fold, earlier).epoch_of_end(curve, ended=True)
        if epoch is not None:
            told = (*curves[:fold], curve[:epoch])
            return Trial(number, {}, {}, PRUNED, (), tuple(told), (fold, epoch))
    return Trial(number, {}, {}, DONE, (1.0,), tuple(curves))


def by_optuna(study: optuna.Study, curves: list[tuple[float, ...]]) -> tuple[int, int] | None:
    """Return the fold and the ninth of its epochs after which Optuna's pruner gives a trial up."""
    trial = study.ask()
    for fold, curve in enumerate(curves):
        for part in range(1, PARTS + 1):
            if (fold, part) == (len(curves) - 1, PARTS):
                continue  # the trial is over: there is nothing to be given up
            step, epoch = fold * PARTS + part, part * EPOCHS // PARTS
            trial.report(min(curve[:epoch]), step)
            if trial.should_prune():
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                return fold, part
    study.tell(trial, 1.0)
    return None


@pytest.mark.parametrize("n_folds", [1, 2, 3, 5])
@pytest.mark.parametrize("seed", range(3))
def test_the_same_trials_are_given_up_at_the_same_time(n_folds, seed):
    pruner = optuna.pruners.HyperbandPruner(min_resource=1, max_resource=PARTS * n_folds, reduction_factor=3)
    study = optuna.create_study(study_name=NAME, pruner=pruner)
    rule, trials, ends = Hyperband(n_folds, EPOCHS, NAME), [], []
    rng = np.random.default_rng(seed)
    for number in range(70):
        curves = drawn_curves(rng, n_folds)
        end = by_optuna(study, curves)
        trials.append(by_ours(rule, curves, trials, number))
        ours = trials[-1].given_up
        assert ours == (None if end is None else (end[0], end[1] * EPOCHS // PARTS)), number
        ends.append(ours)
    assert {fold for fold, _ in filter(None, ends)} >= {0}
    assert None in ends


def test_each_bracket_has_the_trials_that_optuna_puts_there():
    pruner = optuna.pruners.HyperbandPruner(min_resource=1, max_resource=27, reduction_factor=3)
    study = optuna.create_study(study_name=NAME, pruner=pruner)
    by_hand = []
    for _ in range(60):
        trial = study.ask()
        trial.report(1.0, 1)
        trial.should_prune()
        by_hand.append(pruner._get_bracket_id(study, study.trials[-1]))
    assert [Hyperband(3, EPOCHS, NAME).bracket(number) for number in range(60)] == by_hand
    assert set(Counter(by_hand)) == {0, 1, 2, 3}


@pytest.mark.parametrize("n_epochs", [1, 2, 5, 40, 200])
def test_a_first_trial_goes_on_and_a_much_worse_one_does_not(n_epochs):
    rule = Hyperband(3, n_epochs, NAME)
    of_first = [number for number in range(200) if rule.bracket(number) == 0][:4]
    good = Trial(of_first[0], {}, {}, DONE, (1.0,), ((1.0,) * n_epochs,) * 3)
    assert rule.limits(of_first[0], 0, []).epoch_of_end((9.0,) * n_epochs, ended=True) is None
    limits = rule.limits(of_first[1], 0, [good])
    assert limits.epoch_of_end((9.0,) * n_epochs, ended=True) == math.ceil(n_epochs / 9)
    assert limits.epoch_of_end((1.0,) * n_epochs, ended=True) is None


def test_a_training_under_way_is_held_only_to_what_it_has_come_to():
    rule = Hyperband(3, 90, NAME)
    first, second = [number for number in range(30) if rule.bracket(number) == 0][:2]
    good = Trial(first, {}, {}, DONE, (1.0,), ((*[1.0] * 20, *[0.5] * 70),) * 3)
    limits = rule.limits(second, 0, [good])
    stays = (1.0,) * 20
    assert limits.epoch_of_end(stays) is None  # it may still become better
    assert limits.epoch_of_end(stays, ended=True) == 30  # it has ended, and is not as good as one of 30 epochs
