"""What enters a network."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Inputs:
    """The encoded columns, a float32 matrix ``(n_rows, n_inputs)``.

    The last ``len(n_levels)`` columns hold codes ``0 .. n_levels[i] - 1`` of categories that the network
    embeds; all before them are numbers, of which the first ``n_steps * n_channels`` are a sequence, step by step.
    """

    n_inputs: int
    n_levels: tuple[int, ...] = ()
    n_steps: int = 0
    n_channels: int = 1

    @classmethod
    def of(cls, encoder: Any) -> Inputs:
        """Return what a fitted encoder gives."""
        return cls(encoder.n_inputs, tuple(encoder.n_levels), *encoder.sequence_shape)

    @property
    def n_numbers(self) -> int:
        return self.n_inputs - len(self.n_levels)

    def entry(self) -> tuple[Any, Any]:
        """Return a Keras input ``(None, n_inputs)`` and what the first layer sees of it.

        That is the input itself, or its numbers beside one trained vector for each category.
        """
        import keras

        entry = keras.Input((self.n_inputs,), name="inputs")
        if not self.n_levels:
            return entry, entry
        parts = [entry[:, : self.n_numbers]] if self.n_numbers else []
        for i, n_levels in enumerate(self.n_levels):
            embed = keras.layers.Embedding(n_levels, embedding_width(n_levels), name=f"embedding_{i}")
            parts.append(embed(entry[:, self.n_numbers + i]))
        return entry, keras.layers.Concatenate(name="embedded")(parts) if len(parts) > 1 else parts[0]

    def sequence_entry(self) -> tuple[Any, Any, Any]:
        """Return a Keras input ``(None, n_inputs)``, the sequence ``(None, n_steps, n_channels)`` and the rest of it.

        The rest is ``(None, n_rest)``, or None where there is nothing else. Where no sequence is marked, all numbers
        are one, in their order, of one channel; where there are no numbers, the vectors of categories are.
        """
        import keras

        entry, seen = self.entry()
        n_numbers = self.n_numbers or seen.shape[1]
        n_steps, n_channels = (self.n_steps, self.n_channels) if self.n_steps else (n_numbers, 1)
        n_inside = n_steps * n_channels
        inside = seen if n_inside == seen.shape[1] else seen[:, :n_inside]
        rest = None if n_inside == seen.shape[1] else seen[:, n_inside:]
        return entry, keras.layers.Reshape((n_steps, n_channels), name="sequence")(inside), rest


def embedding_width(n_levels: int) -> int:
    """Return how long a category's vector is: ``1.6 n^0.56``, at most 50, fastai's rule of thumb."""
    return min(50, round(1.6 * math.pow(n_levels, 0.56)))
