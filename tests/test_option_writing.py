"""What a choice is written as reads back as the same choice: as flags on a line, and as Python source."""

import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbreg.errors import OptionError
from nbreg.explanation.spec import Groups
from nbreg.fit_options import fit_options
from nbreg.magics.changes import Changes
from nbreg.magics.command import Command, Name, Path
from nbreg.magics.parsing import _checked, _sorted_out, parse, words_of
from nbreg.options import Choice, Column, Columns, Integer, Integers, Optional, Real, Spec, Switch, option
from nbreg.training.spec import RateChanges, TrainingSpec


@dataclass(frozen=True)
class Every(Spec):
    number: int = option(1, "", Integer())
    size: float = option(1.0, "", Real())
    fast: bool = option(False, "", Switch())
    word: str = option("one", "", Choice("one", "another one", "none"))
    hidden: tuple[int, ...] = option((), "", Integers())
    column: str = option("a", "", Column())
    columns: tuple[str, ...] = option((), "", Columns())
    path: str = option("a.csv", "", Path())
    groups: tuple[tuple[str, ...], ...] = option((), "", Groups())
    set_to: tuple[tuple[str, str], ...] = option((), "", Changes())
    rates: tuple[tuple[float, float], ...] = option((), "", RateChanges())
    maybe: int | None = option(None, "", Optional(Integer()))
    automatic: float | str = option("auto", "", Optional(Real(), "auto", meaning="auto"))
    some: tuple[str, ...] | None = option(None, "", Optional(Columns(), "all"))
    by: str | None = option(None, "", Optional(Column()))
    name: str | None = option(None, "", Optional(Name()))


class Asked(Command):
    """Takes them all."""

    specs = (Every,)

    def run(self, call):
        return None


# Anything that a column may be called and one line can hold.
texts = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=12)
parts = st.from_regex(
    r"[^\s,=\x00-\x1f\x7f-\x9f]([^,=\x00-\x1f\x7f-\x9f]{0,6}[^\s,=\x00-\x1f\x7f-\x9f])?", fullmatch=True
)
numbers = st.floats(allow_nan=False, allow_infinity=False)
VALUES = {
    "number": st.integers(),
    "size": numbers,
    "fast": st.booleans(),
    "word": st.sampled_from(["one", "another one", "none"]),
    "hidden": st.lists(st.integers(), max_size=4),
    "column": texts,
    "columns": st.lists(texts, max_size=4),
    "path": texts,
    "groups": st.lists(st.lists(parts, min_size=2, max_size=4, unique=True), max_size=3),
    "set_to": st.dictionaries(parts, texts.map(str.strip), max_size=3),
    "rates": st.dictionaries(st.floats(0, 1e6), st.floats(1e-300, 1e300), max_size=4),
    "maybe": st.none() | st.integers(),
    "automatic": st.just("auto") | numbers,
    "some": st.none() | st.lists(texts.filter(lambda text: text != "all"), min_size=1, max_size=4),
    "by": st.none() | texts.filter(lambda text: text != "none") | st.sampled_from(["None", "NONE"]),
    "name": st.none() | st.from_regex(r"[a-z_]{1,8}", fullmatch=True).filter(lambda text: text != "none"),
}


def read(line):
    """What the words of a %nnreg line say; a command that is in no registry has no whole line of its own."""
    plain, flags = _sorted_out(words_of(line), Asked(), "asked")
    assert not plain
    return _checked(flags, Asked())


@given(st.fixed_dictionaries({}, optional=VALUES))
def test_flags_read_back_as_what_they_were_written_from(choices):
    declared = Every.options()
    line = " ".join(declared[name].flags(value) for name, value in choices.items())
    wanted = {name: declared[name].check(value) for name, value in choices.items()}
    # Nothing is written of no values: that is the default of all that take several.
    assert read(line) == {
        name: value for name, value in wanted.items() if not (declared[name].kind.many and value == ())
    }


@given(st.sampled_from(sorted(VALUES)).flatmap(lambda name: st.tuples(st.just(name), VALUES[name])))
def test_source_means_what_it_was_written_from(named):
    name, value = named
    declared = Every.options()[name]
    source = declared.code(value)
    assert "\n" not in source
    assert declared.check(eval(source, {})) == declared.check(value)


@pytest.mark.parametrize("name", list(fit_options()))
def test_every_default_of_a_fit_reads_back(name):
    declared = fit_options()[name]
    flags, named = declared.flags(declared.default), {}
    if flags:
        named = parse(f"fit df {flags}").options
    assert named.get(name, ()) == declared.default
    assert declared.check(eval(declared.code(declared.default), {})) == declared.default


@pytest.mark.parametrize(
    ("name", "value", "flags", "code"),
    [
        ("target", ["sale date", "price"], '--target "sale date" --target price', "['sale date', 'price']"),
        ("target", "price", "--target price", "'price'"),
        ("features", None, "--features all", "None"),
        ("hidden", (64, 32), "--hidden 64,32", "(64, 32)"),
        ("hidden", (), "--hidden=", "()"),
        ("batch_norm", True, "--batch-norm", "True"),
        ("batch_norm", False, "--no-batch-norm", "False"),
        ("learning_rate", 1e-3, "--learning-rate 0.001", "0.001"),
        ("learning_rate", "auto", "--learning-rate auto", "'auto'"),
        ("clipnorm", None, "--clipnorm none", "None"),
        ("rate_change", {40: 0.001, 12.5: 1}, "--rate-change 12.5=1 --rate-change 40=0.001", "{12.5: 1, 40: 0.001}"),
        ("time", "-x", "--time=-x", "'-x'"),
        ("time", 'the "day"', "--time 'the \"day\"'", "'the \"day\"'"),
    ],
)
def test_choices_are_written_as_people_write_them(name, value, flags, code):
    assert fit_options()[name].flags(value) == flags
    assert fit_options()[name].code(value) == code


def test_rate_changes_are_told_in_any_form_and_kept_by_epoch():
    wanted = ((12.5, 1.0), (40.0, 0.001))
    for given_as in ({40: 0.001, 12.5: 1}, [(40, 0.001), (12.5, 1)], ["40=0.001", "12.5=1"], [[12.5, 2], *wanted]):
        assert TrainingSpec(rate_change=given_as).rate_change == wanted
    assert all(isinstance(each, float) for pair in TrainingSpec(rate_change={40: 1}).rate_change for each in pair)


@pytest.mark.parametrize("value", ["40", "40=", "40=0", "-1=0.1", "40=0.1=2", {40: math.nan}, [40], {"a": 1}, 3])
def test_what_is_no_rate_change_is_told_in_one_line(value):
    with pytest.raises(OptionError, match=r"rate_change \(--rate-change\) takes EPOCH=RATE"):
        TrainingSpec(rate_change=value)
