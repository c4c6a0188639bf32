"""The train panel without kernel or browser: what it shows, what its wishes do, and that its lines tell the truth."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, r2_score
from spying import until

import nbreg
from nbreg.errors import DataError, NbregError, OptionError
from nbreg.fit_options import fit_options
from nbreg.magics.parsing import parse
from nbreg.networks.architecture import ARCHITECTURES, architecture_options
from nbreg.networks.heads.head import HEADS, head_options
from nbreg.panels import train_choices
from nbreg.panels.train import TrainPanel
from nbreg.session import SESSION

SMALL: dict[str, Any] = {"target": "y", "hidden": (8,), "epochs": 12, "batch_size": 100}


def table(n_rows: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    df = pd.DataFrame(rng.normal(size=(n_rows, 2)), columns=["a", "b"])
    df["kind"] = rng.choice(list("uvw"), n_rows)
    df["y"] = 100 + 20 * df.a + 10 * np.sin(3 * df.b) + 5 * (df.kind == "u") + rng.normal(size=n_rows)
    return df


class Sent:
    """What a panel sends, caught on its way out."""

    def __init__(self, panel: TrainPanel):
        self.messages: list[tuple[dict[str, Any], list[bytes]]] = []
        panel.send = lambda content, buffers=(): self.messages.append((content, list(buffers)))

    def of(self, kind: str) -> list[tuple[dict[str, Any], list[bytes]]]:
        return [each for each in self.messages if each[0]["kind"] == kind]

    def numbers(self, kind: str, width: int) -> np.ndarray:
        """The numbers of the last message of a kind."""
        return np.frombuffer(self.of(kind)[-1][1][0], np.float32).reshape(-1, width)


def ask(panel: TrainPanel, kind: str, **more: Any) -> None:
    """Let the panel hear what a view asks."""
    panel._handle_custom_msg({"kind": kind, **more}, [])


@pytest.fixture
def df() -> pd.DataFrame:
    return table()


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch, df: pd.DataFrame) -> dict[str, Any]:
    """A notebook's names, among them the table `df`."""
    names = {"df": df, "other": df[["a", "y"]].copy(), "_hidden": df, "number": 3}
    for module in ("nbreg.panels.train", "nbreg.panels.train_choices"):
        monkeypatch.setattr(f"{module}.notebook_names", lambda: names)
    return names


@pytest.fixture(autouse=True)
def no_runs() -> Iterator[None]:
    """Each test has a session of its own."""
    SESSION.__init__()
    yield
    SESSION.__init__()


@pytest.fixture
def panel(notebook: dict[str, Any], df: pd.DataFrame) -> Iterator[TrainPanel]:
    panel = TrainPanel(df, **SMALL)
    yield panel
    if panel.run_ is not None:
        panel.run_.request_stop()
    until(lambda: not panel.trains)
    panel.close()


# Choosing


def test_every_option_of_fit_has_one_control_and_a_value(panel: TrainPanel):
    controls = [control for group in panel.form for control in group["controls"]]
    assert [control["name"] for control in controls] == list(fit_options())
    assert set(panel.choices) == set(fit_options())
    by_name = {control["name"]: control for control in controls}
    assert by_name["optimizer"]["choices"] == ["adam", "adamw", "rmsprop", "sgd"]
    assert (by_name["dropout"]["minimum"], by_name["dropout"]["maximum"]) == (0, 1)
    assert by_name["epochs"]["word"] == "auto"
    assert by_name["engine"]["expert"]
    assert not by_name["epochs"]["expert"]


def test_the_notebooks_tables_are_offered_and_the_columns_shown(panel: TrainPanel):
    assert panel.tables == [{"name": "df", "words": "600 × 4"}, {"name": "other", "words": "600 × 2"}]
    assert panel.table == "df"
    until(lambda: panel.columns)
    assert [(each["name"], each["role"]) for each in panel.columns] == [
        ("a", "feature"), ("b", "feature"), ("kind", "feature"), ("y", "target"),
    ]  # fmt: skip
    assert panel.columns[2]["range"] == "3 levels"
    assert max(panel.columns[0]["bars"]) == 1
    ask(panel, "choose", name="features", value=["a", "kind"])
    until(lambda: panel.columns[1]["role"] == "out")


