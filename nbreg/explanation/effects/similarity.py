"""An order for the levels of a category that has none: levels whose rows are alike stand side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbreg.data.frames import Frame
from nbreg.errors import DataError
from nbreg.explanation.effects.axis import Axis, axis_of
from nbreg.explanation.explained import Floats

#: At so many values of another feature its distributions are compared.
N_THRESHOLDS = 50


def order_of_similarity(frame: Frame, axis: Axis, others: list[str]) -> NDArray[np.intp]:
    """Return the positions of the axis' levels in the order of Apley & Zhu (2020), as their package ALEPlot has it.

    Levels are as far apart as the distributions of all other features on their rows: the Kolmogorov-Smirnov distance
    for quantities, half the summed difference of shares for categories. Classical scaling puts them on a line. It has
    no direction of its own: the first level stands in the first half.
    """
    apart = np.zeros((len(axis), len(axis)))
    for name in others:
        apart += _distances(frame, name, axis)
    places = _on_a_line(apart)
    return np.argsort(places if places[0] <= 0 else -places, kind="stable")


def _distances(frame: Frame, name: str, axis: Axis) -> Floats:
    try:
        other = axis_of(frame, name, N_THRESHOLDS)
    except DataError:  # the same in all rows, or empty: it parts no levels
        return np.zeros((len(axis), len(axis)))
    here = axis.observed[:, None] == np.arange(len(axis))  # (n_rows, n_levels)
    known = np.isfinite(other.observed)
    here = here[known].astype(float)
    if other.kind == "category":
        passed = other.observed[known][:, None] == other.numbers
    else:
        passed = other.observed[known][:, None] <= other.numbers
    shares = here.T @ passed / np.maximum(here.sum(axis=0), 1)[:, None]  # (n_levels, n_values)
    differences = np.abs(shares[:, None] - shares[None])
    distances: Floats = differences.sum(axis=2) / 2 if other.kind == "category" else differences.max(axis=2)
    return distances


def _on_a_line(distances: Floats) -> Floats:
    """Return a place for each level, by classical multidimensional scaling (Torgerson 1952)."""
    n = len(distances)
    centring = np.eye(n) - 1 / n
    values, vectors = np.linalg.eigh(-centring @ distances**2 @ centring / 2)
    places: Floats = vectors[:, -1] * np.sqrt(max(values[-1], 0.0))
    return np.round(places, 12)
