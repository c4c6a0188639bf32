"""Bringing numbers to one size."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from nbreg.data.reading import LARGEST, Floats


class SquashedRobustScaler:
    """Centre on the median, divide by the interquartile range, and press outliers smoothly into (-3, 3).

    ``z = (x - median) / IQR``, then ``z / sqrt(1 + (z / 3)^2)`` (Holzmüller, Grinsztajn & Steinwart 2024, "Better by
    default"). Where the IQR is zero, half the range takes its place; a constant becomes 0. These are the numbers of
    skrub's SquashingScaler, whose import alone (it loads matplotlib) costs a second that the first prediction would
    wait for. `center_` and `factor_` are ``(n_columns,)``; `factor_` is what the centred numbers are multiplied by.
    """

    bound = 3.0

    def fit(self, X: Floats) -> Self:
        """Learn from ``(n, n_columns)``; NaN is passed over, but no column may be all NaN."""
        low, self.center_, high = np.nanpercentile(X, [25, 50, 75], axis=0)
        half_range = (np.nanmax(X, axis=0) - np.nanmin(X, axis=0)) / 2
        spread = np.where(high > low, high - low, half_range)
        self.factor_ = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 1 / LARGEST)
        return self

    def transform(self, X: Floats) -> Floats:
        """Return the scaled numbers, shape as `X`; NaN stays NaN."""
        z = (X - self.center_) * self.factor_
        # hypot(1, a) is sqrt(1 + a^2) that cannot overflow.
        scaled: Floats = z / np.hypot(1.0, z / self.bound)
        return scaled


class Unscaled:
    """Numbers as they are."""

    def fit(self, X: Floats) -> Self:
        return self

    def transform(self, X: Floats) -> Floats:
        return X


def make_scaler(scaling: str, n_rows: int) -> Any:
    """Return an unfitted scaler that passes over NaN; but for ``robust`` and ``none`` it is scikit-learn's.

    ``quantile`` maps to the normal distribution through up to 1,000 quantiles.
    """
    from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, StandardScaler

    if scaling == "quantile":
        quantiles = min(1000, n_rows)
        return QuantileTransformer(n_quantiles=quantiles, output_distribution="normal", random_state=0)
    scalers = {"robust": SquashedRobustScaler, "standard": StandardScaler, "minmax": MinMaxScaler, "none": Unscaled}
    return scalers[scaling]()