def test_leaks_and_identifiers_are_warned_of(notebook: dict[str, Any], df: pd.DataFrame):
    df["copy"], df["id"] = df.y * 2, np.arange(len(df))
    panel = TrainPanel(df, **SMALL)
    until(lambda: panel.columns)
    assert {each["name"]: each["suspicion"] for each in panel.columns if each["suspicion"]} == {
        "copy": "leak",
        "id": "identifier",
    }
    panel.close()


def test_another_table_keeps_the_choices_that_fit_it(panel: TrainPanel):
    panel.choose(features=("a", "b"), activation="tanh")
    ask(panel, "choose_table", data="other")
    assert panel.table == "other"
    assert panel.choices["target"] == ["y"]
    assert panel.choices["features"] is None
    assert panel.choices["activation"] == "tanh"
    ask(panel, "choose_table", data="dg")
    assert panel.trouble == 'There is no table "dg" in the notebook. There are: df, other.'


def test_a_new_target_is_no_feature_any_more(panel: TrainPanel):
    panel.choose(features=("a", "b"))
    panel.choose(target="b")
    assert panel.choices["features"] == ["a"]


def test_texts_are_read_as_flags_are_and_what_does_not_fit_is_told_at_the_control(panel: TrainPanel):
    ask(panel, "choose", name="hidden", value="32,16")
    ask(panel, "choose", name="epochs", value="auto")
    assert panel.choices["hidden"] == [32, 16]
    assert panel.choices["epochs"] is None
    ask(panel, "choose", name="dropout", value="1.5")
    assert panel.problems == {"dropout": "dropout (--dropout) takes a number of at least 0 and below 1; got 1.5."}
    assert panel.choices["dropout"] == 0
    ask(panel, "choose", name="dropout", value=0.5)
    assert panel.problems == {}


def test_choices_can_be_assigned_observed_and_linked(panel: TrainPanel):
    seen: list[int] = []
    panel.observe(lambda change: seen.append(change["new"]["epochs"]), "choices")
    panel.choices = {"epochs": 7}
    assert seen == [7]
    assert panel.choices["hidden"] == [8]
    with pytest.raises(OptionError, match="epochs"):
        panel.choices = {"epochs": 0}
    assert panel.choices["epochs"] == 7


def test_the_network_is_drawn_with_its_size(panel: TrainPanel):
    until(lambda: panel.network.get("parameters"))
    # 2 numbers and 3 levels in, 8 hidden units, 1 target: (5 + 1) * 8 + (8 + 1) * 1 weights of 4 bytes
    assert [layer["units"] for layer in panel.network["layers"]] == [5, 8, 1]
    assert panel.network["parameters"] == "57 parameters"
    assert panel.network["memory"] == "228 bytes"
    assert panel.schedule["rates"][0] == pytest.approx(0.01)
    assert len(panel.schedule["rates"]) == 12


def test_what_choices_come_to_and_which_do_nothing(panel: TrainPanel):
    panel.choose(features=("a", "b"), epochs=10, batch_size=100)
    # 64 % of 600 rows are 384, which are 4 steps of 100
    until(lambda: panel.summaries == {"Data": "600 rows · 2 of 3 features", "Training": "10 epochs, 40 steps"})
    of_others = set(architecture_options()) - set(ARCHITECTURES["mlp"].options())
    of_other_heads = set(head_options()) - set(HEADS["shared"].options())
    of_channels = {"pretreatment", "derivative_window"}
    assert "head_units" in of_other_heads
    assert set(panel.idle) == {"momentum", "nesterov", "weight_decay", *of_channels, *of_others, *of_other_heads}
    panel.choose(optimizer="sgd", network="perceptron", hidden=(64, 32))
    assert "momentum" not in panel.idle
    assert panel.idle["dropout"] == "The perceptron has none."


def test_what_a_network_does_not_have_is_remembered_and_does_nothing(panel: TrainPanel, df: pd.DataFrame):
    panel.choose(dropout=0.3)
    panel.choose(network="perceptron", optimizer="sgd", momentum=0.5, heads="separate")
    assert {"hidden", "dropout", "filters"} <= set(panel.idle)
    assert panel.choices["hidden"] == [8]
    assert panel.line == (
        "%nnreg fit df --target y --network perceptron --heads separate --optimizer sgd --momentum 0.5 "
        "--epochs 12 --batch-size 100"
    )
    panel.choose(optimizer="adam")
    assert "momentum" not in panel.line
    panel.choose(network="vae")
    assert {"heads", "joint", "skip", "loss_weights"} <= set(panel.idle)
    assert "--heads" not in panel.line
    panel.train(wait=True)
    assert panel.regressor_.get_params()["dropout"] == 0.3
    panel.choose(network="mlp", joint="gp")
    assert panel.idle["heads"] == "The gp head is one for all targets."
    assert "skip" in panel.idle
    panel.choose(joint="none")
    assert "--hidden 8 --dropout 0.3 --heads separate" in panel.line


