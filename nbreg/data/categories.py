"""Levels of a category as inputs: one column each, or one code to embed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbreg.data.reading import MISSING, Series, read_levels

#: What stands for levels that were rare on the train rows, or not there at all.
OTHER = "(other)"


class CategoryColumn:
    """One category, learned on the train rows; a gap is a level of its own.

    Levels seen on fewer than `rare_below` rows share one level, which new levels join. With more than
    `embed_above` frequent levels the column becomes one code (`n_levels` of them, the last for the shared level),
    else one 0/1 input for each level. The encoding is scikit-learn's OneHotEncoder or OrdinalEncoder.
    """

    def __init__(self, name: str, embed_above: int):
        self.name, self.embed_above = name, embed_above

    def fit(self, series: Series) -> CategoryColumn:
        from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

        codes, distinct = read_levels(series)
        texts = np.array(distinct, dtype=object)[codes]
        counts = Counter(texts.tolist())
        self.n_present, self.n_distinct = int((codes < len(distinct) - 1).sum()), len(counts) - (MISSING in counts)
        self.rare_below = rare_below(len(codes))
        self.levels = tuple(sorted(level for level, count in counts.items() if count >= self.rare_below))
        self.has_rare = len(self.levels) < len(counts)
        self.is_embedded = len(self.levels) > self.embed_above
        choices: dict[str, Any] = {"min_frequency": self.rare_below, "dtype": np.float32}
        if self.is_embedded:
            unknown = {"handle_unknown": "use_encoded_value", "unknown_value": np.nan}
            self.encoder = OrdinalEncoder(**choices, **unknown)
        else:
            self.encoder = OneHotEncoder(**choices, handle_unknown="infrequent_if_exist", sparse_output=False)
        self.encoder.fit(texts[:, None])
        return self

    @property
    def n_levels(self) -> int:
        """The number of codes, where the column is embedded."""
        return len(self.levels) + 1

    @property
    def input_names(self) -> tuple[str, ...]:
        if self.is_embedded:
            return (f"{self.name} code",)
        shared = OTHER
        while shared in self.levels:  # a table may call a level of its own so
            shared = f"({shared})"
        names = (*self.levels, shared) if self.has_rare else self.levels
        return tuple(f"{self.name} = {level}" for level in names)

    @property
    def is_constant(self) -> bool:
        return not self.is_embedded and len(self.input_names) < 2

    @property
    def is_identifier(self) -> bool:
        """Whether nearly every row has a text of its own, so that nothing can be learned from it."""
        return self.n_distinct > 10 and self.n_distinct > 0.9 * self.n_present

    def transform(self, series: Series) -> NDArray[np.float32]:
        """Return ``(n, 1)`` codes or ``(n, n_inputs)`` zeros and ones; each distinct level is encoded once."""
        codes, distinct = read_levels(series)
        table = self.encoder.transform(np.array(distinct, dtype=object)[:, None])
        table = np.where(np.isnan(table), np.float32(len(self.levels)), table)
        encoded: NDArray[np.float32] = table[codes]
        return encoded


def rare_below(n_rows: int) -> int:
    """Return on how many of `n_rows` a level must be seen: 1 % of them, but at least 2 and at most 10."""
    return max(2, min(10, n_rows // 100))
