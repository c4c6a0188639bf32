"""Neighbouring columns that are one signal, such as a spectrum: read together, pretreated row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbreg.data.frames import Frame
from nbreg.data.pretreatment import FEWEST, PRETREATMENTS, pretreated, words
from nbreg.data.pretreatment_choice import best_pretreatment
from nbreg.data.quantities import QuantityColumn
from nbreg.data.reading import Floats, kind_of, read_numbers
from nbreg.errors import DataError


class ChannelColumn(QuantityColumn):
    """A channel of a signal: a number whose gaps are filled from the channels beside it."""


@dataclass(frozen=True)
class Signal:
    """Columns that are the channels of one signal, in order, and how each row of it is pretreated.

    `pretreatment` is one of `PRETREATMENTS`; `window` the number of channels that a derivative looks at.
    """

    names: tuple[str, ...]
    pretreatment: str = "none"
    window: int = 11

    @property
    def columns(self) -> list[QuantityColumn]:
        """A column for each channel."""
        return [ChannelColumn(name, "number") for name in self.names]

    def read(self, frame: Frame) -> Floats:
        """Return the pretreated rows ``(n_rows, n_channels)``; NaN in rows that are all gaps.

        Raises DataError where a channel is not numeric, or holds infinite values.
        """
        return pretreated(raw_spectra(frame, self.names), self.pretreatment, self.window)


def learn_signal(frame: Frame, names: Sequence[str], pretreatment: str, window: int, y: Floats) -> Signal:
    """Return the signal of the train rows `frame`, its pretreatment chosen by them where it is to be ("auto").

    `y` are their scaled targets ``(n_rows, n_targets)``. Raises DataError for channels that are not numeric, hold
    nothing, or are too few.
    """
    for name in names:
        _check_numeric(frame, name)
    X = raw_spectra(frame, names)
    if np.isnan(X).all():
        raise DataError("The channels (--channels) hold no value on the train rows.")
    if pretreatment != "none" and len(names) < FEWEST:
        if pretreatment != "auto":
            raise DataError(
                f'pretreatment "{pretreatment}" takes at least {FEWEST} channels; the pattern matches {len(names)}: '
                "widen --channels, or give --pretreatment none."
            )
        pretreatment = "none"
    if pretreatment == "auto":
        pretreatment = best_pretreatment(X, y, PRETREATMENTS, window)
    return Signal(tuple(names), pretreatment, window)


def signal_notice(signal: Signal, was_chosen: bool) -> str:
    """Return a sentence on what is read as one signal, and how it was pretreated."""
    said = f"{len(signal.names)} columns, {signal.names[0]} to {signal.names[-1]}, are read as one signal"
    if not was_chosen:
        return f"{said}; pretreatment: {words(signal.pretreatment)}."
    if len(signal.names) < FEWEST:
        return f"{said}, too short for a pretreatment."
    why = f"chosen of {len(PRETREATMENTS)} on the train rows (kernel ridge regression, rows left out)"
    return f"{said}; pretreatment: {words(signal.pretreatment)} ({signal.pretreatment}), {why}."


def raw_spectra(frame: Frame, names: Sequence[str]) -> Floats:
    """Return the channels as they are in the table, ``(n_rows, n_channels)``, gaps as NaN. Raises DataError."""
    return np.column_stack([read_numbers(frame[name]) for name in names])


def with_whole_signal(encoder: Any, changed: Frame, rows: Frame) -> Frame:
    """Return the `changed` columns of `rows`, and, where a channel is among them, all other channels beside it.

    A pretreatment looks at whole rows: one channel that changes changes what enters for all.
    """
    signal = getattr(encoder, "signal", None)
    if signal is None or not set(signal.names) & set(changed.columns):
        return changed
    lacking = [name for name in signal.names if name not in changed.columns]
    return changed.with_columns(*(rows[name] for name in lacking))


def _check_numeric(frame: Frame, name: str) -> None:
    kind = kind_of(frame[name])
    if kind not in ("number", "empty"):
        example = frame[name].drop_nulls().head(1).to_list()
        raise DataError(
            f'Channel "{name}" is not numeric (it holds {example[0]!r}); convert it (pandas: pd.to_numeric), '
            "or leave it out of --channels."
        )
