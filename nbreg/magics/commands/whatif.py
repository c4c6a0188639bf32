"""%nnreg whatif"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import nbreg
from nbreg.errors import OptionError
from nbreg.explanation.spec import ExplanationSpec
from nbreg.magics.changes import Changes
from nbreg.magics.command import COMMANDS, Argument, Call, Command, Frame, Keeping
from nbreg.magics.predictors import Predicting, choices_for, or_a_table, predictor, rows_for
from nbreg.options import Integer, Option, Spec, option


@dataclass(frozen=True)
class Change(Spec):
    """What is to be different."""

    set: tuple[tuple[str, str], ...] = option(
        (), 'A new value for a column; give it again for several. With blanks: --set "floor area=80".', Changes()
    )


class WhatIf(Command):
    """Change a row, and see the new prediction and what each feature adds to it, beside the old.

    ROW counts from 0 in DATA; without it, in the rows that were explained last, or in the test rows of the fit.
    """

    arguments = (
        Argument("row", "The row to change, counted from 0.", Integer(minimum=0)),
        Argument("data", "The table that holds it; the rows explained last, if left out.", Frame(), required=False),
    )
    examples = (
        "%nnreg whatif 3 --set carat=1.2",
        '%nnreg whatif 0 df --set "floor area=80" --set kind=flat -o changed',
    )

    def grouped_options(self) -> dict[str, dict[str, Option]]:
        of_one_row = {name: each for name, each in ExplanationSpec.options().items() if name not in ("rows", "check")}
        return {
            "Change": Change.options(),
            "Explanation": or_a_table(of_one_row),
            "Notebook": {**Predicting.options(), **Keeping.options()},
        }

    def run(self, call: Call) -> Any:
        explained = predictor(call)
        data = rows_for(call, explained, call.arguments["data"])
        choices = choices_for(call, explained)
        changes = _by_column(choices.pop("set", ()))
        return nbreg.what_if(explained.predict, call.arguments["row"], changes, data, **choices)


def _by_column(changes: tuple[tuple[str, str], ...]) -> dict[str, str]:
    names = [name for name, _ in changes]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise OptionError(f"{twice} is set twice.")
    if not changes:
        raise OptionError("whatif needs a change: --set COLUMN=VALUE, such as --set carat=1.2.")
    return dict(changes)


COMMANDS.register("whatif")(WhatIf())
