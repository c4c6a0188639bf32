"""%nnreg explain"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nbreg.explanation.spec import ExplanationSpec
from nbreg.magics.command import COMMANDS, Argument, Call, Command, Frame, Keeping
from nbreg.magics.predictors import Predicting, RowsOrTable, choices_for, predictor, rows_for
from nbreg.options import Option


def explanation_options() -> dict[str, Option]:
    """Return the options of an explanation; as in Python, the background may also be a table."""
    declared = ExplanationSpec.options()
    background = declared["background"]
    words = f"{background.help} Or a table of such rows."
    return {**declared, "background": replace(background, help=words, kind=RowsOrTable())}


class Explain(Command):
    """Say why: what each feature adds to each prediction, in target units.

    The card shows which features matter, how, and how far the numbers add up to the predictions. Without a table the
    rows are those that the fit held back to test. While it takes long, the notebook's interrupt ends it with what is
    done. With --model it explains any function from a table to predictions as well; then DATA is needed.
    """

    arguments = (
        Argument("data", "The rows to explain; the test rows of the fit, if left out.", Frame(), required=False),
    )
    examples = (
        "%nnreg explain",
        "%nnreg explain df --rows 1000 -o why",
        "%nnreg explain --method shapley --rounds 8",
        '%nnreg explain --group "length,width,depth" --check',
        "%nnreg explain new.csv --budget 20 --model model",
    )

    def grouped_options(self) -> dict[str, dict[str, Option]]:
        return {"Explanation": explanation_options(), "Notebook": {**Predicting.options(), **Keeping.options()}}

    def run(self, call: Call) -> Any:
        from nbreg.explanation.explain import explain

        explained = predictor(call)
        return explain(
            explained.predict, rows_for(call, explained, call.arguments["data"]), **choices_for(call, explained)
        )


COMMANDS.register("explain")(Explain())
