"""%nnreg joint, in a kernel: the same words and numbers as Python."""

import pytest


@pytest.fixture(scope="module")
def notebook(kernel):
    kernel.run(
        "import nbreg\n"
        "rng = np.random.default_rng(3)\n"
        "flats = pd.DataFrame({'area': rng.normal(size=200)})\n"
        "noise = rng.multivariate_normal([0, 0], [[1, .8], [.8, 1]], size=200)\n"
        "flats['rent'], flats['net price'] = flats['area'] + noise[:, 0], noise[:, 1] - flats['area']"
    )
    kernel.run('%nnreg fit flats --target rent --target "net price" --joint mixture --components 2 --epochs 3 -o flat')
    return kernel


def test_gives_what_python_gives(notebook):
    (card,) = notebook.run("%nnreg joint flats --level .5 -o likely")
    assert {"text/plain", "text/html"} <= set(card.data)
    assert card.data["text/plain"].startswith("rent and net price, 200 rows: mixtures of 2 normal distributions")
    assert notebook.text("likely.to_frame().equals(flat.predict_joint(flats, level=.5).to_frame())") == "True"


def test_targets_may_be_given(notebook):
    notebook.run('%nnreg joint flats --given "net price=0.5" -o likely')
    assert notebook.text("likely.target_names") == "('rent',)"
    assert (
        notebook.text("np.array_equal(likely.mean, flat.predict_joint(flats).given({'net price': .5}).mean)") == "True"
    )
    notebook.run('%nnreg joint flats --given "net price" --model flat -o likely')
    same = "np.array_equal(likely.mean, flat.predict_joint(flats).given({'net price': flats['net price']}).mean)"
    assert notebook.text(same) == "True"


def test_draws(notebook):
    notebook.run("%nnreg joint flats --samples 7 --seed 2 -o likely")
    assert notebook.text("likely.draws.shape, list(likely.draws.columns)") == "((1400, 2), ['rent', 'net price'])"


def test_plots(notebook):
    for name in ("noise_correlation", "joint_samples --row 3"):
        (shown,) = notebook.run(f"%nnreg plot {name} --model flat")
        assert "image/png" in shown.data


def test_a_mistake_is_one_line(notebook):
    (line,) = notebook.fails("%nnreg joint flats --given rnt=3")
    assert 'Did you mean "rent"' in line
    (line,) = notebook.fails("%nnreg joint flats --given rent=low")
    assert "TARGET=VALUE" in line
    notebook.run("%nnreg fit flats --target rent --features area --epochs 1 --hidden 2")
    (line,) = notebook.fails("%nnreg joint flats")
    assert "train with --joint gaussian" in line
