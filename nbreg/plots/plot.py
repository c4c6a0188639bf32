"""What a plot is: an info object with all that is to be seen, computed first, which then draws itself."""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from nbreg.errors import OptionError
from nbreg.evaluation.wording import listed
from nbreg.options import Column, Integer, Optional, Spec, option, refuse_unknown
from nbreg.registry import Registry

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.evaluation.report import Report


@dataclass(frozen=True)
class PlotChoices(Spec):
    """What of a subject a plot shows; each plot says which of these it has a use for."""

    row: int | None = option(
        None,
        "Row of the explanation, or of those held back to test, counted from 0; the first unless given.",
        Optional(Integer(minimum=0)),
    )
    feature: str | None = option(None, "Feature to show; the most important unless given.", Optional(Column()))
    target: str | None = option(None, "Target to show; the first unless given.", Optional(Column()))


NO_CHOICES = PlotChoices()


class PlotInfo(ABC):
    """All that one plot shows, as plain data."""

    #: What the plot is called by people.
    title: ClassVar[str]
    #: What it is a picture of: regressor (or an explanation of one), study, search.
    shows: ClassVar[str] = "regressor"
    #: The names of those `PlotChoices` that it has a use for.
    uses: ClassVar[tuple[str, ...]] = ()

    @classmethod
    @abstractmethod
    def of(cls, subject: Any, choices: PlotChoices = NO_CHOICES) -> Self:
        """Return what there is to see of a fitted regressor, or of an explanation where the plot shows one.

        Raises DataError where there is nothing, OptionError where `choices` do not fit the subject.
        """

    @abstractmethod
    def draw(self) -> Figure:
        """Return a figure; called within the house style."""

    @property
    @abstractmethod
    def alt(self) -> str:
        """What is to be seen, in words."""

    def figure(self) -> Figure:
        """Return a figure that belongs to nobody else: it is not known to pyplot."""
        from nbreg.plots.theme import house_style

        with house_style():
            return self.draw()


class ReportPlot(PlotInfo):
    """A plot of what a report holds."""

    @classmethod
    def of(cls, subject: Any, choices: PlotChoices = NO_CHOICES) -> Self:
        return cls.of_report(regressor_part(subject, "report_", cls.title))

    @classmethod
    @abstractmethod
    def of_report(cls, report: Report) -> Self:
        """Return what there is to see of `report`. Raises DataError where there is nothing."""


PLOTS: Registry[type[PlotInfo]] = Registry("nbreg.plots", "plot")


class Plot:
    """A plot to look at: `info` is what it shows, `figure` a matplotlib figure."""

    def __init__(self, name: str, info: PlotInfo):
        self.name, self.info = name, info

    @cached_property
    def figure(self) -> Figure:
        return self.info.figure()

    @cached_property
    def png(self) -> bytes:
        """The figure as PNG, twice as fine as it is shown."""
        from nbreg.plots.theme import to_png

        return to_png(self.figure)

    def __repr__(self) -> str:
        return f"<plot {self.name}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        return image_bundle(self.png, self.info.alt, repr(self))


def image_bundle(png: bytes, alt: str, text: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Return data and metadata of a PNG (at twice its shown size) with its alternative in words."""
    width, height = (int.from_bytes(png[at : at + 4], "big") // 2 for at in (16, 20))
    data = {"text/plain": text, "image/png": base64.b64encode(png).decode("ascii")}
    return data, {"image/png": {"alt": alt, "width": width, "height": height}}


def plot(name: str, subject: Any, **choices: Any) -> Plot:
    """Return a plot to look at, as ``%nnreg plot NAME`` draws it.

    Parameters
    ----------
    name : str
        ``learning_curve``, ``importance``, ``beeswarm``, ...; ``%nnreg plot --help`` lists them.
    subject : Regressor, Explanation, Study or Search
        Plots of an explanation take a regressor's last one; where it has none, it is explained first.
    **choices
        ``row``, ``feature``, ``target``: those that the plot has a use for.

    Raises
    ------
    NbregError
        Where there is no such plot, a choice does not fit, or there is nothing to see.
    """
    kind = PLOTS[name]
    if _kind_of(subject) != kind.shows:
        raise OptionError(f"{name} is a picture of a {kind.shows}; got a {_kind_of(subject)}.")
    return Plot(name, kind.of(subject, _checked(name, kind, choices)))


def regressor_part(subject: Any, attribute: str, title: str) -> Any:
    """Return an attribute of a regressor. Raises OptionError where `subject` is none."""
    if getattr(subject, "players", None) is not None:  # an explanation, which is never imported for this
        raise OptionError(f"{title}: a picture of a regressor, not of an explanation; give the regressor.")
    return getattr(subject, attribute)


def _kind_of(subject: Any) -> str:
    from nbreg.search.search import Search
    from nbreg.search.study import Study

    return "study" if isinstance(subject, Study) else "search" if isinstance(subject, Search) else "regressor"


def _checked(name: str, kind: type[PlotInfo], choices: dict[str, Any]) -> PlotChoices:
    """Return the choices. Raises OptionError for unknown ones, and for those that the plot has no use for."""
    known = PlotChoices.options()
    refuse_unknown(choices, known)
    for choice, value in choices.items():
        if value is not None and choice not in kind.uses:
            others = [each for each in PLOTS if choice in PLOTS[each].uses]
            raise OptionError(f"{name} has no use for {choice} ({known[choice].flag}), which is for {listed(others)}.")
    return PlotChoices(**choices)
