"""Spectra: 10-fold aRRMSE and seconds of the networks on infrared spectra of meat, beside PLS and kernel ridge.

Run ``python tests/benchmarks/spectra.py``. The table is `meats` (100 channels; targets water, fat, protein; 215
rows), the line ``%nnreg fit meats --target water --target fat --target protein --channels "x_*" --network cnn``.

aRRMSE is the mean over targets of the RMSE over that of the train rows' mean, both over all rows, each predicted by
the fold that left it out. The pretreatment is chosen inside each fold, for all alike; PLS's components, and the width
and penalty of kernel ridge, by cross-validation inside it. Seconds are CPU time, all folds together.
"""

from __future__ import annotations

import os
import time
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
from sklearn.cross_decomposition import PLSRegression
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from nbreg.data.dataset import prepare
from nbreg.data.demo import demo_table
from nbreg.data.spec import DataSpec
from nbreg.regressor import Regressor

TARGETS = ("water", "fat", "protein")
PATTERN = "x_*"
FOLDS = 10
AIM = "cnn: at most .13"

#: From train spectra, their targets and spectra to predict to predictions.
Model = Callable[[pd.DataFrame, pd.DataFrame, pd.DataFrame], Any]


def network(**choices: Any) -> Model:
    """Return a network with the defaults of ``nbreg.fit`` but for `choices`."""

    def predict(X: pd.DataFrame, y: pd.DataFrame, new: pd.DataFrame) -> Any:
        regressor = Regressor(channels=PATTERN, **choices).fit(X, y)
        CHOSEN[regressor.encoder_.signal.pretreatment] += 1
        return regressor.predict(new)

    return predict


def rival(model: Any, grid: dict[str, Any]) -> Model:
    """Return a scikit-learn model on standardised, pretreated channels, its choices made by cross-validation."""

    def predict(X: pd.DataFrame, y: pd.DataFrame, new: pd.DataFrame) -> Any:
        spec = DataSpec(channels=PATTERN, scaling="standard", test_fraction=0.0, validation_fraction=0.0)
        data = prepare(X, spec, y=y.to_numpy())
        CHOSEN[data.encoder.signal.pretreatment] += 1
        step = type(model).__name__.lower()
        search = GridSearchCV(
            make_pipeline(StandardScaler(), model),
            {f"{step}__{name}": values for name, values in grid.items()},
            cv=KFold(5, shuffle=True, random_state=0),
            scoring="neg_mean_squared_error",
        )
        search.fit(data.encoder.transform(X), data.target_scaler.transform(y.to_numpy()))
        return data.target_scaler.inverse_transform(search.predict(data.encoder.transform(new)))

    return predict


MODELS: dict[str, Model] = {
    "cnn": network(network="cnn"),
    "cnn alone": network(network="cnn", skip="none"),
    "mlp": network(network="mlp"),
    "PLS": rival(PLSRegression(scale=False), {"n_components": range(2, 31, 2)}),
    "kernel ridge": rival(
        KernelRidge(kernel="rbf"), {"alpha": np.logspace(-5, -1, 5), "gamma": np.logspace(-5, -2, 4)}
    ),
}
CHOSEN: Counter[str] = Counter()


def relative_errors(model: Model) -> tuple[Any, float]:
    """Return the relative RMSE of each target ``(n_targets,)`` over all folds, and CPU seconds."""
    table = demo_table("meats")
    X, y = table.drop(columns=[*TARGETS]), table[[*TARGETS]]
    wrong, wrong_by_mean, began = np.zeros(y.shape), np.zeros(y.shape), time.process_time()
    for train, test in KFold(FOLDS, shuffle=True, random_state=0).split(X):
        found = np.asarray(model(X.iloc[train], y.iloc[train], X.iloc[test])).reshape(len(test), -1)
        wrong[test] = (found - y.iloc[test]) ** 2
        wrong_by_mean[test] = (y.iloc[train].mean() - y.iloc[test]) ** 2
    return np.sqrt(wrong.mean(axis=0) / wrong_by_mean.mean(axis=0)), time.process_time() - began


def section() -> None:
    """Print a line for each model."""
    print(f"Spectra (meats, {FOLDS} folds; {AIM})")
    print(f"{'':14}{'aRRMSE':>8}" + "".join(f"{name:>9}" for name in TARGETS) + f"{'seconds':>9}  pretreatment")
    for name, model in MODELS.items():
        CHOSEN.clear()
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore")
            errors, seconds = relative_errors(model)
        chosen = ", ".join(f"{words} ({count})" for words, count in CHOSEN.most_common())
        by_target = "".join(f"{each:9.3f}" for each in errors)
        print(f"{name:14}{errors.mean():8.3f}{by_target}{seconds:9.1f}  {chosen}", flush=True)


if __name__ == "__main__":
    section()
