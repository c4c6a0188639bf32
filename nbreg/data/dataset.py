"""From a table and choices to train, validation and test arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbreg.data.channels import channel_names
from nbreg.data.encoding import Encoder
from nbreg.data.frames import Frame, as_frame
from nbreg.data.reading import (
    MISSING,
    Floats,
    Series,
    kind_of,
    read_levels,
    read_numbers,
    read_times,
    refuse_infinite,
)
from nbreg.data.spec import DataSpec
from nbreg.data.spectra import Signal, learn_signal, signal_notice
from nbreg.data.splitting import Rows, RowSets, split_rows
from nbreg.data.streaming.stored import StoredTable
from nbreg.data.suspicions import sentences, suspicions
from nbreg.data.target_limits import make_target_scaler
from nbreg.data.targets import TargetScaler
from nbreg.errors import DataError, OptionError, did_you_mean

#: Fewer rows than this cannot be split and learned from.
MINIMUM_ROWS = 10

Floats32 = NDArray[np.float32]


@dataclass(eq=False)
class RegressionData:
    """A table made ready for a network: rows parted, columns encoded, targets scaled.

    `targets` are in target units, float64 ``(n_rows_of_the_frame, n_targets)``, NaN where a row has none;
    `rows` are positions in `frame`; `notices` are sentences about what was left out, and what had better be.
    """

    frame: Frame
    spec: DataSpec
    targets: Floats
    target_names: tuple[str, ...]
    rows: RowSets
    encoder: Encoder
    target_scaler: TargetScaler
    notices: tuple[str, ...]
    #: Train rows in each row group of the files, where training goes by these; else nothing.
    group_sizes: tuple[int, ...] = ()
    _arrays: dict[str, tuple[Floats32, Floats32]] = field(default_factory=dict, repr=False)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The columns that are predicted from."""
        return self.encoder.feature_names

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table that are predicted from."""
        return self.feature_names

    @property
    def judged_names(self) -> tuple[str, ...]:
        """The targets that figures are told for."""
        return self.target_names

    def judged(self, values: Any) -> Any:
        """Return targets or predictions ``(n, n_targets)`` as they are judged: a column for each of `judged_names`."""
        return values

    def arrays(self, which: str) -> tuple[Floats32, Floats32]:
        """Return inputs ``(n, n_inputs)`` and scaled targets ``(n, n_targets)`` of train, validation or test rows.

        They are computed once; whoever takes them must not write into them.
        """
        if which not in self._arrays:
            self._arrays[which] = self._encoded(which), self.target_scaler.transform(self.observed(which))
        return self._arrays[which]

    def forget_arrays(self) -> None:
        """Give their memory back; who asks for them later has them computed anew."""
        self._arrays.clear()

    def _encoded(self, which: str) -> Floats32:
        if not self.n_rows(which):
            return np.zeros((0, self.encoder.n_inputs), np.float32)
        return self.encoder.transform(self.frame_of(which))

    def observed(self, which: str) -> Floats:
        """Return the targets of train, validation or test rows in target units, ``(n, n_targets)``."""
        return self.targets[self.rows[which]]

    def n_rows(self, which: str) -> int:
        """Return the number of train, validation or test rows."""
        return len(self.rows[which])

    def n_rows_in_all(self, which: str) -> int:
        """Return the number of train, validation or test rows, those that are not held in memory included."""
        return self.n_rows(which)

    def blocks(self, which: str) -> Iterator[tuple[Floats32, Floats]]:
        """Yield the inputs and the targets, in target units, of all train, validation or test rows, some at a time."""
        yield self.arrays(which)[0], self.observed(which)

    def frame_of(self, which: str) -> Frame:
        """Return the train, validation or test rows of the table, all its columns."""
        return self.frame[self.rows[which]]


def prepare(table: Any, spec: DataSpec, y: Any = None) -> RegressionData:
    """Part the rows of `table`, then learn encoder and target scaler from the train rows alone.

    `table` is anything that `as_frame` takes, or a `StoredTable`, which is streamed where it is large. Targets are
    columns of it, named by ``spec.target``, or come as `y`, ``(n,)`` or ``(n, n_targets)``, which ``spec.target`` then
    names.

    Raises DataError for columns that are not there or not fit, infinite values, and too few rows; OptionError for
    a split that lacks its column.
    """
    if isinstance(table, StoredTable):
        from nbreg.data.streaming.dataset import prepare_stored

        return prepare_stored(table, spec)
    if spec.stream == "yes":
        raise OptionError('stream="yes" (--stream yes) takes .parquet files; this table is not read from such ones.')
    return prepare_frame(table, spec, y)


def prepare_frame(table: Any, spec: DataSpec, y: Any = None) -> RegressionData:
    """Do what `prepare` does for a table in memory."""
    frame = as_frame(table)
    check_split(frame, spec)
    targets, names = targets_of(frame, spec) if y is None else _given_targets(y, spec, len(frame))
    used = used_columns(frame, spec, () if y is not None else names)
    usable, order, dropped = usable_rows(frame, targets, spec)
    refuse_infinite_features(frame, used.features, usable)
    rows = split_rows(usable, spec, order)
    return learned(frame, spec, targets, names, rows, used, dropped)


class Used(NamedTuple):
    """The columns to predict from, channels among them, and what to say of those that are not."""

    features: list[str]
    channels: tuple[str, ...]
    notices: list[str]


def used_columns(frame: Frame, spec: DataSpec, targets: Sequence[str]) -> Used:
    """Return the columns of `frame` to predict from; `targets` are among its columns. Raises DataError."""
    channels = channel_names(spec.channels, frame.columns, _no_channels(spec, targets))
    features, notices = _features_of(frame, spec, targets, channels)
    return Used(features, tuple(channels), notices)


def learned(
    frame: Frame, spec: DataSpec, targets: Floats, names: tuple[str, ...], rows: RowSets, used: Used,
    dropped: Sequence[str], fuller: Mapping[str, Series] | None = None,
) -> RegressionData:  # fmt: skip
    """Return the data of a table whose rows are parted: encoder and target scaler learn from the train rows alone.

    `dropped` are sentences about rows that were left out. Where `frame` is a sample, gaps and levels are learned from
    columns of `fuller`. Raises DataError.
    """
    features, channels, notices = used
    train_rows = frame.select(features)[rows.train]
    usable = np.concatenate([rows.train, rows.validation, rows.test])
    scaler = make_target_scaler(spec, targets[usable], names).fit(targets[rows.train], names)
    signal = _signal_of(train_rows, channels, spec, scaler.transform(targets[rows.train]))
    encoder = Encoder(spec.scaling, spec.embed_above, signal).fit(train_rows, fuller)
    suspicious = suspicions(train_rows.select(encoder.feature_names), targets[rows.train], names)
    said = (*dropped, *notices, *_signal_notices(signal, spec), *encoder.notices, *sentences(suspicious, channels))
    data = RegressionData(frame, spec, targets, names, rows, encoder, scaler, said)
    for which in ("train", "validation", "test"):
        data.arrays(which)  # now, so that a row that cannot be encoded is known before training
    return data


def observed_targets(frame: Frame, names: Sequence[str]) -> Floats:
    """Return the columns `names` in target units, ``(n_rows, n_targets)``, gaps as NaN.

    Raises DataError where one is missing, not numeric or infinite.
    """
    check_known(frame, names, "the target")
    return np.column_stack([_target_values(frame, name) for name in names])


# Columns


def check_split(frame: Frame, spec: DataSpec) -> None:
    for option, name in (("time", spec.time), ("group", spec.group)):
        if spec.split == option and name is None:
            raise OptionError(f'split="{option}" needs {option}="...", the column to split by (--{option} COL).')
        if name is not None:
            check_known(frame, [name], f"the {option}")


def check_known(frame: Frame, names: Iterable[str], role: str) -> None:
    """Raise DataError, with the nearest name, where the table lacks a column; `role` says what it was meant for."""
    for name in names:
        if name not in frame.columns:
            raise DataError(f'There is no column "{name}" for {role}.{did_you_mean(name, frame.columns)}')


def targets_of(frame: Frame, spec: DataSpec) -> tuple[Floats, tuple[str, ...]]:
    if not spec.target:
        raise DataError(f"No target is given: name the column to predict, such as {_suggestion(frame)}.")
    check_known(frame, spec.target, "the target")
    _check_names_once(spec.target)
    return observed_targets(frame, spec.target), spec.target


def _check_names_once(names: Sequence[str]) -> None:
    twice = next((name for name in names if list(names).count(name) > 1), None)
    if twice is not None:
        raise DataError(f'Target "{twice}" is given twice; give each once.')


def _suggestion(frame: Frame) -> str:
    name = next(iter(_numeric_names(frame)[::-1]), frame.columns[-1])
    return f'target="{name}" (--target {name})'


def _numeric_names(frame: Frame) -> list[str]:
    return [name for name in frame.columns if frame[name].dtype.is_numeric()]


def _target_values(frame: Frame, name: str) -> Floats:
    series = frame[name]
    kind = kind_of(series)
    if kind not in ("number", "boolean", "empty"):
        others = ", ".join(_numeric_names(frame)[:8])
        example = series.drop_nulls().head(1).to_list()
        raise DataError(
            f'Target "{name}" is not numeric (it holds {example[0]!r}); regression predicts numbers. '
            f"Convert it (pandas: pd.to_numeric)" + (f", or choose one of {others}." if others else ".")
        )
    return read_numbers(series)


def _given_targets(y: Any, spec: DataSpec, n_rows: int) -> tuple[Floats, tuple[str, ...]]:
    try:
        targets = np.asarray(y, np.float64)
    except (ValueError, TypeError):
        raise DataError("The target holds values that are not numbers; regression predicts numbers.") from None
    targets = targets[:, None] if targets.ndim == 1 else targets
    if targets.ndim != 2 or len(targets) != n_rows:
        raise DataError(f"y takes one row for each of the table's {n_rows:,}; its shape is {np.shape(y)}.")
    names = spec.target or _default_names(targets.shape[1])
    if len(names) != targets.shape[1]:
        raise DataError(f"{len(names)} target names are given for {targets.shape[1]} columns of y.")
    for name, values in zip(names, targets.T, strict=True):
        refuse_infinite(name, values)
    return targets, names


def _default_names(n_targets: int) -> tuple[str, ...]:
    return ("y",) if n_targets == 1 else tuple(f"y{i}" for i in range(n_targets))


def _features_of(
    frame: Frame, spec: DataSpec, targets: Sequence[str], channels: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Return the columns to predict from, channels among them, and what to say of those that are not."""
    wanted = list(dict.fromkeys(frame.columns if spec.features is None else (*spec.features, *channels)))
    check_known(frame, wanted, "the features")
    shared = [name for name in targets if name in wanted]
    if shared and spec.features is not None:
        raise DataError(f'Column "{shared[0]}" is both target and feature; leave it out of the features.')
    is_group = spec.split == "group"
    features = [name for name in wanted if name not in targets and not (is_group and name == spec.group)]
    if not features:
        raise DataError("No column is left to predict from; give features, or a table with more columns.")
    notices = [f'Left out "{spec.group}": it names the groups that the rows are split by.'] if is_group else []
    return features, notices + _idle_notices(spec)


