"""Loss weights of a forecast are said by column, and hold for all its steps ahead."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import nbreg
from nbreg.errors import OptionError

STEPS = ("temp +1 h", "temp +2 h", "temp +3 h", "humid +1 h", "humid +2 h", "humid +3 h")


def forecast(**choices):
    n, rng = 150, np.random.default_rng(0)
    table = pd.DataFrame({"time": pd.date_range("2024-01-01", periods=n, freq="h")})
    table["temp"], table["humid"] = rng.normal(size=(2, n))
    asked = {"target": ["temp", "humid"], "time": "time", "window": 4, "horizon": 3, "network": "perceptron"}
    return nbreg.forecast(table, **asked, skip="none", epochs=1, **choices)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"temp": 2, "humid": 1}, (2, 2, 2, 1, 1, 1)),
        ({"humid": 0.5}, (1, 1, 1, 0.5, 0.5, 0.5)),
        ({"temp": 2, "temp +3 h": 5}, (2, 2, 5, 1, 1, 1)),
        ((3, 4), (3, 3, 3, 4, 4, 4)),
        ((1, 2, 3, 4, 5, 6), (1, 2, 3, 4, 5, 6)),
    ],
    ids=str,
)
def test_a_columns_weight_is_that_of_its_steps(given, expected):
    found = forecast(loss_weights=given)
    assert found.target_names_ == STEPS
    assert found.training_.objective.weights == expected


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tmp": 2}, r'name "tmp", which is no target\. Did you mean "temp"\?'),
        ((1, 2, 3), "a weight for each of the 2 targets; got 3"),
        ({"temp": 0, "humid": 0}, "all 0"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_one_line(given, said):
    with pytest.raises(OptionError, match=said) as raised:
        forecast(loss_weights=given)
    assert "\n" not in str(raised.value)


def test_a_plain_target_is_no_step_of_another_whatever_its_name():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(60, 3)), columns=["x", "a", "a +b"])
    found = nbreg.fit(table, target=["a", "a +b"], loss_weights={"a": 3}, epochs=1, hidden=(2,))
    assert found.training_.objective.weights == (3, 1)
