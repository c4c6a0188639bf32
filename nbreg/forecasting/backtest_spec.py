"""The choices of a backtest; light to import, for help and completion."""

from __future__ import annotations

from dataclasses import dataclass

from nbreg.options import Integer, Optional, Spec, option


@dataclass(frozen=True)
class BacktestSpec(Spec):
    """From where, and against what, forecasts are tried."""

    origins: int = option(4, "So many stretches of the test rows, for each of which all is trained anew.",
                          Integer(minimum=1))  # fmt: skip
    season: int | None = option(
        None,
        "Steps of a season, for the seasonal naive forecast and MASE; unless given a day, of daily steps a week, of "
        "weeks and months a year.",
        Optional(Integer(minimum=1)),
    )
