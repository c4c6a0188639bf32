"""How a run stands, in numbers and in words ready to be shown."""

from __future__ import annotations

import math
from typing import Any

from nbreg.panels.curve import first_epoch
from nbreg.panels.wording import duration, figure, speed
from nbreg.training.run import Run


def run_state(run: Run, n_rows: int) -> dict[str, Any]:
    """Return how `run` stands, of whose epochs the first `n_rows` are shown, as plain data for a view."""
    return {
        "status": run.status,
        "stopping": run.stop_wanted and not run.ended,
        "epochs": run.epochs,
        "progress": round(run.progress, 3),
        "where": _where(run, n_rows),
        **_pace(run),
        "best": _best(run),
        "learning_rate": run.learning_rate,
        "changes": [list(change) for change in run.changes],
        "start": first_epoch(run),
        "error": " ".join(str(run.error).split()) if run.error is not None else "",
    }


def _where(run: Run, n_rows: int) -> str:
    if run.status == "pending":
        return "Preparing"
    if run.ended:
        return f"{n_rows:,} of {run.epochs:,} epochs"
    return f"Epoch {min(int(run.progress) + 1, run.epochs):,} of {run.epochs:,}"


def _pace(run: Run) -> dict[str, str]:
    if run.ended:
        return {"left": f"in {duration(run.seconds)}" if run.seconds else "", "speed": ""}
    if run.status == "running" and not run.progress:
        return {"left": "getting ready", "speed": ""}
    if run.status != "running" or not run.epochs_per_second:
        return {"left": "", "speed": ""}
    left = (run.epochs - run.progress) / run.epochs_per_second
    return {"left": f"{duration(left)} left", "speed": speed(run.epochs_per_second)}


def _best(run: Run) -> dict[str, Any] | None:
    best = run.best
    if best is None:
        return None
    validated = not math.isnan(best.val_loss)
    words = figure(best.val_loss if validated else best.loss)
    return {"epoch": best.epoch, "validated": validated, "words": words}
