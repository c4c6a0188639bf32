"""What one choice does: a network is trained with each of its values on the same folds, and the rest is statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.data.reading import Floats
from nbreg.errors import DataError, NbregError, OptionError
from nbreg.evaluation.metrics import METRICS
from nbreg.networks.architecture import replaced_by_layers
from nbreg.options import refuse_unknown
from nbreg.search.conducting import CONDUCTING
from nbreg.search.course import Course
from nbreg.search.factor import Factor, factor_named
from nbreg.search.findings import Findings, findings_of, pairwise
from nbreg.search.fold_table import FoldTable
from nbreg.search.gathering import gather
from nbreg.search.hiring import workers_of
from nbreg.search.latest import LATEST
from nbreg.search.more_rows import ErrorCurve, error_curve
from nbreg.search.outcome import Outcome
from nbreg.search.resampled import Interval, corrected_mean, half_width
from nbreg.search.shown_metrics import SHOWN
from nbreg.search.space import LAYERS
from nbreg.search.study_options import study_options
from nbreg.search.study_table import applied, network_options, notices_on, table_of
from nbreg.search.study_values import values_of
from nbreg.search.worker_spec import WorkerSpec
from nbreg.search.workers import Fit, Workers
from nbreg.session import as_table
from nbreg.training.trainers import room_for

if TYPE_CHECKING:
    import keras
    import pandas as pd

#: Every error is judged by this where another has no value, such as a logarithmic one of negative predictions.
_ALWAYS = "rmse"


class Study:
    """What a study found so far; it fills while the work goes on.

    A value (of two factors: a pair of values) is known by its position in `points`. `outcomes` are by position and
    fold; those that are not there yet are missing. `course` says how far it is. Others may read it meanwhile.
    """

    def __init__(self, factors: Sequence[Factor], values: Sequence[Sequence[Any]], table: FoldTable, network: str = ""):
        self.factors, self.values = tuple(factors), tuple(map(tuple, values))
        self.table, self.network = table, network
        self.points: tuple[tuple[Any, ...], ...] = tuple(product(*self.values))
        self.outcomes: dict[tuple[int, int], Outcome] = {}
        self.notices: tuple[str, ...] = ()
        self.course = Course(len(self.points) * len(table.folds))
        self._curves: dict[tuple[str, int], ErrorCurve | None] = {}

    # What it is about

    @property
    def targets(self) -> tuple[str, ...]:
        return self.table.spec.target

    @property
    def title(self) -> str:
        """What is studied, such as ``hidden units and learning rate``."""
        return " and ".join(factor.title for factor in self.factors)

    @property
    def test_share(self) -> float:
        """How many rows a fold holds out over how many there are to learn from, in the mean."""
        return float(np.mean([len(fold.test) / len(fold.train) for fold in self.table.folds]))

    def judge(self, target: str | None = None) -> str:
        """Return the metric that the best value goes by: the factor's own, or rmse where that has no value."""
        wanted = self.factors[0].judge
        done = [each for each in list(self.outcomes.values()) if not each.error]
        return _ALWAYS if any(np.isnan(each.value(wanted, target)) for each in done) else wanted

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that are shown."""
        return tuple(dict.fromkeys((*self.factors[0].metrics, *map(self.judge, self.targets))))

    def label(self, point: int) -> str:
        """Return a value as an axis shows it; of two factors both, parted by a comma."""
        return ", ".join(factor.label(value) for factor, value in zip(self.factors, self.points[point], strict=True))

    # What came of it

    @property
    def failures(self) -> dict[tuple[int, int], str]:
        """The trainings that failed, by value and fold, and why."""
        return {key: each.error for key, each in list(self.outcomes.items()) if each.error}

    def n_finished(self, point: int) -> int:
        """Return on how many folds a value is finished, without those that failed."""
        return sum(at == point and not each.error for (at, _), each in list(self.outcomes.items()))

    def results(self, point: int, metric: str, target: str | None = None) -> Floats:
        """Return a metric of one value on each fold, ``(n_folds,)``, NaN where there is none."""
        found = (self.outcomes.get((point, fold)) for fold in range(len(self.table.folds)))
        return np.array([np.nan if each is None else each.value(metric, target) for each in found])

    def interval(self, point: int, metric: str, target: str | None = None) -> Interval:
        """Return the mean of a metric of one value, with its corrected standard error (see `corrected_mean`)."""
        return corrected_mean(self.results(point, metric, target), self.test_share)

    def findings(self, target: str | None = None) -> Findings | None:
        """Return how the values compare; those of which a training failed are left out. None: it is too early."""
        metric = self.judge(target)
        return findings_of(self._complete(metric, target), SHOWN[metric], self.test_share)

    @property
    def best(self) -> Any:
        """The value that is really better than each other one, for every target; None where no value is.

        That is by the corrected resampled t-test (Nadeau & Bengio 2003) against each other value, with Holm's
        correction: see `findings`. Of two factors it is a pair of values.
        """
        found = {each.best if each else None for each in map(self.findings, self.targets)}
        point = found.pop() if len(found) == 1 else None
        return None if point is None else self._plain(point)

    def differences(self) -> pd.DataFrame:
        """Return a row for each target and pair of values: difference of the judged metric, its error, n, t, p, p_holm.

        `t` and `p` are those of the corrected resampled t-test, which compares errors by their ratios (see
        `findings`); `p_holm` is corrected for all pairs of the target.
        """
        import pandas as pd

        return pd.DataFrame([row for target in self.targets for row in self._differences(target)])

    def summary(self) -> pd.DataFrame:
        """Return a row for each target and value: mean, standard error and 95 % interval of the shown metrics."""
        import pandas as pd

        return pd.DataFrame(
            [self._summed(point, target) for target in self.targets for point in range(len(self.points))]
        )

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each value, fold and target: rows, epochs, seconds, losses, all metrics, why it failed."""
        import pandas as pd

        return pd.DataFrame([self._row(*key, target) for key in sorted(self.outcomes) for target in self.targets])

    def curve(self, target: str | None = None) -> ErrorCurve | None:
        """Return the learning curve of a study of data_size; None for other factors, and where none can be told."""
        metric = self.judge(target)
        if self.factors[0].name != "data_size" or len(self.factors) > 1 or SHOWN[metric].higher_is_better:
            return None
        known = self._complete(metric, target)
        sizes = [self.points[point][0] for point in known]
        key = target or self.targets[0], len(self.outcomes)
        if sizes and key not in self._curves:  # it takes seconds
            self._curves[key] = error_curve(sizes, list(known.values()), self.test_share)
        return self._curves.get(key)

    def _complete(self, metric: str, target: str | None) -> dict[int, Floats]:
        """Return the results of each value that has some, and of which no training failed."""
        failed = {point for point, _ in self.failures}
        found = {i: self.results(i, metric, target) for i in range(len(self.points)) if i not in failed}
        return {i: each for i, each in found.items() if not np.isnan(each).all()}

    def _differences(self, target: str) -> Iterator[dict[str, Any]]:
        metric = self.judge(target)
        for pair in pairwise(self._complete(metric, target), SHOWN[metric], self.test_share):
            values = {"first": self._plain(pair.first), "second": self._plain(pair.second)}
            apart = {"difference": pair.difference.mean, "standard_error": pair.difference.standard_error}
            tested = {"n": pair.test.n, "t": pair.test.t, "p": pair.test.p, "p_holm": pair.p_holm}
            yield {"target": target, "metric": metric, **values, **apart, **tested}

    def _summed(self, point: int, target: str) -> dict[str, Any]:
        found = self.findings(target)
        row: dict[str, Any] = {**self._named(point), "target": target, "n": self.n_finished(point)}
        for metric in self.metrics:
            interval = self.interval(point, metric, target)
            mean, half = interval.mean, half_width(interval)
            row |= {metric: mean, f"{metric}_error": interval.standard_error}
            row |= {f"{metric}_low": mean - half, f"{metric}_high": mean + half}
        return {**row, "best": found is not None and found.best == point}

    def _row(self, point: int, fold: int, target: str) -> dict[str, Any]:
        at, outcome = self.table.folds[fold], self.outcomes[point, fold]
        about = {"repeat": at.repeat + 1, "fold": at.number + 1, "target": target}
        rows = {"n_train": outcome.n_train, "n_test": outcome.n_test, "epochs": outcome.epochs}
        of_training = {name: getattr(outcome, name) for name in ("seconds", "loss", "val_loss", "last_loss")}
        metrics = {metric: outcome.value(metric, target) for metric in METRICS}
        return {**self._named(point), **about, **rows, **of_training, **metrics, "error": outcome.error}

    def _named(self, point: int) -> dict[str, Any]:
        values = zip(self.factors, self.points[point], strict=True)
        return {factor.name: factor.plain(value) for factor, value in values}

    def _plain(self, point: int) -> Any:
        values = tuple(self._named(point).values())
        return values[0] if len(values) == 1 else values

    def __repr__(self) -> str:
        from nbreg.plots.study_card import study_text

        return str(study_text(self))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        from nbreg.plots.study_card import study_bundle

        return study_bundle(self)


