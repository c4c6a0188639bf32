"""Predictions that never leave their bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

#: However near a bound the train mean lies: a step of one there moves the prediction by so much at least, of what it
#: would without bounds. Without end, predictions would grow as fast as ``exp(10 z)`` away from the bound.
_FLATTEST = 0.5


class Squash(NamedTuple):
    """How one target is kept: ``start + span * function(sign * (z * slope + shift))``; no `function`: as it is."""

    function: str = ""
    start: float = 0.0
    span: float = 1.0
    slope: float = 1.0
    shift: float = 0.0
    sign: float = 1.0


def squash(low: float | None, high: float | None) -> Squash:
    """Return what keeps a target above `low` and below `high`, both in scaled units, None where there is no bound.

    Two ends: a scaled sigmoid. One end: a softplus from there. Either gives 0, the scaled train mean, at 0, where
    that lies within the bounds, and grows with its argument.
    """
    if low is not None and high is not None:
        middle = 0.0 if low < 0 < high else (low + high) / 2
        share = (middle - low) / (high - low)
        steepness = max((high - low) * share * (1 - share), _FLATTEST)
        return Squash("sigmoid", low, high - low, 1 / steepness, math.log(share / (1 - share)))
    if low is not None:
        return Squash("softplus", low, 1.0, 1.0, _softplus_inverse(-low if low < 0 else 1.0))
    if high is not None:
        return Squash("softplus", high, -1.0, 1.0, -_softplus_inverse(high if high > 0 else 1.0), -1.0)
    return Squash()


@keras.saving.register_keras_serializable(package="nbreg")
class Bounded(keras.layers.Layer):  # type: ignore[misc]
    """Keeps predictions ``(..., n_targets)`` between `low` and `high`, ``(n_targets,)`` in scaled units, None: open."""

    def __init__(self, low: Sequence[float | None], high: Sequence[float | None], **kwargs: Any):
        super().__init__(**kwargs)
        self.low, self.high = tuple(low), tuple(high)
        self.squashes = [squash(*ends) for ends in zip(self.low, self.high, strict=True)]

    def call(self, predictions: Any) -> Any:
        columns = [_kept(predictions[..., i : i + 1], how) for i, how in enumerate(self.squashes)]
        return ops.concatenate(columns, axis=-1) if len(columns) > 1 else columns[0]

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "low": self.low, "high": self.high}


def _kept(z: Any, how: Squash) -> Any:
    if not how.function:
        return z
    return how.start + how.span * getattr(ops, how.function)(how.sign * (z * how.slope + how.shift))


def _softplus_inverse(value: float) -> float:
    return value + math.log(-math.expm1(-value))
