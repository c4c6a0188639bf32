"""What a search found so far, and what became of its best options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.data.spec import DataSpec
from nbreg.evaluation.metrics import METRICS
from nbreg.fit_options import fit_options
from nbreg.retelling import fit_line, layer_lines
from nbreg.search.course import Course
from nbreg.search.entries import text_of
from nbreg.search.resampled import Interval, corrected_mean
from nbreg.search.scoring import Scoring
from nbreg.search.searching import Searching
from nbreg.search.space import LAYERS, Space
from nbreg.search.trial import Trial

if TYPE_CHECKING:
    import pandas as pd

    from nbreg.evaluation.evaluation import Evaluation
    from nbreg.regressor import Regressor


class Search:
    """A search for the best options; it fills while the work goes on.

    Attributes
    ----------
    course : Course
        How far it is.
    trials : tuple of Trial
        What was tried, by number; number 0 has the options that the search began with.
    regressor : Regressor or None
        The best options, trained on all train rows: the session's latest, once the search has ended.
    test : Evaluation or None
        How good that regressor is on the test rows.
    nested : list of Searching
        With ``nested=True`` the searches of the outer folds; `nested_scores` has what their best came to.
    storage, study_name
        Where the trials are kept: ``optuna.load_study`` reads them.
    notices : list of str
        Sentences about how the search went.
    """

    def __init__(self, target: tuple[str, ...], base: Mapping[str, Any], course: Course):
        self.target, self.base, self.course = target, dict(base), course
        self.regressor: Regressor | None = None
        self.notices: list[str] = []
        self.test: Evaluation | None = None
        #: What the table is called in the notebook.
        self.data_name = "df"
        self.nested: list[Searching] = []
        self.nested_scores: dict[int, float] = {}
        self.storage: str | None = None
        self.study_name = ""
        self.searching: Searching

    # What was tried

    @property
    def space(self) -> Space:
        return self.searching.asking.space

    @property
    def scoring(self) -> Scoring:
        return self.searching.scoring

    @property
    def metric(self) -> str:
        """The metric that is to be best."""
        return self.scoring.metric

    @property
    def trials(self) -> tuple[Trial, ...]:
        known = dict(self.searching.trials)  # it may grow meanwhile
        return tuple(known[number] for number in sorted(known) if number < self.searching.n_trials)

    @property
    def default(self) -> Trial | None:
        """The trial with the options that the search began with."""
        return self.searching.trials.get(0)

    @property
    def best(self) -> Trial | None:
        """The best trial that is done; None before the first is."""
        return self.searching.best

    # What was found

    @property
    def best_options(self) -> dict[str, Any]:
        """The options of the best trial as `nbreg.fit` takes them, those of the search's own line among them."""
        return {} if self.best is None else {**self._of_table, **self.best.options}

    @property
    def best_score(self) -> float:
        """The mean of the metric over the folds of the best trial; NaN before one is done."""
        return float("nan") if self.best is None else self.best.score

    @property
    def default_score(self) -> float:
        """That of the options that the search began with, on the same folds."""
        return float("nan") if self.default is None else self.default.score

    def interval(self, trial: Trial) -> Interval:
        """Return a trial's mean over the folds with its corrected standard error (see `corrected_mean`)."""
        return corrected_mean(trial.values, self._test_share)

    def gain(self) -> Interval:
        """Return the mean over the folds of default - best (best - default where more is better), with its error.

        Of the trial that won by its score this is too favourable: ``nested=True`` has an honest figure.
        """
        if self.best is None or self.default is None or not self.default.is_done:
            return Interval(float("nan"), float("nan"), 0)
        sign = -1.0 if self.scoring.higher_is_better else 1.0
        gains = sign * (np.array(self.default.values) - np.array(self.best.values))
        return corrected_mean(gains, self._test_share)

    @property
    def nested_interval(self) -> Interval:
        """The score of what the search finds, judged on outer folds that it has not seen, with its standard error."""
        return corrected_mean(list(self.nested_scores.values()), self._test_share)

    @property
    def line(self) -> str:
        """The ``%nnreg fit`` line of the best options, on the table `data_name`; empty before a trial is done.

        With layers of the user's own it is a ``%%nnreg`` cell.
        """
        if self.best is None:
            return ""
        line, layers = fit_line(self.best_options, self.data_name), self.base.get(LAYERS)
        return line if layers is None else "\n".join([f"%{line}", *layer_lines(layers)])

    def words(self, trial: Trial) -> dict[str, str]:
        """Return what the space has of a trial's options, as words; options that do nothing there are missing."""
        known = fit_options()
        options = {name: trial.options.get(name, known[name].default) for name in self.space.names}
        has = trial.params if trial.number else options
        return {name: text_of(known[name], value) for name, value in options.items() if name in has}

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each trial: what was tried, the score, each fold's, how it ended, and why it failed."""
        import pandas as pd

        rows = [self._row(trial) for trial in self.trials]
        return pd.DataFrame(rows).set_index("trial") if rows else pd.DataFrame()

    def _row(self, trial: Trial) -> dict[str, Any]:
        known = fit_options()
        values = {name: _plain(trial.options.get(name, known[name].default)) for name in self.words(trial)}
        options = {name: values.get(name) for name in self.space.names}
        folds = dict(enumerate(trial.values, start=1))
        scores = {f"fold {i}": folds.get(i, float("nan")) for i in range(1, len(self.searching.table.folds) + 1)}
        return {
            "trial": trial.number,
            **options,
            self.metric: trial.score,
            "standard error": self.interval(trial).standard_error if trial.is_done else float("nan"),
            **scores,
            "status": trial.status,
            "seconds": trial.seconds,
            "error": trial.error,
        }

    @property
    def _test_share(self) -> float:
        folds = self.searching.table.folds
        return float(np.mean([len(fold.test) / len(fold.train) for fold in folds]))

    @property
    def _of_table(self) -> dict[str, Any]:
        spec = self.searching.table.spec
        usual = spec.test_fraction == DataSpec.options()["test_fraction"].default
        return {"target": spec.target, **({} if usual else {"test_fraction": spec.test_fraction})}

    def __repr__(self) -> str:
        from nbreg.plots.search_card import search_text

        return str(search_text(self))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        from nbreg.plots.search_card import search_bundle

        return search_bundle(self)

    @property
    def metric_title(self) -> str:
        """What people call the metric, and its unit where that is not the target's own."""
        return METRICS[self.metric].title + self._unit_words

    @property
    def axis_title(self) -> str:
        """What stands at an axis of scores."""
        return METRICS[self.metric].axis_title + self._unit_words

    @property
    def _unit_words(self) -> str:
        return " (of standard deviations)" if self.scoring.is_relative else ""


def _plain(value: Any) -> Any:
    """Return an option's value as a table holds it: several numbers as text."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else value
