"""%nnreg backtest, in a kernel."""


def test_the_line_and_python_do_the_same(kernel):
    kernel.run(
        "import nbreg\n"
        "waves = pd.DataFrame({'time': pd.date_range('2024-01-01', periods=160, freq='h'), 'load': 0.0})\n"
        "waves['load'] = np.sin(np.arange(160) / 4) + rng.normal(size=160) / 9"
    )
    options = "--window 6 --horizon 3 --network mlp --hidden 4 --epochs 1 --origins 2 --season 6"
    kernel.run(f"%nnreg backtest waves --target load --time time {options} -o tried")
    kernel.run(
        "same = nbreg.backtest(waves, 'load', time='time', window=6, horizon=3, network='mlp', hidden=4, epochs=1,\n"
        "                      origins=2, season=6)"
    )
    assert kernel.text("all((tried.errors[model] == same.errors[model]).all() for model in same.errors)") == "True"
    assert "load is missed by" in kernel.text("tried")
