"""Gradients of predictions with respect to points."""

from __future__ import annotations

from typing import Any

from nbreg.explanation.explained import Function


def gradients_of(function: Function, points: Any) -> Any:
    """Return how each target reacts to each column, float32 ``(n, n_columns, n_targets)``.

    `points` are a tensor ``(n, n_columns)``; each row's prediction hangs on that row alone. To be called within what
    is compiled.
    """
    import tensorflow as tf

    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(points)
        of_target = tf.unstack(function(points), axis=1)
    none = tf.UnconnectedGradients.ZERO
    return tf.stack([tape.gradient(values, points, unconnected_gradients=none) for values in of_target], axis=2)
