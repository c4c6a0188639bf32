"""A regressor in one file: a zip of the network (.keras), the encoder (skops) and the choices (JSON).

Reading one never runs code from it: the network may hold Keras's own layers only, skops builds types from a
fixed list only, the rest is JSON.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import os
import pkgutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.data.encoding import ENCODER_TYPES
from nbreg.data.targets import TARGET_TYPES
from nbreg.data.windows.encoder import WINDOW_TYPES
from nbreg.errors import FileError
from nbreg.networks.draws import notebook_draws_kept

if TYPE_CHECKING:
    import keras

#: Raised when a file can no longer be read by the nbreg that wrote the one before.
FORMAT = 1
_MANIFEST, _NETWORK, _ENCODER, _SCALER = "manifest.json", "network.keras", "encoder.skops", "target_scaler.skops"

#: Where the parts of a network may come from, and what of that runs code or reads files all the same.
_KERAS_PARTS = ("keras.layers", "keras.initializers", "keras.regularizers", "keras.constraints")
_UNSAFE = {"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "StringLookup", "IntegerLookup"}
_OWN_PARTS = "nbreg.networks.keras_parts."
_KERAS_OWN = {"Functional", "Sequential", "DTypePolicy"}


def write_bundle(
    path: str | os.PathLike[str], network: keras.Model, encoder: Any, target_scaler: Any, about: dict[str, Any]
) -> None:
    """Write the parts of a regressor to `path`; `about` is all that JSON can say of it. Raises FileError."""
    parts = {_NETWORK: _network_bytes(network), _ENCODER: _skops_bytes(encoder), _SCALER: _skops_bytes(target_scaler)}
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in parts.items()}
    manifest = {"format": FORMAT, "versions": _versions(), "sha256": digests, "about": about}
    parts[_MANIFEST] = json.dumps(manifest, indent=1).encode()
    _write_whole(Path(path), _zipped(parts))


def read_bundle(path: str | os.PathLike[str]) -> tuple[keras.Model, Any, Any, dict[str, Any]]:
    """Return network, encoder, target scaler and what JSON said. Raises FileError."""
    parts = _unzipped(Path(path))
    manifest = _manifest(parts, path)
    for name, digest in manifest["sha256"].items():
        if hashlib.sha256(parts.get(name, b"")).hexdigest() != digest:
            raise FileError(f"{path} was changed after it was written ({name} differs); save the regressor anew.")
    return (
        _network(parts[_NETWORK], path),
        _from_skops(parts[_ENCODER], (*ENCODER_TYPES, *TARGET_TYPES, *WINDOW_TYPES), path),
        _from_skops(parts[_SCALER], TARGET_TYPES, path),
        manifest["about"],
    )


def foreign_parts(config: Any) -> list[str]:
    """Return the names of all parts of a Keras configuration that are not safe parts of Keras itself."""
    named = [each for each in _dicts_in(config) if "class_name" in each]
    return [f"{each.get('module') or 'custom'}.{each['class_name']}" for each in named if not _is_safe(each)]


def _is_safe(part: dict[str, Any]) -> bool:
    module, name, registered = (part.get(key) for key in ("module", "class_name", "registered_name"))
    if str(module).startswith(_OWN_PARTS):
        return registered == f"nbreg>{name}"  # which Keras looks up among what nbreg has registered
    if registered not in (None, name):
        return False
    if module is None:
        return str(name).startswith("__") and "registered_name" not in part  # Keras's marks for tensors and slices
    if module in _KERAS_PARTS:
        return name not in _UNSAFE
    return module.startswith("keras.src.ops.") or (name in _KERAS_OWN and module.partition(".")[0] == "keras")


def _network_bytes(network: keras.Model) -> bytes:
    foreign = foreign_parts(network.get_config())
    if foreign:
        raise FileError(
            f"This network holds {foreign[0]}, which a file that is safe to load cannot; "
            "keep it with regressor.network_.save(...), Keras's own way."
        )
    # A copy that was never compiled: the optimizer's state is twice the weights, and of no use here.
    with notebook_draws_kept():
        bare = network.__class__.from_config(network.get_config())
    bare.set_weights(network.get_weights())
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / _NETWORK
        bare.save(file)
        return file.read_bytes()


def _network(content: bytes, path: object) -> keras.Model:
    import keras

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            foreign = foreign_parts(json.loads(archive.read("config.json")))
        if foreign:
            raise FileError(f"The network in {path} asks for {foreign[0]}, which could run code; it was not loaded.")
        _register_own_parts()
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / _NETWORK
            file.write_bytes(content)
            return keras.saving.load_model(file, compile=False, safe_mode=True)
    except FileError:
        raise
    except Exception as error:
        raise FileError(f"The network in {path} cannot be read ({str(error).strip().splitlines()[0]}).") from error


def _register_own_parts() -> None:
    """Have Keras know the layers and models of nbreg's own: it does once their modules are imported."""
    import nbreg.networks.keras_parts as parts

    for module in pkgutil.iter_modules(parts.__path__, _OWN_PARTS):
        importlib.import_module(module.name)


def _skops_bytes(part: Any) -> bytes:
    import skops.io

    return bytes(skops.io.dumps(part))


def _from_skops(content: bytes, trusted: Any, path: object) -> Any:
    import skops.io

    try:
        return skops.io.loads(content, trusted=list(trusted))
    except Exception as error:
        reason = str(error).strip().splitlines()[0]
        raise FileError(f"{path} holds something that an encoder does not: {reason}") from error


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("nbreg", "keras", "tensorflow", "scikit-learn", "skops", "numpy")}


def _zipped(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)  # a ZipInfo of its own carries no date
    return buffer.getvalue()


def _write_whole(path: Path, content: bytes) -> None:
    """Write all or nothing: a reader never finds half a file."""
    draft = path.with_name(path.name + ".part")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}.") from error


def _unzipped(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except FileNotFoundError:
        raise FileError(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise FileError(f"{path} is a folder; expected a file that %nnreg save wrote.") from None
    except (zipfile.BadZipFile, OSError) as error:
        raise FileError(f"{path} is no file that %nnreg save wrote ({error}).") from error


def _manifest(parts: dict[str, bytes], path: object) -> dict[str, Any]:
    try:
        manifest = json.loads(parts[_MANIFEST])
        written = int(manifest["format"])
        whole = {_NETWORK, _ENCODER, _SCALER} <= set(manifest["sha256"]) and isinstance(manifest["about"], dict)
    except (KeyError, ValueError, TypeError):
        whole, written = False, FORMAT
    if written > FORMAT:
        newer = manifest.get("versions", {}).get("nbreg", "a newer version")
        raise FileError(f"{path} was written by nbreg {newer}; this one reads older files only: pip install -U nbreg.")
    if not whole:
        raise FileError(f"{path} is no file that %nnreg save wrote.")
    return manifest  # type: ignore[no-any-return]


def _dicts_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from _dicts_in(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _dicts_in(each)


def plain(value: Any) -> Any:
    """Return `value` as JSON can hold it: numpy numbers as numbers, tuples as lists."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value
