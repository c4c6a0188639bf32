"""The runs of one Python session, and the functions that add to them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbreg.branching.branch import Branch
from nbreg.branching.starting import Starting, parted
from nbreg.data.frames import as_frame, read_frame
from nbreg.data.streaming.stored import StoredTable, is_stored
from nbreg.errors import NbregError, OptionError, did_you_mean
from nbreg.fit_options import fit_options
from nbreg.forecasting.forecaster import Forecaster
from nbreg.options import refuse_unknown
from nbreg.record import Training
from nbreg.regressor import Regressor
from nbreg.training.conducting import CONDUCTING
from nbreg.watchers import Watchers

if TYPE_CHECKING:
    import keras
    import pandas as pd


#: How many regressors, those that were used last, stay as they are; older ones are put away.
KEPT = 3

Watcher = Callable[["Session"], None]


class Session:
    """The runs so far. It may be used from several threads at once.

    `trainings` are in the order of their numbers; the list is never changed in place, so that whoever took it may
    go through it at leisure.
    """

    def __init__(self) -> None:
        self.trainings: list[Training] = []
        self._by_use: list[Training] = []  # the latest last
        self._n_begun = 0
        self._watchers: Watchers[Session] = Watchers()
        self._lock = threading.RLock()

    # What there is

    @property
    def latest(self) -> Regressor:
        """The regressor that commands act on. Raises NbregError where there is none."""
        latest = self._latest()
        if latest is None:
            raise NbregError("Nothing has been trained yet: start with %nnreg fit DATA --target COLUMN.")
        return latest.regressor

    @property
    def number_of_latest(self) -> int | None:
        """The number of the run that commands act on; None where there is none."""
        latest = self._latest()
        return None if latest is None else latest.number

    def find(self, ref: Any) -> Training:
        """Return the run that `ref` means: a number, also as text, a name, or its regressor.

        The name that a run began with, such as ``run 3``, means it always. Raises OptionError.
        """
        found = next((each for each in self.trainings if each.is_meant_by(ref)), None)
        if found is not None:
            return found
        if isinstance(ref, Regressor):
            raise OptionError("This regressor is none of this session's runs.")
        if not self.trainings:
            raise OptionError(f'There is no run "{ref}": nothing has been trained yet.')
        known = [str(each.number) for each in self.trainings] + [each.name for each in self.trainings]
        raise OptionError(f'There is no run "{ref}".{did_you_mean(str(ref), known)}')

    def runs(self) -> pd.DataFrame:
        """Return the runs side by side: a row each, with the options that are not at their defaults.

        Where a run went on from another, ``from`` says from which and after which of its epochs.
        """
        import pandas as pd

        listed = self.trainings
        rows = [each.summary() for each in listed]
        if any(row["from"] for row in rows):
            names = {each.number: each.name for each in listed}
            for each, row in zip(listed, rows, strict=True):
                row["from"] = each.origin_words(names)
        else:
            rows = [{key: value for key, value in row.items() if key != "from"} for row in rows]
        return pd.DataFrame(rows, index=_numbers(listed)).fillna("")

    def figures(self) -> pd.DataFrame:
        """Return the runs as `runs` does, for machines: numbers in full, and each option that differs as a column."""
        import pandas as pd

        listed = self.trainings
        rows = [each.figures() for each in listed]
        alike = [name for name in fit_options() if name != "target" and len({repr(row[name]) for row in rows}) < 2]
        return pd.DataFrame(rows, index=_numbers(listed)).drop(columns=alike, errors="ignore")

    def subscribe(self, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher`, with the session, after every change of its list; return a function that ends this.

        It is called by the thread that made the change, and should only take note.
        """
        return self._watchers.add(watcher)

    # What changes it

    def add(self, regressor: Regressor, origin: int | None = None) -> Training:
        """Make `regressor`, whose run has begun or is about to, the latest; `origin` is the run it goes on from."""
        with self._lock:
            known = next((each for each in self.trainings if each.is_meant_by(regressor)), None)
            if known is None:
                self._n_begun += 1
                known = Training(self._n_begun, regressor, origin)
                self.trainings = [*self.trainings, known]
            self._mark_used(known)
        self._settle()
        return known

    def use(self, ref: Any) -> Regressor:
        """Make an earlier run the latest, and return its regressor.

        Raises OptionError where there is none of that name, NbregError where its regressor is gone.
        """
        training = self.find(ref)
        regressor = training.hold()
        with self._lock:
            self._mark_used(training)
        self._settle()
        return regressor

    def rename(self, ref: Any, name: str) -> None:
        """Give a run another name: one line without @ and ", no number, and no other run's. Raises OptionError."""
        with self._lock:
            training = self.find(ref)
            training.name = self._checked_name(training, name)
        self._tell()

    def delete(self, ref: Any) -> None:
        """Forget a run; a name that the notebook has for its regressor stays. Raises OptionError while it trains."""
        training = self.find(ref)
        if not training.run.ended:
            raise OptionError(f"{training.name} still trains: stop it first, then delete it.")
        self._forget(training)

    def remove(self, regressor: Regressor) -> None:
        """Forget a run that came to nothing."""
        for training in self.trainings:
            if training.is_meant_by(regressor):
                self._forget(training)

    def branch(self, start: Any) -> tuple[Branch, int]:
        """Return where a training begins that is to go on from `start`, and the number of the run that this is of.

        `start` is what `find` takes, with ``@EPOCH`` after a name or in a tuple with an epoch. A regressor that is none
        of the session's becomes one. Raises OptionError, NotTrainedError while that run trains, and NbregError where
        its regressor is gone.
        """
        ref, epoch = parted(Starting.options()["start"].check(start))
        regressor = ref if isinstance(ref, Regressor) else self.find(ref).regressor
        if isinstance(regressor, Forecaster):
            raise OptionError("A training cannot go on from a forecast: train it anew, with more epochs.")
        if isinstance(ref, Regressor):
            ref.check_trained()
            training = next((each for each in self.trainings if each.is_meant_by(ref)), None) or self.add(ref)
        else:
            training = self.find(ref)
        return Branch.of(training.regressor, epoch, training.name), training.number

    def _latest(self) -> Training | None:
        known = self.trainings
        return next((each for each in reversed(self._by_use) if each in known), None)

    def _mark_used(self, training: Training) -> None:
        self._by_use = [*(each for each in self._by_use if each is not training), training]

    def _forget(self, training: Training) -> None:
        with self._lock:
            self.trainings = [each for each in self.trainings if each is not training]
            self._by_use = [each for each in self._by_use if each is not training]
        self._tell()

    def _settle(self) -> None:
        """Put away what was not used lately, and tell of the change."""
        for older in self._by_use[:-KEPT]:
            older.put_away()
        self._tell()

    def _checked_name(self, training: Training, name: str) -> str:
        wanted = " ".join(str(name).split())
        if not wanted or wanted.isdigit() or "@" in wanted or '"' in wanted:
            raise OptionError(f'A run\'s name is a line of text without @ and ", and no number; got "{name}".')
        for other in self.trainings:
            if other is not training and other.is_meant_by(wanted):
                raise OptionError(f'"{wanted}" is what run {other.number} is called; names are given once.')
        if Training.number_in(wanted) not in (None, training.number):
            raise OptionError(f'"{wanted}" would be the name of another run; choose another.')
        return wanted

    def _tell(self) -> None:
        self._watchers.tell(self)


