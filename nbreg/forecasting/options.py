"""All choices of a forecast, gathered from where they are declared; light to import, for help and completion."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from nbreg.data.windows.spec import WindowSpec
from nbreg.fit_options import grouped_fit_options
from nbreg.options import Option, Optional, Real, Spec, option

#: Choices of a fit that windows settle: they are parted by time, are the signal, and several steps are no shares; they
#: are cut from a table in memory.
_SETTLED = ("split", "shares", "channels", "pretreatment", "derivative_window", "stream")

#: What is asked for unless a network is named: beside a linear and a smooth part, recurrent ones add no more, slowly.
_NETWORK = "mlp"


@dataclass(frozen=True)
class Ahead(Spec):
    """How forecasts are told."""

    interval: float | None = option(
        None,
        "Share of the values that are to lie between two further columns for each target, such as temp_low and "
        "temp_high.",
        Optional(Real(above=0, below=1)),
    )


@cache
def grouped_forecast_options() -> dict[str, dict[str, Option]]:
    """Return the options of ``nbreg.forecast`` and ``%nnreg forecast`` under the heading that each belongs to."""
    groups = grouped_fit_options()
    windows = WindowSpec.options()
    data = {name: each for name, each in groups["Data"].items() if name not in (*_SETTLED, *windows)}
    data["target"] = replace(data["target"], help="Column to forecast; give it again for several.")
    data["features"] = replace(
        data["features"],
        help="Columns seen beside the targets, step by step; all that hold numbers, unless given.",
    )
    network = {**groups["Network"], "network": replace(groups["Network"]["network"], default=_NETWORK)}
    rest = {name: group for name, group in groups.items() if name not in ("Data", "Network")}
    return {"Data": data, "Windows": windows, "Network": network, **rest}


@cache
def forecast_options() -> dict[str, Option]:
    """Return the options of ``nbreg.forecast`` and ``%nnreg forecast`` by name."""
    return {name: each for group in grouped_forecast_options().values() for name, each in group.items()}
