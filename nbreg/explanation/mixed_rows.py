"""Rows mixed from a row and a background row: how many of them look like no row of the data."""

from __future__ import annotations

import numpy as np

from nbreg.explanation.explained import Explained, Floats, Points
from nbreg.explanation.method import Task

#: So many mixed rows are looked at.
N_MIXED = 500
#: Numbers compared, in all: with many columns fewer rows do.
MOST_NUMBERS = 200_000
FEWEST_ROWS = 30


def share_off_the_data(task: Task, rows: Points) -> float:
    """Return the share of mixed rows that lie farther from `rows` than 99 % of these lie from their nearest.

    Distances are Euclidean; each player's columns are divided by their common standard deviation, so that a category
    of many levels counts as much as a number. `rows` ``(n, n_columns)`` are of the data, each once. The share is 0
    for too few rows or players to tell.
    """
    n_columns = max(1, rows.shape[1])
    rows = rows[:: -(-len(rows) * n_columns // MOST_NUMBERS)]
    if len(rows) < FEWEST_ROWS or len(task.explained.players) < 2:
        return 0.0
    numbers, owner = task.explained.numbers(rows)
    spread = np.sqrt(np.bincount(owner, numbers.var(axis=0), len(task.explained.players)))[owner]
    varying = spread > 0
    if not varying.any():
        return 0.0
    mixed, _ = task.explained.numbers(mixed_rows(task.explained, rows, task.seed))
    return _share_beyond(numbers[:, varying] / spread[varying], mixed[:, varying] / spread[varying])


def mixed_rows(explained: Explained, rows: Points, seed: int) -> Points:
    """Return 500 rows ``(500, n_columns)``: some players, at least one and not all, from a row, the rest from another.

    The number of players is even among the possible ones, as in Shapley values.
    """
    rng = np.random.default_rng(seed)
    n_players = len(explained.players)
    one, other = rows[rng.integers(len(rows), size=(2, N_MIXED))]
    size = rng.integers(1, n_players, N_MIXED)
    known = rng.random((N_MIXED, n_players)).argsort(axis=1) < size[:, None]
    mixed: Points = np.where(known[:, explained.players.owner], one, other)
    return mixed


def _share_beyond(rows: Floats, mixed: Floats) -> float:
    from sklearn.neighbors import NearestNeighbors

    neighbours = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(rows)
    among_rows = neighbours.kneighbors()[0][:, 0]  # each row left out
    usual = np.quantile(among_rows, 0.99)
    # A hair's breadth, so that no last bit decides.
    return float((neighbours.kneighbors(mixed)[0][:, 0] > usual * (1 + 1e-6)).mean())
