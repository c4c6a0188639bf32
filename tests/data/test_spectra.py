"""Pretreatments of spectra: against scipy and scikit-learn, on the train rows only, kept with the encoder."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import savgol_filter
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.preprocessing import StandardScaler

from nbreg.data import pretreatment_choice
from nbreg.data.dataset import prepare
from nbreg.data.encoding import ENCODER_TYPES, Encoder
from nbreg.data.pretreatment import PRETREATMENTS, derivative, pretreated, snv, with_gaps_filled
from nbreg.data.pretreatment_choice import best_pretreatment, left_out_error
from nbreg.data.spec import DataSpec
from nbreg.data.spectra import Signal

N, CHANNELS = 60, 15
NAMES = tuple(f"w{i}" for i in range(CHANNELS))


def spectra(seed=0, n=N):
    """Smooth rows ``(n, CHANNELS)``."""
    rng = np.random.default_rng(seed)
    return np.cumsum(np.cumsum(rng.normal(size=(n, CHANNELS)), axis=1), axis=1)


def scattered_table(n=90, seed=0):
    """Spectra whose shape tells the target y, each scaled and shifted at random so that single channels do not."""
    rng = np.random.default_rng(seed)
    share, places = rng.random(n), np.linspace(0, 1, CHANNELS)
    shape = np.sin(3 * places) + share[:, None] * np.exp(-(((places - 0.5) / 0.15) ** 2))
    table = pd.DataFrame(shape * rng.uniform(0.3, 3, (n, 1)) + 3 * rng.normal(size=(n, 1)), columns=NAMES)
    return table.assign(y=share)


def test_rows_have_mean_0_and_sd_1():
    Z = snv(spectra())
    np.testing.assert_allclose(Z.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(Z.std(axis=1, ddof=1), 1, rtol=1e-12)


@settings(deadline=None, max_examples=30)
@given(st.floats(0.01, 100), st.floats(-1e3, 1e3))
def test_scatter_leaves_no_trace(factor, shift):
    X = spectra()
    np.testing.assert_allclose(snv(factor * X + shift), snv(X), atol=1e-7)


def test_flat_rows_become_zeros():
    np.testing.assert_array_equal(snv(np.array([[0.1] * 7, [0.0] * 7, [1e150] * 7])), np.zeros((3, 7)))


@pytest.mark.parametrize("order", [1, 2])
def test_derivatives_are_scipys(order):
    X = spectra()
    np.testing.assert_array_equal(derivative(X, order, 7), savgol_filter(X, 7, 2, deriv=order, axis=1))


def test_derivatives_of_a_parabola_are_exact():
    places = np.arange(20.0)
    X = np.array([3 + 2 * places - 0.5 * places**2])
    np.testing.assert_allclose(derivative(X, 1, 9)[0], 2 - places, atol=1e-10)
    np.testing.assert_allclose(derivative(X, 2, 9)[0], -1, atol=1e-10)


@pytest.mark.parametrize(("n_channels", "window"), [(5, 5), (6, 5), (10, 9), (11, 11), (40, 11)])
def test_short_signals_have_shorter_windows(n_channels, window):
    X = np.random.default_rng(0).normal(size=(3, n_channels))
    np.testing.assert_array_equal(derivative(X, 2, 11), savgol_filter(X, window, 2, deriv=2, axis=1))


def test_steps_are_done_as_they_are_written():
    X = spectra()
    np.testing.assert_array_equal(pretreated(X, "snv+d2", 5), savgol_filter(snv(X), 5, 2, deriv=2, axis=1))
    np.testing.assert_array_equal(pretreated(X, "d2+snv", 5), snv(savgol_filter(X, 5, 2, deriv=2, axis=1)))
    np.testing.assert_array_equal(pretreated(X, "none", 5), X)


def test_gaps_are_on_the_line_between_their_neighbours():
    X = np.array([[np.nan, 1, np.nan, np.nan, 7, np.nan], [np.nan] * 6, [0, 1, 2, 3, 4, 5]])
    whole = pd.DataFrame(X).interpolate(axis=1, limit_direction="both").to_numpy()
    np.testing.assert_allclose(with_gaps_filled(X), whole)
    np.testing.assert_allclose(with_gaps_filled(X)[0], [1, 1, 3, 5, 7, 7])


@pytest.mark.parametrize("pretreatment", PRETREATMENTS)
def test_a_row_without_channels_leaves_the_others_alone(pretreatment):
    X = spectra()
    empty = X.copy()
    empty[3] = np.nan
    found = pretreated(empty, pretreatment, 7)
    assert np.isnan(found[3]).all()
    np.testing.assert_allclose(np.delete(found, 3, 0), np.delete(pretreated(X, pretreatment, 7), 3, 0), rtol=1e-12)


def test_such_a_row_has_the_median_of_each_pretreated_channel():
    table = pd.DataFrame(spectra(), columns=NAMES)
    encoder = Encoder("none", signal=Signal(NAMES, "snv+d1", 7)).fit(table)
    empty = table.head(1).assign(**dict.fromkeys(NAMES))
    treated = savgol_filter(snv(table.to_numpy()), 7, 2, deriv=1, axis=1)
    np.testing.assert_allclose(encoder.transform(empty)[0], np.median(treated, axis=0), rtol=1e-6)


@pytest.mark.parametrize("pretreatment", PRETREATMENTS)
def test_inputs_are_those_of_scipy_and_scikit_learn(pretreatment):
    table = scattered_table()
    spec = DataSpec(target="y", channels="w*", pretreatment=pretreatment, derivative_window=7, scaling="standard")
    data = prepare(table, spec)
    treated = table[list(NAMES)].to_numpy()
    for step in pretreatment.split("+"):
        if step == "snv":
            treated = StandardScaler().fit_transform(treated.T).T * np.sqrt((CHANNELS - 1) / CHANNELS)
        elif step != "none":
            treated = savgol_filter(treated, 7, 2, deriv=int(step[1]), axis=1)
    oracle = StandardScaler().fit(treated[data.rows.train])
    for which in ("train", "validation", "test"):
        expected = oracle.transform(treated[data.rows[which]])
        np.testing.assert_allclose(data.arrays(which)[0], expected, rtol=1e-4, atol=1e-4)


# The choice


@pytest.mark.parametrize("alpha", [1e-3, 1e-1])
def test_errors_on_rows_left_out_are_those_of_scikit_learn(monkeypatch, alpha):
    Z = StandardScaler().fit_transform(spectra())
    y = np.column_stack([np.sin(Z[:, 0]), Z[:, 3] * Z[:, 5]])
    y = y - y.mean(axis=0)
    monkeypatch.setattr(pretreatment_choice, "_ALPHAS", (alpha,))
    monkeypatch.setattr(pretreatment_choice, "_GAMMAS", (0.5,))
    model = KernelRidge(alpha=alpha, kernel="rbf", gamma=0.5 / CHANNELS)
    left_out = y - cross_val_predict(model, Z, y, cv=LeaveOneOut())
    expected = np.sqrt((left_out**2).mean(axis=0)).mean()
    np.testing.assert_allclose(left_out_error(Z, y), expected, rtol=1e-6)


def test_scatter_is_seen_through():
    data = prepare(scattered_table(), DataSpec(target="y", channels="w*"))
    assert "snv" in data.encoder.signal.pretreatment


def test_where_the_size_of_a_spectrum_tells_the_target_it_is_kept():
    X = spectra()
    y = X.mean(axis=1, keepdims=True)
    assert best_pretreatment(X, y / y.std(), PRETREATMENTS, 7) == "none"


def test_other_rows_than_those_to_train_on_change_nothing():
    table = scattered_table()
    spec = DataSpec(target="y", channels="w*", scaling="standard")
    first = prepare(table, spec)
    other = table.copy()
    held_back = np.concatenate([first.rows.validation, first.rows.test])
    rng = np.random.default_rng(1)
    other.iloc[held_back] = rng.normal(size=(len(held_back), CHANNELS + 1)) * 100
    second = prepare(other, spec)
    assert second.encoder.signal == first.encoder.signal
    np.testing.assert_array_equal(second.arrays("train")[0], first.arrays("train")[0])
    assert not np.array_equal(second.arrays("test")[0], first.arrays("test")[0])


# Keeping, and other tables


def test_is_kept_bit_for_bit():
    table = scattered_table()
    encoder = Encoder(signal=Signal(NAMES, "d2+snv", 7)).fit(table.drop(columns="y"))
    X = encoder.transform(table)
    stored = skops.io.dumps(encoder)
    assert set(skops.io.get_untrusted_types(data=stored)) <= set(ENCODER_TYPES)
    for kept in (skops.io.loads(stored, trusted=list(ENCODER_TYPES)), pickle.loads(pickle.dumps(encoder))):
        np.testing.assert_array_equal(kept.transform(table), X)
        assert (kept.sequence_shape, kept.signal) == ((CHANNELS, 1), encoder.signal)


def test_polars_gives_the_same():
    table = scattered_table()
    spec = DataSpec(target="y", channels="w*")
    ours, theirs = prepare(table, spec), prepare(pl.from_pandas(table), spec)
    assert ours.notices == theirs.notices
    np.testing.assert_array_equal(ours.arrays("train")[0], theirs.arrays("train")[0])
