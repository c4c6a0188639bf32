"""From a network's outputs to target units, inside TensorFlow: what is explained is in target units.

A nonlinear inverse such as ``exp`` belongs into the explained function; attributions of its argument, rescaled
afterwards, would be those of something else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nbreg.data.targets import TargetScaler

#: TensorFlow tensors have no types of use here.
Tensor = Any


def in_target_units(scaler: TargetScaler, targets: Sequence[int]) -> Callable[[Tensor], Tensor]:
    """Return a differentiable function from scaled outputs ``(n, n_targets)`` to target units, float64.

    It gives what ``scaler.inverse_transform`` gives, of the `targets` chosen. Float64, because a target whose
    spread is small beside its size (such as a year) loses its digits in float32.
    """
    chosen = list(targets)
    lower, upper = scaler.lower_[chosen], scaler.upper_[chosen]
    scale, mean = scaler.scale_[chosen], scaler.mean_[chosen]
    straighteners = [_straightener(scaler.chosen[i], float(scaler.lambdas_[i])) for i in chosen]
    is_bent = any(scaler.chosen[i] != "none" for i in chosen)

    bounds = None if scaler.bounds is None else scaler.bounds[:, chosen]

    def convert(scaled: Tensor) -> Tensor:
        import tensorflow as tf

        straight = unbent(scaled)
        return straight if bounds is None else tf.clip_by_value(straight, *bounds)

    def unbent(scaled: Tensor) -> Tensor:
        import tensorflow as tf

        outputs = tf.cast(
            scaled if chosen == [*range(scaled.shape[1])] else tf.gather(scaled, chosen, axis=1), tf.float64
        )
        if np.isfinite(lower).any() or np.isfinite(upper).any():
            outputs = tf.clip_by_value(outputs, lower, upper)
        bent = outputs * scale + mean
        if not is_bent:
            return bent
        return tf.stack([straighten(bent[:, i]) for i, straighten in enumerate(straighteners)], axis=1)

    return convert


def _straightener(kind: str, lambda_: float) -> Callable[[Tensor], Tensor]:
    import tensorflow as tf

    if kind == "log":
        return tf.exp  # type: ignore[no-any-return]
    return _yeo_johnson_inverse(lambda_) if kind == "yeo-johnson" else tf.identity


def _yeo_johnson_inverse(lambda_: float) -> Callable[[Tensor], Tensor]:
    """Return the inverse of Yeo & Johnson's (2000) transform; each half sees only values of its own half, so that
    gradients stay finite."""
    import tensorflow as tf

    def half(size: Tensor, power: float) -> Tensor:
        return tf.math.expm1(size if power == 0 else tf.math.log1p(size * power) / power)

    def inverse(bent: Tensor) -> Tensor:
        above, below = tf.maximum(bent, 0.0), tf.maximum(-bent, 0.0)
        return tf.where(bent >= 0, half(above, lambda_), -half(below, 2 - lambda_))

    return inverse
