"""A regressor and its rows as an explain panel looks at them: single rows, changed at will, and features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np

from nbreg.data.frames import Frame
from nbreg.explanation.explanation import Explanation
from nbreg.explanation.spec import ExplanationSpec
from nbreg.panels.explain_changes import Changing
from nbreg.panels.explain_controls import controls_of, values_of
from nbreg.panels.explain_points import place_of
from nbreg.panels.explain_row import RowAttribution, RowExplainer
from nbreg.panels.explain_state import methods_of
from nbreg.panels.explain_steps import figures_of, row_words, steps_of
from nbreg.panels.explain_subject import Subject


class Changed(NamedTuple):
    """A row with changes: a table of one row of the columns that change (of all, where none does), its values as
    controls show them, and sentences on values unlike those seen."""

    columns: Frame
    values: dict[str, Any]
    notices: tuple[str, ...]


class Explored:
    """What is fixed while one subject is looked at with one set of choices; rows are numbers in the subject's table."""

    def __init__(self, subject: Subject, spec: ExplanationSpec, background: Any):
        from nbreg.explanation.material import material_of

        self.subject, self.spec, self._background = subject, spec, background
        given = subject.table if subject.is_given else None
        self._material = material_of(subject.regressor, given, spec, background)
        self.controls = controls_of(subject.table, subject.features)
        self._changing = Changing(subject.table, subject.features, subject.seen)
        self._explainers: dict[tuple[str, int | None], RowExplainer] = {}
        self._rows: dict[tuple[int, str], Changed] = {}
        self._as_it_is: tuple[tuple[int, str], RowAttribution] | None = None

    def about(self) -> dict[str, Any]:
        """Return what is explained, as plain data."""
        return {
            "regressor": self.subject.regressor.words(),
            "targets": list(self.subject.targets),
            "methods": self.methods(),
            "controls": self.controls,
            "n_rows": len(self.subject),
            "which": self.subject.which,
        }

    def explain(self, spec: ExplanationSpec) -> Explanation:
        """Return the explanation by these choices, as ``nbreg.explain`` gives it. Raises NbregError."""
        from nbreg.explanation.explain import explain

        choices = {name: getattr(spec, name) for name in ExplanationSpec.options()}
        if self._background is not None:
            choices["background"] = self._background
        return explain(self.subject.regressor, self.native(), **choices)

    @property
    def n_rows_explained(self) -> int:
        return len(self._material.frame)

    def explainer(self, method: str, rounds: int | None) -> RowExplainer:
        """Return what explains single rows where all are explained by `method`."""
        key = method, rounds
        if key not in self._explainers:
            spec = replace(self.spec, method=method, rounds=rounds)
            self._explainers[key] = RowExplainer(self.subject.regressor, self._material.background, spec)
        return self._explainers[key]

    def methods(self) -> list[dict[str, str]]:
        """Return all methods, with cost and refusals."""
        explained = self.explainer("auto", self.spec.rounds).explained
        n_background = len(self._material.background)
        has_observed = self.subject.observed is not None
        return methods_of(explained, self.spec, self.n_rows_explained, n_background, has_observed)

    def changed(self, row: int, changes: Mapping[str, Any]) -> Changed:
        """Return a row with its changes. Raises OptionError."""
        key = row, repr(dict(changes))
        found = self._rows.get(key)
        if found is None:
            found = self._changed(row, changes) if changes else self._own(row)
            # A slider asks for the row as it is again and again, and for each change twice: as it came, to check it,
            # and as its control shows it.
            own = {kept: each for kept, each in self._rows.items() if kept == (row, "{}")}
            self._rows = {**own, key: found}
            shown = {name: found.values[name] for name in changes}
            if shown == dict(changes):
                self._rows[row, repr(shown)] = found
        return found

    def _own(self, row: int) -> Changed:
        frame = self._changing.own(row)
        return Changed(frame, values_of(frame), ())

    def _changed(self, row: int, changes: Mapping[str, Any]) -> Changed:
        columns, said = self._changing.changed(row, changes)
        # A row has many columns, and few that change.
        return Changed(columns, {**self.changed(row, {}).values, **values_of(columns)}, said)

    def row_state(
        self, explanation: Explanation, target: int, row: int, changes: Mapping[str, Any], cloud: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return all that is to be seen of a row with changes, as plain data; `cloud` is what a dependence plot says.

        Raises OptionError for changes of the wrong kind, DataError where the prediction is not finite.
        """
        explainer = self.explainer(explanation.method, self.spec.rounds)
        own, changed = self.changed(row, {}), self.changed(row, changes)
        before = self._before(row, explainer)
        after = explainer.of(own.columns, changed.columns) if changes else before
        old, new = own.values, changed.values
        texts = {name: (text_of(old[name]), text_of(new[name])) for name in old}
        observed = self.subject.observed
        seen = None if observed is None else float(observed[row, target])
        players = explainer.explained.players
        is_same_method = explainer.method == explanation.method
        return {
            "row": row,
            "words": row_words(row, len(self.subject), self.subject.which),
            "figures": figures_of(before, after, target, seen, bool(changes)),
            **steps_of(players, before, after, target, texts, changes),
            "method": _how(explainer, after, explanation.method),
            "notices": list(changed.notices),
            "values": new,
            "own": old,
            "place": _place(cloud, own, changed, after, target, players) if is_same_method and cloud else None,
        }

    def _before(self, row: int, explainer: RowExplainer) -> RowAttribution:
        key = row, explainer.method
        if self._as_it_is is None or self._as_it_is[0] != key:
            self._as_it_is = key, explainer.of(self.changed(row, {}).columns)
        return self._as_it_is[1]

    def number_among_explained(self, explanation: Explanation, row: int) -> int | None:
        """Return which of the rows explained a row is, None where it is none."""
        found = np.flatnonzero(explanation.rows == row)
        return int(found[0]) if len(found) else None

    def native(self) -> Any:
        """Return the table as functions for users take it; None where it is the fit's own."""
        return nw.to_native(self.subject.table) if self.subject.is_given else None


def text_of(value: Any) -> str:
    """Return a control's value as people read it."""
    from nbreg.evaluation.wording import NOTHING, tick

    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return tick(float(f"{value:.4g}") if abs(value) < 1_000 else value)
    return str(value).replace("T", " ") if isinstance(value, str) and value[4:5] == "-" else str(value)


def _how(explainer: RowExplainer, found: RowAttribution, method: str) -> str:
    words = f"This row is explained by {explainer.method}: {found.words}"
    if explainer.method == method:
        return f"{words}."
    why = explainer.why or f"{method} would not follow a slider"
    return f"{words}. The bars are by {method}: {why}."


def _place(
    cloud: Mapping[str, Any], own: Changed, changed: Changed, found: RowAttribution, target: int, players: Any
) -> dict[str, Any] | None:
    feature = cloud["feature"]
    x = place_of(cloud, changed.columns if feature in changed.columns.columns else own.columns)
    y = float(found.values[players.position_of(feature), target])
    return None if x is None else {"x": x, "y": y}
