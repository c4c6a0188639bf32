"""A window of the past in, a float32 row out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbreg.data.categories import CategoryColumn
from nbreg.data.encoding import Block
from nbreg.data.frames import Frame, as_frame
from nbreg.data.quantities import QuantityColumn
from nbreg.data.reading import Floats, Times, read_levels, read_numbers, read_times
from nbreg.data.scaling import make_scaler
from nbreg.data.targets import TargetScaler
from nbreg.data.windows.clock import Clock
from nbreg.data.windows.cycles import cycle_inputs, cycle_names, cycles_of
from nbreg.data.windows.spec import WindowSpec
from nbreg.errors import DataError, did_you_mean

#: Types of ours that a stored window encoder holds beside those of `ENCODER_TYPES`, for skops's ``trusted``.
WINDOW_TYPES = ("nbreg.data.windows.clock.Clock", "nbreg.data.windows.encoder.WindowEncoder")

#: No input may leave float32, whatever a new row brings.
_LARGEST = 1e30

Matrix = NDArray[np.float32]


class WindowEncoder:
    """Turns windows into inputs, a float32 matrix ``(n_windows, n_inputs)``.

    A window is a row: the time of its last step (its *origin*), its group, and each observed column at each step, as
    the columns ``temp -47 h`` to ``temp now``. The inputs are a sequence of `sequence_shape` (steps, channels), step by
    step, the oldest first, and behind it, once: columns known in advance at each step to forecast, the cycles of the
    calendar at the origin, and the categories that stay as they are in a group, codes to embed last.

    The first channels are the targets, scaled as `TargetScaler` scales what is to be forecast, so that the newest
    inputs of these (`last_positions`) are a forecast of "as it is now". Then come the features, each scaled by its
    train rows, then one 0/1 channel, "temp is missing", for each column whose train rows have gaps. A gap is filled
    with the last value before it in the window, or, where there is none, the first behind it; nothing outside the
    window is looked at.

    `n_steps` is how long the train rows of the longest series are. After `fit` it has what `Encoder` has:
    `feature_names`, `input_names`, `n_inputs`, `n_levels`, `blocks`, `columns`, `notices`; and `channel_names`,
    `step_names`.
    """

    def __init__(self, spec: WindowSpec, clock: Clock, n_steps: int, scaling: str = "robust"):
        self.clock, self.group, self.scaling = clock, spec.group, scaling
        self.window, self.horizon = spec.window, spec.horizon
        self.cycles = cycles_of(clock, n_steps) if spec.calendar else ()
        self.notices: list[str] = []

    def fit(
        self,
        observed: tuple[Sequence[str], Floats],
        known: tuple[Sequence[str], Floats],
        target_scaler: TargetScaler,
        statics: Sequence[CategoryColumn] = (),
        groups: Sequence[str] = (),
    ) -> WindowEncoder:
        """Learn from train steps: names and values ``(n_steps, n_columns)`` of observed columns, targets first, and of
        those known in advance; `statics` are fitted already; `groups` are the names of those trained on.
        """
        self.target_scaler, self.statics, self.groups = target_scaler, list(statics), tuple(groups)
        self.observed, self.known = tuple(observed[0]), tuple(known[0])
        self.with_gaps = np.flatnonzero(np.isnan(observed[1]).any(axis=0)).tolist()
        self.scaler, self.known_scaler = (make_scaler(self.scaling, len(observed[1])) for _ in range(2))
        if self.n_features:
            self.scaler.fit(observed[1][:, self.n_targets :])
        if self.known:
            self.known_scaler.fit(known[1])
        self._lay_out()
        return self

    # Names and places

    @property
    def n_targets(self) -> int:
        """How many of the observed columns, the first ones, are forecast."""
        return len(self.target_scaler.names)

    @property
    def n_features(self) -> int:
        return len(self.observed) - self.n_targets

    @property
    def sequence_shape(self) -> tuple[int, int]:
        """Steps and channels of the sequence that the first inputs are, step by step."""
        return self.window, len(self.channel_names)

    @property
    def channel_names(self) -> tuple[str, ...]:
        """What is seen at each step, ``(n_channels,)``."""
        return (*self.observed, *(f"{self.observed[i]} is missing" for i in self.with_gaps))

    @property
    def step_names(self) -> tuple[str, ...]:
        """The steps of the past, from ``-47 h`` to ``now``, ``(n_steps,)``."""
        return tuple(self.clock.words(step) for step in range(1 - self.window, 1))

    @property
    def horizon_names(self) -> tuple[str, ...]:
        """The steps to forecast, from ``+1 h`` on, ``(horizon,)``."""
        return tuple(self.clock.words(step) for step in range(1, self.horizon + 1))

    @property
    def last_positions(self) -> tuple[int, ...]:
        """The inputs that are the targets' newest values, ``(n_targets,)``."""
        first = (self.window - 1) * len(self.channel_names)
        return tuple(range(first, first + self.n_targets))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The columns that `transform` needs, those of a window."""
        return tuple(column.name for column in self.columns)

    @property
    def table_columns(self) -> tuple[str, ...]:
        """The columns of a table that windows are cut from."""
        times = (self.clock.time,) if self.cycles else ()
        return (*dict.fromkeys((*self.observed, *self.known)), *times, *(column.name for column in self.statics))

    def _lay_out(self) -> None:
        """Give every column of a window its inputs: the sequence first, codes to embed last."""
        n_channels, gap_place = len(self.channel_names), {column: i for i, column in enumerate(self.with_gaps)}
        columns: list[Any] = []
        blocks: list[Block] = []
        names: list[str] = []
        for step, label in enumerate(self.step_names):
            names += [f"{channel} {label}" for channel in self.channel_names]
            for i, name in enumerate(self.observed):
                places = [i, len(self.observed) + gap_place[i]] if i in gap_place else [i]
                # A gap in the past is filled with the value before, whether or not the train steps have any.
                columns.append(QuantityColumn(f"{name} {label}", "number", has_gaps=True))
                blocks.append(Block(columns[-1].name, "number", tuple(step * n_channels + place for place in places)))
        for column in self._once():
            own = list(getattr(column, "input_names", ()))
            blocks.append(Block(column.name, _kind(column), tuple(range(len(names), len(names) + len(own)))))
            columns.append(column)
            names += own
        self.columns, self.blocks, self.input_names = columns, tuple(blocks), tuple(names)
        self.n_inputs = len(names)
        self.n_levels = tuple(column.n_levels for column in self.statics if column.is_embedded)

    def _once(self) -> list[Any]:
        """Return the columns that are seen once a window, codes to embed last."""
        known = [QuantityColumn(name, "number") for name in self.known_names]
        parts = tuple(cycle_names(self.cycles))
        times = [QuantityColumn(self.clock.time, "date", parts, time_zone=self.clock.zone)] if parts else []
        return [*known, *times, *sorted(self.statics, key=lambda column: column.is_embedded)]

    # Inputs

    def scaled(self, observed: Floats) -> Matrix:
        """Return rows of observed columns ``(n, n_observed)`` as a window shows them, gaps as NaN."""
        parts = [self.target_scaler.transform(observed[:, : self.n_targets])]
        if self.n_features:
            parts.append(_scaled(self.scaler, observed[:, self.n_targets :]))
        return np.clip(np.concatenate(parts, axis=1), -_LARGEST, _LARGEST)

    def encode(self, past: Matrix, known: Floats, times: Times, statics: Sequence[Matrix]) -> Matrix:
        """Return the inputs of windows ``(n, n_inputs)``.

        `past` is ``(n, window, n_observed)``, `scaled`, with gaps as NaN; `known` ``(n, horizon, n_known)`` in the
        columns' units; `times` ``(n,)`` what the clock on the wall shows at the origins; `statics` the encoded columns
        `statics`.
        """
        n = len(past)
        gaps = np.isnan(past)
        sequence = [_filled(past, gaps), gaps[:, :, self.with_gaps].astype(np.float32)]
        ahead = np.nan_to_num(_scaled(self.known_scaler, known)) if self.known else np.zeros((n, 0), np.float32)
        plain, codes = (
            [inputs for inputs, column in zip(statics, self.statics, strict=True) if column.is_embedded is embedded]
            for embedded in (False, True)
        )
        in_order = (np.concatenate(sequence, axis=2), ahead, cycle_inputs(times, self.cycles), *plain, *codes)
        return np.concatenate([part.reshape(n, -1) if part.size else np.zeros((n, 0)) for part in in_order], axis=1,
                              dtype=np.float32)  # fmt: skip

    def transform(self, frame: Any) -> Matrix:
        """Return the inputs ``(n, n_inputs)`` of windows, a row each with the columns `feature_names`.

        Raises DataError where a column is missing or of another kind than it was, or a group is unknown.
        """
        frame = as_frame(frame)
        self._check_columns(frame)
        past = np.column_stack([read_numbers(frame[name]) for name in self.past_names])
        known = np.array([read_numbers(frame[name]) for name in self.known_names]).reshape(-1, len(frame)).T
        return self.encode(
            self.scaled(past.reshape(-1, len(self.observed))).reshape(len(frame), self.window, -1),
            known.reshape(len(frame), self.horizon, len(self.known)),
            self._times(frame),
            [self.static_inputs(column, frame[column.name]) for column in self.statics],
        )

    def transform_some(self, inputs: Matrix, frame: Any) -> Matrix:
        """Return `inputs` ``(n, n_inputs)`` with those of the columns of `frame`, which holds some of them, made anew.

        Raises DataError as `transform` does.
        """
        frame = as_frame(frame)
        changed = inputs.copy()
        self._change_past(changed, frame)
        for block, column in zip(self.blocks, self.columns, strict=True):
            if column.name not in frame.columns or block.positions[0] < self.window * len(self.channel_names):
                continue
            if isinstance(column, CategoryColumn):
                changed[:, block.positions] = self.static_inputs(column, frame[column.name])
            elif column.kind == "date":
                changed[:, block.positions] = cycle_inputs(self._times(frame), self.cycles)
            else:
                changed[:, block.positions] = self._known_inputs(column.name, read_numbers(frame[column.name]))
        return changed

    def _change_past(self, inputs: Matrix, frame: Frame) -> None:
        """Write new values of the past into `inputs`, and over the gaps that take their values from them."""
        names = [name for name in self.past_names if name in frame.columns]
        if not names:
            return
        n, n_observed = len(inputs), len(self.observed)
        sequence = inputs[:, : self.window * len(self.channel_names)].reshape(n, self.window, -1)
        values = sequence[:, :, :n_observed].copy()
        values[:, :, self.with_gaps] = np.where(sequence[:, :, n_observed:] > 0, np.nan, values[:, :, self.with_gaps])
        for name in names:
            step, i = divmod(self.past_names.index(name), n_observed)
            row = np.full((n, n_observed), np.nan)
            row[:, i] = read_numbers(frame[name])
            values[:, step, i] = self.scaled(row)[:, i]
        gaps = np.isnan(values)
        both = np.concatenate([_filled(values, gaps), gaps[:, :, self.with_gaps]], axis=2)
        inputs[:, : sequence[0].size] = both.reshape(n, -1)

    def _known_inputs(self, name: str, values: Floats) -> Matrix:
        column = self.known_names.index(name) % len(self.known)
        rows = np.full((len(values), len(self.known)), np.nan)
        rows[:, column] = values
        return np.nan_to_num(_scaled(self.known_scaler, rows)[:, [column]])

    def static_inputs(self, column: CategoryColumn, series: Any) -> Matrix:
        """Return the inputs of a category that stays as it is. Raises DataError for a group that is unknown."""
        if column.name == self.group:
            self.check_groups(read_levels(series)[1][:-1])
        return column.transform(series)

    def check_groups(self, names: Sequence[str]) -> None:
        """Raise DataError for the first group that was not trained on."""
        unknown = next((name for name in names if name not in self.groups), None)
        if unknown is not None:
            raise DataError(
                f'Group "{unknown}" of "{self.group}" was not among those trained on.'
                f"{did_you_mean(unknown, self.groups)}"
            )

    def _times(self, frame: Frame) -> Times:
        if not self.cycles:
            return np.full(len(frame), np.datetime64("NaT", "us"))
        return read_times(frame[self.clock.time], self.clock.zone)

    @property
    def past_names(self) -> list[str]:
        """The columns of the past, step by step."""
        return [f"{name} {label}" for label in self.step_names for name in self.observed]

    @property
    def known_names(self) -> list[str]:
        """The columns known in advance at the steps to forecast, step by step."""
        return [f"{name} {label}" for label in self.horizon_names for name in self.known]

    def _check_columns(self, frame: Frame) -> None:
        missing = [name for name in self.feature_names if name not in frame.columns]
        if missing:
            raise DataError(
                f'A window lacks the column "{missing[0]}"' + (f" and {len(missing) - 1} more" if missing[1:] else "")
                + "; a table of times is forecast by predict(table)."
            )  # fmt: skip


def _kind(column: Any) -> str:
    return "category" if isinstance(column, CategoryColumn) else str(column.kind)


def _scaled(scaler: Any, values: Floats) -> Matrix:
    """Return values ``(..., n_columns)`` scaled, gaps as NaN."""
    scaled = np.asarray(scaler.transform(values.reshape(-1, values.shape[-1])), np.float64)
    return np.clip(scaled, -_LARGEST, _LARGEST).astype(np.float32).reshape(values.shape)


def _filled(past: Matrix, gaps: NDArray[np.bool_]) -> Matrix:
    """Return windows ``(n, window, n_columns)`` whose gaps hold the last value before, or else the first behind.

    Where a column is all gaps, it is 0, which is its middle.
    """
    columns = np.flatnonzero(gaps.any(axis=(0, 1)))
    if not len(columns):
        return past
    some, missing = past[:, :, columns], gaps[:, :, columns]
    steps = np.arange(past.shape[1])[None, :, None]
    before = np.maximum.accumulate(np.where(missing, -1, steps), axis=1)
    first = np.argmin(missing, axis=1)[:, None, :]
    filled = past.copy()
    filled[:, :, columns] = np.nan_to_num(np.take_along_axis(some, np.where(before < 0, first, before), axis=1))
    return filled
