"""How forecasts would have done at origins before, each model trained on what was known then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.data.frames import Frame, as_frame
from nbreg.data.reading import Floats
from nbreg.data.windows.windowing import WindowData, prepare_windows
from nbreg.errors import OptionError, did_you_mean
from nbreg.forecasting import measures, rivals
from nbreg.forecasting.backtest_spec import BacktestSpec
from nbreg.forecasting.forecaster import Forecaster
from nbreg.forecasting.options import forecast_options
from nbreg.forecasting.stretches import Stretches
from nbreg.networks.beside import blend_of, stands_beside
from nbreg.networks.inputs import Inputs
from nbreg.options import refuse_unknown

if TYPE_CHECKING:
    import keras
    import pandas as pd

#: The models, in the order in which they are told.
NETWORK, RIDGE, SEASONAL, PERSISTENCE = MODELS = ("network", "ridge", "seasonal naive", "persistence")


@dataclass(frozen=True, eq=False)
class Backtest:
    """What a backtest found.

    `errors` are forecast - observed in target units of each model, ``(n_windows, n_targets, horizon)``, NaN where
    nothing was observed; `scales` ``(n_windows, n_targets)`` the error of the seasonal naive forecast on the train rows
    of that window's series; `stretches` ``(n_windows,)`` count the origins, `begins` are their first times. `steps`
    are the words for the steps ahead; `network` those for the network; `season` is in steps.
    """

    targets: tuple[str, ...]
    steps: tuple[str, ...]
    begins: tuple[str, ...]
    season: int
    network: str
    errors: dict[str, Floats]
    scales: Floats
    stretches: Any

    def rmse(self, model: str = NETWORK) -> dict[str, float]:
        """Return the root mean squared error of a model over all windows and steps, for each target."""
        return dict(zip(self.targets, measures.rmse(self._of(model)).tolist(), strict=True))

    def rmse_by_step(self, model: str = NETWORK) -> Floats:
        """Return the root mean squared error of a model at each step ahead, ``(n_targets, horizon)``."""
        return measures.rmse_by_step(self._of(model))

    def mase(self, model: str = NETWORK) -> dict[str, float]:
        """Return the mean absolute scaled error of a model, for each target: see `measures.mase`."""
        return dict(zip(self.targets, measures.mase(self._of(model), self.scales).tolist(), strict=True))

    def ratio(self, rival: str = RIDGE) -> dict[str, float]:
        """Return the network's RMSE over that of a rival, for each target: below 1, the network is better."""
        own, other = self.rmse(), self.rmse(rival)
        return {target: own[target] / other[target] for target in self.targets}

    def to_frame(self, by: str | None = None) -> pd.DataFrame:
        """Return a frame with a row for each target and model: RMSE, that of the last step, MASE, ratio to ridge.

        With ``by="step"`` a row for each target and step and a column of RMSE for each model, with ``by="origin"`` one
        for each target and origin. Raises OptionError for another word.
        """
        import pandas as pd

        if by is None:
            return pd.DataFrame(self._rows())
        if by not in ("step", "origin"):
            raise OptionError(f'by takes "step" or "origin"; got {by!r}.{did_you_mean(str(by), ("step", "origin"))}')
        names, tables = self._by_step() if by == "step" else self._by_origin()
        index = pd.MultiIndex.from_product([self.targets, names], names=["target", by])
        return pd.DataFrame({model: table.ravel() for model, table in tables.items()}, index=index).reset_index()

    def _rows(self) -> Iterator[dict[str, Any]]:
        tables = {model: (self.rmse(model), self.rmse_by_step(model)[:, -1], self.mase(model)) for model in MODELS}
        for i, target in enumerate(self.targets):
            for model, (whole, last, scaled) in tables.items():
                against = whole[target] / tables[RIDGE][0][target]
                yield {"target": target, "model": model, "rmse": whole[target], f"rmse {self.steps[-1]}": last[i],
                       "mase": scaled[target], "rmse / ridge": against}  # fmt: skip

    def _by_step(self) -> tuple[Sequence[str], dict[str, Floats]]:
        return self.steps, {model: self.rmse_by_step(model) for model in MODELS}

    def _by_origin(self) -> tuple[Sequence[str], dict[str, Floats]]:
        stretches = range(len(self.begins))
        tables = {
            model: np.array([measures.rmse(self._of(model)[self.stretches == i]) for i in stretches]).T
            for model in MODELS
        }
        return self.begins, tables

    def _of(self, model: str) -> Floats:
        if model not in self.errors:
            raise OptionError(f'There is no model "{model}".{did_you_mean(model, MODELS)}')
        return self.errors[model]

    def __repr__(self) -> str:
        from nbreg.plots.backtest_card import backtest_text

        return str(backtest_text(self))

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        from nbreg.plots.backtest_card import backtest_bundle

        return backtest_bundle(self)


