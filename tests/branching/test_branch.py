"""Going on from a run: the weights it begins with, what stays and what may change."""

import pickle
import threading
import time

import keras
import numpy as np
import pandas as pd
import pytest

import nbreg
from nbreg import NbregError
from nbreg.errors import DataError, OptionError
from nbreg.session import SESSION, take_up

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SGD = {"hidden": (8,), "optimizer": "sgd", "schedule": "constant", "batch_size": 16, "engine": "graph"}


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"x": rng.normal(size=200), "z": rng.normal(size=200), "kind": rng.choice(list("ab"), 200)})
    table["y"] = np.sin(table["x"]) + table["z"] * (table["kind"] == "a")
    return table


@pytest.fixture(scope="module")
def parent(table):
    """Six epochs, the last of which is kept."""
    return nbreg.fit(table, "y", **SGD, epochs=6, patience=0)


def weights_of(regressor):
    return regressor.network_.get_weights()


def assert_same(weights, others):
    for one, other in zip(weights, others, strict=True):
        np.testing.assert_array_equal(one, other)


def keras_goes_on(regressor, weights, epochs, rate=0.01):
    """Return the weights that Keras' own fit, begun anew, comes to from `weights`; rows as nbreg orders them."""
    x, y = regressor.data_.arrays("train")
    network = keras.models.clone_model(regressor.network_)
    network.set_weights(weights)
    network.compile(keras.optimizers.SGD(rate, momentum=0.9), "mse", jit_compile=False)
    for epoch in range(epochs):
        order = np.random.default_rng((0, epoch)).permutation(len(x))
        network.fit(x[order], y[order], batch_size=16, shuffle=False, verbose=0)
    return network.get_weights()


@pytest.fixture(scope="module")
def by_keras(parent):
    """What Keras reaches in three epochs from the same first weights, and in four more from there."""
    first = parent.new_network(parent.data_).get_weights()
    after_three = keras_goes_on(parent, first, 3)
    return after_three, keras_goes_on(parent, after_three, 4)


# Weights


def test_a_branch_from_an_epoch_is_keras_begun_anew_from_its_weights(table, parent, by_keras):
    after_three, after_seven = by_keras
    branch = nbreg.fit(table, start=(parent, 3), epochs=4)
    assert_same(branch.first_weights_, after_three)
    assert_same(weights_of(branch), after_seven)
    assert branch.run_.start == (SESSION.find(parent).name, 3)
    assert len(branch.run_.history) == 4


@pytest.mark.parametrize(
    "choices",
    [
        {"schedule": "cosine", "optimizer": "adam", "dropout": 0.2, "batch_norm": True, "engine": "graph"},
        {"schedule": "plateau", "engine": "keras"},
        {"schedule": "one_cycle", "engine": "xla", "hidden": (4,)},
        {"learning_rate": "auto", "engine": "graph"},
    ],
    ids=["dropout", "keras", "xla", "auto"],
)
def test_weights_after_an_epoch_are_those_of_a_training_that_ended_there(table, choices):
    """With early stopping that never comes, the best epoch's weights, told again, are those that were kept."""
    kept = nbreg.fit(table, "y", **{"hidden": (8,), **choices}, epochs=5, patience=100)
    best = kept.run_.best.epoch
    last = nbreg.fit(table, "y", **{"hidden": (8,), **choices}, epochs=5, patience=0)
    replayed = nbreg.fit(table, start=(last, best), epochs=1).first_weights_
    assert best < 5 or kept.run_.history == last.run_.history
    assert_same(replayed, weights_of(kept))
    assert_same(nbreg.fit(table, start=kept, epochs=1).first_weights_, weights_of(kept))


def test_a_branch_taken_twice_and_a_branch_of_a_branch(table, parent, by_keras):
    first = nbreg.fit(table, start=(parent, 3), epochs=4)
    again = nbreg.fit(table, start=(parent, 3), epochs=4)
    assert_same(weights_of(first), weights_of(again))
    assert first.run_.history == again.run_.history
    # Two of the branch's four epochs, and from there one more: by Keras three times begun anew.
    grandchild = nbreg.fit(table, start=(first, 2), epochs=1)
    after_two = keras_goes_on(parent, by_keras[0], 2)
    assert_same(grandchild.first_weights_, after_two)
    assert_same(weights_of(grandchild), keras_goes_on(parent, after_two, 1))


def test_a_run_that_was_steered_is_told_again_as_it_was(table):
    steered = nbreg.fit(table, "y", **SGD, epochs=8, patience=0, rate_change=((1.5, 0.002), (3, 0.03)))
    plain = nbreg.fit(table, "y", **SGD, epochs=8, patience=0, rate_change=((1.5, 0.002), (3, 0.03)), stop_after=5)
    branch = nbreg.fit(table, start=(steered, 5), epochs=1)
    longer = nbreg.fit(table, start=(plain, 5), epochs=1)
    assert_same(branch.first_weights_, longer.first_weights_)
    assert branch.rate_change == ()
    assert longer.stop_after is None
    assert branch.run_.changes == ()


