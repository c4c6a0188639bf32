"""What other processes are sent."""

from __future__ import annotations

import io
import pickle
import sys
from typing import Any

from nbreg.errors import OptionError


def pickled(thing: object) -> bytes:
    """Return a pickle that other processes can read, classes and functions of a notebook's own within.

    Raises OptionError where something in it cannot be sent.
    """
    import cloudpickle

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        def reducer_override(self, obj: Any) -> Any:
            return _as_class_and_config(obj) or super().reducer_override(obj)

    stream = io.BytesIO()
    try:
        Pickler(stream, protocol=pickle.HIGHEST_PROTOCOL).dump(thing)
    except Exception as error:
        raise OptionError(
            f"Something among data and options cannot be sent to other processes ({type(error).__name__}: {error}). "
            "Take one job (--jobs 1), in this process."
        ) from error
    return stream.getvalue()


def _as_class_and_config(thing: Any) -> Any:
    """Return how a layer of the user's own is made again, nothing for other things.

    Keras sends the name of its class, which a process that has not run the notebook's cells does not know.
    """
    keras = sys.modules.get("keras")
    if keras is None or not isinstance(thing, keras.layers.Layer) or isinstance(thing, keras.Model):
        return None
    if type(thing).__module__.split(".")[0] in ("keras", "nbreg"):
        return None
    return layer_again, (type(thing), thing.get_config())


def layer_again(kind: Any, config: Any) -> Any:
    """Return a layer of the class `kind`."""
    return kind.from_config(config)
