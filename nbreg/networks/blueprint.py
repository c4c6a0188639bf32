"""From an architecture, a head and a seed to a Keras model whose every draw is fixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.networks.architecture import Architecture, chosen_architecture
from nbreg.networks.draws import notebook_draws_kept, seeded
from nbreg.networks.heads.head import Head, chosen_head
from nbreg.networks.heads.shared import Shared
from nbreg.networks.skip import Skip

if TYPE_CHECKING:
    import keras

    from nbreg.networks.gaussians import Gaussians
    from nbreg.networks.inputs import Inputs
    from nbreg.networks.objective import Objective
    from nbreg.networks.targets import Targets


@dataclass(frozen=True)
class Blueprint:
    """All choices about a network but its sizes at both ends."""

    architecture: Architecture
    head: Head = field(default_factory=Shared)
    skip: Skip = field(default_factory=Skip)

    def __post_init__(self) -> None:
        self.architecture.check_head(self.head)

    @classmethod
    def of(cls, choices: Mapping[str, Any]) -> Blueprint:
        """Return what `choices` (network, heads, joint, skip, options of these, or layers of the user's) ask for.

        Raises OptionError where an option is set that the architecture or the head does not have.
        """
        head, skip = chosen_head(choices), Skip.of(choices)
        if skip and head.is_closed_form:
            skip = skip.without("its head finds predictions in closed form itself")
        architecture = chosen_architecture(choices)
        if skip and architecture.is_own_head:
            skip = skip.without("it predicts in a way of its own")
        return cls(architecture, head, skip)

    def of_targets(self, targets: Targets) -> Blueprint:
        """Return these choices for such targets, what they say by target put in the targets' order.

        Raises OptionError where what was asked for cannot be had with such targets.
        """
        return replace(self, head=self.head.of_targets(targets), skip=self.skip.of_targets(targets))

    def build(self, inputs: Inputs, targets: Targets, seed: int) -> keras.Model:
        """Return an untrained model; the same arguments give the same bits.

        No global seed is set: the notebook's own random numbers stay as they were.
        """
        import keras

        with notebook_draws_kept():
            drafted = self.architecture.build(inputs, self.skip.beside(inputs, targets), self.head)
            self.skip.check(drafted)
            config = seeded(keras.saving.serialize_keras_object(drafted), np.random.default_rng(seed))
            # What the draft holds was made in this process, code of the user's own included.
            known = self.architecture.custom_objects()
            return keras.saving.deserialize_keras_object(config, custom_objects=known, safe_mode=False)

    def objective(self, loss: str, x: Any, y: Any, *, has_gaps: bool) -> Objective:
        """Return what training makes small: see `Head.objective`, over which the architecture's own goes."""
        return self.architecture.objective(loss) or self.head.objective(loss, x, y, has_gaps=has_gaps)

    def distribution(self, outputs: Any, n_targets: int) -> Gaussians | None:
        """Return what outputs, a NumPy array, say of all targets together; None: nothing."""
        found = self.architecture.distribution(outputs, n_targets)
        return found if found is not None else self.head.distribution(outputs, n_targets)

    def prepare(
        self, network: keras.Model, inputs: Inputs, x: Any, y: Any, x_val: Any = None, y_val: Any = None
    ) -> None:
        """Set, before training, what steps do not train, from inputs and scaled targets of train and validation rows.

        The validation rows only choose among what is fitted to the train rows.
        """
        self.architecture.prepare(network, x, y)
        self.skip.prepare(network, inputs, x, y, x_val, y_val)

    def resume(self, network: keras.Model) -> None:
        """Undo, of what `settle` has set, what would stand in the way of training on."""
        self.skip.resume(network)

    def settle(self, network: keras.Model, x: Any, y: Any, x_val: Any = None, y_val: Any = None) -> None:
        """Set, after training, what steps do not train, from inputs and scaled targets of train and validation rows."""
        self.architecture.settle(network, x, y, x_val, y_val)
        self.head.settle(network, x, y, x_val, y_val)
        self.skip.settle(network, x_val, y_val)

    def words(self) -> str:
        """Return the choices as people say them, such as ``mlp 64-32, relu``."""
        return ", ".join([self.architecture.words(), *self.head.words(), *self.skip.words()])
