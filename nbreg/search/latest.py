"""The study and the search of this session that were begun last, so that they can be drawn again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbreg.errors import NbregError

if TYPE_CHECKING:
    from nbreg.search.search import Search
    from nbreg.search.study import Study


class LatestFound:
    """Holds them; None where there is none."""

    def __init__(self) -> None:
        self.study: Study | None = None
        self.search: Search | None = None

    def of(self, what: str) -> Study | Search:
        """Return the latest ``study`` or ``search``. Raises NbregError where there is none."""
        found: Study | Search | None = getattr(self, what)
        if found is None:
            line = {"study": "%nnreg study FACTOR DATA", "search": "%nnreg tune DATA"}[what]
            raise NbregError(f"There is no {what} yet: start with {line} --target COLUMN.")
        return found


#: Those of this process.
LATEST = LatestFound()
