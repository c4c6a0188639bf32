"""Several targets: 10-fold aRRMSE and seconds of every head beside its rivals, taking turns in one process.

Run ``python tests/benchmarks/targets.py [enb|jura|andro|linnerud ...] [--folder DIR] [--seed N]``; enb and jura
unless others are named. `multi_target.py` says where the tables are looked for.

aRRMSE is the mean over targets of the RMSE on a test fold over that of the train rows' mean there, averaged over the
folds (Spyromitros-Xioufis et al. 2016, "Multi-target regression via input space expansion"). Seconds are CPU time of a
fold's fit and prediction, the median over folds, so with everything compiled. The recipes were found on the train rows
of the first fold, by cross-validation within them.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from multi_target import Table, load, relative_errors
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import nbreg
from nbreg.training import trainers

TABLES = ("enb", "jura", "andro", "linnerud")
AIMS = {
    "enb": "at most .10 (a forest per target: .108)",
    "jura": "at most .57 (a forest per target: .586)",
}

#: All rows that are not tested are trained on, to the last epoch.
COMMON = {"validation_fraction": 0.0, "patience": 0}
SMALL = {"scaling": "standard", "activation": "silu", "l2": 0.003, "dropout": 0.2}
RECIPES: dict[str, dict[str, Any]] = {
    "enb": {"hidden": (128, 64), "schedule": "one_cycle", "learning_rate": 0.02},
    "jura": SMALL,
    "andro": SMALL,
    "linnerud": SMALL,
}
#: Of one network for all targets, and of one for each, which was better with more of them.
EPOCHS = {"enb": (120, 225), "jura": (40, 60), "andro": (40, 60), "linnerud": (40, 60)}

HEAD_CHOICES: dict[str, dict[str, Any]] = {
    "shared head": {},
    "shared, balanced": {"loss_weights": "balanced"},
    "shared, learned": {"loss_weights": "learned"},
    "separate heads": {"heads": "separate"},
    "separate, balanced": {"heads": "separate", "loss_weights": "balanced"},
    "separate, learned": {"heads": "separate", "loss_weights": "learned"},
    "joint gaussian": {"joint": "gaussian"},
    "joint mixture": {"joint": "mixture"},
    "joint gp": {"joint": "gp"},
    "vae": {"network": "vae"},
}
PER_TARGET = "a network per target"


@dataclass
class Found:
    """What one contender came to: a row of relative errors, ``(n_targets,)``, and CPU seconds for each fold."""

    errors: list[np.ndarray] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def arrmse(self) -> float:
        return float(np.mean(self.errors))

    @property
    def seconds_a_fold(self) -> float:
        return statistics.median(self.seconds)


def networks(name: str, seed: int) -> dict[str, Any]:
    """Return an estimator for each of our heads, and one that fits a network to each target."""
    together, apart = EPOCHS[name]
    recipe = {**COMMON, **RECIPES[name], "seed": seed}
    heads = {
        label: nbreg.Regressor(**{**recipe, "epochs": together, **choices}) for label, choices in HEAD_CHOICES.items()
    }
    return {**heads, PER_TARGET: MultiOutputRegressor(nbreg.Regressor(**recipe, epochs=apart))}


def rivals(seed: int) -> dict[str, Any]:
    perceptron = make_pipeline(StandardScaler(), MLPRegressor(max_iter=2_000, random_state=seed))
    return {
        "a forest per target": MultiOutputRegressor(RandomForestRegressor(random_state=seed)),
        "ridge": make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 3, 13))),
        "scikit-learn MLPRegressor": TransformedTargetRegressor(perceptron, transformer=StandardScaler()),
    }


def judge(table: Table, contenders: dict[str, Any], seed: int) -> dict[str, Found]:
    """Let all contenders fit and predict every fold, in turns; one that cannot is named with its reason."""
    found = {label: Found() for label in contenders}
    for train, test in KFold(10, shuffle=True, random_state=seed).split(table.X):
        for label in list(found):
            begun = time.process_time()
            try:
                predicted = fitted(contenders[label], table, train).predict(table.X.iloc[test])
            except nbreg.NbregError as error:
                print(f"  {label}: left out, for {error}")
                del found[label]
                continue
            found[label].seconds.append(time.process_time() - begun)
            found[label].errors.append(relative_errors(table.Y[test], predicted, table.Y[train].mean(axis=0)))
    return found


def fitted(contender: Any, table: Table, rows: np.ndarray) -> Any:
    return clone(contender).fit(table.X.iloc[rows], table.Y[rows])


def report(name: str, folder: str | None, seed: int) -> None:
    table = load(name, folder)
    if table is None:
        print(f"\n{name}: left out, for {name}.arff is not there (--folder DIR, or NBREG_MULTI_TARGET, says where)")
        return
    n_rows, n_features = table.X.shape
    aim = f"; target: {AIMS[name]}" if name in AIMS else ""
    print(f"\n{name}: {n_rows} rows, {n_features} features, {table.Y.shape[1]} targets{aim}")
    found = judge(table, {**networks(name, seed), **rivals(seed)}, seed)
    for label, each in found.items():
        by_target = " ".join(f"{error:.3f}" for error in np.mean(each.errors, axis=0))
        print(f"  {label + ':':27} {each.arrmse:.3f}  ({by_target})  {each.seconds_a_fold:.3g} s a fold")
    compare(found)


def compare(found: dict[str, Found]) -> None:
    """Print what the best head and the usual one have over one network per target."""
    apart = found[PER_TARGET]
    best = min((label for label in HEAD_CHOICES if label in found), key=lambda label: found[label].arrmse)
    for label in dict.fromkeys([best, "shared head"]):
        error = found[label].arrmse / apart.arrmse
        seconds = found[label].seconds_a_fold / apart.seconds_a_fold
        print(f"  {label} over {PER_TARGET}: error x{error:.3g} (target: 1), time x{seconds:.2g} (target: 1/3)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", choices=[[], *TABLES], default=[])
    parser.add_argument("--folder", help="where the .arff files are")
    parser.add_argument("--seed", type=int, default=0, help="of the folds and of all that learns")
    told = parser.parse_args()
    warnings.simplefilter("ignore")  # scikit-learn warns that it has not converged, which is meant
    trainers.CAPACITY = 100  # all contenders keep what they have compiled: seconds are of training alone
    for name in told.tables or ("enb", "jura"):
        report(name, told.folder, told.seed)


if __name__ == "__main__":
    main()
