"""How good a network is on rows that it has not seen: each row is held out once, and again in each repeat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.data.spec import DataSpec
from nbreg.data.splitting import Rows
from nbreg.errors import DataError
from nbreg.evaluation.metrics import METRICS
from nbreg.options import refuse_unknown
from nbreg.regressor import Regressor
from nbreg.search.conducting import CONDUCTING
from nbreg.search.course import Course
from nbreg.search.cv_options import cv_options
from nbreg.search.fold_spec import FoldSpec
from nbreg.search.fold_table import FoldTable
from nbreg.search.folds import Fold
from nbreg.search.gathering import gather
from nbreg.search.hiring import workers_of
from nbreg.search.outcome import Outcome
from nbreg.search.resampled import Interval, corrected_mean
from nbreg.search.window_options import NO_CROSS_VALIDATION, refuse_windows
from nbreg.search.worker_spec import WorkerSpec
from nbreg.search.workers import Fit, Workers
from nbreg.session import as_table

if TYPE_CHECKING:
    import keras
    import pandas as pd

#: What the card calls the network among the baselines.
NETWORK = "network"


class CrossValidation:
    """What a cross-validation found so far; it fills while the work goes on.

    `outcomes` are by position in `folds`; those that are not there yet are missing. `course` says how far it is,
    `notices` are sentences about who does it.
    """

    def __init__(self, table: FoldTable, network: str):
        self.table, self.network = table, network
        self.outcomes: dict[int, Outcome] = {}
        self.notices: tuple[str, ...] = ()
        self.course = Course(len(table.folds))

    @property
    def targets(self) -> tuple[str, ...]:
        return self.table.spec.target

    @property
    def folds(self) -> tuple[Fold, ...]:
        """All folds, those of one repeat after those of the other."""
        return self.table.folds

    @property
    def failures(self) -> dict[int, str]:
        """The folds that failed, by their position, and why."""
        return {i: each.error for i, each in self.outcomes.items() if each.error}

    @property
    def models(self) -> tuple[str, ...]:
        """The network, and the simpler models beside it."""
        baselines = (name for each in self.outcomes.values() for name in each.baselines)
        return (NETWORK, *dict.fromkeys(baselines))

    def values(self, metric: str, target: str | None = None, model: str = NETWORK) -> np.ndarray:
        """Return a metric of each fold, ``(n_folds,)``, NaN where there is none; of the first target, unless given."""
        return np.array([self._value(i, metric, target, model) for i in range(len(self.folds))])

    def interval(self, metric: str, target: str | None = None, model: str = NETWORK) -> Interval:
        """Return the mean of a metric over the folds, with its corrected standard error (see `corrected_mean`)."""
        return corrected_mean(self.values(metric, target, model), self.test_share)

    @property
    def test_share(self) -> float:
        """How many rows a fold holds out over how many it learns from, in the mean."""
        return float(np.mean([len(fold.test) / len(fold.train) for fold in self.folds]))

    def mean(self, metric: str, target: str | None = None) -> float:
        """Return the mean of a metric over the folds."""
        return self.interval(metric, target).mean

    def standard_error(self, metric: str, target: str | None = None) -> float:
        """Return how far the mean of a metric is off, as a corrected standard error."""
        return self.interval(metric, target).standard_error

    @property
    def predictions(self) -> np.ndarray:
        """The out-of-fold predictions in target units, ``(n_rows[, n_targets])``, the mean of the repeats.

        They are in the order of the table; rows that no finished fold held out have NaN.
        """
        shape = len(self.table.frame), len(self.targets)
        total, times = np.zeros(shape), np.zeros(shape[0])
        for i, outcome in self.outcomes.items():
            if outcome.predicted is not None:
                total[self.folds[i].test] += outcome.predicted
                times[self.folds[i].test] += 1
        with np.errstate(invalid="ignore"):
            means = total / times[:, None]
        return means[:, 0] if shape[1] == 1 else means

    def splits(self) -> list[tuple[Rows, Rows]]:
        """Return the folds as scikit-learn takes them for ``cv=``: train and held-out positions of each."""
        return [(fold.train, fold.test) for fold in self.folds]

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each finished fold and target: rows, epochs, seconds, the metrics, and why it failed."""
        import pandas as pd

        rows = [self._row(i, target) for i in sorted(self.outcomes) for target in self.targets]
        return pd.DataFrame(rows)

    def _row(self, i: int, target: str) -> dict[str, Any]:
        fold, outcome = self.folds[i], self.outcomes[i]
        metrics = {metric: outcome.value(metric, target) for metric in METRICS}
        about = {"repeat": fold.repeat + 1, "fold": fold.number + 1, "target": target}
        rows = {"n_train": len(fold.train), "n_test": len(fold.test)}
        return {
            **about,
            **rows,
            "epochs": outcome.epochs,
            "seconds": outcome.seconds,
            **metrics,
            "error": outcome.error,
        }

    def _value(self, i: int, metric: str, target: str | None, model: str) -> float:
        outcome = self.outcomes.get(i)
        if outcome is None:
            return float("nan")
        if model == NETWORK:
            return outcome.value(metric, target)
        found = outcome.baselines.get(model)
        value = None if found is None else found.value(metric, target)
        return float("nan") if value is None else value

    def __repr__(self) -> str:
        from nbreg.plots.cross_validation_card import cross_validation_text

        return str(cross_validation_text(self))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        from nbreg.plots.cross_validation_card import cross_validation_bundle

        return cross_validation_bundle(self)


