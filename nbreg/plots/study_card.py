"""How a study is shown: what was found, a line for each value, a picture, and what it rests on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from nbreg.evaluation import sheet
from nbreg.evaluation.wording import NOTHING, count, counted, listed, rounded
from nbreg.plots.pictures import PICTURES_STYLE, card_bundle, drawn, pictures_html, side_by_side
from nbreg.search.shown_metrics import SHOWN
from nbreg.search.study_words import found_words, more_rows_words

if TYPE_CHECKING:
    from nbreg.search.study import Study

#: Failures are told one by one up to so many, and pairs of values up to so many.
_MOST_FAILURES, _MOST_PAIRS = 3, 45


def study_text(study: Study) -> str:
    """Return what a study found as lines of text."""
    lines = _headlines(study)
    for target in study.targets:
        head, *rows = _table(study, target)
        best = _best(study, target)
        marked = [[row[0], *(text + ("*" if (i, j) in best else " ") for j, text in enumerate(row[1:], start=1))]
                  for i, row in enumerate(rows)]  # fmt: skip
        caption = f"{head[0]}, {target}" if len(study.targets) > 1 else head[0]
        lines += ["", *sheet.text_table([[caption, *(f"{text} " for text in head[1:])], *marked])]
    return "\n".join([*lines, "", *(f"- {each}" for each in _notes(study))])


def study_html(study: Study, *, with_pictures: bool = True) -> str:
    """Return what a study found as a piece of HTML that needs nothing beside it."""
    pictures = drawn(_pictures(study)) if with_pictures else ()
    return _html(study, pictures)


def study_bundle(study: Study) -> Any:
    """Return data and metadata of a study: HTML, PNG and text."""
    pictures = drawn(_pictures(study))
    return card_bundle(study_text(study), _html(study, pictures), side_by_side(pictures), pictures)


def _html(study: Study, pictures: Any) -> str:
    first, *rest = _headlines(study)
    body = [f'<p class="nbreg-headline">{escape(first)}</p>\n', *(f"<p>{escape(line)}</p>\n" for line in rest)]
    for target in study.targets:
        head, *rows = _table(study, target)
        caption = target if len(study.targets) > 1 else ""
        body.append(sheet.table(head, rows, caption, _best(study, target)))
    body += [pictures_html(pictures), _pairs(study), sheet.notes(_notes(study))]
    return sheet.sheet("".join(body), PICTURES_STYLE)


def _headlines(study: Study) -> list[str]:
    """Return the sentences about what was found, one a target; then those about more rows."""
    several = len(study.targets) > 1
    title = study.title[0].upper() + study.title[1:]
    found = [f"{target}: {found_words(study, target)}" if several else found_words(study, target)
             for target in study.targets]  # fmt: skip
    more = [(f"{target}: " if several else "") + line for target in study.targets
            for line in more_rows_words(study, target)]  # fmt: skip
    return [f"{title}. {found[0]}", *found[1:], *more]


def _table(study: Study, target: str) -> list[list[str]]:
    titles = [SHOWN[name].title for name in study.metrics]
    rows = [
        [study.label(i), *(_mean(study, i, name, target) for name in study.metrics), _folds(study, i)]
        for i in range(len(study.points))
    ]
    return [[study.title.replace(" and ", ", "), *titles, "folds"], *rows]


def _mean(study: Study, point: int, name: str, target: str) -> str:
    mean, error, _ = study.interval(point, name, target)
    return SHOWN[name].show_mean(mean, error)


def _folds(study: Study, point: int) -> str:
    n_failed = sum(at == point for at, _ in study.failures)
    done = count(study.n_finished(point))
    return f"{done}, {n_failed} failed" if n_failed else done


def _best(study: Study, target: str) -> set[tuple[int, int]]:
    """Return the place of the value that is really best, in the column of the metric that says so."""
    found = study.findings(target)
    if found is None or found.best is None:
        return set()
    return {(found.best, 1 + study.metrics.index(found.metric.name))}


def _pairs(study: Study) -> str:
    """Return the tests of all pairs of values, to unfold; nothing before there are some, or where they are too many."""
    found = study.differences()
    if found.empty or len(found) > _MOST_PAIRS * len(study.targets) or found["t"].isna().all():
        return ""
    head = [*(["target"] if len(study.targets) > 1 else []), "first", "second", "metric", "first − second", "t", "p",
            "p, Holm"]  # fmt: skip
    rows = [_pair(row, named=len(study.targets) > 1) for row in found.to_dict("records")]
    return f"<details><summary>Each pair of values</summary>\n{sheet.table(head, rows)}</details>\n"


def _pair(row: Mapping[Any, Any], named: bool) -> list[str]:
    metric = SHOWN[row["metric"]]
    apart = metric.show_mean(row["difference"], row["standard_error"])
    words = [_words(row["first"]), _words(row["second"]), metric.title, apart]
    return [*([row["target"]] if named else []), *words, rounded(row["t"]), _p(row["p"]), _p(row["p_holm"])]


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _p(p: float) -> str:
    return NOTHING if math.isnan(p) else "< 0.001" if p < 0.001 else f"{p:.3f}"


def _notes(study: Study) -> list[str]:
    return [*_network(study), *_progress(study), *_statistics(study), *_of_factors(study), *_failures(study),
            *study.notices, *study.table.notices]  # fmt: skip


def _network(study: Study) -> list[str]:
    network = f"network: {study.network}. " if study.network else ""
    return [f"{network}The same for all values: {study.table.words()}."]


def _progress(study: Study) -> list[str]:
    n_done, n_all = len(study.outcomes), len(study.points) * len(study.table.folds)
    if n_done == n_all:
        return []
    words = f"{count(n_done)} of {counted(n_all, 'training')} are finished."
    return [f"Stopped: {words}" if study.course.ended else words]


def _statistics(study: Study) -> list[str]:
    if all(study.findings(target) is None for target in study.targets):
        return []
    metrics = dict.fromkeys(SHOWN[study.judge(target)].title for target in study.targets)
    return [
        *_undefined(study),
        "±: standard error of the mean, corrected for folds that learn from the same rows. Values are compared by "
        f"{listed(list(metrics))} fold by fold, and called different where chance alone would make them so in less "
        "than 5 % (corrected resampled t-test, Holm's correction).",
    ]


def _undefined(study: Study) -> list[str]:
    """Return why values are compared by another metric than the factor's own, once."""
    wanted = study.factors[0].judge
    for target in study.targets:
        reasons = (each.evaluation.reason(wanted, target) for each in list(study.outcomes.values()) if each.evaluation)
        why = next(filter(None, reasons), "") if study.judge(target) != wanted else ""
        if why:
            used = SHOWN[study.judge(target)].title
            return [f"{SHOWN[wanted].title} of {target} is not defined in all folds ({why}): {used} compares values."]
    return []


def _of_factors(study: Study) -> list[str]:
    return [line for factor in study.factors for line in (factor.note, factor.words()) if line]


def _failures(study: Study) -> list[str]:
    found = list(study.failures.items())
    told = [f"{study.label(point)} failed on fold {fold + 1}: {why}" for (point, fold), why in found[:_MOST_FAILURES]]
    rest = len(found) - len(told)
    return [*told, *([f"So did {counted(rest, 'training')} more."] if rest else [])]


def _pictures(study: Study) -> list[Any]:
    from nbreg.plots.study_picture import picture_of
    from nbreg.plots.study_plot import StudyPlot

    if len(study.outcomes) == len(study.failures):
        return []
    picture = picture_of(study)
    return picture.parts() if isinstance(picture, StudyPlot) else [picture]
