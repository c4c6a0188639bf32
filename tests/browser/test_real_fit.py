"""Real trainings in a real JupyterLab, as a newcomer has them: all that %nnreg shows, answers and leaves behind."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from lab import PROMPT, Lab, Notebook, Server
from playwright.sync_api import Browser, expect

#: Large enough that an epoch can be watched; a column has a blank in its name.
SETUP = """
%load_ext nbreg
import numpy as np, pandas as pd
rng = np.random.default_rng(0)
df = pd.DataFrame(rng.normal(size=(200_000, 10)), columns=[*(f"x{i}" for i in range(9)), "floor area"])
df["price"] = df.x0 * df.x1 + np.sin(3 * df.x2) + df["floor area"] + rng.normal(scale=0.1, size=len(df))
small = df.head(500)
"""
ENDLESS = "fit df --target price --epochs 10000 --patience 0 --learning-rate 0.001 --schedule constant"
#: By scikit-learn and Keras: the loss of the weights that were kept, beside the best one in the history.
KEPT = """
from sklearn.metrics import mean_squared_error
X, y = {model}.data_.arrays("validation")
kept = mean_squared_error(y, np.asarray({model}.network_(X)))
best = min(row.val_loss for row in {model}.run_.history)
print({model}.run_.status, bool(np.isclose(kept, best, rtol=1e-4)), len({model}.history_) >= 2)
"""
CARD = ["image/png", "text/html", "text/plain"]


@pytest.fixture(scope="module")
def warm(server: Server, browser: Browser, artifacts: Path) -> Iterator[Notebook]:
    """A notebook whose kernel has the tables and TensorFlow: loading that takes longer than most trainings here."""
    with closing(Lab(server, browser, artifacts)) as lab:
        notebook = lab.open([SETUP, "%nnreg fit small --target price --epochs 1"])
        notebook.run_cell(0)
        notebook.run_cell(1)
        yield notebook


def began(notebook: Notebook, *cells: str) -> None:
    """Put cells into the notebook and run the first; return when its live view shows an epoch."""
    notebook.set_cells(cells)
    notebook.run_cell(0, wait=False)
    expect(view(notebook)).to_have_attribute("data-status", "running")
    notebook.wait_for(f"({EPOCHS}) >= 2")


def view(notebook: Notebook):
    return notebook.page.locator(".nbreg-live")


#: How many epochs the view shows; NaN where there is no view.
EPOCHS = (
    "parseInt(document.querySelector('.nbreg-live canvas')?.ariaLabel"
    "?.match(/([\\d,]+) epochs/)?.[1]?.replace(',', ''))"
)


def printed(notebook: Notebook, index: int) -> str:
    """Run a cell and return what it printed."""
    notebook.run_cell(index)
    return notebook.output_text(index)


def assert_card_in_place_of_the_view(notebook: Notebook, index: int = 0) -> None:
    expect(notebook.output(index).locator(".nbreg-sheet")).to_have_count(1)
    expect(view(notebook)).to_have_count(0)
    assert notebook.output_types(index)[0] == CARD


def test_a_training_moves_is_steered_and_is_stopped(notebook: Notebook):
    began(notebook, f"%nnreg {ENDLESS} -o model", KEPT.format(model="model"),
          "print(model.history_.learning_rate.round(6).unique().tolist(), model.run_.error)")  # fmt: skip
    before = notebook.page.evaluate(EPOCHS)
    notebook.wait_for(f"{EPOCHS} > {before}")
    notebook.screenshot("real_live")
    assert notebook.click_in_view("Pause", "paused") < PROMPT
    paused_at = notebook.page.evaluate(EPOCHS)
    field = view(notebook).get_by_label("Learning rate")
    field.fill("0.0003")
    field.press("Enter")
    time.sleep(0.3)
    assert notebook.page.evaluate(EPOCHS) == paused_at
    assert notebook.is_running(0)
    assert notebook.click_in_view("Resume", "running") < PROMPT
    notebook.wait_for(f"{EPOCHS} > {paused_at} + 1")
    assert notebook.click_in_view("Stop", "stopped") < PROMPT
    notebook.wait_cell(0)
    assert_card_in_place_of_the_view(notebook)
    assert printed(notebook, 1) == "stopped True True"
    assert printed(notebook, 2) == "[0.001, 0.0003] None"


def test_the_interrupt_button_stops_gracefully_and_keeps_the_best(notebook: Notebook):
    began(notebook, f"%nnreg {ENDLESS} -o model", KEPT.format(model="model"))
    notebook.interrupt()
    notebook.wait_cell(0)
    assert_card_in_place_of_the_view(notebook)
    assert "KeyboardInterrupt" not in notebook.output_text(0)
    assert notebook.output_types(0) == [CARD, ["text/plain"]]
    assert printed(notebook, 1) == "stopped True True"


def test_in_the_background_the_kernel_is_free_and_the_view_goes_on(notebook: Notebook):
    notebook.set_cells([f"%nnreg {ENDLESS} --background -o model", "print(model.run_.status, 6 * 7)", "model",
                        "model.run_.request_stop(); model.run_.wait()", KEPT.format(model="model"), "model",
                        "predicted = %nnreg predict small\nprint(len(predicted))"])  # fmt: skip
    notebook.run_cell(0)
    notebook.wait_for(f"{EPOCHS} >= 2")
    assert printed(notebook, 1) == "running 42"
    notebook.run_cell(2)
    for shown in notebook.output_text(0), notebook.output_text(2):
        assert shown.endswith("Regressor of price from 10 features: mlp 64-32, relu; still training")
    before = notebook.page.evaluate(EPOCHS)
    notebook.wait_for(f"{EPOCHS} > {before}")
    notebook.run_cell(3)
    assert_card_in_place_of_the_view(notebook)
    assert printed(notebook, 4) == "stopped True True"
    notebook.run_cell(5)
    assert notebook.output_types(5) == [CARD]
    assert printed(notebook, 6) == "500"


def test_tab_completes_commands_options_tables_columns_and_choices(notebook: Notebook):
    notebook.set_cells([""])
    tries = [
        ("%nnreg ", ["backtest", "code", "cv", "data", "effect", "evaluate", "explain", "fit", "forecast", "help",
                     "interactions", "joint", "load", "panel", "plot", "predict", "profile", "runs", "save",
                     "study", "tune", "whatif", "worst"]),
        ("%nnreg fit ", ["df", "small"]),
        ("%nnreg fit df --target ", [*(f"x{i}" for i in range(9)), '"floor area"', "price"]),
        ("%nnreg fit df --sch", ["--schedule"]),
        ("%nnreg fit df --split ", ["random", "time", "group"]),
        ("%nnreg plot r", ["residual_correlation", "residuals"]),
    ]  # fmt: skip
    for typed, expected in tries:
        notebook.set_source(0, "")
        assert notebook.complete(0, typed) == expected
        if "target" in typed:
            notebook.screenshot("completer")
        notebook.page.keyboard.press("Escape")
    for typed, completed in [("--target flo", '--target "floor area"'), ("--target p", "--target price"),
                             ('--target "flo', '--target "floor area"'), ("--target=x8", "--target=x8"),
                             ("--opt", "--optimizer")]:  # fmt: skip
        notebook.set_source(0, "")
        notebook.complete(0, f"%nnreg fit df {typed}")
        notebook.page.keyboard.press("Enter")
        assert notebook.source(0) == f"%nnreg fit df {completed}"


def test_the_script_comes_as_the_next_cell_and_runs(notebook: Notebook):
    notebook.set_cells(['small.to_csv("table.csv", index=False)\n%nnreg fit small --target price --epochs 2 -o model',
                        "%nnreg code", "print('the cell after')"])  # fmt: skip
    notebook.run_cell(0)
    notebook.run_cell(1)
    notebook.wait_for("window.jupyterapp.shell.currentWidget.content.widgets.length === 4")
    assert "import keras" in notebook.source(2)
    assert "nbreg" not in re.sub("#.*", "", notebook.source(2))
    assert notebook.source(3) == "print('the cell after')"
    assert notebook.output_text(1).endswith("The script is in the next cell.")
    notebook.run_cell(2)
    assert "Error" not in notebook.output_text(2)
    assert printed(notebook, 3) == "the cell after"


def test_without_its_kernel_the_notebook_shows_the_card_and_no_widget(notebook: Notebook, lab: Lab):
    notebook.set_cells(["%nnreg fit small --target price --epochs 3", "import nbreg", "%nnreg plot learning_curve"])
    for index in range(3):
        notebook.run_cell(index)
    notebook.save()
    copied = notebook.path.with_name("read_later.ipynb")
    shutil.copy(notebook.path, copied)
    assert "widget" not in copied.read_text().lower()
    later = lab.visit(copied.name)
    card = later.output(0).locator(".nbreg-sheet")
    expect(card).to_contain_text("Predicts price")
    pictures = "() => [...document.querySelectorAll('.nbreg-sheet img')].filter(one => one.naturalWidth > 100).length"
    assert later.page.evaluate(pictures) == 2
    text = later.page.locator(".jp-Notebook").inner_text().lower()
    assert "model not found" not in text
    assert "loading widget" not in text
    assert "error displaying widget" not in text


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("%nnreg fit df --target prise", 'nbreg: There is no column "prise" for the target. Did you mean "price"?'),
        ("%nnreg fit smal --target price", 'nbreg: There is no table "smal" in the notebook. Did you mean "small"?'),
        ("%nnreg fir df", 'nbreg: There is no command "fir". Did you mean "fit"?'),
        ("%nnreg fit df --target price --epoch 3", 'nbreg: fit has no option --epoch. Did you mean "--epochs"?'),
        ("import nbreg; nbreg.fit(df, target='prise')",
         'nbreg: There is no column "prise" for the target. Did you mean "price"?'),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line(notebook: Notebook, line: str, told: str):
    notebook.set_cells([line])
    notebook.run_cell(0)
    assert notebook.output_text(0) == told
    notebook.screenshot("error_line")


@pytest.mark.parametrize(
    ("cell", "also"),
    [
        ("import nbreg\nmodel = nbreg.fit(df, target='price', epochs=30)", []),
        ("import nbreg\nnbreg.fit(df, target='price', epochs=30)", [["text/plain"]]),
        ("model = %nnreg fit df --target price --epochs 30", []),
        ("%nnreg fit df --target price --epochs 30", [["text/plain"]]),
        ('%%nnreg fit df --target price --epochs 30\nDense(32, activation="gelu")\nDropout(0.1)', [["text/plain"]]),
    ],
    ids=["python, assigned", "python", "magic, assigned", "magic", "cell magic"],
)
def test_each_door_shows_the_training_live_and_the_card_once(notebook: Notebook, cell: str, also: list[list[str]]):
    began(notebook, cell)
    notebook.wait_cell(0)
    assert_card_in_place_of_the_view(notebook)
    assert notebook.output_types(0) == [CARD, *also]


def test_a_training_that_fails_shows_what_it_reached_and_one_line(notebook: Notebook):
    begin = (
        "import keras, nbreg\nfrom nbreg.session import SESSION\n"
        "jump = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 1e12 if epoch == 4 else 0.01)\n"
        "choices = dict(target='price', optimizer='sgd', schedule='constant', epochs=8, callbacks=[jump])\n"
    )
    finite = "failed = SESSION.latest\nprint(failed.run_.status, np.isfinite(failed.predict(small)).all())"
    in_background = f"{begin}late = nbreg.fit(small, background=True, **choices)"
    notebook.set_cells([f"{begin}nbreg.fit(small, **choices)", finite, in_background])
    notebook.run_cell(0)
    assert_card_in_place_of_the_view(notebook)
    lines = notebook.output_text(0).splitlines()
    assert lines[0].startswith("Training failed: The loss was no finite number")
    assert lines[-1].startswith("nbreg: The loss was no finite number")
    assert "Traceback" not in notebook.output_text(0)
    notebook.screenshot("failed_training")
    assert printed(notebook, 1) == "failed True"
    notebook.run_cell(2)
    expect(notebook.output(2).locator(".nbreg-headline")).to_contain_text("Training failed: The loss was no finite")


@pytest.mark.parametrize(
    ("name", "n_cards"),
    [
        ("01_quickstart.ipynb", 3),
        ("02_explain.ipynb", 4),
        ("04_many_targets.ipynb", 6),
        ("05_forecasting.ipynb", 3),
        ("06_studies.ipynb", 10),
        ("07_tuning.ipynb", 2),
    ],
)
def test_the_notebooks_run_through_as_a_reader_runs_them(
    server: Server, browser: Browser, artifacts: Path, name: str, n_cards: int
):
    """With a front end some commands do other things than headless: every cell has to go well here too."""
    shutil.copy(Path(__file__).parents[2] / "notebooks" / name, server.notebooks)
    with closing(Lab(server, browser, artifacts)) as lab:
        notebook = lab.visit(name)
        for index in range(notebook.n_cells):
            notebook.run_cell(index)
        kinds = [kind for index in range(notebook.n_cells) for kind in notebook.output_types(index)]
        assert kinds.count(CARD) == n_cards
        assert notebook.failures() == []
        assert notebook.errors == []