def backtest(
    data: Any,
    target: str | Sequence[str] = (),
    *,
    layers: Sequence[keras.layers.Layer] | None = None,
    **options: Any,
) -> Backtest:
    """Return how forecasts would have done at several origins before, beside those of simpler models.

    The latest rows, ``test_fraction`` of the table, are parted into as many stretches as there are `origins`. Nothing
    after the beginning of a stretch is known to the models that forecast it: all are trained anew for it, on the train
    and the validation rows. The network is trained on the train rows first; the validation rows choose how many epochs
    it takes, the penalties of what stands beside it, and how much of each is blended in (see `Skip`). With these it is
    trained on both. The rivals are ridge regression on the same windows, its penalty chosen alike; the value of a
    season ago; and the last value.

    Parameters
    ----------
    data : table
        As `nbreg.forecast` takes it.
    target : str or sequence of str
        Columns to forecast.
    layers : sequence of keras.layers.Layer, optional
        The hidden layers, in place of `network` and its options.
    **options
        As the flags of ``%nnreg backtest``, with underscores: those of ``nbreg.forecast``, `origins` and `season`.

    Raises
    ------
    DataError, OptionError
        For what does not fit, as `nbreg.forecast`; for stretches that are shorter than the horizon.
    """
    refuse_unknown(options, forecast_options() | BacktestSpec.options())
    of_network = {name: value for name, value in options.items() if name in forecast_options()}
    given = Forecaster(layers=layers, **of_network | ({"target": target} if target else {}))
    chosen = BacktestSpec.of(options)
    stretches = _stretches(given, as_frame(data), chosen.origins)
    season = chosen.season or rivals.usual_season(stretches.grid.clock)
    parts = [_one(given, stretches, i, season) for i in range(chosen.origins)]
    return _joined(parts, given.window_choices()[0].target, stretches, season)


def _stretches(given: Forecaster, table: Frame, n_origins: int) -> Stretches:
    spec, windows = given.window_choices()
    grid = prepare_windows(table, spec, windows).grid
    return Stretches.of(table, grid, spec, windows.horizon, n_origins)


@dataclass(frozen=True, eq=False)
class _Part:
    """What is found of one stretch: errors by model, the scales of the windows' series, and words for the network."""

    errors: dict[str, Floats]
    scales: Floats
    words: str
    steps: tuple[str, ...]


def _one(given: Forecaster, stretches: Stretches, i: int, season: int) -> _Part:
    spec, windows = given.window_choices()
    limits, table = stretches.limits(i, spec), stretches.known_by(i)
    first = prepare_windows(table, spec, windows, limits)
    both = prepare_windows(
        table, replace(spec, validation_fraction=0.0), windows, replace(limits, validation=limits.test)
    )
    network = _twice_trained(given, first, both)
    rows = both.rows.test
    inputs, origins = both.arrays("test")[0], both.origins[rows]
    observed = both.observed("test").reshape(len(rows), -1, windows.horizon)
    forecasts = {
        NETWORK: network.predict_windows("test"),
        RIDGE: rivals.ridge(both, inputs, rivals.ridge_penalty(first)),
        SEASONAL: rivals.seasonal_naive(both, origins, season),
        PERSISTENCE: rivals.persistence(both, origins),
    }
    is_train = both.grid.moments < limits.test
    scales = measures.naive_scales(both.grid, both.window_encoder.n_targets, is_train, season)
    errors = {model: predicted - observed for model, predicted in forecasts.items()}
    steps = tuple(both.window_encoder.horizon_names)
    return _Part(errors, scales[both.grid.groups[origins]], network.blueprint_.words(), steps)


def _twice_trained(given: Forecaster, first: WindowData, both: WindowData) -> Forecaster:
    """Return a forecaster trained on train and validation windows, by what the latter chose for the former."""
    chosen = _like(given)
    chosen.take_windows(first)
    inputs = Inputs.of(first.encoder)
    skip = chosen.blueprint_.skip.prepare(
        chosen.drafted_network(), inputs, *first.arrays("train"), *first.arrays("validation")
    )
    chosen.blueprint_ = replace(chosen.blueprint_, skip=skip)
    chosen.train()
    n_epochs = chosen.run_.best.epoch if chosen.run_.best else 1
    final = _like(given, epochs=chosen.training_.epochs, patience=0, stop_after=n_epochs)
    final.take_windows(both)
    if stands_beside(chosen.network_):
        skip = replace(skip, blend=blend_of(chosen.network_))
    final.blueprint_ = replace(final.blueprint_, skip=skip)
    final.train()
    return final


def _like(given: Forecaster, **changes: Any) -> Forecaster:
    choices: Mapping[str, Any] = {name: getattr(given, name) for name in given.options()}
    return Forecaster(layers=given.layers, **{**choices, **changes})


def _joined(parts: Sequence[_Part], targets: tuple[str, ...], stretches: Stretches, season: int) -> Backtest:
    errors = {model: np.concatenate([part.errors[model] for part in parts]) for model in MODELS}
    counts = [len(part.scales) for part in parts]
    return Backtest(
        targets=targets,
        steps=parts[0].steps,
        begins=stretches.begins,
        season=season,
        network=parts[0].words,
        errors=errors,
        scales=np.concatenate([part.scales for part in parts]),
        stretches=np.repeat(np.arange(len(parts)), counts),
    )
