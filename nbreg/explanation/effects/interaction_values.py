"""Exact pairwise interaction values from the worths of all coalitions."""

from __future__ import annotations

import math

import numpy as np

from nbreg.explanation.enumeration import coalitions, shapley_shares
from nbreg.explanation.explained import Floats


def interaction_values(worths: Floats) -> Floats:
    """Return Shapley interaction values ``(n_rows, n_players, n_players, n_targets)``.

    `worths` are ``(n_rows, 2 ** n_players, n_targets)``. The interaction index of two players (Grabisch & Roubens
    1999) is shared by them half and half, off the diagonal; on it stands what is left of each player's Shapley value,
    so that rows sum to Shapley values, and all to the prediction less the base value (Lundberg et al. 2020, as shap
    does for trees; its explainer for functions has Shapley-Taylor indices, which share out what three or more players
    do together otherwise).
    """
    n_players = worths.shape[1].bit_length() - 1
    first, second = np.triu_indices(n_players, k=1)
    found = np.einsum("pz,nzt->npt", _pair_shares(n_players), worths) / 2
    values = np.zeros((len(worths), n_players, n_players, worths.shape[2]))
    values[:, first, second] = values[:, second, first] = found
    alone = np.einsum("pz,nzt->npt", shapley_shares(n_players), worths)
    everyone = np.arange(n_players)
    values[:, everyone, everyone] = alone - values.sum(axis=2)
    return values


def _pair_shares(n_players: int) -> Floats:
    """Return ``(n_pairs, 2 ** n_players)``: how much of each coalition's worth goes into each pair's index.

    A coalition with both or neither counts for the pair, with one of them against it; by
    ``s! (n - s - 2)! / (n - 1)!``, where s of the others are in it.
    """
    members = coalitions(n_players).T
    first, second = np.triu_indices(n_players, k=1)
    others = members.sum(axis=0) - members[first].astype(int) - members[second]
    weight = [
        math.factorial(s) * math.factorial(n_players - s - 2) / math.factorial(n_players - 1)
        for s in range(n_players - 1)
    ]
    shares: Floats = np.array(weight)[others] * np.where(members[first] == members[second], 1, -1)
    return shares
