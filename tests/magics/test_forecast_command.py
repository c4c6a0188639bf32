"""%nnreg forecast, and what comes after it, in a kernel."""

import pytest


@pytest.fixture(scope="module")
def hours(kernel):
    kernel.run(
        "import nbreg, polars as pl\n"
        "hours = pd.DataFrame({'time': pd.date_range('2024-01-01', periods=160, freq='h'), 'load': 0.0})\n"
        "hours['load'] = np.sin(np.arange(160) / 4) + rng.normal(size=160) / 9\n"
        "hours['wind speed'] = rng.normal(size=160)\n"
        "two = pd.concat([hours.assign(site='a'), hours.assign(site='b')])\n"
    )
    options = "--window 6 --horizon 3 --network mlp --hidden 4 --skip none --epochs 2"
    kernel.run(f"%nnreg forecast hours --target load --time time {options} -o model")
    return kernel


def test_the_line_and_python_do_the_same(hours):
    hours.run(
        "same = nbreg.forecast(hours, 'load', time='time', window=6, horizon=3, network='mlp', hidden=4, skip='none',\n"
        "                      epochs=2)"
    )
    hours.run("ahead = %nnreg predict hours --model model --interval 0.8")
    assert hours.text("list(ahead.columns)") == "['time', 'load', 'load_low', 'load_high']"
    assert hours.text("bool((ahead == same.predict(interval=0.8)).all().all())") == "True"


def test_the_card_is_told_by_target(hours):
    text = hours.text("%nnreg forecast hours --target load --time time --window 6 --horizon 3 --hidden 4 --epochs 1 "
                      "--network mlp --features 'wind speed' -o again")  # fmt: skip
    assert "A row is a window: 6 h seen, 3 h ahead." in text
    assert "persistence" in text
    assert "load +1 h" not in text
    assert hours.text("again.encoder_.observed") == "('load', 'wind speed')"
    assert "Forecast of load, 3 h ahead from 6 h" in hours.text("again.words()")


def test_a_body_lists_the_layers(hours):
    hours.run("%%nnreg forecast hours --target load --time time --window 6 --horizon 3 --epochs 1 -o own\nDense(5)")
    assert hours.text("type(own).__name__, own.network_.layers[1].units") == "('Forecaster', 5)"


def test_it_is_the_latest_and_listed(hours):
    hours.run("%nnreg forecast two --target load --time time --group site --window 6 --horizon 3 --epochs 1 "
              "--network mlp --hidden 4 -o grouped")  # fmt: skip
    assert hours.text("nbreg.session.SESSION.latest is grouped") == "True"
    assert "RMSE" in hours.text("%nnreg evaluate two")
    assert hours.text("%nnreg predict two").count("2024-01-07") == 6
    assert "load" in hours.text("%nnreg runs")


def test_mistakes_are_one_line(hours):
    start = "%nnreg forecast hours --target load"
    mistakes = {
        start: 'a forecast needs one, such as time="time" (--time COL)',
        "%nnreg forecast two --target load --time time": "is twice",
        f"{start} --time time --window 150": "need series of 174 steps or more",
        f"{start} --time time --split time": "--split",
        f"{start} --time time --known wind": 'no column "wind"',
        "%nnreg predict two --model model": "is twice",
        "%nnreg predict hours --model model --interval 2": "interval (--interval) takes a number",
    }
    for line, words in mistakes.items():
        told = hours.fails(line)
        assert len(told) == 1
        assert words in told[0]


def test_intervals_are_for_forecasts(hours):
    hours.run("plain = nbreg.fit(houses, 'price', epochs=1, hidden=4)")
    assert "for forecasts" in hours.fails("%nnreg predict houses --model plain --interval 0.9")[0]


def test_help_tells_of_windows(hours):
    text = hours.text("%nnreg help forecast")
    for words in ("--window", "--horizon", "--known", "--group", "Windows"):
        assert words in text
    assert "--split" not in text
