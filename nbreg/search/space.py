"""The space of a search: for each of some options, what is tried."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from nbreg.errors import OptionError
from nbreg.fit_options import fit_options
from nbreg.networks.architecture import ARCHITECTURES, architecture_options, replaced_by_layers
from nbreg.networks.heads.head import HEADS, NONE, head_options
from nbreg.search.entries import Choices, Entry
from nbreg.search.space_reading import entries_of
from nbreg.training.spec import TrainingSpec

#: What is the same for all trials, so that they can be compared.
NOT_SEARCHED = ("target", "test_fraction", "split", "time", "group", "seed", "stream")

#: What layers of the user's own are called among the options of a trial.
LAYERS = "layers"

#: Options that a compiled training takes any value of.
_NOT_COMPILED = (
    "learning_rate", "epochs", "patience", "schedule", "stop_after", "rate_change", "dropout", "l1", "l2",
)  # fmt: skip


@dataclass(frozen=True)
class Space:
    """For each option what is tried, options that others depend on first."""

    entries: tuple[Entry, ...]

    def __post_init__(self) -> None:
        for name in self.names:
            if name in NOT_SEARCHED:
                flag = fit_options()[name].flag
                raise OptionError(f"{name} is the same for all trials: give it beside the space ({flag}).")
        object.__setattr__(self, "entries", tuple(sorted(self.entries, key=self._rank)))
        if all(each.has_one for each in self.entries):
            raise OptionError("There is nothing to search: no option of the space has two values.")

    @classmethod
    def of(cls, given: Any, base: Mapping[str, Any], n_rows: int = 1_000) -> Space:
        """Return the space that is meant: a line of text, a mapping by option, or None, which means the default one.

        In a mapping a tuple of two or three is a range, ``(32, 512, "log")`` or ``(0, 1, 0.25)``, a list has values to
        choose from, text means what it means in a line, and all else is a value. `base` are the options of all
        trials, `n_rows` the rows that the default space is for. Raises OptionError, with the place, for what means
        nothing, and for what has nothing to do there.
        """
        if isinstance(given, cls):
            return given
        if given is None:
            usual = entries_of(default_line(n_rows))
            return cls(tuple(each for each in usual if cls((each,)).is_live(each, base)))
        space = cls(entries_of(given))
        for each in space.entries:
            if not space.is_live(each, base):
                raise OptionError(_idle(each.name, base))
        return space

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.entries)

    def text(self) -> str:
        """Return the line that means this space."""
        return ", ".join(each.text() for each in self.entries)

    def decide(self, pick: Callable[[Entry], Any], base: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options of one trial, `base` among them: what `pick` says, asked only for those that do something.

        Of `base` too, what the network or head that was picked does not have is left out.
        """
        options = dict(base)
        for each in self.entries:
            if has_option(each.name, options):
                options[each.name] = pick(each)
        return {name: value for name, value in options.items() if has_option(name, options, needs=False)}

    def grid(self, base: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the options of each point of the grid, once; of a range without steps five points are taken."""
        values = [
            each.values if isinstance(each, Choices) else tuple(map(each.value, each.points())) for each in self.entries
        ]
        known: set[str] = set()
        for point in product(*values):
            by_name = dict(zip(self.names, point, strict=True))
            options = self.decide(lambda each, by_name=by_name: by_name[each.name], base)  # type: ignore[misc]
            if repr(sorted(options.items())) not in known:
                known.add(repr(sorted(options.items())))
                yield options

    @property
    def n_compiled(self) -> int:
        """How many kinds of trainings there are, each compiled by itself; numbers without steps are many."""
        return math.prod(_n_values(each) for each in self.entries if each.name not in _NOT_COMPILED)

    def values_of(self, name: str, base: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the values that an option has in trials that are chosen; of a range its two ends."""
        entry = next((each for each in self.entries if each.name == name), None)
        if entry is None:
            return (base.get(name, fit_options()[name].default),)
        return entry.values if isinstance(entry, Choices) else (entry.low, entry.high)

    def is_live(self, entry: Entry, base: Mapping[str, Any]) -> bool:
        """Return whether the option of `entry` does something in any trial."""
        others = [each for each in self.entries if isinstance(each, Choices) and self._rank(each) < 2]
        combined = product(*(each.values for each in others))
        names = [each.name for each in others]
        return any(has_option(entry.name, {**base, **dict(zip(names, values, strict=True))}) for values in combined)

    def _rank(self, entry: Entry) -> int:
        """Return when it is decided about an option: first the parts, then what others need."""
        needed = {needs.name for name in self.names if (needs := fit_options()[name].needs)}
        return 0 if entry.name in ("network", "heads", "joint") else 1 if entry.name in needed else 2


def default_line(n_rows: int) -> str:
    """Return the space of those who give none: what most often matters, around what suits so many rows by itself.

    Dropout is none, little or some: of a range nearly no trial would be without any, which is what tables with little
    noise want.
    """
    batch = TrainingSpec().for_rows(max(n_rows, 64)).batch_size
    return (
        "hidden=64|256|64,32|256,128|128,128,128, learning_rate=1e-3..3e-2:log, activation=relu|gelu|silu, "
        f"batch_size={batch // 2}|{batch}|{2 * batch}, dropout=0|0.02|0.1, l2=1e-7..1e-3:log"
    )


def has_option(name: str, options: Mapping[str, Any], *, needs: bool = True) -> bool:
    """Return whether an option does something beside `options`: network and head have it, and what it needs is there.

    With `needs` False it is only asked whether they have it.
    """
    known = fit_options()
    choices = {other: known[other].default for other in known} | dict(options)
    if name == LAYERS:
        return True
    if name in replaced_by_layers() and choices.get(LAYERS) is not None:
        return False
    if name in architecture_options() and name not in ARCHITECTURES[choices["network"]].options():
        return False
    head = choices["joint"] if choices["joint"] != NONE else choices["heads"]
    if name in head_options() and name not in HEADS[head].options():
        return False
    wanted = known[name].needs
    return not needs or wanted is None or wanted.are_met(choices)


def _n_values(entry: Entry) -> int:
    if isinstance(entry, Choices):
        return len(entry.values)
    if entry.has_one or entry.step is not None:
        return len(entry.points())
    return int(entry.high - entry.low) + 1 if entry.is_whole else 1_000


def _idle(name: str, base: Mapping[str, Any]) -> str:
    if name in replaced_by_layers() and base.get(LAYERS) is not None:
        return f"A network given by its layers has no option {name} ({fit_options()[name].flag}); leave it out."
    needs = fit_options()[name].needs
    why = needs.words() if needs else "The network or head has no such option."
    return f"{name} ({fit_options()[name].flag}) does nothing in this space. {why}"
