"""%nnreg study, in a kernel."""


def test_the_line_and_python_do_the_same(kernel):
    line = (
        "%nnreg study learning_rate houses --target price --values .001,.1 --repeats 2 --epochs 2 --hidden 4 -o tried"
    )
    shown = kernel.run(line)[-1]["data"]
    assert {"text/plain", "text/html", "image/png"} <= set(shown)
    assert shown["text/plain"].startswith("Learning rate. ")
    kernel.run(
        "import nbreg\n"
        "options = dict(repeats=2, epochs=2, hidden=4)\n"
        "same = nbreg.study('learning_rate', houses, 'price', values=[.001, .1], **options)"
    )
    assert kernel.text("bool((tried.to_frame()['mse'] == same.to_frame()['mse']).all()), len(tried.outcomes)") == (
        "(True, 4)"
    )


def test_two_factors_and_values_of_each(kernel):
    kernel.run(
        "%nnreg study hidden_units,learning_rate houses --target price --values hidden_units=2,4 "
        "--values learning_rate=.01,.1 --repeats 1 --epochs 1 -o grid"
    )
    assert kernel.text("grid.points") == "((2, 0.01), (2, 0.1), (4, 0.01), (4, 0.1))"


def test_columns_and_layers_keep_their_commas(kernel):
    options = "--target price --repeats 1 --epochs 1"
    kernel.run(f'%nnreg study features houses {options} --hidden 2 --values "size|size,kind" -o sets')
    assert kernel.text("[value.columns for value in sets.values[0]]") == "[('size',), ('size', 'kind')]"
    kernel.run(f'%nnreg study hidden houses {options} --values "2|3,2" -o shapes')
    assert kernel.text("shapes.values") == "(((2,), (3, 2)),)"


def test_mistakes_are_one_line(kernel):
    (line,) = kernel.fails("%nnreg study learning_rate houses --target price --values .1,fast")
    assert line == (
        "nbreg: --values .1,fast: the second value, at character 4, is none. learning_rate takes a number above 0, or "
        "auto; got fast."
    )
    (line,) = kernel.fails("%nnreg study learning_rat houses --target price")
    assert line == 'nbreg: There is no factor "learning_rat". Did you mean "learning_rate"?'
    (line,) = kernel.fails("%nnreg study epochs houses --target price --epochs 3")
    assert line == "nbreg: epochs is what is studied: give its values (--values) in place of --epochs."


def test_windows_take_the_options_of_a_forecast(kernel):
    kernel.run(
        "import numpy as np\nimport pandas as pd\n"
        "hours = pd.DataFrame({'at': pd.date_range('2024-01-01', periods=120, freq='h'), 'v': np.arange(120.) % 7})"
    )
    kernel.run(
        "%nnreg study network hours --target v --time at --window 3 --horizon 2 --values perceptron,mlp --folds 2 "
        "--epochs 1 -o seen"
    )
    assert kernel.text("[type(seen.table).__name__, len(seen.outcomes), len(seen.failures)]") == "['WindowTable', 4, 0]"
    (line,) = kernel.fails("%nnreg study horizon hours --target v --time at --window 3")
    assert line.startswith("nbreg: Errors of nearer and of farther steps do not compare")
