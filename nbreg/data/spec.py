"""The choices about data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nbreg.data.bounds import Bound, TargetBounds
from nbreg.data.channels import ColumnPatterns
from nbreg.data.pretreatment import PRETREATMENTS
from nbreg.option_needs import Needs
from nbreg.options import Choice, Column, Columns, Integer, Optional, Real, Spec, Switch, option


class OddInteger(Integer):
    """A whole number that two does not divide."""

    @property
    def expected(self) -> str:
        return super().expected.replace("a whole", "an odd whole")

    def check(self, value: Any) -> int:
        number = super().check(value)
        if number % 2 == 0:
            raise ValueError
        return number


@dataclass(frozen=True)
class DataSpec(Spec):
    """Which columns, which rows, and how both are made into numbers."""

    target: tuple[str, ...] = option((), "Column to predict; give it again for several targets.", Columns())
    features: tuple[str, ...] | None = option(
        None, "Columns to predict from; all but the targets, unless given.", Optional(Columns(), "all")
    )
    channels: tuple[str, ...] = option(
        (), 'Columns that are one signal, such as the channels of a spectrum: names, or a pattern ("x_*").',
        ColumnPatterns(),
    )  # fmt: skip
    pretreatment: str = option(
        "auto",
        "What is done to each row of --channels, in this order: snv (standard normal variate), d1 or d2 (first or "
        "second derivative, Savitzky-Golay); auto tries all on the train rows.",
        Choice("auto", *PRETREATMENTS),
        needs=Needs("channels"),
    )
    derivative_window: int = option(
        11, "Channels that a derivative of --pretreatment looks at, an odd number.", OddInteger(minimum=5), expert=True,
        needs=Needs("channels"),
    )  # fmt: skip
    validation_fraction: float = option(0.16, "Share of the rows that watches training.", Real(minimum=0, below=1))
    test_fraction: float = option(0.2, "Share of the rows kept for the one final test.", Real(minimum=0, below=1))
    split: str = option("random", "How rows are parted: at random, the latest last, or whole groups.",
                        Choice("random", "time", "group"))  # fmt: skip
    time: str | None = option(None, "Column of times, for --split time.", Optional(Column()))
    group: str | None = option(None, "Column of groups, for --split group.", Optional(Column()))
    seed: int = option(0, "Seed of the split, the first weights and the order of rows.",
                       Integer(minimum=0, maximum=2**31 - 1), expert=True)  # fmt: skip
    scaling: str = option("robust", "How numbers are scaled.",
                          Choice("robust", "standard", "minmax", "quantile", "none"), expert=True)  # fmt: skip
    target_transform: str = option(
        "auto",
        "How targets are bent before they are scaled; undone before anything is shown.",
        Choice("auto", "none", "log", "log1p", "yeo-johnson", "ratio"),
        expert=True,
    )
    bounds: tuple[Bound, ...] = option(
        (), "Least and greatest value of a target, which predictions never leave; one end may be open.", TargetBounds()
    )
    shares: bool = option(False, "The targets are shares of a whole: predictions sum to one.", Switch())
    embed_above: int = option(
        32, "Categories of more levels than this are embedded, not one-hot.", Integer(minimum=2), expert=True
    )
    stream: str = option(
        "auto",
        "Whether .parquet files are read row group by row group while training; auto: where they are large for the "
        "free memory. no: they are read into memory, and trained on in the order of a stream.",
        Choice("auto", "yes", "no"),
        expert=True,
    )
