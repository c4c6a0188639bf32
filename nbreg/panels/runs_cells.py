"""What the cells of a table of runs say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbreg.evaluation.metrics import METRICS
from nbreg.evaluation.wording import rounded
from nbreg.options import Integer, Option, Optional, Real
from nbreg.panels.wording import figure

if TYPE_CHECKING:
    from nbreg.evaluation.evaluation import Evaluation
    from nbreg.training.run import Run


@dataclass(frozen=True)
class Cell:
    """What a cell shows, and what it is sorted by: a number or a text; None comes last.

    `brief` is what a picture that is kept shows instead: two digits, which hold on any processor.
    """

    text: str
    key: float | str | None = None
    brief: str = ""

    @property
    def kept(self) -> str:
        """What a picture that is kept shows."""
        return self.brief or self.text


EMPTY = Cell("")


def metric_cell(name: str, found: Evaluation | None) -> Cell:
    """Return the cell of a metric, of each target where there are several; it is sorted by the first one's."""
    if found is None:
        return EMPTY
    values = [found.value(name, target) for target in found.targets]
    if all(value is None for value in values):
        return EMPTY
    metric = METRICS[name]
    precise = _of_one if metric.unit == "share of one" else _figure
    text = ", ".join("–" if value is None else precise(value) for value in values)
    return Cell(text, values[0], ", ".join(metric.show(value) for value in values))


def loss_cell(run: Run) -> Cell:
    """Return the cell of a run's smallest validation loss, or loss where it has no validation rows."""
    best = run.best
    if best is None:
        return EMPTY
    value = best.loss if math.isnan(best.val_loss) else best.val_loss
    return Cell(_figure(value), value, rounded(value)) if math.isfinite(value) else EMPTY


def choice_cell(option: Option, value: Any) -> Cell:
    """Return the cell of an option's value, as it stands behind its flag."""
    if isinstance(value, bool):
        return Cell("yes" if value else "no", float(value))
    text = ", ".join(option.kind.texts(value)).replace(",", ", ").replace(",  ", ", ")
    if isinstance(value, (int, float)):
        return Cell(text.replace("-", "−"), float(value))
    if isinstance(option.kind, Optional) and option.kind.texts(value) == (option.kind.word,):
        return Cell(text)  # left to be found, it has no place among values
    return Cell(text, ", ".join(map(_padded, value)) if isinstance(value, tuple) else text)


def is_numeric(option: Option) -> bool:
    """Return whether values of an option are numbers."""
    kind = option.kind.kind if isinstance(option.kind, Optional) else option.kind
    return isinstance(kind, (Integer, Real))


def _padded(value: Any) -> str:
    """Return a text by which numbers come in their order."""
    return f"{value:012d}" if isinstance(value, int) else str(value)


def _figure(value: float) -> str:
    return f"−{figure(-value)}" if value < 0 else figure(value)


def _of_one(value: float) -> str:
    """Return a share of one, such as R²: three decimals, and more where it comes near to one (``0.9972``)."""
    if value <= -10:
        return _figure(value)
    missing = 1 - value
    decimals = min(7, 1 + math.ceil(-math.log10(missing))) if 5e-7 < missing < 0.005 else 3
    text = f"{value:.{decimals}f}"
    return (text[1:] if float(text) == 0 and text.startswith("-") else text).replace("-", "−")
