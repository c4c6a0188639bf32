"""What stands beside a network, fitted in closed form: the network learns what that leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from nbreg.errors import OptionError
from nbreg.networks.forward import predict_rows
from nbreg.networks.inputs import Inputs
from nbreg.networks.ridge import Line, RidgePath
from nbreg.networks.slow_movements import slow_movements
from nbreg.networks.targets import Targets
from nbreg.options import Choice, Spec, option

if TYPE_CHECKING:
    import keras

Floats = NDArray[np.float64]

AUTO, NONE, LINEAR, SMOOTH = "auto", "none", "linear", "smooth"

#: Penalties that are tried, as multiples of the number of rows. Far apart, validation rows of one season would choose
#: what suits that season.
LINEAR_PENALTIES = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
SMOOTH_PENALTIES = (0.1, 0.3, 1.0)
#: Where there are no validation rows to choose by.
_USUAL = {LINEAR: 1e-2, SMOOTH: 0.3}

#: Random units of the smooth part, and how much flatter than one their slope is, in spreads of what they see.
_UNITS, _FLATTER = 1_024, 1.2

#: Blocks of validation rows that are to agree on how much of the network is blended in.
_BLOCKS = 4

#: Names of the layers, by which they are found again.
LINEAR_LAYER, RANDOM_LAYER, SMOOTH_LAYER = "linear_part", "random_units", "smooth_part"
GATE_LAYER, BLEND_LAYER = "gate", "blend"


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

    `penalties`, of the parts in order, are chosen by the validation rows where they are None, and so is `blend`, a
    share in [0, 1] for each target. What is not `is_asked` for is left out where it does not fit.
    """

    kind: str = NONE
    is_asked: bool = True
    penalties: tuple[float, ...] | None = None
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
            return TargetsBeside(targets.n_targets, targets.names, kind=self.kind, n_numbers=inputs.n_numbers)
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
    ) -> tuple[float, ...]:
        """Fit the models to inputs and scaled targets of the train rows, and return their penalties.

        The validation rows choose these; where there are none, they are the usual ones.
        """
        if not stands_beside(network):
            return ()
        penalties = self.penalties or (None, None)
        n = inputs.n_numbers
        line, first = _chosen(x[:, :n], y, x_val if x_val is None else x_val[:, :n], y_val, LINEAR, penalties[0])
        network.get_layer(LINEAR_LAYER).set_weights([line.weights, line.intercept])
        if self.kind == LINEAR:
            return (first,)
        units = network.get_layer(RANDOM_LAYER)
        _turn_to(units, slow_movements(inputs, x[:, :n]))
        left, left_val = y - line(x[:, :n]), None if x_val is None else y_val - line(x_val[:, :n])
        seen, seen_val = (None if rows is None else _seen(units, rows[:, :n]) for rows in (x, x_val))
        smooth, second = _chosen(seen, left, seen_val, left_val, SMOOTH, penalties[1])
        network.get_layer(SMOOTH_LAYER).set_weights([smooth.weights, smooth.intercept])
        return first, second

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


def stands_beside(network: keras.Model) -> bool:
    """Return whether something stands beside the network."""
    return any(layer.name == LINEAR_LAYER for layer in network.layers)


def blend_of(network: keras.Model) -> tuple[float, ...]:
    """Return how much of the network's own predictions is blended in, a share in [0, 1] for each target."""
    return tuple(network.get_layer(BLEND_LAYER).get_weights()[0].tolist())


