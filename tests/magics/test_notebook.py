"""The magics as a notebook uses them, in a kernel of their own, driven by nbclient."""

import json

FIT = "%nnreg fit houses --target price --epochs 4 --hidden 8"


def test_fit_shows_the_card_and_no_widget(kernel):
    outputs = kernel.run(f"{FIT} -o model")
    card, value = outputs
    assert card.output_type == "display_data"
    assert {"text/plain", "text/html", "image/png"} <= set(card.data)
    assert card.data["text/plain"].startswith("Predicts price to within")
    assert value.data == {"text/plain": "Regressor of price from 3 features: mlp 8, relu"}
    assert not any("widget" in kind for output in outputs for kind in output.get("data", {}))


def test_nothing_is_written_to_stderr(kernel):
    kernel.run(FIT)
    names = [output.get("name") for cell in kernel.client.nb.cells for output in cell.outputs]
    assert "stderr" not in names


def test_the_card_is_there_again_in_a_later_cell(kernel):
    kernel.run(f"{FIT} -o model")
    (value,) = kernel.run("model")
    assert value.data["text/plain"].startswith("Predicts price")


def test_the_same_in_python_gives_the_same_numbers(kernel):
    kernel.run(f"{FIT} -o by_magic")
    kernel.run("import nbreg\nby_python = nbreg.fit(houses, target='price', epochs=4, hidden=(8,))")
    assert kernel.text("bool((by_magic.predict(houses) == by_python.predict(houses)).all())") == "True"


def test_results_are_the_cells_value_and_kept_by_name(kernel):
    kernel.run(f"{FIT} -o model")
    assert "Name: price, Length: 200" in kernel.text("%nnreg predict houses -o prices")
    assert kernel.text("len(prices), prices.name") == "(200, 'price')"
    kernel.run("measured = %nnreg evaluate houses --model model")
    assert kernel.text("measured.n_rows") == "200"
    assert "R²" in kernel.text("%nnreg evaluate")


def test_a_file_is_a_table_too(kernel):
    kernel.run("houses.to_csv('houses.csv', index=False)")
    kernel.run("%nnreg fit houses.csv --target price --epochs 2 --split time --time 'sale date'")
    assert "Length: 200" in kernel.text("%nnreg predict houses.csv")


def test_polars_and_pyarrow_tables(kernel):
    kernel.run("import polars as pl, pyarrow as pa\nof_polars = pl.from_pandas(houses)")
    kernel.run("%nnreg fit of_polars --target price --epochs 2")
    assert kernel.text("p = %nnreg predict of_polars\ntype(p).__module__.split('.')[0]") == "'polars'"


def test_several_targets(kernel):
    text = kernel.text("%nnreg fit houses --target price --target size --epochs 3")
    assert "price" in text
    assert "size" in text
    assert kernel.text("q = %nnreg predict houses\nlist(q.columns)") == "['price', 'size']"
    kernel.run("%nnreg fit houses --target price,size --epochs 2 -o both")
    assert kernel.text("both.target_names_") == "('price', 'size')"


def test_a_cell_lists_layers(kernel):
    text = kernel.text(
        "%%nnreg fit houses --target price --epochs 2 -o own\n"
        "# two layers and what stands between\n"
        'Dense(units, activation="gelu")\n'
        "\n"
        "Dropout(0.1),\n"
        "Dense(4)\n".replace("units", "12")
    )
    assert "own layers: Dense 12 gelu, Dropout 0.1, Dense 4" in text
    assert kernel.text("[layer.name for layer in own.network_.layers][-1]") == "'prediction'"


def test_a_cell_sees_the_notebooks_names(kernel):
    kernel.run("width = 6")
    assert "Dense 6" in kernel.text("%%nnreg fit houses --target price --epochs 1\nDense(width)")


def test_a_broken_layer_is_told_with_its_line(kernel):
    said = kernel.fails("%%nnreg fit houses --target price\nDense(8)\nDens(4)")
    assert said == ["nbreg: Line 3, Dens(4): name 'Dens' is not defined. Did you mean \"Dense\"?"]
    (said,) = kernel.fails("%%nnreg fit houses --target price\nDense(8")
    assert said.startswith("nbreg: Line 2, Dense(8: '(' was never closed")
    (said,) = kernel.fails("%%nnreg fit houses --target price\n64")
    assert said == "nbreg: Line 2, 64: expected a Keras layer, got int."
    (said,) = kernel.fails("%%nnreg fit houses --target price\n\n")
    assert "The cell lists no layers" in said
    (said,) = kernel.fails("%%nnreg fit houses --target price\nDense(4)\nReshape((2, 2))")
    assert "The last layer gives 2 dimensions a row" in said


