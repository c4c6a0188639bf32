"""The choices of an effect and of a search for interactions, each declared once."""

from __future__ import annotations

from dataclasses import dataclass

from nbreg.explanation.spec import background_option, group_option, seed_option, target_option
from nbreg.options import Choice, Integer, Optional, Real, Spec, Switch, option


@dataclass(frozen=True)
class EffectSpec(Spec):
    """How to look at an effect."""

    kind: str = option(
        "pdp",
        "pdp: the mean prediction at each value; ice: a curve for each row; ale: what small steps add up to, which "
        "never leaves the data where features are correlated.",
        Choice("pdp", "ice", "ale"),
    )
    rows: int = option(500, "Most rows to average over, drawn at random.", Integer(minimum=2))
    grid: int | None = option(
        None,
        "Most values of a number or a date, spaced as the rows are; auto: 30, or 15 each for two features.",
        Optional(Integer(minimum=2), word="auto"),
    )
    centred: bool = option(False, "Let every curve of ice begin at zero, so that their shapes compare.", Switch())
    target: str | None = target_option()
    seed: int = seed_option()


@dataclass(frozen=True)
class InteractionsSpec(Spec):
    """How to look for interactions."""

    rows: int = option(100, "Most rows to look at, drawn at random.", Integer(minimum=2))
    background: int = background_option()
    target: str | None = target_option()
    group: tuple[tuple[str, ...], ...] = group_option()
    budget: float | None = option(None, "Seconds to spend; rows beyond are left out.", Optional(Real(above=0)))
    seed: int = seed_option()
