"""The history as numbers for a chart, and its thinning."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from nbreg.panels.curve import Curve, thinned
from nbreg.training.run import Row


def table(losses: np.ndarray, val_losses: np.ndarray) -> np.ndarray:
    epochs = np.arange(1, len(losses) + 1)
    return np.column_stack([epochs, losses, val_losses, np.full(len(losses), 0.001)]).astype(np.float32)


def test_a_curve_holds_the_rows_in_order_however_they_come():
    rows = [Row(epoch, epoch / 7, epoch / 3, 0.01) for epoch in range(1, 1001)]
    curve = Curve()
    for start, end in [(0, 1), (1, 1), (1, 300), (300, 1000)]:
        curve.extend(rows[start:end])
    assert len(curve) == 1000
    assert_array_equal(curve.since(0), np.array(rows, dtype=np.float32))
    assert_array_equal(curve.since(990), np.array(rows[990:], dtype=np.float32))


def test_a_loss_beyond_float32_becomes_infinite_without_a_warning():
    curve = Curve()
    curve.extend([Row(1, 1e300, float("nan"), 0.001)])
    assert np.isinf(curve.since(0)[0, 1])
    assert np.isnan(curve.since(0)[0, 2])


def test_a_short_table_is_left_as_it_is():
    short = table(np.arange(50.0), np.arange(50.0))
    assert thinned(short, 50) is short


@settings(deadline=None, max_examples=50)
@given(n_rows=st.integers(101, 3000), most=st.integers(30, 100), seed=st.integers(0, 99), gaps=st.booleans())
def test_thinning_keeps_the_ends_and_the_peaks(n_rows: int, most: int, seed: int, gaps: bool):
    random = np.random.default_rng(seed)
    losses, val_losses = random.standard_cauchy(n_rows), random.standard_cauchy(n_rows)
    if gaps:
        val_losses[random.random(n_rows) < 0.3] = np.nan
    full = table(losses, val_losses)
    thin = thinned(full, most)
    assert len(thin) <= most
    assert_array_equal(thin[[0, -1]], full[[0, -1]])
    assert (np.diff(thin[:, 0]) > 0).all()
    assert np.isin(thin[:, 0], full[:, 0]).all()
    for column in (1, 2):
        assert np.nanmin(thin[:, column]) == np.nanmin(full[:, column])
        assert np.nanmax(thin[:, column]) == np.nanmax(full[:, column])


def test_a_table_without_validation_losses_is_thinned_all_the_same():
    thin = thinned(table(np.arange(1000.0), np.full(1000, np.nan)), 100)
    assert len(thin) <= 100
    assert np.isnan(thin[:, 2]).all()


@pytest.mark.parametrize("n_rows", [5_001, 100_000])
def test_a_thinned_curve_looks_the_same(n_rows: int):
    """The envelope over 1,000 pixels of the thinned curve is that of the full one, within a pixel."""
    losses = 1 + np.sin(np.arange(n_rows) / 40)
    full = table(losses, losses)
    thin = thinned(full, 5_000)
    pixels = np.minimum((thin[:, 0] * 200 / n_rows).astype(int), 199)
    for pixel in range(200):
        inside = (full[:, 0] * 200 / n_rows).astype(int) == pixel
        assert thin[pixels == pixel, 1].max() == pytest.approx(full[inside, 1].max(), abs=0.02)
