"""Recurrent layers, with all that is not linear apart in each step.

Keras is needed to read this module: it is imported within functions.
"""

from __future__ import annotations

from typing import Any, ClassVar

import keras
from keras import ops

from nbreg.explanation.differences import Product, through
from nbreg.explanation.parted_layers import copied, rule_of
from nbreg.explanation.step_by_step import State, StepByStep

_TIMES = Product(ops.multiply)


class PartedRecurrent(keras.layers.Layer):  # type: ignore[misc]
    """A recurrent layer of sequences ``(n, n_steps, n_channels)``, which begins with a state of zeros."""

    #: Of how many tensors ``(n, units)`` its state consists; the first is what it puts out.
    n_parts: ClassVar[int] = 1

    def __init__(self, layer: Any):
        super().__init__(name=layer.name)
        self.layer = copied(layer)
        self.cell = self.layer.cell
        self.activation = rule_of(self.layer.activation)

    def build(self, input_shape: Any) -> None:
        self.layer.build(input_shape)

    def call(self, inputs: Any, mask: None = None) -> Any:
        seen = ops.matmul(inputs, self.cell.kernel) + self.biases()  # of all steps at once
        seen = ops.flip(seen, axis=1) if self.layer.go_backwards else seen
        states = through(StepByStep(self.step, self.cell.units, self.n_parts), seen)
        return states if self.layer.return_sequences else states[:, -1]

    def biases(self) -> Any:
        """Return what is added to the inputs' part of a step."""
        return self.cell.bias if self.cell.use_bias else 0.0

    def step(self, seen: Any, state: State) -> State:
        """Return the state after a step into which `seen` enters."""
        raise NotImplementedError


class PartedSimpleRNN(PartedRecurrent):
    """``h = act(x W + h U + b)``."""

    def step(self, seen: Any, state: State) -> State:
        return (through(self.activation, seen + ops.matmul(state[0], self.cell.recurrent_kernel)),)


class PartedGated(PartedRecurrent):
    """A recurrent layer with gates, which multiply."""

    def __init__(self, layer: Any):
        super().__init__(layer)
        self.gate = rule_of(self.layer.recurrent_activation)


class PartedLSTM(PartedGated):
    """Hochreiter & Schmidhuber (1997), with a forget gate; in Keras the order is input, forget, new, output."""

    n_parts = 2

    def step(self, seen: Any, state: State) -> State:
        before, kept = state
        let_in, let_stay, new, let_out = ops.split(seen + ops.matmul(before, self.cell.recurrent_kernel), 4, axis=-1)
        added = through(_TIMES, through(self.gate, let_in), through(self.activation, new))
        kept = added + through(_TIMES, through(self.gate, let_stay), kept)
        return through(_TIMES, through(self.gate, let_out), through(self.activation, kept)), kept


class PartedGRU(PartedGated):
    """Cho et al. (2014); in Keras the order is update, reset, new, and the reset may come behind the weights."""

    def biases(self) -> Any:
        return super().biases()[0] if self._has_two_biases else super().biases()

    def step(self, seen: Any, state: State) -> State:
        (before,) = state
        n = 2 * self.cell.units
        of_gates, of_new = self.cell.recurrent_kernel[:, :n], self.cell.recurrent_kernel[:, n:]
        biases = self.cell.bias[1] if self._has_two_biases else ops.zeros((3 * self.cell.units,))
        gates = through(self.gate, seen[:, :n] + ops.matmul(before, of_gates) + biases[:n])
        let_stay, reset = ops.split(gates, 2, axis=-1)
        if self.cell.reset_after:
            remembered = through(_TIMES, reset, ops.matmul(before, of_new) + biases[n:])
        else:
            remembered = ops.matmul(through(_TIMES, reset, before), of_new)
        new = through(self.activation, seen[:, n:] + remembered)
        return (new + through(_TIMES, let_stay, before - new),)

    @property
    def _has_two_biases(self) -> bool:
        return bool(self.cell.reset_after and self.cell.use_bias)


#: Class name of a layer -> what makes it anew, parted.
RECURRENT: dict[str, type[PartedRecurrent]] = {"SimpleRNN": PartedSimpleRNN, "LSTM": PartedLSTM, "GRU": PartedGRU}
