"""The table of runs: what its cells say, its order, and what is best."""

from __future__ import annotations

import math

import pytest
from made_up_runs import evaluation, made_up

from nbreg.fit_options import fit_options
from nbreg.panels.runs_cells import choice_cell, loss_cell, metric_cell
from nbreg.panels.runs_table import OPTIONS, runs_table
from nbreg.training.run import Row, Run, Start


@pytest.fixture
def three():
    return [
        made_up(1, epochs=30, validation=evaluation(0.9, 3.0, 2.0), hidden=(64, 32), learning_rate="auto"),
        made_up(2, epochs=10, validation=evaluation(0.95, 2.5, 2.1), hidden=(8,), learning_rate=0.01),
        made_up(3, epochs=5, status="running", hidden=(128,), learning_rate=0.002),
    ]


def names(table):
    return [column.name for column in table.columns]


def numbers(lines):
    return [line.number for line in lines]


# Columns


def test_only_options_that_differ_have_a_column(three):
    table = runs_table(three, with_test=False)
    assert {column.name for column in table.columns if column.group == OPTIONS} == {"learning_rate", "hidden"}
    alone = runs_table(three[:1], with_test=False)
    assert not any(column.group == OPTIONS for column in alone.columns)


def test_no_column_is_there_twice_whatever_differs():
    options = fit_options()
    others = made_up(2, **{name: f"other {name}" for name in options if name in ("loss", "network")}, epochs=7)
    table = runs_table([made_up(1), others, made_up(3, start=Start("run 1", 3))], with_test=True)
    assert len(names(table)) == len(set(names(table)))
    assert not set(names(table)) & (set(options) - {"loss", "network"})
    assert all(set(line.cells) == set(names(table)) for line in table.lines)


def test_test_metrics_are_only_there_when_asked_for(three):
    assert not any(name.startswith("test_") for name in names(runs_table(three, with_test=False)))
    assert [name for name in names(runs_table(three, with_test=True)) if name.startswith("test_")] == [
        "test_r2", "test_rmse", "test_mae",
    ]  # fmt: skip


def test_where_a_run_went_on_from_goes_by_the_name_of_now(three):
    assert "from" not in names(runs_table(three, with_test=False))
    branch = made_up(4, start=Start("run 1", 12))
    branch.origin = 1
    three[0].name = "wide"
    table = runs_table([*three, branch], with_test=False)
    assert table.lines[3].cells["from"].text == "wide @ 12"


# Order


def test_lines_are_sorted_by_value_not_by_text(three):
    table = runs_table(three, with_test=False)
    assert numbers(table.shown("epochs_run", False, "")) == [3, 2, 1]
    assert numbers(table.shown("epochs_run", True, "")) == [1, 2, 3]
    assert numbers(table.shown("hidden", False, "")) == [2, 1, 3]


@pytest.mark.parametrize("descending", [False, True])
def test_lines_without_a_value_come_last(three, descending):
    table = runs_table(three, with_test=False)
    assert numbers(table.shown("validation_r2", descending, ""))[-1] == 3
    assert numbers(table.shown("learning_rate", descending, ""))[-1] == 1  # auto is no number


def test_equal_values_stay_in_the_order_of_their_numbers(three):
    table = runs_table([*three, made_up(4, epochs=30)], with_test=False)
    assert numbers(table.shown("epochs_run", False, ""))[-2:] == [1, 4]


def test_a_column_that_is_gone_leaves_the_order_of_numbers(three):
    table = runs_table(three, with_test=False)
    assert numbers(table.shown("no such column", True, "")) == [3, 2, 1]


# Filter


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", [1, 2, 3]), ("RUN  2", [2]), ("finished", [1, 2]), ("running 128", [3]), ("128 running", [3]),
        ("64, 32", [1]), ("hidden 8", [2]), ("learning rate auto", [1]), ("none such", []), ("finished such", []),
    ],
)  # fmt: skip
def test_words_are_found_in_one_cell_or_else_in_several(three, words, found):
    assert numbers(runs_table(three, with_test=False).shown("number", False, words)) == found


