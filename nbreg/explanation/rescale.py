"""The rescale rule: what each column adds between a background row and a row, through every activation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from nbreg.explanation.explained import Function

if TYPE_CHECKING:
    import keras

#: Where an activation's inputs differ by less, its slope is taken for the quotient of differences.
_SMALLEST = 1e-6


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
            n, b = rows.shape[0], background.shape[0]
            outputs, passed = _recorded(copy, tf.concat([rows, background], axis=0))
            bent = _bent(in_target_units, outputs, targets)
            linear = [_multipliers(*each, n) for each in passed]
            seeds = tf.cast(_multipliers(*bent, n), tf.float32)  # (n * b, targets)
            gradients = _gradients(copy, linear, seeds, targets, (n * b, rows.shape[1]))
            ways = (rows[:, None] - background) * shares[:, None]  # (n, b, columns)
            return tf.stack([tf.reduce_sum(tf.reshape(each, ways.shape) * ways, axis=1) for each in gradients], axis=2)

        return step

    return make


def _recorded(copy: Any, points: Any) -> tuple[Any, list[tuple[Any, Any, Any]]]:
    """Return the copy's outputs, and for each activation on the way its inputs, outputs and slopes."""
    from nbreg.explanation.parted_layers import in_place_of_activations

    passed: list[tuple[Any, Any, Any]] = []

    def record(nonlinearity: Callable[[Any], Any], before: Any) -> Any:
        after, slope = _with_slope(nonlinearity, before)
        passed.append((before, after, slope))
        return after

    with in_place_of_activations(record):
        outputs = copy(points, training=False)
    return outputs, passed


def _with_slope(nonlinearity: Callable[[Any], Any], before: Any) -> tuple[Any, Any]:
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(before)
        after = nonlinearity(before)
    return after, tape.gradient(after, before)


def _bent(in_target_units: Callable[[Any], Any], outputs: Any, targets: Sequence[int]) -> tuple[Any, Any, Any]:
    """Return the chosen outputs, the targets that they become, and the slopes, each ``(n, n_targets)``, float64."""
    import tensorflow as tf

    outputs = tf.cast(outputs, tf.float64)
    after, slope = _with_slope(in_target_units, outputs)
    return tf.gather(outputs, targets, axis=1), after, tf.gather(slope, targets, axis=1)


def _multipliers(before: Any, after: Any, slope: Any, n: int) -> Any:
    """Return ``(n * b, ...)``: by what an activation multiplies the difference between row and background row.

    The arguments are ``(n + b, ...)``: the rows', then those of the background.
    """
    import tensorflow as tf

    change = before[:n, None] - before[None, n:]
    is_small = tf.abs(change) < _SMALLEST
    quotient = (after[:n, None] - after[None, n:]) / tf.where(is_small, tf.ones_like(change), change)
    multipliers = tf.where(is_small, slope[:n, None], quotient)
    return tf.reshape(multipliers, (-1, *before.shape[1:]))


def _gradients(copy: Any, linear: list[Any], seeds: Any, targets: Sequence[int], shape: tuple[int, int]) -> list[Any]:
    """Return for each target ``(n * b, n_columns)``: the gradient where each activation only multiplies.

    Such a network is linear for each pair, so its gradient is the same everywhere: its values are never computed.
    """
    import tensorflow as tf

    from nbreg.explanation.parted_layers import in_place_of_activations

    multipliers = iter(linear)
    anywhere = tf.zeros(shape)
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(anywhere)
        with in_place_of_activations(lambda nonlinearity, before: before * next(multipliers)):
            outputs = copy(anywhere, training=False)
    chosen = [tf.one_hot(target, outputs.shape[1]) * seeds[:, i : i + 1] for i, target in enumerate(targets)]
    return [tape.gradient(outputs, anywhere, output_gradients=each) for each in chosen]
