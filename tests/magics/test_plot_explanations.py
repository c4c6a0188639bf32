"""%nnreg plot of explanations, in a kernel driven by nbclient."""

from __future__ import annotations

import pandas as pd
import pytest

from nbreg.magics.completion import offers
from nbreg.magics.help import command_help
from nbreg.magics.parsing import parse


@pytest.fixture(scope="module")
def notebook(kernel):
    """The kernel with `hut`, a regressor of two targets, and `hut_why`, five of its rows explained."""
    kernel.run(
        "huts = houses.assign(rent=houses['size'] * 2)\n"
        "%nnreg fit huts --target price --target rent --features size --features kind --epochs 2 --hidden 8 -o hut\n"
        "%nnreg explain huts --rows 5 -o hut_why"
    )
    return kernel


@pytest.fixture
def latest(notebook):
    notebook.run("from nbreg.session import SESSION\nSESSION.add(hut)")
    return notebook


@pytest.mark.parametrize("name", ["importance", "beeswarm", "waterfall", "dependence", "heatmap"])
def test_plots_of_explanations_are_one_picture_with_words(name, latest):
    (shown,) = latest.run(f"%nnreg plot {name} --explanation hut_why")
    assert shown.output_type == "execute_result"
    assert shown.data["text/plain"] == f"<plot {name}>"
    assert "price" in shown.metadata["image/png"]["alt"]


@pytest.mark.parametrize("name", ["weights", "activations"])
def test_the_inside_of_the_latest_regressor(name, latest):
    (shown,) = latest.run(f"%nnreg plot {name}")
    assert "hidden_1" in shown.metadata["image/png"]["alt"]


def test_choices_are_those_of_python(latest):
    latest.run("%nnreg plot waterfall --row 3 --target rent --explanation hut_why -o first;")
    latest.run("import nbreg\nsecond = nbreg.plot('waterfall', hut_why, row=3, target='rent')")
    assert latest.text("first.info == second.info, first.info.row, first.info.target") == "(True, 3, 'rent')"
    latest.run("%nnreg plot dependence --feature kind --model hut -o third;")
    assert latest.text("third.info.scale.name, third.info.scale.levels") == "('kind', ('a', 'b', 'c'))"


def test_a_regressor_that_was_not_explained_is_explained_first(latest):
    latest.run("%nnreg fit huts --target price --features size --features kind --epochs 1 --hidden 4 -o fresh_hut")
    latest.run("%nnreg plot importance -o drawn;")
    assert latest.text("drawn.info.n_rows == len(fresh_hut.explanation_) == fresh_hut.n_rows_['test']") == "True"


def test_drawing_leaves_no_figure_and_no_style(latest):
    code = (
        "import matplotlib, matplotlib.pyplot as plt\n"
        "before = dict(matplotlib.rcParams)\n"
        "_ = nbreg.plot('beeswarm', hut_why).png\n"
    )
    assert latest.run("import nbreg\n" + code) == []
    assert latest.text("dict(matplotlib.rcParams) == before, plt.get_fignums()") == "(True, [])"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "plot residuals --row 1 --model hut",
            "residuals has no use for row (--row), which is for joint_samples, waterfall and window_heatmap.",
        ),
        ("plot importance --explanation hut", 'no explanation "hut" in the notebook. Did you mean "hut_why"?'),
        ("plot importance --explanation hut_why --model hut", "give one of them"),
        ("plot residuals --explanation hut_why", "of a regressor, not of an explanation"),
        ("plot waterfall --row 5 --explanation hut_why", "from 0 to 4"),
        ("plot waterfall --row one --explanation hut_why", "a whole number of at least 0"),
        ("plot dependence --feature siz --explanation hut_why", 'no feature "siz". Did you mean "size"?'),
    ],
)
def test_mistakes_are_told_in_one_line(line, words, latest):
    (told,) = latest.fails(f"%nnreg {line}")
    assert words in told


class Explanation:
    """Looks like one: Tab asks for the name of the type only."""


def test_tab_offers_explanations_plots_and_options():
    names = {"why": Explanation(), "_hidden": Explanation(), "df": pd.DataFrame()}
    assert [offer.text for offer in offers("%nnreg plot importance --explanation ", names)[1]] == ["why", "none"]
    assert [offer.text for offer in offers("%nnreg plot wa", names)[1]] == ["waterfall"]
    flags = [offer.text for offer in offers("%nnreg plot waterfall --", names)[1]]
    assert {"--row", "--feature", "--target", "--explanation", "--model", "--out"} <= set(flags)


def test_help_names_the_choices():
    text = command_help("plot", parse("plot --help").command)
    assert text.startswith("%nnreg plot PLOT [options]\n")
    assert "--row N" in text
    assert "--explanation NAME" in text
