"""What a panel's views are told of one feature: its points, its curve, which of the points are marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.errors import NbregError
from nbreg.panels.explain_points import Cloud, Curve, cloud_of, curve_of
from nbreg.panels.wording import line_of

if TYPE_CHECKING:
    from nbreg.explanation.explanation import Explanation
    from nbreg.panels.explain_explored import Explored


class FeatureTelling:
    """Tells of one feature at a time, by `tell(kind, buffers, **more)`; curves are computed once."""

    def __init__(self, tell: Callable[..., None]):
        self._tell = tell
        self._cloud: Cloud | None = None
        self._curves: dict[tuple[str, str, str], Curve] = {}

    @property
    def about(self) -> Mapping[str, Any]:
        """What is said of the points; empty before there are any."""
        return {} if self._cloud is None else self._cloud.about

    def show(self, explanation: Explanation, feature: str) -> None:
        """Take up a feature of an explanation of one target. Raises OptionError for a group of features."""
        self._cloud = cloud_of(explanation, feature)

    def tell_cloud(self) -> None:
        """Tell of the points."""
        if self._cloud is not None:
            self._tell("cloud", self._cloud.buffers, about=self._cloud.about)

    def tell_marks(self, rows: Any) -> None:
        """Tell which points are of these rows of the table."""
        if self._cloud is not None:
            marks = np.isin(self._cloud.rows, np.asarray(rows, np.int32)).astype(np.float32)
            self._tell("marks", [marks.tobytes()])

    def tell_curve(self, explored: Explored, feature: str, kind: str, target: str) -> None:
        """Tell of the effect curve of a feature, or why there is none."""
        try:
            curve = self._curve(explored, feature, kind, target)
        except NbregError as error:
            self._tell("curve", about={"feature": feature, "kind": kind, "target": target, "trouble": line_of(error)})
            return
        self._tell("curve", curve.buffers, about=curve.about)

    def _curve(self, explored: Explored, feature: str, kind: str, target: str) -> Curve:
        from nbreg.explanation.effects.computing import effect

        key = feature, kind, target
        if key not in self._curves:
            regressor, seed = explored.subject.regressor, explored.spec.seed
            found = effect(regressor, feature, data=explored.native(), kind=kind, target=target, seed=seed)
            self._curves[key] = curve_of(found)
        return self._curves[key]
