"""The choice of a run to go on from; light to import, for help and completion."""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from typing import Any

from nbreg.options import Kind, Optional, Spec, option


class RunAt(Kind):
    """A run, and perhaps one of its epochs.

    In text ``3``, ``best small`` or ``best small@40``; in Python also a regressor, or a tuple of either and an epoch.
    """

    expected = "a run's number or name or a regressor's name, and perhaps an epoch, such as 3 or 3@40"
    metavar = "RUN[@EPOCH]"

    def check(self, value: Any) -> Any:
        _, epoch = parted(value)
        if isinstance(value, str) and not value.strip():
            raise ValueError
        if epoch is not None and epoch < 1:
            raise ValueError
        return value


@dataclass(frozen=True)
class Starting(Spec):
    """Which weights a training begins with."""

    start: str | int | tuple[Any, int] | None = option(
        None,
        "Go on from a run of this session, with its weights and its choices unless others are given; its best weights, "
        "or those after EPOCH.",
        Optional(RunAt()),
    )


def parted(start: Any) -> tuple[Any, int | None]:
    """Return the run that `start` names, and the epoch, where it names one. Raises ValueError."""
    if isinstance(start, tuple):
        run, epoch = start  # which raises ValueError for more or fewer than two
        if isinstance(epoch, bool) or not isinstance(epoch, numbers.Integral):
            raise ValueError
        return run, int(epoch)
    if isinstance(start, str) and "@" in start:
        run, _, text = start.rpartition("@")
        return run.strip(), int(text)
    return start, None
