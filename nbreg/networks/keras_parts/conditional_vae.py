"""A network whose outputs depend on what is drawn, and that learns what to draw from the targets themselves."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from nbreg.networks.latent_mixture import latent_points

#: Divergence of a latent, in nats, up to which the loss is not made smaller ("free bits", Kingma et al. 2016): else
#: latents are given up before the decoder has learned to use them.
FREE = 1.0

#: The layers and networks that a `LatentPoints` consists of.
_PARTS = ("of_features", "of_latents", "decoder", "recognition")


@keras.saving.register_keras_serializable(package="nbreg")
class LatentPoints(keras.layers.Layer):  # type: ignore[misc]
    """Features ``(n_rows, n_features)``, each row's decoded with each of the same latent points.

    The decoder begins with the sum of two layers, `of_features` and `of_latents`, of as many units; `decoder` is the
    rest of it, from ``(n_rows, n_points, units)`` to means and spreads side by side, ``(n_rows, n_points, 2
    n_targets)``. `recognition` is from features and targets to means and log-variances of latents. For the outputs see
    `nbreg.networks.latent_mixture`; in training the features stand behind them. `kl_weight` is what the loss counts a
    unit of divergence from the prior for.
    """

    def __init__(
        self,
        of_features: keras.layers.Layer,
        of_latents: keras.layers.Layer,
        decoder: keras.Model,
        recognition: keras.Model,
        n_points: int,
        kl_weight: float = 1.0,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.of_features, self.of_latents = of_features, of_latents
        self.decoder, self.recognition = decoder, recognition
        self.n_targets, self.latent_size = decoder.output_shape[-1] // 2, recognition.output_shape[-1] // 2
        self.n_points, self.kl_weight, self.seed = n_points, kl_weight, seed
        self.draws = keras.random.SeedGenerator(seed)

    def build(self, input_shape: Any) -> None:
        shape = self.n_points, self.latent_size
        points = keras.initializers.Constant(latent_points(*shape))
        # Weights, though nothing trains them: a network that was saved decodes the points that it was saved with.
        self.points = self.add_weight(shape, points, trainable=False, name="points")
        for layer, seen in ((self.of_features, input_shape), (self.of_latents, shape)):
            if not layer.built:  # one from a configuration may be
                layer.build(seen)

    def call(self, features: Any, training: bool | None = None) -> Any:
        outputs = self._decoded(features, self.points[None])
        return ops.concatenate([outputs, features], axis=-1) if training else outputs

    def drawn(self, outputs: Any, y: Any) -> tuple[Any, Any]:
        """Return outputs of one point a row that is drawn as targets `y` suggest, and how far that is from the prior.

        `outputs` are those in training. The divergence, ``(n_rows, latent_size)``, is Kullback and Leibler's from the
        recognised normal distribution to the standard one. Missing targets, NaN, are recognised as the mean.
        """
        features = outputs[:, self.n_outputs :]
        known = ops.where(ops.isnan(y), 0.0, y)
        recognised = self.recognition(ops.concatenate([features, known], axis=-1))
        mean, log_variance = recognised[:, : self.latent_size], recognised[:, self.latent_size :]
        noise = keras.random.normal(ops.shape(mean), seed=self.draws)
        divergence = (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance) / 2
        return self._decoded(features, (mean + ops.exp(log_variance / 2) * noise)[:, None]), divergence

    @property
    def n_outputs(self) -> int:
        return int((1 + 2 * self.n_points) * self.n_targets)

    def _decoded(self, features: Any, latents: Any) -> Any:
        """Return the outputs for latents ``(n_rows or 1, n_points, latent_size)``."""
        found = self.decoder(self.of_features(features)[:, None] + self.of_latents(latents))
        n = latents.shape[1] * self.n_targets
        means, spreads = found[..., : self.n_targets], found[..., self.n_targets :]
        parts = [ops.mean(means, axis=1), ops.reshape(means, (-1, n)), ops.reshape(spreads, (-1, n))]
        return ops.concatenate(parts, axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], self.n_outputs)

    def get_config(self) -> dict[str, Any]:
        parts = {name: keras.saving.serialize_keras_object(getattr(self, name)) for name in _PARTS}
        numbers = {name: getattr(self, name) for name in ("n_points", "kl_weight", "seed")}
        return {**super().get_config(), **parts, **numbers}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> LatentPoints:
        parts = {name: keras.saving.deserialize_keras_object(config[name]) for name in _PARTS}
        return cls(**{**config, **parts})


@keras.saving.register_keras_serializable(package="nbreg")
class ConditionalVae(keras.Model):  # type: ignore[misc]
    """A functional model that ends in `LatentPoints`, called ``latents``.

    In training its loss is the hybrid of Sohn, Lee & Yan (2015, 4.2), half and half: the negative evidence bound, of
    one draw a row from what is recognised (Kingma & Welling 2014), and the compiled loss of the outputs, whose latents
    are drawn as for a prediction. Else it is the latter alone, as with other models.
    """

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        if not training:
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        latents = self.get_layer("latents")
        drawn, divergence = latents.drawn(y_pred, y)
        bound = super().compute_loss(x, y, drawn, sample_weight, training)
        bound += latents.kl_weight * ops.sum(ops.maximum(ops.mean(divergence, axis=0), FREE))
        of_points = super().compute_loss(x, y, y_pred[:, : latents.n_outputs], sample_weight, training)
        return (bound + of_points) / 2
