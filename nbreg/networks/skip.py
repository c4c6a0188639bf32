"""What stands beside a network, fitted in closed form: the network learns what that leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from nbreg.errors import OptionError
from nbreg.networks.beside import (
    BLEND_LAYER,
    LINEAR_LAYER,
    RANDOM_LAYER,
    SMOOTH_LAYER,
    TargetsBeside,
    blend_of,
    stands_beside,
)
from nbreg.networks.blending import agreed_blend
from nbreg.networks.forward import predict_rows
from nbreg.networks.inputs import Inputs
from nbreg.networks.ridge import Line, RidgePath
from nbreg.networks.slow_movements import movements_by_scale, steady_levels
from nbreg.networks.targets import Targets
from nbreg.options import Choice, Spec, option

if TYPE_CHECKING:
    import keras

Floats = NDArray[np.float64]

AUTO, NONE, LINEAR, SMOOTH = "auto", "none", "linear", "smooth"

#: Penalties that are tried, as multiples of the number of rows. Far apart, validation rows of one season would choose
#: what suits that season.
LINEAR_PENALTIES = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
SMOOTH_PENALTIES = (0.03, 0.1, 0.3)
#: Where there are no validation rows to choose by.
USUAL_PENALTIES = {LINEAR: 1e-2, SMOOTH: 0.1}

#: Random units of the smooth part, and how much flatter than one their slope is, in spreads of what they see.
_UNITS, _FLATTER = 1_536, 2.0


@dataclass(frozen=True)
class SkipChoice(Spec):
    """Whether something stands beside the network."""

    skip: str = option(
        AUTO,
        "Beside the network, in closed form: a linear model, or that and a smooth one (wide, of random units); the "
        "network learns what they leave. auto: smooth for forecasts, linear for --channels, else none.",
        Choice(AUTO, NONE, LINEAR, SMOOTH),
    )


@dataclass(frozen=True)
class Skip:
    """Models beside the network, whose predictions are added to its own.

    `linear` is ridge regression on the numeric inputs; `smooth` is that, and ridge regression of what it leaves on a
    layer of random units (a random vector functional-link network: Pao, Park & Sobajic 1994). Of a sequence the units
    see the slow movements alone. The network's own predictions pass a gate, which is trained and closed at first
    (ReZero: Bachlechner et al. 2021), and are blended in so far as they help on the validation rows.

    The penalties are chosen by the validation rows where they are None. So is of which channels of a sequence the
    smooth part sees the `levels`, how much of it counts, `smooth_blend`, and how much of the network, `blend`: shares
    in [0, 1] for each target. What is not `is_asked` for is left out where it does not fit.
    """

    kind: str = NONE
    is_asked: bool = True
    linear_penalty: float | None = None
    smooth_penalty: float | None = None
    levels: tuple[bool, ...] = ()
    smooth_blend: tuple[float, ...] | None = None
    blend: tuple[float, ...] | None = None

    @classmethod
    def of(cls, choices: Mapping[str, Any]) -> Self:
        """Return what the option ``skip`` says. Raises OptionError."""
        chosen = SkipChoice.of(choices).skip
        return cls(_usual(choices), is_asked=False) if chosen == AUTO else cls(chosen)

    def __bool__(self) -> bool:
        return self.kind != NONE

    def of_targets(self, targets: Targets) -> Skip:
        """Return this, or nothing where such targets leave no room. Raises OptionError where it was asked for."""
        is_kept_in_place = bool(targets.bounds or targets.shares)
        return self.without("it keeps predictions within bounds, or shares") if is_kept_in_place else self

    def beside(self, inputs: Inputs, targets: Targets) -> Targets:
        """Return the targets with these models beside whatever predicts them. Raises OptionError."""
        fits = self.of_targets(targets) if inputs.n_numbers else self.without("all its inputs are categories to embed")
        if fits:
            n_units = _UNITS if self.kind == SMOOTH else 0
            return TargetsBeside(targets.n_targets, targets.names, n_numbers=inputs.n_numbers, n_units=n_units)
        return targets

    def without(self, reason: str) -> Skip:
        """Return nothing beside a network, for `reason`. Raises OptionError where something was asked for."""
        if self and self.is_asked:
            raise OptionError(
                f"Nothing can stand beside this network, for {reason}; leave out skip={self.kind} (--skip)."
            )
        return Skip()

    def check(self, network: keras.Model) -> None:
        """Raise OptionError where `network` has no place for what was asked for beside it."""
        if self and not stands_beside(network):
            self.without("it predicts in a way of its own")

    def prepare(
        self, network: keras.Model, inputs: Inputs, x: Any, y: Any, x_val: Any = None, y_val: Any = None
    ) -> Skip:
        """Fit the models to inputs and scaled targets of the train rows, and return this with what was chosen for them.

        The validation rows choose it; where there are none, it is the usual.
        """
        if not stands_beside(network):
            return self
        x, x_val = (None if rows is None or not len(rows) else rows[:, : inputs.n_numbers] for rows in (x, x_val))
        line, penalty = _chosen(x, y, x_val, y_val, LINEAR, self.linear_penalty)
        network.get_layer(LINEAR_LAYER).set_weights([line.weights, line.intercept])
        chosen = replace(self, linear_penalty=penalty)
        if self.kind == LINEAR:
            return chosen
        left_val = None if x_val is None else y_val - line(x_val)
        return chosen._prepare_smooth(network, inputs, x, y - line(x), x_val, left_val)

    def _prepare_smooth(
        self, network: keras.Model, inputs: Inputs, x: Any, left: Any, x_val: Any, left_val: Any
    ) -> Skip:
        """Fit the smooth part to what is `left`, and return this with what was chosen for it."""
        units, levels = network.get_layer(RANDOM_LAYER), self.levels
        if inputs.n_steps and not levels and x_val is not None:
            levels = steady_levels(inputs, x, x_val)
        _turn_to(units, movements_by_scale(inputs, x, levels))
        seen, seen_val = _seen(units, x), None if x_val is None else _seen(units, x_val)
        smooth, penalty = _chosen(seen, left, seen_val, left_val, SMOOTH, self.smooth_penalty)
        counted = self._counted(smooth, seen_val, left_val)
        network.get_layer(SMOOTH_LAYER).set_weights([smooth.weights * counted, smooth.intercept * counted])
        return replace(self, smooth_penalty=penalty, levels=levels, smooth_blend=tuple(counted.tolist()))

    def _counted(self, smooth: Line, seen_val: Any, left_val: Any) -> Floats:
        """Return how much of the smooth part is to count, a share for each target."""
        if self.smooth_blend is not None:
            return np.array(self.smooth_blend)
        return np.ones(len(smooth.intercept)) if seen_val is None else agreed_blend(smooth(seen_val), left_val)

    def resume(self, network: keras.Model) -> None:
        """Let the network's own predictions count in full again: those that are not blended in would learn nothing."""
        if stands_beside(network):
            network.get_layer(BLEND_LAYER).set_weights([np.ones_like(blend_of(network))])

    def settle(self, network: keras.Model, x_val: Any = None, y_val: Any = None) -> None:
        """Set how much of the network's own predictions is blended in, by the validation rows."""
        if not stands_beside(network):
            return
        layer = network.get_layer(BLEND_LAYER)
        if self.blend is not None:
            layer.set_weights([np.array(self.blend)])
        elif x_val is not None and len(x_val):
            layer.set_weights([_best_blend(network, x_val, y_val)])

    def words(self) -> list[str]:
        """Return this as people say it."""
        return {NONE: [], LINEAR: ["linear part"], SMOOTH: ["linear and smooth part"]}[self.kind]


