"""From a table of series and choices to train, validation and test windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from nbreg.data.categories import CategoryColumn
from nbreg.data.dataset import RegressionData
from nbreg.data.frames import Frame, as_frame
from nbreg.data.reading import Floats, refuse_infinite
from nbreg.data.spec import DataSpec
from nbreg.data.splitting import RowSets
from nbreg.data.windows.columns import WindowColumns, window_columns
from nbreg.data.windows.encoder import Matrix, WindowEncoder
from nbreg.data.windows.grid import Grid, make_grid
from nbreg.data.windows.parting import Borders, borders, check_parted
from nbreg.data.windows.scaling import series_scaler, spread
from nbreg.data.windows.spec import WindowSpec
from nbreg.errors import DataError, OptionError

#: So many windows are encoded at a time, which bounds the memory that this takes beside the result.
_AT_ONCE = 4096


class WindowData(RegressionData):
    """Series made ready for a network: windows parted by time, encoded, what is to be forecast scaled.

    It is what `RegressionData` is, a row of whose frame is a window (see `WindowEncoder`). `targets` are ``(n_windows,
    n_targets * horizon)`` in target units, target by target and step by step: ``temp +1 h``, ``temp +2 h``, ... NaN
    where the table has a gap. `table` is the caller's; `grid` its series; `origins` ``(n_windows,)`` the last steps
    seen, as positions in `grid`.
    """

    def __init__(
        self, table: Frame, spec: DataSpec, windows: WindowSpec, grid: Grid, origins: NDArray[np.intp], rows: RowSets,
        encoder: WindowEncoder, statics: dict[str, nw.Series[Any]], notices: Sequence[str],
    ):  # fmt: skip
        self.table, self.spec, self.windows = table, spec, windows
        self.grid, self.origins, self.rows, self.encoder = grid, origins, rows, encoder  # type: ignore[assignment]
        self.statics, self.notices = statics, tuple(notices)
        self.target_names = tuple(
            f"{name} {step}" for name in encoder.target_scaler.names for step in encoder.horizon_names
        )
        self.target_scaler = spread(encoder.target_scaler, windows.horizon, self.target_names)
        ahead = self._ahead(origins, np.arange(encoder.n_targets))
        self.targets = ahead.transpose(0, 2, 1).reshape(len(origins), -1)
        self._frames: dict[str, Frame] = {}
        self._arrays = {}

    def __repr__(self) -> str:
        return f"<WindowData: {len(self.origins):,} windows of {', '.join(self.spec.target)}>"

    @property
    def window_encoder(self) -> WindowEncoder:
        """The encoder, as what it is."""
        encoder: Any = self.encoder
        return encoder  # type: ignore[no-any-return]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table that are predicted from."""
        return self.window_encoder.table_columns

    @property
    def judged_names(self) -> tuple[str, ...]:
        """The targets, each with all its steps."""
        return self.spec.target

    def judged(self, values: Any) -> Any:
        """Return ``(n, n_targets * horizon)`` with a row for each step ahead: ``(n * horizon, n_targets)``."""
        by_step = np.reshape(values, (len(values), len(self.spec.target), self.windows.horizon))
        return by_step.transpose(0, 2, 1).reshape(-1, len(self.spec.target))

    @property
    def frame(self) -> Frame:  # type: ignore[override]
        """All windows, a row each, in the caller's kind of frame; made on first use."""
        if "all" not in self._frames:
            self._frames["all"] = self.window_frame(np.arange(len(self.origins)))
        return self._frames["all"]

    def frame_of(self, which: str) -> Frame:
        """Return the train, validation or test windows, a row each."""
        return self.window_frame(self.rows[which])

    def forget_arrays(self) -> None:
        """Give the memory of arrays and frames back; who asks for them later has them computed anew."""
        super().forget_arrays()
        self._frames.clear()

    def _encoded(self, which: str) -> Matrix:
        return self.inputs(self.rows[which])

    def inputs(self, windows: NDArray[np.intp]) -> Matrix:
        """Return the inputs of windows by their positions, ``(n, n_inputs)``."""
        return encoded(self.window_encoder, self.grid, self.origins[windows], self.statics)

    def window_frame(self, windows: NDArray[np.intp]) -> Frame:
        """Return windows by their positions, a row each, with the columns that the encoder takes, and the origins."""
        encoder, origins = self.window_encoder, self.origins[windows]
        backend, like = self.table.implementation, self.table[self.grid.clock.time]
        observed = self.grid.values[:, : len(encoder.observed)]
        past = past_of(observed, origins, encoder.window).reshape(len(origins), -1)
        ahead = self._ahead(origins, known_places(encoder)).reshape(len(origins), -1)
        values = np.concatenate([past, ahead], axis=1)
        names = (*encoder.past_names, *encoder.known_names)
        numbers = [nw.new_series(name, values[:, i].copy(), backend=backend) for i, name in enumerate(names)]
        groups = self.grid.groups[origins]
        statics = [nw.maybe_reset_index(series[groups]).alias(name) for name, series in self.statics.items()]
        times = self.grid.clock.series(self.grid.moments[origins], like)
        frame = nw.from_dict({each.name: each for each in numbers}, backend=backend)
        return frame.with_columns(times, *statics).select(times.name, *self.statics, *names)

    def _ahead(self, origins: NDArray[np.intp], columns: NDArray[np.intp]) -> Floats:
        return ahead_of(self.grid, origins, self.windows.horizon, columns)


