"""A training as a stand-alone script: Keras, scikit-learn and pandas, no nbreg."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbreg.data.encoding import Encoder
from nbreg.data.spec import DataSpec
from nbreg.data.targets import TargetScaler
from nbreg.errors import NbregError
from nbreg.export.layer_code import network_code
from nbreg.export.script_data import encoding_lines, reading_lines, splitting_lines, target_lines
from nbreg.export.script_training import Trained, final_lines, training_lines
from nbreg.networks.skip import stands_beside

if TYPE_CHECKING:
    import keras

#: Names that a script may use -> where scikit-learn has them.
_FROM_SKLEARN = {
    "r2_score": "metrics",
    "mean_absolute_error": "metrics",
    "train_test_split": "model_selection",
    "GroupShuffleSplit": "model_selection",
    "OneHotEncoder": "preprocessing",
    "OrdinalEncoder": "preprocessing",
    "StandardScaler": "preprocessing",
    "MinMaxScaler": "preprocessing",
    "QuantileTransformer": "preprocessing",
}


def script_of(regressor: Any, table: str) -> str:
    """Return the script of a trained regressor, see `keras_script`. Raises NbregError for what it cannot tell."""
    if regressor.run_.start is not None:
        started = "{} at epoch {:,}".format(*regressor.run_.start)
        raise NbregError(f"This run went on from {started}, and a script begins with new weights.")
    if stands_beside(regressor.network_):
        raise NbregError(
            "The model beside this network is fitted in closed form, before the training: for a script, train with "
            "skip=none (--skip none)."
        )
    parts = regressor.network_, regressor.encoder_, regressor.target_scaler_, regressor.data_spec_
    return keras_script(*parts, Trained.of(regressor), words=regressor.blueprint_.words(), table=table)


def keras_script(
    network: keras.Model,
    encoder: Encoder,
    target_scaler: TargetScaler,
    data_spec: DataSpec,
    trained: Trained,
    *,
    words: str,
    table: str,
) -> str:
    """Return Python that reads `table` and does the same training: same split, inputs, first weights, order.

    Run on the same table it gives the same predictions, but for the last bits where the machine differs, and unless
    the learning rate was changed within an epoch: the script changes it with the next one, and says so.
    """
    judged = "test" if data_spec.test_fraction else "validation" if trained.has_validation else None
    body = [
        *_heading("The table"), *reading_lines(data_spec, encoder, table),
        *_heading("Rows are parted first; all else is learned from the train rows"), *splitting_lines(data_spec),
        *_heading("Columns to inputs"), *encoding_lines(encoder),
        *_heading("Targets"), *target_lines(target_scaler),
        *_heading("The network"), *network_code(network, by_target=trained.by_target),
        *_heading("Training"), *training_lines(trained),
        *_heading("Predictions"), *final_lines(judged, target_scaler, by_target=trained.by_target),
    ]  # fmt: skip
    text = _tidy(body)
    named = ", ".join(data_spec.target)
    return "\n".join([f'"""Train a network that predicts {named}: {words}."""', "", *_imports(text), "", text, ""])


def _heading(title: str) -> list[str]:
    return ["", "", f"# {title}", ""]


def _imports(text: str) -> list[str]:
    lines = [
        "import os",
        "",
        'os.environ.setdefault("KERAS_BACKEND", "tensorflow")',
        "",
        "import keras",
        "import numpy as np",
        "import pandas as pd",
        "from keras import layers",
    ]
    lines += ["from scipy.signal import savgol_filter"] if "savgol_filter(" in text else []
    for module in ("metrics", "model_selection", "preprocessing"):
        names = sorted(name for name, home in _FROM_SKLEARN.items() if home == module and f"{name}(" in text)
        lines += [f"from sklearn.{module} import {', '.join(names)}"] if names else []
    return lines


def _tidy(lines: list[str]) -> str:
    """Join lines, with no more than two blank ones in a row."""
    text = "\n".join(lines).strip("\n")
    while "\n\n\n\n" in text:
        text = text.replace("\n\n\n\n", "\n\n\n")
    return text
