"""A small table with every kind of column, and regressors trained on it."""

import numpy as np
import pandas as pd
import pytest

import nbreg


@pytest.fixture(scope="session")
def houses():
    """Return 240 rows: numbers (one with gaps), a boolean, a date, a category; two targets that interact with them."""
    rng = np.random.default_rng(0)
    n = 240
    size, age = rng.uniform(40, 200, n), rng.uniform(0, 80, n)
    quality = rng.choice(["poor", "fair", "good"], n)
    worth = pd.Series(quality).map({"poor": 0.7, "fair": 1.0, "good": 1.4}).to_numpy()
    price = 1500 * size * worth * (1 - age / 160) + 20_000 * rng.random(n)
    return pd.DataFrame(
        {
            "size": size,
            "age": np.where(rng.random(n) < 0.1, np.nan, age),
            "garden": rng.random(n) < 0.4,
            "sold": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D"),
            "quality": quality,
            "price": price,
            "rent": price / 250 + 100 * rng.random(n),
        }
    )


@pytest.fixture(scope="session")
def regressor(houses):
    """Return a network of prices, of which the logarithm is trained; enough epochs for it to interact."""
    return nbreg.fit(
        houses.drop(columns="rent"),
        target="price",
        hidden=(16, 8),
        activation="tanh",
        epochs=30,
        target_transform="log",
    )


@pytest.fixture(scope="session")
def of_two_targets(houses):
    """Return a network of price and rent."""
    return nbreg.fit(houses, target=("price", "rent"), hidden=(12,), epochs=20)