@dataclass(frozen=True, eq=False)
class Layout:
    """The windows of a table, and what each is for; nothing is learned and nothing encoded yet.

    `is_train` ``(n_steps,)`` are the steps that are learned from, `origins` the last steps seen, as positions in
    `grid`, `rows` positions in `origins`; `notices` are about columns and windows that are left out.
    """

    frame: Frame
    columns: WindowColumns
    grid: Grid
    is_train: NDArray[np.bool_]
    origins: NDArray[np.intp]
    rows: RowSets
    notices: tuple[str, ...]


def lay_out(table: Any, spec: DataSpec, windows: WindowSpec, limits: Borders | None = None) -> Layout:
    """Cut the series of `table` into windows and part these by time: see `prepare_windows`, which learns from them.

    Raises DataError for columns, times and steps that do not fit and series that are too short; OptionError for a split
    that is not by time.
    """
    frame = as_frame(table)
    columns = window_columns(frame, spec, windows)
    _check_split(spec)
    grid = make_grid(frame, str(windows.time), windows.group, [*columns.observed, *columns.known])
    limits = limits or borders(grid, spec)
    is_train = grid.is_row & (grid.moments < limits.validation)
    for i, name in enumerate((*columns.observed, *columns.known)):
        refuse_infinite(name, grid.values[:, i])
    columns, grid, notices = _useful(columns, grid, is_train)
    origins, dropped = _usable_origins(grid, columns, windows, is_train)
    rows = limits.part(grid, origins, windows.horizon)
    check_parted(rows, spec, grid, windows.window, windows.horizon)
    return Layout(frame, columns, grid, is_train, origins, rows, (*grid.notices, *notices, *dropped))


def prepare_windows(table: Any, spec: DataSpec, windows: WindowSpec, limits: Borders | None = None) -> WindowData:
    """Cut the series of `table` into windows, part these by time, then learn encoder and scaler from train rows alone.

    Steps are equal, in each group by itself: missing rows become gaps. The latest rows, by `limits`, or else by the
    shares of `spec`, are for validation and test; a window whose steps to forecast lie on both sides of a border is in
    no set, so that nothing of a train window, seen or forecast, is later than the border. Windows of whose past more
    than ``windows.most_gaps`` is missing, or of which nothing to forecast is known, are left out.

    Raises DataError for columns, times and steps that do not fit, series that are too short, and targets that are
    constant; OptionError for a split that is not by time.
    """
    laid = lay_out(table, spec, windows, limits)
    frame, columns, grid, origins, rows = laid.frame, laid.columns, laid.grid, laid.origins, laid.rows
    statics = _static_values(frame, grid, columns.statics)
    encoder, of_statics = _fitted_encoder(grid, columns, spec, windows, laid.is_train, statics)
    kept = {column.name: statics[column.name] for column in encoder.statics}
    said = (_about(grid, windows), *laid.notices, *of_statics, *_purged(rows, len(origins)))
    aware = _with_roles(spec, windows)
    data = WindowData(frame, aware, windows, grid, origins, rows, encoder, kept, said)
    for which in ("train", "validation", "test"):
        data.arrays(which)
    return data


def windows_of(table: Any, spec: DataSpec, windows: WindowSpec, encoder: WindowEncoder) -> WindowData:
    """Return all windows of another table, as test rows, encoded as `encoder` has learned. Raises DataError."""
    frame = as_frame(table)
    columns = WindowColumns(
        spec.target, encoder.observed[encoder.n_targets :], encoder.known, tuple(c.name for c in encoder.statics)
    )
    window_columns(frame, replace(spec, features=(*columns.features, *columns.statics)), windows)  # which checks them
    grid = make_grid(frame, str(windows.time), windows.group, [*columns.observed, *columns.known], encoder.clock)
    if windows.group is not None:
        encoder.check_groups(grid.levels)
    origins, dropped = _usable_origins(grid, columns, windows, grid.is_row)
    none = np.zeros(0, np.intp)
    rows = RowSets(none, none, np.arange(len(origins)))
    statics = _static_values(frame, grid, columns.statics)
    return WindowData(frame, spec, windows, grid, origins, rows, encoder, statics, dropped)


