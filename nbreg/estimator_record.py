"""What a file keeps of a regressor beside its network, encoder and target scaler: plain data, for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from nbreg.data.spec import DataSpec
from nbreg.networks.blueprint import Blueprint
from nbreg.networks.heads.head import chosen_head
from nbreg.networks.objective import Objective, WeightedLoss
from nbreg.networks.stack import Stack
from nbreg.networks.targets import Targets
from nbreg.training.run import Run
from nbreg.training.spec import TrainingSpec


def record_of(regressor: Any) -> dict[str, Any]:
    """Return what JSON can keep of a trained regressor, its report included where there can be one."""
    architecture = regressor.blueprint_.architecture
    has_report = regressor._report is not None or regressor._data is not None
    return {
        "estimator": type(regressor).__name__,
        "options": {name: getattr(regressor, name) for name in regressor.options()},
        "layers": list(architecture.configs) if isinstance(architecture, Stack) else None,
        "data": asdict(regressor.data_spec_),
        "n_rows": regressor.n_rows_,
        "features": [str(name) for name in getattr(regressor, "feature_names_in_", ())],
        "n_features": regressor.n_features_in_,
        "names_in_order": regressor._names_in_order,
        "run": regressor.run_.to_dict(),
        "had_callbacks": regressor.had_callbacks_,
        "report": regressor.report_.to_json() if has_report else None,
        "own": regressor._own_record(),
        "loss_weights": _loss_weights(regressor.training_.objective),
    }


def recall(regressor: Any, record: Mapping[str, Any]) -> None:
    """Give a regressor, made with the options of `record`, what `record_of` kept."""
    from nbreg.evaluation.report import Report

    regressor._data, regressor._evaluations, regressor._find_weights = None, {}, None
    regressor.first_weights_, regressor.had_callbacks_ = None, bool(record.get("had_callbacks"))
    if record["layers"] is not None:
        stack = Stack(tuple(record["layers"]))
        regressor.layers, regressor.blueprint_ = stack.new_layers(), Blueprint(stack, chosen_head(vars(regressor)))
    else:
        regressor.blueprint_ = Blueprint.of(vars(regressor))
    regressor.blueprint_ = regressor.blueprint_.of_targets(Targets.of(regressor.target_scaler_))
    regressor.data_spec_ = DataSpec(**record["data"])
    regressor.target_names_, regressor.n_rows_ = tuple(regressor.target_scaler_.names), dict(record["n_rows"])
    training = TrainingSpec.of(vars(regressor)).for_rows(regressor.n_rows_["train"])
    weights = record.get("loss_weights")
    objective = WeightedLoss(training.loss, tuple(weights)) if weights else None
    regressor.training_ = replace(training, objective=objective)
    regressor.n_features_in_, regressor._names_in_order = record["n_features"], record["names_in_order"]
    if record["features"]:
        regressor.feature_names_in_ = np.array(record["features"], dtype=object)
    regressor.run_ = Run.from_dict(record["run"])
    regressor._recall_own(record.get("own", {}))
    regressor._report = Report.from_json(record["report"]) if record["report"] else None


def _loss_weights(objective: Objective | None) -> list[float] | None:
    """Return how much each target's loss counted; None: alike, or nothing that a file could hold."""
    return list(objective.weights) if isinstance(objective, WeightedLoss) and objective.weights else None
