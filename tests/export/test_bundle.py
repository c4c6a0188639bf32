"""Files: what goes in comes back, and nothing in them is ever run."""

import json
import zipfile

import numpy as np
import pandas as pd
import pytest

import nbreg
from nbreg.errors import FileError


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"x": rng.normal(size=120), "kind": rng.choice(list("ab"), 120)})
    return table.assign(y=table["x"] ** 2 + (table["kind"] == "a"))


@pytest.fixture(scope="module")
def regressor(table):
    return nbreg.fit(table, "y", hidden=(8,), epochs=5)


@pytest.fixture
def bundle(regressor, tmp_path):
    regressor.save(tmp_path / "model.nbreg")
    return tmp_path / "model.nbreg"


def parts_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_parts(path, parts):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def with_digests(parts):
    """Make the digests fit, as somebody would who means harm."""
    import hashlib

    manifest = json.loads(parts["manifest.json"])
    manifest["sha256"] = {name: hashlib.sha256(parts[name]).hexdigest() for name in manifest["sha256"]}
    return {**parts, "manifest.json": json.dumps(manifest).encode()}


def test_a_loaded_regressor_is_the_one_that_was_saved(regressor, table, bundle):
    loaded = nbreg.load(bundle)
    np.testing.assert_array_equal(loaded.predict(table), regressor.predict(table))
    assert loaded.get_params() == regressor.get_params()
    assert loaded.run_.status == "finished"
    assert loaded.history_.equals(regressor.history_)
    assert loaded.evaluate()["rmse"] == regressor.evaluate()["rmse"]
    assert loaded._repr_mimebundle_() == regressor._repr_mimebundle_()
    assert loaded.to_keras_script() == regressor.to_keras_script()


def test_layers_of_ones_own_come_back(table, tmp_path):
    from keras import layers

    regressor = nbreg.fit(table, "y", layers=[layers.Dense(4, activation="tanh"), layers.Dropout(0.5)], epochs=2)
    regressor.save(tmp_path / "own.nbreg")
    loaded = nbreg.load(tmp_path / "own.nbreg")
    np.testing.assert_array_equal(loaded.predict(table), regressor.predict(table))
    assert [type(layer).__name__ for layer in loaded.layers] == ["Dense", "Dropout"]


def test_two_files_of_one_regressor_say_the_same_of_it(regressor, tmp_path):
    regressor.save(tmp_path / "a.nbreg")
    regressor.save(tmp_path / "b.nbreg")
    a, b = parts_of(tmp_path / "a.nbreg"), parts_of(tmp_path / "b.nbreg")
    assert json.loads(a["manifest.json"])["about"] == json.loads(b["manifest.json"])["about"]


@pytest.mark.parametrize("name", ["network.keras", "encoder.skops", "target_scaler.skops"])
def test_a_changed_file_is_refused(bundle, name):
    parts = parts_of(bundle)
    write_parts(bundle, {**parts, name: parts[name] + b" "})
    with pytest.raises(FileError, match=f"was changed after it was written .{name} differs"):
        nbreg.load(bundle)


def test_a_newer_file_is_refused(bundle):
    parts = parts_of(bundle)
    manifest = json.loads(parts["manifest.json"]) | {"format": 99, "versions": {"nbreg": "9.0"}}
    write_parts(bundle, {**parts, "manifest.json": json.dumps(manifest)})
    with pytest.raises(FileError, match=r"was written by nbreg 9\.0"):
        nbreg.load(bundle)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut off"])
def test_a_file_of_another_kind_is_refused(tmp_path, content):
    (tmp_path / "x.nbreg").write_bytes(content)
    with pytest.raises(FileError, match="is no file that %nnreg save wrote"):
        nbreg.load(tmp_path / "x.nbreg")


def test_another_zip_is_refused(tmp_path):
    write_parts(tmp_path / "x.zip", {"readme.txt": b"hello"})
    with pytest.raises(FileError, match="is no file that %nnreg save wrote"):
        nbreg.load(tmp_path / "x.zip")


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(FileError, match="There is no file"):
        nbreg.load(tmp_path / "x.nbreg")


def test_a_folder_that_is_not_there_is_told(regressor, tmp_path):
    with pytest.raises(FileError, match="cannot be written"):
        regressor.save(tmp_path / "nowhere" / "x.nbreg")


class Marker:
    """Would leave a mark if it were unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_an_encoder_that_would_run_code_is_refused(bundle, tmp_path):
    import skops.io

    parts = parts_of(bundle)
    parts["encoder.skops"] = skops.io.dumps({"encoder": Marker(tmp_path / "mark")})
    write_parts(bundle, with_digests(parts))
    with pytest.raises(FileError, match="holds something that an encoder does not"):
        nbreg.load(bundle)
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize(
    "part",
    [
        {"module": "keras.layers", "class_name": "Lambda", "config": {}, "registered_name": None},
        {"module": "os", "class_name": "system", "config": {}, "registered_name": None},
        {"module": "keras.utils", "class_name": "get_file", "config": {}, "registered_name": None},
        {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "function"},
        {"module": None, "class_name": "Mine", "config": {}, "registered_name": "package>Mine"},
    ],
)
def test_a_network_that_would_run_code_is_refused(bundle, tmp_path, part):
    parts = parts_of(bundle)
    (tmp_path / "n.keras").write_bytes(parts["network.keras"])
    network = parts_of(tmp_path / "n.keras")
    config = json.loads(network["config.json"])
    config["config"]["layers"][1]["config"]["activation"] = part
    network["config.json"] = json.dumps(config)
    write_parts(tmp_path / "n.keras", network)
    parts["network.keras"] = (tmp_path / "n.keras").read_bytes()
    write_parts(bundle, with_digests(parts))
    with pytest.raises(FileError, match="which could run code; it was not loaded"):
        nbreg.load(bundle)


def test_a_network_that_could_not_be_loaded_is_not_saved(table, tmp_path):
    from keras import layers

    regressor = nbreg.fit(table, "y", layers=[layers.Lambda(lambda x: 2 * x)], epochs=1)
    with pytest.raises(FileError, match=r"holds keras.layers.Lambda"):
        regressor.save(tmp_path / "x.nbreg")
    assert not (tmp_path / "x.nbreg").exists()
