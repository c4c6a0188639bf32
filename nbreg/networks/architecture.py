"""What an architecture is: a frozen spec that builds a Keras model."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from nbreg.errors import OptionError
from nbreg.options import Choice, Integers, Option, Real, Spec, Switch, option
from nbreg.registry import Registry

if TYPE_CHECKING:
    import keras

    from nbreg.networks.gaussians import Gaussians
    from nbreg.networks.heads.head import Head
    from nbreg.networks.inputs import Inputs
    from nbreg.networks.objective import Objective
    from nbreg.networks.targets import Targets


class Drawn(NamedTuple):
    """One layer of a drawing: its title, its units (or filters), and whether the option ``hidden`` gives it."""

    title: str
    units: int
    is_hidden: bool = False


@dataclass(frozen=True)
class Architecture(Spec):
    """A named family of networks, and the choices within it."""

    #: Whether the network predicts in a way of its own: no other head fits it, and nothing can stand beside it.
    is_own_head: ClassVar[bool] = False

    @abstractmethod
    def build(self, inputs: Inputs, targets: Targets, head: Head) -> keras.Model:
        """Return a new, untrained model from ``(n_rows, n_inputs)`` to ``(n_rows, n_outputs)``.

        The draws of its layers need no seed: `build_network` sets them all.
        """

    def check_head(self, head: Head) -> None:
        """Raise OptionError where the network cannot have this head."""

    def objective(self, loss: str) -> Objective | None:
        """Return what training makes small with this network, where its options name `loss`; None: what the head says.

        Raises OptionError where network and loss do not go together.
        """
        return None

    def distribution(self, outputs: Any, n_targets: int) -> Gaussians | None:
        """Return what outputs, a NumPy array, say of all targets together, as `Head.distribution`; None: ask the head.

        A network that is its own head (a variational autoencoder) has one.
        """
        return None

    def prepare(self, network: keras.Model, x: Any, y: Any) -> None:
        """Set, before training, what is not trained by steps, from inputs and scaled targets of the train rows."""

    def settle(self, network: keras.Model, x: Any, y: Any, x_val: Any = None, y_val: Any = None) -> None:
        """Set, after training, what is not trained by steps, from inputs and scaled targets of the train rows.

        `x_val` and `y_val` are those of the validation rows, None where there are none.
        """

    def custom_objects(self) -> dict[str, Any]:
        """Return classes and functions that Keras needs, by name, to build a copy of the model."""
        return {}

    @abstractmethod
    def words(self) -> str:
        """Return the choices as people say them, such as ``mlp 64-32, relu``."""

    def drawn(self) -> list[Drawn]:
        """Return the layers between inputs and head that a drawing shows; those of ``hidden`` come last."""
        return []


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


def hidden_option(default: tuple[int, ...]) -> Any:
    return option(default, "Units of each hidden layer.", Integers(minimum=1))


def hidden_drawn(hidden: Sequence[int]) -> list[Drawn]:
    """Return the layers of the option ``hidden`` as a drawing shows them."""
    return [Drawn(f"hidden {place}", units, is_hidden=True) for place, units in enumerate(hidden, start=1)]


def activation_option() -> Any:
    return option("relu", "Activation of the hidden layers.", Choice(*ACTIVATIONS))


def dropout_option() -> Any:
    return option(0.0, "Share of a hidden layer's outputs that each step drops.", Real(minimum=0, below=1))


def l1_option() -> Any:
    return option(0.0, "L1 penalty on the weights; with --l2, an elastic net.", Real(minimum=0), title="L1 penalty")


def l2_option() -> Any:
    return option(0.0, "L2 penalty on the weights; with --l1, an elastic net.", Real(minimum=0), title="L2 penalty")


def batch_norm_option() -> Any:
    return option(False, "Normalise each hidden layer over the batch, before its activation.", Switch())


def initializer_option() -> Any:
    return option("glorot", "How the first weights are drawn.", Choice(*INITIALIZERS), expert=True)


@dataclass(frozen=True)
class NetworkChoice(Spec):
    """Which architecture."""

    network: str = option("mlp", "The architecture.", Choice(among=lambda: ARCHITECTURES))


def replaced_by_layers() -> set[str]:
    """Return the options that layers of the user's own take the place of."""
    return {*NetworkChoice.options(), *architecture_options()}


def chosen_architecture(choices: Mapping[str, Any]) -> Architecture:
    """Return the spec that `choices` (network, its options, or layers of the user's own) ask for.

    Raises OptionError where an option is set that the architecture does not have.
    """
    from nbreg.networks.stack import Stack

    layers = choices.get("layers")
    name = NetworkChoice.of(choices).network
    family = Stack if layers is not None else ARCHITECTURES[name]
    if layers is not None and name != NetworkChoice.options()["network"].default:
        raise OptionError("A network given by its layers has no option network (--network); leave it out.")
    for other, declared in architecture_options().items():
        is_set = other in choices and declared.check(choices[other]) != declared.default
        if is_set and other not in family.options():
            who = "A network given by its layers" if layers is not None else f"The {name}"
            raise OptionError(f"{who} has no option {other} ({declared.flag}); leave it out.")
    return Stack.of_layers(layers) if layers is not None else family.of(choices)
