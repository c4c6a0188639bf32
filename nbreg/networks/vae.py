"""The conditional variational autoencoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nbreg.errors import OptionError
from nbreg.networks.architecture import (
    ARCHITECTURES,
    Architecture,
    Drawn,
    activation_option,
    dropout_option,
    hidden_drawn,
    hidden_option,
    initializer_option,
    l1_option,
    l2_option,
)
from nbreg.networks.cholesky import FLOOR
from nbreg.networks.heads.shared import Shared
from nbreg.networks.hidden import HiddenLayers
from nbreg.networks.latent_mixture import LatentLikelihood, gaussians_of_points
from nbreg.networks.regularizers import penalty_words
from nbreg.options import Integer, Real, option

if TYPE_CHECKING:
    import keras

    from nbreg.networks.gaussians import Gaussians
    from nbreg.networks.heads.head import Head
    from nbreg.networks.inputs import Inputs
    from nbreg.networks.objective import Objective
    from nbreg.networks.targets import Targets

#: So many latent points are decoded for a prediction; and units of decoder and recognition where there are no `hidden`.
_POINTS, _UNITS = 64, 32


@ARCHITECTURES.register("vae")
@dataclass(frozen=True)
class Vae(Architecture):
    """Targets decoded from the features of hidden layers and from latents, drawn from a standard normal distribution.

    It predicts a distribution of all targets together, of any shape: that of what the latents are decoded to, each
    with a spread of its own. In training the latents are drawn as a recognition network, which sees the targets, makes
    out (Sohn, Lee & Yan 2015, "Learning structured output representation using deep conditional generative models",
    with a prior that does not depend on the inputs, and with their hybrid objective). For predictions they are points
    that are always the same, so that the outputs are a function of the inputs: see `latent_mixture`.
    """

    is_own_head: ClassVar[bool] = True

    hidden: tuple[int, ...] = hidden_option((64, 32))
    activation: str = activation_option()
    latent_size: int = option(2, "Numbers in a latent that targets are decoded from.", Integer(minimum=1, maximum=16))
    kl_weight: float = option(
        1.0, "What the loss counts recognised latents' divergence from their prior for; 1: the evidence bound.",
        Real(minimum=0), title="KL weight",
    )  # fmt: skip
    dropout: float = dropout_option()
    l1: float = l1_option()
    l2: float = l2_option()
    initializer: str = initializer_option()

    def check_head(self, head: Head) -> None:
        if head != Shared():
            raise OptionError(
                f"The vae is a head of its own, which predicts all targets together: leave out {_options_of(head)}."
            )

    def objective(self, loss: str) -> Objective:
        if loss != "mse":
            raise OptionError(
                f"The vae is trained by the likelihood of its distribution; leave loss={loss} out (--loss)."
            )
        return LatentLikelihood()

    def distribution(self, outputs: Any, n_targets: int) -> Gaussians:
        return gaussians_of_points(outputs, n_targets)

    def build(self, inputs: Inputs, targets: Targets, head: Head) -> keras.Model:
        from nbreg.networks.keras_parts.conditional_vae import ConditionalVae, LatentPoints

        entry, features = inputs.entry()
        features = self._layers().dense(features, self.hidden)
        latents = LatentPoints(
            self._dense(self._units, "of_features", activation=None),
            self._dense(self._units, "of_latents", activation=None, use_bias=False),
            self._decoder(targets),
            self._recognition(features.shape[-1] + targets.n_targets),
            n_points=_POINTS,
            kl_weight=self.kl_weight,
            name="latents",
        )
        return ConditionalVae(entry, latents(features), name="vae")

    def _decoder(self, targets: Targets) -> keras.Model:
        """Return what follows the decoder's first sum: its activation, a layer, and means beside spreads."""
        import keras
        from keras import layers

        entry = keras.Input((None, self._units))
        x = self._dense(self._units, "decoder_2")(layers.Activation(self.activation, name="decoder_1")(entry))
        means = targets.kept(layers.Dense(targets.n_targets, name="mean")(x))
        spreads = layers.Dense(targets.n_targets, activation="softplus", name="spread")(x) + FLOOR
        return keras.Model(entry, layers.Concatenate(name="decoded")([means, spreads]), name="decoder")

    def _recognition(self, n_seen: int) -> keras.Model:
        import keras

        entry = keras.Input((n_seen,))
        x = self._dense(self._units, "recognition")(entry)
        return keras.Model(entry, keras.layers.Dense(2 * self.latent_size, name="latent")(x), name="recognition")

    @property
    def _units(self) -> int:
        return self.hidden[-1] if self.hidden else _UNITS

    def _dense(self, units: int, name: str, **choices: Any) -> Any:
        from keras import layers

        return layers.Dense(units, name=name, **{**self._layers().choices(), **choices})

    def _layers(self) -> HiddenLayers:
        return HiddenLayers(self.activation, self.dropout, self.l1, self.l2, initializer=self.initializer)

    def drawn(self) -> list[Drawn]:
        return hidden_drawn(self.hidden)

    def words(self) -> str:
        sizes = "-".join(str(units) for units in self.hidden) or "no hidden layer"
        extras = self._layers().words()
        extras += [f"KL weight {self.kl_weight:g}"] if self.kl_weight != 1 else []
        latents = f"{self.latent_size} latent{'s' if self.latent_size > 1 else ''}"
        return ", ".join([f"vae {sizes}", latents, self.activation, *extras, *penalty_words(self.l1, self.l2)])


def _options_of(head: Head) -> str:
    """Return what asked for this head, as flags."""
    from nbreg.networks.heads.head import HEADS

    names = [name for name in HEADS if type(head) is HEADS[name]]
    chosen = [f"{'--joint' if head.is_joint else '--heads'} {name}" for name in names if name != "shared"]
    defaults = type(head).options()
    chosen += [
        defaults[name].flags(getattr(head, name)) for name in defaults if getattr(head, name) != defaults[name].default
    ]
    return " and ".join(chosen)
