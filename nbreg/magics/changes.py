"""Changes to the values of a row, written ``carat=1.2``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbreg.options import Kind


class Changes(Kind):
    """Values for columns; the flag is given once for each. The value may hold ``=``, the column's name may not."""

    expected = 'COLUMN=VALUE, such as carat=1.2 or "floor area=80"'
    metavar = "COL=VALUE"
    many = True
    of_columns = True

    def parse(self, text: str) -> Any:
        return (text,)

    def check(self, value: Any) -> tuple[tuple[str, str], ...]:
        if isinstance(value, Mapping):
            return tuple((str(name), each) for name, each in value.items())
        return tuple(_change(each) for each in ((value,) if isinstance(value, str) else value))


def _change(text: str) -> tuple[str, str]:
    name, is_one, value = text.partition("=")
    if not is_one or not name.strip():
        raise ValueError
    return name.strip(), value.strip()