def test_user_errors_are_one_line_and_fail_the_cell(kernel):
    mistakes = {
        "%nnreg fti houses": "There is no command \"fti\". Did you mean \"fit\"?",
        "%nnreg fit hauses --target price": 'There is no table "hauses" in the notebook. Did you mean "houses"?',
        "%nnreg fit houses": "No target is given",
        "%nnreg fit houses --target prise": 'There is no column "prise" for the target. Did you mean "price"?',
        "%nnreg fit houses --target kind": 'Target "kind" is not numeric',
        "%nnreg fit houses --target price --epochs 0": "takes a whole number of at least 1, or auto; got 0.",
        "%nnreg fit houses --target price --network perceptron --hidden 3": "The perceptron has no option hidden",
        "%nnreg fit nowhere.csv --target price": 'There is no file "nowhere.csv".',
        "%nnreg predict houses --model house": 'There is no regressor "house" in the notebook.',
        "%nnreg plot residual": 'There is no plot "residual". Did you mean "residuals"?',
        "%nnreg load nowhere.nbreg": "There is no file nowhere.nbreg.",
        "%nnreg data diamond": 'There is no demo table "diamond". Did you mean "diamonds"?',
        "%%nnreg runs\nx": "runs takes no cell",
    }  # fmt: skip
    for cell, said in mistakes.items():
        traceback = kernel.fails(cell)
        assert len(traceback) == 1, cell
        assert said in traceback[0], cell


def test_bad_tables_are_told(kernel):
    kernel.run("bad = houses.assign(size=np.where(houses.index < 3, np.inf, houses['size']))")
    (said,) = kernel.fails("%nnreg fit bad --target price")
    assert 'Column "size" holds 3 infinite values' in said
    kernel.run("empty = houses.assign(price=np.nan)\nfew = houses.head(4)")
    (said,) = kernel.fails("%nnreg fit empty --target price")
    assert "Too few rows" in said
    (said,) = kernel.fails("%nnreg fit few --target price")
    assert "at least 10 are needed" in said


def test_a_loss_that_runs_away_keeps_what_there_was(kernel):
    (said,) = kernel.fails("%nnreg fit houses --target price --optimizer sgd --learning-rate 1e9 --epochs 9 -o gone")
    assert "learning rate" in said
    assert kernel.text("gone.run_.status, bool(np.isfinite(gone.predict(houses)).all())") == "('failed', True)"


def test_plots_are_pictures_with_words(kernel):
    kernel.run(FIT)
    for plot in ("learning_curve", "predicted_observed", "residuals", "network"):
        (shown,) = kernel.run(f"%nnreg plot {plot}")
        assert "image/png" in shown.data
        assert shown.metadata["image/png"]["alt"]


def test_auto_learning_rate_can_be_seen(kernel):
    kernel.run("%nnreg fit houses --target price --epochs 3 --learning-rate auto -o tuned")
    (shown,) = kernel.run("%nnreg plot learning_rate")
    assert "image/png" in shown.data


def test_save_and_load(kernel):
    kernel.run(f"{FIT} -o model")
    assert kernel.text("%nnreg save model.nbreg") == "Saved the regressor of price to model.nbreg.\n"
    kernel.run("%nnreg load model.nbreg -o loaded")
    assert kernel.text("bool((loaded.predict(houses) == model.predict(houses)).all())") == "True"


def test_code_shows_a_script_where_no_cell_can_be_filled(kernel):
    kernel.run(FIT)
    text = kernel.text("%nnreg code --table houses.csv")
    assert 'pd.read_csv("houses.csv"' in text
    compile(text, "script", "exec")


def test_runs_stand_side_by_side(kernel):
    kernel.run(FIT)
    kernel.run("runs = %nnreg runs")
    assert json.loads(kernel.text("runs.tail(1).to_json(orient='records')").strip("'"))[0]["target"] == "price"


def test_demo_tables(kernel):
    assert "diamonds" in kernel.text("%nnreg data")
    assert kernel.text("d = %nnreg data diabetes\nd.shape") == "(442, 11)"


def test_help(kernel):
    assert "%nnreg COMMAND" in kernel.text("%nnreg help")
    assert "--learning-rate" in kernel.text("%nnreg fit --help")
    assert "--learning-rate" in kernel.text("%nnreg help fit")


def test_braces_and_dollars_in_a_cell_are_left_alone(kernel):
    kernel.run("%%nnreg fit houses --target price --epochs 1\nDense(**{'units': 3})")
    kernel.run("spaced = houses.rename(columns={'price': 'the {price}'})")
    kernel.run('%nnreg fit spaced --target "the {price}" --epochs 1')


def test_python_values_may_stand_in_a_line(kernel):
    kernel.run(
        "for rate in (0.1, 0.01):\n    %nnreg fit houses --target price --epochs 1 --learning-rate {rate} -o last"
    )
    assert kernel.text("last.learning_rate") == "0.01"
    kernel.run("name = 'price'\n%nnreg fit houses --target $name --epochs 1")


def test_a_semicolon_keeps_the_value_from_being_shown(kernel):
    assert kernel.run("%nnreg data diabetes -o d;") == []
    assert kernel.text("len(d)") == "442"


def test_a_network_that_cannot_be_built_is_not_the_latest(kernel):
    kernel.run(f"{FIT} -o before")
    kernel.fails("%%nnreg fit houses --target price\nDense(4)\nReshape((2, 2))")
    kernel.run("%nnreg predict houses -o p")
    assert kernel.text("bool((p == before.predict(houses)).all())") == "True"


def test_background_without_a_front_end_waits(kernel):
    kernel.run(f"{FIT} --background -o model")
    assert kernel.text("model.run_.status") == "'finished'"


def test_the_preferences_are_seen(kernel):
    assert "NNRegMagics.live" in kernel.text("%config NNRegMagics")
