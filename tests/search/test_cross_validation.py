"""Cross-validation against scikit-learn's on the same folds, and what becomes of folds that fail or never come."""

from __future__ import annotations

import signal
import threading

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GroupKFold, KFold, TimeSeriesSplit, cross_val_predict
from sklearn.model_selection import cross_validate as sklearn_cross_validate

import nbreg
from nbreg.errors import DataError, OptionError
from nbreg.search.conducting import CONDUCTING
from nbreg.search.resampled import corrected_mean

QUICK = {"epochs": 3, "hidden": (8,), "features": ["a", "b", "kind"]}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    n = 90
    frame = pd.DataFrame({
        "a": rng.normal(size=n), "b": rng.normal(size=n), "kind": rng.choice(list("xyz"), n),
        "city": rng.choice([f"city {i}" for i in range(12)], n), "day": rng.permutation(n) // 2,
    })  # fmt: skip
    frame["price"] = 50 + 10 * frame.a + frame.b**2 + (frame.kind == "x") + rng.normal(size=n) * 0.1
    frame["size"] = frame.a - frame.b
    return frame


def inputs(table: pd.DataFrame) -> pd.DataFrame:
    return table[["a", "b", "kind"]]


@pytest.mark.parametrize("target", ["price", ["price", "size"]])
def test_folds_are_judged_as_by_scikit_learn(table: pd.DataFrame, target: str | list[str]):
    found = nbreg.cross_validate(table, target, folds=4, **QUICK)
    regressor = nbreg.Regressor(epochs=3, hidden=(8,))
    expected = sklearn_cross_validate(
        regressor, inputs(table), table[target], cv=found.splits(), scoring=("r2", "neg_mean_absolute_error")
    )
    names = [target] if isinstance(target, str) else target
    for metric, sign, theirs in (("r2", 1, "test_r2"), ("mae", -1, "test_neg_mean_absolute_error")):
        ours = np.mean([found.values(metric, name) for name in names], axis=0)
        np.testing.assert_allclose(ours, sign * expected[theirs], rtol=1e-12)


def test_predictions_are_those_of_the_network_that_did_not_see_the_row(table: pd.DataFrame):
    found = nbreg.cross_validate(table, "price", folds=4, **QUICK)
    expected = cross_val_predict(
        nbreg.Regressor(epochs=3, hidden=(8,)), inputs(table), table["price"], cv=found.splits()
    )
    np.testing.assert_array_equal(found.predictions, expected)


def test_repeats_fold_anew_and_their_predictions_are_averaged(table: pd.DataFrame):
    both = nbreg.cross_validate(table, "price", folds=3, repeats=2, seed=5, **QUICK)
    each = [nbreg.cross_validate(table, "price", folds=3, seed=seed, **QUICK) for seed in (5, 6)]
    np.testing.assert_array_equal(both.values("rmse"), np.concatenate([one.values("rmse") for one in each]))
    np.testing.assert_allclose(both.predictions, np.mean([one.predictions for one in each], axis=0))
    assert [(fold.repeat, fold.number) for fold in both.folds] == [(r, k) for r in range(2) for k in range(3)]


def test_layers_of_the_users_own_are_judged(table: pd.DataFrame):
    import keras

    choices = {"epochs": 3, "features": ["a", "b", "kind"]}
    own = nbreg.cross_validate(table, "price", folds=2, layers=[keras.layers.Dense(8, activation="relu")], **choices)
    assert (
        own.values("rmse").tolist()
        == nbreg.cross_validate(table, "price", folds=2, hidden=8, **choices).values("rmse").tolist()
    )


def test_the_largest_seed_has_others_after_it(table: pd.DataFrame):
    found = nbreg.cross_validate(table, "price", folds=2, repeats=2, seed=2**31 - 1, **QUICK)
    assert [fold.seed for fold in found.folds] == [2**31 - 1] * 2 + [0] * 2
    assert found.failures == {}


def assert_same_folds(found: nbreg.CrossValidation, expected: list[tuple[np.ndarray, np.ndarray]]) -> None:
    for (train, test), (their_train, their_test) in zip(found.splits(), expected, strict=True):
        np.testing.assert_array_equal(train, np.sort(their_train))
        np.testing.assert_array_equal(test, np.sort(their_test))


