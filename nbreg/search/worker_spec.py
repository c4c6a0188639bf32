"""The choices about who does the trainings; light to import, for help and completion."""

from __future__ import annotations

from dataclasses import dataclass

from nbreg.options import Integer, Kind, Optional, Spec, option


class Address(Kind):
    """Where the scheduler of a Dask cluster listens."""

    expected = "the address of a Dask scheduler, such as tcp://10.0.0.5:8786"
    metavar = "ADDRESS"

    def check(self, value: str) -> str:
        if not isinstance(value, str) or not value.strip():
            raise ValueError
        return value.strip()


@dataclass(frozen=True)
class WorkerSpec(Spec):
    """How many trainings go on at once, and where."""

    jobs: int = option(1, "Trainings at once, each in a process of its own.", Integer(minimum=1))
    cluster: str | None = option(
        None,
        "A Dask cluster that does the trainings, by its scheduler's address.",
        Optional(Address()),
    )
