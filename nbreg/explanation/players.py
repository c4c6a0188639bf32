"""The players of the game: original columns, or groups of them, and what of a row belongs to each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nbreg.errors import OptionError, did_you_mean


@dataclass(frozen=True)
class Players:
    """`members` are the original columns of each player; `positions` the columns of a point that they became.

    A one-hot or embedded category, its gap indicator and the parts of a date stand and fall together: masked one by
    one they would make rows that cannot be.
    """

    members: tuple[tuple[str, ...], ...]
    positions: tuple[tuple[int, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each player: its column's, or ``a + b`` for a group."""
        return tuple(" + ".join(columns) for columns in self.members)

    def __len__(self) -> int:
        return len(self.members)

    @cached_property
    def owner(self) -> NDArray[np.int32]:
        """For each column of a point its player, ``(n_columns,)``."""
        owner = np.zeros(sum(map(len, self.positions)), np.int32)
        for player, columns in enumerate(self.positions):
            owner[list(columns)] = player
        return owner

    @cached_property
    def membership(self) -> NDArray[np.float64]:
        """``(n_columns, n_players)`` of 0 and 1: ``by_column @ membership`` adds up what belongs to a player."""
        return np.eye(len(self))[self.owner]

    def position_of(self, name: str) -> int:
        """Return which player a name means: its own, or that of one of its columns. Raises OptionError."""
        for player, (own, columns) in enumerate(zip(self.names, self.members, strict=True)):
            if name == own or name in columns:
                return player
        raise OptionError(f'There is no feature "{name}".{did_you_mean(name, self.names)}')


def grouped(columns: Sequence[str], positions: Sequence[tuple[int, ...]], groups: Iterable[Sequence[str]]) -> Players:
    """Return the players for `columns`, each of which became `positions` of a point, with `groups` played as one.

    A group stands where the first of its columns does. Raises OptionError for a column that is unknown, or in two
    groups.
    """
    group_of: dict[str, tuple[str, ...]] = {}
    for group in groups:
        for name in group:
            if name not in columns:
                raise OptionError(f'There is no feature "{name}" for a group.{did_you_mean(name, columns)}')
            if name in group_of:
                raise OptionError(f'Feature "{name}" is in two groups; give it to one.')
            group_of[name] = tuple(group)
    members = tuple(dict.fromkeys(group_of.get(name, (name,)) for name in columns))
    at = dict(zip(columns, positions, strict=True))
    return Players(members, tuple(tuple(place for name in of for place in at[name]) for of in members))