def _check_split(spec: DataSpec) -> None:
    if spec.split == "group":
        raise OptionError('Windows are parted by time, not by groups: leave split="group" out.')


def _with_roles(spec: DataSpec, windows: WindowSpec) -> DataSpec:
    return replace(spec, split="time", time=windows.time, group=windows.group)


# Columns


def _useful(columns: WindowColumns, grid: Grid, is_train: NDArray[np.bool_]) -> tuple[WindowColumns, Grid, list[str]]:
    """Leave out features and known columns that are empty or constant on the train rows."""
    names = (*columns.observed, *columns.known)
    train = grid.values[is_train]
    reasons: dict[str, list[str]] = {}
    kept: list[int] = []
    for i, name in enumerate(names):
        present = train[~np.isnan(train[:, i]), i]
        reason = "" if i < len(columns.targets) else _useless(present, len(train))
        if reason:
            reasons.setdefault(reason, []).append(f'"{name}"')
        else:
            kept.append(i)
    features = tuple(names[i] for i in kept if len(columns.targets) <= i < len(columns.observed))
    known = tuple(names[i] for i in kept if i >= len(columns.observed))
    notices = [f"Left out {', '.join(dict.fromkeys(found))}: {reason}." for reason, found in reasons.items()]
    useful = replace(columns, features=features, known=known)
    return useful, replace(grid, values=np.ascontiguousarray(grid.values[:, kept])), notices


def _useless(present: Floats, n_rows: int) -> str:
    if not len(present):
        return "empty on the train rows"
    is_constant = len(present) == n_rows and present.min() == present.max()
    return "constant on the train rows" if is_constant else ""


def _static_values(frame: Frame, grid: Grid, names: Sequence[str]) -> dict[str, nw.Series[Any]]:
    """Return, by name, the category of each group, ``(n_groups,)``: that of the first row of its series."""
    first = [int(grid.rows[start]) for start in grid.starts]
    return {name: frame[name][first] for name in names}


def _fitted_encoder(
    grid: Grid, columns: WindowColumns, spec: DataSpec, windows: WindowSpec, is_train: NDArray[np.bool_],
    statics: dict[str, nw.Series[Any]],
) -> tuple[WindowEncoder, list[str]]:  # fmt: skip
    n_targets, n_observed = len(columns.targets), len(columns.observed)
    train = grid.values[is_train]
    scaler = series_scaler(spec, grid.values[:, :n_targets], is_train, columns.targets)
    trained_groups = grid.groups[is_train]
    fitted = [CategoryColumn(n, spec.embed_above).fit(values[trained_groups]) for n, values in statics.items()]
    left_out = [f'Left out "{column.name}": constant on the train rows.' for column in fitted[1:] if column.is_constant]
    n_steps = int(np.bincount(trained_groups).max())
    encoder = WindowEncoder(windows, grid.clock, n_steps, spec.scaling).fit(
        (columns.observed, train[:, :n_observed]),
        (columns.known, train[:, n_observed:]),
        scaler,
        [column for column in fitted if not column.is_constant],
        [grid.levels[code] for code in np.unique(trained_groups)],
    )
    return encoder, left_out


# Windows


def _usable_origins(
    grid: Grid, columns: WindowColumns, windows: WindowSpec, is_train: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], list[str]]:
    """Return the last steps of the windows that can be learned from, and notices. Raises DataError for none."""
    fitting = _fitting(grid, windows)
    n_targets, n_observed = len(columns.targets), len(columns.observed)
    gaps = np.isnan(grid.values)
    # A column that is mostly missing says something by its gaps, as gusts of wind do; it does not spoil a window.
    counted = [i for i in range(n_observed) if i < n_targets or gaps[is_train, i].mean() <= windows.most_gaps]
    share = _windowed_mean(gaps[:, counted].mean(axis=1), fitting, windows.window)
    is_whole = share <= windows.most_gaps
    ahead = (fitting[:, None] + np.arange(1, windows.horizon + 1)).astype(np.intp)
    has_target: NDArray[np.bool_] = np.asarray(~gaps[:, :n_targets].all(axis=1))
    has_known: NDArray[np.bool_] = np.asarray(~gaps[:, n_observed:].any(axis=1))
    is_known = has_target[ahead].any(axis=1) & has_known[ahead].all(axis=1)
    origins = fitting[is_whole & is_known]
    if not len(origins):
        raise DataError(
            f"All {len(fitting):,} windows have gaps: more than {100 * windows.most_gaps:g} % of their past, or all "
            "that is to be forecast, is missing. Take a shorter window, fill the gaps, or allow more (most_gaps)."
        )
    return origins, _gap_notices(~is_whole, is_whole & ~is_known, windows)