def study(
    factor: str | Sequence[str], data: Any, target: str | Sequence[str] = (), values: Any = None, **options: Any
) -> Study:
    """Return what a choice does: a network is trained with each value of it on the same folds, from the same seeds.

    Parameters
    ----------
    factor : str or two of them
        ``learning_rate``, ``hidden_units``, ``activation``, ``epochs``, ``features``, ``network``,
        ``regularization``, ``data_size``, or any other option of ``nbreg.fit``. Two make a grid of all pairs of values.
    data : table
        As `nbreg.fit` takes it.
    target : str or sequence of str
        Columns to predict.
    values : sequence, or text as behind ``--values``, optional
        Values to try, those of the factor unless given; of two factors a dictionary of such by their names. Named sets
        of features may be a dictionary of columns.
    **options
        As the flags of ``%nnreg study``, with underscores: those of ``nbreg.fit``, `folds`, `repeats`, `jobs`,
        `cluster`; `layers`, hidden layers of your own in place of `network` and its options; and `client`, a
        dask.distributed.Client that trains. With `window`, `horizon`, or another option of
        ``nbreg.forecast`` that a fit does not have, rows are windows of series, and networks are trained to forecast:
        the latest rows, a stretch after the other, each from those before it.

    Returns
    -------
    Study
        Of an interrupted one, what is finished: all values go through one fold before the next. Trainings that fail are
        recorded with their message.

    Raises
    ------
    DataError, OptionError
        For what does not fit, as `nbreg.fit`, for what is no value of a factor, and where all trainings fail.
    """
    found, work = drafted(factor, data, target, values, **options)
    CONDUCTING.conductor(found.course, work, title=f"Study of {found.title}", shown=lambda: found)
    if found.outcomes and len(found.failures) == len(found.outcomes):
        raise DataError(f"All trainings failed: {next(iter(found.failures.values()))}")
    return found


