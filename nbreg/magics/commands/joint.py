"""%nnreg joint"""

from __future__ import annotations

from typing import Any

from nbreg.joint.spec import JointSpec
from nbreg.magics.command import COMMANDS, Argument, Call, Command, Frame, Keeping
from nbreg.options import Option
from nbreg.panels.notebook_names import Acting


class Joint(Command):
    """Predict the distribution of all targets together, for the rows of a table, in target units.

    Of a regressor that was trained with --joint, or of a variational autoencoder. The value has means, intervals,
    covariances, draws and densities; with --given, of the other targets once some are known.
    """

    arguments = (Argument("data", "A table with the columns that the network was trained on.", Frame()),)
    examples = (
        "%nnreg joint df",
        "%nnreg joint df --given rent=900 --level .95 -o likely",
        "%nnreg joint df --samples 100 -o likely",
    )

    def grouped_options(self) -> dict[str, dict[str, Option]]:
        return {"Joint": JointSpec.options(), "Notebook": {**Acting.options(), **Keeping.options()}}

    def run(self, call: Call) -> Any:
        from nbreg.session import as_table

        choices = {name: value for name, value in call.options.items() if name in JointSpec.options()}
        return call.regressor().predict_joint(as_table(call.table(call.arguments["data"])), **choices)


COMMANDS.register("joint")(Joint())