def _fitting(grid: Grid, windows: WindowSpec) -> NDArray[np.intp]:
    """Return the steps with enough of their series before and behind them. Raises DataError where there are none."""
    lengths = np.repeat(grid.lengths, grid.lengths)
    place = grid.place
    fitting = np.flatnonzero((place >= windows.window - 1) & (place + windows.horizon < lengths))
    if not len(fitting):
        longest = int(grid.lengths.max())
        of = f" (group {grid.levels[int(grid.groups[grid.starts[grid.lengths.argmax()]])]})" if windows.group else ""
        raise DataError(
            f"A window of {windows.window} and a horizon of {windows.horizon} steps need series of "
            f"{windows.window + windows.horizon} steps or more; the longest has {longest:,}{of}."
        )
    return fitting


def _windowed_mean(values: Floats, origins: NDArray[np.intp], window: int) -> Floats:
    total = np.concatenate([[0.0], np.cumsum(values)])
    mean: Floats = (total[origins + 1] - total[origins + 1 - window]) / window
    return np.round(mean, 12)  # sums of shares, which end in bits of their own


def _gap_notices(gappy: NDArray[np.bool_], unknown: NDArray[np.bool_], windows: WindowSpec) -> list[str]:
    share = f"more than {100 * windows.most_gaps:g} % of the past is missing"
    what = "all that is to be forecast" + (", or a column known in advance," if windows.known else "") + " is missing"
    return [
        f"Left out {int(mask.sum()):,} of {len(mask):,} windows: {reason}."
        for mask, reason in ((gappy, share), (unknown, what))
        if mask.any()
    ]


def _about(grid: Grid, windows: WindowSpec) -> str:
    seen, ahead = grid.clock.span(windows.window), grid.clock.span(windows.horizon)
    return f"A row is a window: {seen} seen, {ahead} ahead. Figures are over all steps ahead."


def _purged(rows: RowSets, n_windows: int) -> list[str]:
    count = n_windows - sum(len(rows[which]) for which in ("train", "validation", "test"))
    return [f"Left out {count:,} windows that lie across the borders of the sets."] if count else []


# Arrays


def past_of(values: NDArray[Any], origins: NDArray[np.intp], window: int) -> NDArray[Any]:
    """Return the last `window` steps up to each origin of columns ``(n_steps, n_columns)``: ``(n, window, n_columns)``.

    Only those that are asked for are copied.
    """
    views = sliding_window_view(values, window, axis=0)
    return views[origins - window + 1].transpose(0, 2, 1)


def ahead_of(grid: Grid, origins: NDArray[np.intp], horizon: int, columns: NDArray[np.intp]) -> Floats:
    """Return some columns at the steps to forecast, ``(n, horizon, n_columns)`` float64, gaps as NaN."""
    if not len(columns):
        return np.zeros((len(origins), horizon, 0))  # whose steps need not be there yet
    steps = origins[:, None] + np.arange(1, horizon + 1)
    ahead: Floats = grid.values[steps[:, :, None], columns[None, None, :]]
    return ahead


def known_places(encoder: WindowEncoder) -> NDArray[np.intp]:
    """Return which columns of the grid are known in advance."""
    return len(encoder.observed) + np.arange(len(encoder.known))


def encoded(
    encoder: WindowEncoder, grid: Grid, origins: NDArray[np.intp], statics: dict[str, nw.Series[Any]]
) -> Matrix:
    """Return the inputs of the windows that end at `origins`, ``(n, n_inputs)``."""
    of_groups = [encoder.static_inputs(column, statics[column.name]) for column in encoder.statics]
    scaled = encoder.scaled(grid.values[:, : len(encoder.observed)])
    X = np.zeros((len(origins), encoder.n_inputs), np.float32)
    for start in range(0, len(origins), _AT_ONCE):
        some = origins[start : start + _AT_ONCE]
        X[start : start + _AT_ONCE] = encoder.encode(
            past_of(scaled, some, encoder.window),
            ahead_of(grid, some, encoder.horizon, known_places(encoder)),
            _wall_times(encoder, grid, some),
            [inputs[grid.groups[some]] for inputs in of_groups],
        )
    return X


def _wall_times(encoder: WindowEncoder, grid: Grid, origins: NDArray[np.intp]) -> Any:
    if not encoder.cycles:
        return np.full(len(origins), np.datetime64("NaT", "us"))
    return grid.clock.times(grid.moments[origins])
