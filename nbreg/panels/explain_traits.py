"""The state of an explain panel that its views share, and that can be observed and linked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import traitlets

from nbreg.errors import OptionError
from nbreg.explanation.spec import ExplanationSpec
from nbreg.panels.panel import Panel

if TYPE_CHECKING:
    from nbreg.explanation.explanation import Explanation
    from nbreg.panels.explain_explored import Explored

#: How a feature can be shown.
LOOKS = ("dependence", "ale", "pdp")


class ExplainTraits(Panel):
    """What is chosen, and what there is to see; `nbreg.panels.explain` keeps it up to date.

    What is assigned to `method`, `target`, `feature`, `look`, `row` and `changes` is checked: OptionError.
    """

    explanation_: Explanation | None = None
    _explored: Explored | None = None

    status = traitlets.Unicode("empty").tag(sync=True)
    """``empty``: no regressor; ``waiting`` for one that trains; ``explaining``; ``ready``."""

    words = traitlets.Unicode("").tag(sync=True)
    """The status in a sentence."""

    progress = traitlets.Dict().tag(sync=True)
    """Of an explanation under way: ``share`` (0 to 1, or None) and ``left``, in words."""

    method = traitlets.Unicode("auto").tag(sync=True)
    """The method asked for; assigning it explains anew."""

    target = traitlets.Unicode("").tag(sync=True)
    """The target that is shown."""

    feature = traitlets.Unicode("").tag(sync=True)
    """The feature that is shown by itself."""

    look = traitlets.Unicode("dependence").tag(sync=True)
    """How it is shown: ``dependence`` (attributions by value), ``ale`` or ``pdp`` (effect curves)."""

    row = traitlets.Int(-1).tag(sync=True)
    """The chosen row, counted from 0 in the table; -1 for none."""

    changes = traitlets.Dict().tag(sync=True)
    """New values for features of the chosen row."""

    marked = traitlets.Int(-1).tag(sync=True)
    """The slice whose rows are marked; -1 for none."""

    about = traitlets.Dict().tag(sync=True)
    """What is explained: targets, methods, controls, the number of rows and whose they are."""

    summary = traitlets.Dict().tag(sync=True)
    """The explanation: bars, cards, cautions."""

    chosen = traitlets.Dict().tag(sync=True)
    """The chosen row as it is, or as it might be."""

    worst = traitlets.Dict().tag(sync=True)
    """Where predictions are worst: rows and slices, and the rows of the marked slice."""

    line = traitlets.Unicode("").tag(sync=True)
    """Lines of ``%nnreg`` that do the same."""

    code = traitlets.Unicode("").tag(sync=True)
    """Python that does the same."""

    @traitlets.validate("look")
    def _check_look(self, proposal: Any) -> str:
        if proposal["value"] not in LOOKS:
            raise OptionError(f"look takes dependence, ale or pdp; got {proposal['value']}.")
        return str(proposal["value"])

    @traitlets.validate("method")
    def _check_method(self, proposal: Any) -> str:
        return str(ExplanationSpec.options()["method"].check(proposal["value"]))

    @traitlets.validate("target")
    def _check_target(self, proposal: Any) -> str:
        name = str(proposal["value"])
        return name if self._explored is None else self._explored.subject.check_target(name)

    @traitlets.validate("feature")
    def _check_feature(self, proposal: Any) -> str:
        if self.explanation_ is None:
            return str(proposal["value"])
        players = self.explanation_.players
        return players.names[players.position_of(proposal["value"])]

    @traitlets.validate("row")
    def _check_row(self, proposal: Any) -> int:
        row = int(proposal["value"])
        return row if row == -1 or self._explored is None else self._explored.subject.check_row(row)

    @traitlets.validate("changes")
    def _check_changes(self, proposal: Any) -> dict[str, Any]:
        return self._checked(proposal["value"]) if proposal["value"] else {}

    def _checked(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Return changes as plain data, for those that change something. Raises OptionError."""
        explored = self._explored
        if explored is None or self.row < 0:
            raise OptionError("There is no row to change yet: wait(), then choose a row.")
        for name in changes:
            explored.subject.check_feature(name)
        new, old = (explored.changed(self.row, each).values for each in (changes, {}))
        return {name: new[name] for name in changes if new[name] != old[name]}
