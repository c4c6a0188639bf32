"""Attributions from gradients along straight lines that end at the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from nbreg.explanation.explained import Floats, Function, Points
from nbreg.explanation.gradients import gradients_of
from nbreg.explanation.method import Task
from nbreg.explanation.pairs import Pairs

#: Where on the line from 0, the background row, to 1, the row, gradients are taken, and their weights in the mean.
Nodes = tuple[tuple[float, ...], tuple[float, ...]]


def gauss_legendre(n_nodes: int) -> Nodes:
    """Return nodes and weights that integrate polynomials up to degree ``2 n_nodes - 1`` over 0 to 1 exactly."""
    places, weights = np.polynomial.legendre.leggauss(n_nodes)
    return tuple(((places + 1) / 2).tolist()), tuple((weights / 2).tolist())


def along_lines(task: Task, nodes: Nodes) -> Floats:
    """Return ``(n_done, n_players, n_targets)``: mean gradient on a line times its length, column by column, averaged
    over lines from all background rows."""
    pairs = Pairs(task, max(1, task.explained.rows_a_step // len(nodes[0])))
    n_evaluations = 3 * len(task.points) * len(task.background) * len(nodes[0])  # a gradient costs three
    key = "lines", nodes, pairs.n_rows, pairs.n_background
    return pairs.shares_of_players(task.explained.compiled(key, _on_lines(nodes), n_evaluations))


def against_baseline(task: Task) -> Task:
    """Return the task with one background row, the mean of all: a baseline ``(1, n_columns)``."""
    return replace(task, background=baseline_of(task.background))


def baseline_of(background: Points) -> Points:
    """Return the mean background row, ``(1, n_columns)``."""
    mean: Points = background.mean(axis=0, keepdims=True, dtype=np.float64).astype(np.float32)
    return mean


def _on_lines(nodes: Nodes) -> Callable[[Function], Callable[..., Any]]:
    def make(function: Function) -> Callable[..., Any]:
        import tensorflow as tf

        places, weights = (tf.constant(each, tf.float32)[:, None] for each in nodes)

        def step(rows: Any, background: Any, shares: Any) -> Any:
            ways = rows[:, None] - background  # (n, b, columns)
            points = background[:, None] + places * ways[:, :, None]  # (n, b, nodes, columns)
            gradients = gradients_of(function, tf.reshape(points, (-1, rows.shape[1])))
            gradients = tf.reshape(gradients, (*points.shape, -1))
            mean = tf.reduce_sum(gradients * weights[..., None], axis=2)  # (n, b, columns, targets)
            return tf.reduce_sum(mean * (ways * shares[:, None])[..., None], axis=1)

        return step

    return make