def test_folds_are_scikit_learns(table: pd.DataFrame):
    found = nbreg.cross_validate(table, "price", folds=3, seed=4, **QUICK)
    assert_same_folds(found, list(KFold(3, shuffle=True, random_state=4).split(table)))


def test_groups_stay_whole(table: pd.DataFrame):
    found = nbreg.cross_validate(table, "price", folds=3, split="group", group="city", **QUICK)
    codes = table.city.map({name: i for i, name in enumerate(dict.fromkeys(table.city))})
    for train, test in found.splits():
        assert not set(table.city[train]) & set(table.city[test])
    sizes = [len(test) for _, test in GroupKFold(3, shuffle=True, random_state=0).split(table, groups=codes)]
    assert sum(sizes) == sum(len(test) for _, test in found.splits()) == len(table)


def test_what_is_held_out_is_later(table: pd.DataFrame):
    found = nbreg.cross_validate(table, "price", folds=3, split="time", time="day", **QUICK)
    days = np.unique(table.day)
    expected = [
        (np.flatnonzero(table.day.isin(days[train])), np.flatnonzero(table.day.isin(days[test])))
        for train, test in TimeSeriesSplit(3).split(days)
    ]
    assert_same_folds(found, expected)


def test_a_single_fold_holds_out_the_test_rows_of_a_fit(table: pd.DataFrame):
    found = nbreg.cross_validate(table, "price", folds=1, repeats=2, test_fraction=0.3, **QUICK)
    for seed, (_, test) in enumerate(found.splits()):
        model = nbreg.fit(table, target="price", test_fraction=0.3, seed=seed, **QUICK)
        np.testing.assert_array_equal(test, model.data_.rows.test)


def test_baselines_learn_from_the_same_rows(table: pd.DataFrame):
    found = nbreg.cross_validate(table, "size", folds=3, **{**QUICK, "features": ["a", "b"], "scaling": "none"})
    assert found.models == ("network", "mean", "ridge", "boosted trees")
    model = nbreg.Regressor(epochs=3, hidden=(8,), scaling="none")
    for i, (train, test) in enumerate(found.splits()):
        learned = model.fit(table.loc[train, ["a", "b"]], table.loc[train, "size"]).data_.frame_of("train").to_native()
        rows = learned.index
        ridge = RidgeCV(alphas=np.logspace(-3, 3, 7)).fit(table.loc[rows, ["a", "b"]], table.loc[rows, "size"])
        error = np.sqrt(np.mean((ridge.predict(table.loc[test, ["a", "b"]]) - table.loc[test, "size"]) ** 2))
        np.testing.assert_allclose(found.values("rmse", model="ridge")[i], error, rtol=1e-3, atol=1e-5)
        mean = table.loc[rows, "size"].mean()
        expected = np.abs(table.loc[test, "size"] - mean).mean()
        np.testing.assert_allclose(found.values("mae", model="mean")[i], expected)


def test_what_is_held_out_is_not_learned_from(table: pd.DataFrame):
    whole = nbreg.cross_validate(table, "price", folds=3, **QUICK)
    spoilt = table.copy()
    rows = whole.splits()[1][1]
    spoilt.loc[rows, "a"] = spoilt.loc[rows, "price"] = 1e6 * (1 + np.arange(len(rows)))
    again = nbreg.cross_validate(spoilt, "price", folds=3, **QUICK)
    assert again.outcomes[1].loss == whole.outcomes[1].loss
    assert again.outcomes[0].loss != whole.outcomes[0].loss


def test_the_standard_error_is_that_of_nadeau_and_bengio():
    values = [3.0, 5.0, 4.0, 8.0]
    # sqrt((1/4 + 1/3) * 14/3), by hand
    assert corrected_mean(values, 1 / 3) == pytest.approx((5.0, 1.649915823, 4))
    assert corrected_mean([*values, float("nan")], 1 / 3) == pytest.approx((5.0, 1.649915823, 4))
    assert np.isnan(corrected_mean([3.0], 0.25).standard_error)
    assert corrected_mean([], 0.25).n == 0


