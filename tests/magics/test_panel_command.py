"""%nnreg panel where nobody watches: the same panel, which shows its picture."""

import pytest
from test_completion import texts


def bundles(outputs):
    return [sorted(output["data"]) for output in outputs if "data" in output]


def test_a_table_opens_the_train_panel(kernel):
    outputs = kernel.run("%nnreg panel houses --target price --hidden 8")
    assert bundles(outputs) == [["text/html", "text/plain"]]
    text = outputs[0]["data"]["text/plain"]
    assert text.startswith("%nnreg fit houses --target price --hidden 8\n")
    assert "200 rows, 4 columns" in text


def test_out_names_what_is_trained_and_the_value_is_the_panel(kernel):
    kernel.run("panel = %nnreg panel houses --target price --hidden 8 --epochs 3 -o trained")
    assert kernel.text("type(panel).__name__, 'trained' in globals()") == "('TrainPanel', False)"
    kernel.run("panel.train(wait=True)")
    assert kernel.text("trained is panel.regressor_, trained.run_.status") == "(True, 'finished')"
    outputs = kernel.run("panel")
    assert bundles(outputs) == [["image/png", "text/html", "text/plain"]]
    assert "mlp 8, relu, finished after 3 of 3 epochs" in outputs[0]["data"]["text/plain"]


def test_a_start_is_found_by_the_regressors_name(kernel):
    kernel.run("%nnreg fit houses --target price --hidden 8 --epochs 3 -o first")
    kernel.run("panel = %nnreg panel houses --start first@2")
    assert kernel.text("panel.start['epoch']") == "2"
    assert "--start" in kernel.text("panel.line")


def test_a_forecast_is_trained_in_a_panel_of_its_own(kernel):
    kernel.run(
        "import numpy as np, pandas as pd\n"
        "hours = pd.date_range('2024-01-01', periods=120, freq='h')\n"
        "weather = pd.DataFrame({'hour': hours, 'temp': np.sin(hours.hour / 4)})\n"
        "panel = %nnreg panel forecast weather --target temp --time hour --window 6 --horizon 2 --epochs 2 -o ahead"
    )
    line = "%nnreg forecast weather --target temp --time hour --window 6 --horizon 2 --epochs 2 -o ahead"
    assert kernel.text("panel.line") == f"'{line}'"
    assert kernel.text("type(panel).__name__") == "'ForecastPanel'"
    kernel.run("panel.train(wait=True)")
    assert kernel.text("type(ahead).__name__, ahead is panel.regressor_") == "('Forecaster', True)"
    assert kernel.text("tomorrow = %nnreg predict weather\nlen(tomorrow)") == "2"
    assert kernel.text("import nbreg\nnbreg.ForecastPanel(weather, target='temp', time='hour', window=6).line") == (
        "'%nnreg forecast weather --target temp --time hour --window 6'"
    )


def test_a_study_is_done_in_a_panel_of_its_own(kernel):
    options = "--target price --values 2,4 --repeats 2 --epochs 2 -o units"
    kernel.run(f"panel = %nnreg panel study houses --factor hidden_units {options}")
    assert kernel.text("panel.line") == f"'%nnreg study hidden_units houses {options}'"
    kernel.run("panel.run(wait=True)")
    assert kernel.text("units is panel.study_, len(units.outcomes), units.course.status") == "(True, 4, 'finished')"
    outputs = kernel.run("panel")
    assert bundles(outputs) == [["image/png", "text/html", "text/plain"]]
    assert kernel.text(
        "import nbreg\nnbreg.StudyPanel(houses, target='price', factor='dropout', values=[0, 0.5]).line"
    ) == ("'%nnreg study dropout houses --target price --values 0,0.5'")


def test_python_opens_the_same(kernel):
    line = kernel.text("import nbreg\nnbreg.TrainPanel(houses, target='price', hidden=(8,)).line")
    assert line == "'%nnreg fit houses --target price --hidden 8'"


def test_the_other_panels(kernel):
    kernel.run("%nnreg fit houses --target price --hidden 8 --epochs 3 -o why_of;")
    assert "latest" in kernel.text("%nnreg panel runs")
    assert "price hangs most on" in kernel.text("%nnreg panel explain --model why_of")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("%nnreg panel runs --hidden 8", "panel has no option --hidden."),
        ("%nnreg panel runs houses", "The runs panel takes no table: it shows what this session has trained."),
        ("%nnreg panel housse", 'There is no table "housse" in the notebook.'),
        ("%nnreg panel houses --hidden none", "hidden (--hidden) takes whole numbers of at least 1"),
        ("%nnreg panel explain --method shap", "method (--method) takes"),
        ("%nnreg panel explain --model nobody", "nobody"),
        ("%nnreg panel houses --target prise", 'There is no column "prise"'),
        ("%nnreg panel forecast houses --split time", "panel has no option --split."),
        ("%nnreg panel study houses --factor hidden_unit", 'Did you mean "hidden_units"?'),
        ("%nnreg panel study houses --metric rmse", "panel has no option --metric."),
        ("%nnreg panel houses --network perceptron --hidden 8", "The perceptron has no option hidden (--hidden)"),
    ],
)
def test_mistakes_are_one_line(kernel, line, told):
    lines = kernel.fails(line)
    assert len(lines) == 1
    assert told in lines[0]


def test_options_and_words_are_those_of_the_panel_that_is_named():
    assert texts("%nnreg panel ")[1] == ["explain", "forecast", "runs", "study", "train", "houses", "cars"]
    assert texts("%nnreg panel houses --hid")[1] == ["--hidden"]
    assert texts("%nnreg panel explain --meth")[1] == ["--method"]
    assert texts("%nnreg panel forecast houses --horiz")[1] == ["--horizon"]
    assert texts("%nnreg panel study houses --fac")[1] == ["--factor"]
    assert texts("%nnreg panel study houses --factor hidden_")[1] == ["hidden_units"]
    assert texts("%nnreg panel runs --hid")[1] == []


def test_help_tells_of_each_panel(kernel):
    assert "--dropout" in kernel.text("%nnreg panel --help")
    explain = kernel.text("%nnreg panel explain --help")
    assert "--method" in explain
    assert "--dropout" not in explain
