"""A streamed table is made ready as one in memory: exactly, where its rows can all be held."""

import numpy as np
import pandas as pd
import pytest

from nbreg.data.dataset import prepare
from nbreg.data.spec import DataSpec
from nbreg.data.streaming import dataset as streamed_module
from nbreg.data.streaming import held, order
from nbreg.data.streaming import stored as stored_module
from nbreg.data.streaming.dataset import StreamedData
from nbreg.data.streaming.order import streamed_order
from nbreg.data.streaming.stored import StoredTable
from nbreg.errors import DataError, OptionError

SPEC = DataSpec(target=("y",), stream="yes")


def table(n=900, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(n, 3)), columns=["a", "b", "c"])
    frame.loc[rng.random(n) < 0.1, "a"] = np.nan
    frame["whole"] = rng.integers(0, 40, n)
    frame["kind"] = np.where(np.arange(n) < n * 0.8, rng.choice(["u", "v", None], n), "late")
    frame["code"] = rng.choice([f"c{i}" for i in range(50)], n)
    frame["day"] = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 700, n), "D")
    frame["is new"] = rng.random(n) < 0.3
    frame["y"] = np.sin(frame["b"]) + frame["c"] + (frame["kind"] == "late")
    frame.loc[rng.random(n) < 0.05, "y"] = np.nan
    return frame


def written(frame, folder, cuts=(250, 261, 720)):
    """Write files of unequal row groups; one is smaller than any batch."""
    folder.mkdir(exist_ok=True)
    for number, rows in enumerate(np.split(np.arange(len(frame)), cuts)):
        frame.iloc[rows].to_parquet(folder / f"{number}.parquet", row_group_size=70 + 30 * number, index=False)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return written(table(), tmp_path_factory.mktemp("streamed"))


@pytest.fixture(scope="module")
def streamed(folder):
    return prepare(StoredTable.open(folder), SPEC)


@pytest.fixture(scope="module")
def in_memory():
    return prepare(table(), DataSpec(target=("y",)))


def test_a_table_that_can_be_held_comes_out_as_in_memory(streamed, in_memory):
    assert isinstance(streamed, StreamedData)
    assert streamed.encoder.input_names == in_memory.encoder.input_names
    for which in ("train", "validation", "test"):
        for found, expected in zip(streamed.arrays(which), in_memory.arrays(which), strict=True):
            np.testing.assert_array_equal(found, expected)
        assert streamed.n_rows_in_all(which) == streamed.n_rows(which) == in_memory.n_rows(which)


def test_the_notices_tell_of_the_stream(streamed, in_memory):
    assert streamed.notices[0] == "Streamed from 4 files: 900 rows in 11 row groups."
    assert streamed.notices[1:] == in_memory.notices
    assert streamed.spec.stream == "yes"


def test_a_level_of_the_last_file_alone_is_known(streamed):
    assert "kind = late" in streamed.encoder.input_names


def test_blocks_are_the_rows_of_memory_in_the_order_of_the_stream(streamed, in_memory):
    x, y = in_memory.arrays("train")
    rows = streamed.train_rows
    for epoch in range(3):
        blocks = list(rows.blocks(0, epoch, 128))
        assert [len(block) for block, _ in blocks[:-1]] == [128] * (len(blocks) - 1)
        visited = streamed_order(0, epoch, rows.group_sizes, 128)
        np.testing.assert_array_equal(np.concatenate([block for block, _ in blocks]), x[visited])
        np.testing.assert_array_equal(np.concatenate([targets for _, targets in blocks]), y[visited])


def test_test_rows_are_read_block_by_block(streamed, in_memory):
    found = list(streamed.blocks("test"))
    assert len(found) > 3
    np.testing.assert_array_equal(np.concatenate([x for x, _ in found]), in_memory.arrays("test")[0])
    np.testing.assert_array_equal(np.concatenate([y for _, y in found]), in_memory.observed("test"))


