"""What is given up early: the same as Optuna's MedianPruner, and no other run is ended by it."""

from __future__ import annotations

import math
import pickle

import numpy as np
import optuna
import pytest

from nbreg.errors import OptionError
from nbreg.search.median_pruning import FIRST_EPOCHS, FIRST_TRIALS, MedianPruning
from nbreg.search.pruning import Limits, check_comparable
from nbreg.search.space import Space
from nbreg.search.trial import DONE, FAILED, Trial
from nbreg.training.run import Row, Run


def done(number: int, curve: tuple[float, ...], status: str = DONE) -> Trial:
    return Trial(number, {}, {}, status, (1.0,), (curve,))


def end_by_optuna(curves: list[tuple[float, ...]], own: tuple[float, ...]) -> int | None:
    """Return the epoch in which Optuna's pruner gives a curve up that is reported epoch by epoch."""
    pruner = optuna.pruners.MedianPruner(n_startup_trials=FIRST_TRIALS, n_warmup_steps=FIRST_EPOCHS + 1)
    study = optuna.create_study(pruner=pruner)
    for curve in curves:
        steps = dict(enumerate(curve, start=1))
        study.add_trial(optuna.trial.create_trial(value=1.0, intermediate_values=steps))
    trial = study.ask()
    for epoch, loss in enumerate(own, start=1):
        trial.report(loss, epoch)
        if trial.should_prune():
            return epoch
    return None


@pytest.mark.parametrize("seed", range(12))
def test_limits_are_those_of_the_median_pruner(seed, caplog):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rng = np.random.default_rng(seed)
    lengths = rng.integers(15, 60, size=rng.integers(4, 9))  # early stopping ends some before others
    curves = [tuple(np.abs(rng.normal(1, 0.5, n)) / np.arange(1, n + 1) ** 0.3) for n in lengths]
    own = tuple(np.abs(rng.normal(1.1, 0.4, 55)) / np.arange(1, 56) ** rng.uniform(0.1, 0.6))
    earlier = [done(i, curve) for i, curve in enumerate(curves)]
    assert MedianPruning().limits(9, 0, earlier).epoch_of_end(own) == end_by_optuna(curves, own)


def test_nothing_is_given_up_before_enough_trials_are_done():
    worse, good = (9.0,) * 50, (1.0,) * 50
    earlier = [done(i, good) for i in range(FIRST_TRIALS - 1)]
    failed = done(99, good, status=FAILED)
    assert MedianPruning().limits(9, 0, [*earlier, failed]).epoch_of_end(worse) is None
    assert MedianPruning().limits(9, 0, [*earlier, done(98, good)]).epoch_of_end(worse) == FIRST_EPOCHS + 1
    assert (
        MedianPruning().limits(9, 1, [*earlier, done(98, good)]).epoch_of_end(worse) is None
    )  # on that fold nothing is known


def test_a_run_is_given_up_in_the_epoch_in_which_it_is_not_good_enough():
    limits = pickle.loads(pickle.dumps(Limits((math.nan, 1.0, 0.5))))
    run = Run(5)
    limits(run)
    run.begin()
    run.record([Row(1, 2.0, 2.0, 0.1), Row(2, 0.9, 0.9, 0.1)])
    assert not run.given_up
    run.record([Row(3, 0.8, 0.7, 0.1)])
    assert run.given_up
    assert run.stop_wanted


@pytest.mark.parametrize(
    "line", ["loss=mse|mae", "target_transform=none|log", "network=mlp|vae", "joint=none|gaussian"]
)
def test_losses_that_do_not_compare_are_not_pruned_by(line):
    with pytest.raises(OptionError, match="losses of trials do not compare: leave out --prune"):
        check_comparable(Space.of(line, {}), {})


def test_pruning_needs_validation_rows():
    with pytest.raises(OptionError, match="validation_fraction is 0"):
        check_comparable(Space.of("hidden=4|8", {}), {"validation_fraction": 0.0})
