"""What a network that predicts a mixture of normal distributions has among its outputs, and where."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple

import numpy as np

from nbreg.errors import OptionError
from nbreg.networks.cholesky import FLOOR, covariances, n_slopes
from nbreg.networks.gaussians import Gaussians
from nbreg.networks.objective import Objective


class Parts(NamedTuple):
    """NumPy arrays or Keras tensors; `logits` ``(n_rows, n_components)``, `means` and `spreads` ``(n_rows,
    n_components, n_targets)``, `slopes` ``(n_rows, n_components, n_slopes)``: see `nbreg.networks.cholesky`.
    """

    logits: Any
    means: Any
    spreads: Any
    slopes: Any


def parted(outputs: Any, n_targets: int, n_components: int) -> Parts:
    """Return the parts of outputs ``(n_rows, n_outputs)``.

    First come the means of the mixture, ``n_targets``. One component: then spreads above the floor, slopes. Several:
    then logits, and of all components the means, then the spreads above the floor, then the slopes.
    """
    sizes = [n_components, n_components * n_targets] if n_components > 1 else [0, 0]
    sizes += [n_components * n_targets, n_components * n_slopes(n_targets)]
    ends = np.cumsum([n_targets, *sizes]).tolist()
    logits, means, spreads, slopes = (outputs[:, a:b] for a, b in pairwise(ends))
    means = means if n_components > 1 else outputs[:, :n_targets]
    by_component = (_by_component(part, n_components) for part in (means, spreads + FLOOR, slopes))
    return Parts(logits, *by_component)


def _by_component(part: Any, n_components: int) -> Any:
    """Return ``(n_rows, n_components * n)`` as ``(n_rows, n_components, n)``."""
    n = part.shape[1] // n_components
    if n_components == 1:
        return part[:, None]
    if isinstance(part, np.ndarray):
        return part.reshape(len(part), n_components, n)
    from keras import ops

    return ops.reshape(part, (-1, n_components, n))


def gaussians_of(outputs: Any, n_targets: int, n_components: int) -> Gaussians:
    """Return the mixtures that outputs, a NumPy array ``(n_rows, n_outputs)``, hold."""
    found = parted(np.asarray(outputs, np.float64), n_targets, n_components)
    logits = found.logits if n_components > 1 else np.zeros((len(outputs), 1))
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    return Gaussians(weights, found.means, covariances(found.spreads, found.slopes))


@dataclass(frozen=True)
class MixtureLikelihood(Objective):
    """The negative log likelihood of mixtures of so many components, of targets some of which may be missing."""

    words: ClassVar[str] = "negative log likelihood"

    n_components: int = 1
    has_gaps: bool = False

    def make(self) -> Any:
        from nbreg.networks.keras_parts.mixture_loss import MixtureLoss

        return MixtureLoss(self.n_components, self.has_gaps)


def check_loss(loss: str, joint: str) -> None:
    """Raise OptionError where a loss was asked for: a head that predicts distributions brings its own."""
    if loss != "mse":
        raise OptionError(
            f"joint={joint} is trained by the likelihood of its distribution; leave loss={loss} out (--loss)."
        )
