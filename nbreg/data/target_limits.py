"""What is known beforehand of targets, checked against the table: bounds, and that they are shares of a whole."""

from __future__ import annotations

import numpy as np

from nbreg.data.reading import Floats
from nbreg.data.spec import DataSpec
from nbreg.data.targets import TargetScaler
from nbreg.errors import DataError, OptionError, did_you_mean

#: Sums of shares may miss one by so much: a few shares, each rounded to two decimals, pass.
TOLERANCE = 0.02


def make_target_scaler(spec: DataSpec, targets: Floats, names: tuple[str, ...]) -> TargetScaler:
    """Return the unfitted scaler that `spec` asks for, once `targets` ``(n_rows, n_targets)`` have been looked through.

    Raises DataError where they leave their bounds or are no shares, OptionError where choices do not go together.
    """
    if spec.shares:
        _check_shares_choices(spec)
        _check_shares(targets, names)
        return TargetScaler("none", bounds=np.repeat([[0.0], [1.0]], len(names), axis=1), are_shares=True)
    bounds = _bounds_of(spec, names)
    if bounds is not None:
        _check_bounds(targets, names, bounds)
    return TargetScaler(spec.target_transform, bounds=bounds)


def _bounds_of(spec: DataSpec, names: tuple[str, ...]) -> Floats | None:
    """Return least and greatest values, ``(2, n_targets)``, infinite where there is none; None: no bounds at all."""
    if not spec.bounds:
        return None
    bounds = np.repeat([[-np.inf], [np.inf]], len(names), axis=1)
    for name, least, greatest in spec.bounds:
        if name not in names:
            raise DataError(f'bounds (--bounds) name "{name}", which is no target.{did_you_mean(name, names)}')
        bounds[:, names.index(name)] = -np.inf if least is None else least, np.inf if greatest is None else greatest
    return bounds


def _check_bounds(targets: Floats, names: tuple[str, ...], bounds: Floats) -> None:
    for name, values, (least, greatest) in zip(names, targets.T, bounds.T, strict=True):
        n_outside = int(((values < least) | (values > greatest)).sum())
        if n_outside:
            extremes = f"from {np.nanmin(values):g} to {np.nanmax(values):g}"
            raise DataError(
                f'Target "{name}" breaks its bounds {_words(least, greatest)} in {_rows(n_outside)}: its '
                f"values go {extremes}. Widen the bounds (--bounds), or mend these rows."
            )


def _rows(number: int) -> str:
    return f"{number:,} row" + ("" if number == 1 else "s")


def _words(least: float, greatest: float) -> str:
    """Return ``0:100`` as it stands behind the flag."""
    return ":".join(f"{end:g}" if np.isfinite(end) else "" for end in (least, greatest))


def _check_shares_choices(spec: DataSpec) -> None:
    if spec.bounds:
        raise OptionError("shares (--shares) already keeps every target between 0 and 1: leave out bounds (--bounds).")
    if spec.target_transform not in ("auto", "none"):
        raise OptionError(
            f"shares (--shares) takes targets as they are, and target_transform={spec.target_transform} was asked for "
            "(which losses msle and mape bring): leave it out."
        )


def _check_shares(targets: Floats, names: tuple[str, ...]) -> None:
    if len(names) < 2:
        raise DataError(
            f'shares (--shares) takes two targets or more, the parts of a whole; "{names[0]}" stands alone. '
            f"For a share by itself: --bounds {names[0]}=0:1."
        )
    for name, values in zip(names, targets.T, strict=True):
        n_negative = int((values < 0).sum())
        if n_negative:
            raise DataError(
                f'Shares take values from 0 to 1; target "{name}" is negative in {_rows(n_negative)} '
                f"(least: {np.nanmin(values):g})."
            )
    sums = targets.sum(axis=1)
    off = np.abs(sums - 1)
    n_off = int((off > TOLERANCE).sum())
    if n_off:
        farthest = sums[np.nanargmax(off)]
        raise DataError(
            f"Shares (--shares) sum to one in every row; in {n_off:,} of {_rows(len(sums))} these targets do "
            f"not (farthest off: {farthest:g}). Divide them by their sum, or leave out --shares."
        )
