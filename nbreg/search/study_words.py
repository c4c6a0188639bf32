"""What a study found, in sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nbreg.evaluation.metrics import Metric
from nbreg.evaluation.wording import count, counted, listed
from nbreg.search.findings import Findings
from nbreg.search.shown_metrics import SHOWN

if TYPE_CHECKING:
    from nbreg.search.more_rows import ErrorCurve, Foreseen
    from nbreg.search.study import Study

#: Times the present rows that a learning curve is looked at for.
_TIMES = {2: "Twice", 10: "Ten times"}
#: Errors that are more than so many times another one are far from it, whether that is sure or not.
FAR = 1.25
#: So many pairs of values are told one by one.
_MOST_PAIRS = 3


def found_words(study: Study, target: str) -> str:
    """Return which value is best for a target, or that none really is; before that can be told, who is ahead."""
    found = study.findings(target)
    if found is None:
        return _so_far(study, target)
    if found.best is not None:
        return _best(study, found)
    words = f"{_alike(study, found)} ({_range(found, found.level)})"
    if not found.worse:
        return f"{words}."
    return f"{words}; {_with_verb(study, found.worse)} worse ({_range(found, found.worse)})."


def more_rows_words(study: Study, target: str) -> list[str]:
    """Return what twice and ten times the rows would bring, or that it cannot be told; nothing for other factors."""
    if study.factors[0].name != "data_size" or len(study.factors) > 1:
        return []
    curve, metric = study.curve(target), SHOWN[study.judge(target)]
    if curve is None:
        return ["What more rows would bring cannot be told yet: that takes four sizes or more on two folds or more."]
    return [_foreseen(curve, curve.foreseen(times), words, metric) for times, words in _TIMES.items()]


def _best(study: Study, found: Findings) -> str:
    metric, best = found.metric, study.label(found.leader)
    if len(found.means) == 2:
        return f"{best} is better than {study.label(found.worse[0])} ({_pair(found)})."
    others = [value for point, value in found.means.items() if point != found.leader]
    nearest = max(others) if metric.higher_is_better else min(others)
    bound = "less" if metric.higher_is_better else "more"
    is_pair, own = len(study.factors) > 1, metric.show(found.means[found.leader])
    it_is = f"{best} is" if is_pair else _with_verb(study, [found.leader])
    return f"{it_is} best: {metric.title} {own}, against {metric.show(nearest)} or {bound}."


def _alike(study: Study, found: Findings) -> str:
    """Return that values do not really differ; where they are far apart, that these folds do not tell."""
    among = _with_unit(study, found.level)
    best, *_, last = (found.means[point] for point in found.level)
    if found.metric.higher_is_better or last <= FAR * best:
        return f"No real difference between {among}"
    return (
        f"{among[0].upper() if among.startswith('the ') else among[0]}{among[1:]} cannot be told apart on these folds"
    )


def _pair(found: Findings) -> str:
    one, other = (found.metric.show(value) for value in found.means.values())
    return f"{found.metric.title} {one} against {other}"


def _range(found: Findings, points: Sequence[int]) -> str:
    values = [found.metric.show(found.means[point]) for point in points]
    ends = sorted((found.means[point] for point in points), reverse=found.metric.higher_is_better)
    if len(set(values)) == 1:
        return f"{found.metric.title} {values[0]}"
    return f"{found.metric.title} {found.metric.show(ends[0])} to {found.metric.show(ends[-1])}"


def _so_far(study: Study, target: str) -> str:
    metric = SHOWN[study.judge(target)]
    means = {i: study.interval(i, metric.name, target).mean for i in range(len(study.points))}
    known = {i: mean for i, mean in means.items() if not math.isnan(mean)}
    if not known:
        return "Nothing is finished yet."
    ahead = (max if metric.higher_is_better else min)(known, key=lambda i: known[i])
    own = f"{metric.title} {metric.show(known[ahead])}"
    if study.course.ended:
        return f"{study.label(ahead)} is ahead ({own}), on too few folds to tell whether that is chance."
    return f"{study.label(ahead)} is ahead so far ({own}): too early to tell."


def _with_verb(study: Study, points: Sequence[int]) -> str:
    """Return values and what follows them: ``tanh is``, ``100 and 500 units are``."""
    values = [study.points[point][0] for point in points]
    plural = len(points) > 1 or (len(study.factors) == 1 and study.factors[0].is_plural(values))
    return f"{_with_unit(study, points)} {'are' if plural else 'is'}"


def _with_unit(study: Study, points: Sequence[int]) -> str:
    """Return values in the order of the axis: ``100 and 500 units``; of two factors without units."""
    in_order = sorted(points)
    if len(study.factors) == 1:
        return study.factors[0].in_words([study.points[point][0] for point in in_order])
    if len(in_order) > _MOST_PAIRS:
        all_of_them = len(in_order) == len(study.points)
        pairs = counted(len(study.points), "pair")
        return f"the {pairs} of values" if all_of_them else f"{count(len(in_order))} of the {pairs} of values"
    return listed([f"({study.label(point)})" for point in in_order])


def _foreseen(curve: ErrorCurve, there: Foreseen, words: str, metric: Metric) -> str:
    rows = f"{words} the rows ({count(there.n_rows)})"
    now, low, high = (metric.show(value) for value in (float(curve.at(curve.sizes[-1])), there.low, there.high))
    if not there.is_told:
        return (
            f"{rows}: what they would bring cannot be told from these folds ({metric.title} between {low} and {high})."
        )
    then = metric.show(there.error)
    change = f"leave {metric.title} at {now}" if then == now else f"bring {metric.title} from {now} to {then}"
    return f"{rows} would {change} (between {low} and {high})."
