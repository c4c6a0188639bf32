"""One training on one fold, from an estimator that has taken its rows to what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from nbreg.regressor import Regressor
from nbreg.search.outcome import Outcome
from nbreg.training.run import Run


@dataclass(frozen=True)
class FoldTraining:
    """How a fold is trained on: how often the like is going to be, who is given the run before, and when it began."""

    refits: int
    on_run: Callable[[Run], object]
    began: float

    def outcome(
        self, estimator: Regressor, counts: Mapping[str, Any], judged: Callable[[], Mapping[str, Any]]
    ) -> Outcome | None:
        """Train an estimator on what it took, and return what came of it; None: it was stopped from without.

        `counts` and what `judged` returns of the trained estimator are fields of the outcome; a training that its watch
        gave up (`Run.give_up`) is not judged.
        """
        run = estimator.run_
        estimator.training_ = replace(estimator.training_, refits=self.refits)
        self.on_run(run)
        estimator.train()
        if was_stopped(run, estimator.training_.stop_after) and not run.given_up:
            return None
        kept = run.best if estimator.training_.patience and run.best else run.history[-1]
        return Outcome(
            seconds=time.perf_counter() - self.began,
            epochs=len(run.history),
            loss=kept.loss,
            val_loss=kept.val_loss,
            last_loss=run.history[-1].loss,
            curve=tuple(row.val_loss for row in run.history),
            **counts,
            **({} if run.given_up else judged()),
        )


def was_stopped(run: Run, stop_after: int | None) -> bool:
    """Return whether a run was stopped by somebody, and not by its own choices."""
    return run.status == "stopped" and len(run.history) != stop_after
