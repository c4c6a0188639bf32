"""A mixture of normal distributions of all targets: a mixture density network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nbreg.networks.heads.gaussian import spreads_and_slopes
from nbreg.networks.heads.head import HEADS, Head
from nbreg.networks.mixture_outputs import MixtureLikelihood, check_loss, gaussians_of
from nbreg.networks.targets import Targets
from nbreg.options import Integer, option

if TYPE_CHECKING:
    from nbreg.networks.gaussians import Gaussians
    from nbreg.networks.objective import Objective


@HEADS.register("mixture")
@dataclass(frozen=True)
class Mixture(Head):
    """Several normal distributions, each with a weight and a full covariance for each row (Bishop 1994).

    What is predicted as a point is the mean of the mixture.
    """

    is_joint: ClassVar[bool] = True

    components: int = option(3, "So many normal distributions in the mixture.", Integer(minimum=2))

    def outputs(self, features: Any, targets: Targets, **choices: Any) -> Any:
        from keras import layers

        logits = layers.Dense(self.components, kernel_initializer="zeros", name="logits")(features)
        means = self._means(features, targets, choices)
        each = layers.Reshape((self.components, targets.n_targets), name="means_by_component")(means)
        weights = layers.Softmax(name="weights")(logits)
        mean = layers.Dot(axes=1, name="prediction")([weights, each])
        behind = spreads_and_slopes(features, targets.n_targets, self.components)
        return layers.Concatenate(name="distribution")([mean, logits, means, *behind])

    def _means(self, features: Any, targets: Targets, choices: dict[str, Any]) -> Any:
        """Return the means of all components, ``(n_rows, n_components * n_targets)``."""
        from keras import initializers, layers

        # Components that began at one place would stay together.
        apart = initializers.RandomNormal(stddev=0.5)
        means = [
            layers.Dense(targets.n_targets, bias_initializer=apart, name=f"means_{number}", **choices)(features)
            for number in range(1, self.components + 1)
        ]
        return layers.Concatenate(name="means")([targets.kept(each) for each in means])

    def objective(self, loss: str, x: Any, y: Any, *, has_gaps: bool) -> Objective:
        check_loss(loss, "mixture")
        return MixtureLikelihood(self.components, has_gaps)

    def distribution(self, outputs: Any, n_targets: int) -> Gaussians:
        return gaussians_of(outputs, n_targets, self.components)

    def words(self) -> list[str]:
        return [f"joint mixture of {self.components} normal distributions"]
