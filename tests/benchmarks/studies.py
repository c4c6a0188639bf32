"""All eight studies at their defaults on concrete, against the same loop with stock ``model.fit``.

    python tests/benchmarks/studies.py FOLDER [FACTOR ...]

FOLDER holds ``concrete/data.txt`` (UCI: 1,030 rows, 8 features, the strength last). A stock fit of every value is timed
for a few epochs: what it takes to begin, and each epoch. Both are extrapolated to the epochs that nbreg's trainings
took, with the same network, batches, validation rows, early stopping and learning-rate schedule. What stock would take
to predict the rows held out is left out.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import nbreg
from nbreg.search.factor import FACTORS

COLUMNS = ["cement", "slag", "ash", "water", "plasticizer", "coarse", "fine", "age", "strength"]
#: Epochs of the two stock fits of each value; their difference is what epochs take.
FEW, MORE = 2, 8
#: What concrete can be asked: it has no times, and so no windows.
STUDIED = [name for name in FACTORS if name != "window"]


def stock_seconds(found: Any, point: int) -> tuple[float, float]:
    """Return what a stock fit of one value takes to begin, and for each epoch."""
    taken = {n_epochs: stock_fit(found, point, n_epochs) for n_epochs in (FEW, MORE)}
    each = max((taken[MORE] - taken[FEW]) / (MORE - FEW), 1e-3)
    return max(taken[FEW] - FEW * each, 0.0), each


def stock_fit(found: Any, point: int, n_epochs: int) -> float:
    """Return the seconds of a stock fit of so many epochs, compiling included, as in a loop over values and splits."""
    import keras

    from nbreg.training.optimizers import make_optimizer
    from nbreg.training.schedules import LearningRates

    (factor,), (value,) = found.factors, found.points[point]
    options = factor.applied(factor.on_fold(value, 0), dict(factor.fixed))
    regressor = nbreg.Regressor(**options)
    rows = found.table.train_rows(0, factor.n_train(value) or len(found.table.folds[0].train))
    regressor.take_table(found.table.frame[rows], {"target": found.table.spec.target, "test_fraction": 0.0})
    spec, data = regressor.training_, regressor.data_
    network = regressor.new_network()
    (x, y), validation = data.arrays("train"), data.arrays("validation")
    rates = LearningRates(spec.schedule, float(spec.learning_rate), spec.epochs)
    callbacks = [keras.callbacks.LearningRateScheduler(lambda epoch: float(rates.at(epoch)))]
    if spec.patience:
        callbacks.append(keras.callbacks.EarlyStopping(patience=spec.patience, restore_best_weights=True))
    begun = time.perf_counter()
    network.compile(make_optimizer(spec, 1e-3), spec.make_loss())
    network.fit(
        x, y, validation_data=validation, epochs=n_epochs, batch_size=spec.batch_size, callbacks=callbacks, verbose=0
    )
    return time.perf_counter() - begun


def compared(name: str, table: pd.DataFrame) -> tuple[float, float]:
    """Return the seconds of a study, and those of the same loop with stock fits."""
    begun = time.perf_counter()
    found = nbreg.study(name, table, "strength")
    own = time.perf_counter() - begun
    epochs = {key: each.epochs for key, each in found.outcomes.items()}
    stock = 0.0
    for point in range(len(found.points)):
        start, each = stock_seconds(found, point)
        stock += sum(start + each * n for (at, _), n in epochs.items() if at == point)
    print(f"{name:16}{own:8.1f} s{stock:10.0f} s{stock / own:8.1f} x   {len(epochs)} trainings", flush=True)
    return own, stock


def main() -> None:
    """Print the ratio of each study, and of all."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else ".") / "concrete" / "data.txt"
    if not path.exists():
        sys.exit(f"There is no {path}: give the folder that holds concrete/data.txt of the UCI repository.")
    table = pd.DataFrame(np.loadtxt(path), columns=COLUMNS)
    nbreg.fit(table, target="strength", epochs=1)  # TensorFlow is loaded once, for both
    print(f"{'factor':16}{'nbreg':>10}{'stock':>12}{'ratio':>10}   (stock extrapolated from {FEW} and {MORE} epochs)")
    totals = np.sum([compared(name, table) for name in (sys.argv[2:] or STUDIED)], axis=0)
    own, stock = totals / 60
    print(f"{'all':16}{own:8.1f} min{stock:8.0f} min{stock / own:8.1f} x")


if __name__ == "__main__":
    main()
