"""The part of a stand-alone script that reads columns which are one signal: gaps filled, rows pretreated."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nbreg.data.pretreatment import fitting_window, words
from nbreg.data.spectra import Signal
from nbreg.export.call_code import named

Lines = list[str]


def channel_names_code(name: str, channels: Sequence[str]) -> Lines:
    """Return ``name = channels``, as a range where they are counted through."""
    counted = re.fullmatch(r"([^{}\"\\]*?)(\d+)([^{}\"\\\d]*)", channels[0])
    if counted is not None and len(channels) > 1:
        before, first, after = counted.groups()
        start, stop = int(first), int(first) + len(channels)
        for form in ("", f"0{len(first)}d"):
            if [f"{before}{place:{form}}{after}" for place in range(start, stop)] == list(channels):
                pattern = f"{before}{{i{form and f':{form}'}}}{after}"
                return [f'{name} = [f"{pattern}" for i in range({f"{start}, " if start else ""}{stop})]']
    return named(name, list(channels))


def signal_lines(signal: Signal) -> Lines:
    """Return the lines that make ``signal(frame)``, the pretreated channels ``CHANNELS`` of each row."""
    if signal.pretreatment == "none":
        return _AS_IT_IS.strip("\n").splitlines()
    steps = signal.pretreatment.split("+")
    lines = [*_SNV.strip("\n").splitlines(), "", ""] if "snv" in steps else []
    lines += ["def signal(frame):", '    """Return the pretreated channels of each row, (n, n_channels)."""']
    lines += [f"    # Pretreatment: {words(signal.pretreatment)}."]
    lines += _GAPS.strip("\n").splitlines()
    lines += [f"    spectra = {_step_code(step, signal)}" for step in steps]
    return [*lines, *_KNOWN.strip("\n").splitlines()]


def _step_code(step: str, signal: Signal) -> str:
    if step == "snv":
        return "snv(spectra)"
    window = fitting_window(signal.window, len(signal.names))
    return f"savgol_filter(spectra, {window}, polyorder=2, deriv={step[1:]}, axis=1)"


_AS_IT_IS = '''
def signal(frame):
    """Return the channels of each row, (n, n_channels), gaps filled from the channels beside them."""
    return frame[CHANNELS].astype(float).interpolate(axis=1, limit_direction="both").to_numpy()
'''

_SNV = '''
def snv(spectra):
    """Return each row less its mean, by its standard deviation; a flat row becomes zeros."""
    centred, spread = spectra - spectra.mean(axis=1, keepdims=True), spectra.std(axis=1, ddof=1, keepdims=True)
    is_flat = spread <= 1e-12 * np.abs(spectra).max(axis=1, keepdims=True)
    return np.where(is_flat, 0, centred) / np.where(is_flat, 1, spread)
'''

_GAPS = """
    filled = frame[CHANNELS].astype(float).interpolate(axis=1, limit_direction="both").to_numpy()
    known = ~np.isnan(filled).all(axis=1)
    spectra = filled[known]
"""

_KNOWN = """
    inputs = np.full(filled.shape, np.nan)
    inputs[known] = spectra
    return inputs
"""
