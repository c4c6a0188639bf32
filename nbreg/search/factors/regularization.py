"""Studies of what keeps weights small or a network from leaning on single units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbreg.options import Choice, Kind
from nbreg.search.factor import FACTORS, Factor

if TYPE_CHECKING:
    from nbreg.search.fold_table import FoldTable

#: How strong each is, unless the option of that name is given.
STRENGTHS = {"l1": 0.001, "l2": 0.001, "dropout": 0.2}

#: Value -> the options that it turns on; all others of `STRENGTHS` are off.
_TURNS_ON = {
    "none": (),
    "l1": ("l1",),
    "l2": ("l2",),
    "elastic_net": ("l1", "l2"),
    "dropout": ("dropout",),
}


class Regularization(Factor):
    """Penalties on the weights (L1, L2, both: Zou & Hastie's elastic net), or dropout, each beside none at all.

    A penalty is 0.001 and dropout 0.2, unless the options ``l1``, ``l2`` and ``dropout`` say how strong they are.
    """

    name, title = "regularization", "regularization"
    asks = "Does it help to keep weights small, or to drop units?"
    metrics = ("rmsle", "mae")
    note = "How strong each is, --l1, --l2 and --dropout say; unless given, 0.001, 0.001 and 0.2."

    @property
    def kind(self) -> Kind:
        return Choice(*_TURNS_ON)

    def defaults(self, table: FoldTable, options: Mapping[str, Any]) -> Sequence[Any]:
        return tuple(_TURNS_ON)

    def applied(self, value: Any, options: Mapping[str, Any]) -> dict[str, Any]:
        strengths = {name: options.get(name) or usual for name, usual in STRENGTHS.items()}
        others = {name: each for name, each in options.items() if name not in STRENGTHS}
        return {**others, **{name: strengths[name] for name in _TURNS_ON[value]}}

    def label(self, value: Any) -> str:
        return {"l1": "L1", "l2": "L2", "elastic_net": "elastic net"}.get(value, str(value))


FACTORS.register("regularization")(Regularization())
