"""%nnreg effect"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import nbreg
from nbreg.explanation.effects.spec import EffectSpec
from nbreg.magics.command import COMMANDS, Argument, Call, Command, Frame, Keeping
from nbreg.magics.predictors import Predicting, choices_for, predictor, rows_for
from nbreg.options import Column, Option, Optional, Spec, option


@dataclass(frozen=True)
class Rows(Spec):
    """Over which rows an effect is taken."""

    data: str | None = option(
        None, "The rows to average over; the test rows of the fit, if left out.", Optional(Frame())
    )


class Effect(Command):
    """Show how the prediction changes with a feature, or with two at once.

    A partial dependence (pdp) sets the feature to one value after the other, in all rows, and takes the mean
    prediction; ice shows the rows one by one; ale adds up small steps within the data, which is safer where features
    are correlated.
    """

    arguments = (
        Argument("feature", "The feature to change.", Column()),
        Argument("second", "A second one, to change with it.", Column(), required=False),
    )
    examples = (
        "%nnreg effect carat",
        "%nnreg effect carat --kind ale --data df",
        '%nnreg effect "floor area" year -o together',
    )

    def grouped_options(self) -> dict[str, dict[str, Option]]:
        return {
            "Effect": {**EffectSpec.options(), **Rows.options()},
            "Notebook": {**Predicting.options(), **Keeping.options()},
        }

    def run(self, call: Call) -> Any:
        explained = predictor(call)
        data = rows_for(call, explained, call.options.get("data"))
        features = call.arguments["feature"], call.arguments["second"]
        return nbreg.effect(explained.predict, *features, data=data, **choices_for(call, explained))


COMMANDS.register("effect")(Effect())
