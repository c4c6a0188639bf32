"""%nnreg explain"""

from __future__ import annotations

from typing import Any

import nbreg
from nbreg.explanation.spec import ExplanationSpec
from nbreg.magics.command import COMMANDS, Argument, Call, Command, Frame, Keeping
from nbreg.magics.predictors import Predicting, choices_for, or_a_table, predictor, rows_for
from nbreg.options import Option


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
        return {
            "Explanation": or_a_table(ExplanationSpec.options()),
            "Notebook": {**Predicting.options(), **Keeping.options()},
        }

    def run(self, call: Call) -> Any:
        explained = predictor(call)
        data = rows_for(call, explained, call.arguments["data"])
        return nbreg.explain(explained.predict, data, **choices_for(call, explained))


COMMANDS.register("explain")(Explain())
