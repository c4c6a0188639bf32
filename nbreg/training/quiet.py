"""TensorFlow's first import and first use of a device, without the lines that both print."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from nbreg.errors import TrainingError

_STDERR = 2
_LOCK = threading.Lock()
_started = False


def quiet_start() -> None:
    """Import TensorFlow and Keras and touch the processor once; later calls return at once.

    TensorFlow's libraries write to file descriptor 2 themselves, whatever ``sys.stderr`` is, and no log
    level hides all of their lines. So that descriptor leads nowhere meanwhile. No setting that has a part
    in the arithmetic is changed. Raises TrainingError where Keras runs on something other than TensorFlow.
    """
    global _started
    if _started:
        return
    with _LOCK:
        if _started:
            return
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ.setdefault("KERAS_BACKEND", "tensorflow")
        with _silent_stderr():
            _first_use()
        _started = True


def import_tensorflow() -> ModuleType:
    """Return the module ``tensorflow``, imported quietly."""
    quiet_start()
    import tensorflow

    return tensorflow  # type: ignore[no-any-return]


def import_keras() -> ModuleType:
    """Return the module ``keras``, imported quietly, on TensorFlow. Raises TrainingError."""
    quiet_start()
    import keras

    return keras  # type: ignore[no-any-return]


def _first_use() -> None:
    import keras
    import tensorflow as tf

    if keras.backend.backend() != "tensorflow":
        raise TrainingError(
            f"nbreg trains with Keras on TensorFlow; here Keras runs on {keras.backend.backend()}. "
            "Set KERAS_BACKEND=tensorflow and restart the kernel."
        )
    tf.constant(0.0) + 1.0


@contextmanager
def _silent_stderr() -> Iterator[None]:
    try:
        kept = os.dup(_STDERR)
    except OSError:  # a process without a file descriptor 2 has nothing to silence
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _STDERR)
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)
        os.close(nowhere)