def drafted(
    factor: str | Sequence[str],
    data: Any,
    target: str | Sequence[str] = (),
    values: Any = None,
    *,
    layers: Sequence[keras.layers.Layer] | None = None,
    client: Any = None,
    **options: Any,
) -> tuple[Study, Callable[[], None]]:
    """Return a study of which nothing is done yet, and the work that fills it, for who has it done in his own way.

    It takes what `study` takes, and raises what does not fit.
    """
    factors = _factors(factor)
    refuse_unknown(options, study_options())
    given = {**options, **({"target": target} if target else {}), "values": () if values is None else values}
    choices = {name: declared.check(given[name]) for name, declared in study_options().items() if name in given}
    _refuse_replaced(factors, choices)
    table = table_of(as_table(data), choices, factors)
    of_network = network_options(table, choices, factors)
    if layers is not None:
        of_network[LAYERS] = list(layers)
    values = values_of(factors, choices["values"], table, of_network)
    table = table.comparing([applied(factors, point, of_network) for point in product(*values)])
    words = "" if any(factor.name == "network" for factor in factors) else _network_words(table, of_network)
    found = Study(factors, values, table, words)
    _refuse_fixed(found, of_network)
    workers = workers_of(WorkerSpec.of(choices), client)
    found.notices = (*notices_on(table, choices, factors), *workers.notices)
    return found, lambda: _fill(found, workers, of_network)


