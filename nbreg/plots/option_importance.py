"""How much each option of a space matters for the score."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from nbreg.errors import DataError
from nbreg.evaluation.wording import listed, per_cent
from nbreg.plots.plot import NO_CHOICES, PLOTS, PlotChoices, PlotInfo

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.search.asking import Asking
    from nbreg.search.search import Search
    from nbreg.search.trial import Trial

#: Trials that it takes to tell.
FEWEST_TRIALS = 12


@PLOTS.register("option_importance")
@dataclass(frozen=True)
class OptionImportance(PlotInfo):
    """The share of the scores' variance over the space that each option explains by itself, the largest first.

    Functional ANOVA on a forest of regression trees (Hutter, Hoos & Leyton-Brown 2014), as Optuna computes it, scaled
    to a sum of one.
    """

    title = "How much the options matter"
    shows = "search"

    names: tuple[str, ...]
    shares: tuple[float, ...]

    @classmethod
    def of(cls, subject: Search, choices: PlotChoices = NO_CHOICES) -> OptionImportance:
        """Return what there is to see of a search. Raises DataError where too few options, or trials, are there."""
        search = subject
        own = [trial for trial in search.trials if trial.is_done and len(trial.params) == _n_most(search)]
        if _n_most(search) < 2:
            raise DataError("It takes two options in the space to tell which matters more.")
        if len(own) < FEWEST_TRIALS or len({trial.score for trial in own}) < 2:
            raise DataError(
                f"How much options matter can be told from {FEWEST_TRIALS} trials on, of different scores and with "
                f"all options of the space; {len(own)} are done."
            )
        names, shares = _computed(tuple(own), search.searching.asking)
        return cls(names, shares)

    @property
    def alt(self) -> str:
        """What is to be seen, in words."""
        each = [f"{name} {per_cent(share)}" for name, share in zip(self.names, self.shares, strict=True)]
        return f"How much the options matter: {listed(each)}."

    def draw(self) -> Figure:
        from nbreg.plots import theme

        figure = theme.new_figure(theme.PANEL[0], 1.1 + 0.32 * len(self.names))
        axes = figure.subplots()
        axes.barh(range(len(self.names), 0, -1), [100 * share for share in self.shares], 0.62, color=theme.BLUE)
        axes.set_yticks(range(len(self.names), 0, -1), [name.replace("_", " ") for name in self.names])
        axes.set(title=self.title, xlabel="share of the differences explained, %")
        axes.tick_params(axis="y", labelcolor=theme.INK)
        axes.grid(axis="y", visible=False)
        theme.people_ticks(axes.xaxis)
        return figure


def _n_most(search: Search) -> int:
    return sum(not each.has_one for each in search.space.entries)


class _Known:
    """Trials by their numbers and scores: what was computed of them once is kept while nothing is new."""

    def __init__(self, trials: tuple[Trial, ...], asking: Asking):
        self.trials, self.asking = trials, asking
        self._key = asking.space, tuple((trial.number, trial.score) for trial in trials)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


def _computed(trials: tuple[Trial, ...], asking: Asking) -> tuple[tuple[str, ...], tuple[float, ...]]:
    return _importances(_Known(trials, asking))


@lru_cache(maxsize=8)
def _importances(known: _Known) -> tuple[tuple[str, ...], tuple[float, ...]]:
    import optuna

    from nbreg.search.asking import quiet_optuna

    with quiet_optuna():
        study = optuna.create_study(direction="maximize" if known.asking.higher_is_better else "minimize")
        study.add_trials([known.asking.told(trial) for trial in known.trials])
        params = [each.name for each in known.asking.space.entries if not each.has_one]
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
        shares = optuna.importance.get_param_importances(study, evaluator=evaluator, params=params)
    return tuple(shares), tuple(shares.values())
