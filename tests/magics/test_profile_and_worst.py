"""%nnreg profile and %nnreg worst, in a kernel."""

import pytest


@pytest.fixture(scope="module")
def notebook(kernel):
    kernel.run(
        "import nbreg\n"
        "rng = np.random.default_rng(2)\n"
        "villas = pd.DataFrame({'size': rng.normal(size=400), 'kind': rng.choice(list('abc'), 400)})\n"
        "villas['price'] = villas['size'] + np.where(villas['kind'] == 'a', 5, .1) * rng.normal(size=400)\n"
        "villas['tax'] = villas['price'] * 0.2\n"
        "class Half:\n"
        "    feature_names_in_ = ['size']\n"
        "    def predict(self, table): return np.asarray(table['size'])\n"
        "half = Half()"
    )
    return kernel


def test_profile_shows_a_card_and_keeps_it(notebook):
    (card,) = notebook.run("%nnreg profile villas --target price -o held")
    assert card.output_type == "execute_result"
    assert {"text/plain", "text/html"} <= set(card.data)
    assert '"tax" is nearly a copy of price' in card.data["text/plain"]
    assert notebook.text("repr(held) == repr(nbreg.profile(villas, 'price'))") == "True"
    assert notebook.text("held.column('tax').suspicion") == "'leak'"


def test_the_fits_card_warns_too(notebook):
    card, _ = notebook.run("%nnreg fit villas --target price --epochs 2 --hidden 4")
    assert '"tax" is nearly a copy of price' in card.data["text/plain"]


def test_worst_gives_what_python_gives(notebook):
    notebook.run("%nnreg fit villas --target price --features size,kind --epochs 2 --hidden 4 -o villa")
    (card,) = notebook.run("%nnreg worst -o bad")
    assert {"text/plain", "text/html"} <= set(card.data)
    assert notebook.text("repr(bad) == repr(nbreg.worst(villa))") == "True"
    notebook.run("%nnreg worst villas --rows 3 --slices 1 --model villa -o bad")
    assert notebook.text("repr(bad) == repr(nbreg.worst(villa, villas, rows=3, slices=1))") == "True"
    assert notebook.text("len(bad.rows), [each.words for each in bad.slices]") == "(3, ['kind = a'])"


def test_worst_of_anything_that_predicts(notebook):
    notebook.run("%nnreg worst villas --model half --target price --rows 2 -o bad")
    assert notebook.text("list(bad.rows.columns)") == "['observed', 'predicted', 'residual', 'size']"


def test_a_mistake_is_one_line(notebook):
    (line,) = notebook.fails("%nnreg worst vilas")
    assert 'Did you mean "villas"' in line
