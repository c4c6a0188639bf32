"""One scaling for a target and for all steps at which it is forecast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nbreg.data.reading import Floats
from nbreg.data.spec import DataSpec
from nbreg.data.target_limits import make_target_scaler
from nbreg.data.targets import TargetScaler
from nbreg.errors import DataError, OptionError

#: What a fitted scaler holds for each target.
_BY_TARGET = ("lambdas_", "mean_", "scale_", "lower_", "upper_", "train_mean_")


def series_scaler(spec: DataSpec, values: Floats, is_train: NDArray[np.bool_], names: tuple[str, ...]) -> TargetScaler:
    """Return a scaler of the targets' series ``(n_steps, n_targets)``, learned from the train steps, gaps passed over.

    `is_train` is ``(n_steps,)``. Raises DataError where a target leaves its bounds, has no values or is constant;
    OptionError for targets that are shares.
    """
    if spec.shares:
        raise OptionError("shares (--shares) is not for forecasts: leave it out, or bound each target (--bounds).")
    asked = make_target_scaler(spec, values, names)
    return _joined([_of_one(asked, values[is_train, i], i, name) for i, name in enumerate(names)], asked, names)


def _of_one(asked: TargetScaler, values: Floats, i: int, name: str) -> TargetScaler:
    present = values[~np.isnan(values)]
    if not len(present):
        raise DataError(f'Target "{name}" has no values among the train rows.')
    bounds = None if asked.bounds is None else asked.bounds[:, [i]]
    scaler = TargetScaler(asked.transform_name, bounds=bounds).fit(present[:, None], (name,))
    if scaler.chosen == ("log",):
        # A growing series leaves the range it had: a logarithm's predictions are cut a whole span beyond it, no nearer.
        low, high = (
            scaler.transform(np.array([[end]]))[0].astype(np.float64) for end in (present.min(), present.max())
        )
        limits = np.array([low - (high - low), high + (high - low)])
        if scaler.scaled_bounds_ is not None:
            limits = np.clip(limits, *scaler.scaled_bounds_)
        scaler.lower_, scaler.upper_ = limits
    return scaler


def _joined(scalers: Sequence[TargetScaler], asked: TargetScaler, names: Sequence[str]) -> TargetScaler:
    both = TargetScaler(asked.transform_name, bounds=asked.bounds)
    both.names = tuple(names)
    both.chosen = tuple(scaler.chosen[0] for scaler in scalers)
    for part in _BY_TARGET:
        setattr(both, part, np.concatenate([getattr(scaler, part) for scaler in scalers]))
    if asked.bounds is not None:
        both.scaled_bounds_ = np.concatenate([scaler.scaled_bounds_ for scaler in scalers], axis=1)  # type: ignore[misc]
    return both


def spread(scaler: TargetScaler, horizon: int, names: Sequence[str]) -> TargetScaler:
    """Return the scaler of `horizon` steps of each target, whose `names` go target by target, step by step."""
    bounds, scaled = (
        None if ends is None else np.repeat(ends, horizon, axis=1) for ends in (scaler.bounds, scaler.scaled_bounds_)
    )
    wide = TargetScaler(scaler.transform_name, bounds=bounds)
    wide.names = tuple(names)
    wide.columns = tuple(name for name in scaler.names for _ in range(horizon))
    wide.chosen = tuple(kind for kind in scaler.chosen for _ in range(horizon))
    for part in _BY_TARGET:
        setattr(wide, part, np.repeat(getattr(scaler, part), horizon))
    wide.scaled_bounds_ = scaled
    return wide
