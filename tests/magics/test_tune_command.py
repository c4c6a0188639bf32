"""%nnreg tune, in a kernel."""

import pandas as pd
import pytest

from nbreg.magics.completion import offers
from nbreg.magics.parsing import parse

LINE = (
    '%nnreg tune houses --target price --epochs 2 --engine graph --space "hidden=2|3, learning_rate=1e-3..1e-1:log" '
    "--learning-rate 1e-6 --trials 3 --storage kept.db"
)


def test_the_line_and_python_do_the_same_and_the_best_is_the_latest(kernel):
    kernel.run(f"{LINE} -o found")
    kernel.run(
        "import nbreg\n"
        "same = nbreg.tune(houses, 'price', epochs=2, engine='graph', learning_rate=1e-6, trials=3, storage=None,\n"
        "                  space={'hidden': [2, 3], 'learning_rate': (1e-3, 1e-1, 'log')})"
    )
    equal = "found.to_frame().drop(columns='seconds').equals(same.to_frame().drop(columns='seconds'))"
    assert kernel.text(equal) == "True"
    assert kernel.text("found.line").startswith("'%nnreg fit houses --target price --hidden")
    kernel.run("get_ipython().run_line_magic('nnreg', found.line.removeprefix('%nnreg '))")
    kernel.run("from nbreg.session import SESSION")
    assert kernel.text("bool((SESSION.latest.predict(houses) == found.regressor.predict(houses)).all())") == "True"
    assert kernel.text("SESSION.latest is found.regressor") == "False"  # it was trained once more


def test_the_same_line_goes_on_where_it_was(kernel):
    kernel.run(LINE)
    assert "It goes on from 4 trials kept in kept.db; --fresh begins anew." in kernel.text(LINE)


def test_its_value_is_a_card_with_pictures(kernel):
    outputs = kernel.run(LINE)
    (card,) = (each.data for each in outputs if "text/html" in each.get("data", {}) and "the best trials" in
               each.data["text/html"])  # fmt: skip
    assert {"text/plain", "text/html", "image/png"} <= set(card)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('--space "dropout=0..1.5"', 'nbreg: dropout (--dropout) takes a number of at least 0 and below 1; got 1.5. '
         '(In the space at "dropout=0..1.5", letter 1.)'),
        ("--sampler beyes", "nbreg: sampler (--sampler) takes one of grid, random, bayes; got beyes. "
         'Did you mean "bayes"?'),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line(kernel, more, told):
    lines = kernel.fails(f"%nnreg tune houses --target price {more}")
    assert lines == [told]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%nnreg tune df --sampler ", ["grid", "random", "bayes"]),
        ("%nnreg tune df --metric r", ["rmse", "r2", "rmsle"]),
        ("%nnreg tune df --stor", ["--storage"]),
        ("%nnreg tune df --prune --nes", ["--nested", "--nesterov"]),
        ("%nnreg tune df --prune hy", ["hyperband"]),
        ("%nnreg tune df --prune=me", ["median"]),
        ("%nnreg tune --prune hyperband h", ["houses"]),
        ("%nnreg tune --prune ho", ["houses"]),
    ],
)
def test_its_options_and_choices_are_completed(line, expected):
    names = {"houses": pd.DataFrame({"size": [1, 2]})}
    assert [offer.text for offer in offers(line, names)[1]] == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("tune df --prune", {"prune": "median"}),
        ("tune --prune df", {"prune": "median"}),
        ("tune --prune hyperband df", {"prune": "hyperband"}),
        ("tune df --prune=hyperband --nested", {"prune": "hyperband", "nested": True}),
        ("tune df --prune --nested", {"prune": "median", "nested": True}),
        ("tune df --no-prune", {"prune": "no"}),
        ("tune df --prune no", {"prune": "no"}),
    ],
)
def test_the_flag_to_prune_stands_alone_or_with_a_word(line, expected):
    parsed = parse(line)
    assert parsed.arguments == {"data": "df"}
    assert parsed.options == expected


def test_a_cell_lists_the_layers(kernel):
    kernel.run(
        "%%nnreg tune houses --target price --epochs 2 --engine graph --trials 1 --folds 2 --storage none -o found\n"
        "Dense(3, activation='tanh')  # the only one\n"
    )
    assert kernel.text("found.line.splitlines()[1]") == "\"Dense(3, activation='tanh')\""
    assert kernel.text("found.space.names") == "('learning_rate', 'batch_size')"
    assert kernel.text("found.regressor.network_.layers[-2].units") == "3"
