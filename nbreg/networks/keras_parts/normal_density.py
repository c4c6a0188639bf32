"""The logarithm of a normal density of several targets, some of which may be missing, in Keras's operations."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

_LOG_2_PI = float(np.log(2 * np.pi))


def log_density(residuals: Any, spreads: Any, slopes: Any) -> Any:
    """Return ``(...,)`` for residuals and spreads ``(..., n_targets)`` and slopes ``(..., n_slopes)``.

    What spreads and slopes are: `nbreg.networks.cholesky`.
    """
    n_targets = residuals.shape[-1]
    row, column = np.tril_indices(n_targets, -1)
    explained = 0.0
    if len(row):
        to_rows = np.zeros((len(row), n_targets), np.float32)
        to_rows[np.arange(len(row)), row] = 1.0
        explained = ops.matmul(slopes * ops.take(residuals, column, axis=-1), ops.convert_to_tensor(to_rows))
    z = (residuals - explained) / spreads
    return -ops.sum(ops.log(spreads) + 0.5 * (ops.square(z) + _LOG_2_PI), axis=-1)


def log_density_of_known(residuals: Any, spreads: Any, slopes: Any, is_known: Any) -> Any:
    """Return `log_density` of those targets that `is_known`, 1.0 or 0.0, ``(..., n_targets)``, marks: the marginal one.

    Targets are taken one after the other; each that is known is accounted for by its own density, and taken out of the
    others (the Kalman filter's sequential update, on the rows of the Cholesky factor). Residuals of missing ones may be
    any finite numbers.
    """
    factor, left, known = _factor(spreads, slopes), residuals, is_known
    total = 0.0
    for place in range(residuals.shape[-1]):
        own, own_residual, is_one = factor[..., :1, :], left[..., :1], known[..., place : place + 1]
        variance = ops.sum(ops.square(own), axis=-1)
        density = -0.5 * (ops.log(variance) + ops.square(own_residual) / variance + _LOG_2_PI)
        total = total + ops.squeeze(density * is_one, axis=-1)
        others = factor[..., 1:, :]
        gains = is_one * ops.sum(others * own, axis=-1) / variance
        factor, left = others - gains[..., None] * own, left[..., 1:] - gains * own_residual
    return total


def _factor(spreads: Any, slopes: Any) -> Any:
    """Return the Cholesky factor ``(..., n_targets, n_targets)``, by forward substitution."""
    n_targets = spreads.shape[-1]
    own = spreads[..., :, None] * ops.eye(n_targets, dtype=spreads.dtype)
    factor = own[..., :1, :]
    for place in range(1, n_targets):
        first = place * (place - 1) // 2
        before = ops.sum(slopes[..., first : first + place, None] * factor, axis=-2, keepdims=True)
        factor = ops.concatenate([factor, own[..., place : place + 1, :] + before], axis=-2)
    return factor
