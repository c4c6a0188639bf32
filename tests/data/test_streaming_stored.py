"""Parquet files as one table on disk."""

import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nbreg.data.frames import read_frame
from nbreg.data.profile import profile
from nbreg.data.streaming import stored as stored_module
from nbreg.data.streaming.stored import StoredTable, is_stored
from nbreg.errors import DataError, FileError


def frame(n, first=0):
    return pd.DataFrame({"x": np.arange(first, first + n) * 0.5, "kind": ["a", "b"] * (n // 2) + ["c"] * (n % 2)})


@pytest.fixture
def folder(tmp_path):
    frame(70).to_parquet(tmp_path / "one.parquet", row_group_size=30)
    frame(5, first=70).to_parquet(tmp_path / "three.parquet")
    frame(25, first=75).to_parquet(tmp_path / "two.parquet", row_group_size=10)
    (tmp_path / "_SUCCESS").write_text("")
    (tmp_path / "_metadata.parquet").write_text("no table")
    return tmp_path


def whole():
    return pd.concat([frame(70), frame(5, first=70), frame(25, first=75)], ignore_index=True)


def test_a_folder_is_the_rows_of_its_files_one_after_the_other(folder):
    stored = StoredTable.open(folder)
    assert stored.n_rows == 100
    assert stored.columns == ("x", "kind")
    assert [each.name for each in stored.files] == ["one.parquet", "three.parquet", "two.parquet"]
    assert [(group.start, group.n_rows) for group in stored.groups] == [
        (0, 30), (30, 30), (60, 10), (70, 5), (75, 10), (85, 10), (95, 5),
    ]  # fmt: skip
    pd.testing.assert_frame_equal(stored.read().to_native(), whole())


@pytest.mark.parametrize("path", ["", "/", "/*.parquet", "/[ot]*.parquet"])
def test_a_folder_may_be_named_in_several_ways(folder, path):
    pd.testing.assert_frame_equal(read_frame(f"{folder}{path}").to_native(), whole())
    assert is_stored(f"{folder}{path}")


def test_a_pattern_takes_some_files(folder):
    assert StoredTable.open(folder / "t*.parquet").n_rows == 30


def test_pieces_are_the_row_groups_asked_for_in_order(folder, monkeypatch):
    monkeypatch.setattr(stored_module, "PIECE_ROWS", 16)
    pieces = list(StoredTable.open(folder).pieces([3, 0], ["kind", "x"]))
    assert [(piece.start, len(piece.table)) for piece in pieces] == [(70, 5), (0, 16), (16, 14)]
    assert pieces[0].table.column_names == ["kind", "x"]
    found = pieces[2].frame(np.array([0, 13])).to_native()
    assert found["x"].tolist() == [8.0, 14.5]
    assert pieces[0].frame(np.array([], int)) is None


def test_what_a_table_takes_is_about_what_pandas_takes(folder):
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(5_000, 8)), columns=list("abcdefgh"))
    table.to_parquet(folder / "numbers.parquet")
    stored = StoredTable.open(folder / "numbers.parquet")
    assert stored.n_bytes == pytest.approx(table.memory_usage(index=False).sum(), rel=0.2)


def test_repeated_numbers_are_small_on_disk_and_counted_as_in_memory(tmp_path):
    pd.DataFrame({"x": np.zeros(10_000), "y": np.ones(10_000)}).to_parquet(tmp_path / "same.parquet")
    assert StoredTable.open(tmp_path).n_bytes >= 160_000


def test_an_index_is_no_column(tmp_path):
    frame(10).set_index(pd.Index(range(5, 15), name="number")).to_parquet(tmp_path / "indexed.parquet")
    assert StoredTable.open(tmp_path).columns == ("x", "kind")


def test_a_file_that_has_changed_is_told(folder):
    stored = StoredTable.open(folder)
    (folder / "three.parquet").unlink()
    with pytest.raises(DataError, match=r'"\S+three.parquet" cannot be read any more'):
        list(stored.pieces([3], ["x"]))
    frame(7).to_parquet(folder / "three.parquet")
    with pytest.raises(DataError, match="was changed while it was read"):
        list(stored.pieces([3], ["x"]))


def test_reading_needs_pyarrow(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(FileError, match=r'needs pyarrow: pip install "nbreg\[stream\]"'):
        StoredTable.open(folder)


def test_a_table_beyond_all_memory_is_not_read_whole(folder, monkeypatch):
    monkeypatch.setattr(stored_module, "free_bytes", lambda: 1_000)
    with pytest.raises(DataError, match=r"takes about .*e-06 GB in memory, and 1e-06 GB are free"):
        StoredTable.open(folder).read()


def other(tmp_path, columns):
    pq.write_table(pa.table(columns), tmp_path / "other.parquet")


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        ({"x": [1.0]}, '"other.parquet" lacks "kind", which "one.parquet" has'),
        ({"x": [1.0], "kind": ["a"], "z": [2]}, '"one.parquet" lacks "z", which "other.parquet" has'),
        ({"x": ["1"], "kind": ["a"]}, '"x" holds numbers in "one.parquet" but text in "other.parquet"'),
    ],
)
def test_files_of_one_table_have_the_same_columns(tmp_path, columns, line):
    frame(10).to_parquet(tmp_path / "one.parquet")
    other(tmp_path, columns)
    with pytest.raises(DataError) as caught:
        StoredTable.open(tmp_path)
    assert line in str(caught.value)


