"""The object that users hold: a fitted network with its encoder and target scaler, as a scikit-learn estimator."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import Tags

from nbreg.data.dataset import RegressionData, observed_targets
from nbreg.data.frames import as_frame
from nbreg.errors import DataError, FileError
from nbreg.estimator_inputs import rows_as_trained_on
from nbreg.estimator_record import recall, record_of
from nbreg.networks.forward import predict_rows
from nbreg.trainable import Trainable
from nbreg.training.quiet import quiet_start
from nbreg.training.run import Run

if TYPE_CHECKING:
    from nbreg.evaluation.evaluation import Evaluation
    from nbreg.evaluation.report import Report
    from nbreg.joint.prediction import JointPrediction


class Regressor(RegressorMixin, Trainable):  # type: ignore[misc]
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
        ``(n_rows, n_inputs) -> (n_rows, n_outputs)``, from encoded inputs to scaled targets, and, behind these,
        what else the head has to say.
    encoder_, target_scaler_
        What leads from columns to inputs, and from the network's outputs to target units.
    run_ : Run
        The training: its status, history and notes.
    first_weights_ : list of numpy.ndarray or None
        The weights that it began with, where it went on from another run.
    """

    def take_data(self, data: RegressionData) -> Run:
        """Get ready to train on prepared data, and return the run that `train` will write to. Raises OptionError."""
        run = super().take_data(data)
        self._report: Report | None = None
        self._evaluations: dict[str, Evaluation] = {}
        return run

    # Predictions

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

    def predict_joint(self, X: Any, **choices: Any) -> JointPrediction:
        """Return what a joint head predicts for the rows of `X`: for each a distribution of all targets together.

        `choices` are `given`, `level`, `samples` and `seed`, as ``%nnreg joint`` takes them. Raises DataError and
        OptionError.
        """
        from nbreg.joint.prediction import joint_prediction

        return joint_prediction(self, X, choices)

    def encoder_inputs(self, X: Any) -> np.ndarray:
        """Return the network's inputs for the rows of `X`: float32 ``(n_rows, n_inputs)``."""
        self.check_trained()
        return self.encoder_.transform(rows_as_trained_on(self, X, in_order=self._names_in_order))

    def predict_inputs(self, inputs: np.ndarray) -> np.ndarray:
        """Return predictions in target units, ``(n_rows, n_targets)``, for encoded inputs."""
        return self.target_scaler_.inverse_transform(predict_rows(self.network_, inputs))

    # How good it is

    def evaluate(self, data: Any = None) -> Evaluation:
        """Return the metrics on the rows of a table that holds the targets, or on the test rows of the fit.

        Rows without a target are left out. Raises DataError.
        """
        from nbreg.evaluation.evaluation import evaluate

        self.check_trained()
        if data is None:
            return self.evaluation_of("test")
        observed = observed_targets(as_frame(data), self.target_names_)
        complete = np.isfinite(observed).all(axis=1)
        if not complete.any():
            raise DataError("No row of this table has a value in every target: there is nothing to evaluate on.")
        predicted = self.predict_inputs(self.encoder_inputs(data))
        means = self.target_scaler_.train_mean_
        return evaluate(observed[complete], predicted[complete], self.target_names_, means)

    def evaluation_of(self, which: str) -> Evaluation:
        """Return the metrics on the validation or test rows of the fit: computed once, at most. Raises DataError."""
        from nbreg.evaluation.evaluation import evaluate_all, evaluate_rows, is_sampled

        self.check_trained()
        known = self._evaluations | (self._report.evaluations if self._report is not None else {})
        if which in known:
            return known[which]
        data = self._data
        if data is None or not data.n_rows(which):
            raise DataError(f"This regressor holds no {which} rows: give a table to evaluate on.")
        if which == "test" and is_sampled(data, which):
            self._evaluations[which] = evaluate_all(data, which, self.predict_inputs)
        else:
            predicted = self.predict_inputs(data.arrays(which)[0])
            self._evaluations[which] = evaluate_rows(data, which, predicted)
        return self._evaluations[which]

    @property
    def report_(self) -> Report:
        """What the fit came to, beside the baselines: made on first use."""
        self.check_trained()
        if self._report is None:
            self._report = self._make_report()
        return self._report

    def _make_report(self) -> Report:
        from nbreg.evaluation.report import make_report

        if self._data is None:
            raise DataError("This regressor came without its table, so it has no report: fit again to see one.")
        report = make_report(
            self._data,
            self.run_,
            self.predict_inputs,
            network=self.blueprint_.words(),
            n_parameters=self.network_.count_params(),
            training=self.training_.words(),
        )
        self._data.forget_arrays()  # a notebook keeps what its cells returned, and with it these
        return report

    def words(self) -> str:
        """Return one line about this regressor."""
        targets = ", ".join(self.target_names_)
        return f"Regressor of {targets} from {len(self.encoder_.feature_names)} features: {self.blueprint_.words()}"

    # What is kept

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all that prediction needs, and the report, into one file for `load`. Raises FileError."""
        from nbreg.export.bundle import write_bundle

        self.check_trained()
        write_bundle(path, self.network_, self.encoder_, self.target_scaler_, record_of(self))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Regressor:
        """Return the regressor that `save` wrote; no code from the file is run. Raises FileError."""
        from nbreg.export.bundle import read_bundle

        quiet_start()
        network, encoder, target_scaler, about = read_bundle(path)
        kind = _kind(cls, about.get("estimator", "Regressor"), path)
        known = kind.options()
        regressor = kind(**{name: known[name].check(value) for name, value in about["options"].items()})
        regressor.network_, regressor.encoder_, regressor.target_scaler_ = network, encoder, target_scaler
        recall(regressor, about)
        return regressor

    def _own_record(self) -> dict[str, Any]:
        """Return what only this kind of regressor knows, for JSON; `_recall_own` is given it back."""
        return {}

    def _recall_own(self, record: Mapping[str, Any]) -> None:
        """Take back what `_own_record` told."""

    def to_keras_script(self, table: str = "table.csv") -> str:
        """Return a stand-alone Python script (Keras, scikit-learn, pandas) that does the same training.

        `table` is the .csv or .parquet file that the script reads, with the targets among its columns. Raises
        NbregError for what a script cannot tell: a run that went on from another, a Gaussian process, a vae, a smooth
        model beside a network.
        """
        from nbreg.export.keras_script import script_of

        self.check_trained()
        return script_of(self, table)

    # scikit-learn's side

    #: The bundle below says it all; scikit-learn's diagram would stand beside it.
    _repr_html_ = None

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.multi_output = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        # The table stays behind, and so do rows of it that were explained: a pickled regressor predicts, and shows its
        # report if that was made.
        state = {**super().__getstate__(), "_data": None, "_find_weights": None}
        state.pop("explanation_", None)
        return state

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        if not self.__sklearn_is_fitted__() or (self._report is None and self._data is None):
            return super()._repr_mimebundle_(**kwargs)
        from nbreg.plots.card import card

        return card(self.report_)._repr_mimebundle_(**kwargs)


def _kind(asked: type[Regressor], name: str, path: Any) -> type[Regressor]:
    """Return the class of that name among `asked` and those derived from it. Raises FileError."""
    found = next((each for each in (asked, *asked.__subclasses__()) if each.__name__ == name), None)
    if found is None:
        raise FileError(f"{path} holds a {name}, and was to be read as a {asked.__name__}: use nbreg.load.")
    return found
