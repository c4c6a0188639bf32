"""The course of a search: which trainings are to be done, and what comes of each trial."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from nbreg.evaluation.metrics import METRICS
from nbreg.search.asking import Asking
from nbreg.search.fold_table import FoldTable
from nbreg.search.hyperband import Hyperband
from nbreg.search.median_pruning import MedianPruning
from nbreg.search.outcome import Outcome
from nbreg.search.pruning import Limits, NoPruning, Pruning
from nbreg.search.scoring import Scoring
from nbreg.search.trial import DONE, FAILED, PRUNED, RUNNING, Trial
from nbreg.search.trial_store import TrialStore
from nbreg.search.tune_spec import TuneSpec
from nbreg.search.workers import Fit
from nbreg.training.spec import TrainingSpec

#: Trials that compiling is planned for, however many there are.
_USUAL_TRIALS = 50


class Searching:
    """A search under way: trial 0 has the options it began with, all others those that `asking` says.

    What is asked depends on the trials of earlier batches only, in whatever order trainings end. `trials` are by
    number; those that `store` had are not done again.
    """

    def __init__(self, table: FoldTable, asking: Asking, choices: TuneSpec, scoring: Scoring, store: TrialStore):
        self.table, self.asking, self.choices, self.scoring = table, asking, choices, scoring
        self._store, self._pruning = store, _pruning(choices.prune, table, asking)
        self.trials = store.trials(asking)
        self.n_recalled = sum(trial.status != RUNNING for trial in self.trials.values())
        self.n_resumed = len(self.trials) - self.n_recalled
        self._limits: dict[int, tuple[Limits, ...]] = {}
        self._outcomes: dict[int, dict[int, Outcome]] = {}

    @property
    def n_trials(self) -> int:
        """How many trials there will be, the first one, with the options of the beginning, among them."""
        n_chosen = self.choices.trials
        return 1 + (n_chosen if self.asking.n_points is None else min(n_chosen, self.asking.n_points))

    @property
    def n_fits(self) -> int:
        """How many trainings are still to be done."""
        known = list(self._outcomes.values())
        return len(self._missing()) * len(self.table.folds) - sum(map(len, known))

    @property
    def best(self) -> Trial | None:
        """The best of the trials that are done, the first of equals; None where none is."""
        best: Trial | None = None
        for number in sorted(self.trials):
            trial = self.trials[number]
            if trial.is_done and number < self.n_trials and (
                best is None or self.scoring.better(trial.score, best.score)
            ):  # fmt: skip
                best = trial
        return best

    @property
    def trouble(self) -> str:
        """Why trials are not kept any more; empty: they are, or were not to be."""
        return self._store.trouble

    def fits(self) -> Iterator[Fit | None]:
        """Yield the trainings to be done, None where it takes outcomes to go on (see `Workers.outcomes`)."""
        refits = self._refits
        for number in self._missing():
            while not self._is_known_before(number):
                yield None
            if self._begin(number):
                for fold in range(len(self.table.folds)):
                    if self.trials[number].status != RUNNING:
                        break
                    options = self.trials[number].options
                    limits = self._limits[number][fold]
                    watch = limits if limits.by_epoch else None
                    yield Fit((number, fold), options, fold, refits, watch, self.table.n_alike)

    def take(self, fit: Fit, outcome: Outcome) -> None:
        """Take what came of a training; the last one that a trial needs ends the trial."""
        number, fold = fit.key
        trial = self.trials[number]
        if trial.status != RUNNING:
            return  # it had ended by an earlier fold
        self._outcomes[number][fold] = outcome
        ended = self._judged(trial)
        if ended.status != RUNNING:
            del self._outcomes[number], self._limits[number]
            self._end(ended)

    @property
    def _refits(self) -> int:
        """How often the like is trained, by the space alone: the same now and after a break."""
        return len(self.table.folds) * max(1, _USUAL_TRIALS // self.asking.space.n_compiled)

    def _missing(self) -> list[int]:
        return [
            number
            for number in range(self.n_trials)
            if number not in self.trials or self.trials[number].status == RUNNING
        ]

    def _begin(self, number: int) -> bool:
        """Begin a trial, or one that was cut, anew; return whether there is something to train."""
        earlier = self._earlier(number)
        trial = self.trials.get(number) or self._asked(number, earlier)
        self._store.begin(trial, self.asking)
        self._outcomes[number] = {}
        n_folds = len(self.table.folds)
        # What the search began with goes to its end in any case: all else is compared with it.
        pruning = self._pruning if number else NoPruning()
        self._limits[number] = tuple(pruning.limits(number, fold, earlier) for fold in range(n_folds))
        self.trials[number] = trial
        same = next((each for each in earlier if each.is_done and each.options == trial.options), None)
        if same is not None:  # the same options once more would give the same bits
            self._end(replace(same, number=number, params=trial.params, seconds=0.0))
        return same is None

    def _asked(self, number: int, earlier: list[Trial]) -> Trial:
        if number == 0:
            return Trial(0, dict(self.asking.base), self.asking.params_of(self.asking.base))
        params = self.asking.params(number, earlier)
        return Trial(number, self.asking.options(params), params)

    def _earlier(self, number: int) -> list[Trial]:
        """Return the trials that a trial may go by: those of earlier batches."""
        first = self._first_of_batch(number)
        return [self.trials[each] for each in range(first) if each in self.trials]

    def _is_known_before(self, number: int) -> bool:
        """Return whether all trials are there that a trial goes by."""
        first = self._first_of_batch(number)
        waits = self._pruning.gives_up or self.asking.sampler == "bayes"
        return not waits or all(each in self.trials and self.trials[each].status != RUNNING for each in range(first))

    def _first_of_batch(self, number: int) -> int:
        return number // self.choices.batch * self.choices.batch

    def _end(self, trial: Trial) -> None:
        self._store.end(trial)
        self.trials[trial.number] = trial

    def _judged(self, trial: Trial) -> Trial:
        """Return what a trial came to, by its folds in order up to the first that ends it; else it is under way."""
        outcomes, limits = self._outcomes[trial.number], self._limits[trial.number]
        ended = replace(trial, seconds=math.fsum(each.seconds for each in outcomes.values()))
        for fold in range(len(self.table.folds)):
            if fold not in outcomes:
                return trial
            outcome = outcomes[fold]
            if self._pruning.gives_up:
                ended = replace(ended, curves=(*ended.curves, outcome.curve))
            epoch = limits[fold].epoch_of_end(outcome.curve, ended=True)
            value = self.scoring.value(outcome)
            if outcome.error:
                return replace(ended, status=FAILED, error=outcome.error)
            if epoch is not None:
                until = (*ended.curves[:-1], outcome.curve[:epoch])
                return replace(ended, status=PRUNED, curves=until, given_up=(fold, epoch))
            if math.isnan(value):
                title = METRICS[self.scoring.metric].title
                why = self.scoring.reason(outcome)
                return replace(ended, status=FAILED, error=f"{title} is not defined on fold {fold + 1}{why}.")
            ended = replace(ended, values=(*ended.values, value))
        return replace(ended, status=DONE)


def _pruning(word: str, table: FoldTable, asking: Asking) -> Pruning:
    """Return the rule that `word` means; the same search has the same brackets, whatever is in its table."""
    if word == "hyperband":
        return Hyperband(len(table.folds), _most_epochs(table, asking), f"seed {asking.seed}")
    return MedianPruning() if word == "median" else NoPruning()


def _most_epochs(table: FoldTable, asking: Asking) -> int:
    """Return how many epochs a training of a trial that is chosen takes at most."""
    n_rows = len(table.folds[0].train) * (1 - table.spec.validation_fraction)
    among = asking.space.values_of("epochs", asking.base)
    return max(TrainingSpec(epochs=epochs).for_rows(round(n_rows)).epochs for epochs in among)
