"""A training as a stand-alone script: Keras, scikit-learn and pandas, no nbreg."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

from nbreg.data.encoding import Encoder
from nbreg.data.spec import DataSpec
from nbreg.data.targets import TargetScaler
from nbreg.errors import NbregError
from nbreg.export.call_code import WIDTH
from nbreg.export.layer_code import network_code
from nbreg.export.script_beside import fitting_lines, is_all_linear, share_lines
from nbreg.export.script_data import array_lines, encoding_lines, reading_lines, splitting_lines, target_lines
from nbreg.export.script_style import styled
from nbreg.export.script_training import final_lines, training_lines
from nbreg.export.trained import Trained

if TYPE_CHECKING:
    import keras

    from nbreg.networks.blueprint import Blueprint

#: Names that a script may use -> where scikit-learn has them.
_FROM_SKLEARN = {
    "Ridge": "linear_model",
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
    if regressor.data_spec_.stream != "auto":
        raise NbregError(
            "A script reads its table at once and trains in another order than a stream: for a script, train on a "
            "table in memory, without stream (--stream)."
        )
    if not is_all_linear(regressor.network_):
        raise NbregError(
            "The smooth model beside this network would be long to write out: for a script, train with skip=linear or "
            "skip=none (--skip)."
        )
    parts = regressor.network_, regressor.encoder_, regressor.target_scaler_, regressor.data_spec_
    return keras_script(*parts, Trained.of(regressor), blueprint=regressor.blueprint_, table=table)


def keras_script(
    network: keras.Model,
    encoder: Encoder,
    target_scaler: TargetScaler,
    data_spec: DataSpec,
    trained: Trained,
    *,
    blueprint: Blueprint,
    table: str,
) -> str:
    """Return Python that reads `table` and does the same training: same split, inputs, first weights, order.

    Run on the same table it gives the same predictions, but for the last bits where the machine differs, and unless
    the learning rate was changed within an epoch: the script changes it with the next one, and says so.
    """
    judged = "test" if data_spec.test_fraction else "validation" if trained.has_validation else None
    beside = fitting_lines(network, blueprint.skip, has_validation=trained.has_validation)
    body = [
        *_heading("The table"), *reading_lines(data_spec, encoder, table),
        *_heading("Rows are parted first; all else is learned from the train rows"), *splitting_lines(data_spec),
        *_heading("Columns to inputs"), *encoding_lines(encoder),
        *_heading("Targets"), *target_lines(target_scaler), *array_lines(has_validation=trained.has_validation),
        *_heading("The network"), *network_code(network, by_target=trained.by_target),
        *(_heading("The linear model beside it, fitted in closed form") if beside else []), *beside,
        *_heading("Training"), *training_lines(trained), *share_lines(network),
        *_heading("Predictions"), *final_lines(judged, target_scaler, trained, network.output_shape[1]),
    ]  # fmt: skip
    text = styled(body)
    title = f"Train a network that predicts {', '.join(data_spec.target)}: {blueprint.words()}."
    return "\n".join([*fill(f'"""{title}"""', WIDTH).splitlines(), "", *_imports(text), "", text, ""])


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
    for module in ("linear_model", "metrics", "model_selection", "preprocessing"):
        names = sorted(name for name, home in _FROM_SKLEARN.items() if home == module and f"{name}(" in text)
        lines += [f"from sklearn.{module} import {', '.join(names)}"] if names else []
    return lines
