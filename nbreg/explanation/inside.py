"""What is inside a network: how its weights are spread, and what its hidden units put out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbreg.data.frames import as_frame
from nbreg.errors import DataError
from nbreg.evaluation.wording import counted
from nbreg.explanation.explained import Floats, Points
from nbreg.explanation.material import drawn
from nbreg.explanation.steps import steps

#: A weight of less than this share of the largest one beside it is near zero.
NEAR_ZERO = 0.01
#: A unit of tanh is saturated within this distance of its bounds, one of sigmoid within half of it.
SATURATED = 0.01
#: So many rows show how a unit behaves, and so many go through the network at once.
MOST_ROWS, ROWS_A_STEP = 1_000, 250

#: What is added to a layer's outputs, in distinction from what multiplies its inputs.
_SHIFTS = ("bias", "beta")
#: What an optimiser does not train; means and variances of batches are no weights.
_STATISTICS = ("moving_", "seed")
#: Units that put out nothing below zero.
_RELU_LIKE = ("relu", "relu6")
_BOUNDS = {"tanh": (-1.0, 1.0), "hard_tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0)}


@dataclass(frozen=True, eq=False)
class Weights:
    """The weights of one kind in one layer: `values` ``(n,)``; `part` is ``kernel``, ``bias``, ``gamma``, ..."""

    layer: str
    part: str
    values: Floats

    @property
    def is_shift(self) -> bool:
        """Whether they are added, as biases are, rather than multiplied."""
        return self.part.endswith(_SHIFTS)

    @property
    def n(self) -> int:
        return len(self.values)

    @property
    def n_not_finite(self) -> int:
        return int((~np.isfinite(self.values)).sum())

    @property
    def finite(self) -> Floats:
        return self.values[np.isfinite(self.values)]

    @property
    def mean(self) -> float:
        """NaN where no weight is finite; so are the next two."""
        return float(self.finite.mean()) if self.finite.size else float("nan")

    @property
    def deviation(self) -> float:
        """The standard deviation."""
        return float(self.finite.std()) if self.finite.size else float("nan")

    @property
    def near_zero(self) -> float:
        """The share, of one, of weights smaller than `NEAR_ZERO` times the largest."""
        sizes = np.abs(self.finite)
        return float((sizes <= NEAR_ZERO * sizes.max()).mean()) if sizes.size else float("nan")


@dataclass(frozen=True, eq=False)
class Outputs:
    """What the units of one hidden layer put out: `values` ``(n, n_units)``, a row for each row of a table.

    Of a layer that puts out a sequence, each step is a row. `activation` is empty where it is not known.
    """

    layer: str
    activation: str
    values: Floats

    @property
    def n_units(self) -> int:
        return int(self.values.shape[1])

    @property
    def dead(self) -> tuple[int, ...]:
        """The units that tell nothing: never active, or the same for all rows (of which there must be two)."""
        if self.activation in _RELU_LIKE and len(self.values):
            silent = (self.values <= 0).all(axis=0)
        else:
            silent = np.zeros(self.n_units, bool)
        if len(self.values) > 1:
            largest = np.abs(self.values).max(axis=0)
            silent |= np.ptp(self.values, axis=0) <= 4 * np.finfo(np.float32).eps * largest
        return tuple(np.flatnonzero(silent).tolist())

    @property
    def zero(self) -> float:
        """The share of outputs that are exactly 0, of one."""
        return float((self.values == 0).mean())

    @property
    def saturated(self) -> float | None:
        """The share of outputs at a bound, of one; None where the activation has no two bounds."""
        if self.activation not in _BOUNDS:
            return None
        low, high = _BOUNDS[self.activation]
        reach = SATURATED * (high - low) / 2
        return float(((self.values <= low + reach) | (self.values >= high - reach)).mean())


def weights_of(network: Any) -> tuple[Weights, ...]:
    """Return the weights of a Keras model, layer by layer, those of inner models too."""
    return tuple(each for layer in _layers(network) for each in _weights(layer))


def outputs_of(network: Any, inputs: Points) -> tuple[Outputs, ...]:
    """Return what the hidden layers with an activation put out for `inputs` ``(n_rows, n_inputs)``.

    Where no hidden layer has one, all that could have are taken. The user's layers are left without traces: a model
    between existing tensors calls none of them. Raises DataError for a network without hidden layers, or one that
    does not say how its layers hang together.
    """
    import keras

    hidden = _hidden_layers(network)
    between = keras.Model(network.inputs[0], [layer.output for layer in hidden])
    parts = [_as_list(between(inputs[rows], training=False)) for rows in steps(len(inputs), ROWS_A_STEP)]
    values = [np.concatenate([np.asarray(part[i], np.float64) for part in parts]) for i in range(len(hidden))]
    return tuple(
        Outputs(layer.name, _activation(layer), each.reshape(-1, each.shape[-1]))
        for layer, each in zip(hidden, values, strict=True)
    )


def rows_to_run(regressor: Any) -> tuple[Points, str]:
    """Return some inputs ``(n_rows, n_inputs)`` of a regressor, and which rows they are, in words.

    Train rows, or those explained last where the regressor came without its table. Raises DataError where it has
    neither.
    """
    data, last = regressor.data_, getattr(regressor, "explanation_", None)
    if data is not None:
        table, which = data.frame_of("train"), "train row"
    elif last is not None:
        table, which = as_frame(last.data), "explained row"
    else:
        raise DataError("This regressor came without its table: explain some rows first, with %nnreg explain DATA.")
    rows = drawn(len(table), MOST_ROWS, seed=0)
    return regressor.encoder_inputs(table[rows]), counted(len(rows), which)


def _layers(network: Any) -> Iterator[Any]:
    for layer in network.layers:
        yield from _layers(layer) if hasattr(layer, "layers") else [layer]


def _weights(layer: Any) -> Iterator[Weights]:
    for variable in layer.weights:
        values = np.asarray(variable.value, np.float64) if _is_weight(variable) else None
        if values is not None and values.size:
            yield Weights(layer.name, str(variable.name), values.ravel())


def _is_weight(variable: Any) -> bool:
    return "float" in str(variable.dtype) and not str(variable.name).startswith(_STATISTICS)


def _hidden_layers(network: Any) -> list[Any]:
    try:
        ends = {id(tensor) for tensor in network.outputs}
        inner = [layer for layer in network.layers if id(layer.output) not in ends]
    except (AttributeError, ValueError, TypeError):
        raise DataError(
            "What hidden units put out can be seen of networks whose layers are connected one by one (Sequential or "
            "functional models); this one computes in a way of its own."
        ) from None
    able = [layer for layer in inner if _can_activate(layer)]
    active = [layer for layer in able if _activation(layer) not in ("", "linear")]
    if not able:
        raise DataError("This network has no hidden layer: inputs and targets are joined directly.")
    return active or able


def _can_activate(layer: Any) -> bool:
    return hasattr(layer, "activation") or type(layer).__name__ in ("ReLU", "LeakyReLU", "PReLU", "ELU")


def _activation(layer: Any) -> str:
    kind = type(layer).__name__
    if kind in ("LeakyReLU", "PReLU", "ELU"):
        return {"LeakyReLU": "leaky_relu"}.get(kind, kind.lower())
    if kind == "ReLU":
        return "relu" if not layer.negative_slope and not layer.threshold else "leaky_relu"
    return str(getattr(getattr(layer, "activation", None), "__name__", ""))


def _as_list(found: Any) -> list[Any]:
    return list(found) if isinstance(found, (list, tuple)) else [found]
