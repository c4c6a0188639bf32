"""What is done to each spectrum by itself before anything is learned from it: SNV and derivatives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Steps, done in the order in which they are written.
PRETREATMENTS = ("none", "snv", "d1", "d2", "snv+d1", "snv+d2", "d1+snv", "d2+snv")
#: A pretreatment needs so many channels.
FEWEST = 5

_WORDS = {
    "snv": "standard normal variate",
    "d1": "first Savitzky-Golay derivative",
    "d2": "second Savitzky-Golay derivative",
}


def pretreated(X: Floats, pretreatment: str, window: int) -> Floats:
    """Return spectra ``(n_rows, n_channels)`` after the steps of `pretreatment`; a row that is all gaps stays so.

    Gaps within a row are filled first. `window` is the number of channels that a derivative looks at.
    """
    X = with_gaps_filled(X)
    steps = [] if pretreatment == "none" else pretreatment.split("+")
    known = ~np.isnan(X).any(axis=1)
    treated, found = X[known], np.full(X.shape, np.nan)
    for step in steps if len(treated) else []:
        treated = snv(treated) if step == "snv" else derivative(treated, int(step[1:]), window)
    found[known] = treated
    return found


def words(pretreatment: str) -> str:
    """Return a pretreatment as people say it, such as ``second Savitzky-Golay derivative, then ...``."""
    return ", then ".join(_WORDS[step] for step in pretreatment.split("+")) if pretreatment != "none" else "nothing"


def with_gaps_filled(X: Floats) -> Floats:
    """Return rows ``(n_rows, n_channels)`` with gaps (NaN) on the line between the known channels beside them.

    Beyond the first and the last known channel these are repeated.
    """
    gaps = np.isnan(X)
    partly = gaps.any(axis=1) & ~gaps.all(axis=1)
    if not partly.any():
        return X
    filled, places = X.copy(), np.arange(X.shape[1])
    for row in np.flatnonzero(partly):
        known = ~gaps[row]
        filled[row] = np.interp(places, places[known], X[row, known])
    return filled


def snv(X: Floats) -> Floats:
    """Return the standard normal variate: each row ``(n_channels,)`` less its mean, by its standard deviation.

    It takes away what scattered light adds to and multiplies a whole spectrum with (Barnes, Dhanoa & Lister 1989,
    "Standard normal variate transformation and de-trending of near-infrared diffuse reflectance spectra"). A flat
    row becomes zeros.
    """
    centred = X - X.mean(axis=1, keepdims=True)
    spread = X.std(axis=1, ddof=1, keepdims=True)
    size = np.abs(X).max(axis=1, keepdims=True)
    # What rounding leaves of a flat row is no signal.
    is_flat = spread <= 1e-12 * size
    scaled: Floats = np.where(is_flat, 0.0, centred) / np.where(is_flat, 1.0, spread)
    return scaled


def derivative(X: Floats, order: int, window: int) -> Floats:
    """Return the derivative along each row, of the quadratic that fits the `window` channels around a channel best.

    It takes away what is constant (order 1) or a straight line (order 2) under a spectrum, and smooths (Savitzky &
    Golay 1964, "Smoothing and differentiation of data by simplified least squares procedures"). Units: per channel,
    or per channel squared. The window is odd; a shorter signal has a shorter one.
    """
    from scipy.signal import savgol_filter

    found: Floats = savgol_filter(X, fitting_window(window, X.shape[1]), polyorder=2, deriv=order, axis=1)
    return found


def fitting_window(window: int, n_channels: int) -> int:
    """Return `window`, or the longest odd one that the channels have room for."""
    return min(window, n_channels - (n_channels + 1) % 2)
