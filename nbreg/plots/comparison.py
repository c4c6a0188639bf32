"""The network's metrics beside those of the baselines: the table of a card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbreg.evaluation.evaluation import Evaluation
from nbreg.evaluation.metrics import METRICS, Metric

if TYPE_CHECKING:
    from nbreg.evaluation.report import Report


@dataclass(frozen=True)
class Comparison:
    """One target's metrics on one row set: texts by metric and model; `best` are the places of the best ones."""

    target: str
    rows: str
    n_rows: int
    models: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    best: frozenset[tuple[int, int]]


def compare(report: Report, rows: str, target: str) -> Comparison:
    """Return the metrics of `target` on `rows`: a line for each metric, a column for network and each baseline.

    Models whose figures look the same are marked alike, however their later digits differ.
    """
    models = {"network": report.evaluations[rows]}
    models.update((name, report.baselines[name][rows]) for name in reversed(report.baselines))
    lines = [_line(metric, list(models.values()), target) for metric in METRICS.values()]
    best = frozenset((i, j) for i, (_, marked) in enumerate(lines) for j in marked) if len(models) > 1 else frozenset()
    texts = tuple(tuple(texts) for texts, _ in lines)
    return Comparison(target, rows, report.evaluations[rows].n_rows, tuple(models), texts, best)


def _line(metric: Metric, evaluations: list[Evaluation], target: str) -> tuple[list[str], list[int]]:
    values = [each.value(metric.name, target) for each in evaluations]
    texts = [metric.show(value) for value in values]
    known = [value for value in values if value is not None]
    if not known:
        return texts, []
    best = metric.show(max(known) if metric.higher_is_better else min(known))
    return texts, [place for place, text in enumerate(texts) if text == best]
