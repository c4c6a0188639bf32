"""What scikit-learn asks of an estimator's arguments: checked X and y, names and number of features, a signature."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import Parameter, Signature
from typing import Any

import narwhals as nw
import numpy as np
from sklearn.utils.validation import _check_feature_names, _check_n_features, check_array, validate_data

from nbreg.data.frames import as_frame
from nbreg.errors import DataError
from nbreg.options import Option


def checked_rows_and_targets(estimator: Any, X: Any, y: Any) -> tuple[nw.DataFrame[Any], np.ndarray, tuple[str, ...]]:
    """Return the rows as a frame, the targets ``(n_rows, n_targets)`` and their names, after scikit-learn's checks.

    A frame keeps its columns' kinds. Notes on `estimator` which features it has seen. Raises DataError and what
    scikit-learn raises.
    """
    names = _names_of(y)
    if is_frame(X):
        _check_feature_names(estimator, X, reset=True)
        _check_n_features(estimator, X, reset=True)
        y = check_array(y, ensure_2d=False, dtype="numeric", input_name="y")
        if len(y) != len(X):
            raise DataError(f"X has {len(X):,} rows and y {len(y):,}; they must have the same.")
    else:
        X, y = validate_data(
            estimator, X, y, dtype="numeric", ensure_all_finite="allow-nan", multi_output=True, y_numeric=True,
            ensure_min_samples=2,
        )  # fmt: skip
    y = np.asarray(y).reshape(len(y), -1)
    return as_frame(X), y, names or _made_up_names(y.shape[1])


def rows_as_trained_on(estimator: Any, X: Any, *, in_order: bool) -> nw.DataFrame[Any]:
    """Return the rows to predict as a frame whose columns are called as they were in training.

    With `in_order` a frame's columns must be those of training, in order, as scikit-learn asks; else the encoder
    finds them by name. An array's columns are taken in the order of training.
    """
    if is_frame(X):
        if in_order:
            _check_feature_names(estimator, X, reset=False)
        return as_frame(X)
    frame = as_frame(validate_data(estimator, X, reset=False, dtype="numeric", ensure_all_finite="allow-nan"))
    trained_on = getattr(estimator, "feature_names_in_", frame.columns)
    return frame.rename(dict(zip(frame.columns, map(str, trained_on), strict=True)))


def is_frame(X: Any) -> bool:
    """Return whether `X` is a table of a kind that has named columns."""
    return nw.dependencies.is_into_dataframe(X) or isinstance(X, nw.DataFrame)


def keyword_signature(options: Mapping[str, Option], **first: Any) -> Signature:
    """Return the signature of an ``__init__`` with `options`, and before them the keywords `first`, by default.

    scikit-learn reads an estimator's parameters from it, so that they need be declared in one place only.
    """
    defaults = {**first, **{name: each.default for name, each in options.items()}}
    itself = Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)
    choices = [Parameter(name, Parameter.KEYWORD_ONLY, default=default) for name, default in defaults.items()]
    return Signature([itself, *choices])


def _names_of(y: Any) -> tuple[str, ...]:
    """Return the names that a series or a frame of targets brings."""
    if is_frame(y):
        return tuple(as_frame(y).columns)
    name = getattr(y, "name", None)
    return (str(name),) if name is not None and nw.dependencies.is_into_series(y) else ()


def _made_up_names(n_targets: int) -> tuple[str, ...]:
    return ("target",) if n_targets == 1 else tuple(f"target_{i}" for i in range(1, n_targets + 1))
