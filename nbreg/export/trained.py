"""What a script needs to know of a training that was done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from nbreg.export.layer_code import ends_by_target
from nbreg.networks.objective import Objective
from nbreg.training.engines import validation_batch_size
from nbreg.training.run import Run
from nbreg.training.spec import TrainingSpec


@dataclass(frozen=True)
class Trained:
    """A training: what was chosen, and what came of it."""

    spec: TrainingSpec
    run: Run
    seed: int
    batch_size: int
    validation_batch_size: int
    has_validation: bool
    #: Whether XLA compiled the steps; None: what Keras chooses.
    jit_compile: bool | None
    objective: Objective
    #: Whether the script's network has an output for each target.
    by_target: bool = False

    @classmethod
    def of(cls, regressor: Any) -> Self:
        """Return what is to be known of a trained regressor's training."""
        run, n_validation_rows = regressor.run_, regressor.n_rows_["validation"]
        return cls(
            spec=regressor.training_,
            run=run,
            seed=regressor.data_spec_.seed,
            batch_size=regressor.training_.batch_size,
            validation_batch_size=validation_batch_size(regressor.network_, n_validation_rows),
            has_validation=n_validation_rows > 0,
            jit_compile={"xla": True, "graph": False}.get(run.engine or ""),
            objective=_objective(regressor),
            by_target=ends_by_target(regressor.network_),
        )

    @property
    def epochs(self) -> int:
        """The epochs to train: those asked for, or those run where it was stopped."""
        return len(self.run.history) if self.run.status in ("stopped", "failed") else self.spec.epochs

    @property
    def watched(self) -> str:
        return "val_loss" if self.has_validation else "loss"

    @property
    def keeps_best(self) -> bool:
        return self.spec.patience > 0 or self.run.status in ("stopped", "failed")


def _objective(regressor: Any) -> Objective:
    """Return what training made small; a loaded regressor knows it by its choices, and keeps balanced weights."""
    blueprint, spec = regressor.blueprint_, regressor.training_
    objective: Objective = spec.objective or blueprint.objective(spec.loss, None, None, has_gaps=False)
    return objective
