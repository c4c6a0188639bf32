"""What ``nbreg.explain`` promises of any explanation, and what it says of input that does not fit."""

import os
import signal
import threading

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

import nbreg
from nbreg.errors import DataError, OptionError
from nbreg.explanation.effort import REPORTING, Effort
from nbreg.explanation.explained import ROWS_A_STEP
from nbreg.explanation.method import METHODS
from nbreg.trainable import NotTrainedError


@pytest.fixture
def features(houses):
    return houses.drop(columns=["price", "rent"])


def explain_quickly(regressor, features, **choices):
    return nbreg.explain(regressor, features.head(6), background=features.tail(8), **choices)


# The contract


@pytest.mark.parametrize("method", list(METHODS))
def test_every_method_keeps_the_contract(of_two_targets, houses, method):
    rows = houses.head(6)
    found = nbreg.explain(of_two_targets, rows, method, background=8)
    assert found.values.shape == (6, 5, 2)
    assert np.isfinite(found.values).all()
    np.testing.assert_allclose(found.predictions, of_two_targets.predict(rows), rtol=1e-5)
    assert found.feature_names == ("size", "age", "garden", "sold", "quality")
    assert found.target_names == ("price", "rent")
    assert list(found.data.columns) == list(found.feature_names)
    assert found.kind in ("additive", "sensitivity")
    if found.kind == "additive":
        assert found.base_values.shape == (6, 2)
        missed = found.values.sum(axis=1) + found.base_values - found.predictions
        assert (
            found.completeness_gap
            >= (np.abs(missed).max(axis=0) / 10 / np.ptp(found.predictions, axis=0)).max() - 1e-12
        )
    else:
        assert found.base_values is None
        assert found.completeness_gap is None
    again = nbreg.explain(of_two_targets, rows, method, background=8)
    np.testing.assert_array_equal(found.values, again.values)


@pytest.mark.parametrize("method", list(METHODS))
def test_one_target_has_two_dimensions(regressor, houses, method):
    found = nbreg.explain(regressor, houses.head(4), method, background=5)
    assert found.values.shape == (4, 5)
    assert found.predictions.shape == (4,)


def test_shapley_methods_add_up(regressor, features):
    for rounds in (None, 2):
        assert explain_quickly(regressor, features, method="shapley", rounds=rounds).completeness_gap <= 1e-6


def test_importance_is_the_mean_absolute_attribution(regressor, features):
    found = explain_quickly(regressor, features)
    importance = found.importance()
    assert importance.is_monotonic_decreasing
    for i, name in enumerate(found.feature_names):
        assert importance[name] == pytest.approx(np.abs(found.values[:, i]).mean())
        expected = np.abs(found.values[:, i]).std(ddof=1) / np.sqrt(6)
        assert found.importance_errors()[name] == pytest.approx(expected)


def test_importance_of_several_targets_is_by_target_and_feature(of_two_targets, features):
    found = explain_quickly(of_two_targets, features)
    assert found.importance().index.names == ["target", "feature"]
    rent = np.abs(found.values[:, 0, 1]).mean()
    assert found.importance()["rent", "size"] == pytest.approx(rent)
    assert found.of_target("rent").importance()["size"] == pytest.approx(rent)
    table = found.to_frame()
    assert table.loc[(3, "rent"), "size"] == pytest.approx(found.values[3, 0, 1])
    assert len(table) == 12


def test_as_a_table(regressor, features):
    found = explain_quickly(regressor, features)
    table = found.to_frame()
    whole = table.drop(columns="(prediction)").sum(axis=1)
    np.testing.assert_allclose(whole, regressor.predict(features.head(6)), rtol=1e-5)
    assert table.index.tolist() == list(range(6))


def test_for_shap(regressor, features):
    found = explain_quickly(regressor, features)
    of_shap = found.to_shap()
    assert of_shap.values.shape == (6, 5)
    assert of_shap.base_values.shape == (6,)
    levels = sorted(features["quality"].head(6).unique())
    np.testing.assert_array_equal(of_shap.data[:, 4], [levels.index(each) for each in features["quality"].head(6)])
    np.testing.assert_allclose(of_shap.data[:, 0], features["size"].head(6))
    assert of_shap.display_data[0, 4] == features["quality"].iloc[0]


