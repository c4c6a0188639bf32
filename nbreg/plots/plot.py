"""What a plot is: an info object with all that is to be seen, computed first, which then draws itself."""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from nbreg.registry import Registry

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.evaluation.report import Report


class PlotInfo(ABC):
    """All that one plot shows, as plain data."""

    #: What the plot is called by people.
    title: ClassVar[str]

    @classmethod
    @abstractmethod
    def of(cls, regressor: Any) -> Self:
        """Return what there is to see of a fitted `regressor`. Raises DataError where there is nothing."""

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
    def of(cls, regressor: Any) -> Self:
        return cls.of_report(regressor.report_)

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


def draw(name: str, regressor: Any) -> Plot:
    """Return the plot `name` of a fitted regressor. Raises OptionError where there is no such plot."""
    return Plot(name, PLOTS[name].of(regressor))