# What is best


def test_the_best_is_the_highest_or_the_lowest(three):
    best = runs_table(three, with_test=False).best()
    assert {"validation_r2", "validation_rmse"} <= set(best[2])
    assert "validation_mae" in best[1]
    assert 3 not in best


def test_what_cannot_be_compared_is_not():
    apart = [
        made_up(1, validation=evaluation(0.9, 3.0, 2.0), targets=("y",)),
        made_up(2, validation=evaluation(0.5, 9.0, 8.0), targets=("z",)),
    ]
    assert runs_table(apart, with_test=False).best() == {}
    losses = [made_up(1, floor=0.1, loss="mse"), made_up(2, floor=0.3, loss="mae")]
    assert runs_table(losses, with_test=False).best() == {}
    alike = [made_up(1, floor=0.1, loss="mse"), made_up(2, floor=0.3, loss="mse")]
    assert runs_table(alike, with_test=False).best() == {1: ["best_val_loss"]}
    two = evaluation(0.9, 3.0, 2.0, targets=("y", "z"))
    several = [made_up(number, validation=two, targets=("y", "z"), epochs=0) for number in (1, 2)]
    assert runs_table(several, with_test=False).best() == {}


# Cells


@pytest.mark.parametrize(
    ("r2", "text", "brief"),
    [(0.9, "0.900", "0.90"), (0.99721, "0.9972", "0.997"), (-0.25, "−0.250", "−0.25"), (-0.0001, "0.000", "0.00")],
)
def test_a_share_of_one(r2, text, brief):
    cell = metric_cell("r2", evaluation(r2, 1.0, 1.0))
    assert (cell.text, cell.key, cell.kept) == (text, r2, brief)


def test_metrics_of_two_targets_stand_side_by_side():
    cell = metric_cell("rmse", evaluation(0.9, 1234.5, 1.0, targets=("y", "z")))
    assert (cell.text, cell.kept) == ("1,234, 1,234", "1,200, 1,200")


def test_no_metric_is_an_empty_cell():
    assert metric_cell("r2", None).text == ""
    assert metric_cell("r2", evaluation(None, None, None)).key is None


@pytest.mark.parametrize(
    ("name", "value", "text", "key"),
    [
        ("hidden", (64, 32), "64, 32", "000000000064, 000000000032"),
        ("learning_rate", 0.003, "0.003", 0.003),
        ("learning_rate", "auto", "auto", None),
        ("batch_norm", True, "yes", 1.0),
        ("activation", "gelu", "gelu", "gelu"),
        ("features", ("a b", "c"), "a b, c", "a b, c"),
    ],
)
def test_options_stand_as_behind_their_flags(name, value, text, key):
    option = fit_options()[name]
    cell = choice_cell(option, option.check(value))
    assert (cell.text, cell.key) == (text, key)


def test_the_loss_is_the_smallest_one_that_was_watched():
    run = Run(3)
    assert loss_cell(run).text == ""
    run.record([Row(1, 0.5, 0.75, 0.1), Row(2, 0.25, 0.5, 0.1), Row(3, 0.125, 0.625, 0.1)])
    assert (loss_cell(run).text, loss_cell(run).key) == ("0.500", 0.5)
    unwatched = Run(2)
    unwatched.record([Row(1, 0.5, math.nan, 0.1), Row(2, 0.25, math.nan, 0.1)])
    assert loss_cell(unwatched).key == 0.25


def test_time_is_short_and_sorted_by_seconds(three):
    three[2].run.seconds = 0.25
    table = runs_table(three, with_test=False)
    assert [line.cells["seconds"].text for line in table.lines] == ["3 s", "1 s", "< 1 s"]
    assert numbers(table.shown("seconds", False, "")) == [3, 2, 1]
