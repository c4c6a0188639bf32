"""Explaining as a notebook does it, in kernels driven by nbclient, and by a client with a person before it."""

import os
import re
import time

import pytest
from jupyter_client.manager import KernelManager

CARD = {"text/plain", "text/html", "image/png"}


@pytest.fixture(scope="module")
def notebook(kernel):
    """The kernel, with a table of which two columns count, one is a category, and a regressor of it."""
    kernel.run(
        "rng = np.random.default_rng(1)\n"
        "n = 300\n"
        "flats = pd.DataFrame({'area': rng.normal(size=n), 'living room': rng.normal(size=n),\n"
        "    'kind': rng.choice(list('abc'), n), 'noise': rng.normal(size=n)})\n"
        "flats['price'] = 3 * flats['area'] + (flats['kind'] == 'a')\n"
        "flats['rent'] = flats['living room']\n"
        "fresh = flats.drop(columns=['price', 'rent']).head(20)\n"
        "%nnreg fit flats --target price --features area --features kind --features 'living room' "
        "--epochs 8 --hidden 8 -o flat"
    )
    return kernel


@pytest.fixture
def latest(notebook):
    """As `notebook`, with the regressor of the flats as the latest, whatever other tests have trained."""
    notebook.run("from nbreg.session import SESSION\nSESSION.add(flat)")
    return notebook


# What is shown and kept


def test_explain_shows_its_card_once_and_no_widget(latest):
    (card,) = latest.run("%nnreg explain")
    assert card.output_type == "execute_result"
    assert set(card.data) >= CARD
    assert "area" in card.data["text/plain"]
    assert not any("widget" in kind for kind in card.data)


def test_a_value_that_has_a_name_is_kept_and_a_semicolon_keeps_it_from_being_shown(latest):
    assert latest.run("%nnreg explain fresh -o why;") == []
    assert latest.text("type(why).__name__, len(why), why is flat.explanation_") == "('Explanation', 20, True)"
    latest.run("same = %nnreg explain fresh")
    assert latest.text("bool((same.values == why.values).all())") == "True"


def test_two_explanations_in_a_cell(latest):
    outputs = latest.run("%nnreg explain fresh -o one\n%nnreg explain fresh --method shapley --rounds 2 -o two")
    assert [output.output_type for output in outputs] == ["execute_result"]
    assert latest.text("one.standard_errors is None, two.standard_errors is None") == "(True, False)"


def test_python_gives_the_same_numbers(latest):
    line = "--method shapley --rounds 4 --rows 10 --background 30 --seed 3 --target price"
    latest.run(f'by_magic = %nnreg explain flats {line} --group "area, living room"')
    latest.run(
        "import nbreg\n"
        "by_python = nbreg.explain(flat, flats, 'shapley', rounds=4, rows=10, background=30, seed=3, target='price',\n"
        "    group=[('area', 'living room')])"
    )
    assert latest.text("by_magic.feature_names") == "('area + living room', 'kind')"
    assert latest.text("bool((by_magic.values == by_python.values).all())") == "True"
    assert latest.text("by_magic.rows.tolist() == by_python.rows.tolist()") == "True"


def test_the_values_add_up_to_the_predictions(latest):
    latest.run("%nnreg explain fresh -o why;")
    reached = "why.values.sum(axis=1) + why.base_values"
    assert latest.text(f"bool(np.allclose({reached}, flat.predict(fresh), rtol=1e-5, atol=1e-5))") == "True"


def test_a_background_may_be_a_table(latest):
    latest.run("%nnreg explain fresh --background fresh -o own;")
    assert latest.text("own.n_background") == "20"
    assert latest.text("bool(np.isclose(own.base_values[0], flat.predict(fresh).mean(), rtol=1e-5))") == "True"
    latest.run("%nnreg explain fresh --background 7 -o few;")
    assert latest.text("few.n_background") == "7"


def test_polars_tables_and_files(latest):
    latest.run("import polars as pl\nof_polars = pl.from_pandas(fresh)\nfresh.to_csv('fresh.csv', index=False)")
    latest.run("%nnreg explain fresh -o why;\n%nnreg explain of_polars -o also;\n%nnreg explain fresh.csv -o again;")
    assert latest.text("type(also.data).__module__.split('.')[0]") == "'polars'"
    assert latest.text("bool(np.allclose(also.values, why.values)), bool(np.allclose(again.values, why.values))") == (
        "(True, True)"
    )


def test_several_targets_together_or_one_of_them(latest):
    latest.run("%nnreg fit flats --target price,rent --epochs 2 --hidden 8 -o both")
    latest.run("%nnreg explain fresh -o of_both;\n%nnreg explain fresh --target rent -o of_rent;")
    assert latest.text("of_both.values.shape, of_both.target_names") == "((20, 4, 2), ('price', 'rent'))"
    assert latest.text("bool(np.allclose(of_rent.values, of_both.values[..., 1]))") == "True"