@dataclass(frozen=True)
class TargetsBeside(Targets):
    """Targets of which a part is predicted beside the network, from the first `n_numbers` inputs."""

    kind: str = LINEAR
    n_numbers: int = 0
    _layers: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def kept(self, predictions: Any) -> Any:
        """Return the sum of predictions ``(n_rows, n_targets)``, a Keras tensor, and of what stands beside them."""
        import keras
        from keras import layers

        (entry,) = keras.utils.get_source_inputs(predictions)
        numbers = entry[:, : self.n_numbers] if entry.shape[1] > self.n_numbers else entry
        parts = [self._layer(LINEAR_LAYER, layers.Dense, self.n_targets, kernel_initializer="zeros")(numbers)]
        if self.kind == SMOOTH:
            drawn = keras.initializers.RandomNormal(stddev=1.0)
            units = {"activation": "tanh", "kernel_initializer": drawn, "bias_initializer": drawn}
            seen = self._layer(RANDOM_LAYER, layers.Dense, _UNITS, **units)(numbers)
            parts.append(self._layer(SMOOTH_LAYER, layers.Dense, self.n_targets, kernel_initializer="zeros")(seen))
        let_in = self._by_target(GATE_LAYER, "zeros", trainable=True)(predictions)
        own = self._by_target(BLEND_LAYER, "ones")(let_in)
        return layers.Add()([*parts, own])

    def _by_target(self, name: str, first: str, *, trainable: bool = False) -> Any:
        """Return a layer that multiplies each target by a number of its own."""
        from keras import layers

        shape = (self.n_targets,)
        return self._layer(
            name, layers.EinsumDense, "bt,t->bt", trainable=trainable, output_shape=shape, kernel_initializer=first
        )

    def _layer(self, name: str, make: Any, *args: Any, trainable: bool = False, **kwargs: Any) -> Any:
        """Return the layer of this name; a mixture adds to the means of all its components by the same ones."""
        if name not in self._layers:
            self._layers[name] = make(*args, trainable=trainable, name=name, **kwargs)
        return self._layers[name]


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
        has_rows = x_val is not None and len(x_val)
        penalty = path.best(tried, x_val, y_val) if has_rows else _USUAL[kind]
    return path.fit(penalty), penalty


def _turn_to(units: Any, movements: tuple[Floats, Floats]) -> None:
    """Have the random units look at `movements`: by what to multiply the inputs, ``(n_numbers, n)``, and what to add.

    The weights that they were drawn with become weights of the movements.
    """
    kernel, bias = units.get_weights()
    factors, shifts = movements
    n = len(shifts)
    slopes = kernel[:n] / (_FLATTER * np.sqrt(max(n, 1)))
    units.set_weights([factors @ slopes, bias + shifts @ slopes])


def _seen(units: Any, numbers: Any) -> Floats:
    kernel, bias = units.get_weights()
    return np.asarray(np.tanh(numbers @ kernel + bias), np.float64)


def _best_blend(network: keras.Model, x_val: Any, y_val: Any) -> Floats:
    """Return the share of each target that makes squared errors small, half-way to that of all targets alike.

    It is found on each of some blocks of neighbouring rows, and is their mean less its standard error: windows of a
    series overlap, so that all rows together would seem surer than they are.
    """
    beside = _predicted(network, x_val, np.zeros_like(blend_of(network)))
    own = _predicted(network, x_val, np.ones_like(blend_of(network))) - beside
    blocks = np.array_split(np.arange(len(x_val)), min(_BLOCKS, len(x_val)))
    shares = np.array([_share(own[rows], (y_val - beside)[rows]) for rows in blocks])
    doubt = shares.std(axis=0, ddof=1) / np.sqrt(len(shares)) if len(shares) > 1 else 0.0
    blend: Floats = np.clip(shares.mean(axis=0) - doubt, 0.0, 1.0)
    return blend


def _share(own: Floats, left: Floats) -> Floats:
    """Return the share of `own` with which it comes nearest to `left`, both ``(n_rows, n_targets)``, in [-1, 1]."""
    known = ~np.isnan(left)
    along = np.where(known, left * own, 0.0).sum(axis=0)
    size = np.where(known, own**2, 0.0).sum(axis=0)
    least = np.finfo(np.float64).tiny
    share: Floats = np.clip((along + along.mean()) / np.maximum(size + size.mean(), least), -1.0, 1.0)
    return share


def _predicted(network: keras.Model, x: Any, blend: Any) -> Floats:
    network.get_layer(BLEND_LAYER).set_weights([blend])
    return predict_rows(network, x)[:, : len(blend)].astype(np.float64)
