"""Features that go together: what an explanation gives to each of them is no more than one way to share it out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbreg.evaluation.wording import counted, listed
from nbreg.explanation.explained import Floats
from nbreg.explanation.players import Players

#: Rank correlations above this are told.
STRONG = 0.8
#: Among fewer rows chance alone makes strong correlations.
FEWEST_ROWS = 30
#: Of many columns those of the most important players are looked at.
MOST_COLUMNS = 500
#: So many sets of features are named, each by so many of its features.
NAMED = 5


class Together(NamedTuple):
    """Players that go together, by number, and how closely: each one with another one of them at least."""

    players: tuple[int, ...]
    least: float
    most: float


def going_together(
    numbers: Floats, owner: NDArray[np.int32], players: Players, attributions: Floats
) -> tuple[str, ...]:
    """Return a sentence about the players with correlated columns, or none.

    `numbers` are rows ``(n, n_numbers)`` whose columns belong to the players `owner` ``(n_numbers,)``;
    `attributions` ``(n_rows, n_players, n_targets)`` say which players count most where there are many.
    """
    if len(numbers) < FEWEST_ROWS or len(players) < 2:
        return ()
    kept = _columns_that_count(numbers, owner, attributions)
    sets = sets_together(strongest_rank_correlations(numbers[:, kept], owner[kept], len(players)))
    return (_sentence(sets, players),) if sets else ()


def strongest_rank_correlations(numbers: Floats, owner: NDArray[np.int32], n_players: int) -> Floats:
    """Return ``(n_players, n_players)``: the largest absolute Spearman correlation between columns of two players.

    It is 0 for a player with itself, and for one without columns.
    """
    from scipy.stats import rankdata

    strongest = np.zeros((n_players, n_players))
    if numbers.shape[1]:
        ranks = rankdata(numbers, axis=0)
        columns = np.abs(np.atleast_2d(np.corrcoef(ranks, rowvar=False)))
        np.maximum.at(strongest, (owner[:, None], owner[None, :]), columns)
    np.fill_diagonal(strongest, 0.0)
    return strongest


def sets_together(strongest: Floats) -> list[Together]:
    """Return the sets of players that strong correlations ``(n_players, n_players)`` tie together, closest first."""
    from scipy.sparse.csgraph import connected_components

    tied = strongest > STRONG
    _, of_player = connected_components(tied, directed=False)
    sets = []
    for which in np.flatnonzero(np.bincount(of_player) > 1):
        members = np.flatnonzero(of_player == which)
        ties = strongest[np.ix_(members, members)]
        ties = ties[ties > STRONG]
        sets.append(Together(tuple(members.tolist()), float(ties.min()), float(ties.max())))
    return sorted(sets, key=lambda each: (-round(each.most, 2), each.players))


def _columns_that_count(numbers: Floats, owner: NDArray[np.int32], attributions: Floats) -> NDArray[np.intp]:
    """Return the columns that vary, where there are very many only those of the most important players."""
    varying = np.flatnonzero(np.ptp(numbers, axis=0) > 0)
    if len(varying) <= MOST_COLUMNS:
        return varying
    sizes = np.abs(attributions).mean(axis=0)  # (n_players, n_targets)
    importance = (sizes / np.maximum(sizes.sum(axis=0), np.finfo(float).tiny)).sum(axis=1)
    by_importance = varying[np.argsort(-importance[owner[varying]], kind="stable")]
    return np.sort(by_importance[:MOST_COLUMNS])


def _sentence(sets: list[Together], players: Players) -> str:
    first, *others = sets
    columns = ",".join(name for player in first.players for name in players.members[player])
    many = len(first.players) > NAMED
    advice = "group them to have them explained as one" if many else f'--group "{columns}" explains them as one'
    said = f"{_named(first, players)}: their attributions are shared out between them; {advice}."
    if not others:
        return said
    further = [_named(each, players, verb="") for each in others[: NAMED - 1]]
    rest = len(others) - len(further)
    also = "; ".join(further) + (f"; and {counted(rest, 'more set')}" if rest else "")
    return f"{said} So do {also}."


def _named(of: Together, players: Players, verb: str = " go together") -> str:
    names = [players.names[player] for player in of.players]
    shown = listed(names if len(names) <= NAMED else [*names[:NAMED], f"{len(names) - NAMED} more"])
    return f"{shown}{verb} ({_closeness(of)})"


def _closeness(of: Together) -> str:
    least, most = f"{of.least:.2f}", f"{of.most:.2f}"
    return f"rank correlation {most}" if least == most else f"rank correlations of {least} to {most}"
