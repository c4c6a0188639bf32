"""What a study panel asks: a factor and its values, perhaps a second one, the folds, and the options of a fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from nbreg.options import Choice, Kind, Option, Optional, Spec, option
from nbreg.panels.notebook_names import Name
from nbreg.panels.train_task import Task
from nbreg.search.factor import factor_names
from nbreg.search.fold_spec import FoldSpec
from nbreg.search.study_options import grouped_study_options, study_options
from nbreg.search.worker_spec import WorkerSpec

#: The heading of what is the study's own.
STUDY_GROUP = "Study"


class FactorName(Choice):
    """The name of a factor, or of another option of a fit."""

    metavar = "FACTOR"

    def __init__(self) -> None:
        super().__init__(among=factor_names)

    @property
    def expected(self) -> str:
        return "a factor, or another option of a fit"


class ValuesText(Kind):
    """Values of one factor as they stand behind ``--values``; a sequence of them is written so."""

    expected = "values such as 16,64,256, with | between them where they have commas: 64,32|128,64"
    metavar = "VALUES"

    def check(self, value: Any) -> str:
        if isinstance(value, str):
            return value.strip()
        parts = [_part(each) for each in value]
        return ("|" if any("," in part for part in parts) else ",").join(parts)


def _part(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value)


@dataclass(frozen=True)
class FactorChoice(Spec):
    """What is varied, and which values of it are tried."""

    factor: str = option("learning_rate", "What is varied; all else stays.", FactorName(), title="What is varied")
    values: str = option(
        "", "Values to try, such as 16,64,256; with | between them where they have commas themselves.", ValuesText()
    )
    second_factor: str | None = option(
        None, "A second factor: then all pairs of values are tried.", Optional(FactorName()), title="Together with"
    )
    second_values: str = option("", "Values to try of the second factor.", ValuesText(), title="Its values")


@dataclass(frozen=True)
class StudyNaming(Spec):
    """What the notebook gets of a panel's studies."""

    out: str | None = option(None, "Name that the notebook gets for each study; short: -o.", Optional(Name()))


@cache
def grouped_panel_options() -> dict[str, dict[str, Option]]:
    """Return the options of a study panel under their headings, its own ones first."""
    groups, known = grouped_study_options(), study_options()
    workers = {name: replace(each, expert=name != "jobs") for name, each in WorkerSpec.options().items()}
    own = {name: known[name] for name in (*FoldSpec.options(), "test_fraction")} | workers
    asked = {"target": known["target"], **FactorChoice.options(), **own}
    rest = {title: _without(options, asked) for title, options in groups.items() if title != STUDY_GROUP}
    return {STUDY_GROUP: asked, **rest}


@cache
def panel_options() -> dict[str, Option]:
    """Return the options of a study panel by name."""
    return {name: each for group in grouped_panel_options().values() for name, each in group.items()}


def _without(options: Mapping[str, Option], others: Mapping[str, Option]) -> dict[str, Option]:
    return {name: each for name, each in options.items() if name not in others}


STUDY = Task("study", grouped_panel_options, panel_options, {"target": "a target, the column to predict"})
