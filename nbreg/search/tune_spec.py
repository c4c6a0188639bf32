"""The choices about a search; light to import, for help and completion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from nbreg.evaluation.metrics import METRICS
from nbreg.options import Choice, Integer, Kind, Optional, Real, Spec, Switch, option

#: Where searches are kept, in the working folder.
STORAGE = "nbreg-searches.db"


class SpaceLine(Kind):
    """What is tried of some options: a line, or, in Python, a mapping. `Space.of` reads it."""

    expected = "NAME=LOW..HIGH[:log|:STEP] or NAME=A|B, parted by commas"
    metavar = "SPACE"

    def check(self, value: Any) -> Any:
        if not isinstance(value, str | Mapping) and not hasattr(value, "entries"):
            raise ValueError
        return value


class StoragePath(Kind):
    """A file, or the address of a database as SQLAlchemy writes it."""

    expected = "a path"
    metavar = "PATH"

    def check(self, value: Any) -> str:
        text = str(value).strip()
        if not text:
            raise ValueError
        return text


class SwitchWord(Choice):
    """One of a few words, the first of which is off: the flag alone means `alone`, ``--no-...`` the first.

    In Python true and false mean the same two.
    """

    stands_alone = True

    def __init__(self, *words: str, alone: str):
        super().__init__(*words)
        self.alone, self.off = alone, words[0]

    @property
    def metavar(self) -> str:
        return f"[{super().metavar}]"

    def check(self, value: Any) -> str:
        is_switched = isinstance(value, bool)
        return super().check((self.alone if value else self.off) if is_switched else value)


@dataclass(frozen=True)
class TuneSpec(Spec):
    """How the best options are searched for."""

    space: str | Mapping[str, Any] | None = option(
        None,
        "What is tried: ranges (hidden=32..512:log, dropout=0..0.5, batch_size=16..64:16) and values "
        "(activation=relu|gelu), parted by commas; auto: the options that most often matter.",
        Optional(SpaceLine(), "auto"),
    )
    sampler: str = option(
        "bayes",
        "How trials are chosen: all points of a grid, at random, or by what is known of earlier ones (TPE).",
        Choice("grid", "random", "bayes"),
    )
    trials: int = option(50, "Options to try, beside those of this line.", Integer(minimum=1))
    timeout: float | None = option(None, "Seconds after which no more is tried.", Optional(Real(above=0)))
    # None is "auto", which `for_rows` settles.
    folds: int = option(
        None,
        "Parts that train and validation rows are folded into to judge a trial; auto: 5 of up to 2,000 rows, else 3.",
        Optional(Integer(minimum=1), "auto"),
    )
    metric: str = option("rmse", "What is to be best, in the mean of the folds.", Choice(*METRICS))
    prune: str = option(
        "no",
        "Give a trial up early: once its validation loss is worse than the median of those before (by itself: median), "
        "or by Hyperband, which lets a third go on each time epochs are tripled.",
        SwitchWord("no", "median", "hyperband", alone="median"),
    )
    nested: bool = option(
        False, "Search once more in each fold, and judge what that finds on the rows held out.", Switch()
    )
    batch: int = option(
        1, "Trials that bayes chooses, and --prune judges, at a time: as many go on at once, with --jobs.",
        Integer(minimum=1), expert=True,
    )  # fmt: skip
    storage: str | None = option(
        STORAGE, "SQLite file that trials are kept in, to go on after a break; none: memory only.",
        Optional(StoragePath()),
    )  # fmt: skip
    fresh: bool = option(False, "Begin anew, and forget what is kept of this search.", Switch())

    def for_rows(self, n_rows: int) -> TuneSpec:
        """Return the choices for `n_rows` rows that are folded, with numbers in place of "auto".

        Other options are best for two thirds of a small table than for all of it: fewer rows are fewer steps an
        epoch, and overfit sooner. A large one does not mind.
        """
        return replace(self, folds=self.folds or (5 if n_rows <= 2_000 else 3))
