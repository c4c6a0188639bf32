"""A fit told again, as a line and as Python, and what was done to it by hand."""

import threading
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.utils.text import DollarFormatter

import nbreg
from nbreg.data.spec import OddInteger
from nbreg.fit_options import fit_options
from nbreg.magics.parsing import parse
from nbreg.options import Choice, Column, Columns, Integer, Integers, Optional, Real, Switch
from nbreg.retelling import fit_code, fit_line
from nbreg.session import SESSION


def expanded(line):
    """Return `line` as IPython hands it to the magic, in a notebook with names like those of columns."""
    names = {"price": 3, "x": 5, "a": 7}
    try:
        return DollarFormatter().vformat(line, (), names)
    except Exception:  # as IPython does
        return line


def told(line):
    parsed = parse(expanded(line).removeprefix("%nnreg "))
    assert parsed.name == "fit"
    return parsed.arguments["data"], dict(parsed.options)


NAMES = st.sampled_from(
    ["price", "living area", "it's", 'the "b"', "{price}", "${x}", "$a", "$$a.b", "a,b", "café", "-x", "=", "#"]
)


def values_of(kind):
    if isinstance(kind, Optional):
        return st.one_of(st.just(kind.meaning), values_of(kind.kind))
    if isinstance(kind, OddInteger):
        return st.integers(2, 200).map(lambda half: 2 * half + 1)
    if isinstance(kind, Integer):
        return st.integers(kind.minimum if kind.minimum is not None else -5, kind.maximum or 10_000)
    if isinstance(kind, Real):
        low = kind.minimum if kind.minimum is not None else kind.above if kind.above is not None else -5.0
        high = kind.maximum if kind.maximum is not None else kind.below if kind.below is not None else 50.0
        return st.floats(low, high, exclude_min=kind.above is not None, exclude_max=kind.below is not None)
    if isinstance(kind, Switch):
        return st.booleans()
    if isinstance(kind, Choice):
        return st.sampled_from(list(kind.choices()))
    if isinstance(kind, Integers):
        return st.lists(st.integers(kind.minimum or 0, 900), min_size=1, max_size=4).map(tuple)
    if isinstance(kind, Columns):
        return st.lists(NAMES, min_size=1, max_size=3, unique=True).map(tuple)
    if isinstance(kind, Column):
        return NAMES
    return None


CHOICES = {name: values for name, each in fit_options().items() if (values := values_of(each.kind)) is not None}
RATES = st.lists(st.tuples(st.floats(0.1, 50), st.floats(1e-6, 1)), min_size=1, max_size=3)


@settings(max_examples=300, deadline=None)
@given(st.fixed_dictionaries({}, optional=CHOICES), RATES)
def test_the_line_says_all_that_differs(options, rates):
    options["rate_change"] = tuple(sorted(dict(rates).items()))
    known = fit_options()
    data, found = told(fit_line(options, "df"))
    assert data == "df"
    assert found == {name: value for name, value in options.items() if value != known[name].default}


@settings(max_examples=200, deadline=None)
@given(st.fixed_dictionaries({}, optional=CHOICES))
def test_the_call_says_all_that_differs(options):
    heard = {}

    class Fit:
        @staticmethod
        def fit(data, **choices):
            heard.update(choices)

    code = fit_code(options, "df", "model")
    exec(code, {"nbreg": Fit, "df": None})
    known = fit_options()
    checked = {name: known[name].check(value) for name, value in heard.items()}
    assert checked == {name: value for name, value in options.items() if value != known[name].default}
    lines = code.splitlines()
    assert (len(lines) == 1 and len(code) <= 88) or all(line.startswith("    ") for line in lines[1:-1])


def test_lines_and_calls_read_well():
    options = {"target": ("price",), "hidden": (32, 16), "learning_rate": 0.01, "batch_norm": True}
    assert fit_line(options, "df", "model") == "%nnreg fit df --target price --hidden 32,16 --batch-norm -o model"
    assert fit_code(options, "df", "model").startswith("model = nbreg.fit(df, target=")
    ahead = {"target": ("temp", "rain"), "time": "hour", "window": 12, "horizon": 24, "network": "mlp"}
    told = "--target temp --target rain --time hour --window 12 -o model"
    assert fit_line(ahead, "df", "model", verb="forecast") == f"%nnreg forecast df {told}"
    code = "model = nbreg.forecast(df, target=['temp', 'rain'], time='hour', window=12)"
    assert fit_code(ahead, "df", "model", verb="forecast") == code
    assert fit_line({}, "my houses.csv") == '%nnreg fit "my houses.csv"'
    assert fit_code({}, "my houses.csv") == "nbreg.fit('my houses.csv')"
    long = {**options, "features": tuple(f"column {i}" for i in range(8))}
    lines = fit_code(long, "df", "model").splitlines()
    assert lines[:2] == ["model = nbreg.fit(", "    df,"]
    assert lines[-1] == ")"


# Trainings told again


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"x": rng.normal(size=300), "z": rng.normal(size=300)})
    return table.assign(y=np.sin(table["x"]) + table["z"])


def test_a_line_that_goes_on_says_what_differs_from_the_run(table):
    model = nbreg.fit(table, "y", hidden=(8,), epochs=3, engine="graph")
    number = SESSION.find(model).number
    options = {"target": ("y",), "hidden": (8,), "epochs": 3, "engine": "graph", "learning_rate": 0.003}
    line = fit_line({**options, "start": (model, 2)}, "df")
    assert line == f"%nnreg fit df --start {number}@2 --learning-rate 0.003"
    assert told(line)[1] == {"start": f"{number}@2", "learning_rate": 0.003}
    SESSION.rename(model, "best small")
    assert fit_line({"start": "best small@2"}, "df") == '%nnreg fit df --start "best small@2"'
    code = fit_code({**options, "start": model}, "table", "branch")
    assert code == f"branch = nbreg.fit(table, start='{number}', learning_rate=0.003)"
    names = {"nbreg": nbreg, "table": table}
    exec(code, names)
    assert names["branch"].run_.start.name == "best small"


@pytest.mark.parametrize("engine", ["graph", "keras"])
def test_a_run_steered_from_a_thread_is_told_again_bit_for_bit(table, engine):
    options = {"target": "y", "hidden": (8,), "engine": engine, "epochs": 100_000, "patience": 0, "batch_size": 32}
    model = nbreg.fit(table, **options, background=True)
    run = model.run_

    def wait_for(condition):
        while not condition() and not run.ended:
            time.sleep(0.001)

    def steer():
        for n_changes, (n_epochs, rate) in enumerate(((3, 0.002), (9, 0.02))):
            wait_for(lambda n=n_epochs: len(run.history) >= n)
            run.set_learning_rate(rate)
            wait_for(lambda n=n_changes: len(run.changes) > n)
        wait_for(lambda: len(run.history) >= 15)
        run.request_stop()

    thread = threading.Thread(target=steer)
    thread.start()
    thread.join()
    assert run.wait(60)
    steering = model.steering()
    assert len(steering["rate_change"]) == 2
    assert steering["stop_after"] == len(run.history) >= 15
    again = nbreg.fit(table, **options, **steering)
    assert again.run_.history == run.history
    for one, other in zip(model.network_.get_weights(), again.network_.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    line = fit_line({**options, **steering}, "df")
    assert told(line)[1]["rate_change"] == steering["rate_change"]


def test_an_unsteered_run_has_nothing_to_tell(table):
    assert nbreg.fit(table, "y", hidden=(8,), epochs=2).steering() == {}
