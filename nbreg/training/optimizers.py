"""From the choices to a Keras optimizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbreg.training.spec import TrainingSpec

#: A name in our options -> the optimizer's class in ``keras.optimizers``.
OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop", "sgd": "SGD"}


def optimizer_options(spec: TrainingSpec) -> dict[str, Any]:
    """Return the keyword arguments of the optimizer, all but its learning rate."""
    options: dict[str, Any] = {}
    if spec.optimizer == "sgd":
        options.update(momentum=spec.momentum, nesterov=spec.nesterov)
    if spec.optimizer == "adamw":
        options.update(weight_decay=spec.weight_decay)
    if spec.clipnorm is not None:
        options.update(clipnorm=spec.clipnorm)
    return options


def make_optimizer(spec: TrainingSpec, learning_rate: float) -> Any:
    """Return a new Keras optimizer with a learning rate that can be set while it is in use."""
    import keras

    return getattr(keras.optimizers, OPTIMIZERS[spec.optimizer])(learning_rate, **optimizer_options(spec))
