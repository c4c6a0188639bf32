"""How an estimator is trained: its choices, the network and the loss that they make, and the run that trains it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import narwhals as nw
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from nbreg.data.dataset import RegressionData, prepare
from nbreg.data.spec import DataSpec
from nbreg.data.streaming.stored import StoredTable
from nbreg.errors import NbregError
from nbreg.estimator_inputs import checked_rows_and_targets, keyword_signature
from nbreg.fit_options import OF_TABLES, fit_options, regressor_options
from nbreg.networks.blueprint import Blueprint
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
from nbreg.training.streamed_arrays import arrays_of

if TYPE_CHECKING:
    import keras
    import pandas as pd

    from nbreg.networks.objective import Objective
    from nbreg.training.run import Start


class NotTrainedError(NbregError, NotFittedError):  # type: ignore[misc]
    """A regressor is used before it is trained, or while it still trains."""


class Trainable(BaseEstimator):  # type: ignore[misc]
    """The half of a regressor that trains: what it was told, what it took, its network and its run.

    Training goes in two steps, so that others can watch: `take_table` or `take_data` gives the run that `train`, in
    whatever thread, then writes to. Between the two, `begin_with` may give weights to begin with.
    """

    #: Choices that `take_table` is given beside the table, and that are none of the estimator's own.
    of_tables: ClassVar[tuple[str, ...]] = OF_TABLES
    #: Whether it can train on a table that stays on disk.
    may_stream: ClassVar[bool] = True

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

    def changed_options(self) -> str:
        """Return the options that are not at their defaults, as flags."""
        known = self.options()
        set_here = {name: getattr(self, name) for name in known if getattr(self, name) != known[name].default}
        return " ".join(known[name].flags(value) for name, value in set_here.items())

    # Training

    def fit(self, X: Any, y: Any, *, callbacks: Sequence[keras.callbacks.Callback] = ()) -> Self:
        """Train on `X`, ``(n_rows, n_features)``, a frame or an array, and `y`, ``(n_rows[, n_targets])``.

        Raises DataError and OptionError for what does not fit, TrainingError where the loss runs away.
        """
        rows, targets, names = checked_rows_and_targets(self, X, y)
        self._names_in_order = True
        self.take_data(prepare(rows, self._data_spec(target=names, test_fraction=0.0), y=targets))
        return self.train(callbacks=callbacks)

    def take_table(self, frame: nw.DataFrame[Any] | StoredTable, choices: Mapping[str, Any]) -> Run:
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
        self.training_ = TrainingSpec.of(vars(self)).for_rows(data.n_rows_in_all("train"))
        self.blueprint_ = Blueprint.of(vars(self)).of_targets(Targets.of(data.target_scaler))
        self.encoder_, self.target_scaler_ = data.encoder, data.target_scaler
        self.training_ = replace(self.training_, objective=self.objective_for(data))
        self.target_names_, self.data_spec_ = tuple(data.target_names), data.spec
        self.n_rows_ = {which: data.n_rows_in_all(which) for which in ("train", "validation", "test")}
        self._data: RegressionData | None = data
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
        return find_learning_rate(self.new_network(), arrays.held, self.training_, seed=seed)

    def _taken(self) -> tuple[Arrays, int]:
        """Return the rows to train on and the seed."""
        data = self._taken_data()
        return arrays_of(data), data.spec.seed

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

    # The run

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

    def steering(self) -> dict[str, Any]:
        """Return what was done to the run while it trained, as options: ``nbreg.fit`` with them tells it again.

        ``rate_change`` is there where the learning rate was changed, ``stop_after`` where the run was stopped after
        one epoch or more. They take the place of options of these names that the run began with.
        """
        run = self.run_
        n_epochs = len(run.history) if run.status == "stopped" else 0
        told = {"rate_change": tuple(map(tuple, run.changes)), "stop_after": n_epochs}
        return {name: value for name, value in told.items() if value}

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

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "network_") and self.run_.ended


Trainable.__init__.__signature__ = keyword_signature(regressor_options(), layers=None)  # type: ignore[attr-defined]
