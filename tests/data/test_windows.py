"""From series to windows: what each holds, who may see what, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbreg.data.spec import DataSpec
from nbreg.data.windows.spec import WindowSpec
from nbreg.data.windows.windowing import prepare_windows
from nbreg.errors import DataError, OptionError

SETS = ("train", "validation", "test")


def stations(n=160, groups=("a", "b"), freq="h", start="2020-01-01"):
    """Hours of stations; `load` says which row of which station it is: 1000 for the first of the second, and so on."""
    rng = np.random.default_rng(0)
    times = pd.date_range(start, periods=n, freq=freq)
    frames = [
        pd.DataFrame({
            "time": times,
            "station": name,
            "wind": rng.normal(size=n),
            "load": 1000.0 * i + np.arange(n),
            "text": name.upper(),
        })
        for i, name in enumerate(groups)
    ]  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def windows_of(table, target="load", spec=None, **choices):
    choices = {"time": "time", "group": "station", "window": 6, "horizon": 3, **choices}
    if "station" not in table:
        choices["group"] = None
    return prepare_windows(table, spec or DataSpec(target=target, target_transform="none"), WindowSpec(**choices))


def pasts(data, which, column="load"):
    """The observed values of windows, (n, window)."""
    frame = data.frame_of(which).to_pandas()
    return frame[[f"{column} {step}" for step in data.encoder.step_names]].to_numpy()


def test_a_window_is_the_steps_before_and_the_steps_after():
    data = windows_of(stations())
    for which in SETS:
        past, ahead = pasts(data, which), data.observed(which)
        assert len(past) == data.n_rows(which) > 0
        np.testing.assert_array_equal(np.diff(past, axis=1), 1)
        np.testing.assert_array_equal(ahead, past[:, -1:] + np.arange(1, 4))
    assert data.target_names == ("load +1 h", "load +2 h", "load +3 h")
    assert data.encoder.step_names == ("-5 h", "-4 h", "-3 h", "-2 h", "-1 h", "now")


def test_inputs_are_the_sequence_step_by_step_and_then_the_rest():
    data = windows_of(stations())
    X, y = data.arrays("train")
    assert X.dtype == y.dtype == np.float32
    assert data.encoder.channel_names == ("load", "wind")
    assert data.encoder.sequence_shape == (6, 2)
    sequence = X[:, :12].reshape(-1, 6, 2)
    scaled = (pasts(data, "train") - data.target_scaler.mean_[0]) / data.target_scaler.scale_[0]
    np.testing.assert_allclose(sequence[:, :, 0], scaled, rtol=1e-5)
    np.testing.assert_array_equal(X[:, data.encoder.last_positions[0]], sequence[:, -1, 0])
    assert data.encoder.input_names[:3] == ("load -5 h", "wind -5 h", "load -4 h")
    assert data.encoder.input_names[-2:] == ("station = a", "station = b")
    assert X.shape[1] == data.encoder.n_inputs == len(data.encoder.input_names)


def test_the_same_scaling_for_what_was_and_what_is_to_be():
    data = windows_of(stations())
    train = stations().query("load % 1000 < 100").load.to_numpy()  # the validation rows begin after 64 % of 160
    border = data.grid.moments[data.origins[data.rows.validation[0]] + 1]
    assert border == pd.Timestamp("2020-01-01").value // 1000 + 102 * 3_600_000_000
    train = np.concatenate([np.arange(102.0), 1000 + np.arange(102.0)])
    np.testing.assert_allclose(data.target_scaler.mean_, train.mean())
    np.testing.assert_allclose(data.target_scaler.scale_, train.std())
    y = data.arrays("test")[1]
    np.testing.assert_allclose(data.target_scaler.inverse_transform(y), data.observed("test"), rtol=1e-5)


def test_several_targets_go_target_by_target():
    data = windows_of(stations(), target=("load", "wind"))
    assert data.target_names == ("load +1 h", "load +2 h", "load +3 h", "wind +1 h", "wind +2 h", "wind +3 h")
    table = stations().set_index(["station", "time"])
    frame = data.frame_of("test").to_pandas()
    at = (frame.station[7], frame.time[7] + pd.Timedelta("2h"))
    np.testing.assert_array_equal(data.observed("test")[7][[1, 4]], table.loc[at, ["load", "wind"]].to_numpy(float))


def test_windows_never_cross_groups():
    data = windows_of(stations(groups=("a", "b", "c")))
    for which in SETS:
        numbers = np.hstack([pasts(data, which), data.observed(which)])
        names = data.frame_of(which).to_pandas().station
        assert set(names) == {"a", "b", "c"}
        np.testing.assert_array_equal(
            numbers // 1000, names.map({"a": 0, "b": 1, "c": 2}).to_numpy()[:, None] + np.zeros(9)
        )


def test_nothing_of_a_train_window_is_later_than_the_border():
    data = windows_of(stations(n=300), window=24, horizon=12)
    last_seen = {which: data.observed(which).max(axis=1) % 1000 for which in SETS}
    first_ahead = {which: data.observed(which).min(axis=1) % 1000 for which in SETS}
    assert last_seen["train"].max() < first_ahead["validation"].min()
    assert last_seen["validation"].max() < first_ahead["test"].min()
    assert first_ahead["test"].min() == 240
    assert any("across the borders" in notice for notice in data.notices)


def leaked(table, change):
    """Train arrays and scalers before and after a change of the table."""
    told = []
    for each in (table, change(table)):
        data = windows_of(each, target=("load", "wind"), window=8, horizon=4)
        told.append((*data.arrays("train"), data.target_scaler.mean_, data.target_scaler.scale_))
    return told


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**16), how=st.sampled_from(["shuffled", "replaced", "huge", "missing"]))
def test_the_future_does_not_change_a_train_array(seed, how):
    table = stations()
    table["gap"] = np.where(np.arange(len(table)) % 7 == 0, np.nan, table.wind)
    future = table.load % 1000 >= 102

    def change(table):
        rng, table = np.random.default_rng(seed), table.copy()
        for name in ("load", "wind", "gap"):
            values = table.loc[future, name].to_numpy()
            table.loc[future, name] = {
                "shuffled": lambda v: rng.permutation(v),
                "replaced": lambda v: rng.normal(size=len(v)),
                "huge": lambda v: v * 1e9,
                "missing": lambda v: np.where(rng.random(len(v)) < 0.1, np.nan, v),
            }[how](values)
        return table

    before, after = leaked(table, change)
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_change_of_the_past_does():
    table = stations()
    before, after = leaked(table, lambda t: t.assign(wind=t.wind.where(t.load != 50, 9.0)))
    assert (before[0] != after[0]).any()


def test_pandas_and_polars_give_the_same_arrays():
    table = stations().sample(frac=1, random_state=1)
    one, other = windows_of(table), windows_of(pl.from_pandas(table))
    for which in SETS:
        for a, b in zip(one.arrays(which), other.arrays(which), strict=True):
            np.testing.assert_array_equal(a, b)
        assert isinstance(other.frame_of(which).to_native(), pl.DataFrame)
        pd.testing.assert_frame_equal(one.frame_of(which).to_pandas(), other.frame_of(which).to_pandas(),
                                      check_dtype=False)  # fmt: skip


@pytest.mark.parametrize("as_kind", [lambda t: t, pl.from_pandas], ids=["pandas", "polars"])
def test_the_encoder_makes_the_same_of_a_frame_of_windows(as_kind):
    table = stations()
    rng = np.random.default_rng(2)
    table["wind"] = table.wind.where(rng.random(len(table)) > 0.15)
    table["holiday"] = (table.time.dt.day_of_week == 2).astype(float)
    data = windows_of(as_kind(table), known=("holiday",))
    for which in SETS:
        frame = data.frame_of(which)
        np.testing.assert_array_equal(data.encoder.transform(frame), data.arrays(which)[0])
        assert set(data.encoder.feature_names) <= set(frame.columns)


def test_some_columns_anew_are_as_all_anew():
    table = stations()
    rng = np.random.default_rng(2)
    table["wind"] = table.wind.where(rng.random(len(table)) > 0.2)
    table["holiday"] = (table.time.dt.day_of_week == 2).astype(float)
    data = windows_of(table, known=("holiday",))
    frame = data.frame_of("train").to_pandas()
    other = frame.copy()
    other["wind -3 h"] = np.where(np.arange(len(frame)) % 2, 5.0, np.nan)
    other["load now"] = 7.0
    other["holiday +2 h"] = 1.0
    other["station"] = "b"
    other["time"] = pd.Timestamp("2020-06-01 12:00")
    changed = ["wind -3 h", "load now", "holiday +2 h", "station", "time"]
    some = data.encoder.transform_some(data.arrays("train")[0], other[changed])
    np.testing.assert_array_equal(some[:, -8:], data.encoder.transform(other)[:, -8:])
    # A gap that the first window step filled from behind is known by its mask alone, so that all agree here too.
    np.testing.assert_allclose(some, data.encoder.transform(other), atol=1e-6)


# Gaps


def test_missing_rows_become_gaps_and_gaps_are_carried_forward():
    table = stations(groups=("a",)).drop(index=[20, 21])
    table.loc[table.load == 40, "wind"] = np.nan
    data = windows_of(table, window=10)
    steps = {int(past[-1]): past for past in pasts(data, "train") if not np.isnan(past[-1])}
    np.testing.assert_array_equal(steps[25], [16, 17, 18, 19, np.nan, np.nan, 22, 23, 24, 25])
    assert data.encoder.channel_names == ("load", "wind", "wind is missing")
    sequence = data.arrays("train")[0][:, :30].reshape(-1, 10, 3)
    row = next(i for i, past in enumerate(pasts(data, "train")) if past[-1] == 25)
    scale = data.target_scaler
    filled = sequence[row, :, 0] * scale.scale_[0] + scale.mean_[0]
    np.testing.assert_allclose(filled, [16, 17, 18, 19, 19, 19, 22, 23, 24, 25], rtol=1e-5)
    gap = next(i for i, past in enumerate(pasts(data, "train")) if past[-1] == 42)
    np.testing.assert_array_equal(sequence[gap, :, 2], [0, 0, 0, 0, 0, 0, 0, 1, 0, 0])
    assert sequence[gap, 7, 1] == sequence[gap, 6, 1]


def test_windows_with_too_many_gaps_are_left_out():
    table = stations(groups=("a",)).drop(index=range(20, 25))
    for most, n_steps in ((0.25, 1), (0.5, 3)):
        data = windows_of(table, most_gaps=most)
        assert np.isnan(pasts(data, "train")).sum(axis=1).max() == n_steps
        assert any(f"more than {100 * most:g} % of the past is missing" in notice for notice in data.notices)


def test_missing_targets_stay_missing():
    table = stations(groups=("a",))
    table.loc[30, "load"] = np.nan
    data = windows_of(table)
    y = data.arrays("train")[1]
    assert np.isnan(y).sum() == 3
    assert np.isnan(data.observed("train")).sum() == 3
    assert not np.isnan(data.arrays("train")[0]).any()


def test_a_column_that_is_mostly_missing_spoils_no_window():
    table = stations()
    table["gust"] = table.wind.where(np.arange(len(table)) % 10 == 0)
    data = windows_of(table)
    assert "gust is missing" in data.encoder.channel_names
    assert not any("past is missing" in notice for notice in data.notices)


# Times


def test_hours_of_a_summer_time_are_equal_steps():
    table = stations(groups=("a",), n=400, start="2021-03-20")
    table["time"] = pd.date_range("2021-03-20", periods=400, freq="h", tz="Europe/Berlin")
    data = windows_of(table)
    assert len(data.origins) == 400 - 6 - 3 + 1
    times = data.frame.to_pandas().time
    assert str(times.dt.tz) == "Europe/Berlin"
    clear = pd.DatetimeIndex(times).tz_convert("UTC")
    assert set(np.diff(clear)) == {np.timedelta64(1, "h")}
    sines = data.inputs(np.arange(len(data.origins)))[:, data.encoder.input_names.index("time day sin")]
    hours = times.dt.hour.to_numpy()
    np.testing.assert_allclose(sines, np.sin(2 * np.pi * hours / 24), atol=1e-6)


def test_the_hour_that_is_there_twice_is_two_hours():
    times = pd.date_range("2021-10-25", periods=300, freq="h", tz="Europe/Berlin")
    table = pd.DataFrame({"time": times, "load": np.arange(300.0)})
    data = windows_of(table)
    assert len(data.origins) == 300 - 6 - 3 + 1
    np.testing.assert_array_equal(np.diff(pasts(data, "train"), axis=1), 1)


def test_days_of_a_summer_time_are_equal_steps():
    times = pd.date_range("2021-01-01", periods=300, freq="D", tz="Europe/Berlin")
    data = windows_of(pd.DataFrame({"time": times, "load": np.arange(300.0)}))
    assert data.target_names[0] == "load +1 d"
    assert set(data.frame.to_pandas().time.dt.hour) == {0}


@pytest.mark.parametrize(
    ("freq", "first", "names"),
    [
        ("MS", "-5 mo", ("load +1 mo", "load +2 mo", "load +3 mo")),
        ("ME", "-5 mo", ("load +1 mo", "load +2 mo", "load +3 mo")),
        ("QS", "-15 mo", ("load +3 mo", "load +6 mo", "load +9 mo")),
        ("YS", "-5 y", ("load +1 y", "load +2 y", "load +3 y")),
        ("7D", "-5 wk", ("load +1 wk", "load +2 wk", "load +3 wk")),
        ("15min", "-75 min", ("load +15 min", "load +30 min", "load +45 min")),
    ],
)
def test_steps_of_any_length(freq, first, names):
    times = pd.date_range("1950-01-01", periods=120, freq=freq)
    data = windows_of(pd.DataFrame({"time": times, "load": np.arange(120.0)}))
    assert data.target_names == names
    assert data.encoder.step_names[0] == first
    assert len(data.origins) == 120 - 6 - 3 + 1
    np.testing.assert_array_equal(data.frame.to_pandas().time, times[5:-3])


@pytest.mark.parametrize(("step", "name"), [(1, "load +1"), (5, "load +5"), (0.1, "load +0.1")])
def test_numbers_are_times_too(step, name):
    table = pd.DataFrame({"time": 3 + step * np.arange(100), "load": np.arange(100.0)}).drop(index=[50])
    data = windows_of(table)
    assert data.target_names[0] == name
    assert not data.encoder.cycles
    np.testing.assert_array_equal(np.nan_to_num(np.diff(pasts(data, "train"), axis=1), nan=1), 1)


def test_the_order_of_rows_does_not_matter():
    table = stations()
    one, other = windows_of(table), windows_of(table.sample(frac=1, random_state=3))
    np.testing.assert_array_equal(one.arrays("train")[0], other.arrays("train")[0])


def test_the_calendar_is_seen_as_far_as_it_varies():
    def cycles(freq, n=160):
        names = windows_of(stations(freq=freq, n=n)).encoder.input_names
        return {name.split()[1] for name in names if name.startswith("time ")}

    assert cycles("h") == {"day", "week"}  # a year of which five days are known tells nothing
    assert cycles("h", n=7000) == {"day", "week", "year"}
    assert cycles("D", n=400) == {"week", "year"}
    assert cycles("7D") == {"year"}
    assert not any(name.startswith("time ") for name in windows_of(stations(), calendar=False).encoder.input_names)


# What is known in advance, and what stays as it is


def test_known_columns_are_seen_ahead():
    table = stations()
    table["holiday"] = np.arange(len(table)) % 5 == 0
    data = windows_of(table, known=("holiday",), spec=DataSpec(target="load", features=("wind",), scaling="none"))
    assert data.encoder.observed == ("load", "wind")
    frame = data.frame_of("test").to_pandas()
    at = stations().set_index(["station", "time"])
    expected = [
        at.index.get_loc((s, t + pd.Timedelta("2h"))) % 5 == 0 for s, t in zip(frame.station, frame.time, strict=True)
    ]
    np.testing.assert_array_equal(frame["holiday +2 h"], np.array(expected, float))
    column = data.encoder.input_names.index("holiday +2 h")
    np.testing.assert_array_equal(data.arrays("test")[0][:, column], np.array(expected, np.float32))


def test_categories_of_groups_are_inputs_once():
    data = windows_of(stations(), spec=DataSpec(target="load", features=("wind", "text")))
    assert data.encoder.input_names[-4:] == ("station = a", "station = b", "text = A", "text = B")
    assert windows_of(stations()).encoder.input_names[-2:] == ("station = a", "station = b")


def test_many_groups_are_embedded():
    names = [f"s{i:02d}" for i in range(40)]
    data = windows_of(stations(groups=names, n=60))
    assert data.encoder.n_levels == (41,)
    assert set(data.arrays("train")[0][:, -1]) == set(np.arange(40.0))


# What is refused


def test_errors_say_what_to_do():
    table = stations()
    cases = [
        (table, {"time": None}, r'needs one, such as time="time"'),
        (table, {"time": "tiem"}, 'no column "tiem" for the time. Did you mean "time"'),
        (table, {"group": "staton"}, 'no column "staton" for the group'),
        (table, {"time": "text"}, r"should hold dates but holds text.*pd.to_datetime"),
        (table, {"group": None}, r"is twice in column \"time\".*--group COL"),
        (table, {"window": 150, "horizon": 24}, "need series of 174 steps or more; the longest has 160"),
        (table, {"horizon": 30}, "No validation windows are left"),
        (table, {"known": ("load",)}, "cannot be known in advance"),
        (table, {"known": ("text",)}, "takes numbers; it holds category values"),
        (table.assign(load=3.0), {}, 'Target "load" is always 3'),
        (table.assign(load=np.nan), {}, "missing|no values"),
        (table.assign(time=table.time + pd.to_timedelta(np.where(table.load == 9, 20, 0), "min")), {},
         "not equal: most are 1 h"),
        (pd.concat([table, table.iloc[[5]]]), {}, "2020-01-01 05:00 is twice"),
    ]  # fmt: skip
    for given_table, choices, message in cases:
        with pytest.raises(DataError, match=message) as raised:
            windows_of(given_table, **choices)
        assert "\n" not in str(raised.value)


def test_errors_about_targets_and_features():
    cases = [
        (DataSpec(), "No target is given"),
        (DataSpec(target="lod"), 'Did you mean "load"'),
        (DataSpec(target="text"), "takes numbers"),
        (DataSpec(target="station"), "cannot be the target"),
        (DataSpec(target="load", features=("wnd",)), 'Did you mean "wind"'),
    ]
    for spec, message in cases:
        with pytest.raises(DataError, match=message):
            windows_of(stations(), spec=spec)
    changing = stations().assign(text=["x", "y"] * 160)
    with pytest.raises(DataError, match="changes from step to step"):
        windows_of(changing, spec=DataSpec(target="load", features=("text",)))
    with pytest.raises(OptionError, match="by time, not by groups"):
        windows_of(stations(), spec=DataSpec(target="load", split="group", group="station"))


def test_an_unknown_group_is_named():
    data = windows_of(stations())
    frame = data.frame_of("test").to_pandas().assign(station="c")
    with pytest.raises(DataError, match='Group "c" of "station" was not among those trained on'):
        data.encoder.transform(frame)
    with pytest.raises(DataError, match="lacks the column"):
        data.encoder.transform(frame.drop(columns=["load now"]))
