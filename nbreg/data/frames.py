"""Tables of any make, seen alike: pandas, polars, pyarrow, arrays and files become narwhals frames."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from nbreg.errors import DataError, FileError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

Frame = nw.DataFrame[Any]

#: ISO 8601, whole: a date, or a date and a time of day with or without an offset.
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?")


def as_frame(data: Any) -> Frame:
    """Return `data` as a narwhals frame with at least one row, its column names unique strings.

    `data` is a pandas, polars or pyarrow table, a narwhals frame, or numbers in two dimensions (an array
    or nested lists), whose columns are then named x0, x1, ... Nothing is copied that need not be.

    Raises DataError for what is no table, is empty or has two columns of one name.
    """
    table = _from_array(data) if names_are_made_up(data) else nw.to_native(data, pass_through=True)
    _check_unique(_column_names(table))
    frame = _narwhals(_with_text_names(table))
    if not frame.columns:
        raise DataError("The table has no columns.")
    if not len(frame):
        raise DataError(f"The table has no rows, only the columns {', '.join(frame.columns[:8])}.")
    return frame


def names_are_made_up(data: Any) -> bool:
    """Return whether `data` is an array or nested lists, so that `as_frame` has to invent column names."""
    return isinstance(data, (np.ndarray, list, tuple))


def read_frame(path: str | Path) -> Frame:
    """Return the table in a .csv or .parquet file, or in all .parquet files of a folder (these need pyarrow).

    Text columns of a csv file that hold nothing but ISO dates become dates.
    Raises FileError where the file is missing or unreadable, DataError as `as_frame` does.
    """
    file = Path(path).expanduser()
    if is_folder(path):
        from nbreg.data.streaming.stored import StoredTable

        return StoredTable.open(path).read()
    readers = {".csv": _read_csv, ".parquet": _read_parquet}
    if file.suffix.lower() not in readers:
        raise FileError(f'A table is read from a .csv or .parquet file, or a folder of .parquet files; got "{file}".')
    if not file.is_file():
        raise FileError(f'There is no file "{file}".{neighbours(file)}')
    return as_frame(readers[file.suffix.lower()](file))


def is_table_path(text: str) -> bool:
    """Return whether `text` is the path of a .csv or .parquet file, or of a folder, or a pattern of files."""
    return text.lower().endswith((".csv", ".parquet")) or is_folder(text)


def is_folder(path: str | Path) -> bool:
    """Return whether `path` stands for several files: a folder, or a pattern such as ``sales/2024-*.parquet``."""
    text = str(path)
    return text.endswith("/") or (glob.has_magic(text) and not Path(text).exists()) or Path(text).expanduser().is_dir()


def _from_array(data: Any) -> pd.DataFrame:
    import pandas as pd

    try:
        array = np.asarray(data)
    except ValueError:
        raise DataError("A table has rows of equal length; these differ.") from None
    if array.ndim != 2:
        raise DataError(f"A table has two dimensions, rows and columns; got {array.ndim}, of shape {array.shape}.")
    table = pd.DataFrame(array, columns=[f"x{i}" for i in range(array.shape[1])])
    return table.infer_objects() if array.dtype == object else table


def _column_names(table: Any) -> list[Any]:
    if nw.dependencies.is_pandas_dataframe(table):
        return list(table.columns)
    return list(getattr(table, "column_names", []))  # pyarrow; the others hold no name twice


def _check_unique(names: Iterable[Any]) -> None:
    seen: set[str] = set()
    for name in map(str, names):
        if name in seen:
            raise DataError(f'Two columns are named "{name}"; rename one.')
        seen.add(name)


def _with_text_names(table: Any) -> Any:
    if nw.dependencies.is_pandas_dataframe(table) and not all(isinstance(name, str) for name in table.columns):
        return table.set_axis([str(name) for name in table.columns], axis=1)
    return table


def _narwhals(table: Any) -> Frame:
    try:
        frame = nw.from_native(table)
    except TypeError:
        raise DataError(
            f"A table is needed (pandas, polars, pyarrow, or a two-dimensional array); got {type(table).__name__}."
        ) from None
    return frame.collect() if isinstance(frame, nw.LazyFrame) else frame


def neighbours(file: Path) -> str:
    """Return which table beside a missing file may be meant, as the end of a message."""
    if not file.parent.is_dir():
        return ""
    return did_you_mean(file.name, sorted(p.name for p in file.parent.iterdir() if p.suffix in (".csv", ".parquet")))


def _read_csv(file: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        # pandas would rename a second "a" to "a.1" without a word, so the header is looked at first.
        header = pd.read_csv(file, header=None, nrows=1, dtype=str, skipinitialspace=True)
        _check_unique(header.iloc[0].dropna())
        table = pd.read_csv(file, low_memory=False, skipinitialspace=True)
    except pd.errors.EmptyDataError:
        raise FileError(f'The file "{file}" is empty.') from None
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise FileError(f'The file "{file}" is not read as a csv table: {str(error).strip()}') from None
    return table.assign(**{name: _as_dates(table[name]) for name in map(str, table.columns) if _is_iso(table[name])})


def _is_iso(column: pd.Series[Any]) -> bool:
    """Return whether text is all ISO dates, gaps aside; the first value settles most columns."""
    import pandas as pd

    if not (pd.api.types.is_string_dtype(column) or column.dtype == object):
        return False
    present = column.dropna()
    texts = [present.iloc[0]] if len(present) else []
    return bool(texts) and all(isinstance(t, str) and _ISO.fullmatch(t) for t in (*texts, *present))


def _as_dates(column: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd

    has_offset = bool(column.dropna().str.contains(r"(?:Z|[+-]\d{2}:?\d{2})$", regex=True).any())
    with_time = bool(column.dropna().str.contains(":", regex=False).any())
    try:
        return pd.to_datetime(column, format="ISO8601", utc=has_offset and with_time)
    except ValueError:  # such as 2020-13-45: it only looks like a date
        return column


def _read_parquet(file: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.read_parquet(file)
    except ImportError:
        raise FileError("Reading .parquet files needs pyarrow: pip install pyarrow") from None
    except (ValueError, OSError) as error:
        raise FileError(f'The file "{file}" is not read as a parquet table: {error}') from None
