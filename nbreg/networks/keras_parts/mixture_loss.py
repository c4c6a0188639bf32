"""The negative log likelihood of a mixture of normal distributions of several targets."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from nbreg.networks.keras_parts.normal_density import log_density, log_density_of_known
from nbreg.networks.mixture_outputs import parted

#: Of Seitzer's beta likelihood: 0 is the plain one, and with 1 means are learned as by the squared error.
_BETA = 0.5


@keras.saving.register_keras_serializable(package="nbreg")
class MixtureLoss(keras.losses.Loss):  # type: ignore[misc]
    """The negative log likelihood a row, in nats, of targets in scaled units (Bishop 1994, "Mixture density networks").

    What the outputs hold: `nbreg.networks.mixture_outputs`. With `has_gaps` targets may be missing, NaN: then it is the
    likelihood of the others, and a row without any counts for nothing.

    Its gradient is that of a likelihood in which a row counts the more the wider its distribution is, by the geometric
    mean of its spreads. Else rows with little noise would be learned at the cost of all others, and means would be
    worse than those that the mean squared error finds (Seitzer et al. 2022, "On the pitfalls of heteroscedastic
    uncertainty estimation", whose beta is 0.5 here).
    """

    def __init__(self, n_components: int = 1, has_gaps: bool = False, name: str = "mixture_loss"):
        super().__init__(name=name)
        self.n_components, self.has_gaps = int(n_components), bool(has_gaps)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        parts = parted(y_pred, y_true.shape[1], self.n_components)
        surprise = self._surprise(self._densities(y_true, parts), parts)
        # The value is the likelihood's: of the weighted one there is left no more than the gradient.
        weighted = ops.stop_gradient(ops.exp(2 * _BETA * ops.mean(ops.log(parts.spreads), axis=(1, 2)))) * surprise
        return weighted - ops.stop_gradient(weighted) + ops.stop_gradient(surprise)

    def _surprise(self, densities: Any, parts: Any) -> Any:
        """Return the negative logarithm of the density of each row, ``(n_rows,)``."""
        if self.n_components == 1:
            return -densities[:, 0]
        # Where all targets are missing all densities are one, and so is their mean.
        return -ops.logsumexp(densities + ops.log_softmax(parts.logits, axis=-1), axis=-1)

    def _densities(self, y_true: Any, parts: Any) -> Any:
        """Return the log density of each component, ``(n_rows, n_components)``."""
        if not self.has_gaps:
            return log_density(y_true[:, None] - parts.means, parts.spreads, parts.slopes)
        is_known = ops.logical_not(ops.isnan(y_true))
        # Put in place before anything is computed: behind it the gradient, too, would be no number.
        filled = ops.where(is_known, y_true, 0.0)
        known = ops.cast(is_known, parts.means.dtype)[:, None]
        return log_density_of_known((filled[:, None] - parts.means) * known, parts.spreads, parts.slopes, known)

    def get_config(self) -> dict[str, Any]:
        return {"n_components": self.n_components, "has_gaps": self.has_gaps, "name": self.name}
