"""The choices of an explanation, each declared once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nbreg.explanation.method import METHODS
from nbreg.options import Choice, Column, Integer, Optional, Real, Repeated, Spec, Switch, option


class Groups(Repeated):
    """Columns that play as one; the flag is given once for each group."""

    expected = 'names of two or more columns, parted by commas, such as "length,width"'
    metavar = "COL,COL"

    def check_one(self, value: Any) -> tuple[str, ...]:
        names = value.split(",") if isinstance(value, str) else value
        group = tuple(dict.fromkeys(str(name).strip() for name in names))
        if len(group) < 2 or not all(group):
            raise ValueError
        return group

    def text_of_one(self, value: Any) -> str:
        return ",".join(value)


# Options that effects and interactions take too: declared here, once.


def background_option() -> Any:
    words = "Train rows, drawn at random, whose values stand for a feature that is not known."
    return option(100, words, Integer(minimum=1))


def target_option() -> Any:
    return option(None, "Target to explain; all of them unless given.", Optional(Column()))


def group_option() -> Any:
    return option((), "Features to play as one, such as correlated ones.", Groups())


def seed_option(fixed: str = "the rows drawn") -> Any:
    return option(0, f"Fixes {fixed}.", Integer(minimum=0))


@dataclass(frozen=True)
class ExplanationSpec(Spec):
    """How to explain."""

    method: str = option(
        "auto", "How predictions are shared out among the features; auto says which it takes, and why.",
        Choice(among=lambda: ("auto", *METHODS)),
    )  # fmt: skip
    rows: int | None = option(
        None, "Most rows to explain, drawn at random; auto: all of a table given, else 500 test rows.",
        Optional(Integer(minimum=1), word="auto"),
    )  # fmt: skip
    background: int = background_option()
    rounds: int | None = option(
        None, "How often a sampling method draws: orders for each background row (shapley), shuffles, noisy copies.",
        Optional(Integer(minimum=1), word="auto"),
    )  # fmt: skip
    target: str | None = target_option()
    group: tuple[tuple[str, ...], ...] = group_option()
    budget: float | None = option(
        None,
        "Seconds to spend: sampling goes on so long, other methods leave out rows beyond.",
        Optional(Real(above=0)),
    )
    check: bool = option(False, "Measure how far the explanation is to be trusted.", Switch())
    seed: int = seed_option("the rows drawn and the random orders")
