"""The random numbers of a network, and those of the notebook."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np


@contextmanager
def notebook_draws_kept() -> Iterator[None]:
    """Leave the notebook's random numbers as they were: layers that are made without a seed draw one from them."""
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)


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


@contextmanager
def generator_named() -> Iterator[None]:
    """Have random numbers that are traced within drawn by a generator that is named, Philox.

    Keras leaves the choice to TensorFlow, which takes Philox too, on processors as on GPUs, but finds the key to it
    within the program: XLA then takes eight times as long for a mask of dropout. The numbers are the same bit for bit.
    """
    import tensorflow as tf

    drawing = [
        (tf.nn.experimental, "stateless_dropout", "rng_alg"),
        (tf.random, "stateless_normal", "alg"),
        (tf.random, "stateless_truncated_normal", "alg"),
        (tf.random, "stateless_uniform", "alg"),
    ]
    usual = [getattr(module, name) for module, name, _ in drawing]
    try:
        for (module, name, choice), draw in zip(drawing, usual, strict=True):
            setattr(module, name, partial(draw, **{choice: "philox"}))
        yield
    finally:
        for (module, name, _), draw in zip(drawing, usual, strict=True):
            setattr(module, name, draw)
