"""Hyperband: of the trials that came as far as one has come, the best third goes on to three times as many epochs.

Li et al. (2018), "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization", by trials that come one
after the other (Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning"), as Optuna's HyperbandPruner
has it. What a trial may use up is the epochs of all its folds, one fold after the other; it is counted in ninths of a
fold's epochs. It is looked at after one, three and nine of them, which is the end of the first fold, and from there on
after three times as many each time: at the ends of folds only, for a fold that has just begun tells little. What counts
there is the smallest validation loss on that fold so far, also of a training that had stopped before.

Trials are parted into brackets, by their numbers; in each next one they are looked at for the first time three times
as late, so that some networks that learn slowly at first are seen to the end.
"""

from __future__ import annotations

import math
from binascii import crc32
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from nbreg.search.pruning import Limits, Pruning
from nbreg.search.trial import Trial

#: One of so many trials goes on, to so many times the epochs.
FACTOR = 3
#: Parts that the epochs of a fold are counted in.
PARTS = FACTOR**2


@dataclass(frozen=True)
class Hyperband(Pruning):
    """The rule for trials of `n_folds` folds of `n_epochs` epochs at most; `name` says how they fall into brackets."""

    n_folds: int
    n_epochs: int
    name: str

    def limits(self, number: int, fold: int, earlier: Sequence[Trial]) -> Limits:
        bracket = self.bracket(number)
        rivals = [trial for trial in earlier if self.bracket(trial.number) == bracket]
        looked_at = [epoch for at, epoch in self._looks(bracket) if at == fold]
        by_epoch = [math.nan] * max(looked_at, default=0)
        for epoch in looked_at:
            losses = [loss for trial in rivals if (loss := _loss(trial, fold, epoch)) is not None]
            # Rungs that fall into one epoch (where there are few) have the same losses and so the same limit.
            by_epoch[epoch - 1] = _limit(losses)
        return Limits(tuple(by_epoch), outlasts=True)

    def bracket(self, number: int) -> int:
        """Return the bracket of a trial, from 0; each has so many trials that all use up alike."""
        place = crc32(f"{self.name}_{number}".encode()) % sum(self._n_trials)
        for bracket, n_trials in enumerate(self._n_trials):
            if place < n_trials:
                return bracket
            place -= n_trials
        raise AssertionError  # the place is below the sum

    @cached_property
    def _n_trials(self) -> tuple[int, ...]:
        """Of how many trials each bracket is, for one of each other."""
        n = math.floor(math.log(PARTS * self.n_folds, FACTOR)) + 1
        return tuple(math.ceil(n * FACTOR ** (n - 1 - bracket) / (n - bracket)) for bracket in range(n))

    def _looks(self, bracket: int) -> Iterator[tuple[int, int]]:
        """Yield when a trial is looked at, before its very end: the fold, from 0, and its epoch, from 1."""
        used = FACTOR**bracket
        while used < PARTS * self.n_folds:
            fold, part = divmod(used - 1, PARTS)
            yield fold, math.ceil(self.n_epochs * (part + 1) / PARTS)
            used *= FACTOR


def _loss(trial: Trial, fold: int, epoch: int) -> float | None:
    """Return a trial's smallest loss on a fold up to an epoch; None where it has not come so far."""
    is_there = fold < len(trial.curves) and bool(trial.curves[fold])
    if not is_there or (trial.given_up is not None and (fold, epoch) > trial.given_up):
        return None
    return min((loss for loss in trial.curves[fold][:epoch] if not math.isnan(loss)), default=math.inf)


def _limit(losses: Sequence[float]) -> float:
    """Return what a loss must not exceed to be in the best third of all with it; of less than six, to be the best."""
    place = max((len(losses) + 1) // FACTOR - 1, 0)
    return sorted(losses)[place] if losses else math.nan