#: The one of this process.
SESSION = Session()


def fit(
    data: Any,
    target: str | Sequence[str] = (),
    *,
    start: Any = None,
    layers: Sequence[keras.layers.Layer] | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    background: bool = False,
    **options: Any,
) -> Regressor:
    """Train a network that predicts `target` from the other columns of a table, and return the regressor.

    Parameters
    ----------
    data : pandas, polars or pyarrow table, or the path of a .csv or .parquet file or of a folder of .parquet files
        Parquet files that are large for the free memory are read row group by row group while training; ``stream``
        settles it.
    target : str or several
        Columns to predict.
    start : run to go on from, optional
        A regressor, or a run of this session by its number or name (``3``, ``"best small"``): training begins with
        the weights that it kept, or with those after one of its epochs (``"3@40"``, ``(model, 40)``), which are found
        by training it once more up to there. What is not given is as in that run; the table, the split, the encoding
        and the shape of the network must be. The optimizer, the schedule and the draws of dropout begin anew.
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
    regressor = take_up(data, target, start=start, layers=layers, **options)
    _conduct(regressor, callbacks, background)
    return regressor


def forecast(
    data: Any,
    target: str | Sequence[str] = (),
    *,
    layers: Sequence[keras.layers.Layer] | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    background: bool = False,
    **options: Any,
) -> Forecaster:
    """Train a network that forecasts `target`, all steps ahead at once, and return the forecaster.

    ``forecaster.predict()`` tells what comes after the end of the table.

    Parameters
    ----------
    data : pandas, polars or pyarrow table, or the path of a .csv or .parquet file
    target : str or several
        Columns to forecast.
    layers : sequence of keras.layers.Layer, optional
        Hidden layers of your own, in place of ``network`` and its options.
    callbacks : sequence of keras.callbacks.Callback
    background : bool
        Return at once, and train in a thread; ``forecaster.run_`` tells how far it is.
    **options
        As the flags of ``%nnreg forecast``, with underscores; ``time``, the column of times, is needed, ``group`` where
        the table holds several series, ``window`` and ``horizon`` are the steps seen and the steps ahead.

    Raises
    ------
    NbregError
        As `fit` does, and where times are no equal steps or series are too short.
    """
    regressor = take_up(data, target, layers=layers, estimator=Forecaster, **options)
    assert isinstance(regressor, Forecaster)  # for it was asked for
    _conduct(regressor, callbacks, background)
    return regressor


def _conduct(regressor: Regressor, callbacks: Sequence[keras.callbacks.Callback], background: bool) -> None:
    """Have a regressor trained, in front of the user's eyes where there is a notebook."""

    def work() -> None:
        try:
            regressor.train(callbacks=callbacks)
        except BaseException:
            if not hasattr(regressor, "network_"):
                SESSION.remove(regressor)
            raise

    try:
        CONDUCTING.conductor(
            regressor.run_,
            work,
            title=f"{', '.join(regressor.data_spec_.target)} · {regressor.blueprint_.words()}",
            final=lambda: regressor,
            background=background,
        )
    except NbregError as error:
        if hasattr(regressor, "network_"):
            error.regressor = regressor  # with the best weights that it had reached
        raise


