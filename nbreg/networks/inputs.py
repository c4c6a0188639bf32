"""What enters a network."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Inputs:
    """The encoded columns, a float32 matrix ``(n_rows, n_inputs)``.

    The last ``len(n_levels)`` columns hold codes ``0 .. n_levels[i] - 1`` of categories that the network
    embeds; all before them are numbers.
    """

    n_inputs: int
    n_levels: tuple[int, ...] = ()

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


def embedding_width(n_levels: int) -> int:
    """Return how long a category's vector is: ``1.6 n^0.56``, at most 50, fastai's rule of thumb."""
    return min(50, round(1.6 * math.pow(n_levels, 0.56)))
