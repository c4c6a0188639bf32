"""The choices about folds; light to import, for help and completion."""

from __future__ import annotations

from dataclasses import dataclass

from nbreg.options import Integer, Spec, option


@dataclass(frozen=True)
class FoldSpec(Spec):
    """Into how many parts rows are folded, and how often anew."""

    folds: int = option(
        5,
        "Parts that the rows are folded into; each is held out once. 1: a share of the rows (--test-fraction) is.",
        Integer(minimum=1),
    )
    repeats: int = option(1, "So often all is done, each time with other folds and first weights.", Integer(minimum=1))
