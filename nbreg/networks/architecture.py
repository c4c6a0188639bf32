"""What an architecture is: a frozen spec that builds a Keras model."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbreg.options import Choice, Integers, Option, Real, Spec, Switch, option
from nbreg.registry import Registry

if TYPE_CHECKING:
    import keras

    from nbreg.networks.inputs import Inputs


@dataclass(frozen=True)
class Architecture(Spec):
    """A named family of networks, and the choices within it."""

    @abstractmethod
    def build(self, inputs: Inputs, n_targets: int) -> keras.Model:
        """Return a new, untrained model from ``(n_rows, n_inputs)`` to ``(n_rows, n_targets)``.

        The draws of its layers need no seed: `build_network` sets them all.
        """


ARCHITECTURES: Registry[type[Architecture]] = Registry("nbreg.networks", "network")

ACTIVATIONS = ("relu", "sigmoid", "tanh", "leaky_relu", "elu", "gelu", "silu", "selu")

#: A name in our options -> the initializer's name in Keras.
INITIALIZERS = {
    "glorot": "glorot_uniform",
    "he": "he_normal",
    "lecun": "lecun_normal",
    "orthogonal": "orthogonal",
}


def architecture_options() -> dict[str, Option]:
    """Return the options of all architectures, by name; one that two of them share is declared alike."""
    found: dict[str, Option] = {}
    for name in ARCHITECTURES:
        found.update(ARCHITECTURES[name].options())
    return found


# Options that several architectures take: declared here, once.


def hidden_option(default: tuple[int, ...]) -> tuple[int, ...]:
    return option(default, "Units of each hidden layer.", Integers(minimum=1))


def activation_option() -> str:
    return option("relu", "Activation of the hidden layers.", Choice(*ACTIVATIONS))


def dropout_option() -> float:
    return option(0.0, "Share of a hidden layer's outputs that each step drops.", Real(minimum=0, below=1))


def l1_option() -> float:
    return option(0.0, "L1 penalty on the weights; with --l2, an elastic net.", Real(minimum=0))


def l2_option() -> float:
    return option(0.0, "L2 penalty on the weights; with --l1, an elastic net.", Real(minimum=0))


def batch_norm_option() -> bool:
    return option(False, "Normalise each hidden layer over the batch, before its activation.", Switch())


def initializer_option() -> str:
    return option("glorot", "How the first weights are drawn.", Choice(*INITIALIZERS))