def test_a_regressor_that_was_loaded_needs_rows(latest):
    latest.run("%nnreg save flat.nbreg\n%nnreg load flat.nbreg -o loaded")
    (said,) = latest.fails("%nnreg explain")
    assert said == "nbreg: This regressor came without its table: give the rows to explain."
    latest.run("%nnreg explain fresh -o why;")
    assert "The background is drawn from the rows given" in latest.text("' '.join(why.notices)")
    assert latest.text("why.feature_names") == "('area', 'kind', 'living room')"


def test_functions_and_objects_that_predict_are_explained(latest):
    latest.run(
        "from sklearn.linear_model import LinearRegression\n"
        "def double(table): return 2 * table['area']\n"
        "linear = LinearRegression().fit(flats[['area', 'noise']], flats['price'])\n"
        "plain = flats[['area', 'noise']].head(25)"
    )
    latest.run("%nnreg explain plain --model double -o of_function;")
    expected = "2 * (plain['area'] - plain['area'].mean())"
    assert latest.text(f"bool(np.allclose(of_function.values[:, 0], {expected}))") == "True"
    assert latest.text("bool((abs(of_function.values[:, 1]) < 1e-12).all())") == "True"
    # The table's other columns are left out: scikit-learn would refuse them.
    latest.run("%nnreg explain flats --model linear --rows 25 --background plain -o of_linear;")
    expected = "linear.coef_ * (of_linear.data - plain.mean())"
    assert latest.text("of_linear.feature_names") == "('area', 'noise')"
    assert latest.text(f"bool(np.allclose(of_linear.values, {expected}))") == "True"
    latest.run("%nnreg explain flats --model linear --method permutation_importance --target price -o shuffled;")
    assert latest.text("shuffled.feature_names, shuffled.target_names") == "(('area', 'noise'), ('price',))"


def test_what_is_explained_can_be_trained_and_explained_again(latest):
    latest.run("%nnreg explain --method expected_gradients;\n%nnreg explain --method deep_shap;")
    latest.run("%nnreg fit flats --target rent --epochs 2 --hidden 4 -o later")
    assert latest.text("later.run_.status, later.run_.error") == "('finished', None)"
    # shap's explainers would leave this patched, and no network could be trained any more.
    latest.run("from tensorflow.python.eager import backprop, execute")
    assert latest.text("execute.record_gradient is backprop.record_gradient") == "True"


def test_nothing_is_written_to_stderr(latest):
    latest.run("%nnreg explain")
    names = [output.get("name") for cell in latest.client.nb.cells for output in cell.outputs]
    assert "stderr" not in names


# What else explains


def test_an_effect_is_the_cells_value_and_the_same_in_python(latest):
    (shown,) = latest.run("%nnreg effect area -o by_magic")
    assert "image/png" in shown.data
    latest.run("by_python = nbreg.effect(flat, 'area')")
    assert latest.text("bool((by_magic.values == by_python.values).all())") == "True"
    latest.run("%nnreg effect area kind --data flats --rows 50 --grid 5 -o joint;")
    assert latest.text("joint.feature_names, len(joint.rows)") == "(('area', 'kind'), 50)"
    latest.run("%nnreg effect 'living room' --kind ale -o steps;")
    assert latest.text("steps.kind, steps.feature_names") == "('ale', ('living room',))"


def test_interactions(latest):
    (shown,) = latest.run("%nnreg interactions flats --rows 20 --background 20 -o by_magic")
    assert "image/png" in shown.data
    latest.run("by_python = nbreg.interactions(flat, flats, rows=20, background=20)")
    assert latest.text("bool((by_magic.values == by_python.values).all())") == "True"


def test_what_if_a_row_were_different(latest):
    (shown,) = latest.run("%nnreg whatif 3 fresh --set area=1.5 --set kind=b --set 'living room=-1' -o by_magic")
    assert set(shown.data) == {"text/plain", "text/html"}
    latest.run("by_python = nbreg.what_if(flat, 3, {'area': 1.5, 'kind': 'b', 'living room': -1}, fresh)")
    changed = "fresh.iloc[[3]].assign(area=1.5, kind='b').assign(**{'living room': -1.0})"
    for found in ("by_magic", "by_python"):
        predicted = f"{found}.explanation.predictions[1], flat.predict({changed})[0]"
        assert latest.text(f"bool(np.isclose({predicted}, rtol=1e-5))") == "True"
    assert latest.text("bool((by_magic.explanation.values == by_python.explanation.values).all())") == "True"


