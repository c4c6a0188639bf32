"""Who is asked to do the trainings."""

from __future__ import annotations

from nbreg.search.worker_spec import WorkerSpec
from nbreg.search.workers import Here, Workers


def workers_of(choices: WorkerSpec) -> Workers:
    """Return those who do the trainings of a cross-validation, a study or a search."""
    return Here()
