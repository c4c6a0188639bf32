"""Who has a cross-validation, a study or a search done: plainly, or in front of the user's eyes.

The notebook extension puts its own conductor here, as it does for trainings (`nbreg.training.conducting`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from nbreg.search.course import Course


class Conductor(Protocol):
    """Has the work done."""

    def __call__(self, course: Course, work: Callable[[], object], *, title: str, shown: Callable[[], Any]) -> None:
        """Do `work`, which advances `course`; show what `shown` returns meanwhile and at the end.

        Raises what `work` raises. An interrupt asks the course to stop and waits until it has.
        """


def conduct_plainly(course: Course, work: Callable[[], object], *, title: str, shown: Callable[[], Any]) -> None:
    """Do the work and show nothing."""
    work()


class Conducting:
    """Holds the conductor of this process."""

    def __init__(self) -> None:
        self.conductor: Conductor = conduct_plainly


CONDUCTING = Conducting()