def _usual(choices: Mapping[str, Any]) -> str:
    """Return what stands beside a network unless said otherwise: only forecasts have a horizon."""
    if choices.get("horizon"):
        return SMOOTH
    return LINEAR if choices.get("channels") else NONE


def _chosen(x: Any, y: Any, x_val: Any, y_val: Any, kind: str, penalty: float | None) -> tuple[Line, float]:
    """Return the ridge regression with `penalty`, or the one best on the validation rows, and its penalty."""
    path = RidgePath(x, y)
    tried = LINEAR_PENALTIES if kind == LINEAR else SMOOTH_PENALTIES
    if penalty is None:
        penalty = USUAL_PENALTIES[kind] if x_val is None else path.best(tried, x_val, y_val)
    return path.fit(penalty), penalty


def _turn_to(units: Any, scales: Sequence[tuple[Floats, Floats]]) -> None:
    """Have the random units look at movements, as many units at each scale.

    A scale says by what to multiply the inputs, ``(n_numbers, n)``, and what to add. The weights that the units were
    drawn with become weights of the movements.
    """
    kernel, bias = units.get_weights()
    for (factors, shifts), looking in zip(scales, np.array_split(np.arange(len(bias)), len(scales)), strict=True):
        n = len(shifts)
        slopes = kernel[:n, looking] / (_FLATTER * np.sqrt(max(n, 1)))
        kernel[:, looking] = factors @ slopes
        bias[looking] += shifts @ slopes
    units.set_weights([kernel, bias])


def _seen(units: Any, numbers: Any) -> Any:
    """Return what the random units make of the numeric inputs, ``(n_rows, n_units)``, float32."""
    kernel, bias = units.get_weights()
    return np.tanh(numbers @ kernel + bias)


def _best_blend(network: keras.Model, x_val: Any, y_val: Any) -> Floats:
    """Return the share of the network's own predictions that the validation rows agree on, for each target."""
    beside = _predicted(network, x_val, np.zeros_like(blend_of(network)))
    own = _predicted(network, x_val, np.ones_like(blend_of(network))) - beside
    return agreed_blend(own, y_val - beside)


def _predicted(network: keras.Model, x: Any, blend: Any) -> Floats:
    network.get_layer(BLEND_LAYER).set_weights([blend])
    return predict_rows(network, x)[:, : len(blend)].astype(np.float64)
