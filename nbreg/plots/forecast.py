"""A forecast behind the end of its history, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.errors import DataError, OptionError, did_you_mean
from nbreg.evaluation.wording import listed, per_cent, rounded
from nbreg.plots.plot import NO_CHOICES, PLOTS, PlotChoices, PlotInfo

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: The share of the values that are to lie within the band, and the most groups that are shown.
SHARE, MOST_GROUPS = 0.9, 4
#: So many horizons of the history are shown, at least one window.
_HORIZONS = 3


@dataclass(frozen=True)
class Stretch:
    """One target of one group: times and values of the end of its history, ``(n,)``, and of what is forecast."""

    group: str
    target: str
    times: tuple[Any, ...]
    past: tuple[float, ...]
    times_ahead: tuple[Any, ...]
    ahead: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@PLOTS.register("forecast")
@dataclass(frozen=True)
class ForecastPlot(PlotInfo):
    """What a forecaster says of the steps behind the end of its table: a row for each target, a panel for each group.

    The bands hold `share` of the values, as far as what comes is like the validation rows; without these there are
    none.
    """

    title = "Forecast"
    uses = ("target",)

    stretches: tuple[Stretch, ...]
    share: float | None
    n_more: int

    @classmethod
    def of(cls, subject: Any, choices: PlotChoices = NO_CHOICES) -> ForecastPlot:
        from nbreg.forecasting.forecaster import Forecaster

        if not isinstance(subject, Forecaster):
            raise OptionError("The forecast plot is of a forecaster: train one with %nnreg forecast (nbreg.forecast).")
        targets = subject.data_spec_.target
        if choices.target is not None and choices.target not in targets:
            raise OptionError(f'There is no target "{choices.target}".{did_you_mean(choices.target, targets)}')
        return cls._of_history(subject, targets if choices.target is None else (choices.target,))

    @classmethod
    def _of_history(cls, forecaster: Any, targets: tuple[str, ...]) -> ForecastPlot:
        from nbreg.forecasting.history import History

        data = forecaster.data_
        if data is None:
            raise DataError("This forecaster came without its table, and there is no history to draw.")
        history, encoder = History.of(data.table, forecaster.window_encoder), forecaster.window_encoder
        share = SHARE if data.n_rows("validation") else None
        predicted = forecaster.predict_inputs(history.inputs())
        widths = np.zeros(predicted.shape[1]) if share is None else forecaster.widths_.at(share)
        cubes = [each.reshape(len(predicted), -1, encoder.horizon) for each in (
            predicted, predicted - widths, predicted + widths)]  # fmt: skip
        n_groups = min(len(history.origins), MOST_GROUPS)
        places = [encoder.target_scaler.names.index(target) for target in targets]
        stretches = [_stretch(history, group, place, cubes) for place in places for group in range(n_groups)]
        return cls(tuple(stretches), share, len(history.origins) - n_groups)

    @property
    def alt(self) -> str:
        each = [
            f"{stretch.target}{f' of {stretch.group}' if stretch.group else ''} from {rounded(stretch.ahead[0], 3)} to "
            f"{rounded(stretch.ahead[-1], 3)}"
            for stretch in self.stretches
        ]
        band = "" if self.share is None else f", with bands for {per_cent(self.share)} of the values"
        return f"The end of the history and the forecast behind it{band}: {listed(each)}."

    def draw(self) -> Figure:
        from nbreg.plots import theme

        n_groups = len({stretch.group for stretch in self.stretches})
        n_rows = len(self.stretches) // n_groups
        figure = theme.new_figure(theme.PANEL[0] * max(1.4, n_groups), theme.PANEL[1] * 0.85 * n_rows)
        grid = figure.subplots(n_rows, n_groups, squeeze=False, sharey="row").ravel()
        for i, (axes, stretch) in enumerate(zip(grid, self.stretches, strict=True)):
            self._draw_one(axes, stretch, with_words=i == 0)
        return figure

    def _draw_one(self, axes: Any, stretch: Stretch, *, with_words: bool) -> None:
        from nbreg.plots import theme

        axes.plot(stretch.times, stretch.past, color=theme.SOFT, linewidth=1.3, label="observed")
        if self.share is not None:
            label = f"{per_cent(self.share)} of the values"
            axes.fill_between(
                stretch.times_ahead, stretch.low, stretch.high, color=theme.BLUE, alpha=0.18, linewidth=0, label=label
            )
        axes.plot(stretch.times_ahead, stretch.ahead, color=theme.BLUE, linewidth=2, label="forecast")
        axes.set_title(stretch.group or stretch.target)
        axes.set_ylabel(stretch.target)
        theme.people_ticks(axes.yaxis)
        if not isinstance(stretch.times[0], float):
            theme.date_ticks(axes.xaxis)
        if with_words:
            axes.legend(loc="best", fontsize=8)


def _stretch(history: Any, group: int, place: int, cubes: list[Any]) -> Stretch:
    grid, encoder, origin = history.grid, history.encoder, int(history.origins[group])
    place_in_grid = int(history.series[group])
    seen = max(encoder.window, _HORIZONS * encoder.horizon)
    rows = np.arange(max(origin - seen + 1, int(grid.starts[place_in_grid])), origin + 1)
    times, ahead = (_times(grid.clock, moments) for moments in (grid.moments[rows], history.moments()[group]))
    lines = (tuple(cube[group, place].tolist()) for cube in cubes)
    name = grid.levels[place_in_grid] if encoder.group is not None else ""
    past = tuple(grid.values[rows, place].tolist())
    return Stretch(name, encoder.target_scaler.names[place], times, past, ahead, *lines)


def _times(clock: Any, moments: Any) -> tuple[Any, ...]:
    """Return moments as an axis takes them: what the clock shows, or plain numbers."""
    if clock.kind == "number":
        return tuple(map(float, moments))
    return tuple(clock.times(moments).tolist())