def test_tab_knows_a_real_regressor(latest):
    latest.run(
        "from nbreg.magics.completion import offers\ndef tab(line): return [o.text for o in offers(line, {})[1]]"
    )
    assert latest.text("tab('%nnreg effect ')") == "['area', 'kind', '\"living room\"']"
    assert latest.text("tab('%nnreg explain --target ')") == "['price']"
    assert latest.text("tab('%nnreg whatif 3 --set kind=')") == "['kind=a', 'kind=b', 'kind=c']"


# Mistakes

MISTAKES = {
    "%nnreg explain --method shaply": 'got shaply. Did you mean "shapley"?',
    "%nnreg explain --rows 0": "rows (--rows) takes a whole number of at least 1, or auto; got 0.",
    "%nnreg explain --rounds many": "rounds (--rounds) takes a whole number of at least 1, or auto; got many.",
    "%nnreg explain --budget 0": "budget (--budget) takes a number above 0, or none; got 0.",
    "%nnreg explain --background 0": "takes a whole number of at least 1, or the name of a table in the notebook",
    "%nnreg explain --background flots": 'There is no table "flots" in the notebook. Did you mean "flats"?',
    '%nnreg explain --group "area,kynd"': 'There is no feature "kynd" for a group. Did you mean "kind"?',
    "%nnreg explain --group area": "takes names of two or more columns, parted by commas",
    '%nnreg explain --group "area,kind" --group "kind,living room"': 'Feature "kind" is in two groups; give it to one.',
    "%nnreg explain --target prise": 'There is no target "prise". Did you mean "price"?',
    "%nnreg explain flots": 'There is no table "flots" in the notebook. Did you mean "flats"?',
    "%nnreg explain nowhere.csv": 'There is no file "nowhere.csv".',
    "%nnreg explain flats fresh": 'explain takes DATA; "fresh" is one word too many.',
    "%nnreg explain fresh --model fl4t":
        'There is no regressor or function "fl4t" in the notebook. Did you mean "flat"?',
    "%nnreg explain fresh --model n": 'There is no regressor or function "n" in the notebook.',
    "%nnreg explain --model twice": "A function is explained on rows: give a table.",
    "def word(table): return 'high'\n%nnreg explain fresh --model word":
        "The predictor is to return a number for each row; it returned 'high'.",
    "def few(table): return table['area'].head(2)\n%nnreg explain fresh --model few":
        "is to return as many predictions; it returned shape (2,).",
    "def endless(table): return table['area'] / 0\n%nnreg explain fresh --model endless":
        "The predictions for 20 rows explained are not finite",
    "%nnreg explain fresh --model twice --method saliency": "saliency needs a network's gradients",
    "no_rows = fresh.head(0)\n%nnreg explain no_rows": "The table has no rows",
    "lacking = fresh.drop(columns='kind')\n%nnreg explain lacking": 'The table lacks the column "kind".',
    "retyped = fresh.assign(area='large')\n%nnreg explain retyped": 'Column "area" should hold numbers but holds text',
    "gaps = fresh.assign(area=fresh['area'].where(fresh.index > 3))\n%nnreg explain gaps":
        'Column "area" has 4 gaps, and had none on the train rows',
    "%nnreg effect": "effect needs FEATURE: the name of a column.",
    "%nnreg effect kynd": 'There is no feature "kynd"',
    "%nnreg effect area kynd": 'Did you mean "kind"?',
    "%nnreg effect area --kind pdf": 'got pdf. Did you mean "pdp"?',
    "%nnreg interactions --target prise": 'There is no target "prise". Did you mean "price"?',
    "%nnreg whatif": "whatif needs ROW: a whole number of at least 0.",
    "%nnreg whatif first": "whatif takes as ROW a whole number of at least 0; got first.",
    "%nnreg whatif -1": "whatif takes as ROW a whole number of at least 0; got -1.",
    "%nnreg whatif 3": "whatif needs a change: --set COLUMN=VALUE",
    "%nnreg whatif 3 --set area": 'set (--set) takes COLUMN=VALUE, such as carat=1.2 or "floor area=80"; got area.',
    "%nnreg whatif 3 --set area=1 --set area=2": "area is set twice.",
    "%nnreg whatif 3 --set aria=1": 'Did you mean "area"?',
    "%nnreg whatif 3 --set area=large": "area",
    "%nnreg whatif 300 fresh --set area=1": "300",
}  # fmt: skip


@pytest.mark.parametrize("cell", MISTAKES)
def test_a_mistake_is_one_line(latest, cell):
    latest.run("def twice(table): return 2 * table['area']")
    traceback = latest.fails(cell)
    assert len(traceback) == 1
    assert MISTAKES[cell] in traceback[0]
    assert "\n" not in traceback[0]


