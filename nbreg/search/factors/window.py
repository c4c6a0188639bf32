"""Studies of how much of the past a forecast sees."""

from __future__ import annotations

from nbreg.search.factor import FACTORS, OptionFactor


class Window(OptionFactor):
    """Steps of the past that a forecast sees; judged are the windows that the longest of them can forecast, too."""

    of = "window"
    values = (6, 12, 24, 48, 96)
    asks = "How much of the past should a forecast see?"
    metrics = ("rmse", "r2")
    axis = "log"
    unit = "steps"
    note = "Judged by the same windows, whatever they see; longer ones leave fewer to learn from."


FACTORS.register("window")(Window())
