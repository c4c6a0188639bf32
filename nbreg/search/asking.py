"""Which options a trial is to try: a function of the space, the seed, its number and the trials before it.

Optuna chooses; it is asked on a study in memory that holds these trials and nothing else, by a sampler seeded for this
trial. So a search that was broken off goes on as if it had not been, and the same trials come of many jobs.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.errors import OptionError
from nbreg.fit_options import fit_options
from nbreg.search.entries import Choices, Entry, text_of, value_of
from nbreg.search.space import Space, has_option
from nbreg.search.trial import PRUNED, Trial

if TYPE_CHECKING:
    import optuna

#: Trials at random before Bayes begins.
FIRST_TRIALS = 6
#: Most points of a grid.
MOST_POINTS = 100_000


@dataclass(frozen=True)
class Asking:
    """Who says what is tried: `sampler` is grid, random or bayes; `base` are the options that all trials have."""

    space: Space
    base: Mapping[str, Any]
    sampler: str
    seed: int
    higher_is_better: bool = False

    @cached_property
    def n_points(self) -> int | None:
        """How many trials there can be; None where there is no end of them. Raises OptionError for a vast grid."""
        return len(self._grid) if self.sampler == "grid" else None

    def params(self, number: int, earlier: Sequence[Trial]) -> dict[str, Any]:
        """Return what trial `number`, from 1, tries: a number for each range of the space, a word for each choice."""
        if self.sampler == "grid":
            return self.params_of(self._grid[self._order[number - 1]])
        with quiet_optuna():
            return self._asked(number, earlier)

    def options(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options of a fit that `params` mean, those that all trials have among them."""
        return self.space.decide(lambda entry: _value(entry, params[entry.name]), self.base)

    def params_of(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the point of the space that `options` are, defaults for those not there; nothing where they are none.

        Part of a point would be worse than nothing: TPE parts options that some trials lack from the others.
        """
        known = fit_options()
        live = [entry for entry in self.space.entries if has_option(entry.name, options)]
        values = {entry.name: options.get(entry.name, known[entry.name].default) for entry in live}
        found = {entry.name: _param(entry, known[entry.name].check(values[entry.name])) for entry in live}
        return {} if None in found.values() else found

    def distributions(self) -> dict[str, optuna.distributions.BaseDistribution]:
        """Return the space as Optuna has it."""
        return {entry.name: _distribution(entry) for entry in self.space.entries}

    @cached_property
    def _grid(self) -> list[dict[str, Any]]:
        size = math.prod(
            len(each.values if isinstance(each, Choices) else each.points()) for each in self.space.entries
        )
        if size > MOST_POINTS:
            raise OptionError(
                f"The grid has {size:,} points, more than {MOST_POINTS:,}: take a smaller space (--space)."
            )
        return list(self.space.grid(self.base))

    @cached_property
    def _order(self) -> list[int]:
        """In which order points are tried: a search that ends early has seen all sides."""
        order: list[int] = np.random.default_rng(self.seed).permutation(len(self._grid)).tolist()
        return order

    def _asked(self, number: int, earlier: Sequence[Trial]) -> dict[str, Any]:
        import optuna

        (draw,) = np.random.SeedSequence([self.seed, number]).generate_state(1)
        study = optuna.create_study(
            sampler=self._sampler(int(draw)), direction="maximize" if self.higher_is_better else "minimize"
        )
        if self.sampler == "bayes":
            study.add_trials([self.told(trial) for trial in earlier if trial.is_done or trial.status == PRUNED])
        asked, found = study.ask(), {}

        def pick(entry: Entry) -> Any:
            found[entry.name] = _suggested(asked, entry)
            return _value(entry, found[entry.name])

        self.space.decide(pick, self.base)
        return found

    def _sampler(self, seed: int) -> optuna.samplers.BaseSampler:
        import optuna

        if self.sampler == "random":
            return optuna.samplers.RandomSampler(seed)
        return optuna.samplers.TPESampler(seed=seed, n_startup_trials=FIRST_TRIALS, multivariate=True, group=True)

    def told(self, trial: Trial) -> optuna.trial.FrozenTrial:
        """Return a trial as Optuna has it."""
        import optuna

        states = optuna.trial.TrialState
        known = self.distributions()
        steps = {} if trial.given_up is None else {_step(*trial.given_up): trial.last_loss}
        return optuna.trial.create_trial(
            state=states.COMPLETE if trial.is_done else states.PRUNED,
            value=trial.score if trial.is_done else None,
            params=dict(trial.params),
            distributions={name: known[name] for name in trial.params},
            intermediate_values=steps,
        )


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """Have Optuna say nothing within: what there is to be said, a search says itself."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)


def _distribution(entry: Entry) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(entry, Choices):
        return CategoricalDistribution(entry.texts())
    if entry.is_whole:
        return IntDistribution(int(entry.low), int(entry.high), entry.log, int(entry.step or 1))
    return FloatDistribution(entry.low, entry.high, entry.log, entry.step)


def _suggested(asked: optuna.Trial, entry: Entry) -> Any:
    if isinstance(entry, Choices):
        return asked.suggest_categorical(entry.name, entry.texts())
    if entry.is_whole:
        return asked.suggest_int(entry.name, int(entry.low), int(entry.high), step=int(entry.step or 1), log=entry.log)
    return asked.suggest_float(entry.name, entry.low, entry.high, step=entry.step, log=entry.log)


def _value(entry: Entry, param: Any) -> Any:
    return value_of(fit_options()[entry.name], param) if isinstance(entry, Choices) else entry.value(param)


def _param(entry: Entry, value: Any) -> Any:
    """Return what stands for a value in the space; None where it is not in it."""
    if isinstance(entry, Choices):
        text = text_of(fit_options()[entry.name], value)
        return text if text in entry.texts() else None
    if isinstance(value, tuple):
        value = value[0] if len(value) == 1 else None
    if not isinstance(value, int | float) or isinstance(value, bool) or not entry.low <= value <= entry.high:
        return None
    on_step = entry.step is None or any(math.isclose(value, point) for point in entry.points())
    return value if on_step else None


def _step(fold: int, epoch: int) -> int:
    """Return one number for a fold and an epoch, in the order in which they come."""
    return fold * 1_000_000 + epoch
