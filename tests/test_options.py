"""One declaration: what it parses, checks and says."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbreg.errors import NbregError, OptionError, did_you_mean
from nbreg.option_needs import Needs
from nbreg.options import Choice, Columns, Integer, Integers, Optional, Real, Spec, Switch, option


@dataclass(frozen=True)
class Sample(Spec):
    epochs: int = option(10, "Passes.", Integer(minimum=1))
    rate: float | str = option(0.1, "Step.", Optional(Real(above=0), "auto", meaning="auto"))
    hidden: tuple[int, ...] = option((64, 32), "Units.", Integers(minimum=1))
    loss: str = option("mse", "Loss.", Choice("mse", "mae"))
    columns: tuple[str, ...] = option((), "Columns.", Columns())
    fast: bool = option(False, "Speed.", Switch())


def test_the_default_of_every_option_passes_its_own_check():
    assert Sample().hidden == (64, 32)


def test_values_are_normalised():
    spec = Sample(epochs=np.int64(3), hidden=[8, np.int32(4)], columns="price", rate=np.float32(0.5))
    assert spec == Sample(epochs=3, hidden=(8, 4), columns=("price",), rate=0.5)
    assert type(spec.epochs) is int
    assert type(spec.rate) is float


def test_replace_checks_again():
    with pytest.raises(OptionError, match="epochs"):
        replace(Sample(), epochs=0)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("epochs", 0, "epochs (--epochs) takes a whole number of at least 1; got 0."),
        ("epochs", 2.5, "got 2.5."),
        ("epochs", True, "got True."),
        ("rate", -1, "takes a number above 0, or auto; got -1."),
        ("rate", float("nan"), "got nan."),
        ("hidden", (8, 0), "takes whole numbers of at least 1, such as 64,32; got (8, 0)."),
        ("loss", "maee", "takes one of mse, mae; got 'maee'. Did you mean \"mae\"?"),
        ("columns", (1,), "takes names of columns; got (1,)."),
        ("fast", "maybe", "takes true or false; got 'maybe'."),
    ],
)
def test_a_wrong_value_is_told_in_one_line(name, value, said):
    with pytest.raises(OptionError) as caught:
        Sample(**{name: value})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.lists(st.integers(1, 10**6), max_size=6))
def test_whole_numbers_are_read_as_they_are_written(numbers):
    assert Sample.options()["hidden"].parse(",".join(map(str, numbers))) == tuple(numbers)


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_numbers_are_read_as_they_are_written(number):
    assert Sample.options()["rate"].parse(repr(number)) == number


@given(st.text(max_size=30))
def test_any_text_is_a_value_or_one_line(text):
    for declared in Sample.options().values():
        try:
            value = declared.parse(text)
        except NbregError as error:
            assert "\n" not in str(error)
        else:
            assert declared.check(value) == value


def test_the_nearest_name_is_offered_whatever_its_case():
    assert did_you_mean("Prise", ["price", "cut"]) == ' Did you mean "price"?'
    assert did_you_mean("xyz", ["price", "cut"]) == " There are: price, cut."
    assert did_you_mean("xyz", []) == ""


def test_an_option_says_what_people_call_it_and_what_it_needs():
    @dataclass(frozen=True)
    class Needy(Spec):
        plain: str = option("a", "Help.", Choice("a", "b"))
        of_b: float = option(0.5, "Help.", Real(), title="KL of b", needs=Needs("plain", "b"))
        of_some: int = option(1, "Help.", Integer(), needs=Needs("columns"))

    known = Needy.options()
    assert [each.title for each in known.values()] == ["", "KL of b", ""]
    assert known["plain"].needs is None
    assert not known["of_b"].needs.are_met({"plain": "a"})
    assert known["of_b"].needs.are_met({"plain": "b"})
    assert [known["of_some"].needs.are_met({"columns": names}) for names in ((), ("x",))] == [False, True]
    assert (known["of_b"].needs.words(), known["of_some"].needs.words()) == ("It needs plain b.", "It needs columns.")
