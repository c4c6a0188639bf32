"""What else has to be chosen for an option to do something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Needs:
    """Another option, by its name, that has to have this `value`, or, where none is said, any at all."""

    name: str
    value: str = ""

    def are_met(self, choices: Mapping[str, Any]) -> bool:
        """Return whether they are met by `choices`, values of options by name."""
        return bool(choices[self.name]) if not self.value else choices[self.name] == self.value

    def words(self) -> str:
        """Return them as a sentence."""
        return f"It needs {self.name.replace('_', ' ')} {self.value}".rstrip() + "."
