"""Results about one target or several."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Self

from nbreg.errors import OptionError, did_you_mean


class ByTarget:
    """A frozen dataclass whose arrays have, where there are several targets, one more axis for them at the end."""

    target_names: tuple[str, ...]
    #: The fields that hold such arrays, or None.
    of_targets: ClassVar[tuple[str, ...]]

    def of_target(self, target: str | None = None) -> Self:
        """Return the part about one target, the first unless named: its arrays lack that axis. Raises OptionError."""
        name = self.target_names[0] if target is None else target
        if name not in self.target_names:
            raise OptionError(f'No target "{name}" is explained here.{did_you_mean(name, self.target_names)}')
        if len(self.target_names) == 1:
            return self
        at = self.target_names.index(name)
        found: dict[str, Any] = {each: getattr(self, each) for each in self.of_targets}
        of_this: dict[str, Any] = {each: None if part is None else part[..., at] for each, part in found.items()}
        return replace(self, **of_this, target_names=(name,))  # type: ignore[type-var]
