"""What a study has found so far, as plain data for a view: the picture's numbers, the table, and how far it is."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nbreg.evaluation import sheet
from nbreg.evaluation.metrics import Metric
from nbreg.evaluation.wording import count, counted
from nbreg.panels.wording import duration
from nbreg.search.resampled import Interval, half_width
from nbreg.search.shown_metrics import SHOWN
from nbreg.search.study import Study
from nbreg.search.study_words import found_words, more_rows_words

#: A study of one factor draws so many metrics beside each other.
_DRAWN = 2
#: A learning curve is drawn up to so many times the rows, through so many points.
_REACH, _FINE = 10.0, 60


def found_so_far(study: Study, target: str, *, whole: bool = False) -> tuple[dict[str, Any], bytes]:
    """Return what there is to see of one target, and the metric of each value and fold.

    The latter are float32, ``(n_metrics, n_values, n_folds)``, NaN where there is none; none of two factors.
    With `whole` there is also what takes seconds to find.
    """
    findings = study.findings(target)
    drawn = study.metrics[:_DRAWN] if len(study.factors) == 1 else ()
    best = None if findings is None else findings.best
    judge = study.judge(target)
    numbers = np.array([[study.results(i, name, target) for i in _points(study)] for name in drawn], np.float32)
    n_folds = len(study.table.folds)
    done = [sum((i, fold) in study.outcomes for fold in range(n_folds)) for i in _points(study)]
    metrics = [_metric(study, SHOWN[name], target, best if name == judge else None) for name in drawn]
    for name, each in zip(drawn, metrics, strict=True):
        each["band"] = _band(study, target) if whole and name == judge else None
    has_band = any(each["band"] for each in metrics)  # it reaches far
    found = {
        "heading": _heading(study),
        "factor": study.title,
        "targets": list(study.targets),
        "target": target,
        "axis": _axis(study) if not has_band else {**_axis(study), "kind": "log"},
        "n_folds": n_folds,
        "metrics": metrics,
        "best": best,
        "head": [_first_up(study.title), *(SHOWN[name].title for name in study.metrics), "Trainings"],
        "rows": [_row(study, i, target, done[i], n_folds) for i in _points(study)],
        "done": [_of(each, n_folds) for each in done],
    }
    return found, numbers.tobytes()


def findings_words(study: Study, target: str, *, whole: bool = False) -> list[str]:
    """Return what the study found of one target so far, in sentences; `whole`: also what takes seconds to find."""
    more = more_rows_words(study, target) if whole else []
    found = [f"{target}: {found_words(study, target)}" if len(study.targets) > 1 else found_words(study, target)]
    of_factors = [words for factor in study.factors if (words := factor.words())]
    return [*found, *more, *of_factors, *_failures(study)]


def heat_map(study: Study) -> str:
    """Return the picture of a study of two factors, as HTML; nothing for one, and before there is anything."""
    from nbreg.plots.pictures import PICTURES_STYLE, drawn, pictures_html
    from nbreg.plots.study_heatmap import StudyHeatmap

    if len(study.factors) < 2 or len(study.outcomes) == len(study.failures):
        return ""
    return sheet.sheet(pictures_html(drawn([StudyHeatmap.of(study)])), PICTURES_STYLE)


def course_state(study: Study, error: str = "") -> dict[str, Any]:
    """Return how far a study is, in numbers and in words."""
    course = study.course
    left = course.seconds_left
    if course.ended:
        pace = f"in {duration(course.seconds)}"
    else:
        pace = "getting ready" if left is None else f"{duration(left)} left"
    return {
        "status": course.status,
        "stopping": course.stop_wanted and not course.ended,
        "epochs": course.n_all,
        "progress": course.n_done,
        "where": f"{count(course.n_done)} of {counted(course.n_all, 'training')}",
        "left": pace,
        "speed": "",
        "error": error,
    }


def shown(metric: Metric, interval: Interval) -> str:
    """Return the mean of a metric with its standard error, as people read it."""
    return metric.show_mean(interval.mean, interval.standard_error)


def _metric(study: Study, metric: Metric, target: str, best: int | None) -> dict[str, Any]:
    intervals = [study.interval(i, metric.name, target) for i in _points(study)]
    words = [shown(metric, each) for each in intervals]
    told = [f"{study.label(i)} {words[i]}" for i in _points(study) if intervals[i].n]
    ending = "" if best is None else f"; {study.label(best)} is really the best"
    return {
        "title": metric.title,
        "better": "higher is better" if metric.higher_is_better else "lower is better",
        "share": metric.unit == "share of one",
        "means": [_bounds(each) for each in intervals],
        "words": words,
        "best": best,
        "alt": f"{metric.title} by {study.title}: {', '.join(told)}{ending}. Arrow keys read out values, Enter holds.",
    }


def _band(study: Study, target: str) -> dict[str, Any] | None:
    """Return the learning curve beyond the sizes that were tried, where there is one."""
    curve = study.curve(target)
    if curve is None:
        return None
    x = np.geomspace(curve.sizes[0], curve.sizes[-1] * _REACH, _FINE)
    low, high = curve.band(x)
    return {"x": x.tolist(), "y": curve.at(x).tolist(), "low": low.tolist(), "high": high.tolist()}


def _bounds(interval: Interval) -> list[float | None]:
    """Return mean, low and high end of the 95 % interval; None is what JSON has for NaN."""
    half = half_width(interval)
    values = (interval.mean, interval.mean - half, interval.mean + half)
    return [value if math.isfinite(value) else None for value in values]


def _row(study: Study, point: int, target: str, done: int, n_folds: int) -> list[str]:
    cells = [shown(SHOWN[name], study.interval(point, name, target)) for name in study.metrics]
    n_failed = sum(key[0] == point for key in study.failures)
    failed = f", {count(n_failed)} failed" if n_failed else ""
    return [study.label(point), *cells, _of(done, n_folds) + failed]


def _heading(study: Study) -> str:
    folds, repeats = study.table.choices.folds, study.table.choices.repeats
    n_folds = len(study.table.folds)
    same = "the same rows held out" if n_folds == 1 else f"the same {counted(n_folds, 'split')} of the rows"
    if folds > 1:
        same = f"the same {counted(folds, 'fold')}" + ("" if repeats == 1 else f", {count(repeats)} times anew")
    values = counted(len(study.points), "value" if len(study.factors) == 1 else "pair") + (
        "" if len(study.factors) == 1 else " of values"
    )
    return f"{_first_up(study.title)}: {values} on {same}"


def _axis(study: Study) -> dict[str, Any]:
    """Return how the values stand on an axis: by name, or by their numbers on a linear or logarithmic scale."""
    from nbreg.plots.study_plot import axis_of

    values = [point[0] for point in study.points]
    kind = axis_of(study.factors[0].axis, values) if len(study.factors) == 1 else "names"
    labels = [study.label(i) for i in _points(study)]
    return {"kind": kind, "labels": labels, "positions": [] if kind == "names" else [float(value) for value in values]}


def _failures(study: Study) -> list[str]:
    found = list(study.failures.items())
    told = [f"{study.label(point)} failed on fold {fold + 1}: {why}" for (point, fold), why in found[:1]]
    return [*told, *([f"So did {counted(len(found) - 1, 'training')} more."] if len(found) > 1 else [])]


def _points(study: Study) -> range:
    return range(len(study.points))


def _of(done: int, n_all: int) -> str:
    return count(done) if done == n_all else f"{count(done)} of {count(n_all)}"


def _first_up(words: str) -> str:
    return words[:1].upper() + words[1:]