def take_up(data: Any, target: str | Sequence[str] = (), **arguments: Any) -> Regressor:
    """Return a regressor that has all but its training behind it, and make it the session's latest.

    The arguments are those of `draft`; ``regressor.train()``, in a thread of the caller's choice, does the rest.
    Raises NbregError where the table or an option does not fit.
    """
    regressor, origin = draft(data, target, **arguments)
    SESSION.add(regressor, origin)
    return regressor


def draft(
    data: Any,
    target: str | Sequence[str] = (),
    *,
    start: Any = None,
    layers: Sequence[keras.layers.Layer] | None = None,
    estimator: type[Regressor] = Regressor,
    **options: Any,
) -> tuple[Regressor, int | None]:
    """Return a regressor that has all but its training behind it, and the number of the run that it goes on from.

    The arguments are those of `fit`, or, for a Forecaster as `estimator`, those of `forecast`. The session takes no
    note of it. Raises NbregError where the table or an option does not fit.
    """
    refuse_unknown(options, estimator.table_options())
    choices = options if isinstance(target, tuple) and not target else {**options, "target": target}
    branch, origin = (None, None) if start is None else SESSION.branch(start)
    if branch is not None:
        choices, layers = branch.choices(choices), branch.layers(layers)
    of_table = {name: choices[name] for name in estimator.of_tables if name in choices}
    regressor = estimator(layers=layers, **_without(choices, of_table))
    regressor.take_table(
        StoredTable.open(data) if estimator.may_stream and is_stored(data) else as_table(data), of_table
    )
    if branch is not None:
        branch.lead_into(regressor)
    return regressor, origin


def runs() -> pd.DataFrame:
    """Return the session's runs side by side, a row each, by their numbers."""
    return SESSION.runs()


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


def _without(choices: Mapping[str, Any], taken: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in choices.items() if name not in taken}


def _numbers(listed: Sequence[Training]) -> pd.Index[int]:
    import pandas as pd

    return pd.Index([each.number for each in listed], name="run", dtype="int64")