def test_what_does_not_go_together_is_refused_as_a_fit_does(panel: TrainPanel, df: pd.DataFrame):
    told = "The perceptron has no option hidden (--hidden); leave it out."
    for ask_for in (lambda **more: panel.choose(**more), lambda **more: TrainPanel(df, target="y", **more)):
        with pytest.raises(OptionError) as caught:
            ask_for(network="perceptron", hidden=(16,))
        assert str(caught.value) == told
    assert panel.choices["network"] == "mlp"


def test_names_of_controls_are_as_people_write_them(panel: TrainPanel):
    labels = {control["name"]: control["label"] for group in panel.form for control in group["controls"]}
    assert [labels[name] for name in ("l1", "l2", "kl_weight", "batch_norm", "hidden")] == [
        "L1 penalty", "L2 penalty", "KL weight", "Batch norm", "Hidden",
    ]  # fmt: skip
    known_short = re.compile(r"\b(kl|l1|l2|mse|mae|gp)\b", re.IGNORECASE)
    for label in labels.values():
        assert all(word == word.upper() for word in known_short.findall(label)), label


def test_what_does_not_fit_the_table_is_told_before_training(panel: TrainPanel):
    panel.choose(bounds="y=0:1")
    until(lambda: panel.trouble)
    assert "y" in panel.trouble
    panel.choose(bounds=())
    until(lambda: not panel.trouble)


def test_the_range_test_suggests_and_is_taken(panel: TrainPanel):
    ask(panel, "suggest")
    until(lambda: panel.suggestion)
    assert 1e-5 < panel.suggestion["rate"] < 1
    ask(panel, "use_suggestion")
    assert panel.choices["learning_rate"] == panel.suggestion["rate"]


# Training


def test_training_shows_rows_points_and_figures(panel: TrainPanel, df: pd.DataFrame):
    sent = Sent(panel)
    ask(panel, "hello")
    ask(panel, "train")
    panel._thread.join()
    assert (panel.state["status"], panel.state["busy"], panel.trouble) == ("finished", "", "")
    rows = np.concatenate([np.frombuffer(buffers[0], np.float32).reshape(-1, 4) for _, buffers in sent.of("rows")])
    assert rows[:, 0].tolist() == list(range(1, 13))
    np.testing.assert_allclose(rows[:, 2], panel.regressor_.history_["val_loss"], rtol=1e-6)
    validation = df.iloc[panel.regressor_.data_.rows.validation]
    observed, predicted = sent.numbers("scatter", 2).T
    np.testing.assert_allclose(observed, validation.y, rtol=1e-6)
    np.testing.assert_allclose(predicted, panel.regressor_.predict(validation), rtol=1e-5)
    r2, mae = r2_score(validation.y, predicted), mean_absolute_error(validation.y, predicted)
    assert panel.cards[0]["value"] == f"{r2:.2f}"
    assert float(panel.cards[1]["value"]) == pytest.approx(mae, rel=0.01)


def test_of_several_targets_one_is_shown_at_a_time(panel: TrainPanel, df: pd.DataFrame):
    panel.choose(target=("y", "b"))
    sent = Sent(panel)
    ask(panel, "hello")
    panel.train(wait=True)
    assert sent.of("scatter")[-1][0]["target"] == "y"
    ask(panel, "show_target", name="b")
    validation = df.iloc[panel.regressor_.data_.rows.validation]
    np.testing.assert_allclose(sent.numbers("scatter", 2)[:, 0], validation.b, rtol=1e-6)
    r2 = r2_score(validation.b, panel.regressor_.predict(validation)[:, 1])
    assert panel.cards[0]["value"] == f"{r2:.2f}".replace("-", "−")
    assert "y: R²" in panel.final_test()