def test_values_of_features_as_numbers_and_texts(regressor, features):
    table = features.head(6).assign(quality=pd.Categorical(features["quality"].head(6), ["poor", "fair", "good"]))
    found = nbreg.explain(regressor, table, background=features.tail(8))
    numbers, levels = found.feature_numbers("quality")
    assert levels == tuple(each for each in ("poor", "fair", "good") if each in set(table["quality"]))
    np.testing.assert_array_equal(numbers, [levels.index(each) for each in table["quality"]])
    days, _ = found.feature_numbers("sold")
    np.testing.assert_allclose(days, (table["sold"] - pd.Timestamp("1970-01-01")).dt.days)
    assert np.isnan(found.feature_numbers("age")[0]).tolist() == table["age"].isna().tolist()
    assert found.feature_texts(0)[4] == table["quality"].iloc[0]
    with pytest.raises(OptionError, match="from 0 to 5"):
        found.feature_texts(6)


def test_rows_are_drawn_in_order_and_told(regressor, features):
    found = nbreg.explain(regressor, features, rows=10, background=8)
    assert len(found) == 10
    assert (np.diff(found.rows) > 0).all()
    pd.testing.assert_frame_equal(found.data.reset_index(drop=True), features.iloc[found.rows].reset_index(drop=True))


def test_without_rows_those_of_the_test_are_explained(houses):
    model = nbreg.fit(houses.drop(columns="rent"), target="price", epochs=2, hidden=(4,))
    found = nbreg.explain(model, background=5)
    assert len(found) == model.n_rows_["test"]
    np.testing.assert_allclose(found.predictions, model.predict(model.data_.frame_of("test").to_native()), rtol=1e-5)
    assert model.explanation_ is found


def test_a_loaded_regressor_takes_its_background_from_the_rows(regressor, features, tmp_path):
    regressor.save(tmp_path / "m.nbreg")
    loaded = nbreg.load(tmp_path / "m.nbreg")
    found = nbreg.explain(loaded, features.head(30))
    assert any("background is drawn from the rows given" in line for line in found.notices)
    with pytest.raises(DataError, match="give the rows to explain"):
        nbreg.explain(loaded)
    found = nbreg.explain(loaded, features.head(30).assign(colour="red"))
    assert 'Left out "colour": the network was trained without.' in found.notices


def test_a_regressor_that_was_explained_is_pickled_without_the_rows(houses):
    import pickle

    model = nbreg.fit(houses.drop(columns="rent"), target="price", epochs=2, hidden=(4,))
    nbreg.explain(model, background=5)
    copy = pickle.loads(pickle.dumps(model))
    assert not hasattr(copy, "explanation_")


def test_explaining_leaves_training_as_it_was(houses):
    """The same fit before and after gives the same bits."""

    def fit():
        return nbreg.fit(houses.drop(columns="rent"), target="price", epochs=3, hidden=(4,))

    model = fit()
    for method in METHODS:
        nbreg.explain(model, method=method, rows=3, background=4)
    np.testing.assert_array_equal(model.predict(houses), fit().predict(houses))


# Input that does not fit


@pytest.mark.parametrize(
    ("choices", "line"),
    [
        ({"method": "shaply"}, r'method .* got \'shaply\'.* Did you mean "shapley"\?'),
        ({"target": "prise"}, r'There is no target "prise". Did you mean "price"\?'),
        ({"group": "size,agee"}, r'There is no feature "agee" for a group. Did you mean "age"\?'),
        ({"group": ("size,age", "age,garden")}, 'Feature "age" is in two groups'),
        ({"group": "size"}, "group .* takes names of two or more columns"),
        ({"background": 0}, "background .* takes a whole number of at least 1; got 0"),
        ({"rows": 0}, "rows .* takes a whole number of at least 1"),
        ({"budget": -1}, "budget .* takes a number above 0"),
        ({"colour": 1}, 'There is no option "colour"'),
    ],
)
def test_choices_that_are_none(regressor, features, choices, line):
    with pytest.raises(OptionError, match=line) as caught:
        nbreg.explain(regressor, features.head(3), **choices)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda t: t.drop(columns="size"), 'lacks the column "size"'),
        (lambda t: t.assign(size="big"), 'Column "size" should hold numbers but holds text'),
        (lambda t: t.assign(size=np.nan), 'Column "size" has 5 gaps, and had none on the train rows'),
        (lambda t: t.assign(quality=None), 'Column "quality" has 5 gaps'),
        (lambda t: t.assign(size=np.inf), 'Column "size" holds 5 infinite values'),
        (lambda t: t.head(0), "no rows"),
    ],
)
def test_rows_from_another_table(regressor, features, change, line):
    with pytest.raises(DataError, match=line):
        nbreg.explain(regressor, change(features.head(5)))
    with pytest.raises(DataError, match=line):
        nbreg.explain(regressor, features.head(5), background=change(features.head(5)))


