"""What Tab offers, without a kernel."""

import sys
from types import SimpleNamespace

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
        ("%%nnreg f", "f", ["fit", "forecast"]),
        ("x = 1\n%nnreg f", "f", ["fit", "forecast"]),
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
        ("%nnreg plot resi", "resi", ["residual_correlation", "residuals"]),
        ("%nnreg fit df --loss-weights ", "", ["equal", "balanced", "learned"]),
        ("%nnreg study le", "le", ["learning_rate"]),
        ("%nnreg study epochs,le", "epochs,le", ["epochs,learning_rate"]),
        ("%nnreg study data", "data", ["data_size"]),
        ("%nnreg study epochs ", "", ["houses", "cars"]),
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


class Regressor:
    """As much of one as Tab looks at."""

    def __init__(self, targets, features, **levels):
        columns = [SimpleNamespace(name=name, levels=levels.get(name, ())) for name in features]
        self.target_names_ = targets
        self.encoder_ = SimpleNamespace(feature_names=features, columns=columns)

    def predict(self, table):
        """As anything that predicts has."""


def double(table):
    return 2 * table


double.__module__ = "__main__"  # as a function that a cell defines

LATEST = Regressor(("price", "rent"), ("size", "living area", "cut"), cut=("Fair", "Ideal", "Very Good", "(missing)"))
RUN = SimpleNamespace(history=range(37), best=SimpleNamespace(epoch=24))
OLDER = Regressor(("speed",), ("weight",))
WITH_MODELS = {
    **NAMES, "older": OLDER, "double": double, "Regressor": Regressor, "get": [].append, "forest": LATEST.encoder_,
}  # fmt: skip


@pytest.fixture
def trained(monkeypatch):
    """A session whose latest regressor is `LATEST`."""
    runs = [SimpleNamespace(number=number, name=name, run=RUN) for number, name in ((1, "run 1"), (3, "best small"))]
    session = SimpleNamespace(latest=LATEST, trainings=runs)
    monkeypatch.setitem(sys.modules, "nbreg.session", SimpleNamespace(SESSION=session))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%nnreg explain --method sha", ["shapley"]),
        ("%nnreg explain ", ["houses", "cars"]),
        ("%nnreg explain houses --background ", ["houses", "cars"]),
        ("%nnreg explain --model ", ["older", "double", "none"]),
        ("%nnreg evaluate --model ", ["older", "none"]),
        ("%nnreg explain --target ", ["price", "rent"]),
        ("%nnreg explain houses --target ", ["price", "rent"]),
        ("%nnreg explain --model older --target ", ["speed"]),
        ("%nnreg explain houses --model double --group ", ["price", '"living area"', "city"]),
        ("%nnreg explain --group s", ["size"]),
        ("%nnreg explain --group=s", ["size"]),
        ("%nnreg explain --group size,", ['"size,living area"', "size,cut"]),
        ('%nnreg explain --group "living area,s', ['"living area,size"']),
        ('%nnreg explain --group "living area,size,', ['"living area,size,cut"']),
        ("%nnreg fit houses --target price --features price,c", ["price,city"]),
        ("%nnreg effect ", ["size", '"living area"', "cut"]),
        ('%nnreg effect "living area" s', ["size"]),
        ("%nnreg effect size cut --k", ["--kind"]),
        ("%nnreg effect size --kind ", ["pdp", "ice", "ale"]),
        ("%nnreg effect size --data c", ["cars"]),
        ("%nnreg effect --model older ", ["weight"]),
        ("%nnreg whatif 3 ", ["houses", "cars"]),
        ("%nnreg fit houses --start ", ["1", "3", '"best small"', "older"]),
        ("%nnreg fit houses --start b", ['"best small"']),
        ("%nnreg fit houses --start 3@", ["3@24", "3@37"]),
        ("%nnreg fit houses --start=3@3", ["3@37"]),
        ('%nnreg fit houses --start "best small@', ['"best small@24"', '"best small@37"']),
        ("%nnreg runs --use ", ["1", "3", '"best small"', "older"]),
        ("%nnreg runs --delete 1 --delete o", ["older"]),
        ("%nnreg runs --rename ", ["1=", "3=", '"best small=', "older="]),
        ("%nnreg runs --rename 3=", []),
        ("%nnreg runs --cs", ["--csv"]),
        ("%nnreg whatif 3 --set ", ["size=", '"living area=', "cut="]),
        ("%nnreg whatif 3 --set si", ["size="]),
        ("%nnreg whatif 3 --set cut=", ["cut=Fair", "cut=Ideal", '"cut=Very Good"']),
        ('%nnreg whatif 3 --set "cut=V', ['"cut=Very Good"']),
        ("%nnreg whatif 3 --set=cut=I", ["cut=Ideal"]),
        ("%nnreg whatif 3 --set size=", []),
        ("%nnreg whatif 3 --set size=1 --se", ["--set", "--seed"]),
    ],
)
def test_commands_that_explain_know_the_columns_of_their_regressor(trained, line, expected):
    assert texts(line, WITH_MODELS)[1] == expected


def test_before_any_training_columns_come_from_the_table(monkeypatch):
    monkeypatch.delitem(sys.modules, "nbreg.session", raising=False)
    assert texts("%nnreg effect --data houses l")[1] == ['"living area"']
    assert texts("%nnreg effect l")[1] == []
