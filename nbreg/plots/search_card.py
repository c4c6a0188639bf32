"""How a search is shown: the best so far beside what it began with, the best trials, and pictures."""

from __future__ import annotations

import math
from contextlib import suppress
from html import escape
from typing import TYPE_CHECKING, Any

from nbreg.errors import DataError
from nbreg.evaluation import sheet
from nbreg.evaluation.metrics import METRICS
from nbreg.evaluation.wording import NOTHING, count, counted, listed, rounded
from nbreg.plots.pictures import PICTURES_STYLE, card_bundle, drawn, pictures_html, side_by_side

if TYPE_CHECKING:
    from nbreg.plots.plot import PlotInfo
    from nbreg.search.resampled import Interval
    from nbreg.search.search import Search
    from nbreg.search.trial import Trial

#: So many of the best trials are listed.
_LISTED = 8


def search_text(search: Search) -> str:
    """Return what a search found as lines of text."""
    lines = [headline(search)]
    if any(trial.is_done for trial in search.trials):
        lines += ["", *sheet.text_table(_table(search))]
    if search.best is not None and search.course.ended:
        lines += ["", search.line]
    return "\n".join([*lines, "", *(f"- {each}" for each in _notes(search))])


def search_html(search: Search) -> str:
    """Return what a search found as a piece of HTML that needs nothing beside it."""
    return _html(search, drawn(_pictures(search)))


def search_bundle(search: Search) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a search as text, HTML and PNG, with their metadata."""
    pictures = drawn(_pictures(search))
    return card_bundle(search_text(search), _html(search, pictures), side_by_side(pictures), pictures)


def headline(search: Search) -> str:
    """Return in a sentence how good the best is, beside what the search began with."""
    if search.best is None:
        return f"Search for the best {', '.join(search.target)} network: no trial is done yet."
    score, began = _score(search, search.best), search.default
    if search.best.number == 0:
        return f"{search.metric_title} on the folds is {score} with the options that it began with: none was better."
    beside = "" if began is None or not began.is_done else f", instead of {_score(search, began)}{_sure(search)}"
    return f"{search.metric_title} on the folds is {score} with the best options{beside}."


def _sure(search: Search) -> str:
    """Return words for how far the best is better, fold by fold."""
    gain = search.gain()
    if math.isnan(gain.standard_error):
        return ""
    word = "more" if search.scoring.higher_is_better else "less"
    metric = METRICS[search.metric]
    unit = " %" if metric.is_share else ""
    mean, error = gain.mean * metric.drawn, gain.standard_error * metric.drawn
    return f" (by fold {rounded(mean)} ± {rounded(error, 1)}{unit} {word})"


def _html(search: Search, pictures: Any) -> str:
    body = [f'<p class="nbreg-headline">{escape(headline(search))}</p>\n']
    if search.best is not None and search.course.ended:
        body.append(f"<p><code>{'<br>'.join(map(escape, search.line.splitlines()))}</code></p>\n")
    if any(trial.is_done for trial in search.trials):
        head, *rows = _table(search)
        body.append(sheet.table(head, rows, "the best trials", _marked(search, head)))
    body.append(pictures_html(pictures))
    return sheet.sheet("".join([*body, sheet.notes(_notes(search))]), PICTURES_STYLE)


def _marked(search: Search, head: list[str]) -> set[tuple[int, int]]:
    return {(0, head.index(search.metric_title))}


def _table(search: Search) -> list[list[str]]:
    """Return the best trials, and the first one in any case."""
    done = sorted(
        (trial for trial in search.trials if trial.is_done),
        key=lambda trial: -trial.score if search.scoring.higher_is_better else trial.score,
    )
    shown = done[:_LISTED] + [trial for trial in done[_LISTED:] if trial.number == 0]
    options = list(search.space.names)
    rows = [
        [
            "0, as it began" if trial.number == 0 else count(trial.number),
            _score(search, trial),
            *(search.words(trial).get(name, NOTHING) for name in options),
        ]
        for trial in shown
    ]
    return [["trial", search.metric_title, *(name.replace("_", " ") for name in options)], *rows]


def _score(search: Search, trial: Trial) -> str:
    return _mean(search, search.interval(trial))


def _mean(search: Search, interval: Interval) -> str:
    """Return a mean with three digits, for trials differ by little, and its error."""
    metric, (mean, error, _) = METRICS[search.metric], interval
    shown, unit = metric.show(mean, 3), " %" if metric.is_share else ""
    if math.isnan(error):
        return shown
    return f"{shown.removesuffix(unit)} ± {rounded(error * metric.drawn, 1)}{unit}"


def _notes(search: Search) -> list[str]:
    choices, trials = search.searching.choices, search.trials
    n_folds = len(search.searching.table.folds)
    rows = f"{counted(n_folds, 'fold')} of the train and validation rows"
    lines = [f"{_progress(search)} Each is judged by {rows}; the choice is by {choices.sampler}."]
    if n_folds > 1 and any(trial.is_done for trial in trials):
        lines.append("±: standard error of the mean, corrected for folds that learn from the same rows.")
    if search.best is not None and (search.best.number or search.nested_scores):
        lines.append(_honest(search))
    if search.regressor is not None:
        lines.append(_tested(search))
    failed = [f"Trial {trial.number} failed: {trial.error}" for trial in trials if trial.status == "failed"]
    more = [f"So did {counted(len(failed) - 3, 'trial')} more."] if len(failed) > 3 else []
    return [*lines, *failed[:3], *more, *search.notices, *search.searching.table.notices]


def _progress(search: Search) -> str:
    statuses = [trial.status for trial in search.trials]
    n_all = search.searching.n_trials
    n_ended = sum(status != "running" for status in statuses)
    parts = [
        f"{count(statuses.count(status))} {words}"
        for status, words in (("pruned", "given up early"), ("failed", "failed"))
        if status in statuses
    ]
    words = f"{count(n_ended)} of {counted(n_all, 'trial')}" if n_ended < n_all else counted(n_all, "trial")
    began = ", the first with the options that it began with"
    return f"{words}{began}{'; ' + listed(parts) if parts else ''}."


def _honest(search: Search) -> str:
    """Return how good options that are found so are on rows that had no say in it."""
    interval = search.nested_interval
    if not interval.n:
        return "The score of the best of many is a little too good; --nested or the test rows tell how good it is."
    n = counted(interval.n, "outer fold")
    return f"Nested: options found so come to {search.metric_title} {_mean(search, interval)} on {n} held out."


def _tested(search: Search) -> str:
    if search.test is None:
        return "Trained with the best options, it is the latest regressor; there are no test rows."
    evaluation = search.test
    metric = METRICS[search.metric]
    values = [f"{name} {metric.show(evaluation.value(search.metric, name))}" for name in search.target]
    shown = listed(values) if len(values) > 1 else metric.show(evaluation.value(search.metric, search.target[0]))
    return (
        f"Trained with the best options, it is the latest regressor; on the test rows, looked at once: "
        f"{metric.title} {shown}."
    )


def _pictures(search: Search) -> list[Any]:
    from nbreg.plots.best_so_far import BestSoFar
    from nbreg.plots.option_importance import OptionImportance
    from nbreg.plots.parallel_coordinates import ParallelCoordinates

    # What options matter is told at the end, for that takes a moment; the widest picture comes last.
    kinds: list[type[PlotInfo]] = [BestSoFar, *([OptionImportance] if search.course.ended else []), ParallelCoordinates]
    pictures: list[Any] = []
    for kind in kinds:
        with suppress(DataError):  # too little is done for this one
            pictures.append(kind.of(search))
    return pictures