def test_gaps_are_fine_where_the_train_rows_had_some(regressor, features):
    found = nbreg.explain(regressor, features.head(3).assign(age=np.nan), background=5)
    assert np.isfinite(found.values).all()


def test_columns_that_the_network_does_not_know_are_told(regressor, features):
    found = nbreg.explain(regressor, features.head(3).assign(colour="red"), background=5)
    assert 'Left out "colour": the network was trained without.' in found.notices


def test_predictions_that_are_not_finite(houses):
    model = nbreg.fit(houses.drop(columns="rent"), target="price", epochs=1, hidden=(4,), target_transform="none")
    model.network_.set_weights([np.full_like(w, np.inf) for w in model.network_.get_weights()])
    with pytest.raises(DataError, match="predictions for 3 rows explained are not finite"):
        nbreg.explain(model, houses.head(3), background=5)


def test_what_is_no_predictor(houses):
    with pytest.raises(OptionError, match="got str"):
        nbreg.explain("model", houses)
    with pytest.raises(OptionError, match="needs a network's gradients"):
        nbreg.explain(lambda table: table["size"], houses, "integrated_gradients")
    with pytest.raises(DataError, match="returned shape"):
        nbreg.explain(lambda table: np.zeros(3), houses.head(5))
    with pytest.raises(NotFittedError, match="has not been trained yet"):
        nbreg.explain(nbreg.Regressor(), houses)


def test_what_still_trains_is_not_explained_yet(houses):
    model = nbreg.fit(houses, target="price", epochs=10**7, patience=0, hidden=(4,), background=True)
    try:
        with pytest.raises(NotTrainedError, match="still training") as caught:
            nbreg.explain(model, houses)
        assert caught.value._render_traceback_() == [f"nbreg: {caught.value}"]  # in a notebook it is one line
    finally:
        model.run_.request_stop()
        model.run_.wait()


def test_tables_for_a_function_stay_small(features):
    """However many rows there are: memory is bounded."""
    largest = []

    def predict(table):
        largest.append(len(table))
        return table["size"].to_numpy()

    nbreg.explain(predict, pd.concat([features] * 20), background=features)
    assert max(largest) <= ROWS_A_STEP


# Time


def test_a_budget_ends_it_with_what_is_done(regressor, features):
    table = pd.concat([features] * 20, ignore_index=True)
    found = nbreg.explain(regressor, table, "shapley", rounds=200, background=60, budget=0.3)
    assert 0 < len(found) <= len(table)
    assert found.completeness_gap < 1e-6
    assert any(line.startswith("Stopped after 0.3 s") for line in found.notices)
    assert np.isfinite(found.standard_errors).all()


def test_an_interrupt_ends_it_with_what_is_done(features):
    table = features.head(40)

    def predict(rows):
        predict.calls += 1
        if predict.calls == 8:
            os.kill(os.getpid(), signal.SIGINT)
        return rows["size"].to_numpy()

    predict.calls = 0
    found = nbreg.explain(predict, table, background=table, rounds=500)
    assert any(line.startswith("Interrupted") for line in found.notices)
    assert 0 < len(found) <= 40
    size = table["size"].to_numpy()
    np.testing.assert_allclose(found.values[:, 0], (size - size.mean())[: len(found)], rtol=1e-6)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_interrupt_is_one():
    effort = Effort()
    with effort.interruptible():
        os.kill(os.getpid(), signal.SIGINT)
        assert effort.is_over
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_in_a_thread_there_is_no_interrupt_key(regressor, features):
    found = []
    thread = threading.Thread(target=lambda: found.append(explain_quickly(regressor, features)))
    thread.start()
    thread.join()
    assert len(found[0]) == 6


def test_progress_is_told_to_whoever_asks(regressor, features, monkeypatch):
    told, closed = [], []
    monkeypatch.setattr(
        REPORTING, "open", lambda title: (lambda share, left: told.append((share, left)), lambda: closed.append(title))
    )
    explain_quickly(regressor, features, method="shapley", rounds=6)
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert told[-1] == (1, 0)
    assert closed == ["Explaining by shapley"]
    with pytest.raises(ZeroDivisionError):
        nbreg.explain(lambda table: 1 / 0, features.head(3))
    assert len(closed) == 2
