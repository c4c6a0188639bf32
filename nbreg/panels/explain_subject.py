"""What an explain panel is about: a regressor, and the rows that it is explained on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.data.frames import Frame
from nbreg.errors import DataError, NbregError, OptionError, did_you_mean
from nbreg.evaluation.wording import count
from nbreg.explanation.changes import Seen
from nbreg.explanation.explained import Floats

if TYPE_CHECKING:
    from nbreg.regressor import Regressor
    from nbreg.training.run import Run


def regressor_of(model: Any, names: Mapping[str, Any]) -> Regressor:
    """Return `model`, or the regressor that it names in a notebook, or the session's latest where it is None.

    Raises NbregError where there is none.
    """
    from nbreg.regressor import Regressor
    from nbreg.session import SESSION

    if model is None:
        return SESSION.latest
    found = names.get(model) if isinstance(model, str) else model
    if not isinstance(found, Regressor):
        known = [name for name, value in list(names.items()) if isinstance(value, Regressor)]
        hint = did_you_mean(str(model), known) if isinstance(model, str) else ""
        came = f'"{model}"' if isinstance(model, str) else type(model).__name__
        raise OptionError(f"model takes a Regressor, or the name of one in the notebook; got {came}.{hint}")
    return found


def when_ended(run: Run, then: Callable[[], None]) -> Callable[[], None]:
    """Call `then` once, in a thread of its own, when a run has ended; return a function that ends the waiting."""
    once = threading.Lock()

    def look(_: Run) -> None:
        if run.ended and once.acquire(blocking=False):
            unsubscribe()
            threading.Thread(target=then, name="nbreg-explain-open", daemon=True).start()

    def no_more() -> None:
        once.acquire(blocking=False)
        unsubscribe()

    unsubscribe = run.subscribe(look)
    look(run)
    return no_more


@dataclass(frozen=True, eq=False)
class Subject:
    """A trained regressor and a table of rows; `which` says whose they are, such as ``test rows``.

    Rows are counted from 0 in `table`. `is_given` tells a table that the user gave from rows of the fit.
    """

    regressor: Regressor
    table: Frame
    which: str
    is_given: bool

    @property
    def is_latest(self) -> bool:
        """Whether its regressor is the session's latest."""
        from nbreg.session import SESSION

        try:
            return SESSION.latest is self.regressor
        except NbregError:
            return False

    def check_target(self, name: str) -> str:
        """Return the name of a target. Raises OptionError where there is none of this name."""
        if name not in self.targets:
            raise OptionError(f'There is no target "{name}".{did_you_mean(name, self.targets)}')
        return name

    @classmethod
    def of(cls, regressor: Regressor, data: Any) -> Subject:
        """Return the rows of `data`, else those that the fit held back. Raises NbregError."""
        from nbreg.explanation.material import held_back
        from nbreg.session import as_table

        regressor.check_trained()
        if data is not None:
            return cls(regressor, as_table(data), "rows of the table", True)
        table, _ = held_back(regressor)
        assert regressor.data_ is not None  # held_back has looked
        which = next(each for each in ("test", "validation", "train") if regressor.data_.n_rows(each))
        return cls(regressor, table, f"{which} rows", False)

    def __len__(self) -> int:
        return len(self.table)

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that the network takes."""
        return tuple(self.regressor.encoder_.feature_names)

    @property
    def targets(self) -> tuple[str, ...]:
        return self.regressor.target_names_

    @cached_property
    def seen(self) -> Seen:
        """What new values are compared with: the train rows, where they are at hand."""
        data = self.regressor.data_
        if data is None:
            return Seen(self.table, "the rows given")
        return Seen(data.frame_of("train"), "the train rows")

    @cached_property
    def observed(self) -> Floats | None:
        """The true targets ``(n_rows, n_targets)``, NaN where there is none; None where the table lacks them."""
        from nbreg.data.dataset import observed_targets

        if not set(self.targets) <= set(self.table.columns):
            return None
        return observed_targets(self.table, self.targets)

    def check_row(self, row: Any) -> int:
        """Return the number of a row. Raises OptionError where there is none of this number."""
        is_whole = isinstance(row, (int, np.integer)) and not isinstance(row, bool)
        if not is_whole or not 0 <= row < len(self):
            raise OptionError(f"row takes a number from 0 to {count(len(self) - 1)}, of the {self.which}; got {row}.")
        return int(row)

    def check_feature(self, name: str) -> str:
        """Return the name of a feature. Raises OptionError where there is none of this name."""
        if name not in self.features:
            raise OptionError(f'There is no feature "{name}".{did_you_mean(name, self.features)}')
        return name

    def one(self, row: int) -> Frame:
        """Return a table of one row, with the features alone. Raises DataError where the table lacks one."""
        missing = [name for name in self.features if name not in self.table.columns]
        if missing:
            raise DataError(f'The table lacks the column "{missing[0]}".')
        return self.table[[row]].select(*self.features)
