"""Times as equal steps, whatever they are written in."""

from __future__ import annotations

import datetime as dt

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbreg.data.windows.clock import learn_clock
from nbreg.data.windows.cycles import cycle_inputs, cycles_of
from nbreg.data.windows.grid import make_grid
from nbreg.errors import DataError

ZONES = st.sampled_from([None, "UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe"])


def series(values, name="time"):
    return nw.from_native(pd.Series(values, name=name), series_only=True)


def clock_of(values):
    return learn_clock(series(values), np.zeros(len(values), np.intp))


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(),
    freq=st.sampled_from(["min", "15min", "h", "3h", "D", "7D", "MS", "ME", "QS", "YS"]),
    zone=ZONES,
    n=st.integers(6, 60),
)
def test_times_with_holes_come_back_evenly(data, freq, zone, n):
    first = pd.Timestamp(data.draw(st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2030, 1, 1)))).floor("D")
    times = pd.date_range(first, periods=n, freq=freq, tz=zone)
    holes = data.draw(st.sets(st.integers(1, n - 2), max_size=n // 4))
    kept = [i for i in range(n) if i not in holes]
    steps = np.diff(kept)
    if (steps == 1).sum() <= max((steps == k).sum() for k in (2, 3, 4)) or (steps == 1).sum() < 2:
        return  # the most common difference is no single step then
    table = pd.DataFrame({"time": times[kept], "y": np.array(kept, float)})
    grid = make_grid(nw.from_native(table.sample(frac=1, random_state=0)), "time", None, ["y"])
    expected = np.full(n, np.nan)
    expected[kept] = kept
    np.testing.assert_array_equal(grid.values[:, 0], expected)
    back = grid.clock.series(grid.moments, nw.from_native(table)["time"]).to_native()
    assert back.dtype == table.time.dtype
    np.testing.assert_array_equal(back, times)
    ahead = grid.clock.after(grid.moments[0], n - 1)
    np.testing.assert_array_equal(ahead, grid.moments[1:])


@settings(max_examples=40, deadline=None)
@given(start=st.integers(-1000, 1000), step=st.sampled_from([1, 2, 7, 0.1, 0.25, 1 / 3]), n=st.integers(5, 50))
def test_numbers_come_back_evenly(start, step, n):
    clock = clock_of(start + step * np.arange(n))
    assert clock.kind == "number"
    moments = clock.moments(series(start + step * np.arange(n)))
    np.testing.assert_array_equal(clock.positions(moments), np.arange(n))
    np.testing.assert_allclose(clock.after(moments[0], n - 1), moments[1:], atol=1e-6)


def test_dates_stay_dates():
    table = pl.DataFrame({"time": pl.date_range(dt.date(2020, 1, 30), dt.date(2020, 3, 2), eager=True)})
    table = table.with_columns(y=pl.int_range(len(table)))
    grid = make_grid(nw.from_native(table), "time", None, ["y"])
    assert grid.clock.words(-3) == "-3 d"
    back = grid.clock.series(grid.moments, nw.from_native(table)["time"]).to_native()
    assert back.dtype == pl.Date
    assert back.to_list() == table["time"].to_list()
    objects = pd.DataFrame({"time": table["time"].to_list(), "y": 1.0})
    assert make_grid(nw.from_native(objects), "time", None, ["y"]).clock.words(1) == "+1 d"


def test_spans_are_told_in_the_largest_unit():
    clock = clock_of(pd.date_range("2020-01-01", periods=9, freq="90min"))
    assert (clock.words(0), clock.words(-2), clock.words(1)) == ("now", "-180 min", "+90 min")
    assert clock_of(pd.date_range("2020-01-01", periods=9, freq="14D")).span(2) == "4 wk"
    assert clock_of(np.arange(9) * 0.5).words(3) == "+1.5"


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (["2020-01-01", "2020-01-02", "2020-01-03", "2020-01-04 07:00"],
         r"most are 1 d, but 2020-01-04 07:00 follows 2020-01-03"),
        (["2020-01-01", "2020-01-02", "2020-01-02", "2020-01-03"], r"^2020-01-02 is twice"),
        (["2020-01-01"], "more than one row"),
    ],
)  # fmt: skip
def test_times_that_are_no_steps(times, message):
    with pytest.raises(DataError, match=message):
        clock_of(pd.to_datetime(times, format="ISO8601"))
    with pytest.raises(DataError, match="should hold dates but holds text"):
        clock_of(times)


def test_groups_have_steps_of_their_own_places():
    table = pd.DataFrame({
        "time": [*pd.date_range("2020-01-01 00:00", periods=5, freq="h"),
                 *pd.date_range("2020-01-01 00:30", periods=5, freq="h")],
        "who": list("aaaaabbbbb"), "y": np.arange(10.0),
    })  # fmt: skip
    grid = make_grid(nw.from_native(table), "time", "who", ["y"])
    np.testing.assert_array_equal(grid.values[:, 0], np.arange(10))
    assert grid.levels == ("a", "b")
    np.testing.assert_array_equal(grid.lengths, [5, 5])


def test_rows_without_time_or_group_are_left_out():
    table = pd.DataFrame({"time": pd.date_range("2020-01-01", periods=8, freq="h"), "who": "a", "y": np.arange(8.0)})
    table.loc[7, "time"], table.loc[6, "who"] = pd.NaT, None
    grid = make_grid(nw.from_native(table), "time", "who", ["y"])
    np.testing.assert_array_equal(grid.values[:, 0], np.arange(6))
    assert grid.notices == ('Left out 2 of 8 rows: "time" or "who" is missing.',)


def test_cycles_are_points_on_circles():
    clock = clock_of(pd.date_range("2020-01-01", periods=20_000, freq="h"))
    cycles = cycles_of(clock, 20_000)
    assert cycles == (("day", 1), ("day", 2), ("week", 1), ("week", 2), ("week", 3), ("year", 1), ("year", 2))
    times = np.array(["2024-01-01T06:00", "2024-01-03T12:00", "NaT"], "datetime64[us]")  # Monday, Wednesday
    points = cycle_inputs(times, cycles)
    assert points.shape == (3, 14)
    np.testing.assert_allclose(points[0, :4], [1, 0, 0, -1], atol=1e-6)
    np.testing.assert_allclose(points[1, :2], [0, -1], atol=1e-6)
    turn = 2 * np.pi * 2.5 / 7
    np.testing.assert_allclose(points[1, 4:6], [np.sin(turn), np.cos(turn)], atol=1e-6)
    np.testing.assert_array_equal(points[2], 0)
    assert cycles_of(clock, 24 * 30) == cycles[:5]
