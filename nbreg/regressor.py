"""The object that users hold: a fitted network with its encoder and target scaler, as a scikit-learn estimator."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import narwhals as nw
import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils import Tags

from nbreg.data.dataset import RegressionData, observed_targets, prepare
from nbreg.data.frames import as_frame
from nbreg.data.spec import DataSpec
from nbreg.errors import DataError, FileError, NbregError
from nbreg.estimator_inputs import checked_rows_and_targets, keyword_signature, rows_as_trained_on
from nbreg.estimator_record import recall, record_of
from nbreg.fit_options import OF_TABLES, fit_options, regressor_options
from nbreg.networks.blueprint import Blueprint
from nbreg.networks.forward import predict_rows
from nbreg.networks.inputs import Inputs
from nbreg.networks.targets import Targets
from nbreg.options import Option, refuse_unknown
from nbreg.training.arrays import Arrays
from nbreg.training.fit import train
from nbreg.training.losses import target_transform_for
from nbreg.training.quiet import quiet_start
from nbreg.training.range_test import RangeTest, find_learning_rate
from nbreg.training.run import Run
from nbreg.training.spec import TrainingSpec

if TYPE_CHECKING:
    import keras
    import pandas as pd

    from nbreg.evaluation.evaluation import Evaluation
    from nbreg.evaluation.report import Report
    from nbreg.joint.prediction import JointPrediction
    from nbreg.networks.objective import Objective
    from nbreg.training.run import Start


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
        ``(n_rows, n_inputs) -> (n_rows, n_outputs)``, from encoded inputs to scaled targets, and, behind these,
        what else the head has to say.
    encoder_, target_scaler_
        What leads from columns to inputs, and from the network's outputs to target units.
    run_ : Run
        The training: its status, history and notes.
    first_weights_ : list of numpy.ndarray or None
        The weights that it began with, where it went on from another run.
    """

    #: Choices that `take_table` is given beside the table, and that are none of the estimator's own.
    of_tables: ClassVar[tuple[str, ...]] = OF_TABLES

    def __init__(self, *, layers: Sequence[keras.layers.Layer] | None = None, **options: Any):
        known = self.options()
        refuse_unknown(options, known)
        self.layers = layers
        for name, declared in known.items():
            setattr(self, name, options.get(name, declared.default))

    @classmethod
    def options(cls) -> dict[str, Option]:
        """Return the estimator's own choices by name."""
        return regressor_options()

    @classmethod
    def table_options(cls) -> dict[str, Option]:
        """Return all choices of a training on a table by name, those `of_tables` among them."""
        return fit_options()

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
        self.blueprint_ = Blueprint.of(vars(self)).of_targets(Targets.of(data.target_scaler))
        self.encoder_, self.target_scaler_ = data.encoder, data.target_scaler
        self.training_ = replace(self.training_, objective=self.objective_for(data))
        self.target_names_, self.data_spec_ = tuple(data.target_names), data.spec
        self.n_rows_ = {which: data.n_rows(which) for which in ("train", "validation", "test")}
        self._data: RegressionData | None = data
        self._report: Report | None = None
        self._evaluations: dict[str, Evaluation] = {}
        self._find_weights: Callable[[Run], list[np.ndarray]] | None = None
        self.first_weights_: list[np.ndarray] | None = None
        self.had_callbacks_ = False
        self.run_ = Run(self.training_.epochs)
        return self.run_

    def begin_with(self, start: Start, find_weights: Callable[[Run], list[np.ndarray]]) -> None:
        """Have `train` begin with what `find_weights` gives, in the order of ``network_.get_weights()``.

        It is called in the thread that trains, with the run that is about to begin; `start` says where they come from.
        """
        self.run_.start, self._find_weights = start, find_weights

    def _data_spec(self, **of_table: Any) -> DataSpec:
        transform = target_transform_for(self.loss, self.target_transform)
        return DataSpec.of({**vars(self), "target_transform": transform, **of_table})

    def train(self, *, callbacks: Sequence[keras.callbacks.Callback] = ()) -> Self:
        """Build the network and train it, in the calling thread, on what was taken.

        A stopped or failed run keeps its best weights. Raises OptionError where layers do not fit together,
        TrainingError where the loss runs away, and NbregError where the weights to begin with cannot be found.
        """
        arrays, seed = self._taken()
        self.had_callbacks_ = bool(callbacks)
        try:
            self._find_first_weights()
            self.network_ = self.new_network()
        except BaseException as error:
            if self.run_.stop_wanted:
                self.run_.finish("stopped")
            else:
                self.run_.fail(error)
            raise

        def settle() -> None:
            self.blueprint_.settle(self.network_, arrays.x, arrays.y, arrays.x_val, arrays.y_val)

        train(self.network_, arrays, self.training_, self.run_, seed=seed, callbacks=callbacks, settle=settle)
        return self

    def find_learning_rate(self) -> RangeTest:
        """Return the range test that ``learning_rate="auto"`` would go by; `take_table` or `take_data` came before."""
        self._find_first_weights()
        arrays, seed = self._taken()
        return find_learning_rate(self.new_network(), arrays, self.training_, seed=seed)

    def _taken(self) -> tuple[Arrays, int]:
        """Return the rows to train on and the seed."""
        data = self._taken_data()
        return Arrays(*data.arrays("train"), *data.arrays("validation")), data.spec.seed

    def _taken_data(self, other: RegressionData | None = None) -> RegressionData:
        data = other or self._data
        assert data is not None  # `take_data` came before
        return data

    def _find_first_weights(self) -> None:
        if self._find_weights is not None:
            self.first_weights_, self._find_weights = self._find_weights(self.run_), None

    def new_network(self, data: RegressionData | None = None) -> keras.Model:
        """Return a network as `train` begins with, for the inputs and targets of `data`, or of what was taken."""
        data = self._taken_data(data)
        network = self.drafted_network(data)
        if self.first_weights_ is not None:
            network.set_weights(self.first_weights_)
            self.blueprint_.resume(network)
        else:
            inputs = Inputs.of(data.encoder)
            self.blueprint_.prepare(network, inputs, *data.arrays("train"), *data.arrays("validation"))
        return network

    def drafted_network(self, data: RegressionData | None = None) -> keras.Model:
        """Return a network of the shape that `train` begins with."""
        data = self._taken_data(data)
        quiet_start()
        inputs, targets = Inputs.of(data.encoder), Targets.of(data.target_scaler)
        return self.blueprint_.build(inputs, targets, data.spec.seed)

    def objective_for(self, data: RegressionData) -> Objective:
        """Return what training on `data` makes small. Raises OptionError where loss and head do not go together."""
        x, y = data.arrays("train")
        has_gaps = any(bool(np.isnan(data.arrays(which)[1]).any()) for which in ("train", "validation"))
        return self.blueprint_.objective(self.training_.loss, x, y, has_gaps=has_gaps)

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
        from nbreg.evaluation.evaluation import evaluate_rows

        self.check_trained()
        known = self._evaluations | (self._report.evaluations if self._report is not None else {})
        if which in known:
            return known[which]
        data = self._data
        if data is None or not data.n_rows(which):
            raise DataError(f"This regressor holds no {which} rows: give a table to evaluate on.")
        predicted = self.predict_inputs(data.arrays(which)[0])
        self._evaluations[which] = evaluate_rows(data, which, predicted)
        return self._evaluations[which]

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

    def to_keras_script(self, table: str = "table.csv") -> str:
        """Return a stand-alone Python script (Keras, scikit-learn, pandas) that does the same training.

        `table` is the .csv or .parquet file that the script reads, with the targets among its columns. Raises
        NbregError for what a script cannot tell: a run that went on from another, models beside the network.
        """
        from nbreg.export.keras_script import script_of

        self.check_trained()
        return script_of(self, table)

    def words(self) -> str:
        """Return one line about this regressor."""
        targets = ", ".join(self.target_names_)
        return f"Regressor of {targets} from {len(self.encoder_.feature_names)} features: {self.blueprint_.words()}"

    def changed_options(self) -> str:
        """Return the options that are not at their defaults, as flags."""
        known = self.options()
        set_here = {name: getattr(self, name) for name in known if getattr(self, name) != known[name].default}
        return " ".join(known[name].flags(value) for name, value in set_here.items())

    def steering(self) -> dict[str, Any]:
        """Return what was done to the run while it trained, as options: ``nbreg.fit`` with them tells it again.

        ``rate_change`` is there where the learning rate was changed, ``stop_after`` where the run was stopped after
        one epoch or more. They take the place of options of these names that the run began with.
        """
        run = self.run_
        n_epochs = len(run.history) if run.status == "stopped" else 0
        told = {"rate_change": tuple(map(tuple, run.changes)), "stop_after": n_epochs}
        return {name: value for name, value in told.items() if value}

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
        state = {**super().__getstate__(), "_data": None, "_find_weights": None}
        state.pop("explanation_", None)
        return state

    def _own_record(self) -> dict[str, Any]:
        """Return what only this kind of regressor knows, for JSON; `_recall_own` is given it back."""
        return {}

    def _recall_own(self, record: Mapping[str, Any]) -> None:
        """Take back what `_own_record` told."""

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
        if not hasattr(self, "network_"):
            raise NotTrainedError(f"This regressor's training ended before it began ({self.run_.error or 'stopped'}).")

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


def _kind(asked: type[Regressor], name: str, path: Any) -> type[Regressor]:
    """Return the class of that name among `asked` and those derived from it. Raises FileError."""
    found = next((each for each in (asked, *asked.__subclasses__()) if each.__name__ == name), None)
    if found is None:
        raise FileError(f"{path} holds a {name}, and was to be read as a {asked.__name__}: use nbreg.load.")
    return found


Regressor.__init__.__signature__ = keyword_signature(regressor_options(), layers=None)  # type: ignore[attr-defined]
