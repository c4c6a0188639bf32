"""The trainings of one Python session, and the functions that add to them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbreg.data.frames import as_frame, read_frame
from nbreg.errors import NbregError
from nbreg.fit_options import OF_TABLES, fit_options
from nbreg.options import refuse_unknown
from nbreg.regressor import Regressor
from nbreg.training.conducting import CONDUCTING

if TYPE_CHECKING:
    import keras
    import pandas as pd


#: How many regressors the session itself keeps; older ones live on only where the user has a name for them.
KEPT = 3


class Training:
    """A line in the session's record. It outlives its regressor, which holds a table's inputs."""

    def __init__(self, regressor: Regressor):
        self._regressor: Regressor | None = regressor
        self._summary: dict[str, Any] = {}

    @property
    def regressor(self) -> Regressor | None:
        """The regressor, as long as the session keeps it."""
        return self._regressor

    def summary(self) -> dict[str, Any]:
        """Return what is said of it side by side with others."""
        return self._summary if self._regressor is None else _summary(self._regressor)

    def let_go(self) -> None:
        """Keep no more than the summary, once the training has ended."""
        if self._regressor is not None and self._regressor.run_.ended:
            self._summary, self._regressor = self.summary(), None


class Session:
    """The trainings so far, oldest first."""

    def __init__(self) -> None:
        self.trainings: list[Training] = []

    @property
    def latest(self) -> Regressor:
        """The regressor that commands act on. Raises NbregError where there is none."""
        found = self.trainings[-1].regressor if self.trainings else None
        if found is None:
            raise NbregError("Nothing has been trained yet: start with %nnreg fit DATA --target COLUMN.")
        return found

    def add(self, regressor: Regressor) -> None:
        """Make `regressor` the latest."""
        self.remove(regressor)
        self.trainings.append(Training(regressor))
        for older in self.trainings[:-KEPT]:
            older.let_go()

    def remove(self, regressor: Regressor) -> None:
        """Forget `regressor`."""
        self.trainings = [each for each in self.trainings if each.regressor is not regressor]

    def runs(self) -> pd.DataFrame:
        """Return the trainings side by side: a row each, with the options that are not at their defaults."""
        import pandas as pd

        rows = [training.summary() for training in self.trainings]
        return pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="run")).fillna("")


#: Metrics that stand for a training among others.
_SUMMARISED = ("r2", "rmse", "mae")

#: The one of this process.
SESSION = Session()


def fit(
    data: Any,
    target: str | Sequence[str] = (),
    *,
    layers: Sequence[keras.layers.Layer] | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    background: bool = False,
    **options: Any,
) -> Regressor:
    """Train a network that predicts `target` from the other columns of a table, and return the regressor.

    Parameters
    ----------
    data : pandas, polars or pyarrow table, or the path of a .csv or .parquet file
    target : str or several
        Columns to predict.
    layers : sequence of keras.layers.Layer, optional
        Hidden layers of your own, in place of ``network`` and its options.
    callbacks : sequence of keras.callbacks.Callback
    background : bool
        Return at once, and train in a thread; ``regressor.run_`` tells how far it is.
    **options
        As the flags of ``%nnreg fit``, with underscores: ``learning_rate=0.01``.

    Raises
    ------
    NbregError
        Where the table, an option or the course of training does not fit; one line says why. A training that
        fails or is stopped keeps its best weights, and is the session's latest all the same.
    """
    refuse_unknown(options, fit_options())
    of_table = {name: options.pop(name) for name in OF_TABLES if name in options}
    regressor = Regressor(layers=layers, **options)
    run = regressor.take_table(as_table(data), {**of_table, "target": target})
    SESSION.add(regressor)
    try:
        CONDUCTING.conductor(
            run,
            lambda: regressor.train(callbacks=callbacks),
            title=f"{', '.join(regressor.target_names_)} · {regressor.architecture_.words()}",
            final=lambda: regressor,
            background=background,
        )
    except NbregError as error:
        if hasattr(regressor, "network_"):
            error.regressor = regressor  # with the best weights that it had reached
        else:
            SESSION.remove(regressor)
        raise
    return regressor


def load(path: str | os.PathLike[str]) -> Regressor:
    """Return the regressor that `Regressor.save` wrote, and make it the session's latest.

    No code from the file is run. Raises FileError where the file is missing, is no bundle, comes from a newer
    version, or was tampered with.
    """
    regressor = Regressor.load(path)
    SESSION.add(regressor)
    return regressor


def as_table(data: Any) -> Any:
    """Return `data`, a table or the path of one, as a narwhals frame. Raises DataError."""
    return read_frame(data) if isinstance(data, (str, Path)) else as_frame(data)


def _summary(regressor: Regressor) -> dict[str, Any]:
    run, best = regressor.run_, regressor.run_.best
    summary = {
        "target": ", ".join(regressor.target_names_),
        "network": regressor.architecture_.words(),
        "options": regressor.changed_options() or "defaults",
        "status": run.status,
        "epochs": len(run.history),
        "validation loss": f"{best.val_loss:.2g}" if best else "",
    }
    return summary | ({} if not run.ended else _test_summary(regressor))


def _test_summary(regressor: Regressor) -> dict[str, str]:
    from nbreg.evaluation.metrics import METRICS

    try:
        test = regressor.evaluate()
    except NbregError:
        return {}
    shown = {name: [METRICS[name].show(test.value(name, target)) for target in test.targets] for name in _SUMMARISED}
    return {f"test {METRICS[name].title}": ", ".join(values) for name, values in shown.items()}
