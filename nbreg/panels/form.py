"""From declared options to the controls of a panel: what a page needs to know of each, as plain data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from nbreg.data.channels import ColumnPatterns
from nbreg.options import Choice, Column, Columns, Integer, Integers, Kind, Option, Optional, Real, Switch

#: A kind of option -> the control that it gets.
_CONTROLS: tuple[tuple[type[Kind], str], ...] = (
    (Choice, "choice"),
    (Integer, "integer"),
    (Real, "real"),
    (Switch, "switch"),
    (Integers, "integers"),
    (ColumnPatterns, "patterns"),
    (Column, "column"),
    (Columns, "columns"),
)


def form(groups: Mapping[str, Mapping[str, Option]], needed: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return groups of controls, as plain data, for options under their headings; `needed` ones have to be chosen."""
    return [
        {"title": title, "controls": [{**control(each), "needed": each.name in needed} for each in options.values()]}
        for title, options in groups.items()
    ]


def control(option: Option) -> dict[str, Any]:
    """Return what a page needs to know of an option; `word` stands for "choose for me", where there is one."""
    kind = option.kind.kind if isinstance(option.kind, Optional) else option.kind
    return {
        "name": option.name,
        "label": label(option),
        "help": option.help,
        "kind": next((name for of, name in _CONTROLS if isinstance(kind, of)), "text"),
        "choices": list(kind.choices()),
        "example": kind.metavar,
        "minimum": _bound(kind, "minimum", "above"),
        "maximum": _bound(kind, "maximum", "below"),
        "word": option.kind.word if isinstance(option.kind, Optional) else "",
        "expert": option.expert,
    }


def label(option: Option) -> str:
    """Return what people call an option."""
    words = option.name.replace("_", " ")
    return option.title or words[:1].upper() + words[1:]


def plain(value: Any) -> Any:
    """Return an option's value as JSON has it."""
    return [plain(each) for each in value] if isinstance(value, (tuple, list)) else value


def shown(option: Option, value: Any) -> Any:
    """Return an option's value as a page shows it: plain data, or, where it has several parts, the words for each."""
    is_text = control(option)["kind"] == "text"
    return list(option.kind.texts(value)) if option.kind.many and is_text else plain(value)


def read(option: Option, value: Any) -> Any:
    """Return the checked value that a page means, by a text as it stands behind the flag or by plain data.

    Where there may be several values, an empty text means none. Raises OptionError.
    """
    if isinstance(value, str):
        is_none = option.kind.many and not value.strip()
        return option.check(()) if is_none else option.parse(value.strip())
    return option.check(tuple(value) if isinstance(value, list) else value)


def _bound(kind: Kind, *names: str) -> float | None:
    return next((found for name in names if (found := getattr(kind, name, None)) is not None), None)
