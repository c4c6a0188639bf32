"""A frame in, a float32 matrix out: all that is learned, is learned on the train rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from nbreg.data.categories import CategoryColumn
from nbreg.data.columns import Column, learn_column
from nbreg.data.frames import as_frame
from nbreg.data.quantities import QuantityColumn
from nbreg.data.reading import Floats, Series
from nbreg.data.scaling import make_scaler
from nbreg.data.spectra import Signal
from nbreg.errors import DataError, did_you_mean

#: Types of ours that a stored encoder holds, for skops's ``trusted``; the rest it trusts by itself.
ENCODER_TYPES = (
    "nbreg.data.categories.CategoryColumn",
    "nbreg.data.encoding.Block",
    "nbreg.data.encoding.Encoder",
    "nbreg.data.quantities.QuantityColumn",
    "nbreg.data.scaling.SquashedRobustScaler",
    "nbreg.data.scaling.Unscaled",
    "nbreg.data.spectra.ChannelColumn",
    "nbreg.data.spectra.Signal",
    "numpy.dtype",
)

#: No input may leave float32, whatever a new row brings.
_LARGEST = 1e30


@dataclass(frozen=True)
class Block:
    """The inputs that one original column became; `kind` is number, boolean, date or category."""

    name: str
    kind: str
    positions: tuple[int, ...]


class Encoder:
    """Turns columns into inputs, a float32 matrix ``(n, n_inputs)``, the codes to embed last.

    Numbers, booleans and the parts of dates have their gaps filled by the median of the train rows, with an input
    that says so where the train rows have gaps; numbers are scaled. Categories become one 0/1 input for each level,
    or a code (see `CategoryColumn`).

    The channels of `signal`, where there is one, come first: each row of them is pretreated by itself, then each
    channel is scaled as other numbers are. A row without any of them has the median of each pretreated channel.

    After `fit`: `feature_names` (the columns used), `input_names`, `n_inputs`, `n_levels` (of each code),
    `blocks` (which inputs belong to which column) and `notices` (what was left out and why).
    """

    #: The columns that are one signal; encoders stored before there were signals have none.
    signal: Signal | None = None

    def __init__(self, scaling: str = "robust", embed_above: int = 32, signal: Signal | None = None):
        self.scaling, self.embed_above, self.signal = scaling, embed_above, signal

    def fit(self, frame: Any, fuller: Mapping[str, Series] | None = None) -> Encoder:
        """Learn from the train rows. Raises DataError where no column is of use, or values are infinite.

        Where `frame` is a sample of them, `fuller` has columns with values that the sample lacks: from these columns
        gaps and levels are learned.
        """
        frame, fuller = as_frame(frame), fuller or {}
        others = [name for name in frame.columns if name not in self._channels]
        learned = {name: learn_column(fuller.get(name, frame[name]), self.embed_above) for name in others}
        self.columns: list[Column] = [*self.signal.columns] if self.signal is not None else []
        self.columns += [column for column in learned.values() if not isinstance(column, str)]
        self.notices = _notices({name: reason for name, reason in learned.items() if isinstance(reason, str)})
        if not self.columns:
            raise DataError("No column is left to predict from. " + " ".join(self.notices))
        self._lay_out()
        self._fit_quantities(frame)
        return self

    def transform(self, frame: Any) -> NDArray[np.float32]:
        """Return the inputs ``(n, n_inputs)`` of new rows; levels never seen count as rare ones.

        Raises DataError where a column is missing, is of another kind than it was, or holds infinite values.
        """
        frame = as_frame(frame)
        self._check_columns(frame.columns)
        return self._encoded(frame)

    def transform_some(self, inputs: NDArray[np.float32], frame: Any) -> NDArray[np.float32]:
        """Return `inputs` ``(n, n_inputs)`` with those of the columns of `frame`, which holds some of them, made anew.

        They are what `transform` gives for whole rows, sooner where few of many columns have changed. A channel of a
        signal takes all others along: `with_whole_signal` adds them. Raises DataError as `transform` does.
        """
        frame = as_frame(frame)
        names = set(frame.columns)
        positions = [position for block in self.blocks if block.name in names for position in block.positions]
        changed = inputs.copy()
        changed[:, positions] = self._encoded(frame)[:, positions]
        return changed

    def _encoded(self, frame: nw.DataFrame[Any]) -> NDArray[np.float32]:
        """Return the inputs of rows; those of columns that the frame lacks mean nothing."""
        names = set(frame.columns)
        X = np.zeros((len(frame), self.n_inputs), np.float32)
        quantities = self._read_quantities(frame)
        X[:, self._gap_positions] = np.isnan(quantities[:, self._gap_sources])
        X[:, self._quantity_positions] = self._filled_and_scaled(quantities)
        for column, block in zip(self.columns, self.blocks, strict=True):
            if isinstance(column, CategoryColumn) and column.name in names:
                X[:, block.positions] = column.transform(frame[column.name])
        return X

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The columns that `transform` needs."""
        return tuple(column.name for column in self.columns)

    @property
    def sequence_shape(self) -> tuple[int, int]:
        """Steps and channels of the sequence that the first inputs are, step by step; 0 steps: they are none.

        Along a signal, each of its channels is a step.
        """
        return len(self._channels), 1

    @property
    def _channels(self) -> tuple[str, ...]:
        return () if self.signal is None else self.signal.names

    # Where each input stands

    def _lay_out(self) -> None:
        """Give every column its positions: in the columns' order, but codes to embed behind all others."""
        codes = [c for c in self.columns if isinstance(c, CategoryColumn) and c.is_embedded]
        self.n_levels = tuple(column.n_levels for column in codes)
        in_order = [column for column in self.columns if column not in codes] + codes
        self.input_names = tuple(name for column in in_order for name in column.input_names)
        self.n_inputs = len(self.input_names)
        starts = np.cumsum([0] + [len(column.input_names) for column in in_order]).tolist()
        first = {column.name: start for column, start in zip(in_order, starts, strict=False)}
        self.blocks = tuple(
            Block(c.name, _kind(c), tuple(range(first[c.name], first[c.name] + len(c.input_names))))
            for c in self.columns
        )
        self._lay_out_quantities(first)

    def _lay_out_quantities(self, first: dict[str, int]) -> None:
        """Note for the quantities' own matrix, which has the scaled ones in front, where its columns go."""
        places: list[tuple[bool, str, int]] = []  # scaled?, name of the column, which of its parts
        for column in self._quantity_columns:
            places += [(scaled, column.name, part) for part, scaled in enumerate(column.is_scaled)]
        places.sort(key=lambda place: not place[0])
        self._places = [(name, part) for _, name, part in places]
        self._n_scaled = sum(scaled for scaled, _, _ in places)
        self._quantity_positions = [first[name] + part for name, part in self._places]
        with_gaps = [column for column in self._quantity_columns if column.has_gaps]
        self._gap_positions = [first[column.name] + len(column.parts) for column in with_gaps]
        self._gap_sources = [self._places.index((column.name, 0)) for column in with_gaps]

    @property
    def _quantity_columns(self) -> list[QuantityColumn]:
        return [column for column in self.columns if isinstance(column, QuantityColumn)]

    # Quantities

    def _fit_quantities(self, frame: nw.DataFrame[Any]) -> None:
        quantities = self._read_quantities(frame)
        self.medians = np.nanmedian(quantities, axis=0) if self._places else np.zeros(0)
        self.scaler = make_scaler(self.scaling, len(frame))
        if self._n_scaled:
            self.scaler.fit(quantities[:, : self._n_scaled])

    def _read_quantities(self, frame: nw.DataFrame[Any]) -> Floats:
        """Return ``(n, n_quantities)``, gaps and columns that the frame lacks as NaN, a column contiguous in memory."""
        names = set(frame.columns)
        quantities = np.full((len(frame), len(self._places)), np.nan, order="F")
        at = {place: position for position, place in enumerate(self._places)}
        for column in (each for each in self._quantity_columns if each.name in names - {*self._channels}):
            for part, values in enumerate(column.read(frame[column.name])):
                quantities[:, at[column.name, part]] = values
        if self.signal is not None and names & {*self._channels}:
            quantities[:, [at[name, 0] for name in self._channels]] = self.signal.read(frame)
        return quantities

    def _filled_and_scaled(self, quantities: Floats) -> Floats:
        np.copyto(quantities, self.medians, where=np.isnan(quantities))
        if self._n_scaled:
            quantities[:, : self._n_scaled] = self.scaler.transform(quantities[:, : self._n_scaled])
        return np.clip(quantities, -_LARGEST, _LARGEST, out=quantities)

    def _check_columns(self, names: Sequence[str]) -> None:
        known = set(names)
        missing = [name for name in self.feature_names if name not in known]
        if len(missing) == 1:
            raise DataError(f'The table lacks the column "{missing[0]}".{did_you_mean(missing[0], names)}')
        if missing:
            raise DataError(f"The table lacks {len(missing)} columns: {_listed(missing)}.")


def _kind(column: Column) -> str:
    return "category" if isinstance(column, CategoryColumn) else column.kind


def _notices(reasons: dict[str, str]) -> list[str]:
    """Return a sentence for each reason, naming the columns that were left out for it."""
    names_by_reason: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        names_by_reason.setdefault(reason, []).append(name)
    return [f"Left out {_listed(names)}: {reason}." for reason, names in names_by_reason.items()]


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f'"{name}"' for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
