"""Saliency: how steep the prediction is at each row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nbreg.explanation.explained import Floats, Function, Points
from nbreg.explanation.gradients import gradients_of
from nbreg.explanation.method import METHODS, Attribution, Method, Task
from nbreg.explanation.steps import filled_up, steps


@METHODS.register("saliency")
class Saliency(Method):
    """Saliency (Simonyan, Vedaldi & Zisserman 2014): the size of the gradient at the row.

    Each column's gradient counts per standard deviation of that column over the background, so that sizes can be
    compared and are in target units; a feature of several columns has the Euclidean norm of its columns' sizes.
    """

    kind = "sensitivity"

    def attribute(self, task: Task) -> Attribution:
        size = min(task.explained.rows_a_step, 1 << max(len(task.points) - 1, 1).bit_length())
        step = task.explained.compiled(("saliency", size), _gradients, 3 * len(task.points))
        spread = task.background.std(axis=0, dtype=np.float64)
        membership = task.explained.players.membership
        parts = []
        for rows in task.effort.each(list(steps(len(task.points), size))):
            per_spread = _of_rows(step, task.points[rows], size) * spread[:, None]
            parts.append(np.sqrt(np.einsum("nct,cp->npt", per_spread**2, membership)))
        return Attribution(np.concatenate(parts), words="the gradient's size at each row, per standard deviation")


def _of_rows(step: Callable[..., Any], points: Points, size: int) -> Floats:
    import tensorflow as tf

    gradients: Floats = np.asarray(step(tf.constant(filled_up(points, size))), np.float64)
    return gradients[: len(points)]


def _gradients(function: Function) -> Callable[..., Any]:
    return lambda points: gradients_of(function, points)
