"""A table on disk: one Parquet file or a folder of them, known by its footers, read piece by piece."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import narwhals as nw
import numpy as np

from nbreg.data.frames import Frame, as_frame, is_folder, neighbours, read_frame
from nbreg.data.streaming.memory import free_bytes
from nbreg.errors import DataError, FileError, did_you_mean

if TYPE_CHECKING:
    import pyarrow as pa

#: Rows that are decoded at once, at most, and bytes of a file that are read ahead for each column.
PIECE_ROWS, _READ_AHEAD = 2**16, 2**20
#: Row groups that a sample is drawn from, at most.
_SAMPLED_GROUPS = 20
#: Of the free memory, a table may take this share, for a fit holds it several times: as a table, as numbers, as inputs.
SHARE = 0.2
#: What a number takes in memory, and what a text takes beside its letters.
_NUMBER_BYTES, _TEXT_BYTES = 8, 48


class RowGroup(NamedTuple):
    """Some consecutive rows: the row group `number` of the file `file`; its first row is `start` in the whole table."""

    file: int
    number: int
    start: int
    n_rows: int


class Piece(NamedTuple):
    """Rows of a row group as an arrow table; the first of them is row `start` of the whole table."""

    start: int
    table: pa.Table

    def frame(self, rows: Any = None) -> Frame | None:
        """Return the rows at the positions `rows`, or all, as a pandas file reads them; None where there are none."""
        table = self.table if rows is None else self.table.take(rows)
        return nw.from_native(table.to_pandas(use_threads=False), eager_only=True) if len(table) else None


@dataclass(frozen=True, eq=False)
class StoredTable:
    """The rows of `files`, one after the other. `columns` are those of every file; nothing is held but the footers."""

    path: str
    files: tuple[Path, ...]
    columns: tuple[str, ...]
    groups: tuple[RowGroup, ...]
    #: About what the table takes in memory.
    n_bytes: int

    @classmethod
    def open(cls, path: str | Path) -> StoredTable:
        """Return the table in a .parquet file, in the files of a folder, or in those that a pattern such as
        ``sales/2024-*.parquet`` matches.

        Raises FileError where pyarrow, the folder or Parquet files are missing, DataError where files do not have the
        same columns or there are no rows.
        """
        files = _files_of(path)
        footers = [_footer(file) for file in files]
        _check_alike(files, footers)
        groups = _groups_of(footers)
        if not groups:
            raise DataError(f'The table "{path}" has no rows.')
        return cls(str(path), tuple(files), _columns_of(footers[0]), groups, sum(map(_bytes_of, footers)))

    @property
    def n_rows(self) -> int:
        """The rows of all files."""
        return self.groups[-1].start + self.groups[-1].n_rows

    @property
    def fingerprint(self) -> tuple[object, ...]:
        """What tells these files, as they are now, from others."""
        return tuple((str(file.resolve()), file.stat().st_mtime_ns, file.stat().st_size) for file in self.files)

    @property
    def is_large(self) -> bool:
        """Whether the table would take more of the free memory than it may."""
        free = free_bytes()
        return free is not None and self.n_bytes > SHARE * free

    def read(self) -> Frame:
        """Return the whole table, in memory. Raises DataError where it would not fit, and as `as_frame` does."""
        free = free_bytes()
        if free is not None and self.n_bytes > free:
            raise DataError(
                f'The table "{self.path}" takes about {_gigabytes(self.n_bytes)} GB in memory, and '
                f"{_gigabytes(free)} GB are free: give fewer files of it, or a sample of its rows."
            )
        if len(self.files) == 1:
            return read_frame(self.files[0])
        parts = [_opened(file).read(columns=list(self.columns)) for file in self.files]
        return as_frame(joined(parts).to_pandas())

    def sample(self, n_rows: int, seed: int = 0) -> Frame:
        """Return about `n_rows` rows drawn at random from some row groups, themselves drawn at random."""
        rng = np.random.default_rng(seed)
        drawn = np.sort(rng.choice(len(self.groups), min(_SAMPLED_GROUPS, len(self.groups)), replace=False))
        share = n_rows / sum(self.groups[number].n_rows for number in drawn)
        pieces = self.pieces(drawn.tolist(), self.columns)
        return as_frame(joined([each.table.filter(rng.random(len(each.table)) < share) for each in pieces]).to_pandas())

    def pieces(self, numbers: Sequence[int], columns: Sequence[str]) -> Iterator[Piece]:
        """Yield the rows of the row groups `numbers`, in this order, `columns` alone.

        Raises DataError where a file has changed since it was opened, or is gone.
        """
        import pyarrow as pa

        for number in numbers:
            group, start = self.groups[number], self.groups[number].start
            for batch in self._batches(group, columns):
                yield Piece(start, pa.Table.from_batches([batch]).select(list(columns)))
                start += len(batch)
            if start != group.start + group.n_rows:
                raise DataError(f'The file "{self.files[group.file]}" was changed while it was read.')

    def _batches(self, group: RowGroup, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        try:
            with _opened(self.files[group.file], buffer_size=_READ_AHEAD) as file:
                yield from file.iter_batches(PIECE_ROWS, [group.number], list(columns), use_threads=False)
        except (OSError, IndexError, pa.ArrowException) as error:
            raise DataError(f'The file "{self.files[group.file]}" cannot be read any more: {error}') from None


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """Return tables of like columns as one, of the widest types. Raises DataError where types do not go together."""
    import pyarrow as pa

    schemas = [table.schema for table in tables]
    for name in schemas[0].names:
        types = {schema.field(name).type for schema in schemas}
        if len(types) > 1 and any(pa.types.is_dictionary(each) for each in types):
            tables = [_spelt_out(table, name) for table in tables]
    try:
        return pa.concat_tables(tables, promote_options="permissive").unify_dictionaries()
    except pa.ArrowException as error:
        raise DataError(f"The files hold columns of types that do not go together: {error}") from None


def _spelt_out(table: pa.Table, name: str) -> pa.Table:
    import pyarrow as pa

    number = table.schema.get_field_index(name)
    return table.set_column(number, name, table.column(number).cast(pa.large_string()))


def _gigabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.2g}"


def is_stored(path: Any) -> bool:
    """Return whether `path` may be that of Parquet files: a .parquet file, a folder, or a pattern of such files."""
    return isinstance(path, (str, Path)) and (str(path).lower().endswith(".parquet") or is_folder(path))


# Files


def _files_of(path: str | Path) -> list[Path]:
    place = Path(path).expanduser()
    if glob.has_magic(str(path)) and not place.exists():
        files = [each for each in map(Path, sorted(glob.glob(str(place)))) if each.name[0] not in "._"]
        if not files:
            raise FileError(f'No file is called "{path}".')
        return files
    if place.is_dir():
        return _files_in(place)
    if not place.is_file():
        kind, near = ("folder", _folders_beside(place)) if str(path).endswith("/") else ("file", neighbours(place))
        raise FileError(f'There is no {kind} "{path}".{near}')
    return [place]


def _files_in(folder: Path) -> list[Path]:
    files = sorted(each for each in folder.glob("*.parquet") if each.name[0] not in "._" and each.is_file())
    if files:
        return files
    below = next((each.parent.name for each in sorted(folder.glob("*/*.parquet"))), None)
    if below is not None:
        raise FileError(
            f'The folder "{folder}" holds no .parquet files itself, its subfolders do: give one of these, such as '
            f'"{folder / below}/", or a pattern, "{folder}/*/*.parquet".'
        )
    others = sorted({each.suffix for each in folder.iterdir() if each.suffix})
    raise FileError(f'The folder "{folder}" holds no .parquet files{", but " + ", ".join(others) if others else ""}.')


def _folders_beside(place: Path) -> str:
    if not place.parent.is_dir():
        return ""
    return did_you_mean(place.name, sorted(each.name for each in place.parent.iterdir() if each.is_dir()))


def _opened(file: Path, **choices: Any) -> Any:
    try:
        import pyarrow.parquet as pq
    except ImportError:
        raise FileError(
            'Reading .parquet files row group by row group needs pyarrow: pip install "nbreg[stream]"'
        ) from None
    return pq.ParquetFile(file, **choices)


# Footers


class _Footer(NamedTuple):
    schema: Any
    metadata: Any


def _footer(file: Path) -> _Footer:
    try:
        with _opened(file) as opened:
            return _Footer(opened.schema_arrow, opened.metadata)
    except FileError:
        raise
    except (OSError, ValueError) as error:  # which arrow's own errors are
        raise FileError(f'The file "{file}" is not read as a parquet table: {error}') from None


def _columns_of(footer: _Footer) -> tuple[str, ...]:
    """Return the columns, without those in which pandas keeps an index."""
    of_index = (footer.schema.pandas_metadata or {}).get("index_columns", ())
    names = tuple(name for name in footer.schema.names if name not in of_index)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f'Two columns are named "{twice}"; rename one.')
    return names


def _check_alike(files: Sequence[Path], footers: Sequence[_Footer]) -> None:
    """Raise DataError unless all files have the columns of the first one, of like types."""
    names, first = _columns_of(footers[0]), footers[0].schema
    kinds = {name: _kind(first.field(name).type) for name in names}
    for file, footer in zip(files, footers, strict=True):
        here = set(_columns_of(footer))
        for lacking, having, odd in ((file, files[0], set(names) - here), (files[0], file, here - set(names))):
            if odd:
                raise DataError(
                    f'Files of one table have the same columns: "{lacking.name}" lacks "{min(odd)}", which '
                    f'"{having.name}" has.'
                )
        for name in names:
            kind = _kind(footer.schema.field(name).type)
            if "" not in (kind, kinds[name]) and kind != kinds[name]:
                raise DataError(
                    f'Column "{name}" holds {kinds[name]} in "{files[0].name}" but {kind} in "{file.name}"; '
                    "write both alike."
                )
            kinds[name] = kinds[name] or kind


def _kind(dtype: Any) -> str:
    """Return what a column of such a type holds, in words; nothing where it holds nothing but gaps."""
    from pyarrow import types

    kinds = {
        "": types.is_null,
        "true or false": types.is_boolean,
        "numbers": lambda t: types.is_integer(t) or types.is_floating(t) or types.is_decimal(t),
        "dates": lambda t: types.is_date(t) or types.is_timestamp(t),
        "text": lambda t: types.is_string(t) or types.is_large_string(t) or types.is_dictionary(t),
    }
    return next((kind for kind, fits in kinds.items() if fits(dtype)), str(dtype))


def _groups_of(footers: Sequence[_Footer]) -> tuple[RowGroup, ...]:
    groups, start = [], 0
    for number, footer in enumerate(footers):
        for index in range(footer.metadata.num_row_groups):
            n_rows = footer.metadata.row_group(index).num_rows
            if n_rows:
                groups.append(RowGroup(number, index, start, n_rows))
                start += n_rows
    return tuple(groups)


def _bytes_of(footer: _Footer) -> int:
    """Return about what the rows of a file take as a pandas table: encoded as files are, they are often smaller."""
    texts = {each.name for each in footer.schema if _kind(each.type) == "text"}
    groups = [footer.metadata.row_group(i) for i in range(footer.metadata.num_row_groups)]
    chunks = [group.column(i) for group in groups for i in range(group.num_columns)]
    letters = sum(chunk.total_uncompressed_size for chunk in chunks if chunk.path_in_schema in texts)
    a_row = (len(footer.schema) - len(texts)) * _NUMBER_BYTES + len(texts) * _TEXT_BYTES
    return int(footer.metadata.num_rows * a_row + letters)
