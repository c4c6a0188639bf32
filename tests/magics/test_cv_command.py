"""%nnreg cv, in a kernel."""


def test_the_line_and_python_do_the_same(kernel):
    kernel.run(
        "%nnreg cv houses --target price --features size,kind --folds 3 --repeats 2 --epochs 2 --hidden 4 -o tried"
    )
    kernel.run(
        "import nbreg\n"
        "options = dict(features=['size', 'kind'], folds=3, repeats=2, epochs=2, hidden=4)\n"
        "same = nbreg.cross_validate(houses, 'price', **options)"
    )
    assert kernel.text("bool((tried.values('rmse') == same.values('rmse')).all()), len(tried.folds)") == "(True, 6)"
    shown = kernel.run("tried")[0]["data"]
    assert {"text/plain", "text/html", "image/png"} <= set(shown)
    assert "misses price by" in shown["text/plain"]


def test_mistakes_are_one_line(kernel):
    assert kernel.fails("%nnreg cv houses --target price --flods 3") == [
        'nbreg: cv has no option --flods. Did you mean "--folds"?'
    ]
    assert kernel.fails("%nnreg cv houses --target prize --folds 3") == [
        'nbreg: There is no column "prize" for the target. Did you mean "price"?'
    ]
    (line,) = kernel.fails("%nnreg cv houses --target price --folds 500")
    assert line == "nbreg: 500 folds take as many rows; there are 200. Take fewer folds (--folds)."


def test_windows_are_judged_elsewhere(kernel):
    (line,) = kernel.fails("%nnreg cv houses --target price --window 4")
    assert line.startswith("nbreg: A cross-validation is of rows. Windows of series are judged by %nnreg backtest")
    (line,) = kernel.fails("%nnreg tune houses --target price --horizon 4")
    assert line.endswith("options are compared by %nnreg study (nbreg.study).")
