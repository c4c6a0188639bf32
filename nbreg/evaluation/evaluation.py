"""How good predictions are on one set of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from nbreg.errors import DataError, OptionError, did_you_mean
from nbreg.evaluation import relative, sheet
from nbreg.evaluation.metrics import METRICS, Measured, Metric, measure
from nbreg.evaluation.wording import counted, rounded

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Evaluation:
    """The eight metrics, for each target in its own units.

    ``evaluation["rmse"]`` is a number, or, with several targets, a dictionary with one for each; where a
    metric is not defined it is NaN, and `reason` says why.
    """

    targets: tuple[str, ...]
    n_rows: int
    #: For each target, metric -> value or reason.
    measured: tuple[dict[str, Measured], ...]
    #: For each target its RMSE over that of predicting the train mean; empty where the train mean is not known.
    relative_rmse: tuple[float | None, ...] = ()

    @property
    def arrmse(self) -> float | None:
        """The average relative RMSE of several targets (Spyromitros-Xioufis et al. 2016); None for one target."""
        return relative.average(self.relative_rmse)

    def __getitem__(self, metric: str) -> Any:
        values = {target: self.value(metric, target) for target in self.targets}
        numbers = {target: float("nan") if value is None else value for target, value in values.items()}
        return numbers if len(numbers) > 1 else numbers[self.targets[0]]

    def __iter__(self) -> Iterator[str]:
        return iter(METRICS)

    def __len__(self) -> int:
        return len(METRICS)

    def __contains__(self, metric: object) -> bool:
        return metric in METRICS

    def keys(self) -> Sequence[str]:
        return tuple(METRICS)

    def value(self, metric: str, target: str | None = None) -> float | None:
        """Return one metric of one target (of the first, unless given); None where it is not defined."""
        return self._of(metric, target).value

    def reason(self, metric: str, target: str | None = None) -> str:
        """Return why a metric is not defined; an empty text where it is."""
        return self._of(metric, target).reason

    def _of(self, metric: str, target: str | None) -> Measured:
        if metric not in METRICS:
            raise OptionError(f'There is no metric "{metric}".{did_you_mean(metric, METRICS)}')
        if target is not None and target not in self.targets:
            raise OptionError(f'There is no target "{target}".{did_you_mean(target, self.targets)}')
        return self.measured[0 if target is None else self.targets.index(target)][metric]

    def to_frame(self) -> pd.DataFrame:
        """Return a frame with a row for each metric and a column for each target; NaN where not defined."""
        import pandas as pd

        values = [[each[name].value for each in self.measured] for name in METRICS]
        index = pd.Index(list(METRICS), name="metric")
        return pd.DataFrame(values, index=index, columns=list(self.targets), dtype="float64")

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, which `from_dict` takes back."""
        measured = [{name: [each.value, each.reason] for name, each in of.items()} for of in self.measured]
        plain = {"targets": list(self.targets), "n_rows": self.n_rows, "measured": measured}
        return {**plain, "relative_rmse": list(self.relative_rmse)}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        measured = tuple({name: Measured(*of[name]) for name in METRICS} for of in plain["measured"])
        # Older files know of no relative error.
        return cls(tuple(plain["targets"]), int(plain["n_rows"]), measured, tuple(plain.get("relative_rmse", ())))

    def __repr__(self) -> str:
        table = [["", *self.targets], *self._rows()]
        lines = [f"Evaluation on {counted(self.n_rows, 'row')}", *sheet.text_table(table)]
        return "\n".join([*lines, *self._notes()])

    def _rows(self) -> list[list[str]]:
        rows = [[metric.title, *self._shown(metric)] for metric in METRICS.values()]
        if self.arrmse is not None:
            rows.append(["Relative RMSE", *map(rounded, self.relative_rmse)])
        return rows

    def _notes(self) -> list[str]:
        average = [] if self.arrmse is None else [f"aRRMSE {rounded(self.arrmse)}: {relative.ABOUT}."]
        return [*average, *(f"{line}." for line in self.not_defined())]

    def not_defined(self) -> list[str]:
        """Return a line for each reason for which metrics have no value."""
        lines = []
        for target, of in zip(self.targets, self.measured, strict=True):
            for reason in dict.fromkeys(each.reason for each in of.values() if each.reason):
                names = [METRICS[name].title for name, each in of.items() if each.reason == reason]
                lines.append(f"{target}: no {', '.join(names)}, as {reason}")
        return lines

    def _shown(self, metric: Metric) -> list[str]:
        return [metric.show(of[metric.name].value) for of in self.measured]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        head = ["metric", *self.targets]
        caption = f"Evaluation on {counted(self.n_rows, 'row')}"
        body = sheet.table(head, self._rows(), caption) + sheet.notes(self._notes())
        return {"text/plain": repr(self), "text/html": sheet.sheet(body)}


def evaluate_rows(data: Any, which: str, predicted: Any) -> Evaluation:
    """Return how near `predicted` ``(n_rows, n_targets)`` comes to the targets of a `RegressionData`'s row set."""
    means = data.judged(data.target_scaler.train_mean_[None])[0]
    observed, predicted = (data.judged(values) for values in (data.observed(which), predicted))
    return replace(evaluate(observed, predicted, data.judged_names, means), n_rows=data.n_rows(which))


def is_sampled(data: Any, which: str) -> bool:
    """Return whether only some rows of a set are held in memory."""
    return bool(data.n_rows(which) < data.n_rows_in_all(which))


def evaluate_all(data: Any, which: str, predict: Callable[[Any], Any]) -> Evaluation:
    """Return how near predictions come to the targets of a row set, all of its rows, also those not held in memory.

    `predict` takes encoded inputs ``(n, n_inputs)`` to predictions ``(n, n_targets)`` in target units.
    """
    found = [(targets, np.asarray(predict(x), np.float64)) for x, targets in data.blocks(which)]
    observed, predicted = (data.judged(np.concatenate(each)) for each in zip(*found, strict=True))
    means = data.judged(data.target_scaler.train_mean_[None])[0]
    return evaluate(observed, predicted, data.judged_names, means)


def evaluate(observed: Any, predicted: Any, targets: Sequence[str], train_means: Any = None) -> Evaluation:
    """Return how near `predicted` comes to `observed`, both ``(n_rows, n_targets)`` in the targets' units.

    With one target both may be ``(n_rows,)``; a target is judged on the rows that have it, not NaN. `train_means`,
    ``(n_targets,)``, are what the errors of several targets are measured by; unless they are given, there is no
    aRRMSE. Raises DataError where shapes differ.
    """
    names = tuple(targets)
    both = [np.asarray(values, dtype=np.float64) for values in (observed, predicted)]
    observed, predicted = (values[:, None] if values.ndim == 1 else values for values in both)
    if observed.shape != predicted.shape or observed.shape[1:] != (len(names),):
        raise DataError(
            f"Observed and predicted values take one shape, with {counted(len(names), 'column')}; "
            f"got {observed.shape} and {predicted.shape}."
        )
    measured = tuple(measure(observed[:, i], predicted[:, i]) for i in range(len(names)))
    shares = () if train_means is None else relative.relative_rmse(observed, predicted, train_means)
    return Evaluation(names, len(observed), measured, shares)
