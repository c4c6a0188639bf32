"""What a method of explanation is: one that shares out each prediction, or how it reacts, among the players."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from nbreg.explanation.effort import Effort
from nbreg.explanation.explained import Explained, Floats, Points
from nbreg.registry import Registry


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be explained: `points` ``(n_rows, n_columns)`` against `background` ``(n_background, n_columns)``.

    `rounds` is how often a sampling method draws for each background row (None: as it thinks fit); `seed` fixes its
    draws. `observed` are the true targets ``(n_rows, n_targets)``, NaN where a row has none, for methods that ask how
    good predictions are; None where they are not known at all.
    """

    explained: Explained
    points: Points
    background: Points
    effort: Effort
    seed: int = 0
    rounds: int | None = None
    observed: Floats | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Rows, players, targets."""
        return len(self.points), len(self.explained.players), len(self.explained.target_names)


@dataclass(frozen=True, eq=False)
class Attribution:
    """What a method found.

    `values` are ``(n_done, n_players, n_targets)`` in target units, for the first `n_done` rows: fewer than there are
    where it was interrupted. `base_values` ``(n_targets,)`` are what an additive method counts from; `standard_errors`,
    as `values`, what chance has left open. `words` say how it was done, such as ``exact, 512 coalitions``.
    """

    values: Floats
    base_values: Floats | None = None
    standard_errors: Floats | None = None
    words: str = ""
    notices: tuple[str, ...] = ()


class Method(ABC):
    """A way to explain; the docstring says which, with its source."""

    #: "additive": values and base value add up to the prediction, at least roughly; "sensitivity": sizes only.
    kind: ClassVar[str] = "additive"
    needs_gradient: ClassVar[bool] = True
    #: Whether it needs the true targets.
    needs_observed: ClassVar[bool] = False
    #: Whether it asks for predictions of rows mixed from a row and a background row.
    mixes_rows: ClassVar[bool] = False

    def refusal(self, explained: Explained) -> str | None:
        """Return why this network cannot be explained so, or None."""
        return None

    @abstractmethod
    def attribute(self, task: Task) -> Attribution:
        """Explain; rows that `task.effort` leaves no time for are left out."""


METHODS: Registry[type[Method]] = Registry("nbreg.explanation.methods", "method")
