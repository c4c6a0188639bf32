"""%nnreg fit --start and %nnreg runs, in a kernel."""

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def runs(kernel):
    """Three runs; `n` is the number of the first of them."""
    kernel.run("from nbreg.session import SESSION")
    for epochs in (4, 5, 6):
        kernel.run(f"%nnreg fit houses --target price --hidden 8 --patience 0 --epochs {epochs} -o of_{epochs}")
    kernel.run("n = SESSION.find(of_4).number\nsecond = n + 1")
    return kernel


def test_a_line_goes_on_from_a_run(runs):
    runs.run("%nnreg fit houses --start $n --epochs 2 -o by_number")
    runs.run("%nnreg fit houses --start of_4 --epochs 2 -o by_object")
    runs.run("import nbreg\nby_python = nbreg.fit(houses, start=of_4, epochs=2)")
    same = "bool((by_number.predict(houses) == {}.predict(houses)).all())"
    assert runs.text(same.format("by_object")) == "True"
    assert runs.text(same.format("by_python")) == "True"
    assert runs.text("by_number.run_.start") == runs.text("by_object.run_.start")


def test_a_line_goes_on_from_an_epoch(runs):
    text = runs.text("%nnreg fit houses --start of_4@2 --learning-rate 0.001 -o late")
    assert "continued from run" in text
    assert "at epoch 2" in text
    assert runs.text("late.learning_rate, late.epochs, late.run_.start.epoch") == "(0.001, 4, 2)"


def test_runs_are_renamed_used_and_deleted(runs):
    runs.run('shown = %nnreg runs --rename "of_5=best small"')
    assert runs.text("shown.loc[second, 'name']") == "'best small'"
    runs.run('%nnreg runs --use "best small"')
    assert runs.text("SESSION.latest is of_5") == "True"
    runs.run('%nnreg fit houses --start "best small@3" --epochs 1 -o more')
    assert runs.text("more.run_.start.name, more.run_.start.epoch") == "('best small', 3)"
    runs.run("listed = %nnreg runs --delete more --delete late")
    assert (
        runs.text("bool(listed['from'].str.contains('@').any()), len(listed) == len(SESSION.trainings)")
        == "(True, True)"
    )
    assert runs.fails("%nnreg runs --use more") == ["nbreg: This regressor is none of this session's runs."]


def test_figures_are_written_for_machines(runs, tmp_path):
    path = tmp_path / "runs.csv"
    runs.run(f'%nnreg runs --csv "{path}"')
    figures = pd.read_csv(path, index_col="run")
    row = figures[figures["name"] == runs.text("SESSION.find(of_6).name").strip("'")].iloc[0]
    assert row["epochs_run"] == 6
    assert repr(row["best_val_loss"]) == repr(type(row["best_val_loss"])(runs.text("of_6.run_.best.val_loss")))


def test_mistakes_are_one_line(runs):
    mistakes = {
        "%nnreg runs --delete 999": 'There is no run "999"',
        '%nnreg runs --rename "of_4="': 'takes RUN=NAME, such as "3=best small"',
        '%nnreg runs --rename "of_4=7"': "no number",
        "%nnreg runs --csv /nowhere/at/all.csv": "cannot be written",
        "%nnreg fit houses --start of_4@99": "has epochs 1 to 4; got 99.",
        "%nnreg fit houses --start of_4 --hidden 9": "its weights must fit",
        "%nnreg fit houses --start noone": 'There is no run "noone"',
        "%nnreg fit houses --start of_4@x": "--start",
    }
    for cell, said in mistakes.items():
        traceback = runs.fails(cell)
        assert len(traceback) == 1, cell
        assert said in traceback[0], cell
