"""How far an explanation is to be trusted: one check a file."""

from __future__ import annotations

from nbreg.explanation.method import Attribution, Task


def checks_of(task: Task, method: str, found: Attribution) -> tuple[object, ...]:
    return ()
