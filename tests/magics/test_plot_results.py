"""%nnreg plot of studies and searches, in a kernel driven by nbclient."""

from __future__ import annotations

import pytest

from nbreg.magics.completion import offers

SMALL = "--epochs 2 --engine graph --hidden 3 --folds 2"


@pytest.fixture(scope="module")
def notebook(kernel):
    """The kernel with `rates`, a study of two learning rates, a later study, and `found`, a search of three trials."""
    # Whatever ran in this kernel before.
    kernel.run("from nbreg.search.latest import LATEST\nLATEST.study = LATEST.search = None")
    assert "There is no study yet: start with %nnreg study" in kernel.fails("%nnreg plot study")[0]
    assert "There is no search yet: start with %nnreg tune" in kernel.fails("%nnreg plot best_so_far")[0]
    kernel.run(
        f"%nnreg study learning_rate houses --target price --values 0.01,0.1 --repeats 1 {SMALL} -o rates;\n"
        f"%nnreg study activation houses --target price --values relu,tanh --repeats 1 {SMALL};\n"
        f'%nnreg tune houses --target price {SMALL} --space "learning_rate=1e-3..1e-1:log" --trials 2 --storage none '
        "-o found;"
    )
    return kernel


@pytest.mark.parametrize(
    ("line", "alt"),
    [
        ("%nnreg plot study --study rates", "MSE, R² by learning rate, for 2 values."),
        ("%nnreg plot study", "RMSE, R² by activation, for 2 values."),
        ("%nnreg plot best_so_far", "RMSE of 3 trials"),
        ("%nnreg plot parallel_coordinates --search found", "The options of"),
    ],
)
def test_the_latest_or_a_named_one_is_drawn_again(notebook, line, alt):
    (shown,) = (each for each in notebook.run(line) if each.output_type == "execute_result")
    assert shown.metadata["image/png"]["alt"].startswith(alt)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("plot study --study rate", 'There is no study "rate" in the notebook. Did you mean "rates"?'),
        ("plot best_so_far --search rates", 'There is no search "rates" in the notebook.'),
        ("plot study --search found", "study is a picture of a study: it has no use for --search."),
        ("plot residuals --study rates", "residuals is a picture of a regressor: it has no use for --study."),
        ("plot best_so_far --model found", "best_so_far is a picture of a search: it has no use for --model."),
        ("plot option_importance", "It takes two options in the space"),
    ],
)
def test_a_mistake_is_one_line(notebook, line, words):
    (said,) = notebook.fails(f"%nnreg {line}")
    assert words in said


def test_their_names_are_completed():
    study, search = type("Study", (), {}), type("Search", (), {})
    names = {"rates": study(), "found": search(), "other": 3}
    assert [each.text for each in offers("%nnreg plot study --study ", names)[1]] == ["rates", "none"]
    assert [each.text for each in offers("%nnreg plot best_so_far --search f", names)[1]] == ["found"]
    assert {"best_so_far", "option_importance", "parallel_coordinates", "study"} <= {
        each.text for each in offers("%nnreg plot ", names)[1]
    }