def test_a_put_away_or_copied_parent_gives_the_same(table, parent, by_keras):
    branch = pickle.loads(pickle.dumps(nbreg.fit(table, start=(parent, 3), epochs=4)))
    of_copied_branch = nbreg.fit(table, start=(branch, 2), epochs=1)
    assert_same(of_copied_branch.first_weights_, keras_goes_on(parent, by_keras[0], 2))
    copy = pickle.loads(pickle.dumps(parent))
    assert_same(weights_of(nbreg.fit(table, start=(copy, 3), epochs=4)), by_keras[1])
    assert SESSION.find(copy).run is copy.run_  # it has become one of the session's


# Choices


def test_what_is_not_given_is_as_in_the_run(table, parent):
    branch = take_up(table, start=parent, learning_rate=0.005)
    assert branch.get_params() == {**parent.get_params(), "learning_rate": 0.005}
    assert branch.data_spec_ == parent.data_spec_
    with pytest.raises(NbregError, match="still training"):
        nbreg.fit(table, start=branch)
    SESSION.remove(branch)


def test_activation_dropout_and_penalties_may_change(table, parent):
    changed = {"activation": "tanh", "dropout": 0.1, "l1": 0.01, "l2": 0.1, "loss": "mae", "optimizer": "adam"}
    branch = nbreg.fit(table, "y", start=parent, hidden=(8,), epochs=1, **changed)
    assert_same(branch.first_weights_, weights_of(parent))
    assert branch.blueprint_.words() == "mlp 8, tanh, dropout 0.1, L1 0.01, L2 0.1"


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"hidden": (9,)}, r"hidden \(--hidden\) stays .*8.*its weights must fit; got .*9"),
        ({"batch_norm": True}, "batch_norm .* its weights must fit"),
        ({"network": "perceptron"}, "network .* its weights must fit"),
        ({"target": "x"}, "target .* the rows must be parted and encoded as then"),
        ({"seed": 5}, "seed .* the rows must be parted"),
        ({"test_fraction": 0.1}, "test_fraction .* the rows must be parted"),
        ({"scaling": "none"}, "scaling .* encoded as then"),
        ({"features": ["x"]}, "features .* encoded as then"),
        ({"target_transform": "none"}, "takes targets transformed by none, and run .* by auto"),
        ({"loss": "mape"}, "loss=mape takes targets transformed by ratio, and run .* by auto"),
        ({"layers": [keras.layers.Dense(8)]}, "has other layers"),
        ({"hiden": (8,)}, 'Did you mean "hidden"'),
        ({"epochs": 0}, "takes a whole number of at least 1"),
    ],
)
def test_what_would_not_fit_is_refused(table, parent, choices, said):
    n_runs = len(SESSION.trainings)
    with pytest.raises(OptionError, match=said):
        nbreg.fit(table, start=parent, **choices)
    assert len(SESSION.trainings) == n_runs


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("nowhere", 'There is no run "nowhere"'),
        ("1@x", "takes a run's number or name"),
        (("1", 2, 3), "takes a run's number or name"),
        (("1", True), "takes a run's number or name"),
        ("", "takes a run's number or name"),
    ],
)
def test_a_start_that_is_none_is_told(table, parent, start, said):
    with pytest.raises(OptionError, match=said):
        nbreg.fit(table, start=start)


@pytest.mark.parametrize("epoch", [7, 400])
def test_an_epoch_beyond_the_last_is_told(table, parent, epoch):
    with pytest.raises(OptionError, match=f"has epochs 1 to 6; got {epoch}"):
        nbreg.fit(table, start=(parent, epoch))


def test_own_layers_go_on_with_the_same(table):
    def layers():
        return [keras.layers.Dense(6, activation="relu"), keras.layers.Dense(3)]

    parent = nbreg.fit(table, "y", layers=layers(), epochs=3, patience=0)
    branch = nbreg.fit(table, start=(parent, 2), epochs=1)
    with_layers = nbreg.fit(table, start=(parent, 2), epochs=1, layers=layers())
    assert_same(weights_of(branch), weights_of(with_layers))
    with pytest.raises(OptionError, match="has other layers"):
        nbreg.fit(table, start=parent, layers=layers()[:1])


def test_runs_with_callbacks_go_on_from_what_they_kept(table):
    quiet = keras.callbacks.Callback()
    parent = nbreg.fit(table, "y", **SGD, epochs=3, patience=0, callbacks=[quiet])
    with pytest.raises(NbregError, match="trained with callbacks, whose doings are not on record"):
        nbreg.fit(table, start=(parent, 2), epochs=1)
    assert_same(nbreg.fit(table, start=parent, epochs=1).first_weights_, weights_of(parent))


# The table


