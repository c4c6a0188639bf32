"""The search: what is best, on which rows, and that neither breaks nor many jobs change a bit of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading

import numpy as np
import optuna
import pandas as pd
import pytest

import nbreg
from nbreg.errors import DataError, FileError, OptionError, TrainingError
from nbreg.search import searching
from nbreg.search.fold_table import FoldTable
from nbreg.search.search import Search
from nbreg.search.tune_spec import TuneSpec
from nbreg.session import SESSION
from nbreg.training import trainers

#: Each trial takes milliseconds: all have one shape.
SMALL = {
    "engine": "graph",
    "epochs": 3,
    "hidden": (4,),
    "trials": 3,
    "folds": 3,
    "storage": None,
    "space": "learning_rate=1e-4..0.3:log",
}
SECONDS = ["seconds"]

MAKE = """
import numpy as np, pandas as pd
rng = np.random.default_rng(1)
table = pd.DataFrame(rng.normal(size=(120, 2)), columns=["a", "b"])
table["y"] = 2 * table["a"] - table["b"] ** 2 + rng.normal(size=120) / 9
"""


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    names: dict = {}
    exec(MAKE, names)  # the same that a process of its own makes
    return names["table"]


@pytest.fixture
def asked(monkeypatch):
    """The fits that are done: options and fold."""
    calls: list[tuple[dict, int]] = []
    whole = FoldTable.outcome

    def outcome(self, options, fold, **more):
        calls.append((dict(options), fold))
        return whole(self, options, fold, **more)

    monkeypatch.setattr(FoldTable, "outcome", outcome)
    return calls


def scores(search: Search) -> pd.DataFrame:
    return search.to_frame().drop(columns=SECONDS)


@pytest.mark.parametrize("sampler", ["grid", "random", "bayes"])
def test_the_best_is_the_smallest_of_all_and_is_trained(table, sampler):
    search = nbreg.tune(table, "y", sampler=sampler, **SMALL)
    frame = search.to_frame()
    assert list(frame.index) == list(range(4))
    assert set(frame.status) == {"done"}
    best = frame.loc[frame.rmse.idxmin()]
    assert search.best_score == best.rmse == pytest.approx(best[["fold 1", "fold 2", "fold 3"]].mean())
    assert search.best_options["learning_rate"] == best.learning_rate
    assert SESSION.latest is search.regressor
    again = nbreg.fit(table, **search.best_options)
    np.testing.assert_array_equal(again.predict(table), search.regressor.predict(table))
    assert search.test.value("rmse") == again.evaluate().value("rmse")


def test_the_first_trial_has_the_options_that_the_search_began_with(table):
    search = nbreg.tune(table, "y", learning_rate=0.07, **SMALL)
    assert search.default.options["learning_rate"] == 0.07
    checked = nbreg.cross_validate(
        table.iloc[searching_rows(search)], "y", folds=3, epochs=3, hidden=(4,), learning_rate=0.07
    )
    assert search.default.values == pytest.approx(checked.values("rmse"), rel=1e-6)


def test_a_small_table_has_more_folds(table):
    spec = TuneSpec()
    assert [spec.for_rows(n).folds for n in (90, 2_000, 2_001)] == [5, 5, 3]
    assert TuneSpec(folds=4).for_rows(90).folds == 4
    few = nbreg.tune(table, "y", **{**SMALL, "folds": "auto", "trials": 1})
    assert "fold 5" in few.to_frame()
    more = nbreg.tune(pd.concat(26 * [table]), "y", **{**SMALL, "folds": "auto", "trials": 1, "epochs": 1})
    assert "fold 4" not in more.to_frame()


def test_where_rows_do_not_go_into_folds_evenly_all_learn_alike_from_what_is_compiled_once(table, monkeypatch):
    made, compiled, outcomes = trainers._twin_trainer, [], []
    monkeypatch.setattr(trainers, "_twin_trainer", lambda *given: (compiled.append(1), made(*given))[1])
    take = searching.Searching.take
    monkeypatch.setattr(
        searching.Searching, "take", lambda self, fit, outcome: (outcomes.append(outcome), take(self, fit, outcome))
    )
    trainers.clear_trainers()
    search = nbreg.tune(table[:118], "y", **SMALL)
    assert len(searching_rows(search)) == 94
    assert {outcome.n_train for outcome in outcomes} == {62}  # 62, 63 and 63
    assert sum(outcome.n_test for outcome in outcomes[:3]) == 94
    assert len(compiled) == 2  # for the folds, and for all rows


def searching_rows(search) -> np.ndarray:
    folds = search.searching.table.folds
    return np.unique(np.concatenate([np.concatenate([fold.train, fold.test]) for fold in folds]))


def test_a_metric_of_which_more_is_better(table):
    search = nbreg.tune(table, "y", metric="r2", **SMALL)
    assert search.best_score == search.to_frame().r2.max()
    assert search.gain().mean == pytest.approx(search.best_score - search.default_score)


def test_several_targets_count_alike_whatever_their_units(table):
    both = table.assign(z=1000 * table.b)
    search = nbreg.tune(both, ["y", "z"], **{**SMALL, "trials": 1})
    learned = both.iloc[searching_rows(search)]
    alone = nbreg.tune(both.assign(z=table.b), ["y", "z"], **{**SMALL, "trials": 1})
    assert search.default_score == pytest.approx(alone.default_score, rel=1e-4)
    checked = nbreg.cross_validate(learned, ["y", "z"], folds=3, epochs=3, hidden=(4,))
    parts = [checked.mean("rmse", name) / np.std(learned[name]) for name in ("y", "z")]
    assert search.default_score == pytest.approx(np.mean(parts), rel=1e-5)


@pytest.mark.parametrize("split", ["random", "time", "group"])
def test_the_test_rows_have_no_say_in_the_search(table, split):
    more = {"time": {"time": "day"}, "group": {"group": "where"}}.get(split, {})
    table = table.assign(day=np.arange(120) // 2, where=np.arange(120) % 12)
    plain = nbreg.tune(table, "y", split=split, **more, **SMALL)
    test_rows = plain.regressor.data_.rows.test
    assert not set(test_rows) & set(searching_rows(plain))
    assert len(test_rows) + len(searching_rows(plain)) == len(table)
    poisoned = table.copy()
    poisoned.loc[test_rows, ["a", "b", "y"]] = -1e6
    other = nbreg.tune(poisoned, "y", split=split, **more, **SMALL)
    pd.testing.assert_frame_equal(scores(plain), scores(other), check_exact=True)
    assert other.test.value("rmse") > 1e5


def test_a_nested_estimate_is_that_of_a_search_in_each_fold_by_hand(table):
    table = pd.concat([table, 0.9 * table[:15]], ignore_index=True)  # inner folds all learn from 48 rows
    search = nbreg.tune(table, "y", nested=True, **{**SMALL, "trials": 2})
    rows = table.iloc[searching_rows(search)].reset_index(drop=True)
    place = {row: i for i, row in enumerate(searching_rows(search))}
    outer = []
    for fold in search.searching.table.folds:
        train, held_out = ([place[row] for row in part] for part in (fold.train, fold.test))
        by_rate = {}
        for trial in search.trials:
            options = {"epochs": 3, "hidden": (4,), "learning_rate": trial.options.get("learning_rate", 0.01)}
            checked = nbreg.cross_validate(rows.iloc[train], "y", folds=3, **options)
            by_rate[options["learning_rate"]] = checked.mean("rmse")
        best = min(by_rate, key=by_rate.get)
        regressor = nbreg.Regressor(epochs=3, hidden=(4,), learning_rate=best)
        regressor.fit(rows.iloc[train][["a", "b"]], rows.iloc[train]["y"])
        predicted = regressor.predict(rows.iloc[held_out][["a", "b"]])
        outer.append(np.sqrt(np.mean((predicted - rows.iloc[held_out]["y"]) ** 2)))
    assert list(search.nested_scores.values()) == pytest.approx(outer, rel=1e-5)
    assert search.nested_interval.mean == pytest.approx(np.mean(outer), rel=1e-5)


@pytest.mark.parametrize(
    "more",
    [
        {"sampler": "random"},
        {"sampler": "bayes", "batch": 3},
        {"prune": True, "batch": 2},
        {"prune": "hyperband", "epochs": 9},
    ],
)
def test_more_jobs_give_the_same_bits(table, more):
    one = nbreg.tune(table, "y", **{**SMALL, "epochs": 30, "trials": 7, **more})
    two = nbreg.tune(table, "y", jobs=2, **{**SMALL, "epochs": 30, "trials": 7, **more})
    pd.testing.assert_frame_equal(scores(one), scores(two), check_exact=True)


# What goes wrong


def test_a_trial_that_fails_is_recorded_and_does_not_end_the_search(table):
    search = nbreg.tune(table, "y", sampler="grid", **{**SMALL, "space": "learning_rate=0.01|1e30, optimizer=sgd"})
    frame = search.to_frame()
    assert (frame.status == "failed").sum() == 1
    failed = frame[frame.status == "failed"].iloc[0]
    assert failed.learning_rate == 1e30
    assert failed.error
    assert np.isnan(failed.rmse)
    assert search.best_options.get("learning_rate", 0.01) == 0.01


def test_where_all_fail_the_search_says_why(table):
    with pytest.raises(DataError, match="All trials failed: "):
        nbreg.tune(table, "y", **{**SMALL, "optimizer": "sgd", "learning_rate": 1e30, "space": "patience=3|4"})


def test_pruned_trials_are_never_best(table):
    search = nbreg.tune(table, "y", prune=True, **{**SMALL, "epochs": 40, "trials": 12})
    frame = search.to_frame()
    assert (frame.status == "pruned").any()
    assert frame[frame.status == "pruned"].rmse.isna().all()
    assert search.to_frame().loc[search.best.number].status == "done"
    for trial in search.trials:
        if trial.status == "pruned":
            fold, epoch = trial.given_up
            assert len(trial.curves) == fold + 1
            assert len(trial.curves[fold]) == epoch > 20


@pytest.mark.parametrize("more", [{"sampler": "bayes"}, {"sampler": "random", "folds": 1}])
def test_a_search_by_hyperband_gives_up_some_early_and_the_best_is_one_that_went_to_its_end(table, asked, more):
    choices = {**SMALL, "epochs": 9, "trials": 16, "prune": "hyperband", **more}
    search = nbreg.tune(table, "y", **choices)
    n_folds = more.get("folds", 3)
    pruned = [trial for trial in search.trials if trial.status == "pruned"]
    assert pruned
    assert search.trials[0].status == search.trials[search.best.number].status == "done"
    assert search.best_score == search.to_frame().query("status == 'done'").rmse.min()
    n_trained = {trial.number: len(trial.curves) for trial in search.trials}
    assert len(asked) == sum(n_trained.values()) <= len(search.trials) * n_folds
    # After one, three or nine ninths of the epochs, the last of which is the end of a fold.
    assert {trial.given_up for trial in pruned} <= {(0, 1), (0, 3), (0, 9)}


def test_prune_is_said_in_words_or_by_yes_and_no(table):
    spec = TuneSpec.options()["prune"]
    assert [spec.check(value) for value in (False, True, "no", "median", "hyperband")] == [
        "no", "median", "no", "median", "hyperband"
    ]  # fmt: skip
    with pytest.raises(OptionError, match=r'got .hyperbant.\. Did you mean "hyperband"'):
        nbreg.tune(table, "y", prune="hyperbant", **SMALL)
    with pytest.raises(OptionError, match="losses of trials do not compare: leave out --prune"):
        nbreg.tune(table, "y", prune="hyperband", **{**SMALL, "space": "loss=mse|mae"})


def test_mistakes_are_told(table, tmp_path):
    with pytest.raises(OptionError, match=r'no option "trails"\. Did you mean "trials"'):
        nbreg.tune(table, "y", trails=3)
    with pytest.raises(OptionError, match="points, more than"):
        nbreg.tune(table, "y", sampler="grid", storage=None, space="hidden=1..400:1, batch_size=1..400:1")
    (tmp_path / "notes.db").write_text("no database at all, but long enough to be looked at by SQLite" * 20)
    with pytest.raises(FileError, match="Choose another file, or memory only"):
        nbreg.tune(table, "y", **{**SMALL, "storage": str(tmp_path / "notes.db")})
    with pytest.raises(FileError, match=r'there is no folder ".*no folder"\. Choose another file'):
        nbreg.tune(table, "y", **{**SMALL, "storage": str(tmp_path / "no folder" / "notes.db")})
    with pytest.raises(FileError, match="that is a folder"):
        nbreg.tune(table, "y", **{**SMALL, "storage": str(tmp_path)})
    with pytest.raises(DataError, match=r"MSLE is not defined on fold 1 \(there are negative observed values\)"):
        nbreg.tune(table, "y", **{**SMALL, "metric": "msle", "trials": 1})


# What ends early


def test_the_time_is_over(table):
    search = nbreg.tune(table, "y", timeout=1.5, **{**SMALL, "trials": 5000})
    assert search.course.status == "stopped"
    assert 1 < len(search.trials) < 5000
    assert search.regressor is SESSION.latest
    assert any("--timeout" in each for each in search.notices)


def test_a_stop_keeps_the_best_and_trains_it(table, monkeypatch):
    taken: list[int] = []
    whole = searching.Searching.take

    def take(self, fit, outcome):
        whole(self, fit, outcome)
        taken.append(fit.key)
        if len(taken) == 8:  # in the middle of trial 2
            raise KeyboardInterrupt

    monkeypatch.setattr(searching.Searching, "take", take)
    search = nbreg.tune(table, "y", **SMALL)
    assert [trial.status for trial in search.trials] == ["done", "done", "running"]
    assert search.course.status == "stopped"
    assert search.best_score == search.to_frame().rmse.min()
    assert search.regressor is SESSION.latest


def test_a_stop_from_another_thread_ends_the_training_under_way(table, monkeypatch):
    courses = []
    whole = FoldTable.outcome

    def outcome(self, options, fold, *, on_run, **more):
        def stop(run):
            on_run(run)
            courses.append(run)
            if len(courses) == 5:
                thread = threading.Thread(target=found[0].request_stop)
                thread.start()
                thread.join()

        return whole(self, options, fold, on_run=stop, **more)

    found = []
    from nbreg.search import tune as module

    made = module.Course
    monkeypatch.setattr(module, "Course", lambda n: found.append(made(n)) or found[-1])
    monkeypatch.setattr(FoldTable, "outcome", outcome)
    search = nbreg.tune(table, "y", **SMALL)
    assert [trial.status for trial in search.trials] == ["done", "running"]
    assert search.regressor is SESSION.latest


# What is kept


def test_the_same_line_again_does_nothing_twice_and_says_so(table, tmp_path, asked):
    kept = {**SMALL, "storage": str(tmp_path / "kept.db")}
    first = nbreg.tune(table, "y", **kept)
    n_first = len(asked)
    assert n_first == 4 * 3
    second = nbreg.tune(table, "y", **kept)
    assert len(asked) == n_first
    pd.testing.assert_frame_equal(first.to_frame(), second.to_frame(), check_exact=True)
    assert any("4 trials kept in" in each and "--fresh" in each for each in second.notices)
    more = nbreg.tune(table, "y", **{**kept, "trials": 5})
    assert len(asked) == n_first + 2 * 3
    pd.testing.assert_frame_equal(more.to_frame().loc[:3], first.to_frame(), check_exact=True)
    nbreg.tune(table, "y", fresh=True, **kept)
    assert len(asked) == n_first + 2 * 3 + n_first
    nbreg.tune(table, "y", **{**kept, "space": "learning_rate=1e-4..0.2:log"})  # another search
    nbreg.tune(table.assign(y=table.y + 1), "y", **kept)  # and another table
    assert len(asked) == 2 * n_first + 2 * 3 + 2 * n_first


def test_the_file_is_a_study_that_optuna_reads(table, tmp_path):
    place = str(tmp_path / "kept.db")
    search = nbreg.tune(table, "y", **{**SMALL, "storage": place})
    study = optuna.load_study(study_name=search.study_name, storage=f"sqlite:///{place}")
    assert study.best_value == search.best_score
    assert [trial.value for trial in study.trials] == [trial.score for trial in search.trials]
    assert study.trials[3].user_attrs["values"] == list(search.trials[3].values)


def test_a_search_goes_on_where_its_file_fails_in_its_midst(table, tmp_path, monkeypatch):
    whole, calls = optuna.storages.RDBStorage.create_new_trial, []

    def create_new_trial(self, *given, **more):
        calls.append(given)
        if len(calls) > 2:
            raise optuna.exceptions.StorageInternalError("The disk is full.")
        return whole(self, *given, **more)

    monkeypatch.setattr(optuna.storages.RDBStorage, "create_new_trial", create_new_trial)
    search = nbreg.tune(table, "y", **{**SMALL, "storage": str(tmp_path / "kept.db")})
    assert set(search.to_frame().status) == {"done"}
    assert len(search.trials) == 4
    assert any(each.endswith("kept.db (The disk is full).") for each in search.notices)
    monkeypatch.undo()
    again = nbreg.tune(table, "y", **{**SMALL, "storage": str(tmp_path / "kept.db")})
    assert any("2 trials kept" in each for each in again.notices)
    pd.testing.assert_frame_equal(scores(again), scores(search), check_exact=True)


@pytest.mark.parametrize(
    "more", [{"sampler": "bayes"}, {"prune": True, "epochs": 30}, {"prune": "hyperband", "epochs": 9, "trials": 14}]
)
def test_a_search_killed_in_mid_trial_goes_on_with_nothing_lost(table, tmp_path, asked, more):
    options = {**SMALL, "trials": 9, "storage": str(tmp_path / "kept.db"), **more}
    script = MAKE + textwrap.dedent(f"""
        import os, signal
        import nbreg
        from nbreg.search.fold_table import FoldTable
        whole, calls = FoldTable.outcome, []
        def outcome(self, options, fold, **more):
            calls.append(fold)
            if len(calls) > 18 and fold == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            return whole(self, options, fold, **more)
        FoldTable.outcome = outcome
        nbreg.tune(table, "y", **{options!r})
        """)
    killed = subprocess.run([sys.executable, "-c", script], capture_output=True, env=os.environ, timeout=120)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-2000:]
    resumed = nbreg.tune(table, "y", **options)
    n_resumed = len(asked)
    (notice,) = (each for each in resumed.notices if "goes on" in each)
    assert "1 trial that was cut done again" in notice
    whole = nbreg.tune(table, "y", **{**options, "storage": None})
    assert n_resumed < len(asked) - n_resumed  # those that were done were not done again
    pd.testing.assert_frame_equal(scores(resumed), scores(whole), check_exact=True)
    assert set(resumed.to_frame().status) <= {"done", "pruned"}


def test_where_the_best_cannot_be_trained_what_was_found_is_kept(table, monkeypatch):
    before = list(SESSION.trainings)
    whole = nbreg.Regressor.train

    def train(self, **more):
        if any(each.is_meant_by(self) for each in SESSION.trainings):
            raise TrainingError("The loss is not a number.")
        return whole(self, **more)

    monkeypatch.setattr(nbreg.Regressor, "train", train)
    search = nbreg.tune(table, "y", **SMALL)
    assert search.regressor is None
    assert search.best_score == search.to_frame().rmse.min()
    assert "Training with the best options failed: The loss is not a number." in search.notices
    assert SESSION.trainings == before
