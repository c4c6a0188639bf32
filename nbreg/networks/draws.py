"""The random numbers of a network, and those of the notebook."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
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
