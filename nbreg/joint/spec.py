"""What is asked of a joint prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbreg.options import Integer, Real, Repeated, Spec, option


class KnownTargets(Repeated):
    """Values of targets that are known: ``{"rent": 900}``, a value for each row too; or a text such as ``rent=900``.

    A target alone, ``rent``, has the values of the table's own column: None in its place.
    """

    expected = "TARGET=VALUE, or TARGET alone for the table's own column of it, such as rent=900"
    metavar = "TARGET=VALUE"

    def check(self, value: Any) -> tuple[tuple[str, Any], ...]:
        if isinstance(value, Mapping):
            return tuple((str(name), each) for name, each in value.items())
        return super().check(value)

    def check_one(self, value: Any) -> tuple[str, Any]:
        if not isinstance(value, str):
            name, known = value
            return str(name), known
        name, is_one, number = value.rpartition("=")
        if is_one and name.strip():
            return name.strip(), float(number)
        if not value.strip() or is_one:
            raise ValueError
        return value.strip(), None

    def text_of_one(self, value: tuple[str, Any]) -> str:
        name, known = value
        return name if known is None else f"{name}={known}"

    def code(self, value: tuple[tuple[str, Any], ...]) -> str:
        return repr(dict(value))


@dataclass(frozen=True)
class JointSpec(Spec):
    """What is asked of a joint prediction."""

    given: tuple[tuple[str, Any], ...] = option(
        (), "A target that is known, with its value; the others are then predicted given it.", KnownTargets()
    )
    level: float = option(0.9, "How likely a target is to be within its interval.", Real(above=0, below=1))
    samples: int = option(0, "So many draws of all targets together for each row.", Integer(minimum=0))
    seed: int = option(0, "Makes draws repeatable.", Integer(minimum=0), expert=True)
