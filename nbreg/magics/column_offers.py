"""Which columns Tab offers: those of the table on the line, or of the regressor that the command acts on."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import narwhals as nw

from nbreg.data.reading import MISSING
from nbreg.errors import NbregError
from nbreg.magics.changes import Changes
from nbreg.magics.command import Command, frames_in
from nbreg.options import Kind


class Offer(NamedTuple):
    """One thing that could stand here, and what it is."""

    text: str
    what: str


class Place(NamedTuple):
    """Where the cursor is: after the words `before` of a command's line, at the end of `fragment`.

    `names` is the notebook's namespace.
    """

    command: Command
    before: list[str]
    fragment: str
    names: Mapping[str, Any]


def column_offers(kind: Kind, name: str, place: Place) -> list[Offer]:
    """Return what could stand for the option or argument `name`, whose kind takes columns."""
    regressor = _acted_on(place)
    if isinstance(kind, Changes):
        return _changes(regressor, place)
    columns = _columns(regressor, name, place)
    begun = _begun(place.fragment) if kind.many else ""
    taken = set(begun.split(","))
    return [Offer(quoted(begun + text), what) for text, what in columns if text not in taken]


def regressors_in(names: Mapping[str, Any]) -> list[str]:
    """Return the names of the regressors in a namespace."""
    return _of_type(names, "Regressor", "Forecaster")


def explanations_in(names: Mapping[str, Any]) -> list[str]:
    """Return the names of the explanations in a namespace."""
    return _of_type(names, "Explanation")


def _of_type(names: Mapping[str, Any], *types: str) -> list[str]:
    # Asked by name, for a Tab should not import scikit-learn.
    return [name for name, value in list(names.items()) if type(value).__name__ in types and name[0] != "_"]


def _acted_on(place: Place) -> Any:
    """Return the regressor that --model names, or the session's latest; None where the command makes its own."""
    if "model" not in place.command.options():
        return None
    if "--model" in place.before[:-1]:
        name = place.before[place.before.index("--model") + 1]
        return place.names[name] if name in regressors_in(place.names) else None
    session = sys.modules.get("nbreg.session")  # if it is not there, nothing has been trained
    if session is None:
        return None
    with suppress(NbregError):
        return session.SESSION.latest
    return None


def _columns(regressor: Any, name: str, place: Place) -> Iterable[Offer]:
    if regressor is not None:
        is_target = name in ("target", "given")
        columns = regressor.target_names_ if is_target else regressor.encoder_.feature_names
        return [Offer(str(column), "target" if is_target else "feature") for column in columns]
    table = next((place.names[word] for word in place.before[1:] if word in frames_in(place.names)), None)
    if table is None:
        return []
    schema = nw.from_native(table, eager_only=True).schema
    return [Offer(str(column), str(dtype)) for column, dtype in schema.items()]


def _begun(fragment: str) -> str:
    """Return the columns that a list already holds, with the last comma."""
    text = fragment.lstrip("\"'")
    return text[: text.rfind(",") + 1]


def _changes(regressor: Any, place: Place) -> list[Offer]:
    column, has_value, _ = place.fragment.lstrip("\"'").partition("=")
    if not has_value:
        columns = _columns(regressor, "set", place)
        # The quote stays open for the value.
        return [Offer(('"' if " " in name else "") + f"{name}=", what) for name, what in columns]
    return [Offer(quoted(f"{column}={level}"), "value") for level in _levels(regressor, column)]


def _levels(regressor: Any, name: str) -> list[str]:
    """Return the values of a category, as the train rows had them."""
    columns = [] if regressor is None else regressor.encoder_.columns
    levels = next((getattr(each, "levels", ()) for each in columns if each.name == name), ())
    return [level for level in levels if level != MISSING]


def quoted(text: str) -> str:
    """Return `text` as one word of a line."""
    return f'"{text}"' if " " in text else text
