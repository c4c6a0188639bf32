"""Any table in, a narwhals frame out; or one line that says why not."""

from __future__ import annotations

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from nbreg.data.frames import as_frame, names_are_made_up, read_frame
from nbreg.errors import DataError, FileError

TABLE = {"a": [1.0, 2.0], "b": ["x", "y"]}


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pl.LazyFrame, pa.table])
def test_takes_tables_of_any_make(make):
    frame = as_frame(make(TABLE))
    assert isinstance(frame, nw.DataFrame)
    assert frame.to_dict(as_series=False) == TABLE


def test_a_frame_is_taken_as_it_is():
    frame = as_frame(pd.DataFrame(TABLE))
    assert as_frame(frame).columns == ["a", "b"]


@pytest.mark.parametrize("data", [np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]], ((1, 2), (3, 4))])
def test_columns_of_arrays_get_names(data):
    assert as_frame(data).to_dict(as_series=False) == {"x0": [1, 3], "x1": [2, 4]}
    assert names_are_made_up(data)
    assert not names_are_made_up(pd.DataFrame(data))


def test_an_array_of_objects_gets_real_types():
    frame = as_frame(np.array([[1, "a"], [2, "b"]], dtype=object))
    assert frame["x0"].dtype == nw.Int64
    assert frame["x1"].dtype == nw.String


def test_names_become_text_and_the_table_stays_as_it_was():
    table = pd.DataFrame([[1, 2]], columns=[0, ("a", 1)])
    assert as_frame(table).columns == ["0", "('a', 1)"]
    assert table.columns[0] == 0


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (3, "A table is needed .* got int"),
        ("df", "A table is needed .* got str"),
        (pd.Series([1]), "A table is needed .* got Series"),
        (np.zeros(3), "two dimensions, rows and columns; got 1"),
        ([[1], [1, 2]], "equal length"),
        (pd.DataFrame(), "no columns"),
        (pd.DataFrame({"a": []}), "no rows, only the columns a"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), 'Two columns are named "a"'),
        (pd.DataFrame([[1, 2]], columns=[1, "1"]), 'Two columns are named "1"'),
        (pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"]), 'Two columns are named "a"'),
    ],
)
def test_what_is_no_table_is_told_in_one_line(data, words):
    with pytest.raises(DataError, match=words) as caught:
        as_frame(data)
    assert "\n" not in str(caught.value)


def test_reads_csv_with_iso_dates(tmp_path):
    path = tmp_path / "sold.csv"
    path.write_text(
        "price,day,moment,zoned,text,almost,wrong\n"
        "1.5,2020-01-31,2020-01-31 10:30,2020-01-31T10:30:00Z,a,2020-01-31,2020-01-31\n"
        ",,2020-02-01 11:00:05,2020-01-31T10:30:00+02:00,b,soon,2020-13-45\n"
    )
    frame = read_frame(path)
    assert frame["price"].to_list()[0] == 1.5
    assert frame["day"].dtype == nw.Datetime
    assert frame["day"].null_count() == 1
    assert frame["moment"].dt.second().to_list() == [0, 5]
    assert frame["zoned"].dt.hour().to_list() == [10, 8]  # both told in UTC
    assert [frame[name].dtype for name in ("text", "almost", "wrong")] == [nw.String] * 3


def test_reads_parquet(tmp_path):
    path = tmp_path / "table.parquet"
    pd.DataFrame(TABLE).to_parquet(path)
    assert read_frame(str(path)).to_dict(as_series=False) == TABLE


@pytest.mark.parametrize(
    ("name", "content", "kind", "words"),
    [
        ("none.csv", None, FileError, 'There is no file ".*none.csv". Did you mean "nine.csv"'),
        ("table.xlsx", b"", FileError, ".csv or .parquet"),
        ("empty.csv", b"", FileError, "is empty"),
        ("header.csv", b"a,b\n", DataError, "no rows"),
        ("twice.csv", b"a,a\n1,2\n", DataError, 'Two columns are named "a"'),
        ("ragged.csv", b"a,b\n1,2\n1,2,3\n", FileError, "not read as a csv table"),
        ("latin.csv", "a\n\xe4\n".encode("latin-1"), FileError, "not read as a csv table"),
        ("text.parquet", b"this is no parquet file", FileError, "not read as a parquet table"),
    ],
)
def test_files_that_are_no_tables(tmp_path, name, content, kind, words):
    (tmp_path / "nine.csv").write_text("a\n1\n")
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(kind, match=words) as caught:
        read_frame(tmp_path / name)
    assert "\n" not in str(caught.value)
