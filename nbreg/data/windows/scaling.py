"""One scaling for a target and for all steps at which it is forecast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nbreg.data.reading import Floats
from nbreg.data.targets import TargetScaler
from nbreg.errors import DataError


def series_scaler(transform: str, values: Floats, names: Sequence[str]) -> TargetScaler:
    """Return a scaler of the targets' series, learned from train steps ``(n_steps, n_targets)``, gaps passed over.

    Raises DataError where a target has no values or is constant.
    """
    return _joined([_scaler_of_one(transform, values[:, i], name) for i, name in enumerate(names)], names)


def _scaler_of_one(transform: str, values: Floats, name: str) -> TargetScaler:
    present = values[~np.isnan(values)]
    if not len(present):
        raise DataError(f'Target "{name}" has no values among the train rows.')
    scaler = TargetScaler(transform).fit(present[:, None], (name,))
    if scaler.chosen == ("log",):
        # A growing series leaves the range it had: a logarithm's predictions are cut a whole span beyond it, no nearer.
        low, high = np.log(present.min()), np.log(present.max())
        span = (high - low) / scaler.scale_
        scaler.lower_ = (low - scaler.mean_) / scaler.scale_ - span
        scaler.upper_ = (high - scaler.mean_) / scaler.scale_ + span
    return scaler


def _joined(scalers: Sequence[TargetScaler], names: Sequence[str]) -> TargetScaler:
    both = TargetScaler(scalers[0].transform_name)
    both.names = tuple(names)
    both.chosen = tuple(scaler.chosen[0] for scaler in scalers)
    for part in ("lambdas_", "mean_", "scale_", "lower_", "upper_"):
        setattr(both, part, np.concatenate([np.atleast_1d(getattr(scaler, part)) for scaler in scalers]))
    return both


def spread(scaler: TargetScaler, horizon: int, names: Sequence[str]) -> TargetScaler:
    """Return the scaler of `horizon` steps of each target, whose `names` go target by target, step by step."""
    wide = TargetScaler(scaler.transform_name)
    wide.names = tuple(names)
    wide.chosen = tuple(kind for kind in scaler.chosen for _ in range(horizon))
    for part in ("lambdas_", "mean_", "scale_", "lower_", "upper_"):
        setattr(wide, part, np.repeat(getattr(scaler, part), horizon))
    return wide
