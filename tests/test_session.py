"""The session's record: numbers and names, regressors put away and revived, and who is told."""

import gc
import threading
import weakref

import keras
import numpy as np
import pandas as pd
import pytest

import nbreg
from nbreg import NbregError
from nbreg.errors import OptionError
from nbreg.session import KEPT, SESSION, Session, take_up

QUICK = {"hidden": (8,), "epochs": 3, "engine": "graph"}


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"x": rng.normal(size=200), "z": rng.normal(size=200)})
    table["y"] = np.sin(table["x"]) + table["z"]
    return table


@pytest.fixture(scope="module")
def fitted(table):
    """Two more than stay as they are, each with a seed of its own."""
    return [nbreg.fit(table, "y", **QUICK, seed=seed) for seed in range(KEPT + 2)]


@pytest.fixture
def session(fitted):
    """A session of its own, whose runs are those fitted."""
    session = Session()
    for each in fitted:
        session.add(each)
    return session


def test_a_run_is_meant_by_number_name_or_regressor(session, fitted):
    second = session.find(2)
    assert second.number == 2
    assert second.name == "run 2"
    for ref in ("2", " 2 ", "run 2", np.int64(2), fitted[1]):
        assert session.find(ref) is second
    session.rename("2", "best  small")
    for ref in ("best small", "run 2", 2):
        assert session.find(ref) is second


@pytest.mark.parametrize("ref", [0, 9, True, None, 2.5, "bset small"])
def test_a_run_that_is_not_there_is_told(session, ref):
    session.rename(2, "best small")
    with pytest.raises(OptionError, match=f'There is no run "{ref}".') as caught:
        session.find(ref)
    assert 'Did you mean "best small"' in str(caught.value) or ref != "bset small"


def test_a_regressor_of_no_session_and_an_empty_session_are_told():
    with pytest.raises(OptionError, match="nothing has been trained yet"):
        Session().find(1)
    with pytest.raises(OptionError, match="none of this session's runs"):
        Session().find(nbreg.Regressor())
    with pytest.raises(NbregError, match="Nothing has been trained yet"):
        _ = Session().latest
    assert Session().runs().empty


@pytest.mark.parametrize("name", ["", "  ", "7", "a@40", "run 1", "run 77", "first", 'two "quotes"'])
def test_a_name_that_would_be_unclear_is_refused(session, name):
    session.rename(3, "first")
    with pytest.raises(OptionError):
        session.rename(2, name)
    assert session.find(2).name == "run 2"


def test_names_may_be_taken_back_and_repeated(session):
    session.rename(2, "best")
    session.rename(2, "best")
    session.rename(2, "run 2")
    session.rename(4, "best")
    assert session.find("best").number == 4


def test_numbers_are_never_used_again(session, fitted):
    session.delete(len(fitted))
    session.delete("run 1")
    assert session.add(fitted[-1]).number == len(fitted) + 1
    assert list(session.runs().index) == [*range(2, len(fitted)), len(fitted) + 1]
    assert session.runs().index.name == "run"


def test_the_latest_is_the_one_used_last(session, fitted):
    assert session.latest is fitted[-1]
    assert session.use("run 2") is fitted[1]
    assert session.latest is fitted[1]
    assert [each.number for each in session.trainings] == list(range(1, len(fitted) + 1))
    session.delete(2)
    assert session.latest is fitted[-1]


def test_a_run_that_trains_is_not_deleted(table, session):
    training = session.add(take_up(table, "y", **QUICK))
    with pytest.raises(OptionError, match="still trains: stop it first"):
        session.delete(training.number)
    assert session.find(training.number) is training
    training.run.finish("stopped")
    session.delete(training.number)
    SESSION.remove(training.regressor)


def test_who_subscribed_is_told_of_every_change(session, table):
    heard = []
    unsubscribe = session.subscribe(lambda told: heard.append((told is session, len(told.trainings))))
    n_runs = len(session.trainings)
    session.rename(1, "other")
    session.use(1)
    session.delete(2)
    assert heard == [(True, n_runs), (True, n_runs), (True, n_runs - 1)]
    unsubscribe()
    session.delete(3)
    assert len(heard) == 3


def test_threads_may_add_and_delete_at_once(fitted, table):
    session = Session()
    regressors = [take_up(table, "y", **QUICK) for _ in range(12)]

    def add_and_delete(regressor):
        number = session.add(regressor).number
        regressor.run_.finish("stopped")
        if number % 2:
            session.delete(number)

    threads = [threading.Thread(target=add_and_delete, args=(each,)) for each in regressors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.number for each in session.trainings) == [2, 4, 6, 8, 10, 12]
    for each in regressors:
        SESSION.remove(each)


# Regressors put away


def test_old_regressors_are_put_away_and_come_back_the_same(table):
    session = Session()
    fitted = [nbreg.fit(table, "y", **QUICK, seed=seed) for seed in range(KEPT + 1)]
    for each in fitted:
        session.add(each)
        SESSION.delete(each)
    expected, gone = fitted[0].predict(table), weakref.ref(fitted[0])
    assert session.find(1).regressor is fitted[0]  # whoever still holds it holds the same
    fitted.clear()
    gc.collect()
    assert gone() is None
    revived = session.find(1).regressor
    np.testing.assert_array_equal(revived.predict(table), expected)
    assert session.find(1).regressor is revived
    assert session.find(revived) is session.find(1)
    assert session.use(1) is revived
    assert revived.evaluate().n_rows == 40  # looked at once, before the table was let go