def test_of_very_many_test_rows_a_sample_is_read(streamed, monkeypatch):
    monkeypatch.setattr(streamed_module, "MOST_JUDGED", streamed.n_rows("test") // 2)
    counts = [sum(len(x) for x, _ in streamed.blocks("test")) for _ in range(2)]
    assert counts[0] == counts[1]
    assert 0.3 < counts[0] / streamed.n_rows("test") < 0.7


def test_what_is_learned_is_learned_from_train_rows_alone(streamed, tmp_path):
    frame = table()
    held_back = frame.index.isin(_in_table(streamed, "validation") | _in_table(streamed, "test"))
    assert 0.3 < held_back.mean() < 0.4
    frame.loc[held_back, ["a", "b", "c"]] *= 1_000
    frame.loc[held_back, "kind"] = "unseen"
    frame.loc[held_back, "y"] += 50
    other = prepare(StoredTable.open(written(frame, tmp_path / "changed")), SPEC)
    assert other.encoder.input_names == streamed.encoder.input_names
    np.testing.assert_array_equal(other.encoder.medians, streamed.encoder.medians)
    np.testing.assert_array_equal(other.encoder.scaler.factor_, streamed.encoder.scaler.factor_)
    assert other.target_scaler.mean_ == streamed.target_scaler.mean_
    np.testing.assert_array_equal(other.arrays("train")[0], streamed.arrays("train")[0])


def _in_table(data, which):
    """Return the rows of a set as the parting numbers them."""
    return set(data.parts.positions(which, 0, data.parts.stored.n_rows).tolist())


def test_held_rows_come_from_their_own_set(folder, monkeypatch, in_memory):
    monkeypatch.setattr(held, "most_held", lambda which, n_columns: 60)
    monkeypatch.setattr(streamed_module, "_PREPARED", {})
    data = prepare(StoredTable.open(folder), SPEC)
    for which in ("train", "validation", "test"):
        of_set = in_memory.frame_of(which).to_native()["b"].tolist()
        found = data.frame_of(which).to_native()["b"].tolist()
        assert len(found) == 60
        assert set(found) <= set(of_set)
    told = " ".join(data.notices)
    assert "Medians, scales and baselines were learned from a sample of 60 train rows." in told
    assert "Training was watched by a sample of 60 validation rows." in told
    assert data.train_rows.n_rows == data.n_rows_in_all("train") == in_memory.n_rows("train")
    assert "Baselines were judged on a sample of 60 test rows, the network on all." in told


def test_only_needed_columns_are_held(folder):
    spec = DataSpec(target=("y",), features=("b", "kind"), stream="yes", split="time", time="day")
    data = prepare(StoredTable.open(folder), spec)
    assert sorted(data.frame.columns) == ["b", "day", "kind", "y"]
    assert data.feature_names == ("b", "kind")


@pytest.mark.parametrize(
    ("change", "choices", "line"),
    [
        ({}, {"target": ("z",)}, 'There is no column "z" for the target.'),
        ({}, {"target": ()}, "No target is given"),
        ({}, {"features": ("q",)}, 'There is no column "q" for the features'),
        ({"b": np.inf}, {}, 'Column "b" holds 1 infinite value'),
        ({"y": np.inf}, {}, 'Column "y" holds 1 infinite value'),
    ],
)
def test_mistakes_get_the_line_that_they_get_in_memory(tmp_path, change, choices, line):
    frame = table(300)
    for name, value in change.items():
        frame.loc[frame["y"].last_valid_index(), name] = value
    spec = DataSpec(**{"target": ("y",), "stream": "yes", **choices})
    with pytest.raises(DataError, match=line):
        prepare(StoredTable.open(written(frame, tmp_path / "wrong", (100,))), spec)


def test_a_table_in_memory_cannot_be_streamed():
    with pytest.raises(OptionError, match=r"\(--stream yes\) takes \.parquet files"):
        prepare(table(), SPEC)


def test_auto_goes_by_the_free_memory(folder, monkeypatch):
    stored = StoredTable.open(folder)
    for free, streams in ((None, False), (stored.n_bytes * 6, False), (stored.n_bytes * 4, True)):
        monkeypatch.setattr(stored_module, "free_bytes", lambda free=free: free)
        assert stored.is_large is streams
        data = prepare(stored, DataSpec(target=("y",)))
        assert isinstance(data, StreamedData) is streams
        assert data.spec.stream == ("yes" if streams else "auto")


def test_read_into_memory_it_is_trained_on_in_the_order_of_the_stream(folder, streamed):
    data = prepare(StoredTable.open(folder), DataSpec(target=("y",), stream="no"))
    assert not isinstance(data, StreamedData)
    assert data.group_sizes == streamed.train_rows.group_sizes
    assert prepare(StoredTable.open(folder), DataSpec(target=("y",))).group_sizes == ()


def test_several_targets_are_streamed(tmp_path):
    frame = table().assign(z=lambda each: each["y"] * 2 + each["a"].fillna(0))
    data = prepare(StoredTable.open(written(frame, tmp_path / "two")), DataSpec(target=("y", "z"), stream="yes"))
    x, y = next(data.train_rows.blocks(0, 0, 64))
    assert (x.shape[1], y.shape) == (data.encoder.n_inputs, (64, 2))
    assert order.block_rows(x.shape[1] + 2, 64) % 64 == 0


def test_gaps_and_levels_are_those_of_all_train_rows_whatever_is_held(tmp_path, monkeypatch):
    """A sample of 1,000 of 6,000 train rows lacks what is rare; the encoder knows of it all the same."""
    rng, n = np.random.default_rng(1), 9_400
    frame = pd.DataFrame({"x": rng.normal(size=n), "with a gap": rng.normal(size=n), "y": rng.normal(size=n)})
    frame["when"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 400, n), "D")
    # Level i is on about i of the train rows, so that those below 10 are rare; the code has 200 levels and more.
    frame["kind"] = np.resize(np.repeat([f"k{i:02}" for i in range(20)], np.arange(20) * 3 // 2 + 1), n)
    frame.loc[200:, "kind"] = "usual"
    frame["code"] = [f"c{i}" for i in rng.geometric(0.01, n)]
    in_memory = prepare(frame, DataSpec(target=("y",)))
    train = in_memory.rows.train
    frame.loc[train[1_234], "with a gap"] = np.nan
    frame.loc[train[12], "when"] = pd.NaT
    frame.loc[train[3_000:3_011], "kind"] = None
    in_memory = prepare(frame, DataSpec(target=("y",)))
    monkeypatch.setattr(held, "most_held", lambda which, n_columns: 1_000)
    streamed = prepare(StoredTable.open(written(frame, tmp_path / "rare", (5_000,))), SPEC)
    assert streamed.n_rows("train") == 1_000
    assert streamed.encoder.input_names == in_memory.encoder.input_names
    assert [getattr(each, "levels", ()) for each in streamed.encoder.columns] == [
        getattr(each, "levels", ()) for each in in_memory.encoder.columns
    ]
    assert {"with a gap", "kind = (missing)"} <= {name.split(" is ")[0] for name in streamed.encoder.input_names}
    np.testing.assert_array_equal(
        streamed.encoder.transform(frame)[:, _of_categories(streamed)],
        in_memory.encoder.transform(frame)[:, _of_categories(in_memory)],
    )


def _of_categories(data):
    return [position for block in data.encoder.blocks if block.kind == "category" for position in block.positions]


def test_what_someone_holds_is_not_prepared_again_unless_files_or_choices_change(tmp_path):
    folder = written(table(), tmp_path / "held")
    data = prepare(StoredTable.open(folder), SPEC)
    assert prepare(StoredTable.open(folder), SPEC) is data
    assert prepare(StoredTable.open(folder), DataSpec(target=("y",), stream="yes", seed=1)) is not data
    table(300).to_parquet(folder / "0.parquet", index=False)
    assert prepare(StoredTable.open(folder), SPEC).n_rows_in_all("train") != data.n_rows_in_all("train")


def test_row_groups_too_long_to_be_mixed_are_told(tmp_path, monkeypatch):
    folder = written(table(), tmp_path / "long")
    monkeypatch.setattr(order, "MOST_ROWS", 64)
    told = prepare(StoredTable.open(folder), SPEC).notices[1]
    assert told.startswith("Row groups of up to 160 rows are longer than what is shuffled at once, 64 train rows:")
