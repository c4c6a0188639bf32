"""Where trials are kept, so that a search goes on after a break: an Optuna study in SQLite, or nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbreg.errors import FileError
from nbreg.fit_options import fit_options
from nbreg.search.asking import Asking, quiet_optuna
from nbreg.search.entries import text_of
from nbreg.search.trial import DONE, FAILED, PRUNED, RUNNING, Trial

if TYPE_CHECKING:
    import optuna


class TrialStore:
    """Keeps nothing: the search is in memory only. `trouble` says why trials could not be kept, where that was so."""

    trouble = ""

    def trials(self, asking: Asking) -> dict[int, Trial]:
        """Return the trials that are kept, by number; those that were cut are under way."""
        return {}

    def begin(self, trial: Trial, asking: Asking) -> None:
        """Keep a trial that is about to begin."""

    def end(self, trial: Trial) -> None:
        """Keep what came of a trial."""

    def close(self) -> None:
        """Let go of the file."""


class StudyStore(TrialStore):
    """Keeps trials in an Optuna study of a database; Optuna's own tools read it too.

    Each trial is one row from its beginning on, with all its parameters; one whose process was killed is found under
    way. Of two that were kept under one number, by two kernels at once, the first that ended counts.
    """

    def __init__(self, storage: optuna.storages.RDBStorage, name: str, higher_is_better: bool):
        self._storage, self._name = storage, name
        self._study = _study_of(storage, name, higher_is_better)
        self._ids: dict[int, int] = {}

    def trials(self, asking: Asking) -> dict[int, Trial]:
        found: dict[int, Trial] = {}
        for each in self._storage.get_all_trials(self._study, deepcopy=False):
            trial = _recalled(each, asking)
            if trial is not None and (trial.number not in found or found[trial.number].status == RUNNING):
                found[trial.number], self._ids[trial.number] = trial, each._trial_id
        return found

    def begin(self, trial: Trial, asking: Asking) -> None:
        if trial.number not in self._ids:
            with self._tried():
                self._begin(trial, asking)

    def end(self, trial: Trial) -> None:
        if trial.number in self._ids:  # else its beginning could not be kept
            with self._tried():
                self._end(trial)

    @contextmanager
    def _tried(self) -> Iterator[None]:
        """Keep what can be kept: a search does not end for a full disk, or a file that was locked or taken away."""
        import optuna
        import sqlalchemy.exc

        try:
            yield
        except (sqlalchemy.exc.SQLAlchemyError, optuna.exceptions.StorageInternalError, KeyError) as error:
            self.trouble = self.trouble or _reason(error)

    def _begin(self, trial: Trial, asking: Asking) -> None:
        import optuna

        known, declared = asking.distributions(), fit_options()
        kept = optuna.trial.create_trial(
            state=optuna.trial.TrialState.RUNNING,
            params=dict(trial.params),
            distributions={name: known[name] for name in trial.params},
            user_attrs={
                "number": trial.number,
                "options": {
                    name: text_of(declared[name], value) for name, value in trial.options.items() if name in declared
                },
            },
        )
        self._ids[trial.number] = self._storage.create_new_trial(self._study, template_trial=kept)

    def _end(self, trial: Trial) -> None:
        import optuna

        number = self._ids[trial.number]
        try:
            for name, value in _record(trial).items():
                self._storage.set_trial_user_attr(number, name, value)
            state = {DONE: "COMPLETE", PRUNED: "PRUNED", FAILED: "FAIL"}[trial.status]
            values = [trial.score] if trial.is_done else None
            self._storage.set_trial_state_values(number, optuna.trial.TrialState[state], values)
        except optuna.exceptions.UpdateFinishedTrialError:
            return  # another kernel, at the same search, was first: it has the same

    def close(self) -> None:
        self._storage.remove_session()
        self._storage.engine.dispose()


@contextmanager
def opened(place: str | None, name: str, *, higher_is_better: bool, fresh: bool) -> Iterator[TrialStore]:
    """Open the trials of the search called `name` in a file, or in memory for None; `fresh` forgets those there are.

    Raises FileError where the file cannot be used.
    """
    if place is None:
        yield TrialStore()
        return
    with quiet_optuna():
        store = _open(place, name, higher_is_better, fresh)
    try:
        yield store
    finally:
        store.close()


def _open(place: str, name: str, higher_is_better: bool, fresh: bool) -> StudyStore:
    import optuna
    import sqlalchemy.exc

    address = place if "://" in place else f"sqlite:///{_file(place)}"
    try:
        storage = optuna.storages.RDBStorage(address, engine_kwargs={"connect_args": {"timeout": 60}})
        if fresh:
            _forget(storage, name)
        return StudyStore(storage, name, higher_is_better)
    except (sqlalchemy.exc.SQLAlchemyError, optuna.exceptions.StorageInternalError, RuntimeError, ImportError) as error:
        raise _cannot_be_kept(place, _reason(error)) from None


def _file(place: str) -> Path:
    """Return the path of a file. Raises FileError where it is a folder, or its folder is not there."""
    path = Path(place).expanduser()
    if path.is_dir():
        raise _cannot_be_kept(place, "that is a folder")
    if not path.parent.is_dir():
        raise _cannot_be_kept(place, f'there is no folder "{path.parent}"')
    return path


def _cannot_be_kept(place: str, why: str) -> FileError:
    return FileError(
        f'Searches cannot be kept in "{place}": {why}. Choose another file, or memory only (--storage none).'
    )


def _reason(error: Exception) -> str:
    return str(error.__cause__ or error).strip().splitlines()[0].rstrip(".")


def _study_of(storage: optuna.storages.RDBStorage, name: str, higher_is_better: bool) -> int:
    import optuna

    direction = optuna.study.StudyDirection.MAXIMIZE if higher_is_better else optuna.study.StudyDirection.MINIMIZE
    try:
        return storage.get_study_id_from_name(name)
    except KeyError:
        return storage.create_new_study([direction], study_name=name)


def _forget(storage: optuna.storages.RDBStorage, name: str) -> None:
    try:
        storage.delete_study(storage.get_study_id_from_name(name))
    except KeyError:
        return  # there is nothing to forget


def _record(trial: Trial) -> dict[str, Any]:
    """Return what Optuna has no place for, as JSON has it."""
    about: dict[str, Any] = {"values": list(trial.values), "seconds": trial.seconds}
    if trial.error:
        about["error"] = trial.error
    if trial.given_up is not None:
        about["given_up"] = list(trial.given_up)
    return about | {f"curve_{fold}": list(curve) for fold, curve in enumerate(trial.curves)}


def _recalled(kept: optuna.trial.FrozenTrial, asking: Asking) -> Trial | None:
    about, state = kept.user_attrs, kept.state.name
    if "number" not in about:
        return None  # no trial of ours
    params = {name: kept.params[name] for name in asking.space.names if name in kept.params}
    trial = Trial(about["number"], asking.options(params) if about["number"] else dict(asking.base), params)
    status = {"COMPLETE": DONE, "PRUNED": PRUNED, "FAIL": FAILED}.get(state)
    if status is None:
        return trial
    curves: list[tuple[float, ...]] = []
    while f"curve_{len(curves)}" in about:
        curves.append(tuple(about[f"curve_{len(curves)}"]))
    given_up = tuple(about["given_up"]) if "given_up" in about else None
    values, seconds, error = tuple(about["values"]), about["seconds"], about.get("error", "")
    return Trial(trial.number, trial.options, params, status, values, tuple(curves), given_up, seconds, error)
