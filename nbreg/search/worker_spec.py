"""The choices about who does the trainings; light to import, for help and completion."""

from __future__ import annotations

from dataclasses import dataclass

from nbreg.options import Integer, Spec, option


@dataclass(frozen=True)
class WorkerSpec(Spec):
    """How many trainings go on at once, and where."""

    jobs: int = option(1, "Trainings at once, each in a process of its own.", Integer(minimum=1))