def test_before_any_fit_there_is_nothing_to_explain(notebook):
    notebook.run("kept, SESSION.trainings = SESSION.trainings, []")
    try:
        for command in ("explain", "effect area", "interactions", "whatif 0 --set area=1"):
            (said,) = notebook.fails(f"%nnreg {command}")
            assert said == "nbreg: Nothing has been trained yet: start with %nnreg fit DATA --target COLUMN."
    finally:
        notebook.run("SESSION.trainings = kept")


# With somebody before it: progress, and the interrupt key


class Front:
    """A client that allows input, as those do that have a person before them."""

    def __init__(self, manager):
        self.manager, self.client = manager, manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def run(self, code, interrupts=0):
        """Run a cell and return its outputs as (type, content); interrupt it so often when time left is first seen."""
        outputs, waiting = [], [0.05] * interrupts

        def take(message):
            kind, content = message["msg_type"], message["content"]
            if kind in ("display_data", "update_display_data", "execute_result", "stream", "error"):
                outputs.append((kind, content))
            while waiting and " left" in content.get("data", {}).get("text/plain", ""):
                self.manager.interrupt_kernel()
                time.sleep(waiting.pop())

        self.client.execute_interactive(code, allow_stdin=True, timeout=120, output_hook=take)
        return outputs


@pytest.fixture(scope="module")
def front():
    manager = KernelManager(kernel_name="python3")
    # As a reader's kernel: TensorFlow is not told from outside to be quiet.
    manager.start_kernel(env={name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"})
    front = Front(manager)
    try:
        front.run(
            "%load_ext nbreg\n"
            "import time, numpy as np, pandas as pd\n"
            "rows = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 3)), columns=['a', 'b', 'c'])\n"
            "def slow(table):\n"
            "    time.sleep(0.15)\n"
            "    return table['a'] + 2 * table['b']\n"
        )
        yield front
    finally:
        front.client.stop_channels()
        manager.shutdown_kernel(now=True)


#: Two rounds take 0.3 seconds.
SLOW = "%nnreg explain rows --model slow --method shapley --background 10 --rounds"


def test_progress_is_seen_and_leaves_nothing(front):
    outputs = front.run(f"{SLOW} 24 -o why;")
    kinds = [kind for kind, _ in outputs]
    assert kinds == ["display_data", *["update_display_data"] * (len(kinds) - 1)]
    assert len(kinds) >= 3
    first, last = outputs[0][1], outputs[-1][1]
    assert "Explaining by shapley" in first["data"]["text/plain"]
    assert re.search(r"\d+ % · \d+ s left", outputs[1][1]["data"]["text/plain"])
    assert set(first["data"]) == {"text/plain", "text/html"}
    assert last["data"] == {}
    assert len({content["transient"]["display_id"] for _, content in outputs}) == 1


def test_what_is_quick_shows_no_progress(front):
    outputs = front.run("%nnreg explain rows --model slow --background 10 -o why;")
    assert outputs == []


def test_who_wants_no_live_views_sees_no_progress(front):
    front.run("%config NNRegMagics.live = False")
    assert front.run(f"{SLOW} 16 -o why;") == []
    front.run("%config NNRegMagics.live = True")


def test_the_interrupt_key_ends_it_with_what_is_done(front):
    outputs = front.run(f"{SLOW} 4000 -o partial;", interrupts=1)
    assert outputs[-1][1]["data"] == {}
    assert "error" not in [kind for kind, _ in outputs]
    said = front.run("print(partial.notices[0], len(partial), partial.standard_errors is not None)")[0][1]["text"]
    assert said.startswith("Interrupted: ")
    assert said.strip().endswith("True")
    front.run("reached = partial.values.sum(axis=1) + partial.base_values")
    assert front.run("print(np.allclose(reached, slow(partial.data)))")[0][1]["text"].strip() == "True"


def test_who_interrupts_twice_does_not_want_it_at_all(front):
    outputs = front.run(f"{SLOW} 4000", interrupts=2)
    assert [kind for kind, _ in outputs][-2:] == ["update_display_data", "error"]
    assert outputs[-2][1]["data"] == {}
    assert outputs[-1][1]["ename"] == "KeyboardInterrupt"


def test_a_failure_takes_the_progress_away(front):
    front.run(
        "calls = []\ndef failing(table):\n    calls.append(1)\n    if len(calls) > 15: raise OSError('gone')\n"
        "    return slow(table)"
    )
    outputs = front.run("%nnreg explain rows --model failing --method shapley --background 10 --rounds 50")
    assert [kind for kind, _ in outputs][-2:] == ["update_display_data", "error"]
    assert outputs[-2][1]["data"] == {}
    assert outputs[-1][1]["evalue"] == "gone"