def test_the_linear_model_to_compare_with_is_scikit_learns(panel: TrainPanel, df: pd.DataFrame):
    panel.train(wait=True)
    rows = panel.regressor_.data_.rows
    inputs = pd.get_dummies(df.drop(columns="y"), dtype=float)
    linear = LinearRegression().fit(inputs.iloc[rows.train], df.y.iloc[rows.train])
    reached = r2_score(df.y.iloc[rows.validation], linear.predict(inputs.iloc[rows.validation]))
    assert f"a linear model ({reached:.2f})" in panel.cards[0]["context"]


def test_the_line_and_the_code_do_the_same_bit_for_bit(panel: TrainPanel, df: pd.DataFrame):
    panel.out = "model"
    panel.choose(activation="gelu", dropout=0.1, seed=3)
    assert panel.line == (
        "%nnreg fit df --target y --seed 3 --hidden 8 --activation gelu --dropout 0.1 --epochs 12 --batch-size 100 "
        "-o model"
    )
    panel.train(wait=True)
    by_line = nbreg.fit(
        df, **{k: v for k, v in parse(panel.line.removeprefix("%nnreg ")).options.items() if k != "out"}
    )
    names = {"nbreg": nbreg, "df": df}
    exec(panel.code, names)
    for other in (by_line, names["model"]):
        for ours, theirs in zip(panel.regressor_.network_.get_weights(), other.network_.get_weights(), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_a_steered_run_is_told_again_bit_for_bit(panel: TrainPanel, df: pd.DataFrame):
    panel.choose(epochs=20_000, patience=0)
    ask(panel, "train")
    until(lambda: panel.run_ is not None and len(panel.run_.history) > 3)
    ask(panel, "set_learning_rate", learning_rate=0.002)
    until(lambda: panel.run_.changes)
    ask(panel, "stop")
    until(lambda: not panel.trains)
    assert "--rate-change" in panel.line
    assert f"--stop-after {len(panel.run_.history)}" in panel.line
    again = nbreg.fit(df, **parse(panel.line.removeprefix("%nnreg ")).options)
    assert again.run_.history == panel.run_.history
    for ours, theirs in zip(panel.regressor_.network_.get_weights(), again.network_.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    panel.choose(dropout=0.2)
    assert "--stop-after" not in panel.line


def test_pause_resume_and_stop(panel: TrainPanel):
    panel.choose(epochs=20_000, patience=0)
    ask(panel, "train")
    until(lambda: panel.run_ is not None and panel.run_.history)
    ask(panel, "pause")
    until(lambda: panel.state["status"] == "paused")
    ask(panel, "train")
    assert panel.trouble.startswith("This panel trains already")
    ask(panel, "resume")
    until(lambda: panel.state["status"] == "running")
    assert panel.state["busy"] == ""
    ask(panel, "stop")
    until(lambda: not panel.trains)
    assert panel.state["status"] == "stopped"
    assert panel.regressor_.predict(table()).shape == (600,)
    ask(panel, "stop")
    assert panel.trouble == "Nothing trains here at present."


def test_a_run_that_fails_keeps_its_curve_and_says_why(panel: TrainPanel, df: pd.DataFrame):
    panel.choose(optimizer="sgd", learning_rate=0.1, rate_change=[(3, 1e9)], activation="relu", schedule="constant")
    panel.train()
    until(lambda: not panel.trains)
    assert panel.state["status"] == "failed"
    assert "no finite number any more" in panel.state["error"]
    assert len(panel.run_.history) >= 3
    assert panel.cards[0]["value"] != "–"


def test_without_a_target_nothing_begins(notebook: dict[str, Any], df: pd.DataFrame):
    panel = TrainPanel(df)
    with pytest.raises(DataError, match="Choose a target, the column to predict: nothing can be trained before"):
        panel.train()
    assert panel.missing == "Choose a target, the column to predict"
    assert SESSION.trainings == []
    panel.close()


def test_a_table_that_does_not_fit_is_told_and_leaves_no_run(notebook: dict[str, Any], df: pd.DataFrame):
    panel = TrainPanel(df, target="kind")
    with pytest.raises(NbregError, match="is not numeric"):
        panel.train(wait=True)
    assert "is not numeric" in panel.trouble
    assert (panel.run_, SESSION.trainings) == (None, [])
    panel.close()


def test_a_name_is_given_to_each_result(panel: TrainPanel, notebook: dict[str, Any]):
    panel.out = "model"
    panel.train(wait=True)
    assert notebook["model"] is panel.regressor_
    assert SESSION.latest is panel.regressor_


# Going on


def test_a_run_goes_on_from_an_earlier_epoch(panel: TrainPanel, df: pd.DataFrame):
    sent = Sent(panel)
    ask(panel, "hello")
    panel.train(wait=True)
    first = panel.regressor_
    ask(panel, "branch", run=1, epoch=5)
    assert panel.start["words"] == "from run 1 at epoch 5"
    ask(panel, "choose", name="learning_rate", value=0.001)
    assert panel.line == "%nnreg fit df --start 1@5 --learning-rate 0.001"
    panel.train(wait=True)
    assert panel.state["start"] == 5
    by_line = nbreg.fit(df, start=(first, 5), learning_rate=0.001)
    assert by_line.run_.history == panel.run_.history
    earlier, curves = sent.of("earlier")[-1]
    assert ("run 1", 0) in [(run["name"], run["start"]) for run in earlier["runs"]]
    assert len(np.frombuffer(curves[0], np.float32)) == 4 * 12
    ask(panel, "begin_anew")
    assert panel.start == {}
    assert "--start" not in panel.line


def test_what_must_stay_in_a_branch_is_told(panel: TrainPanel):
    panel.train(wait=True)
    panel.branch("1")
    panel.choose(hidden=(16,))
    until(lambda: panel.trouble)
    assert panel.trouble.startswith("hidden (--hidden) stays (8,) in a run that goes on from run 1")


def test_two_panels_train_at_once_without_mixing(notebook: dict[str, Any], df: pd.DataFrame):
    panels = [TrainPanel(df, **{**SMALL, "seed": seed}) for seed in (1, 2)]
    for panel in panels:
        panel.train()
    until(lambda: not any(panel.trains for panel in panels))
    for panel, seed in zip(panels, (1, 2), strict=True):
        alone = nbreg.fit(df, **{**SMALL, "seed": seed})
        assert panel.run_.history == alone.run_.history
        panel.close()


# What stays


def test_the_test_is_shown_when_it_is_asked_for(panel: TrainPanel):
    with pytest.raises(OptionError, match="nothing to test yet"):
        panel.final_test()
    panel.train(wait=True)
    assert panel.test == ""
    ask(panel, "final_test")
    assert panel.test == f"120 test rows: R² {panel.regressor_.evaluate()['r2']:.2f}, " + panel.test.split(", ", 1)[1]


def test_the_picture_says_what_the_panel_said(panel: TrainPanel):
    assert panel.line in panel.still().text
    panel.train(wait=True)
    still = panel.still()
    assert still.text.startswith("run 1: mlp 8, relu, finished after 12 of 12 epochs")
    assert panel.cards[0]["value"] in still.html
    assert "Time" not in still.text
    assert still.png


def test_a_new_view_is_told_everything(panel: TrainPanel):
    panel.train(wait=True)
    sent = Sent(panel)
    ask(panel, "hello")
    message, buffers = sent.of("rows")[-1]
    assert (message["start"], message["end"]) == (0, 12)
    assert len(np.frombuffer(buffers[0], np.float32)) == 48
    assert sent.of("scatter")


def test_no_thread_stays(panel: TrainPanel):
    panel.train(wait=True)
    until(lambda: not [t.name for t in threading.enumerate() if t.name.startswith("nbreg-") and "still" not in t.name])


def test_sizes_are_those_of_any_table(monkeypatch: pytest.MonkeyPatch):
    import polars as pl

    monkeypatch.setattr(train_choices, "notebook_names", lambda: {"p": pl.DataFrame({"a": [1, 2]})})
    assert train_choices.tables() == [{"name": "p", "words": "2 × 1"}]


def test_options_of_several_parts_are_shown_as_they_are_typed(notebook):
    panel = TrainPanel("df", target="y")
    panel.choose(target=["a", "y"], bounds="a=-10:10, y=0:", loss_weights="a=1, y=2", rate_change={3: 0.5})
    told = {name: panel.choices[name] for name in ("bounds", "loss_weights", "rate_change")}
    assert told == {"bounds": ["a=-10:10", "y=0:"], "loss_weights": ["a=1", "y=2"], "rate_change": ["3=0.5"]}
    panel.choose(**told)
    assert {name: panel.choices[name] for name in told} == told
    for name in told:
        panel.choose(**{name: ""})
    assert {name: panel.choices[name] for name in told} == {"bounds": [], "loss_weights": ["equal"], "rate_change": []}
    panel.choose(**told)
    assert "--bounds a=-10:10 --bounds y=0: " in f"{panel.line} "
