"""Real prepared data, small, and an ended run."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from nbreg.data.dataset import prepare
from nbreg.data.spec import DataSpec
from nbreg.training.run import Row, Run


def table(n_rows: int = 400, seed: int = 0) -> pd.DataFrame:
    """Return a table with two targets, numbers, a category of few levels and one of many."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=(2, n_rows))
    few = rng.integers(4, size=n_rows)
    many = rng.integers(12, size=n_rows)
    price = 50 + 10 * x + 5 * few + 3 * np.sin(many) + rng.normal(size=n_rows)
    length = 2 * z - x * z + 0.1 * rng.normal(size=n_rows)
    texts = {"few": [f"f{i}" for i in few], "many": [f"m{i}" for i in many]}
    return pd.DataFrame({"x": x, "z": z, **texts, "price": price, "length": length})


@pytest.fixture(autouse=True)
def one_thread():
    """Small fits are many times slower where threads wait for each other on a busy machine."""
    with threadpool_limits(1):
        yield


@pytest.fixture
def make_data():
    def make(n_rows=400, seed=0, **choices):
        choices = {"target": "price", "embed_above": 8, "test_fraction": 0.2, **choices}
        return prepare(table(n_rows, seed), DataSpec(**choices))

    return make


@pytest.fixture
def make_run():
    def make(n_epochs=5, status="finished", error=None):
        run = Run(epochs=10)
        run.begin()
        run.record([Row(i, 1 / i, math.nan if i == 2 else 1.1 / i + 0.01 * i, 0.001) for i in range(1, n_epochs + 1)])
        if error is None:
            run.finish(status)
        else:
            run.fail(error)
        return run

    return make
