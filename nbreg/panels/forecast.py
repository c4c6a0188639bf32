"""The forecast panel: choose series, train a forecast of them, watch, steer, and see what comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nbreg.errors import OptionError
from nbreg.options import Option
from nbreg.panels.forecast_result import Result
from nbreg.panels.panel import PANELS
from nbreg.panels.still import Still
from nbreg.panels.train import TrainPanel
from nbreg.panels.train_choices import Naming
from nbreg.panels.train_task import FORECAST, Task

if TYPE_CHECKING:
    from nbreg.panels.train_underway import Underway


@PANELS.register("forecast")
class ForecastPanel(TrainPanel):
    """Trains forecasts of the series in the notebook's tables, with the mouse.

    It is a train panel with the options of ``nbreg.forecast``; what was trained ends in the picture of what comes and
    in its card, `result`. A forecast begins anew each time.

    Parameters
    ----------
    data : pandas, polars or pyarrow table, or the path of a .csv or .parquet file, optional
        Unless given, one of the notebook's tables is chosen in the panel.
    out : str, optional
        A name that the notebook gets for each forecaster that was trained.
    **options
        What the controls show at first: as in ``nbreg.forecast``, target and time included.
    """

    heading: ClassVar[str] = "Forecast"
    task: ClassVar[Task] = FORECAST

    def __init__(self, data: Any = None, *, out: str | None = None, **options: Any):
        self._result: Result | None = None  # what the latest training came to
        super().__init__(data, out=out, **options)

    @classmethod
    def options(cls) -> dict[str, Option]:
        return {**cls.task.options(), **Naming.options()}

    def still(self) -> Still:
        return self._result.still(self.line) if self._result else super().still()

    def branch(self, run: Any, epoch: int | None = None) -> None:
        """Raise OptionError: a forecast cannot go on from a run."""
        raise OptionError("A forecast cannot go on from an earlier run: train it anew, with more epochs.")

    def _begin(self, regressor: Any) -> Underway:
        self._result, self.result = None, ""
        return super()._begin(regressor)

    def _ended(self, underway: Underway, arguments: dict[str, Any]) -> None:
        super()._ended(underway, arguments)
        if self._came_to_something(underway):
            self._aside.ask(lambda: self._tell_result(underway), "result")

    def _tell_result(self, underway: Underway) -> None:
        """Show what comes, and the card, unless another training has begun meanwhile."""
        result = Result.of(underway.regressor)
        if self._underway is underway:
            self._result, self.result = result, result.html()
            self.refresh_still()