def test_a_fold_that_fails_is_told_and_the_others_count(table: pd.DataFrame):
    bad = table.copy()
    rows = nbreg.cross_validate(table, "price", folds=3, **QUICK).splits()[2][1]
    # Only the fold that holds these rows out learns from no value of the column at all.
    bad["c"] = "same"
    bad["only here"] = np.nan
    bad.loc[rows, "only here"] = np.arange(len(rows)) + 0.5
    found = nbreg.cross_validate(bad, "price", folds=3, epochs=3, hidden=(8,), features=["only here"])
    assert list(found.failures) == [2]
    assert np.isnan(found.values("rmse")[2])
    assert found.interval("rmse").n == 2
    assert "Fold 3 failed: " in repr(found)
    assert found.to_frame().set_index("fold").loc[3, "error"] == found.failures[2]
    assert np.isnan(found.predictions[rows]).all()


def test_where_all_folds_fail_the_reason_is_raised(table: pd.DataFrame):
    with pytest.raises(DataError, match='All folds failed: There is no column "prise"'):
        nbreg.cross_validate(table, "price", folds=3, epochs=3, features=["prise"])


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"folds": 0}, "folds \\(--folds\\) takes a whole number of at least 1; got 0"),
        ({"fold": 3}, 'There is no option "fold". Did you mean "folds"?'),
        ({"folds": 91}, "91 folds take as many rows; there are 90"),
        ({"folds": 13, "split": "group", "group": "city"}, '13 folds take as many groups in column "city"; there are'),
        ({"folds": 45, "split": "time", "time": "day"}, "45 folds take as many times"),
        ({"folds": 1, "test_fraction": 0}, "With one fold a share of the rows is held out"),
        ({"split": "group"}, "group"),
        ({"network": "perceptron", "hidden": (3,)}, "perceptron"),
    ],
)
def test_what_does_not_fit_is_one_line(table: pd.DataFrame, choices: dict, words: str):
    with pytest.raises((DataError, OptionError), match=words):
        nbreg.cross_validate(table, "price", **choices)


def test_an_interrupt_keeps_what_is_finished(table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch):
    def conduct(course, work, **_):
        def interrupt(course):
            if course.n_done == 2 and not course.stop_wanted:
                signal.raise_signal(signal.SIGINT)

        course.subscribe(interrupt)
        try:
            work()
        except KeyboardInterrupt:
            pytest.fail("what is finished is lost")

    monkeypatch.setattr(CONDUCTING, "conductor", conduct)
    found = nbreg.cross_validate(table, "price", folds=5, **QUICK)
    assert sorted(found.outcomes) == [0, 1]
    assert found.course.status == "stopped"
    assert "Stopped: 2 of 5 folds are finished." in repr(found)


def test_a_stop_ends_the_training_under_way_which_does_not_count(table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch):
    def conduct(course, work, **_):
        thread = threading.Thread(target=work)
        thread.start()
        while not (course._runs and course._runs[-1].status == "running"):
            assert thread.is_alive()
        course.request_stop()
        thread.join(20)
        assert not thread.is_alive()

    monkeypatch.setattr(CONDUCTING, "conductor", conduct)
    found = nbreg.cross_validate(table, "price", folds=3, epochs=1_000_000, patience=0, hidden=(4,))
    assert found.course.status == "stopped"
    assert found.outcomes == {}
    assert "no fold is finished yet" in repr(found)


def test_a_run_that_ends_by_its_own_choice_counts(table: pd.DataFrame):
    found = nbreg.cross_validate(table, "price", folds=2, stop_after=2, **QUICK)
    assert [outcome.epochs for outcome in found.outcomes.values()] == [2, 2]


def test_the_card_tells_mean_and_error_and_each_fold(table: pd.DataFrame):
    found = nbreg.cross_validate(table, "price", folds=3, repeats=2, **QUICK)
    bundle = found._repr_mimebundle_()
    assert f"price by {found.mean('rmse'):.3g}"[:12] in bundle["text/plain"]
    assert bundle["text/html"].count("<tr>") == 1 + 4 + 1 + 6
    assert "3 folds, 2 times" in bundle["text/plain"]
    assert bundle["image/png"]
