"""A normal distribution of all targets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nbreg.networks.cholesky import FLOOR, n_slopes
from nbreg.networks.heads.head import HEADS, Head
from nbreg.networks.mixture_outputs import MixtureLikelihood, check_loss, gaussians_of
from nbreg.networks.targets import Targets

if TYPE_CHECKING:
    from nbreg.networks.gaussians import Gaussians
    from nbreg.networks.objective import Objective

#: The bias with which softplus, plus the floor, is one: distributions begin as spread and uncorrelated as the targets.
ONE = math.log(math.expm1(1 - FLOOR))


@HEADS.register("gaussian")
@dataclass(frozen=True)
class Gaussian(Head):
    """Means, and a full covariance for each row, by its Cholesky factor (Williams 1996)."""

    is_joint: ClassVar[bool] = True

    def outputs(self, features: Any, targets: Targets, **choices: Any) -> Any:
        from keras import layers

        n_targets = targets.n_targets
        means = targets.kept(layers.Dense(n_targets, name="prediction", **choices)(features))
        return layers.Concatenate(name="distribution")([means, *spreads_and_slopes(features, n_targets)])

    def objective(self, loss: str, x: Any, y: Any, *, has_gaps: bool) -> Objective:
        check_loss(loss, "gaussian")
        return MixtureLikelihood(1, has_gaps)

    def distribution(self, outputs: Any, n_targets: int) -> Gaussians:
        return gaussians_of(outputs, n_targets, 1)

    def words(self) -> list[str]:
        return ["joint normal distribution"]


def spreads_and_slopes(features: Any, n_targets: int, n_components: int = 1) -> list[Any]:
    """Return Keras tensors ``(n_rows, n_components * n)`` of a covariance for each component: at first the identity.

    A spread is what stands here plus the floor; one target has no slopes.
    """
    from keras import initializers, layers

    spreads = layers.Dense(
        n_components * n_targets,
        activation="softplus",
        kernel_initializer="zeros",
        bias_initializer=initializers.Constant(ONE),
        name="spreads",
    )(features)
    if n_targets == 1:
        return [spreads]
    slopes = layers.Dense(n_components * n_slopes(n_targets), kernel_initializer="zeros", name="slopes")(features)
    return [spreads, slopes]
