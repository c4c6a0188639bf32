"""The rows of one set of a table on disk, encoded piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbreg.data.dataset import observed_targets
from nbreg.data.encoding import Encoder
from nbreg.data.reading import Floats
from nbreg.data.streaming.order import EpochOrder
from nbreg.data.streaming.parting import Parts
from nbreg.data.targets import TargetScaler

Floats32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class EncodedRows:
    """The rows of the set `which`, read from disk and encoded whenever they are asked for; none is held."""

    parts: Parts
    which: str
    encoder: Encoder
    target_scaler: TargetScaler
    #: How many of the rows there are in each row group.
    group_sizes: tuple[int, ...]

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return sum(self.group_sizes)

    def pieces(self, groups: Sequence[int]) -> Iterator[tuple[Floats32, Floats]]:
        """Yield inputs ``(n, n_inputs)`` and targets in target units ``(n, n_targets)`` of row groups, in order."""
        names = list(self.target_scaler.names)
        columns = list(dict.fromkeys([*self.encoder.feature_names, *names]))
        wanted = [int(group) for group in groups if self.group_sizes[group]]
        for piece in self.parts.stored.pieces(wanted, columns):
            frame = piece.frame(self.parts.positions(self.which, piece.start, len(piece.table)))
            if frame is not None:
                yield self.encoder.transform(frame), observed_targets(frame, names)

    def blocks(self, seed: int, epoch: int, block: int) -> Iterator[tuple[Floats32, Floats32]]:
        """Yield inputs and scaled targets in the order of an epoch, `block` rows at a time; the last are fewer."""
        order = EpochOrder.of(seed, epoch, self.group_sizes, block)
        pieces = self.pieces([int(group) for group in order.groups])
        left: tuple[Floats32, Floats32] | None = None
        for shuffle in order.shuffles():
            x, y = (np.empty((len(shuffle), n), np.float32) for n in (self.encoder.n_inputs, self.n_targets))
            place = np.empty_like(shuffle)
            place[shuffle] = np.arange(len(shuffle))
            filled = 0
            while filled < len(shuffle):
                inputs, targets = left or self._scaled(*next(pieces))
                there = place[filled : filled + len(inputs)]
                x[there], y[there] = inputs[: len(there)], targets[: len(there)]
                filled += len(there)
                left = (inputs[len(there) :], targets[len(there) :]) if len(there) < len(inputs) else None
            yield x, y

    @property
    def n_targets(self) -> int:
        """How many targets there are."""
        return len(self.target_scaler.names)

    def _scaled(self, inputs: Floats32, targets: Floats) -> tuple[Floats32, Floats32]:
        return inputs, self.target_scaler.transform(targets)