def _factors(given: str | Sequence[str]) -> tuple[Factor, ...]:
    """Return the factors that ``name``, ``name,name`` or a sequence of names means. Raises OptionError."""
    names = [name.strip() for name in given.split(",")] if isinstance(given, str) else list(given)
    if not 1 <= len(names) <= 2 or len(set(names)) < len(names):
        raise OptionError(f"A study takes one factor, or two different ones; got {', '.join(map(str, names))}.")
    return tuple(map(factor_named, names))


def _refuse_replaced(factors: Sequence[Factor], choices: dict[str, Any]) -> None:
    for factor in factors:
        for name in factor.replaces:
            if name in choices:
                flag = study_options()[name].flag
                raise OptionError(f"{factor.name} is what is studied: give its values (--values) in place of {flag}.")


def _refuse_fixed(found: Study, options: dict[str, Any]) -> None:
    """Raise OptionError for a factor that varies what layers of the user's own fix."""
    if LAYERS not in options:
        return
    for factor, values in zip(found.factors, found.values, strict=True):
        varied = {name for value in values for name in factor.applied(value, {})} & replaced_by_layers()
        if varied:
            raise OptionError(
                f"{factor.name} is fixed by layers of your own: a network given by them has no option {min(varied)}."
            )


def _network_words(table: FoldTable, options: dict[str, Any]) -> str:
    """Return words for the network; none where it takes one of the values to make one."""
    from nbreg.networks.blueprint import Blueprint

    with suppress(NbregError):
        return Blueprint.of(table.estimator(**options).get_params(deep=False)).words()
    return ""


def _fill(found: Study, workers: Workers, options: dict[str, Any]) -> None:
    """Have all trainings done, and put what comes of each where it belongs."""
    LATEST.study = found
    found.factors = tuple(each.prepared(found.table, options, found.course.follow) for each in found.factors)

    def keep(fit: Fit, outcome: Outcome) -> None:
        found.outcomes[fit.key] = outcome

    with room_for(len(found.points)):
        gather(workers, found.table, _fits(found, options), found.course, keep)


def _fits(found: Study, options: dict[str, Any]) -> Iterator[Fit]:
    """Yield all trainings: all values on the first fold, then on the second, so that a stopped study has all values."""
    for fold, point in product(range(len(found.table.folds)), range(len(found.points))):
        try:
            yield _fit(found, options, point, fold)
        except NbregError as error:
            if found.course.stop_wanted:
                return
            found.outcomes[point, fold] = Outcome(0.0, error=str(error))
            found.course.advance()


def _fit(found: Study, options: dict[str, Any], point: int, fold: int) -> Fit:
    alike = len(found.table.folds)
    for factor, value, values in zip(found.factors, found.points[point], found.values, strict=True):
        alike *= factor.alike(value, values)
    on_fold = [factor.on_fold(value, fold) for factor, value in zip(found.factors, found.points[point], strict=True)]
    chosen, n_train = applied(found.factors, on_fold, options)
    return Fit((point, fold), chosen, fold, refits=alike, n_train=n_train or found.table.n_alike)
