"""What a joint head predicts for the rows of a table, in target units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbreg.data.frames import as_frame
from nbreg.errors import DataError, OptionError, did_you_mean
from nbreg.joint.moments import moments
from nbreg.joint.spec import JointSpec
from nbreg.joint.units import TargetUnits
from nbreg.networks.forward import predict_rows
from nbreg.networks.gaussians import Gaussians, as_correlation

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class JointPrediction:
    """For each row a distribution of all targets together, or of some given the others; all in target units.

    Attributes
    ----------
    gaussians : Gaussians
        The distributions, in scaled units: normal ones, or mixtures of them.
    units : TargetUnits
        What leads from there to target units.
    rows : pandas.Index
        What the rows are called.
    spec : JointSpec
        The level of intervals and the draws that were asked for.
    known : dict
        The values, ``(n_rows,)``, of those targets that the others are given.

    Where a target is bent (its logarithm is learned, say) or has bounds, quantiles and draws are bent back as all
    predictions are, which keeps them near the range of the train rows; means, deviations and covariances are those of
    many points that are: see `moments`. `Regressor.predict` bends back the mean itself, which is then near the median.
    """

    gaussians: Gaussians
    units: TargetUnits
    rows: Any
    spec: JointSpec
    known: Mapping[str, Floats]

    @property
    def target_names(self) -> tuple[str, ...]:
        return self.units.names

    @property
    def n_rows(self) -> int:
        return self.gaussians.n_rows

    @property
    def mean(self) -> Floats:
        """Means, ``(n_rows, n_targets)``."""
        return self._moments[0]

    @property
    def covariance(self) -> Floats:
        """Covariances, ``(n_rows, n_targets, n_targets)``."""
        return self._moments[1]

    @property
    def deviation(self) -> Floats:
        """Standard deviations, ``(n_rows, n_targets)``."""
        return np.asarray(np.sqrt(np.diagonal(self.covariance, axis1=1, axis2=2)))

    @property
    def correlation(self) -> Floats:
        """Correlations, ``(n_rows, n_targets, n_targets)``."""
        return as_correlation(self.covariance)

    @property
    def noise_correlation(self) -> pd.DataFrame:
        """The correlation that residuals should have, as they are scaled: that of the mean of the rows' covariances.

        (Not the mean of correlations: rows with more noise count for more, as they do among residuals.)
        """
        import pandas as pd

        names = list(self.target_names)
        return pd.DataFrame(as_correlation(self.gaussians.covariance.mean(axis=0)), index=names, columns=names)

    def quantile(self, level: float) -> Floats:
        """Return the values below which each target lies with probability `level`: ``(n_rows, n_targets)``."""
        return self.units.of_scaled(self.gaussians.quantile(level))

    def interval(self, level: float | None = None) -> tuple[Floats, Floats]:
        """Return lower and upper ends, each ``(n_rows, n_targets)``, of the central intervals of each target by itself.

        `level` is how likely a target is to be within; that of `spec` unless given.
        """
        level = self.spec.level if level is None else JointSpec(level=level).level
        return self.quantile((1 - level) / 2), self.quantile((1 + level) / 2)

    def sample(self, n: int, seed: int = 0) -> Floats:
        """Return `n` draws of all targets together for each row, ``(n_rows, n, n_targets)``; a seed repeats them."""
        return self.units.of_scaled(self.gaussians.sample(np.random.default_rng(seed), n))

    @cached_property
    def draws(self) -> pd.DataFrame:
        """The draws that were asked for (``samples``), a column a target, indexed by row and draw."""
        import pandas as pd

        n = self.spec.samples
        values = self.sample(n, self.spec.seed).reshape(-1, len(self.target_names))
        index = pd.MultiIndex.from_product([self.rows, range(n)], names=["row", "draw"])
        return pd.DataFrame(values, index=index, columns=list(self.target_names))

    def given(self, known: Mapping[str, Any] | None = None, /, **more: Any) -> JointPrediction:
        """Return what is predicted of the other targets once some are known.

        Values are in target units: a number, or one a row, ``(n_rows,)``; names that are no identifiers go in a dict,
        ``given({"net rent": 900})``. Raises OptionError and DataError.
        """
        found = {name: self._checked(name, value) for name, value in {**(known or {}), **more}.items()}
        names = [name for name in self.target_names if name in found]
        if len(names) == len(self.target_names):
            raise OptionError("All targets are given: leave one out, to be predicted.")
        at = [self.target_names.index(name) for name in names]
        if not at:
            return self
        scaled = self._units_of(at).to_scaled(np.column_stack([found[name] for name in names]))
        gaussians = self.gaussians.given(dict(zip(at, scaled.T, strict=True)))
        others = [place for place in range(len(self.target_names)) if place not in at]
        return replace(self, gaussians=gaussians, units=self._units_of(others), known={**self.known, **found})

    def log_density(self, observed: Any) -> Floats:
        """Return the logarithm of the density at `observed`, ``(n_rows,)``, by target units; the greater the better.

        `observed` is a table that holds the targets, or an array ``(n_rows, n_targets)``. Where targets are missing it
        is that of the others. Raises DataError.
        """
        values = self._observed(observed)
        density = self.gaussians.log_density(self.units.to_scaled(values))
        return np.asarray(density + np.nansum(self.units.log_slopes(values), axis=1))

    def to_frame(self, level: float | None = None) -> pd.DataFrame:
        """Return a pandas table, a row each: mean, deviation, lower and upper end of the interval of each target."""
        import pandas as pd

        lower, upper = self.interval(level)
        parts = {"mean": self.mean, "deviation": self.deviation, "lower": lower, "upper": upper}
        columns = {
            (name, what): values[:, place]
            for place, name in enumerate(self.target_names)
            for what, values in parts.items()
        }
        return pd.DataFrame(columns, index=self.rows)

    def __repr__(self) -> str:
        from nbreg.joint.card import joint_text

        return joint_text(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from nbreg.joint.card import joint_html

        return {"text/plain": repr(self), "text/html": joint_html(self)}

    @cached_property
    def _moments(self) -> tuple[Floats, Floats]:
        """Means and covariances."""
        return moments(self.gaussians, self.units)

    def _units_of(self, places: list[int]) -> TargetUnits:
        return replace(self.units, at=tuple(self.units.at[place] for place in places))

    def _checked(self, name: str, value: Any) -> Floats:
        if name in self.known:
            raise OptionError(f"{name} is given already.")
        if name not in self.target_names:
            raise OptionError(f'given names "{name}", which is no target.{did_you_mean(name, self.target_names)}')
        try:
            values = np.broadcast_to(np.asarray(value, np.float64), (self.n_rows,))
        except (TypeError, ValueError):
            raise DataError(
                f"given takes for {name} a number, or one for each of {self.n_rows:,} rows; got {value!r}."
            ) from None
        if not np.isfinite(values).all():
            raise DataError(f"given takes finite numbers; for {name} some are missing or infinite.")
        return values

    def _observed(self, observed: Any) -> Floats:
        is_array = isinstance(observed, (np.ndarray, list, tuple))
        columns = observed if is_array else [_column(observed, name) for name in self.target_names]
        values = np.asarray(columns, np.float64) if is_array else np.column_stack(columns)
        values = values[:, None] if values.ndim == 1 else values
        if values.shape != (self.n_rows, len(self.target_names)):
            raise DataError(
                f"Observed values are {self.n_rows:,} rows of {len(self.target_names)} targets "
                f"({', '.join(self.target_names)}); got shape {values.shape}."
            )
        return values


def joint_prediction(regressor: Any, X: Any, choices: Mapping[str, Any]) -> JointPrediction:
    """Return what a regressor's joint head predicts for the rows of `X`; `choices` are those of `JointSpec`.

    Raises DataError, and OptionError where the head predicts no distribution.
    """
    spec = JointSpec(**choices)
    inputs = regressor.encoder_inputs(X)
    gaussians = gaussians_of(regressor, inputs)
    units = TargetUnits(regressor.target_scaler_, tuple(range(len(regressor.target_names_))))
    whole = JointPrediction(gaussians, units, _row_names(X, len(inputs)), replace(spec, given=()), {})
    known = {name: _column(X, name) if value is None else value for name, value in spec.given}
    return whole.given(known) if known else whole


def gaussians_of(regressor: Any, inputs: Any) -> Gaussians:
    """Return the distributions, in scaled units, for encoded inputs ``(n_rows, n_inputs)``. Raises OptionError."""
    outputs = predict_rows(regressor.network_, inputs)
    found: Gaussians | None = regressor.blueprint_.distribution(outputs, len(regressor.target_names_))
    if found is None:
        raise OptionError(
            'This regressor predicts no distribution: train with --joint gaussian (in Python joint="gaussian").'
        )
    return found


def _row_names(X: Any, n_rows: int) -> Any:
    import pandas as pd

    native = getattr(X, "to_native", lambda: X)()
    return native.index if isinstance(native, pd.DataFrame) else pd.RangeIndex(n_rows)


def _column(table: Any, name: str) -> Floats:
    """Return a column of a table as numbers, NaN where it is missing."""
    frame = as_frame(table)
    if name not in frame.columns:
        raise DataError(
            f'The table has no column "{name}" with values of that target.{did_you_mean(name, frame.columns)}'
        )
    try:
        return np.asarray(frame[name].to_numpy(), np.float64)
    except (TypeError, ValueError):
        raise DataError(f'Column "{name}" is to hold numbers, the values of that target.') from None
