"""Targets as a network likes them, and the way back to target units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nbreg.data.reading import Floats
from nbreg.errors import DataError

#: Types of ours that a stored scaler holds, for skops's ``trusted``.
TARGET_TYPES = ("nbreg.data.targets.TargetScaler", "numpy.dtype")

#: From here on a distribution is called highly skewed (Bulmer 1979, "Principles of Statistics").
_HIGH_SKEWNESS = 1.0
#: The Yeo-Johnson parameter is found on at most this many rows, evenly spaced over the sorted target.
_MOST_ROWS = 20_000


#: Shares of the train range's span by which predictions of bent targets may leave it. Beyond that a logarithm's
#: inverse turns one odd row into most of the squared error.
_WIDENED = 0.1


class TargetScaler:
    """Bends each target, if asked to, then brings it to mean 0 and standard deviation 1.

    `transform` is one of

    - ``none``: only standardised, so that linear models stay linear;
    - ``log``: the natural logarithm, for positive targets;
    - ``log1p``: that of one more, for targets that may be zero (Yeo-Johnson's with parameter 0);
    - ``ratio``: only divided by its standard deviation, not centred, so that ratios stay what they are;
    - ``yeo-johnson``: the power transform of Yeo & Johnson (2000), its parameter by maximum likelihood
      (scikit-learn's PowerTransformer);
    - ``auto``: for each target what its skewness on the train rows asks for. Up to 1 in size (Bulmer's "highly
      skewed"): none. Above, ``log`` where all values are positive, the skew is to the right, and the logarithm at
      least halves it; else ``yeo-johnson`` where that does; else none.

    Fitted, it holds one plain value a target, ``(n_targets,)``: `chosen`, `lambdas_` (NaN but for Yeo-Johnson), `mean_`
    and `scale_` of the bent target, and `lower_`, `upper_`: where scaled predictions are cut before they are bent
    back, lest a small excess explode. That is the train range widened by a tenth of its span at both ends, for
    Yeo-Johnson also by at most one span in target units; without bending it is no limit.

    `bounds`, ``(2, n_targets)`` in target units, infinite where there is none, are what predictions never leave, and
    `scaled_bounds_` the same in scaled units. With `are_shares` predictions are divided by their sum. `train_mean_`,
    ``(n_targets,)``, is the mean in target units. `names` are those of the targets, `columns` those of the table that
    they are of.
    """

    #: What files of earlier versions do not say.
    bounds: Floats | None = None
    are_shares = False
    scaled_bounds_: Floats | None = None
    train_mean_: Floats | None = None
    columns: tuple[str, ...] = ()

    def __init__(self, transform: str = "auto", *, bounds: Floats | None = None, are_shares: bool = False):
        self.transform_name = transform
        self.bounds = None if bounds is None else np.asarray(bounds, np.float64)
        self.are_shares = are_shares

    def fit(self, y: Floats, names: Sequence[str] = ()) -> Self:
        """Learn from the train rows, float64 ``(n, n_targets)`` in target units; `names` are for messages.

        Raises DataError where a target is constant, or the logarithm meets values that are not positive.
        """
        self.names = tuple(names) or tuple(f"y{i}" for i in range(y.shape[1]))
        self.columns = self.names
        for values, name in zip(y.T, self.names, strict=True):
            _check_target(values, name, self.transform_name)
        bends = [
            _choose(values) if self.transform_name == "auto" else _asked(values, self.transform_name) for values in y.T
        ]
        self.chosen = tuple(kind for kind, _ in bends)
        self.lambdas_ = np.array([lambda_ for _, lambda_ in bends])
        bent = self._bend(y)
        self.mean_, self.scale_ = bent.mean(axis=0) * (self.transform_name != "ratio"), bent.std(axis=0)
        self.lower_, self.upper_ = self._limits(y)
        self.train_mean_ = y.mean(axis=0)
        if self.bounds is not None:
            self.scaled_bounds_ = self._scaled(self.bounds)
            self.lower_, self.upper_ = self._within(self.lower_), self._within(self.upper_)
        return self

    def transform(self, y: Floats) -> NDArray[np.float32]:
        """Return ``(n, n_targets)`` scaled targets, float32; values outside a logarithm's domain count as tiny ones."""
        scaled: Floats = (self._bend(y) - self.mean_) / self.scale_
        return scaled.astype(np.float32)

    def inverse_transform(self, scaled: NDArray[np.floating]) -> Floats:
        """Return ``(n, n_targets)`` float64 in target units from scaled values.

        What stands behind the targets' columns, as with a network that has more to say, is passed over.
        """
        cut = np.clip(np.asarray(scaled[:, : len(self.names)], np.float64), self.lower_, self.upper_)
        bent = cut * self.scale_ + self.mean_
        columns = zip(bent.T, self.chosen, self.lambdas_, strict=True)
        straight = np.column_stack([_unbent(values, kind, lambda_) for values, kind, lambda_ in columns])
        if self.bounds is not None:
            straight = np.clip(straight, *self.bounds)  # once more, for rounding may have led out again
        if self.are_shares:
            whole = straight.sum(axis=1, keepdims=True)
            straight = np.where(whole > 0, straight / np.where(whole > 0, whole, 1), self.mean_)
        return straight

    def _bend(self, y: Floats) -> Floats:
        columns = zip(np.asarray(y, np.float64).T, self.chosen, self.lambdas_, strict=True)
        return np.column_stack([_bent(values, kind, lambda_) for values, kind, lambda_ in columns])

    def _scaled(self, bounds: Floats) -> Floats:
        """Return bounds in scaled units; none where the way back from there keeps to them anyway."""
        is_there = np.isfinite(bounds) & ~((np.array(self.chosen) == "log") & (bounds <= 0))
        anywhere = np.broadcast_to(np.asarray(self.train_mean_), bounds.shape)
        scaled = (self._bend(np.where(is_there, bounds, anywhere)) - self.mean_) / self.scale_
        return np.where(is_there, scaled, [[-np.inf], [np.inf]])

    def _within(self, scaled: Floats) -> Floats:
        assert self.scaled_bounds_ is not None  # its caller has set them
        return np.clip(scaled, *self.scaled_bounds_)

    def _limits(self, y: Floats) -> tuple[Floats, Floats]:
        """Return the least and greatest scaled predictions, each ``(n_targets,)``."""
        ends = np.vstack([y.min(axis=0), y.max(axis=0)])
        low, high = (self._bend(ends) - self.mean_) / self.scale_
        lower, upper = low - _WIDENED * (high - low), high + _WIDENED * (high - low)
        span = ends[1] - ends[0]
        is_power = np.array(self.chosen) == "yeo-johnson"
        wide = np.where(is_power, np.vstack([ends[0] - span, ends[1] + span]), ends)
        wide_low, wide_high = (self._bend(wide) - self.mean_) / self.scale_
        lower = np.where(is_power, np.maximum(lower, wide_low), lower)
        upper = np.where(is_power, np.minimum(upper, wide_high), upper)
        is_bent = np.array(self.chosen) != "none"
        return np.where(is_bent, lower, -np.inf), np.where(is_bent, upper, np.inf)


#: Transform -> which values it takes, in code and in words, and what to do about others.
_DOMAINS: dict[str, tuple[Callable[[Floats], NDArray[np.bool_]], str, str]] = {
    "log": (lambda y: y > 0, "positive", 'Use "yeo-johnson", "log1p" or "none".'),
    "log1p": (lambda y: y >= 0, "non-negative", 'Use "yeo-johnson" or "none"; --loss msle needs it: use mse or mae.'),
    "ratio": (lambda y: y != 0, "non-zero", "--loss mape divides by them: use mae or mse."),
}


def _check_target(values: Floats, name: str, transform: str) -> None:
    if values.min() == values.max():
        raise DataError(f'Target "{name}" is always {values[0]:g} on the train rows: there is nothing to learn.')
    fits, what, advice = _DOMAINS.get(transform, (np.isfinite, "", ""))
    n_bad = int((~fits(values)).sum())
    if n_bad:
        raise DataError(
            f'target_transform="{transform}" takes {what} values; target "{name}" has {n_bad:,} others '
            f"(least: {values.min():g}). {advice}"
        )


def _asked(values: Floats, transform: str) -> tuple[str, float]:
    """Return the transform and its lambda; where Yeo-Johnson would flatten the target to a constant, none."""
    if transform == "log1p":
        return "yeo-johnson", 0.0
    if transform != "yeo-johnson":
        return "none" if transform == "ratio" else transform, np.nan
    lambda_ = _best_lambda(values)
    bent = _yeo_johnson(values, lambda_)
    is_spread = np.isfinite(bent).all() and bent.std() > 1e-9 * np.abs(bent).max()
    return (transform, lambda_) if is_spread else ("none", np.nan)


def _choose(values: Floats) -> tuple[str, float]:
    skewness = _skewness(values)
    if abs(skewness) <= _HIGH_SKEWNESS:
        return "none", np.nan
    if skewness > 0 and values.min() > 0 and abs(_skewness(np.log(values))) <= skewness / 2:
        return "log", np.nan
    kind, lambda_ = _asked(values, "yeo-johnson")
    is_better = abs(_skewness(_bent(values, kind, lambda_))) <= abs(skewness) / 2
    return (kind, lambda_) if is_better else ("none", np.nan)


def _skewness(values: Floats) -> float:
    """Return Fisher's moment coefficient, mean of cubes over the cubed standard deviation."""
    centred = values - values.mean()
    scale = centred.std()
    return float(((centred / scale) ** 3).mean()) if scale > 0 else 0.0


def _best_lambda(values: Floats) -> float:
    from sklearn.preprocessing import PowerTransformer

    step = -(-len(values) // _MOST_ROWS)
    sample = np.sort(values)[::step] if step > 1 else values
    power = PowerTransformer(method="yeo-johnson", standardize=False).fit(sample[:, None])
    return float(power.lambdas_[0])


def _bent(values: Floats, kind: str, lambda_: float) -> Floats:
    if kind == "log":
        # Rows that were not trained on may hold zero or less; they must not turn a validation loss into NaN.
        bent: Floats = np.log(np.maximum(values, np.finfo(np.float64).tiny))
        return bent
    return _yeo_johnson(values, lambda_) if kind == "yeo-johnson" else values


def _unbent(values: Floats, kind: str, lambda_: float) -> Floats:
    if kind == "log":
        straight: Floats = np.exp(values)
        return straight
    return _yeo_johnson_inverse(values, lambda_) if kind == "yeo-johnson" else values


def _yeo_johnson(y: Floats, lambda_: float) -> Floats:
    """Return Yeo & Johnson's (2000) transform: Box-Cox of 1 + y, mirrored with 2 - lambda below zero."""
    size = np.log1p(np.abs(y))
    power = np.where(y >= 0, lambda_, 2 - lambda_)
    bent: Floats = np.sign(y) * np.where(power == 0, size, np.expm1(size * power) / np.where(power == 0, 1, power))
    return bent


def _yeo_johnson_inverse(bent: Floats, lambda_: float) -> Floats:
    power = np.where(bent >= 0, lambda_, 2 - lambda_)
    size = np.where(power == 0, np.abs(bent), np.log1p(np.abs(bent) * power) / np.where(power == 0, 1, power))
    straight: Floats = np.sign(bent) * np.expm1(size)
    return straight
