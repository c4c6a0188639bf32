"""The line and the Python that do what an explain panel does."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from nbreg.explanation.spec import ExplanationSpec
from nbreg.panels.explain_subject import Subject
from nbreg.panels.notebook_names import name_of, notebook_names


@dataclass(frozen=True)
class Names:
    """What the notebook calls things: `model` and `data` are None where it has no name for them; `is_latest` tells
    that the model is the session's latest, which needs none."""

    model: str | None
    data: str | None
    background: str | None
    is_latest: bool


@dataclass(frozen=True)
class Wanted:
    """What is shown: the choices of the explanation, and a row with its changes (None: no row).

    `of_row` are the choices for the row alone. `in_explanation` is the row's number among the rows explained, where it
    is one of them; `which` are the rows of the fit that it counts in: None where a table was given.
    """

    spec: ExplanationSpec
    of_row: ExplanationSpec
    row: int | None = None
    in_explanation: int | None = None
    which: str | None = None
    changes: Mapping[str, Any] | None = None


class Chosen(NamedTuple):
    """A row of the table, its number among the rows explained (None where it is none of them), and its changes."""

    row: int
    in_explanation: int | None
    changes: Mapping[str, Any]


def code_of(
    subject: Subject, spec: ExplanationSpec, method_of_row: str, chosen: Chosen, data: Any, background: Any
) -> tuple[str, str]:
    """Return lines of ``%nnreg`` and lines of Python that explain `subject`, and change the chosen row, alike.

    `data` and `background` are what the user gave, or None.
    """
    notebook = notebook_names()
    names = Names(
        name_of(subject.regressor, notebook), _called(data, notebook), _called(background, notebook), subject.is_latest
    )
    wanted = Wanted(
        spec,
        replace(spec, method=method_of_row, budget=None),
        chosen.row if chosen.row >= 0 else None,
        chosen.in_explanation,
        None if subject.is_given else subject.which.removesuffix(" rows"),
        chosen.changes,
    )
    return "\n".join(_magic(names, wanted)), "\n".join(_python(names, wanted))


def _called(value: Any, names: Mapping[str, Any]) -> str | None:
    if value is None or isinstance(value, int):
        return None
    return repr(value) if isinstance(value, str) else name_of(value, names)


# Magics


def _magic(names: Names, wanted: Wanted) -> list[str]:
    model = "" if names.is_latest else f" --model {names.model or 'MODEL'}"
    table = "" if wanted.which is not None else f" {names.data or 'DATA'}"
    background = f" --background {names.background or 'BACKGROUND'}" if names.background is not None else ""
    lines = [f"%nnreg explain{table}{_flags(wanted.spec)}{background}{model}"]
    if wanted.row is None or not wanted.changes:
        return lines
    flags = _flags(wanted.of_row, leave_out=("rows", "check"))
    if None in wanted.changes.values():  # a flag has no word for a gap
        return [*lines, *_what_if(names, wanted)]
    sets = "".join(f" --set {_word(f'{name}={_text(value)}')}" for name, value in wanted.changes.items())
    place: Any = wanted.row
    if wanted.which is not None:
        place = wanted.in_explanation
        if place is None:
            lines.insert(1, f"rows = {_regressor(names)}.data_.frame_of({wanted.which!r}).to_native()")
            place, table = wanted.row, " rows"
    return [*lines, f"%nnreg whatif {place}{table}{sets}{flags}{background}{model}"]


def _flags(spec: ExplanationSpec, leave_out: tuple[str, ...] = ()) -> str:
    declared = ExplanationSpec.options()
    parts = [
        declared[name].flags(getattr(spec, name)) for name in declared if name not in leave_out and _is_set(spec, name)
    ]
    return "".join(f" {part}" for part in parts if part)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _word(text: str) -> str:
    """Return a word of a line, in quotes where it needs them."""
    if text == shlex.quote(text):
        return text
    return shlex.quote(text) if '"' in text else f'"{text}"'


def _is_set(spec: ExplanationSpec, name: str) -> bool:
    declared = ExplanationSpec.options()[name]
    return bool(getattr(spec, name) != declared.default)


# Python


def _python(names: Names, wanted: Wanted) -> list[str]:
    model, table = _regressor(names), "" if wanted.which is not None else f", {names.data or 'data'}"
    start = ["import nbreg", *(["from nbreg.session import SESSION"] if model.startswith("SESSION") else []), ""]
    options = _keywords(wanted.spec)
    if names.background is not None:
        options.append(f"background={names.background}")
    lines = [*start, f"explanation = nbreg.explain({', '.join([model + table, *options])})"]
    if wanted.row is None or not wanted.changes:
        return lines
    return [*lines, *_what_if(names, wanted)]


def _what_if(names: Names, wanted: Wanted) -> list[str]:
    model, table = _regressor(names), f", {names.data or 'data'}"
    options, lines = _keywords(wanted.of_row, leave_out=("rows", "check")), []
    if names.background is not None:
        options.append(f"background={names.background}")
    changes = "{" + ", ".join(f"{name!r}: {value!r}" for name, value in (wanted.changes or {}).items()) + "}"
    if wanted.which is not None:
        lines.append(f"rows = {model}.data_.frame_of({wanted.which!r}).to_native()")
        table = ", rows"
    arguments = ", ".join([model, str(wanted.row), changes + table, *options])
    return [*lines, f"changed = nbreg.what_if({arguments})"]


def _keywords(spec: ExplanationSpec, leave_out: tuple[str, ...] = ()) -> list[str]:
    set_here = [name for name in ExplanationSpec.options() if name not in leave_out and _is_set(spec, name)]
    declared = ExplanationSpec.options()
    return [f"{name}={declared[name].code(getattr(spec, name))}" for name in set_here]


def _regressor(names: Names) -> str:
    return names.model or "SESSION.latest"
