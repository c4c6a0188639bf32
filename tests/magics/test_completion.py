"""What Tab offers, without a kernel."""

import pandas as pd
import polars as pl
import pytest

from nbreg.magics.completion import offers

NAMES = {
    "houses": pd.DataFrame({"price": [1.0], "living area": [2.0], "city": ["a"]}),
    "cars": pl.DataFrame({"speed": [1]}),
    "_hidden": pd.DataFrame(),
    "number": 3,
}


def texts(line, names=NAMES):
    fragment, found = offers(line, names)
    return fragment, [offer.text for offer in found]


@pytest.mark.parametrize(
    ("line", "fragment", "expected"),
    [
        ("%nnreg pl", "pl", ["plot"]),
        ("model = %nnreg ev", "ev", ["evaluate"]),
        ("%%nnreg f", "f", ["fit"]),
        ("x = 1\n%nnreg f", "f", ["fit"]),
        ("%nnreg fit ", "", ["houses", "cars"]),
        ("%nnreg fit ho", "ho", ["houses"]),
        ("%nnreg fit houses --target ", "", ["price", '"living area"', "city"]),
        ("%nnreg fit houses --target li", "li", ['"living area"']),
        ('%nnreg fit houses --target "liv', '"liv', ['"living area"']),
        ("%nnreg fit houses --target price --features c", "c", ["city"]),
        ("%nnreg fit houses --optimizer ad", "ad", ["adam", "adamw"]),
        ("%nnreg fit houses --optimizer=ad", "ad", ["adam", "adamw"]),
        ("%nnreg fit houses --learning-rate ", "", ["auto"]),
        ("%nnreg fit houses --opt", "--opt", ["--optimizer"]),
        ("%nnreg fit houses --batch-norm --nes", "--nes", ["--nesterov"]),
        ("%nnreg plot resi", "resi", ["residuals"]),
        ("%nnreg help sa", "sa", ["save"]),
        ("%nnreg nonsense ", "", []),
    ],
)
def test_what_could_stand_here(line, fragment, expected):
    assert texts(line) == (fragment, expected)


def test_an_option_is_offered_once_unless_it_may_be_repeated():
    _, found = texts("%nnreg fit houses --target price --seed 1 --")
    assert "--seed" not in found
    assert "--target" in found


def test_other_lines_are_left_to_others():
    assert offers("print(nnreg)", NAMES) is None
    assert offers("%timeit x", NAMES) is None