@pytest.mark.parametrize(
    "columns",
    [
        {"kind": ["a"], "x": [1]},
        {"x": pa.nulls(1), "kind": ["a"]},
        {"x": [1.0], "kind": pa.array(["a"]).dictionary_encode()},
    ],
    ids=["order and whole numbers", "nothing but gaps", "dictionary"],
)
def test_files_may_differ_in_what_makes_no_difference(tmp_path, columns):
    frame(10).to_parquet(tmp_path / "one.parquet")
    other(tmp_path, columns)
    assert len(StoredTable.open(tmp_path).read()) == 11


def test_a_folder_without_parquet_files_is_told(tmp_path):
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    with pytest.raises(FileError, match=r"holds no \.parquet files, but \.csv"):
        StoredTable.open(tmp_path)


def test_files_in_subfolders_are_pointed_at(tmp_path):
    (tmp_path / "2024").mkdir()
    frame(10).to_parquet(tmp_path / "2024" / "one.parquet")
    with pytest.raises(FileError, match=r'its subfolders do: give one of these, such as "\S+2024/", or a pattern'):
        StoredTable.open(tmp_path)
    assert StoredTable.open(f"{tmp_path}/*/*.parquet").n_rows == 10


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("sails/", 'There is no folder "{}sails/". Did you mean "sales"?'),
        ("salad.parquet", 'There is no file "{}salad.parquet". Did you mean "salat.parquet"?'),
        ("*.parquets", 'No file is called "{}*.parquets".'),
        ("broken.parquet", 'The file "{}broken.parquet" is not read as a parquet table'),
        ("empty.parquet", 'The table "{}empty.parquet" has no rows.'),
    ],
)
def test_what_is_not_there_is_told_in_one_line(tmp_path, path, line):
    (tmp_path / "sales").mkdir()
    frame(3).to_parquet(tmp_path / "salat.parquet")
    frame(0).to_parquet(tmp_path / "empty.parquet")
    (tmp_path / "broken.parquet").write_text("this is none")
    with pytest.raises((FileError, DataError)) as caught:
        StoredTable.open(f"{tmp_path}/{path}")
    assert str(caught.value).startswith(line.format(f"{tmp_path}/"))


def test_a_sample_is_some_rows_of_the_table(tmp_path):
    frame(20_000).to_parquet(tmp_path / "long.parquet", row_group_size=400)
    stored = StoredTable.open(tmp_path)
    sample = stored.sample(2_000).to_native()
    assert 1_800 < len(sample) < 2_200
    assert set(sample["x"]) <= set(frame(20_000)["x"])
    assert sample["x"].max() > 7_000
    assert sample["x"].is_unique


def test_the_profile_of_a_table_that_is_large_is_that_of_a_sample(folder, monkeypatch):
    monkeypatch.setattr(stored_module, "free_bytes", lambda: 10_000)
    found = profile(folder, "x")
    assert (found.n_rows_on_disk, found.n_rows) == (100, 100)  # fewer than are drawn
    assert found.column("kind").kind == "category"
    assert "All this is of 100 rows drawn at random" in repr(found)
    assert "100 rows, 2 columns" in found.to_html()


def test_types_that_do_not_go_together_are_told(tmp_path):
    days = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=3), "y": [1, 2, 3]})
    days.to_parquet(tmp_path / "one.parquet")
    days.assign(day=days["day"].dt.tz_localize("Asia/Tokyo")).to_parquet(tmp_path / "two.parquet")
    with pytest.raises(DataError, match="columns of types that do not go together"):
        StoredTable.open(tmp_path).read()
