"""The estimator of windows: a regressor whose rows are stretches of series, and whose targets are what comes next."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import narwhals as nw
import numpy as np

from nbreg.data.frames import as_frame
from nbreg.data.reading import Floats
from nbreg.data.spec import DataSpec
from nbreg.data.streaming.stored import StoredTable
from nbreg.data.windows.encoder import WindowEncoder
from nbreg.data.windows.spec import WindowSpec
from nbreg.data.windows.windowing import WindowData, prepare_windows, windows_of
from nbreg.errors import DataError, NbregError
from nbreg.estimator_inputs import keyword_signature
from nbreg.forecasting.history import History
from nbreg.forecasting.options import Ahead, forecast_options
from nbreg.forecasting.widths import Widths
from nbreg.options import Option
from nbreg.regressor import Regressor
from nbreg.training.run import Run

if TYPE_CHECKING:
    import keras

    from nbreg.evaluation.evaluation import Evaluation
    from nbreg.forecasting.backtest import Backtest


class Forecaster(Regressor):
    """A network that forecasts series: all targets and all steps ahead at once.

    ``nbreg.forecast(df, target="temp", time="time_hour", window=48, horizon=24)`` makes one and trains it; `predict`
    tells what comes after the end of a table. What it shares with `Regressor` goes by windows: a row is one, and the
    targets are ``temp +1 h``, ``temp +2 h``, ... Explanations, for one, are of windows, and tell how much each column
    counts at each step.

    Parameters
    ----------
    layers : sequence of keras.layers.Layer, optional
        The hidden layers, in place of `network` and its options; the head for the targets is added.
    **options
        All other choices, by name: ``Forecaster().get_params()`` lists them, ``%nnreg forecast --help`` explains.
    """

    of_tables = ()
    may_stream = False

    def __init__(self, *, layers: Sequence[keras.layers.Layer] | None = None, **options: Any):
        super().__init__(layers=layers, **options)

    @classmethod
    def options(cls) -> dict[str, Option]:
        """Return all choices by name."""
        return forecast_options()

    @classmethod
    def table_options(cls) -> dict[str, Option]:
        """Return all choices by name."""
        return forecast_options()

    # Training

    def fit(self, X: Any, y: None = None, *, callbacks: Sequence[keras.callbacks.Callback] = ()) -> Self:
        """Train on a table, whose columns `target`, `time` and the other choices name; there is no `y`.

        Raises DataError and OptionError for what does not fit, TrainingError where the loss runs away.
        """
        if y is not None:
            raise DataError(
                "A forecaster takes its targets from the table: fit(table), with target=... among its choices."
            )
        self.take_table(as_frame(X), {})
        return self.train(callbacks=callbacks)

    def take_table(self, frame: nw.DataFrame[Any] | StoredTable, choices: Mapping[str, Any]) -> Run:
        """Get ready to train on the windows of a table, in memory. Raises DataError and OptionError."""
        frame = frame.read() if isinstance(frame, StoredTable) else frame
        return self.take_windows(prepare_windows(frame, self._data_spec(**choices), WindowSpec.of(vars(self))))

    def window_choices(self) -> tuple[DataSpec, WindowSpec]:
        """Return the choices about the table and about windows."""
        return self._data_spec(), WindowSpec.of(vars(self))

    def take_windows(self, data: WindowData) -> Run:
        """Get ready to train on windows that are prepared. Raises OptionError."""
        self._names_in_order = False
        self.feature_names_in_ = np.array(data.columns, dtype=object)
        self.n_features_in_ = len(data.columns)
        self._widths: Widths | None = None
        return self.take_data(data)

    # Forecasts

    def predict(self, X: Any = None, interval: float | None = None) -> Any:
        """Return what comes after the end of a history, in the caller's kind of frame.

        Parameters
        ----------
        X : table, optional
            The history, with the columns of the training, at least `window` steps of each group; by default the table
            of the training. Rows behind it may say what is known in advance of the steps to forecast: all other columns
            have gaps there.
        interval : float, optional
            Share of the values that are to lie between two further columns for each target (see `Widths`).

        Returns
        -------
        table
            For each group its name, and for each of the `horizon` steps the time, the targets, and, with `interval`,
            ``temp_low`` and ``temp_high``.

        Raises
        ------
        DataError
            Where the history lacks columns, steps or values, or has another step or an unknown group.

        Warns
        -----
        UserWarning
            Where some groups lack steps or values: these are left out.
        """
        self.check_trained()
        share = Ahead.options()["interval"].check(interval)
        history = History.of(self._table() if X is None else as_frame(X), self.window_encoder)
        if history.left_out:
            warnings.warn(f"Left out: {' '.join(history.left_out)}", UserWarning, stacklevel=2)
        predicted = self.predict_inputs(history.inputs())
        columns = self._by_target(predicted)
        if share is not None:
            widths = self.widths_.at(share)
            low, high = (self._within_bounds(predicted + sign * widths) for sign in (-1, 1))
            for end, values in (("low", low), ("high", high)):
                columns |= {f"{name}_{end}": each for name, each in self._by_target(values).items()}
        return history.ahead(columns)

    def predict_frame(self, data: Any, interval: float | None = None) -> Any:
        """Return what comes after the end of the table `data`: see `predict`."""
        return self.predict(data, interval)

    def predict_windows(self, which: str = "test") -> Floats:
        """Return forecasts of the train, validation or test windows, ``(n_windows, n_targets, horizon)``.

        They are in target units, as ``data_.observed(which)`` is, which goes target by target. Raises DataError where
        the table is gone.
        """
        self.check_trained()
        predicted = self.predict_inputs(self._window_data().arrays(which)[0])
        return predicted.reshape(len(predicted), -1, self.window_encoder.horizon)

    def evaluate(self, data: Any = None) -> Evaluation:
        """Return the metrics on all windows of a table, or on the test windows of the training. Raises DataError."""
        from nbreg.evaluation.evaluation import evaluate_rows

        self.check_trained()
        if data is None:
            return self.evaluation_of("test")
        windows = windows_of(as_frame(data), self.data_spec_, WindowSpec.of(vars(self)), self.window_encoder)
        return evaluate_rows(windows, "test", self.predict_inputs(windows.arrays("test")[0]))

    def backtest(self, **options: Any) -> Backtest:
        """Return how such forecasts would have done at origins before: see `nbreg.backtest`. Raises DataError."""
        from nbreg.forecasting.backtest import backtest

        choices = {name: getattr(self, name) for name in self.options()}
        return backtest(self._table(), layers=self.layers, **choices, **options)

    @property
    def window_encoder(self) -> WindowEncoder:
        """What turns windows into inputs."""
        encoder: Any = self.encoder_
        return encoder  # type: ignore[no-any-return]

    @property
    def widths_(self) -> Widths:
        """How wide intervals are, by the validation windows. Raises DataError where there were none."""
        if self._widths is None:
            data = self._window_data()
            if not data.n_rows("validation"):
                raise DataError("Intervals need validation windows, and there were none: validation_fraction was 0.")
            self._widths = Widths.of(data.observed("validation"), self.predict_inputs(data.arrays("validation")[0]))
        return self._widths

    # What differs for windows

    def words(self) -> str:
        """Return one line about this forecaster."""
        encoder = self.window_encoder
        seen, ahead = (encoder.clock.span(steps) for steps in (encoder.window, encoder.horizon))
        targets = ", ".join(self.data_spec_.target)
        return f"Forecast of {targets}, {ahead} ahead from {seen}: {self.blueprint_.words()}"

    def to_keras_script(self, table: str = "table.csv") -> str:
        """Raise NbregError: scripts are of regressors, whose rows are not windows."""
        raise NbregError(
            "A forecast is not told as a script: keep it in a file (%nnreg save), or its network_ as Keras does."
        )

    def __getstate__(self) -> dict[str, Any]:
        self._find_widths()
        return super().__getstate__()

    def _own_record(self) -> dict[str, Any]:
        self._find_widths()
        return {"widths": None if self._widths is None else self._widths.to_lists()}

    def _recall_own(self, record: Mapping[str, Any]) -> None:
        kept = record.get("widths")
        self._widths = None if kept is None else Widths.from_lists(kept)

    def _find_widths(self) -> None:
        """Find the widths while the table is there: what is pickled or saved leaves it behind."""
        data = self.data_
        if self.__sklearn_is_fitted__() and data is not None and data.n_rows("validation"):
            _ = self.widths_

    def _table(self) -> nw.DataFrame[Any]:
        data = self.data_
        if not isinstance(data, WindowData):
            raise DataError("This forecaster came without its table: give the history to go on from, predict(table).")
        return data.table

    def _window_data(self) -> WindowData:
        data = self.data_
        if not isinstance(data, WindowData):
            raise DataError("This forecaster came without its table, and its windows are gone with it.")
        return data

    def _by_target(self, values: Floats) -> dict[str, Floats]:
        """Return ``(n, n_targets * horizon)`` by target, each ``(n, horizon)``."""
        names = self.data_spec_.target
        return dict(zip(names, np.split(values, len(names), axis=1), strict=True))

    def _within_bounds(self, values: Floats) -> Floats:
        bounds = self.target_scaler_.bounds
        return values if bounds is None else np.clip(values, *bounds)


Forecaster.__init__.__signature__ = keyword_signature(forecast_options(), layers=None)  # type: ignore[attr-defined]
