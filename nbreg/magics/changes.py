"""Changes to the values of a row, written ``carat=1.2``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbreg.options import Repeated


class Changes(Repeated):
    """Values for columns; the flag is given once for each. The value may hold ``=``, the column's name may not."""

    expected = 'COLUMN=VALUE, such as carat=1.2 or "floor area=80"'
    metavar = "COL=VALUE"

    def check(self, value: Any) -> tuple[tuple[str, str], ...]:
        if isinstance(value, Mapping):
            return tuple((str(name), each) for name, each in value.items())
        return super().check(value)

    def check_one(self, value: Any) -> tuple[str, str]:
        name, is_one, after = value.partition("=")
        if not is_one or not name.strip():
            raise ValueError
        return name.strip(), after.strip()

    def text_of_one(self, value: tuple[str, Any]) -> str:
        name, after = value
        return f"{name}={after}"

    def code(self, value: tuple[tuple[str, Any], ...]) -> str:
        return repr(dict(value))
