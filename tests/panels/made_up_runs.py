"""Runs that were never trained: their histories are formulas, and what the record keeps of them is made up."""

from __future__ import annotations

import math
import random
from typing import Any

from nbreg.data.spec import DataSpec
from nbreg.evaluation.evaluation import Evaluation
from nbreg.evaluation.metrics import METRICS, Measured
from nbreg.fit_options import fit_options
from nbreg.record import Training
from nbreg.regressor import Regressor
from nbreg.training.run import Row, Run, Start


def evaluation(r2: float, rmse: float, mae: float, targets: tuple[str, ...] = ("y",)) -> Evaluation:
    """The three metrics that runs are compared by; the others have no value."""
    values = {"r2": r2, "rmse": rmse, "mae": mae}
    return Evaluation(targets, 40, tuple({name: Measured(values.get(name), "") for name in METRICS} for _ in targets))


def made_up(
    number: int,
    *,
    epochs: int = 50,
    status: str = "finished",
    validation: Evaluation | None = None,
    test: Evaluation | None = None,
    targets: tuple[str, ...] = ("y",),
    start: Start | None = None,
    floor: float = 0.05,
    validated: bool = True,
    **choices: Any,
) -> Training:
    """A run on the record with a learning curve of so many epochs, and these options."""
    run = Run(max(epochs, 1))
    run.begin()
    noise = random.Random(number)
    run.record([_row(epoch, floor, noise, validated) for epoch in range(1, epochs + 1)])
    run.start = start
    run.seconds = 0.1 * epochs
    if status in ("finished", "stopped"):
        run.finish(status)
    run.seconds = 0.1 * epochs
    regressor = Regressor()
    regressor.run_, regressor.target_names_, regressor.data_spec_ = run, targets, DataSpec(target=targets)
    training = Training(number, regressor)
    known = {name: option.check(option.default) for name, option in fit_options().items()}
    training._told = {
        "network": "mlp",
        "options": "made up",
        "choices": {**known, "target": targets, **choices},
        "validation": validation,
        "test": test,
    }
    return training


def many(number: int) -> list[Training]:
    """So many made-up runs, of different options, each with its metrics."""
    draw = random.Random(0)
    return [_one_of_many(place, draw) for place in range(1, number + 1)]


def _one_of_many(number: int, draw: random.Random) -> Training:
    r2 = draw.uniform(0.3, 0.99)
    spread = math.sqrt(1 - r2) * 4_000
    found = evaluation(r2, spread, spread * draw.uniform(0.6, 0.8))
    return made_up(
        number,
        epochs=draw.randint(20, 200),
        status=draw.choice(["finished"] * 6 + ["stopped"]),
        floor=(1 - r2) * 0.5,
        validation=found,
        test=evaluation(r2 - 0.01, spread * 1.03, spread * 0.72),
        hidden=draw.choice([(64, 32), (128, 64), (32,), (256, 128, 64)]),
        learning_rate=draw.choice([0.001, 0.003, 0.01, 0.03]),
        dropout=draw.choice([0.0, 0.1, 0.2]),
        activation=draw.choice(["relu", "gelu", "silu"]),
    )


def _row(epoch: int, floor: float, noise: random.Random, validated: bool) -> Row:
    loss = floor + 0.9 * math.exp(-epoch / 12)
    val_loss = (loss + 0.02) * noise.uniform(0.94, 1.06) if validated else math.nan
    return Row(epoch, loss, val_loss, 0.001)
