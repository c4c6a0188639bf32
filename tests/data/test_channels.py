"""Which columns a pattern names, in which order, and how they enter a fit."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from nbreg.data.channels import channel_names
from nbreg.data.dataset import prepare
from nbreg.data.encoding import Encoder
from nbreg.data.spec import DataSpec
from nbreg.data.spectra import Signal, with_whole_signal
from nbreg.data.suspicions import Suspicion, sentences
from nbreg.errors import DataError, OptionError


def spectra_table(n_rows=80, n_channels=12, seed=0):
    """Mixtures of two peaks, each spectrum scaled and shifted, with a number, a text, and the share of one peak."""
    rng = np.random.default_rng(seed)
    share, places = rng.random(n_rows), np.linspace(0, 1, n_channels)
    peaks = np.exp(-(((places[:, None] - [0.35, 0.6]) / [0.1, 0.2]) ** 2))
    spectra = np.column_stack([share, 1 - share]) @ peaks.T
    spectra = spectra * rng.uniform(0.5, 2, (n_rows, 1)) + rng.normal(size=(n_rows, 1))
    names = [f"x_{i}" for i in range(1, n_channels + 1)]
    table = pd.DataFrame(spectra + 0.001 * rng.normal(size=spectra.shape), columns=names)
    return table.assign(temp=rng.normal(size=n_rows), lamp=rng.choice(["old", "new"], n_rows), fat=share)


def test_numbers_in_names_give_the_order():
    shuffled = ["x_10", "x_9", "fat", "x_100", "x_2"]
    assert channel_names(["x_*"], shuffled) == ("x_2", "x_9", "x_10", "x_100")
    assert channel_names(["*nm"], ["1100.5nm", "1100nm", "980nm"]) == ("980nm", "1100nm", "1100.5nm")


def test_other_names_stay_in_the_order_of_the_table():
    assert channel_names(["*"], ["red", "green", "blue"]) == ("red", "green", "blue")
    assert channel_names(["r*"], ["r2_b", "r1_a"]) == ("r2_b", "r1_a")


def test_patterns_follow_each_other_and_nothing_comes_twice():
    columns = ["b2", "b1", "a1", "a2"]
    assert channel_names(["b*", "*1", "a2"], columns) == ("b1", "b2", "a1", "a2")


def test_a_column_called_like_a_pattern_is_that_column():
    assert channel_names(["x[1]"], ["x1", "x[1]"]) == ("x[1]",)


def test_a_pattern_that_matches_nothing_is_one_line():
    with pytest.raises(
        DataError, match=r'No column matches the channels "X_\*" \(--channels\)\. Did you mean "x_'
    ) as caught:
        prepare(spectra_table(), DataSpec(target="fat", channels="X_*"))
    assert "\n" not in str(caught.value)


def test_targets_are_no_channels():
    table = spectra_table().drop(columns="lamp")
    assert "fat" not in prepare(table, DataSpec(target="fat", channels="*")).feature_names


def test_few_channels_have_no_derivative():
    table = spectra_table()[["x_1", "x_2", "x_3", "fat"]]
    with pytest.raises(DataError, match='pretreatment "d1" takes at least 5 channels; the pattern matches 3'):
        prepare(table, DataSpec(target="fat", channels="x_*", pretreatment="d1"))
    data = prepare(table, DataSpec(target="fat", channels="x_*"))
    assert data.encoder.signal.pretreatment == "none"
    assert "too short for a pretreatment" in data.notices[0]


def test_a_channel_that_is_not_numeric_is_named():
    table = spectra_table().assign(x_3="high")
    with pytest.raises(DataError, match="Channel \"x_3\" is not numeric \\(it holds 'high'\\)"):
        prepare(table, DataSpec(target="fat", channels="x_*"))


def test_channels_without_any_value_are_refused():
    table = spectra_table()
    table.loc[:, "x_1":"x_12"] = np.nan
    with pytest.raises(DataError, match="hold no value on the train rows"):
        prepare(table, DataSpec(target="fat", channels="x_*"))


def test_windows_of_derivatives_are_odd():
    with pytest.raises(OptionError, match="an odd whole number of at least 5"):
        DataSpec(derivative_window=8)


def test_channels_are_the_first_inputs_and_a_sequence():
    encoder = prepare(spectra_table()[::-1], DataSpec(target="fat", features="temp", channels="x_*")).encoder
    assert encoder.sequence_shape == (12, 1)
    assert encoder.input_names == (*(f"x_{i}" for i in range(1, 13)), "temp")
    assert [block.positions for block in encoder.blocks] == [(i,) for i in range(13)]


def test_other_columns_are_encoded_as_without_channels():
    table = spectra_table()
    others = ["temp", "lamp"]
    whole = Encoder(signal=Signal(tuple(table.columns[:12]), "d1")).fit(table.drop(columns="fat")).transform(table)
    np.testing.assert_array_equal(whole[:, 12:], Encoder().fit(table[others]).transform(table))


def test_what_was_chosen_is_said():
    notices = prepare(spectra_table(), DataSpec(target="fat", channels="x_*")).notices
    assert notices[0].startswith("12 columns, x_1 to x_12, are read as one signal; pretreatment: ")
    assert "chosen of 8 on the train rows" in notices[0]
    given = prepare(spectra_table(), DataSpec(target="fat", channels="x_*", pretreatment="snv")).notices
    assert given[0].endswith("pretreatment: standard normal variate.")


def test_one_sentence_for_all_channels_that_tell_a_target():
    leak, count = Suspicion("leak", "a copy"), Suspicion("identifier", "numbers the rows")
    found = {"x_1": leak, "x_2": leak, "x_3": count, "id": count}
    said = sentences(found, ["x_1", "x_2", "x_3"])
    assert said == ["numbers the rows", '2 channels, "x_1" to "x_2", each tell a target almost by themselves: leave '
                    "them out of --channels unless they are known when predicting."]  # fmt: skip


@pytest.mark.parametrize("changed", [["x_3"], ["x_3", "temp"], ["lamp"], ["x_1", "x_12"]])
def test_a_changed_channel_takes_the_others_along(changed):
    table = spectra_table().drop(columns="fat")
    encoder = Encoder(signal=Signal(tuple(table.columns[:12]), "snv+d2", 5)).fit(table)
    other = table.iloc[::-1].reset_index(drop=True)
    mixture = table.assign(**{name: other[name] for name in changed})
    frames = [pl.from_pandas(each) for each in (table, other[changed])]
    from nbreg.data.frames import as_frame

    whole = with_whole_signal(encoder, as_frame(frames[1]), as_frame(frames[0]))
    found = encoder.transform_some(encoder.transform(table), whole)
    np.testing.assert_array_equal(found, encoder.transform(mixture))
