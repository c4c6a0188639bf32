"""A study drawn again: by one factor, or by two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbreg.errors import DataError
from nbreg.plots.plot import NO_CHOICES, PLOTS, PlotChoices, PlotInfo
from nbreg.plots.study_heatmap import StudyHeatmap
from nbreg.plots.study_plot import StudyPlot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.search.study import Study


@PLOTS.register("study")
@dataclass(frozen=True)
class StudyPicture(PlotInfo):
    """Metrics by the values of one factor, or a heat map of two."""

    title = "Study"
    shows = "study"

    picture: StudyPlot | StudyHeatmap

    @classmethod
    def of(cls, subject: Any, choices: PlotChoices = NO_CHOICES) -> StudyPicture:
        """Return what there is to see of a study. Raises DataError before a training is finished."""
        return cls(picture_of(subject))

    def draw(self) -> Figure:
        return self.picture.draw()

    @property
    def alt(self) -> str:
        return self.picture.alt


def picture_of(study: Study) -> StudyPlot | StudyHeatmap:
    """Return what there is to see of a study. Raises DataError before a training is finished."""
    if len(study.outcomes) == len(study.failures):
        raise DataError("Nothing of this study is finished yet, so there is nothing to be seen.")
    return StudyPlot.of(study) if len(study.factors) == 1 else StudyHeatmap.of(study)
