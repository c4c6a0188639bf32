"""The choices of studies on windows, and which studies are; light to import, for help and completion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from nbreg.data.windows.spec import WindowSpec
from nbreg.errors import OptionError
from nbreg.fit_options import fit_options
from nbreg.forecasting.options import forecast_options
from nbreg.option_needs import Needs
from nbreg.options import Option, Optional, with_default
from nbreg.search.study_spec import StudySpec

#: Choices of windows that tables of rows have, too.
_OF_TABLES = ("time", "group")


@dataclass(frozen=True)
class WindowStudySpec(StudySpec):
    """Which values are tried on windows: unless told otherwise, on five stretches of the latest rows."""

    folds: int = with_default(StudySpec, "folds", 5)
    repeats: int = with_default(StudySpec, "repeats", 1)


@cache
def window_options() -> dict[str, Option]:
    """Return the options that a study has for windows alone; without any of them rows are those of the table."""
    own = {name: each for name, each in WindowSpec.options().items() if name not in _OF_TABLES}
    window = own["window"]
    asked = replace(
        window,
        default=None,
        kind=Optional(window.kind),
        help="Steps of the past that a row sees: rows are windows of series then, and what comes next is forecast. "
        f"{window.default} where --horizon is given without it.",
    )
    return {name: replace(each, needs=Needs("window")) for name, each in own.items()} | {"window": asked}


def asks_for_windows(choices: Mapping[str, Any], factors: Iterable[str]) -> bool:
    """Return whether a study with these choices, of factors of these names, is on windows."""
    given = {name for name, value in choices.items() if name in window_options() and value is not None}
    return bool(given | (window_options().keys() & set(factors)))


#: What says where windows are judged, to who asks another for them.
NO_CROSS_VALIDATION = (
    "A cross-validation is of rows. Windows of series are judged by %nnreg backtest (nbreg.backtest), with the options "
    "of %nnreg forecast: its folds walk forward."
)
NO_SEARCH = "A search is of fits on rows. On windows of series, options are compared by %nnreg study (nbreg.study)."


def refuse_windows(options: Iterable[str], words: str) -> None:
    """Raise OptionError with these words where one of the options is of windows alone."""
    if window_options().keys() & set(options):
        raise OptionError(words)


def window_flags() -> frozenset[str]:
    """Return the flags of the options that are of windows alone."""
    return frozenset(each.flag for each in window_options().values())


def settled_by_windows() -> frozenset[str]:
    """Return the names of the options of a fit that forecasts do not have."""
    return frozenset(fit_options().keys() - forecast_options().keys() - {"stream"})


def check_on_windows(choices: Mapping[str, Any], factors: Iterable[str]) -> None:
    """Raise OptionError for options and factors of a fit that windows settle."""
    if choices.get("split", "time") != "time":
        raise OptionError("Windows are parted by time: leave split (--split) out.")
    for name in (*choices, *factors):
        if name in settled_by_windows() and name != "split":
            raise OptionError(f"{name} ({fit_options()[name].flag}) is not for windows of series: leave it out.")
