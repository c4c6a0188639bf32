"""``nbreg.what_if``: one row as it is and as it might be, prediction and attributions side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.data.frames import Frame, as_frame
from nbreg.errors import OptionError
from nbreg.evaluation import sheet
from nbreg.evaluation.wording import NOTHING, counted, listed, rounded, tick
from nbreg.explanation.changes import Seen, check_features, with_changes
from nbreg.explanation.explain import explanation_choices, explanation_of, subject_and_material
from nbreg.explanation.explanation import Explanation
from nbreg.explanation.material import drawn, held_back
from nbreg.regressor import Regressor

if TYPE_CHECKING:
    import pandas as pd

#: So many features are shown; what the others change is added up.
MOST_LINES = 20

_BASE, _PREDICTION = "(base value)", "(prediction)"


def what_if(
    regressor: Regressor | Callable[[Any], Any],
    row: int,
    changes: Mapping[str, Any],
    data: Any = None,
    *,
    method: str = "auto",
    background: Any = None,
    **options: Any,
) -> WhatIf:
    """Say what the prediction for one row would be with some values changed, and why.

    Both rows are explained at once, against the same background.

    Parameters
    ----------
    regressor : Regressor, or any function from a table to predictions ``(n_rows[, n_targets])``
        A function needs `data`.
    row : int
        The row's position, from 0, in `data`; without it, in the rows explained last, else in the rows that the fit
        held back to test.
    changes : dict
        New values by feature, such as ``{"carat": 1.2, "cut": "Ideal"}``. Text is read as the column's kind: numbers,
        true or false, ISO dates.
    data : table, optional
    method, background, **options
        As for ``nbreg.explain``.

    Returns
    -------
    WhatIf

    Raises
    ------
    NbregError
        Where there is no such row, feature or option, or a value is not of its column's kind.
    """
    spec, given = explanation_choices(method, background, options)
    spec = replace(spec, rows=None, check=False)
    table = _table(regressor, data)
    position = _checked_row(row, len(table))
    check_features(changes, _features(regressor, table))
    pair, said = with_changes(table, position, changes, _seen(regressor, table))
    if given is None and not _has_train_rows(regressor):
        given = table[drawn(len(table), spec.background, spec.seed + 1)].to_native()
    explained, material = subject_and_material(regressor, pair.to_native(), spec, given)
    explanation = explanation_of(explained, replace(material, notices=(), background_notices=()), spec)
    if len(explanation) < 2:
        raise OptionError("It was ended before both rows were explained: give it more time, or a quicker method.")
    return WhatIf(explanation, position, tuple(changes), (*said, *explanation.notices))


def _has_train_rows(regressor: Any) -> bool:
    return isinstance(regressor, Regressor) and regressor.data_ is not None


def _features(regressor: Any, table: Frame) -> tuple[str, ...]:
    names = regressor.encoder_.feature_names if isinstance(regressor, Regressor) else table.columns
    return tuple(names)


def _seen(regressor: Any, table: Frame) -> Seen:
    if isinstance(regressor, Regressor) and regressor.data_ is not None:
        return Seen(regressor.data_.frame_of("train"), "the train rows")
    return Seen(table, "the rows given")


def _table(regressor: Regressor | Callable[[Any], Any], data: Any) -> Frame:
    if data is not None:
        return as_frame(data)
    if not isinstance(regressor, Regressor):
        raise OptionError("A function is explained on rows: give a table, data=...")
    regressor.check_trained()
    last = getattr(regressor, "explanation_", None)
    return as_frame(last.data) if last is not None else held_back(regressor)[0]


def _checked_row(row: Any, n_rows: int) -> int:
    is_whole = isinstance(row, (int, np.integer)) and not isinstance(row, bool)
    if not is_whole or not 0 <= row < n_rows:
        raise OptionError(f"row takes a number from 0 to {n_rows - 1:,}, a position in the table; got {row}.")
    return int(row)


@dataclass(frozen=True, eq=False)
class WhatIf:
    """One row as it is and as it might be.

    Attributes
    ----------
    explanation : Explanation
        Of two rows: as it is, and as it might be.
    row : int
        The row's position in the table it comes from.
    changed : tuple of str
        The columns that were given new values.
    notices : tuple of str
        What to keep in mind, a sentence each.
    """

    explanation: Explanation
    row: int
    changed: tuple[str, ...]
    notices: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table: a line for each feature, then base value and prediction.

        Its columns are old and new value, old and new attribution, and the change of the attribution, in target
        units; for several targets it is indexed by target and feature.
        """
        import pandas as pd

        names = self.explanation.target_names
        if len(names) > 1:
            return pd.concat({name: self._of_target(name).to_frame() for name in names}, names=["target", "feature"])
        old, new = (self._additions(i) for i in (0, 1))
        index = pd.Index([*self.explanation.feature_names, *self._ends], name="feature")
        columns = {
            "old value": [*self._values(0), *[""] * len(self._ends)],
            "new value": [*self._values(1), *[""] * len(self._ends)],
            "old attribution": old,
            "new attribution": new,
            "change": [after - before for before, after in zip(old, new, strict=True)],
        }
        return pd.DataFrame(columns, index)

    def headline(self, target: str) -> str:
        """Return one line, such as ``price: 4,500 → 5,200 (+700) with carat 1 → 1.2``."""
        before, after = map(float, self._of_target(target).explanation.predictions)
        return f"{target}: {_apart(before, after)} ({_signed(after - before)}) with {self._change_words()}"

    def to_html(self) -> str:
        """Return a piece of HTML that needs nothing beside it."""
        body = []
        for target in self.explanation.target_names:
            rows, marked = self._lines(target)
            body.append(f'<p class="nbreg-headline">{escape(self.headline(target))}</p>\n')
            body.append(sheet.table(rows[0], rows[1:], best={(line - 1, 2) for line in marked}))
        body += [f"<p>{escape(self._how())}</p>\n", sheet.notes(self.notices)]
        return sheet.sheet("".join(body))

    def __repr__(self) -> str:
        lines = []
        for target in self.explanation.target_names:
            rows, marked = self._lines(target)
            starred = [[("* " if i in marked else "  ") + row[0], *row[1:]] for i, row in enumerate(rows)]
            lines += [self.headline(target), "", *sheet.text_table(starred), ""]
        return "\n".join([*lines, self._how(), *(f"- {line}" for line in self.notices)])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self.to_html()}

    def _of_target(self, target: str) -> WhatIf:
        return replace(self, explanation=self.explanation.of_target(target))

    @property
    def _ends(self) -> tuple[str, ...]:
        """What stands below the features."""
        return (_PREDICTION,) if self.explanation.base_values is None else (_BASE, _PREDICTION)

    def _additions(self, which: int) -> list[float]:
        """Return the attributions of one of the rows, base value and prediction, for one target."""
        found = self.explanation
        base = [] if found.base_values is None else [float(found.base_values[which])]
        # What is less than the rounding of a prediction is no attribution.
        least = np.finfo(np.float64).eps * 8 * np.abs(found.predictions).max()
        values = np.where(np.abs(found.values[which]) > least, found.values[which], 0.0)
        return [*values.tolist(), *base, float(found.predictions[which])]

    def _values(self, which: int) -> list[str]:
        frame = as_frame(self.explanation.data)
        return [
            ", ".join(_value_text(frame[name].to_list()[which]) for name in members)
            for members in self.explanation.players.members
        ]

    def _change_words(self) -> str:
        frame = as_frame(self.explanation.data)
        pairs = ((name, *map(_value_text, frame[name].to_list())) for name in self.changed)
        return listed([f"{name} {before} → {after}" for name, before, after in pairs])

    def _lines(self, target: str) -> tuple[list[list[str]], set[int]]:
        """Return head and lines of a table of texts, what changes most first, and which lines hold changed values."""
        table = self._of_target(target).to_frame()
        features, ends = table.iloc[: -len(self._ends)], table.iloc[-len(self._ends) :]
        players = self.explanation.players
        changed = {players.names[players.position_of(name)] for name in self.changed}
        features = features.iloc[np.argsort(-features["change"].abs().to_numpy(), kind="stable")]
        is_shown = np.arange(len(features)) < MOST_LINES
        is_shown |= features.index.isin(changed)
        shown, rest = features[is_shown], features[~is_shown]
        lines = [_line(str(name), line) for name, line in shown.iterrows()]
        if len(rest):
            sums = rest.sum(numeric_only=True)
            lines.append(_line(f"({counted(len(rest), 'other feature')})", {**sums, "old value": "", "new value": ""}))
        lines += [_line(str(name), line, 3) for name, line in ends.iterrows()]
        head = ["feature", *table.columns]
        return [head, *lines], {i for i, line in enumerate(lines, start=1) if line[0] in changed}

    def _how(self) -> str:
        errors = self.explanation.standard_errors
        chance = "" if errors is None else f"; standard errors up to {rounded(float(errors.max()))}"
        return f"Row {self.row:,}. Attributions by {self.explanation.method}: {self.explanation.words}{chance}."


def _line(name: str, line: Any, digits: int = 2) -> list[str]:
    numbers = [rounded(float(line[column]), digits) for column in ("old attribution", "new attribution")]
    return [name, line["old value"], line["new value"], *numbers, _signed(float(line["change"]))]


def _signed(number: float) -> str:
    return ("+" if number > 0 else "") + rounded(number)


def _apart(before: float, after: float) -> str:
    """Return two numbers with so many digits that they are seen to differ."""
    for digits in (3, 4, 5, 6):
        texts = rounded(before, digits), rounded(after, digits)
        if texts[0] != texts[1]:
            break
    return " → ".join(texts)


def _value_text(value: Any) -> str:
    if value is None or value != value:
        return NOTHING
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return tick(float(value)) if is_number else str(value).removesuffix(" 00:00:00")