def test_what_is_put_away_holds_no_table(session, fitted, table):
    training = session.find(1)
    assert training.regressor.data_ is not None
    assert 0 < training.n_bytes_put_away < 100_000
    assert training.regressor is fitted[0]


def test_a_run_that_trains_is_not_put_away(table, fitted):
    session = Session()
    training = session.add(take_up(table, "y", **QUICK))
    for each in fitted:
        session.add(each)
    assert training.n_bytes_put_away == 0
    training.regressor.train()  # the session holds it, though nobody else does
    session.use(2)
    assert training.n_bytes_put_away > 0
    SESSION.remove(training.regressor)


def test_a_regressor_that_cannot_be_pickled_leaves_its_record(table):
    class Mine(keras.layers.Layer):
        def call(self, x):
            return 2 * x

    session = Session()
    own = nbreg.fit(table, "y", layers=[Mine()], epochs=2)
    session.add(own)
    SESSION.delete(own)
    for seed in range(KEPT):
        session.add(nbreg.fit(table, "y", **QUICK, seed=seed))
    del own
    gc.collect()
    with pytest.raises(NbregError, match=r"The regressor of run 1 could not be kept.*train it again"):
        session.use(1)
    assert session.runs().loc[1, "status"] == "finished"
    assert session.find(1).run.history


# What is said of them


def test_choices_and_metrics_outlive_the_regressor(session, fitted, table):
    from sklearn.metrics import r2_score, root_mean_squared_error

    training = session.find(1)
    assert training.n_bytes_put_away  # put away, as later ones were added
    choices = training.choices()
    assert choices["hidden"] == (8,)
    assert choices["target"] == ("y",)
    assert (choices["epochs"], choices["seed"], choices["test_fraction"]) == (3, 0, fitted[0].data_spec_.test_fraction)
    for which, found in (("validation", training.validation), ("test", training.test)):
        rows = table.iloc[fitted[0].data_.rows[which]]
        predicted = fitted[0].predict(rows)
        np.testing.assert_allclose(found["r2"], r2_score(rows["y"], predicted), rtol=1e-5)
        np.testing.assert_allclose(found["rmse"], root_mean_squared_error(rows["y"], predicted), rtol=1e-5)


def test_a_run_that_trains_has_no_metrics_yet(table):
    regressor = take_up(table, "y", **QUICK)
    training = SESSION.find(regressor)
    assert (training.validation, training.test) == (None, None)
    assert training.choices()["epochs"] == 3
    regressor.train()
    assert training.validation.n_rows == regressor.data_.n_rows("validation")


def test_the_number_of_the_latest(session, fitted):
    assert Session().number_of_latest is None
    assert session.number_of_latest == len(fitted)
    session.use(2)
    assert session.number_of_latest == 2
    session.delete(2)
    assert session.number_of_latest == len(fitted)


def test_runs_stand_side_by_side_with_where_they_came_from(table):
    session = Session()
    parent = nbreg.fit(table, "y", **QUICK, learning_rate=0.02)
    session.add(parent)
    session.rename(1, "parent")
    frame = session.runs()
    assert list(frame.columns)[:6] == ["name", "target", "network", "options", "status", "epochs"]
    assert frame.loc[1, "options"] == "--hidden 8 --learning-rate 0.02 --epochs 3 --engine graph"
    branch = nbreg.fit(table, start=(parent, 2), epochs=1)
    session.add(branch, origin=1)
    frame = session.runs()
    assert list(frame["from"]) == ["", "parent @ 2"]
    session.rename(1, "grandparent")
    assert session.runs().loc[2, "from"] == "grandparent @ 2"
    assert not any("second" in column or "time" in column for column in frame.columns)


def test_test_rows_are_evaluated_once(table, monkeypatch):
    session = Session()
    regressor = nbreg.fit(table, "y", **QUICK)
    session.add(regressor)
    looks = []
    predict = type(regressor).predict_inputs
    monkeypatch.setattr(type(regressor), "predict_inputs", lambda self, X: looks.append(len(X)) or predict(self, X))
    for _ in range(3):
        session.runs()
        session.figures()
        regressor.evaluate()
    assert looks == [32, 40]  # validation rows, test rows


def test_figures_are_full_and_name_what_differs(session, fitted):
    from sklearn.metrics import r2_score

    figures = session.figures()
    assert list(figures["seed"]) == list(range(len(fitted)))
    assert "learning_rate" not in figures.columns
    assert figures.loc[1, "best_val_loss"] == fitted[0].run_.best.val_loss
    assert figures.loc[1, "seconds"] == fitted[0].run_.seconds
    rows, data = fitted[0].data_.rows.test, fitted[0].data_
    expected = r2_score(data.targets[rows, 0], fitted[0].predict(data.frame[rows].to_native()))
    assert figures.loc[1, "test_r2"] == pytest.approx(expected)
    assert figures.loc[1, "validation_rmse"] == fitted[0].evaluation_of("validation")["rmse"]


def test_the_public_list_is_the_sessions(table):
    nbreg.fit(table, "y", **QUICK)
    assert nbreg.runs().equals(SESSION.runs())
    assert nbreg.runs().iloc[-1]["target"] == "y"
