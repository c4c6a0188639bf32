"""What a head is: the last layers of a network, and what training makes small with them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from nbreg.errors import OptionError
from nbreg.networks.objective import NamedLoss, Objective, WeightedLoss
from nbreg.networks.targets import Targets
from nbreg.options import Choice, Option, Spec, option
from nbreg.registry import Registry

if TYPE_CHECKING:
    import keras

    from nbreg.networks.gaussians import Gaussians

#: The joint head of those who want none.
NONE = "none"


@dataclass(frozen=True)
class Head(Spec):
    """How the features of a network become its outputs.

    Whatever the head, the first ``n_targets`` outputs are the predictions in scaled units; what a joint head has to
    say beyond them (covariances, say) stands behind.
    """

    #: Whether the head predicts a distribution of all targets together.
    is_joint: ClassVar[bool] = False
    #: Whether `settle` finds what predicts the targets, so that nothing can stand beside it.
    is_closed_form: ClassVar[bool] = False

    @abstractmethod
    def outputs(self, features: Any, targets: Targets, **choices: Any) -> Any:
        """Return the outputs ``(n_rows, n_outputs)`` for features ``(n_rows, n_features)``, both Keras tensors.

        `choices` (initializer, regularizer) are for the layer that ends in predictions.
        """

    def of_targets(self, targets: Targets) -> Self:
        """Return this head with what its choices say by target put in the targets' order. Raises OptionError."""
        return self

    def objective(self, loss: str, x: Any, y: Any, *, has_gaps: bool) -> Objective:
        """Return what training makes small with this head, where the training's options name `loss`.

        `x` and `y` are inputs and scaled targets of the train rows; `has_gaps` says whether targets are missing, NaN,
        in these or in the validation rows. Raises OptionError where head and loss do not go together.
        """
        return WeightedLoss(loss) if has_gaps else NamedLoss(loss)

    def settle(self, network: keras.Model, x: Any, y: Any, x_val: Any = None, y_val: Any = None) -> None:
        """Set, after training, what is not trained by steps, from inputs and scaled targets of the train rows.

        `x_val` and `y_val` are those of the validation rows, None where there are none.
        """

    def distribution(self, outputs: Any, n_targets: int) -> Gaussians | None:
        """Return what outputs, a NumPy array ``(n_rows, n_outputs)``, say of all targets together.

        None: this head, as those that are not joint, predicts no distribution.
        """
        return None

    def words(self) -> list[str]:
        """Return the choices as people say them, nothing where they are the usual ones."""
        return []


HEADS: Registry[type[Head]] = Registry("nbreg.networks.heads", "head")


@dataclass(frozen=True)
class HeadChoice(Spec):
    """Which head."""

    heads: str = option(
        "shared", "One head for all targets, or a small one for each.", Choice(among=lambda: _heads(is_joint=False))
    )
    joint: str = option(
        NONE,
        "Predict a distribution of all targets together, their correlations included.",
        Choice(among=lambda: (NONE, *_heads(is_joint=True))),
    )


def head_options() -> dict[str, Option]:
    """Return the options of all heads, by name; one that two of them share is declared alike."""
    return {name: declared for each in HEADS for name, declared in HEADS[each].options().items()}


def chosen_head(choices: Mapping[str, Any]) -> Head:
    """Return the head that `choices` (heads, joint, and options of the one that they name) ask for.

    Raises OptionError where two are asked for, or an option is set that the head does not have.
    """
    chosen = HeadChoice.of(choices)
    if chosen.joint != NONE and chosen.heads != "shared":
        raise OptionError(f"joint={chosen.joint} is a head of its own: leave out heads={chosen.heads} (--heads).")
    name = chosen.heads if chosen.joint == NONE else chosen.joint
    family = HEADS[name]
    for other, declared in head_options().items():
        is_set = other in choices and declared.check(choices[other]) != declared.default
        if is_set and other not in family.options():
            raise OptionError(f"The {name} head has no option {other} ({declared.flag}); leave it out.")
    return family.of(choices)


def _heads(*, is_joint: bool) -> list[str]:
    names = [name for name in HEADS if HEADS[name].is_joint == is_joint]
    return sorted(names, key=lambda name: (name != "shared", name))
