"""The weights that a run had after one of its epochs, found by telling the run again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from nbreg.data.dataset import RegressionData
from nbreg.errors import NbregError, TrainingError
from nbreg.training.fit import train
from nbreg.training.run import Row, Run
from nbreg.training.streamed_arrays import arrays_of

if TYPE_CHECKING:
    from nbreg.regressor import Regressor


def weights_after(
    regressor: Regressor, epoch: int, data: RegressionData, name: str, listening_to: Run
) -> list[np.ndarray]:
    """Return the weights of `regressor`'s network as they were after `epoch`, in the order of ``get_weights()``.

    Training is deterministic: the same arrays, seed, engine, first weights and changes of the learning rate give the
    same bits, so the run called `name` is told again up to that epoch. Its losses are compared with those on record.
    A request to stop `listening_to` ends it too.

    Raises NbregError where the run cannot be told again, comes out differently, or is stopped.
    """
    _check_can_be_told(regressor, name)
    network = regressor.new_network(data)
    again = Run(regressor.training_.epochs)
    steering = {"rate_change": (), **regressor.steering(), "stop_after": epoch}
    steering["objective"] = regressor.objective_for(data)  # which a file does not keep
    spec = replace(regressor.training_, engine=regressor.run_.engine or "auto", **steering)
    arrays = arrays_of(data)

    def pass_on(outer: Run) -> None:
        if outer.stop_wanted:
            again.request_stop()

    unsubscribe = listening_to.subscribe(pass_on)
    pass_on(listening_to)
    try:
        train(network, arrays, spec, again, seed=data.spec.seed, keep_last=True)
    except TrainingError:
        pass  # then the losses differ, for this one had reached the epoch
    finally:
        unsubscribe()
    _check_came_out_alike(regressor.run_, again, epoch, name)
    return network.get_weights()  # type: ignore[no-any-return]


def _check_can_be_told(regressor: Regressor, name: str) -> None:
    if regressor.had_callbacks_:
        raise NbregError(
            f"{name} was trained with callbacks, whose doings are not on record: its weights after one epoch cannot be "
            "found again. Go on from those that it kept, without @."
        )
    if regressor.run_.start is not None and regressor.first_weights_ is None:
        raise NbregError(
            f"{name} went on from another run, and its file does not hold the weights that it began with: those after "
            "one epoch cannot be found again. Go on from those that it kept, without @."
        )


def _check_came_out_alike(run: Run, again: Run, epoch: int, name: str) -> None:
    told, recorded = again.history[:epoch], run.history[:epoch]
    differs = next((old.epoch for old, new in zip(recorded, told, strict=False) if not _same(old, new)), None)
    if differs is None and len(told) < epoch and again.status == "stopped":
        raise NbregError(f"Stopped before the weights of {name} after epoch {epoch:,} were found; nothing was trained.")
    if differs is not None or len(told) < epoch:
        raise NbregError(
            f"{name} came out differently from epoch {differs or len(told) + 1:,} on when it was told again, so its "
            f"weights after epoch {epoch:,} cannot be found: the table, the processor or the libraries are not those "
            "of then. Go on from the weights that it kept, without @."
        )


def _same(one: Row, other: Row) -> bool:
    """Return whether two epochs reached the same, bit for bit."""
    return np.array_equal(np.array(one, np.float64), np.array(other, np.float64), equal_nan=True)
