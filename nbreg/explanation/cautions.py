"""What to keep in mind with an explanation: correlated features, mixed rows that look like no row of the data."""

from __future__ import annotations

from nbreg.explanation.method import Attribution, Task


def cautions(task: Task, found: Attribution) -> tuple[str, ...]:
    """Return sentences about what makes these attributions less trustworthy."""
    return ()
