"""The options of what trains many networks on one table: its own, and those of each fit."""

from __future__ import annotations

from nbreg.fit_options import grouped_fit_options
from nbreg.options import Option, Spec

#: Choices of a fit that folds settle: they are cut from a table in memory.
SETTLED = ("stream",)


def with_fit_options(heading: str, *own: type[Spec]) -> dict[str, dict[str, Option]]:
    """Return the options of `own` under `heading`, then those of a fit under the heading that each belongs to."""
    first = {name: each for spec in own for name, each in spec.options().items()}
    fit = {
        title: {name: each for name, each in group.items() if name not in SETTLED}
        for title, group in grouped_fit_options().items()
    }
    return {heading: first, **fit}


def by_name(groups: dict[str, dict[str, Option]]) -> dict[str, Option]:
    """Return grouped options by their names."""
    return {name: each for group in groups.values() for name, each in group.items()}
