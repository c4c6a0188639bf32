"""What plots of an explanation have in common: whose explanation, which features, which words on the axes."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from nbreg.evaluation.wording import count, counted
from nbreg.plots.plot import NO_CHOICES, PlotChoices, PlotInfo

if TYPE_CHECKING:
    from nbreg.explanation.explanation import Explanation

#: So many features are shown one by one where there are more.
MOST_FEATURES = 15

Floats = NDArray[np.float64]


class ExplanationPlot(PlotInfo):
    """A plot of one target of an explanation."""

    uses: ClassVar[tuple[str, ...]] = ("target",)

    @classmethod
    def of(cls, subject: Any, choices: PlotChoices = NO_CHOICES) -> Self:
        return cls.of_explanation(explanation_of(subject).of_target(choices.target), choices)

    @classmethod
    @abstractmethod
    def of_explanation(cls, explanation: Explanation, choices: PlotChoices = NO_CHOICES) -> Self:
        """Return what there is to see of an explanation of one target. Raises DataError and OptionError."""


def explanation_of(subject: Any) -> Explanation:
    """Return `subject` where it is an explanation, else a regressor's last one, else a new one. Raises NbregError."""
    from nbreg.explanation.explanation import Explanation

    if isinstance(subject, Explanation):
        return subject
    last = getattr(subject, "explanation_", None)
    if last is not None:
        return last  # type: ignore[no-any-return]
    from nbreg.explanation.explain import explain

    return explain(subject)


def measure(explanation: Explanation, mean: bool = False) -> str:
    """Return what the values of an explanation of one target are, in words for an axis; they have its units."""
    if explanation.kind == "additive":
        words = "mean |attribution| to" if mean else "attribution to"
    else:
        words = "mean sensitivity of" if mean else "sensitivity of"
    return f"{words} {explanation.target_names[0]}"


def sizes_of(explanation: Explanation, values: Floats) -> Floats:
    """Return what importances are means of: sizes of attributions; sensitivities are sizes as they are."""
    return np.abs(values) if explanation.kind == "additive" else values


@dataclass(frozen=True, eq=False)
class Shown:
    """The features that a plot has room for, the most important first.

    `positions` are theirs in the explanation; `values` ``(n_rows, n_shown)``. Where there are more features, and
    attributions can be added up, the last column holds the sums of the `n_others` that are left; sensitivities
    cannot be added up, so that these are left out.
    """

    names: tuple[str, ...]
    positions: tuple[int, ...]
    values: Floats
    n_others: int
    others_are_shown: bool

    @property
    def labels(self) -> tuple[str, ...]:
        """The names, and what stands for the others."""
        return (*self.names, *([others_label(self.n_others)] if self.others_are_shown else []))

    @property
    def about_others(self) -> str:
        """What became of the features that are not shown one by one; nothing where there are none."""
        if not self.n_others:
            return ""
        if self.others_are_shown:
            return "other features: attributions added up row by row"
        return f"not shown: {others_label(self.n_others)} with smaller values"


def others_label(number: int) -> str:
    """Return ``55 other features``."""
    return counted(number, "other feature")


def most_important(explanation: Explanation, most: int = MOST_FEATURES) -> Shown:
    """Return the `most` important features of an explanation of one target, and what is left of it.

    A single feature that would be left is shown by its name.
    """
    order = np.argsort(-sizes_of(explanation, explanation.values).mean(axis=0), kind="stable").tolist()
    shown = order if len(order) <= most + 1 else order[:most]
    others = order[len(shown) :]
    values = explanation.values[:, shown]
    are_shown = bool(others) and explanation.kind == "additive"
    if are_shown:
        values = np.column_stack([values, explanation.values[:, others].sum(axis=1)])
    names = tuple(explanation.feature_names[i] for i in shown)
    return Shown(names, tuple(shown), values, len(others), are_shown)


def some_rows(n_rows: int, most: int) -> NDArray[np.intp]:
    """Return the positions of at most `most` rows, drawn once and for all, in their order."""
    if n_rows <= most:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(0).choice(n_rows, most, replace=False))


def of_rows(n_shown: int, n_rows: int) -> str:
    """Return ``500 rows``, or ``500 of 100,000 rows``."""
    return counted(n_rows, "row") if n_shown == n_rows else f"{count(n_shown)} of {counted(n_rows, 'row')}"


def label_values(axes: Any, words: str, note: str = "") -> None:
    """Name the horizontal axis, with a note below; a line beside long names is longer than the axis itself."""
    from nbreg.plots import theme

    text = "\n".join(filter(None, [theme.wrapped(words, 46), note]))
    axes.set_xlabel(text, fontsize=9.5, loc="right" if len(words) > 30 or note else "center")


def height_for(n_lines: int) -> float:
    """Return how high a picture of so many lines is, inches; each has room for a name on two lines."""
    return max(2.3, 1.15 + 0.31 * n_lines)
