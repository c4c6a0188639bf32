"""The metrics that studies show: those of an evaluation, and the loss that training ended with."""

from __future__ import annotations

from nbreg.evaluation.metrics import METRICS, Metric

#: The train loss of the last epoch, of the scaled targets together.
LAST_LOSS = Metric("last_loss", "Final loss", "", "none")

SHOWN: dict[str, Metric] = {**METRICS, LAST_LOSS.name: LAST_LOSS}
