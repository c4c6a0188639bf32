"""The search for the best options: judged by folds of the train rows; the test rows are looked at once, at the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.data.dataset import targets_of, usable_rows
from nbreg.data.frames import Frame
from nbreg.data.spec import DataSpec
from nbreg.data.splitting import Rows, split_rows
from nbreg.errors import DataError, NbregError
from nbreg.evaluation.wording import counted, rounded
from nbreg.networks.blueprint import Blueprint
from nbreg.networks.stack import Stack
from nbreg.options import refuse_unknown
from nbreg.regressor import Regressor
from nbreg.search.asking import Asking
from nbreg.search.conducting import CONDUCTING
from nbreg.search.course import Course
from nbreg.search.fingerprint import fingerprint
from nbreg.search.fold_spec import FoldSpec
from nbreg.search.fold_table import FoldTable
from nbreg.search.hiring import workers_of
from nbreg.search.latest import LATEST
from nbreg.search.pruning import check_comparable
from nbreg.search.scoring import Scoring
from nbreg.search.search import Search
from nbreg.search.searching import Searching
from nbreg.search.space import LAYERS, Space
from nbreg.search.trial_store import opened
from nbreg.search.tune_options import tune_options
from nbreg.search.tune_spec import TuneSpec
from nbreg.search.window_options import NO_SEARCH, refuse_windows
from nbreg.search.worker_spec import WorkerSpec
from nbreg.search.workers import Fit, Workers, done
from nbreg.session import SESSION, as_table, take_up
from nbreg.training.trainers import room_for

if TYPE_CHECKING:
    import keras

#: Kinds of networks that are kept compiled, for some 20 MB each: a search comes back to those that are good.
_MOST_KINDS = 16


def tune(
    data: Any,
    target: str | Sequence[str] = (),
    *,
    layers: Sequence[keras.layers.Layer] | None = None,
    client: Any = None,
    **options: Any,
) -> Search:
    """Search for the best options of a fit, train with them, and return what was found.

    Trials are judged by cross-validation on those rows only that `nbreg.fit` with the same split and seed would train
    and validate on. The first trial has the options given here; the best of all, trained as `nbreg.fit` does, becomes
    the session's latest regressor, and is tested once on the test rows.

    Parameters
    ----------
    data : table
        As `nbreg.fit` takes it.
    target : str or sequence of str
        Columns to predict.
    layers : sequence of keras.layers.Layer, optional
        Hidden layers of your own, in place of `network` and its options, which the space then has none of.
    client : dask.distributed.Client, optional
        Of a cluster that does the trainings.
    **options
        As the flags of ``%nnreg tune``, with underscores: `space`, a line such as ``"hidden=32..512:log,
        dropout=0..0.5, activation=relu|gelu"`` or a dict such as ``{"hidden": (32, 512, "log"), "dropout": (0, 0.5),
        "activation": ["relu", "gelu"]}``; `sampler`, `trials`, `timeout`, `folds`, `metric`, `prune`, `nested`,
        `storage`, `fresh`, `jobs`, `cluster`; and those of ``nbreg.fit``, which hold for all trials that do not say
        otherwise.

    Returns
    -------
    Search
        Of an interrupted one, or of one whose `timeout` came, the best so far, trained all the same. Trials are kept in
        a file: the same call goes on where it was, in another process too.

    Raises
    ------
    DataError, OptionError, FileError
        For what does not fit, as `nbreg.fit`; where a space means nothing, with the place; where trials cannot be kept;
        and where all trials fail.
    """
    refuse_windows(options, NO_SEARCH)
    refuse_unknown(options, tune_options())
    checked = {name: declared.check(options[name]) for name, declared in tune_options().items() if name in options}
    spec = DataSpec.of({**checked, **({"target": target} if target else {})})
    base = {name: value for name, value in checked.items() if name in Regressor.options()}
    if layers is not None:
        base[LAYERS] = list(layers)
    Blueprint.of(Regressor(**base).get_params(deep=False))  # where choices do not fit together, this says so
    frame = as_table(data)
    rows = learned_rows(frame, spec)
    choices = TuneSpec.of(checked).for_rows(len(rows))
    space = Space.of(choices.space, base, len(rows))
    if choices.prune != "no":
        check_comparable(space, base)
    table = FoldTable.of(frame, spec, FoldSpec(folds=choices.folds), rows=rows)
    plan = _Plan(table, space, choices, base, workers_of(WorkerSpec.of(checked), client))
    plan.data_name = str(data) if isinstance(data, str | Path) else plan.data_name
    return plan.carry_out(frame)


def learned_rows(frame: Frame, spec: DataSpec) -> Rows:
    """Return the positions of the rows that a fit trains and validates on: all but its test rows."""
    usable, order, _ = usable_rows(frame, targets_of(frame, spec)[0], spec)
    rows = split_rows(usable, spec, order)
    return np.sort(np.concatenate([rows.train, rows.validation]))


class _Plan:
    """All that a search is to do."""

    def __init__(self, table: FoldTable, space: Space, choices: TuneSpec, base: dict[str, Any], workers: Workers):
        self.table, self.choices, self.base, self.workers = table, choices, base, workers
        self.scoring = Scoring.of(choices.metric, table)
        self.data_name = "df"
        higher = self.scoring.higher_is_better
        self.asking = Asking(space, base, choices.sampler, table.spec.seed, higher)

    def carry_out(self, frame: Frame) -> Search:
        """Return the search, all of it done. Raises DataError where all trials fail."""
        course = Course(0)
        found = Search(self.table.spec.target, self.base, course)
        found.data_name = self.data_name
        with ExitStack() as stack:
            found.study_name, found.storage = self._name(frame), self.choices.storage
            found.searching = stack.enter_context(self._searching(self.table, found.study_name))
            found.nested = [
                stack.enter_context(self._searching(inner, f"{found.study_name}, outer fold {place}"))
                for place, inner in enumerate(self._inner_tables(), start=1)
            ]
            course.n_all = sum(each.n_fits for each in (found.searching, *found.nested)) + len(found.nested)
            _note_resumed(found)
            found.notices.extend(self.workers.notices)
            LATEST.search = found
            title = f"Search for the best {', '.join(found.target)} network"
            CONDUCTING.conductor(course, lambda: self._work(found, frame), title=title, shown=lambda: found)
        if found.best is None and found.trials and all(trial.status == "failed" for trial in found.trials):
            raise DataError(f"All trials failed: {found.trials[0].error}")
        return found

    def _work(self, found: Search, frame: Frame) -> None:
        course = found.course
        course.begin()
        try:
            with self._timed(found), room_for(min(self.asking.space.n_compiled, _MOST_KINDS)):
                self._search(found.searching, course)
                for place, inner in enumerate(found.nested):
                    self._search(inner, course)
                    self._judge_outer(found, place, inner)
            _note_trouble(found)
            self._train_best(found, frame)
        except BaseException:
            course.end(failed=True)
            raise
        course.end()

    def _search(self, searching: Searching, course: Course) -> None:
        """Have the trials of one search done; Ctrl-C ends it as `Course.request_stop` does."""
        n_left = searching.n_fits
        n_before = course.n_done
        try:
            for fit, outcome in self.workers.outcomes(searching.table, searching.fits(), course):
                searching.take(fit, outcome)
                # Of a trial that has ended early the other folds are not done.
                course.n_done = n_before + n_left - searching.n_fits - 1
                course.advance()
        except KeyboardInterrupt:
            course.request_stop()

    def _judge_outer(self, found: Search, place: int, inner: Searching) -> None:
        """Train with what the search in an outer fold found, and judge on what that fold holds out."""
        if found.course.stop_wanted or inner.best is None:
            return
        outcome = done(self.table, Fit(place, inner.best.options, place), found.course.follow)
        if outcome is None:
            found.course.request_stop()
        elif outcome.error:
            found.notices.append(f"What was found in outer fold {place + 1} failed: {outcome.error}")
        else:
            found.nested_scores[place] = self.scoring.value(outcome)
            found.course.advance()

    def _train_best(self, found: Search, frame: Frame) -> None:
        """Train with the best options as a fit does; a stop that came before is none for this.

        Where that fails, what was found is kept, and the failure is said.
        """
        if found.best is None:
            return
        regressor = take_up(frame, **found.best_options)
        if not found.course.stop_wanted:
            found.course.follow(regressor.run_)
        try:
            regressor.train()
        except NbregError as error:
            found.notices.append(f"Training with the best options failed: {error}")
            if not hasattr(regressor, "network_"):
                SESSION.remove(regressor)
                return
        has_test = regressor.data_ is not None and regressor.data_.n_rows("test")
        found.test = regressor.evaluation_of("test") if has_test else None
        found.regressor = regressor

    def _inner_tables(self) -> list[FoldTable]:
        """Return a table for each outer fold, its train rows folded anew; none without ``nested``."""
        if not self.choices.nested:
            return []
        return [
            FoldTable.of(self.table.frame, self.table.spec, self.table.choices, rows=fold.train)
            for fold in self.table.folds
        ]

    @contextmanager
    def _searching(self, table: FoldTable, name: str) -> Iterator[Searching]:
        higher = self.scoring.higher_is_better
        with opened(self.choices.storage, name, higher_is_better=higher, fresh=self.choices.fresh) as store:
            yield Searching(table, self.asking, self.choices, replace(self.scoring), store)

    @contextmanager
    def _timed(self, found: Search) -> Iterator[None]:
        """Ask for an end when the time is over."""
        if self.choices.timeout is None:
            yield
            return

        def end() -> None:
            found.notices.append(f"It ended after the {rounded(self.choices.timeout)} seconds of --timeout.")
            found.course.request_stop()

        timer = threading.Timer(self.choices.timeout, end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _name(self, frame: Frame) -> str:
        """Return what the search is kept under: all that its trials depend on is in it."""
        spec, choices = self.table.spec, self.choices
        known = {
            "nbreg": version("nbreg"),
            "base": sorted(self._told_base().items()),
            "spec": spec,
            "space": self.asking.space.entries,
            "folds": choices.folds,
            "sampler": (choices.sampler, choices.metric, choices.prune, choices.batch),
        }
        return f"{', '.join(spec.target)}: {choices.sampler} {fingerprint(frame, known)}"

    def _told_base(self) -> dict[str, Any]:
        """Return the options of all trials, layers by what they do and not by what they are called."""
        layers = self.base.get(LAYERS)
        return self.base if layers is None else {**self.base, LAYERS: Stack.of_layers(layers).nameless}


def _note_trouble(found: Search) -> None:
    """Say where trials could not be kept: the search has gone on in memory."""
    why = next((each.trouble for each in (found.searching, *found.nested) if each.trouble), "")
    if why:
        found.notices.append(f"Not all trials could be kept in {found.storage} ({why}).")


def _note_resumed(found: Search) -> None:
    """Say in a line what was done before, and how to begin anew."""
    n_kept = sum(each.n_recalled for each in (found.searching, *found.nested))
    n_cut = sum(each.n_resumed for each in (found.searching, *found.nested))
    if n_kept or n_cut:
        cut = f", {counted(n_cut, 'trial')} that {'was' if n_cut == 1 else 'were'} cut done again" if n_cut else ""
        found.notices.append(
            f"It goes on from {counted(n_kept, 'trial')} kept in {found.storage}{cut}; --fresh begins anew."
        )
