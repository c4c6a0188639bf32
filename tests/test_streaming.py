"""A fit on a folder of Parquet files, from the door to what is done with its regressor."""

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import root_mean_squared_error

import nbreg
from nbreg.data.streaming import dataset as streamed_module
from nbreg.data.streaming import held, order
from nbreg.data.streaming import stored as stored_module
from nbreg.errors import NbregError, OptionError
from nbreg.evaluation.evaluation import is_sampled
from nbreg.session import as_table

QUICK = {"hidden": (8,), "epochs": 3, "engine": "graph"}


def rows(n, seed=0):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(size=(n, 3)), columns=["a", "b", "c"])
    table["kind"] = rng.choice(["u", "v", "w"], n)
    table["y"] = 3 + np.sin(table["a"]) + table["b"] + 0.1 * rng.normal(size=n)
    return table


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables") / "sales"
    folder.mkdir()
    for number in range(4):
        rows(300, number).to_parquet(folder / f"{number}.parquet", row_group_size=64)
    return folder


@pytest.fixture(scope="module")
def whole():
    return pd.concat([rows(300, number) for number in range(4)], ignore_index=True)


@pytest.fixture(scope="module")
def sampled(folder):
    """A regressor of a table of which a part alone was held."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(held, "most_held", lambda which, n_columns: {"train": 400}.get(which, 90))
        patch.setattr(order, "MOST_ROWS", 256)
        patch.setattr(streamed_module, "_PREPARED", {})
        return nbreg.fit(folder, "y", stream="yes", **QUICK)


@pytest.mark.parametrize("choices", [{}, {"skip": "linear"}, {"split": "time", "time": "c"}], ids=str)
def test_a_folder_that_fits_both_ways_gives_the_same_both_ways(folder, monkeypatch, choices):
    monkeypatch.setattr(order, "MOST_ROWS", 256)
    streamed, read = (nbreg.fit(f"{folder}/", "y", stream=stream, **QUICK, **choices) for stream in ("yes", "no"))
    for one, other in zip(streamed.network_.get_weights(), read.network_.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(streamed.history_, read.history_, rtol=1e-4)
    assert streamed.n_rows_ == read.n_rows_
    rmse = [each.report_.evaluations["test"]["rmse"] for each in (streamed, read)]
    assert rmse[0] == pytest.approx(rmse[1], rel=1e-4)
    assert streamed.report_.notices[0] == "Streamed from 4 files: 1,200 rows in 20 row groups."


def test_a_small_folder_is_read_into_memory_and_trained_on_as_any_table(folder, whole):
    read, expected = nbreg.fit(folder, "y", **QUICK), nbreg.fit(whole, "y", **QUICK)
    assert not any("Streamed" in each for each in read.report_.notices)
    for one, other in zip(read.network_.get_weights(), expected.network_.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_large_folder_is_streamed_unasked(folder, monkeypatch):
    monkeypatch.setattr(stored_module, "free_bytes", lambda: 100_000)
    regressor = nbreg.fit(folder, "y", **QUICK)
    assert regressor.data_spec_.stream == "yes"
    with pytest.raises(OptionError, match="stream"):
        nbreg.fit(folder, "y", stream="perhaps")


def test_one_file_is_streamed_too(folder):
    regressor = nbreg.fit(str(folder / "0.parquet"), "y", stream="yes", **QUICK)
    assert regressor.report_.notices[0] == "Streamed from 1 file: 300 rows in 5 row groups."


def test_the_network_is_judged_on_all_test_rows(sampled, whole):
    assert is_sampled(sampled.data_, "test")
    positions = sampled.data_.parts.positions("test", 0, len(whole))
    assert len(positions) == sampled.n_rows_["test"] == 240
    expected = root_mean_squared_error(whole["y"].iloc[positions], sampled.predict(whole.iloc[positions]))
    evaluation = sampled.report_.evaluations["test"]
    assert evaluation.n_rows == 240
    assert evaluation["rmse"] == pytest.approx(expected, rel=1e-5)
    assert sampled.evaluation_of("test")["rmse"] == evaluation["rmse"]
    assert sampled.report_.baselines["ridge"]["test"].n_rows == 90
    assert sampled.report_.n_rows == {"train": 768, "validation": 192, "test": 240}


def test_it_learns_from_all_train_rows(sampled):
    assert sampled.training_.batch_size == 32
    assert sampled.data_.train_rows.n_rows == sampled.n_rows_["train"] == 768
    assert sampled.report_.evaluations["test"]["r2"] > 0.5


def test_it_is_kept_and_read_again(sampled, whole, tmp_path):
    sampled.save(tmp_path / "model.nbreg")
    loaded = nbreg.load(tmp_path / "model.nbreg")
    np.testing.assert_allclose(loaded.predict(whole), sampled.predict(whole), rtol=1e-5)
    assert loaded.report_ == sampled.report_
    assert loaded.data_spec_.stream == "yes"


def test_it_is_explained_by_rows_that_are_held(sampled):
    explanation = nbreg.explain(sampled, rows=12)
    assert explanation.values.shape == (12, 4)
    assert np.abs(explanation.completeness_gap).max() < 1e-3


def test_its_card_shows(sampled):
    shown = sampled._repr_mimebundle_()
    assert "Streamed from 4 files" in str(shown)


def test_a_run_goes_on_from_a_streamed_one(folder, sampled, monkeypatch):
    monkeypatch.setattr(held, "most_held", lambda which, n_columns: {"train": 400}.get(which, 90))
    monkeypatch.setattr(order, "MOST_ROWS", 256)
    monkeypatch.setattr(streamed_module, "_PREPARED", {})
    after_two = nbreg.fit(folder, start=(sampled, 2), epochs=2)
    assert after_two.run_.start.epoch == 2
    assert after_two.data_spec_.stream == "yes"
    # The weights after two epochs, found by telling the streamed run again, are ahead of the first ones.
    assert after_two.history_["loss"].iloc[0] < sampled.history_["loss"].iloc[0]


def test_a_script_cannot_tell_of_a_stream(sampled):
    with pytest.raises(NbregError, match="A script reads its table at once"):
        sampled.to_keras_script("sales/")


def test_channels_and_their_pretreatment_are_learned_from_what_is_held(tmp_path):
    rng = np.random.default_rng(0)
    spectra = pd.DataFrame(rng.normal(size=(200, 12)).cumsum(axis=1), columns=[f"x_{i}" for i in range(12)])
    spectra["y"] = spectra["x_5"] - spectra["x_3"] + 0.01 * rng.normal(size=200)
    spectra.to_parquet(tmp_path / "spectra.parquet", row_group_size=50)
    choices = {"channels": "x_*", "derivative_window": 5, **QUICK}
    streamed, read = (nbreg.fit(tmp_path, "y", stream=stream, **choices) for stream in ("yes", "no"))
    np.testing.assert_allclose(streamed.predict(spectra), read.predict(spectra), rtol=1e-4, atol=1e-4)


def test_forecasts_read_a_folder_into_memory(tmp_path):
    table = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=200), "sold": np.sin(np.arange(200.0))})
    for number, part in enumerate(np.split(np.arange(200), [120])):
        table.iloc[part].to_parquet(tmp_path / f"{number}.parquet", index=False)
    forecaster = nbreg.forecast(tmp_path, "sold", time="day", window=14, horizon=3, epochs=1, hidden=(4,))
    assert len(nw.from_native(forecaster.predict())) == 3
    with pytest.raises(OptionError, match="stream"):
        nbreg.forecast(tmp_path, "sold", time="day", stream="yes")


@pytest.mark.parametrize(
    ("data", "choices", "line"),
    [
        ("nothing/", {}, 'There is no folder "nothing/"'),
        ("{}/", {"target": "z"}, 'There is no column "z" for the target'),
        ("{}/", {"target": "kind"}, 'Target "kind" is not numeric'),
    ],
)
def test_mistakes_are_told_in_one_line(folder, data, choices, line):
    with pytest.raises(NbregError, match=line):
        nbreg.fit(data.format(folder), **{"target": "y", "stream": "yes", **choices})


def test_a_table_in_memory_is_not_streamed(whole):
    with pytest.raises(OptionError, match=r"--stream yes\) takes \.parquet files"):
        nbreg.fit(whole, "y", stream="yes")


def test_other_doors_take_a_folder(sampled, folder, whole):
    assert sampled.evaluate(as_table(folder)).n_rows == len(whole)


def test_where_the_files_are_gone_the_report_is_about_the_rows_that_are_held(tmp_path, monkeypatch):
    monkeypatch.setattr(held, "most_held", lambda which, n_columns: {"train": 200}.get(which, 30))
    rows(400).to_parquet(tmp_path / "gone.parquet", row_group_size=100)
    regressor = nbreg.fit(tmp_path, "y", stream="yes", **QUICK)
    (tmp_path / "gone.parquet").unlink()
    report = regressor.report_
    assert report.evaluations["test"].n_rows == 30
    assert any("judged on the sample of test rows alone: The file" in each for each in report.notices)
    regressor.save(tmp_path / "model.nbreg")
