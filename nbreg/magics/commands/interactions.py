"""%nnreg interactions"""

from __future__ import annotations

from typing import Any

import nbreg
from nbreg.explanation.effects.spec import InteractionsSpec
from nbreg.magics.command import COMMANDS, Argument, Call, Command, Frame, Keeping
from nbreg.magics.predictors import Predicting, choices_for, or_a_table, predictor, rows_for
from nbreg.options import Option


class Interactions(Command):
    """Find out which features act together: how far their joint effect is more than the sum of both.

    Up to 12 features the pairwise Shapley interactions are exact.
    """

    arguments = (
        Argument("data", "The rows to look at; the test rows of the fit, if left out.", Frame(), required=False),
    )
    examples = ("%nnreg interactions", "%nnreg interactions df --rows 200 --target price -o pairs")

    def grouped_options(self) -> dict[str, dict[str, Option]]:
        return {
            "Interactions": or_a_table(InteractionsSpec.options()),
            "Notebook": {**Predicting.options(), **Keeping.options()},
        }

    def run(self, call: Call) -> Any:
        explained = predictor(call)
        data = rows_for(call, explained, call.arguments["data"])
        return nbreg.interactions(explained.predict, data, **choices_for(call, explained))


COMMANDS.register("interactions")(Interactions())
