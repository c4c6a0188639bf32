"""Spaces of options: what a line means, what is wrong with it and where, and that its text means the same again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbreg.errors import OptionError
from nbreg.networks.architecture import ACTIVATIONS
from nbreg.search.entries import Choices, Range
from nbreg.search.space import Space


def test_a_line_means_ranges_and_choices_by_the_kinds_of_the_options():
    line = (
        "hidden=32..512:log, learning-rate=1e-4..1e-1:log, dropout=0..0.5, activation=relu|gelu, batch_size=16..64:16"
    )
    assert Space.of(line, {}).entries == (
        Range("hidden", 32, 512, log=True),
        Range("learning_rate", 1e-4, 0.1, log=True),
        Range("dropout", 0.0, 0.5),
        Choices("activation", ("relu", "gelu")),
        Range("batch_size", 16, 64, step=16),
    )


def test_commas_part_entries_only_before_a_name():
    space = Space.of("hidden=64,32|128,64|256, skip=none", {})
    assert space.entries == (Choices("hidden", ((64, 32), (128, 64), (256,))), Choices("skip", ("none",)))


def test_a_dict_means_what_a_line_does():
    given = {"hidden": (32, 512, "log"), "dropout": (0, 0.5), "l2": (0, 1, 0.25), "activation": ["relu", "gelu"],
             "batch_size": "auto|32", "scaling": "standard"}  # fmt: skip
    line = (
        "hidden=32..512:log, dropout=0..0.5, l2=0..1:0.25, activation=relu|gelu, batch_size=auto|32, scaling=standard"
    )
    assert Space.of(given, {}) == Space.of(line, {})
    assert Space.of({"hidden": [(64, 32), 128]}, {}).entries == (Choices("hidden", ((64, 32), (128,))),)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("hidden=8..16, dropout=0..1.5", r'dropout .* below 1; got 1\.5.* "dropout=0\.\.1\.5", letter 15'),
        ("learning_rate=0..1:log", r"by logarithms begins above 0; got 0\."),
        ("hiden=3..4", 'no option "hiden". Did you mean "hidden"'),
        ("hidden=512..32", "from the smaller to the larger number; got 512 to 32"),
        ("hidden=1.5..4", r"of whole numbers; got 1\.5"),
        ("hidden=2..16:4:log", 'behind a range of whole numbers stands log or a step; got "4:log"'),
        ("hidden=8..16:lgo", 'stands log or a step; got "lgo"'),
        ("hidden=8..16:log activation=relu|gelu", "Commas part options"),
        ("hidden=8..", "lacks a number: write hidden=LOW..HIGH"),
        ("hidden=..8", "lacks a number: write hidden=LOW..HIGH"),
        ("learning_rate=1e-4...1e-1", "two dots part the ends of a range, not three"),
        ("dropout=0..0.5:0", "a step is above 0"),
        ("activation=relu|gelux", 'got gelux. Did you mean "gelu"'),
        ("activation=relu..gelu", r"takes one of .* got relu\.\.gelu"),
        ("hidden=8|", "hidden lacks a value"),
        ("hidden=8..16, hidden=4|5", "stands in the space twice, at letter 15"),
        ("seed=1|2", r"the same for all trials: give it beside the space \(--seed\)"),
        ("target=a|b", "the same for all trials"),
        ("hidden=32, dropout=0.1", "nothing to search"),
        ("momentum=0.5..0.9", "does nothing in this space. It needs optimizer sgd"),
        ("relu|gelu", "read as NAME=VALUES"),
        ("", "read as NAME=VALUES"),
        (3, "A space is a line such as"),
        ({"dropout": (0, 1.5)}, r"below 1; got 1\.5"),
    ],
)
def test_what_means_nothing_is_told_in_a_line_with_its_place(line, message):
    with pytest.raises(OptionError, match=message) as caught:
        Space.of(line, {})
    assert "\n" not in str(caught.value)


def test_options_that_others_need_are_tried_only_with_these():
    space = Space.of("momentum=0.5|0.9, hidden=8|16, optimizer=adam|sgd, network=mlp|perceptron", {})
    points = list(space.grid({}))
    # The perceptron has no hidden layers, adam no momentum: an optimizer is chosen in 1 + 2 ways.
    mlps = [point for point in points if point["network"] == "mlp"]
    perceptrons = [point for point in points if point["network"] == "perceptron"]
    assert (len(mlps), len(perceptrons)) == (2 * 3, 3)
    assert all("hidden" not in point for point in perceptrons)
    assert all(("momentum" in point) == (point["optimizer"] == "sgd") for point in points)


def test_what_all_trials_have_meets_needs_too():
    assert Space.of("momentum=0.5..0.9", {"optimizer": "sgd"}).names == ("momentum",)
    with pytest.raises(OptionError, match=r"hidden .* does nothing"):
        Space.of("hidden=8|16", {"network": "perceptron"})


def test_the_default_space_is_of_what_the_network_has():
    assert {"hidden", "learning_rate", "activation"} <= set(Space.of(None, {}).names)
    of_perceptron = set(Space.of(None, {"network": "perceptron"}).names)
    assert "learning_rate" in of_perceptron
    assert "hidden" not in of_perceptron
    sizes = [next(each for each in Space.of(None, {}, n).entries if each.name == "batch_size") for n in (500, 50_000)]
    assert [each.values for each in sizes] == [(16, 32, 64), (128, 256, 512)]


def test_a_grid_has_each_step_and_five_points_of_a_range_without():
    points = list(Space.of("batch_size=16..70:16, learning_rate=1e-4..1:log", {}).grid({}))
    assert sorted({point["batch_size"] for point in points}) == [16, 32, 48, 64]
    rates = sorted({point["learning_rate"] for point in points})
    np.testing.assert_allclose(rates, [1e-4, 1e-3, 1e-2, 1e-1, 1])
    assert len(points) == 20


numbers = st.floats(1e-6, 0.9, allow_nan=False).map(lambda number: float(f"{number:.4g}"))


@st.composite
def ranges_of_reals(draw):
    low, high = sorted((draw(numbers), draw(numbers)))
    log = draw(st.booleans())
    step = None if log else draw(st.one_of(st.none(), st.floats((high - low + 1e-3) / 30, 1)))
    return Range("dropout", low, high, log, step)


@st.composite
def ranges_of_whole_numbers(draw):
    low, more = draw(st.integers(1, 2000)), draw(st.integers(1, 2000))
    log = draw(st.booleans())
    return Range("hidden", low, low + more, log, None if log else draw(st.one_of(st.none(), st.integers(1, more))))


layers = st.lists(st.integers(1, 999), min_size=1, max_size=4).map(tuple)
choices = st.one_of(
    st.lists(st.sampled_from(ACTIVATIONS), min_size=2, unique=True).map(
        lambda each: Choices("activation", tuple(each))
    ),
    st.lists(layers, min_size=2, unique=True).map(lambda each: Choices("hidden", tuple(each))),
    st.lists(numbers, min_size=1, unique=True).map(lambda each: Choices("l2", tuple(each))),
    st.just(Choices("batch_norm", (True, False))),
    st.lists(st.one_of(st.just("auto"), numbers), min_size=1, unique=True).map(
        lambda each: Choices("learning_rate", tuple(each))
    ),
)
entries = st.lists(
    st.one_of(ranges_of_reals(), ranges_of_whole_numbers(), choices), min_size=1, unique_by=lambda e: e.name
)


@given(entries)
def test_the_text_of_a_space_means_the_space(several):
    if all(each.has_one for each in several):
        several = [Choices("batch_norm", (True, False)), *(each for each in several if each.name != "batch_norm")]
    space = Space(tuple(several))
    assert Space.of(space.text(), {}) == space


@given(st.one_of(ranges_of_reals(), ranges_of_whole_numbers()), st.floats(0, 1))
def test_numbers_of_a_range_stay_in_it_and_have_few_digits(entry, share):
    number = entry.low + share * (entry.high - entry.low)
    tidied = entry.tidy(int(number) if entry.is_whole else number)
    assert entry.low <= tidied <= entry.high
    if entry.step is None and not entry.is_whole and tidied not in (entry.low, entry.high):
        assert float(f"{tidied:.3g}") == tidied
    assert all(entry.low <= point <= entry.high for point in entry.points())