def _idle_notices(spec: DataSpec) -> list[str]:
    idle = [(role, name) for role, name in (("time", spec.time), ("group", spec.group)) if name and spec.split != role]
    return [
        f'{role}="{name}" does nothing while split="{spec.split}"; split="{role}" makes use of it.'
        for role, name in idle
    ]


# Channels


def _no_channels(spec: DataSpec, targets: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that are no channels, whatever the patterns match."""
    return (*targets, *([spec.group] if spec.split == "group" and spec.group is not None else []))


def _signal_of(train_rows: Frame, channels: Sequence[str], spec: DataSpec, y: Floats32) -> Signal | None:
    """Return the signal that `channels` are, learned with the scaled targets of the train rows; None without any."""
    if not channels:
        return None
    return learn_signal(train_rows, channels, spec.pretreatment, spec.derivative_window, y.astype(np.float64))


def _signal_notices(signal: Signal | None, spec: DataSpec) -> list[str]:
    return [] if signal is None else [signal_notice(signal, was_chosen=spec.pretreatment == "auto")]


# Rows


def usable_rows(frame: Frame, targets: Floats, spec: DataSpec) -> tuple[Rows, NDArray[Any] | None, list[str]]:
    """Return the rows that have a target (and a time, where the split needs one), what they are split by, and notices.

    Raises DataError where they are too few.
    """
    usable: NDArray[np.bool_] = np.asarray(~np.isnan(targets).any(axis=1))
    notices = dropped_notice(~usable, "the target is missing")
    check_enough(usable, notices)
    order = _split_order(frame, spec)
    if spec.split == "time" and order is not None:
        timeless = usable & np.isnan(order)
        usable = usable & ~timeless
        notices += dropped_notice(timeless, f'"{spec.time}" is missing')
        check_enough(usable, notices)
    rows = np.flatnonzero(usable)
    return rows, None if order is None else order[rows], notices


def dropped_notice(dropped: NDArray[np.bool_], reason: str) -> list[str]:
    count = int(dropped.sum())
    return [f"Left out {count:,} of {len(dropped):,} rows: {reason}."] if count else []


def check_enough(usable: NDArray[np.bool_], notices: Sequence[str]) -> None:
    n_rows = int(usable.sum())
    if n_rows < MINIMUM_ROWS:
        # The words n_samples = ... are what scikit-learn's checks of estimators look for.
        raise DataError(
            f"Too few rows to learn from (n_samples = {n_rows}); at least {MINIMUM_ROWS} are needed. "
            + " ".join(notices)
        )


def _split_order(frame: Frame, spec: DataSpec) -> NDArray[Any] | None:
    if spec.split == "time" and spec.time is not None:
        return moments(frame[spec.time])
    if spec.split == "group" and spec.group is not None:
        return _group_codes(frame[spec.group])
    return None


def moments(series: Series) -> Floats:
    """Return times as numbers that grow, NaN where they are missing."""
    kind = kind_of(series)
    if kind == "number":
        return read_numbers(series)
    if kind != "date":
        raise DataError(f'Column "{series.name}" takes dates or numbers to split by time; it holds {kind} values.')
    times = read_times(series)
    return np.where(np.isnat(times), np.nan, times.astype(np.int64).astype(np.float64))


def _group_codes(series: Series) -> NDArray[np.intp]:
    """Return a number for each group; rows without one are a group of their own."""
    codes, levels = read_levels(series)
    # Two levels may read the same, such as 1 and "1": they are one group.
    first = {level: position for position, level in reversed(list(enumerate(levels[:-1])))}
    first.setdefault(MISSING, len(levels) - 1)
    return np.array([first[level] for level in levels])[codes]


def refuse_infinite_features(frame: Frame, features: Sequence[str], usable: Rows) -> None:
    """Look through all usable rows at once, so that the count is the table's, not a set's."""
    for name in features:
        if frame[name].dtype.is_float():
            refuse_infinite(name, frame[name].to_numpy()[usable])
