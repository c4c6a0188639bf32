"""The rescale rule: what each column adds between a background row and a row, through all that is not linear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from nbreg.explanation.differences import Kept, passed_through, quotients, recorded, with_slope
from nbreg.explanation.explained import Function

if TYPE_CHECKING:
    import keras


def rescale_step(
    copy: keras.Model, in_target_units: Callable[[Any], Any], targets: Sequence[int]
) -> Callable[[Function], Callable[..., Any]]:
    """Return what makes a step over pairs of rows and background rows.

    `copy` is a network of parted layers; `in_target_units` bends its outputs ``(n, n_outputs)`` into the `targets`,
    each from one output, and counts as one more activation. The step takes rows ``(n, n_columns)``, background
    ``(b, n_columns)`` and weights ``(b,)``; it returns ``(n, n_columns, n_targets)``, the weighted sum over the
    background.
    """

    def make(function: Function) -> Callable[..., Any]:
        import tensorflow as tf

        def step(rows: Any, background: Any, shares: Any) -> Any:
            n = rows.shape[0]
            outputs, met = recorded(_predicting(copy), tf.concat([rows, background], axis=0))
            bent = _bent(in_target_units, outputs, targets)
            kept = [rule.between(n, *before) for rule, before in met]
            seeds = tf.cast(quotients(*bent, n), tf.float32)  # (n * b, targets)
            gradients = _gradients(copy, kept, seeds, targets, rows.shape[1])  # (targets, n * b, columns)
            ways = (rows[:, None] - background) * shares[:, None]  # (n, b, columns)
            by_target = tf.reduce_sum(tf.reshape(gradients, (-1, *ways.shape)) * ways, axis=2)
            return tf.transpose(by_target, (1, 2, 0))

        return step

    return make


def _predicting(copy: Any) -> Callable[[Any], Any]:
    return lambda points: copy(points, training=False)


def _bent(in_target_units: Callable[[Any], Any], outputs: Any, targets: Sequence[int]) -> tuple[Any, Any, Any]:
    """Return the chosen outputs, the targets that they become, and the slopes, each ``(n, n_targets)``, float64."""
    import tensorflow as tf

    outputs = tf.cast(outputs, tf.float64)
    after, slope = with_slope(in_target_units, outputs)
    return tf.gather(outputs, targets, axis=1), after, tf.gather(slope, targets, axis=1)


def _gradients(copy: Any, kept: list[Kept], seeds: Any, targets: Sequence[int], n_columns: int) -> Any:
    """Return for each target ``(n * b, n_columns)``: the gradient with a linear function in place of each rule.

    Such a network is linear for each pair, so its gradient is the same everywhere: its values are never computed.
    `seeds` ``(n * b, n_targets)`` are what the targets' gradients begin with.
    """
    import tensorflow as tf

    anywhere = tf.zeros((seeds.shape[0], n_columns))

    def gradient(chosen: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(anywhere)
            outputs = passed_through(_predicting(copy), kept, anywhere)
        which, seed = chosen
        begins = tf.one_hot(which, outputs.shape[1]) * seed[:, None]
        none = tf.UnconnectedGradients.ZERO
        return tape.gradient(outputs, anywhere, output_gradients=begins, unconnected_gradients=none)

    # A loop, for the graph of a recurrent network is large, and so is what the gradients of all targets take at once.
    each = tf.constant(targets), tf.transpose(seeds)
    return tf.map_fn(gradient, each, fn_output_signature=tf.float32)
