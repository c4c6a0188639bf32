"""From an architecture and a seed to a Keras model whose every draw is fixed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

    from nbreg.networks.architecture import Architecture
    from nbreg.networks.inputs import Inputs


def build_network(architecture: Architecture, inputs: Inputs, n_targets: int, seed: int) -> keras.Model:
    """Return an untrained model; the same arguments give the same bits.

    No global seed is set: the notebook's own random numbers stay as they were.
    """
    import keras

    state = random.getstate()  # layers without a seed draw one from here
    drafted = architecture.build(inputs, n_targets)
    random.setstate(state)
    config = seeded(keras.saving.serialize_keras_object(drafted), np.random.default_rng(seed))
    # What the draft holds was made in this process, code of the user's own included.
    return keras.saving.deserialize_keras_object(config, custom_objects=architecture.custom_objects(), safe_mode=False)


def seeded(config: Any, rng: np.random.Generator) -> Any:
    """Return a copy of a Keras configuration in which every open ``"seed": None`` has a number."""
    if isinstance(config, dict):
        return {
            key: int(rng.integers(2**31)) if key == "seed" and value is None else seeded(value, rng)
            for key, value in config.items()
        }
    if isinstance(config, (list, tuple)):
        return type(config)(seeded(value, rng) for value in config)
    return config
