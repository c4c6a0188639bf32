"""From Parquet files and choices to data that a network is trained on, read whole or streamed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import cast
from weakref import WeakValueDictionary

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from nbreg.data.dataset import (
    Floats32,
    RegressionData,
    Used,
    check_split,
    learned,
    prepare_frame,
    refuse_infinite_features,
    targets_of,
    used_columns,
)
from nbreg.data.frames import Frame
from nbreg.data.reading import Floats
from nbreg.data.spec import DataSpec
from nbreg.data.splitting import RowSets
from nbreg.data.streaming.beyond import Beyond
from nbreg.data.streaming.encoded import EncodedRows
from nbreg.data.streaming.held import Held, held_rows
from nbreg.data.streaming.order import block_rows
from nbreg.data.streaming.parting import SETS, UNUSED, Parts, part_rows
from nbreg.data.streaming.stored import Piece, StoredTable, joined

#: Observed and predicted targets of so many test rows and targets in all, at most, are held to judge a network by.
MOST_JUDGED = 5_000_000


#: What was prepared of which files, as long as someone holds it.
_PREPARED: WeakValueDictionary[tuple[object, DataSpec], StreamedData] = WeakValueDictionary()


@dataclass(eq=False)
class StreamedData(RegressionData):
    """A table on disk made ready for a network: of a large one, only a sample of each row set is held in memory.

    `frame`, `targets`, `rows`, `arrays`, `observed`, `n_rows` and `frame_of` are about the rows that are held, which
    are all rows of a small table. Held train rows are what encoder, target scaler, baselines and explanations learn
    from, held validation rows watch training. The network learns from `train_rows`, and is judged by `blocks`.
    """

    parts: Parts | None = field(default=None, repr=False)

    @property
    def train_rows(self) -> EncodedRows:
        """All train rows, encoded as they are read."""
        return self._all("train")

    def n_rows_in_all(self, which: str) -> int:
        """Return the number of train, validation or test rows of the table."""
        return int(sum(self._there.sizes(which)))

    def blocks(self, which: str) -> Iterator[tuple[Floats32, Floats]]:
        """Yield the inputs and the targets, in target units, of train, validation or test rows, some at a time.

        They are read anew; of a set with more targets in all than `MOST_JUDGED`, they are a sample.
        """
        rows = self._all(which)
        share = MOST_JUDGED / max(rows.n_rows * rows.n_targets, 1)
        rng = np.random.default_rng((self.spec.seed, len(SETS)))
        for x, targets in rows.pieces(range(len(rows.group_sizes))):
            kept = slice(None) if share >= 1 else rng.random(len(x)) < share
            yield x[kept], targets[kept]

    def _all(self, which: str) -> EncodedRows:
        return EncodedRows(self._there, which, self.encoder, self.target_scaler, self._there.sizes(which))

    @property
    def _there(self) -> Parts:
        assert self.parts is not None  # it has a default only because fields before it have one
        return self.parts


def prepare_stored(stored: StoredTable, spec: DataSpec) -> RegressionData:
    """Do for Parquet files what `prepare` does for a table in memory.

    They are streamed where `spec.stream` says so, or, for ``"auto"``, where they would take more than a share of the
    free memory. Of how they were read, `RegressionData.spec` tells afterwards.
    """
    if spec.stream == "yes" or (spec.stream == "auto" and stored.is_large):
        return _streamed_once(stored, replace(spec, stream="yes"))
    data = prepare_frame(stored.read(), spec)
    return data if spec.stream == "auto" else replace(data, group_sizes=_sizes(stored, data.rows.train))


def _sizes(stored: StoredTable, rows: NDArray[np.intp]) -> tuple[int, ...]:
    """Return how many of `rows`, ascending, each row group holds."""
    bounds = [group.start for group in stored.groups] + [stored.n_rows]
    return tuple(np.diff(np.searchsorted(rows, bounds)).tolist())


def _streamed_once(stored: StoredTable, spec: DataSpec) -> StreamedData:
    """Return what was prepared for the same files and choices, where someone still holds it: it takes a while."""
    key = stored.fingerprint, spec
    data = _PREPARED.get(key)
    if data is None:
        data = _PREPARED[key] = _streamed(stored, spec)
    return data


def _streamed(stored: StoredTable, spec: DataSpec) -> StreamedData:
    """Part the rows, then go through the table once: for infinite values, and for the rows to hold.

    Encoder and target scaler learn from the held train rows: a uniform sample of up to 500,000 of them (`held_rows`).
    That is all of them on a smaller table, where what is learned is the same as in memory. Of a larger one, gaps and
    levels are those of all train rows (`Beyond`), but medians, quantiles, means and standard deviations are those of
    the sample, and a column of numbers that is constant or empty on it is left out.
    """
    head = _head(stored)
    check_split(head, spec)
    names = targets_of(head, spec)[1]
    used = used_columns(head, spec, names)
    parts = part_rows(stored, spec, names)
    beside = [name for name in (spec.time, spec.group) if name]
    columns = list(dict.fromkeys([*used.features, *names, *beside]))
    held = held_rows(parts, len(columns), spec.seed)
    beyond = Beyond([name for name in used.features if name not in used.channels])
    frame = _gathered(parts, held, columns, used, beyond)
    targets = targets_of(frame, spec)[0]
    rows = RowSets(*(np.flatnonzero(held.sets == code) for code in range(len(SETS))))
    fuller = beyond.columns(frame[rows.train])
    plain = learned(frame, spec, targets, names, rows, used, parts.notices, fuller)
    data = StreamedData(**{name: getattr(plain, name) for name in plain.__dataclass_fields__}, parts=parts)
    data.notices = (*_told(data), *data.notices)
    return data


def _head(stored: StoredTable) -> Frame:
    """Return the first rows, which tell the columns."""
    first = next(stored.pieces([0], stored.columns))
    return cast(Frame, first.frame(np.arange(min(len(first.table), 100))))


def _gathered(parts: Parts, held: Held, columns: list[str], used: Used, beyond: Beyond) -> Frame:
    """Return the held rows as one table, in the order of the files; all usable rows are looked through on the way."""
    import pyarrow as pa

    found = []
    for piece in parts.stored.pieces(range(len(parts.stored.groups)), columns):
        _look_through(piece, parts, used)
        first, last = np.searchsorted(held.rows, [piece.start, piece.start + len(piece.table)])
        rows = held.rows[first:last] - piece.start
        found.append(piece.table.take(rows))
        others = piece.frame(np.setdiff1d(parts.positions("train", piece.start, len(piece.table)), rows))
        if others is not None:
            beyond.look_at(others)
    table = joined(found)
    del found
    held_table: Frame = nw.from_native(table.to_pandas(split_blocks=True, self_destruct=True), eager_only=True)
    del table
    pa.default_memory_pool().release_unused()
    return held_table


def _look_through(piece: Piece, parts: Parts, used: Used) -> None:
    from pyarrow.types import is_floating

    floats = [name for name in used.features if is_floating(piece.table.schema.field(name).type)]
    frame = Piece(piece.start, piece.table.select(floats)).frame() if floats else None
    if frame is not None:
        usable = np.flatnonzero(parts.of_row[piece.start : piece.start + len(frame)] != UNUSED)
        refuse_infinite_features(frame, floats, usable)


def _told(data: StreamedData) -> list[str]:
    """Return what there is to say of a table that was streamed."""
    stored = data._there.stored
    numbers = (len(stored.files), "file"), (stored.n_rows, "row"), (len(stored.groups), "row group")
    files, rows, groups = (f"{number:,} {noun}" + ("" if number == 1 else "s") for number, noun in numbers)
    held = {which: f"a sample of {data.n_rows(which):,} {which} rows" for which in SETS}
    n_judged = data.n_rows_in_all("test")
    judged = "all" if n_judged * len(data.target_names) <= MOST_JUDGED else f"about {MOST_JUDGED:,} values"
    sampled = {
        "train": f"Medians, scales and baselines were learned from {held['train']}.",
        "validation": f"Training was watched by {held['validation']}.",
        "test": f"Baselines were judged on {held['test']}, the network on {judged}.",
    }
    lines = [line for which, line in sampled.items() if data.n_rows(which) < data.n_rows_in_all(which)]
    return [f"Streamed from {files}: {rows} in {groups}.", *lines, *_long_groups(data)]


def _long_groups(data: StreamedData) -> list[str]:
    """Return what to say where a block cannot hold a row group, so that rows are not mixed with those of others."""
    sizes, block = data.train_rows.group_sizes, block_rows(data.encoder.n_inputs + len(data.target_names), 1)
    longest = max(group.n_rows for group in data._there.stored.groups)
    if max(sizes) <= block:
        return []
    return [
        f"Row groups of up to {longest:,} rows are longer than what is shuffled at once, {block:,} train rows: where "
        "the files are sorted, write shorter ones (row_group_size=50_000)."
    ]
