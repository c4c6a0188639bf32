"""How a cross-validation is shown: the network beside simpler models, then each fold."""

from __future__ import annotations

import base64
import math
from html import escape
from typing import TYPE_CHECKING, Any

from nbreg.evaluation import sheet
from nbreg.evaluation.metrics import METRICS
from nbreg.evaluation.wording import NOTHING, count, counted, give_or_take, rounded
from nbreg.plots.pictures import PICTURES_STYLE, drawn, pictures_html

if TYPE_CHECKING:
    from nbreg.search.cross_validation import CrossValidation

#: The metrics that the tables show, and how many folds they list before they tell of the rest.
_SHOWN, _MOST_FOLDS = ("rmse", "mae", "r2"), 20


def cross_validation_text(found: CrossValidation) -> str:
    """Return what a cross-validation found as lines of text."""
    lines = [headline(found)]
    for target in found.targets:
        head, *rows = _models(found, target)
        lines += ["", *sheet.text_table([[target, *head[1:]], *rows])]
    return "\n".join([*lines, "", *(f"- {each}" for each in _notes(found))])


def cross_validation_html(found: CrossValidation) -> str:
    """Return what a cross-validation found as a piece of HTML that needs nothing beside it."""
    body = [f'<p class="nbreg-headline">{escape(headline(found))}</p>\n']
    for target in found.targets:
        head, *rows = _models(found, target)
        body.append(sheet.table(head, rows, target, _best(found, target)))
    body.append(pictures_html(drawn(_pictures(found))))
    if found.outcomes:
        head, *rows = _folds(found)
        body.append(_unfolding("Each fold", sheet.table(head, rows)))
    return sheet.sheet("".join([*body, sheet.notes(_notes(found))]), PICTURES_STYLE)


def cross_validation_bundle(found: CrossValidation) -> dict[str, Any]:
    """Return a cross-validation as text, HTML and PNG."""
    bundle = {"text/plain": cross_validation_text(found), "text/html": cross_validation_html(found)}
    for picture in drawn(_pictures(found)):
        bundle["image/png"] = base64.b64encode(picture.png).decode("ascii")
    return bundle


def headline(found: CrossValidation) -> str:
    """Return in a sentence how far the network is off, and how that is beside the best of the simpler models."""
    missed = [_missed(found, target) for target in found.targets if not math.isnan(found.mean("rmse", target))]
    if not missed:
        return f"Cross-validation of {', '.join(found.targets)}: no fold is finished yet."
    return f"On rows that it has not seen, the network misses {'; '.join(missed)}."


def _missed(found: CrossValidation, target: str) -> str:
    own = found.interval("rmse", target)
    others = {model: found.interval("rmse", target, model).mean for model in found.models[1:]}
    words = f"{target} by {give_or_take(own.mean, own.standard_error)} (RMSE)"
    if not others:
        return words
    best = min(others, key=lambda model: others[model])
    return f"{words}, {rounded(own.mean / others[best])} × what {best} miss{'' if best.endswith('s') else 'es'} it by"


def _models(found: CrossValidation, target: str) -> list[list[str]]:
    rows = [[model, *(_mean(found, metric, target, model) for metric in _SHOWN)] for model in found.models]
    return [["mean of the folds", *(METRICS[metric].title for metric in _SHOWN)], *rows]


def _mean(found: CrossValidation, metric: str, target: str, model: str) -> str:
    mean, error, _ = found.interval(metric, target, model)
    return METRICS[metric].show_mean(mean, error)


def _best(found: CrossValidation, target: str) -> set[tuple[int, int]]:
    """Return the place of the smallest RMSE in the table of models."""
    means = [found.interval("rmse", target, model).mean for model in found.models]
    known = [i for i, mean in enumerate(means) if not math.isnan(mean)]
    return {(min(known, key=lambda i: means[i]), 1)} if known else set()


def _folds(found: CrossValidation) -> list[list[str]]:
    several = len(found.targets) > 1
    titles = [
        f"{METRICS[metric].title}{f' of {target}' if several else ''}" for target in found.targets for metric in _SHOWN
    ]
    rows = [_fold(found, i) for i in sorted(found.outcomes)[:_MOST_FOLDS]]
    return [["fold", "learned from", "held out", "epochs", *titles], *rows]


def _fold(found: CrossValidation, i: int) -> list[str]:
    fold, outcome = found.folds[i], found.outcomes[i]
    repeated = found.table.choices.repeats > 1
    name = f"{fold.repeat + 1}.{fold.number + 1}" if repeated else str(fold.number + 1)
    epochs = NOTHING if outcome.error else count(outcome.epochs)
    values = [METRICS[metric].show(outcome.value(metric, target)) for target in found.targets for metric in _SHOWN]
    return [name, count(len(fold.train)), count(len(fold.test)), epochs, *values]


def _notes(found: CrossValidation) -> list[str]:
    n_done, n_all = len(found.outcomes), len(found.folds)
    choices = found.table.choices
    folds = "one share of the rows held out" if choices.folds == 1 else f"{choices.folds} folds"
    again = "" if choices.repeats == 1 else f", {choices.repeats} times with other folds and first weights"
    lines = [f"network: {found.network}. {folds[0].upper()}{folds[1:]}{again}; all is learned anew in each."]
    if n_done < n_all and found.course.ended:
        lines.append(f"Stopped: {count(n_done)} of {counted(n_all, 'fold')} are finished.")
    elif n_done < n_all:
        lines.append(f"{count(n_done)} of {counted(n_all, 'fold')} are finished.")
    if n_done - len(found.failures) > 1:
        lines.append("±: standard error of the mean, corrected for folds that learn from the same rows.")
    if n_done > _MOST_FOLDS:
        lines.append(f"The table shows the first {_MOST_FOLDS} folds; to_frame() has all.")
    shown = [f"Fold {i + 1} failed: {error}" for i, error in found.failures.items()]
    return [*lines, *shown[:3], *([f"So did {counted(len(shown) - 3, 'fold')} more."] if len(shown) > 3 else []),
            *found.notices, *found.table.notices]  # fmt: skip


def _pictures(found: CrossValidation) -> list[Any]:
    from nbreg.plots.fold_scores import FoldScores

    return [FoldScores.of(found)] if len(found.outcomes) > len(found.failures) else []


def _unfolding(title: str, body: str) -> str:
    return f"<details><summary>{escape(title)}</summary>\n{body}</details>\n"
