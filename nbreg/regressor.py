"""The object that users hold: a fitted network with its encoder and target scaler, as a scikit-learn estimator."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Self

import narwhals as nw
import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils import Tags

from nbreg.data.dataset import RegressionData, observed_targets, prepare
from nbreg.data.frames import as_frame
from nbreg.data.spec import DataSpec
from nbreg.errors import DataError, NbregError
from nbreg.estimator_inputs import checked_rows_and_targets, keyword_signature, rows_as_trained_on
from nbreg.fit_options import regressor_options
from nbreg.networks.architecture import chosen_architecture
from nbreg.networks.build import build_network
from nbreg.networks.forward import predict_rows
from nbreg.networks.inputs import Inputs
from nbreg.networks.stack import Stack
from nbreg.options import refuse_unknown
from nbreg.training.arrays import Arrays
from nbreg.training.engines import validation_batch_size
from nbreg.training.fit import train
from nbreg.training.losses import target_transform_for
from nbreg.training.quiet import quiet_start
from nbreg.training.run import Run
from nbreg.training.spec import TrainingSpec

if TYPE_CHECKING:
    import keras
    import pandas as pd

    from nbreg.evaluation.evaluation import Evaluation
    from nbreg.evaluation.report import Report
    from nbreg.export.script_training import Trained


class NotTrainedError(NbregError, NotFittedError):  # type: ignore[misc]
    """A regressor is used before it is trained, or while it still trains."""


class Regressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A neural-network regressor.

    It is a scikit-learn estimator: ``Regressor(hidden=(64, 32)).fit(X, y).predict(X)``. The rows given to
    `fit` are parted into train and validation rows; the test is the caller's. ``nbreg.fit(df, target=...)``
    makes one from a table, and holds back test rows of its own.

    Parameters
    ----------
    layers : sequence of keras.layers.Layer, optional
        The hidden layers, in place of `network` and its options; the head for the targets is added.
    **options
        All other choices, by name: ``Regressor().get_params()`` lists them, ``%nnreg fit --help`` explains.

    Attributes
    ----------
    network_ : keras.Model
        ``(n_rows, n_inputs) -> (n_rows, n_targets)``, from encoded inputs to scaled targets.
    encoder_, target_scaler_
        What leads from columns to inputs, and from the network's outputs to target units.
    run_ : Run
        The training: its status, history and notes.
    """

    def __init__(self, *, layers: Sequence[keras.layers.Layer] | None = None, **options: Any):
        known = regressor_options()
        refuse_unknown(options, known)
        self.layers = layers
        for name, declared in known.items():
            setattr(self, name, options.get(name, declared.default))

    # Training

    def fit(self, X: Any, y: Any, *, callbacks: Sequence[keras.callbacks.Callback] = ()) -> Self:
        """Train on `X`, ``(n_rows, n_features)``, a frame or an array, and `y`, ``(n_rows[, n_targets])``.

        Raises DataError and OptionError for what does not fit, TrainingError where the loss runs away.
        """
        rows, targets, names = checked_rows_and_targets(self, X, y)
        self._names_in_order = True
        self.take_data(prepare(rows, self._data_spec(target=names, test_fraction=0.0), y=targets))
        return self.train(callbacks=callbacks)

    def take_table(self, frame: nw.DataFrame[Any], choices: Mapping[str, Any]) -> Run:
        """Get ready to train on a table whose targets are among its columns; `choices` are those `OF_TABLES`.

        Returns the run that `train` will write to. Raises DataError and OptionError.
        """
        data = prepare(frame, self._data_spec(**choices))
        self._names_in_order = False
        self.feature_names_in_ = np.array(data.encoder.feature_names, dtype=object)
        self.n_features_in_ = len(self.feature_names_in_)
        return self.take_data(data)

    def take_data(self, data: RegressionData) -> Run:
        """Get ready to train on prepared data, and return the run that `train` will write to. Raises OptionError."""
        self.training_ = TrainingSpec.of(vars(self)).for_rows(data.n_rows("train"))
        self.architecture_ = chosen_architecture(vars(self))
        self.encoder_, self.target_scaler_ = data.encoder, data.target_scaler
        self.target_names_ = tuple(data.target_names)
        self.data_spec_ = data.spec
        self.n_rows_ = {which: data.n_rows(which) for which in ("train", "validation", "test")}
        self._data: RegressionData | None = data
        self._report: Report | None = None
        self.run_ = Run(self.training_.epochs)
        return self.run_

    def _data_spec(self, **of_table: Any) -> DataSpec:
        transform = target_transform_for(self.loss, self.target_transform)
        return DataSpec.of({**vars(self), "target_transform": transform, **of_table})

    def train(self, *, callbacks: Sequence[keras.callbacks.Callback] = ()) -> Self:
        """Build the network and train it, in the calling thread, on what was taken.

        A stopped or failed run keeps its best weights. Raises OptionError where layers do not fit together,
        TrainingError where the loss runs away.
        """
        data = self._data
        assert data is not None  # `take_data` came before
        try:
            self.network_ = self._new_network(data)
        except BaseException as error:
            self.run_.fail(error)
            raise
        arrays = Arrays(*data.arrays("train"), *data.arrays("validation"))
        train(self.network_, arrays, self.training_, self.run_, seed=data.spec.seed, callbacks=callbacks)
        return self

    def _new_network(self, data: RegressionData) -> keras.Model:
        quiet_start()
        inputs = Inputs(data.encoder.n_inputs, tuple(data.encoder.n_levels))
        return build_network(self.architecture_, inputs, len(data.target_names), data.spec.seed)

    # Use

    def predict(self, X: Any) -> np.ndarray:
        """Return predictions in target units: ``(n_rows,)``, or ``(n_rows, n_targets)`` for several targets.

        After ``nbreg.fit`` the columns are found by name and others may stand beside them; after ``fit(X, y)``
        they must be those of that `X`, in order. Raises DataError; NotTrainedError before training.
        """
        predictions = self.predict_inputs(self.encoder_inputs(X))
        return predictions[:, 0] if predictions.shape[1] == 1 else predictions

    def predict_frame(self, data: Any) -> Any:
        """Return predictions in the caller's kind of frame, a column a target; for one target, a series.

        A pandas index is kept.
        """
        frame = as_frame(data)
        predictions = self.predict_inputs(self.encoder_inputs(data))
        columns = [
            nw.new_series(name, predictions[:, i].copy(), backend=frame.implementation)
            for i, name in enumerate(self.target_names_)
        ]
        predicted = frame.with_columns(*columns).select(*self.target_names_)
        return (predicted[self.target_names_[0]] if len(columns) == 1 else predicted).to_native()

    def encoder_inputs(self, X: Any) -> np.ndarray:
        """Return the network's inputs for the rows of `X`: float32 ``(n_rows, n_inputs)``."""
        self.check_trained()
        return self.encoder_.transform(rows_as_trained_on(self, X, in_order=self._names_in_order))

    def predict_inputs(self, inputs: np.ndarray) -> np.ndarray:
        """Return predictions in target units, ``(n_rows, n_targets)``, for encoded inputs."""
        return self.target_scaler_.inverse_transform(predict_rows(self.network_, inputs))

    def evaluate(self, data: Any = None) -> Evaluation:
        """Return the metrics on the rows of a table that holds the targets, or on the test rows of the fit.

        Rows without a target are left out. Raises DataError.
        """
        from nbreg.evaluation.evaluation import evaluate

        self.check_trained()
        if data is None:
            return self._evaluate_test_rows()
        observed = observed_targets(as_frame(data), self.target_names_)
        complete = np.isfinite(observed).all(axis=1)
        if not complete.any():
            raise DataError("No row of this table has a value in every target: there is nothing to evaluate on.")
        predicted = self.predict_inputs(self.encoder_inputs(data))
        return evaluate(observed[complete], predicted[complete], self.target_names_)

    @property
    def history_(self) -> pd.DataFrame:
        """A row an epoch: epoch, loss and val_loss (of scaled targets), learning_rate."""
        import pandas as pd

        self._check_begun()
        return pd.DataFrame([row._asdict() for row in self.run_.history])

    @property
    def data_(self) -> RegressionData | None:
        """The table of the fit, its row sets and arrays; None after loading and unpickling."""
        return getattr(self, "_data", None)

    @property
    def report_(self) -> Report:
        """What the fit came to, beside the baselines: made on first use."""
        self.check_trained()
        if self._report is None:
            self._report = self._make_report()
        return self._report

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all that prediction needs, and the report, into one file for `load`. Raises FileError."""
        from nbreg.export.bundle import write_bundle

        self.check_trained()
        write_bundle(path, self.network_, self.encoder_, self.target_scaler_, self._about())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Regressor:
        """Return the regressor that `save` wrote; no code from the file is run. Raises FileError."""
        from nbreg.export.bundle import read_bundle

        quiet_start()
        network, encoder, target_scaler, about = read_bundle(path)
        known = regressor_options()
        regressor = cls(**{name: known[name].check(value) for name, value in about["options"].items()})
        regressor.network_, regressor.encoder_, regressor.target_scaler_ = network, encoder, target_scaler
        regressor._recall(about)
        return regressor

    def _about(self) -> dict[str, Any]:
        """Return what JSON can keep of this regressor."""
        has_report = self._report is not None or self._data is not None
        return {
            "options": {name: getattr(self, name) for name in regressor_options()},
            "layers": list(self.architecture_.configs) if isinstance(self.architecture_, Stack) else None,
            "data": asdict(self.data_spec_),
            "n_rows": self.n_rows_,
            "features": [str(name) for name in getattr(self, "feature_names_in_", ())],
            "n_features": self.n_features_in_,
            "names_in_order": self._names_in_order,
            "run": self.run_.to_dict(),
            "report": self.report_.to_json() if has_report else None,
        }

    def _recall(self, about: Mapping[str, Any]) -> None:
        """Take back what `_about` kept."""
        from nbreg.evaluation.report import Report

        if about["layers"] is not None:
            self.architecture_ = Stack(tuple(about["layers"]))
            self.layers = self.architecture_.new_layers()
        else:
            self.architecture_ = chosen_architecture(vars(self))
        self.data_spec_ = DataSpec(**about["data"])
        self.target_names_, self.n_rows_ = self.data_spec_.target, dict(about["n_rows"])
        self.training_ = TrainingSpec.of(vars(self)).for_rows(self.n_rows_["train"])
        self.n_features_in_, self._names_in_order = about["n_features"], about["names_in_order"]
        if about["features"]:
            self.feature_names_in_ = np.array(about["features"], dtype=object)
        self.run_ = Run.from_dict(about["run"])
        self._data = None
        self._report = Report.from_json(about["report"]) if about["report"] else None

    def to_keras_script(self, table: str = "table.csv") -> str:
        """Return a stand-alone Python script (Keras, scikit-learn, pandas) that does the same training.

        `table` is the .csv or .parquet file that the script reads, with the targets among its columns.
        """
        from nbreg.export.keras_script import keras_script

        self.check_trained()
        parts = self.network_, self.encoder_, self.target_scaler_, self.data_spec_
        return keras_script(*parts, self._trained(), words=self.architecture_.words(), table=table)

    def _trained(self) -> Trained:
        from nbreg.export.script_training import Trained

        n_validation_rows = self.n_rows_["validation"]
        return Trained(
            spec=self.training_,
            run=self.run_,
            seed=self.data_spec_.seed,
            batch_size=self.training_.batch_size,
            validation_batch_size=validation_batch_size(self.network_, n_validation_rows),
            has_validation=n_validation_rows > 0,
            jit_compile={"xla": True, "graph": False}.get(self.run_.engine or ""),
        )

    def words(self) -> str:
        """Return one line about this regressor."""
        targets = ", ".join(self.target_names_)
        return f"Regressor of {targets} from {len(self.encoder_.feature_names)} features: {self.architecture_.words()}"

    def changed_options(self) -> str:
        """Return the options that are not at their defaults, as flags."""
        known = regressor_options()
        set_here = {name: getattr(self, name) for name in known if getattr(self, name) != known[name].default}
        return " ".join(f"{known[name].flag} {_as_text(value)}" for name, value in set_here.items())

    # scikit-learn's side

    #: The bundle below says it all; scikit-learn's diagram would stand beside it.
    _repr_html_ = None

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.multi_output = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "network_") and self.run_.ended

    def __getstate__(self) -> dict[str, Any]:
        # The table stays behind, and so do rows of it that were explained: a pickled regressor predicts, and shows its
        # report if that was made.
        state = {**super().__getstate__(), "_data": None}
        state.pop("explanation_", None)
        return state

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        if not self.__sklearn_is_fitted__() or (self._report is None and self._data is None):
            return super()._repr_mimebundle_(**kwargs)
        from nbreg.plots.card import card

        return card(self.report_)._repr_mimebundle_(**kwargs)

    # What must have been

    def _check_begun(self) -> None:
        if not hasattr(self, "run_"):
            raise NotTrainedError("This regressor has not been trained yet: call fit(X, y) first.")

    def check_trained(self) -> None:
        """Raise NotTrainedError unless training has come to an end."""
        self._check_begun()
        if not self.run_.ended:
            raise NotTrainedError(
                f"This regressor is still training (epoch {len(self.run_.history)} of {self.run_.epochs}): "
                "wait with run_.wait(), or stop it with run_.request_stop()."
            )

    def _test_data(self) -> RegressionData:
        if self._data is None or not self._data.n_rows("test"):
            raise DataError("This regressor holds no test rows: give a table to evaluate on.")
        return self._data

    def _evaluate_test_rows(self) -> Evaluation:
        if self._report is not None and "test" in self._report.evaluations:
            return self._report.evaluations["test"]
        from nbreg.evaluation.evaluation import evaluate

        data = self._test_data()
        predicted = self.predict_inputs(data.arrays("test")[0])
        return evaluate(data.observed("test"), predicted, self.target_names_)

    def _make_report(self) -> Report:
        from nbreg.evaluation.report import make_report

        if self._data is None:
            raise DataError("This regressor came without its table, so it has no report: fit again to see one.")
        report = make_report(
            self._data,
            self.run_,
            self.predict_inputs,
            network=self.architecture_.words(),
            n_parameters=self.network_.count_params(),
            training=self.training_.words(),
        )
        self._data.forget_arrays()  # a notebook keeps what its cells returned, and with it these
        return report


Regressor.__init__.__signature__ = keyword_signature(regressor_options(), layers=None)  # type: ignore[attr-defined]


def _as_text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value)
