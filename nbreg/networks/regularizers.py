"""Penalties on weights."""

from __future__ import annotations

from typing import Any


def penalty(l1: float, l2: float) -> Any:
    """Return the Keras regularizer ``l1 * sum|w| + l2 * sum w^2`` (both: Zou & Hastie's elastic net), or None."""
    import keras

    if l1 and l2:
        return keras.regularizers.L1L2(l1, l2)
    if l1:
        return keras.regularizers.L1(l1)
    return keras.regularizers.L2(l2) if l2 else None


def penalty_words(l1: float, l2: float) -> list[str]:
    """Return the penalties as people say them."""
    return [f"{name} {strength:g}" for name, strength in (("L1", l1), ("L2", l2)) if strength]
