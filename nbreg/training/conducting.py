"""Who has a training done: plainly, or in front of the user's eyes.

The notebook extension puts its own conductor here, so that ``nbreg.fit`` shows a live view as ``%nnreg fit``
does, while this side knows nothing of widgets.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol

from nbreg.training.run import Run


class Conductor(Protocol):
    """Has a training done."""

    def __call__(
        self, run: Run, work: Callable[[], object], *, title: str, final: Callable[[], Any], background: bool
    ) -> None:
        """Do `work`, which writes to `run`; then show what `final` returns. With `background`, return at once."""


def conduct_plainly(
    run: Run, work: Callable[[], object], *, title: str, final: Callable[[], Any], background: bool
) -> None:
    """Do the work and show nothing."""
    if background:
        threading.Thread(target=_leaving_errors_to(run, work), name="nbreg-trainer", daemon=True).start()
    else:
        work()


class Conducting:
    """Holds the conductor of this process."""

    def __init__(self) -> None:
        self.conductor: Conductor = conduct_plainly


CONDUCTING = Conducting()


def _leaving_errors_to(run: Run, work: Callable[[], object]) -> Callable[[], None]:
    def quietly() -> None:
        try:
            work()
        except Exception as error:
            if not run.ended:  # else the trainer has put it there itself
                run.fail(error)

    return quietly
