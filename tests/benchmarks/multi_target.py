"""Tables of several targets: enb, jura, andro (Spyromitros-Xioufis et al. 2016) and linnerud.

The first three are the .arff files of Mulan's multi-target regression sets. They are looked for in the folder that is
given, in the one that the environment variable NBREG_MULTI_TARGET names, and in ``*/data/multi_target`` beside the
repository.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.io import arff

_BESIDE = Path(__file__).resolve().parents[3]

#: How many of the last columns are targets.
N_TARGETS = {"enb": 2, "jura": 3, "andro": 6}


@dataclass(frozen=True)
class Table:
    """Features ``(n_rows, n_features)`` and targets ``(n_rows, n_targets)``."""

    name: str
    X: pd.DataFrame
    Y: np.ndarray


def load(name: str, folder: str | None = None) -> Table | None:
    """Return a table, or None where its file is in no folder."""
    if name == "linnerud":
        from sklearn.datasets import load_linnerud

        X, Y = load_linnerud(return_X_y=True, as_frame=True)
        return Table(name, X, Y.to_numpy(float))
    path = next((each / f"{name}.arff" for each in _folders(folder) if (each / f"{name}.arff").is_file()), None)
    if path is None:
        return None
    frame = pd.DataFrame(arff.loadarff(path)[0]).astype(float)
    n_targets = N_TARGETS[name]
    return Table(name, frame.iloc[:, :-n_targets], frame.iloc[:, -n_targets:].to_numpy())


def _folders(folder: str | None) -> Iterator[Path]:
    """Yield where files may be: where one is told to look, nowhere else."""
    told = folder or os.environ.get("NBREG_MULTI_TARGET")
    if told:
        yield Path(told)
        return
    yield from sorted(_BESIDE.glob("*/data/multi_target"))


def relative_errors(observed: np.ndarray, predicted: np.ndarray, train_mean: np.ndarray) -> np.ndarray:
    """Return each target's RMSE over that of the train mean on the same rows, ``(n_targets,)``."""
    squared = ((observed - predicted) ** 2).sum(axis=0) / ((observed - train_mean) ** 2).sum(axis=0)
    return np.sqrt(squared)