def cross_validate(
    data: Any,
    target: str | Sequence[str] = (),
    *,
    layers: Sequence[keras.layers.Layer] | None = None,
    client: Any = None,
    **options: Any,
) -> CrossValidation:
    """Return how good a network is on rows that it has not seen, with its uncertainty, beside simpler models.

    In each fold all is learned anew from the rows that it does not hold out: encoder, scaler and network; the share
    ``validation_fraction`` of these watches training. The numbers are those that scikit-learn's ``cross_validate``
    has for ``Regressor(**options)`` on the same folds (`CrossValidation.splits`).

    Parameters
    ----------
    data : table
        As `nbreg.fit` takes it.
    target : str or sequence of str
        Columns to predict.
    layers : sequence of keras.layers.Layer, optional
        The hidden layers, in place of `network` and its options.
    client : dask.distributed.Client, optional
        Of a cluster that does the trainings; ``cluster=`` takes the address of one.
    **options
        As the flags of ``%nnreg cv``, with underscores: those of ``nbreg.fit``, `folds`, `repeats`, `jobs`. With
        ``split="group"`` a fold holds out whole groups, with ``split="time"`` what is later than all that it learns
        from.

    Returns
    -------
    CrossValidation
        Of an interrupted one, what is finished. Folds that fail are recorded with their message.

    Raises
    ------
    DataError, OptionError
        For what does not fit, as `nbreg.fit`; and where all folds fail.
    """
    refuse_windows(options, NO_CROSS_VALIDATION)
    refuse_unknown(options, cv_options())
    choices = {name: declared.check(options[name]) for name, declared in cv_options().items() if name in options}
    spec = DataSpec.of({**choices, **({"target": target} if target else {})})
    table = FoldTable.of(as_table(data), spec, FoldSpec.of(choices), with_baselines=True)
    of_network = {name: value for name, value in choices.items() if name in Regressor.options()}
    if layers is not None:
        of_network["layers"] = layers
    found = CrossValidation(table, _network_words(of_network))
    workers = workers_of(WorkerSpec.of(choices), client)
    found.notices = workers.notices
    title = f"Cross-validation of {', '.join(spec.target)}"
    CONDUCTING.conductor(found.course, lambda: _fill(found, workers, of_network), title=title, shown=lambda: found)
    if found.outcomes and len(found.failures) == len(found.outcomes):
        raise DataError(f"All folds failed: {next(iter(found.failures.values()))}")
    return found


def _network_words(options: dict[str, Any]) -> str:
    """Return words for the network. Raises OptionError where choices do not fit together."""
    from nbreg.networks.blueprint import Blueprint

    return Blueprint.of(Regressor(**options).get_params(deep=False)).words()


def _fill(found: CrossValidation, workers: Workers, options: dict[str, Any]) -> None:
    """Have all folds done, and put what comes of each where it belongs."""

    def keep(fit: Fit, outcome: Outcome) -> None:
        found.outcomes[fit.key] = outcome

    fits = (Fit(i, options, i) for i in range(len(found.folds)))
    gather(workers, found.table, fits, found.course, keep)