def test_another_table_is_told(table, parent):
    tables = {
        "then, .* now": table.head(190),
        "features come out as other inputs": table.assign(x=2 * table["x"]),
        "target has other values": table.assign(y=table["y"] + table["z"]),
        'lacks the column "kind"': table.drop(columns="kind"),
    }
    for said, other in tables.items():
        with pytest.raises(DataError, match=f"This is not the table that run .* was trained on.*{said}"):
            nbreg.fit(other, start=parent)


def test_a_run_that_comes_out_differently_is_told(table):
    parent = nbreg.fit(table, "y", **SGD, epochs=4, patience=0)
    row = parent.run_._rows[1]
    parent.run_._rows[1] = row._replace(loss=float(np.nextafter(np.float32(row.loss), np.float32(1))))
    with pytest.raises(NbregError, match="came out differently from epoch 2 on"):
        nbreg.fit(table, start=(parent, 3), epochs=1)
    assert nbreg.fit(table, start=(parent, 1), epochs=1).run_.start.epoch == 1


def test_a_run_that_came_to_nothing_in_the_background_leaves_the_record(table):
    parent = nbreg.fit(table, "y", **SGD, epochs=4, patience=0)
    parent.run_._rows[0] = parent.run_._rows[0]._replace(loss=0.5)
    branch = nbreg.fit(table, start=(parent, 3), background=True)
    assert branch.run_.wait(60)
    assert branch.run_.status == "failed"
    assert "came out differently from epoch 1 on" in str(branch.run_.error)
    deadline = time.monotonic() + 60
    while any(each.run is branch.run_ for each in SESSION.trainings) and time.monotonic() < deadline:
        time.sleep(0.01)  # it is taken off the record once its run has ended
    with pytest.raises(OptionError, match="none of this session's runs"):
        SESSION.find(branch)
    with pytest.raises(NbregError, match="ended before it began"):
        branch.evaluate()


def test_a_loaded_branch_does_not_have_the_weights_it_began_with(table, parent, tmp_path):
    branch = nbreg.fit(table, start=(parent, 2), epochs=3, patience=0)
    branch.save(tmp_path / "branch.nbreg")
    loaded = nbreg.load(tmp_path / "branch.nbreg")
    assert loaded.run_.start == branch.run_.start
    with pytest.raises(NbregError, match="does not hold the weights that it began with"):
        nbreg.fit(table, start=(loaded, 1))
    assert_same(nbreg.fit(table, start=loaded, epochs=1).first_weights_, weights_of(branch))


# Steering


def test_a_stop_is_heard_while_weights_are_found_again(table):
    parent = nbreg.fit(table, "y", **SGD, epochs=400, patience=0)
    branch = take_up(table, start=(parent, 399))
    branch.run_.request_stop()
    with pytest.raises(NbregError, match=r"Stopped before the weights of run .* after epoch 399 were found"):
        branch.train()
    assert branch.run_.status == "stopped"
    with pytest.raises(NbregError, match="ended before it began"):
        branch.predict(table)
    SESSION.remove(branch)


def test_a_stop_is_heard_in_the_midst_and_leaves_nothing(table, parent, monkeypatch):
    from nbreg.branching import replay

    n_runs, plainly = len(SESSION.trainings), replay.train

    def stopped_after_two(network, arrays, spec, run, **choices):
        outer = SESSION.trainings[-1].run
        run.subscribe(lambda told: outer.request_stop() if len(told.history) >= 2 else None)
        plainly(network, arrays, spec, run, **choices)

    monkeypatch.setattr(replay, "train", stopped_after_two)
    keras_run = nbreg.fit(table, "y", **{**SGD, "engine": "keras"}, epochs=30, patience=0)
    with pytest.raises(NbregError, match=r"Stopped before the weights of run .* after epoch 29"):
        nbreg.fit(table, start=(keras_run, 29))
    assert len(SESSION.trainings) == n_runs + 1


def test_two_threads_branch_at_once(table, parent, by_keras):
    branches = [take_up(table, start=(parent, 3), epochs=4) for _ in range(2)]
    threads = [threading.Thread(target=each.train) for each in branches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in branches:
        assert_same(weights_of(each), by_keras[1])


def test_a_script_of_a_branch_would_begin_with_other_weights(table, parent):
    with pytest.raises(NbregError, match=r"went on from run .* at epoch 2, and a script begins with new weights"):
        nbreg.fit(table, start=(parent, 2), epochs=1).to_keras_script()
    assert "keras" in parent.to_keras_script()


def test_the_card_says_where_it_came_from(table, parent, tmp_path):
    branch = nbreg.fit(table, start=(parent, 3), epochs=2)
    words = f"continued from {SESSION.find(parent).name} at epoch 3"
    shown = branch._repr_mimebundle_()
    shown = shown[0] if isinstance(shown, tuple) else shown
    assert words in shown["text/plain"]
    assert words in shown["text/html"]
    branch.save(tmp_path / "branch.nbreg")
    assert nbreg.load(tmp_path / "branch.nbreg").report_.continued_from == words.removeprefix("continued from ")
    assert "continued from" not in parent._repr_mimebundle_()[0]["text/plain"]
