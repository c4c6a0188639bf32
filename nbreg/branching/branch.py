"""A run taken up again: a training that begins with the weights of an earlier one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from nbreg.branching.replay import weights_after
from nbreg.data.dataset import RegressionData
from nbreg.data.spec import DataSpec
from nbreg.errors import DataError, OptionError
from nbreg.fit_options import OF_TABLES, fit_options, regressor_options
from nbreg.networks.architecture import NetworkChoice, architecture_options
from nbreg.networks.heads.head import HeadChoice, head_options
from nbreg.networks.skip import SkipChoice
from nbreg.networks.stack import Stack
from nbreg.regressor import Regressor
from nbreg.training.losses import target_transform_for
from nbreg.training.run import Run, Start

if TYPE_CHECKING:
    import keras

#: What may change about a network whose weights are taken over.
_FREE = ("activation", "dropout", "l1", "l2")
#: What was done while the run trained; a run that goes on from it begins unsteered.
_OF_ONE_RUN = ("rate_change", "stop_after")
#: How many train rows tell whether a table is the one of then.
_COMPARED_ROWS = 1_000


@dataclass(frozen=True, eq=False)
class Branch:
    """Where a training begins: with the weights that `regressor`, whose run is called `name`, had after `epoch`.

    The optimizer's state, the schedule and the draws of dropout begin anew, as with any warm start.
    """

    regressor: Regressor
    epoch: int
    name: str

    @classmethod
    def of(cls, regressor: Regressor, epoch: int | None, name: str) -> Self:
        """Return the branch from `epoch`, or, for None, from the weights that the regressor has.

        Raises NotTrainedError while it trains, OptionError for an epoch that it did not reach.
        """
        regressor.check_trained()
        n_epochs = len(regressor.run_.history)
        if not n_epochs:
            raise OptionError(f"{name} ended before its first epoch had: there are no weights to go on from.")
        if epoch is not None and not 1 <= epoch <= n_epochs:
            raise OptionError(f"{name} has epochs 1 to {n_epochs:,}; got {epoch:,}.")
        return cls(regressor, epoch or _kept_epoch(regressor), name)

    # Choices

    def choices(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return all options of the new run: those `given`, else those of the run that it goes on from.

        Raises OptionError where one of them would make another table, split, encoding or network.
        """
        known, own = fit_options(), self.own_choices()
        checked = {name: known[name].check(value) for name, value in given.items()}
        for name in _staying():
            if name in checked and checked[name] != own[name]:
                raise OptionError(self._must_stay(name, own[name], checked[name]))
        chosen = own | checked
        self._check_loss(chosen)
        return chosen

    def own_choices(self) -> dict[str, Any]:
        """Return the options of the run that is gone on from, without what was done to it by hand."""
        known, of = fit_options(), self.regressor
        own = {name: each.check(getattr(of, name)) for name, each in regressor_options().items()}
        own |= {name: getattr(of.data_spec_, name) for name in OF_TABLES}
        return own | {name: known[name].default for name in _OF_ONE_RUN}

    def layers(self, given: Sequence[keras.layers.Layer] | None) -> Sequence[keras.layers.Layer] | None:
        """Return the hidden layers of the user's own, if any. Raises OptionError where others are given."""
        of = self.regressor.blueprint_.architecture
        if given is not None and (not isinstance(of, Stack) or Stack.of_layers(given).nameless != of.nameless):
            raise OptionError(f"{self.name} has other layers, and its weights fit only those; leave the layers out.")
        return self.regressor.layers

    def _must_stay(self, name: str, own: Any, given: Any) -> str:
        option = fit_options()[name]
        reason = "the rows must be parted and encoded as then" if name in DataSpec.options() else "its weights must fit"
        return (
            f"{name} ({option.flag}) stays {option.code(own)} in a run that goes on from {self.name}, for {reason}; "
            f"got {option.code(given)}."
        )

    def _check_loss(self, chosen: Mapping[str, Any]) -> None:
        then = self.regressor.data_spec_.target_transform
        now = target_transform_for(chosen["loss"], chosen["target_transform"])
        if now != then:
            raise OptionError(
                f"loss={chosen['loss']} takes targets transformed by {now}, and {self.name} has learned them "
                f"transformed by {then}; its weights fit only those."
            )

    # The table

    def lead_into(self, regressor: Regressor) -> None:
        """Have the training of `regressor`, which has taken its table, begin here.

        Raises DataError where the table is not the one of then.
        """
        data = regressor.data_
        assert data is not None  # it has taken its table
        self._check_table(data)
        start = Start(self.name, self.epoch)
        regressor.begin_with(start, lambda run: self._weights(data, run))

    def _weights(self, data: RegressionData, run: Run) -> list[np.ndarray]:
        """Return the weights to begin with; `run` is the one that begins, which may be stopped meanwhile."""
        if self.epoch == _kept_epoch(self.regressor):
            return self.regressor.network_.get_weights()  # type: ignore[no-any-return]
        return weights_after(self.regressor, self.epoch, data, self.name, run)

    def _check_table(self, data: RegressionData) -> None:
        then, now = self.regressor.n_rows_, {which: data.n_rows_in_all(which) for which in self.regressor.n_rows_}
        if then != now:
            raise self._other_table(f"{_counts(then)} then, {_counts(now)} now")
        rows = data.rows.train[:_COMPARED_ROWS]
        frame, targets = data.frame[rows], data.targets[rows]
        try:
            inputs = self.regressor.encoder_.transform(frame)
        except DataError as error:
            raise self._other_table(str(error)) from None
        if not np.array_equal(inputs, data.encoder.transform(frame)):
            raise self._other_table("its features come out as other inputs")
        if not np.array_equal(self.regressor.target_scaler_.transform(targets), data.target_scaler.transform(targets)):
            raise self._other_table("its target has other values")

    def _other_table(self, reason: str) -> DataError:
        return DataError(f"This is not the table that {self.name} was trained on ({reason.rstrip('.')}).")


def _kept_epoch(regressor: Regressor) -> int:
    """Return the epoch whose weights an ended run has left in the network."""
    run = regressor.run_
    assert run.best is not None  # an epoch has ended
    last_was_kept = run.status == "finished" and not regressor.training_.patience
    return run.history[-1].epoch if last_was_kept else run.best.epoch


def _staying() -> list[str]:
    """Return the options that make the rows, the inputs, the targets and the weights what they are."""
    of_data = [name for name in DataSpec.options() if name != "target_transform"]  # which goes by the loss as well
    of_network = [*NetworkChoice.options(), *architecture_options(), *HeadChoice.options(), *head_options()]
    of_network += SkipChoice.options()
    return [*of_data, *(name for name in of_network if name not in _FREE)]


def _counts(n_rows: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {which}" for which, number in n_rows.items()) + " rows"
