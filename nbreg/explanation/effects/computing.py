"""``nbreg.effect``: from features to how predictions move with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nbreg.errors import DataError, OptionError
from nbreg.evaluation.wording import counted
from nbreg.explanation.effects.ale import first_order, second_order
from nbreg.explanation.effects.axis import Axis, axis_of
from nbreg.explanation.effects.effect import Effect
from nbreg.explanation.effects.friedman_h import pair_h_squared, total_h_squared
from nbreg.explanation.effects.partial import curves, mean_surface, spread_of_shapes
from nbreg.explanation.effects.similarity import order_of_similarity
from nbreg.explanation.effects.spec import EffectSpec
from nbreg.explanation.effort import Effort, underway
from nbreg.explanation.explain import subject_and_material
from nbreg.explanation.explained import Explained, Floats
from nbreg.explanation.material import Material, drawn
from nbreg.explanation.spec import ExplanationSpec
from nbreg.options import refuse_unknown
from nbreg.regressor import Regressor

#: Values of a grid, unless asked for otherwise: for one feature, and each of two.
GRID, GRID_OF_TWO = 30, 15
#: H takes the square of so many evaluations.
ROWS_FOR_H = 100


def effect(
    regressor: Regressor | Callable[[Any], Any],
    feature: str,
    second: str | None = None,
    data: Any = None,
    *,
    kind: str = "pdp",
    **options: Any,
) -> Effect:
    """Say how predictions move with one feature, or with two, in target units.

    Parameters
    ----------
    regressor : Regressor, or any function from a table to predictions ``(n_rows[, n_targets])``
    feature, second : str
        One original column, or two.
    data : table, optional
        Rows to look at; those that the fit held back to test, if left out.
    kind : str
        ``pdp``: the mean prediction over the rows with the feature set to each value (Friedman 2001); ``ice``: each
        row's own curve (Goldstein et al. 2015), for one feature; ``ale``: accumulated local effects (Apley & Zhu
        2020), which hold where features are correlated.
    **options
        As the flags of ``%nnreg effect``: rows, grid, centred, target, seed.

    Returns
    -------
    Effect
        With Friedman and Popescu's H. The interrupt key ends it early, with the rows done by then.

    Raises
    ------
    NbregError
        Where a feature, kind or target is unknown, rows do not fit, or the feature is the same in all of them.
    """
    spec = _checked(kind, second, options)
    explaining = ExplanationSpec(rows=spec.rows, target=spec.target, seed=spec.seed, background=1)
    explained, material = subject_and_material(regressor, data, explaining, None)
    names = _features(explained, feature, second)
    with underway(f"Looking at {' and '.join(names)}") as effort:
        return _Looking(explained, material, spec, names, effort).found()


def _checked(kind: str, second: str | None, options: dict[str, Any]) -> EffectSpec:
    refuse_unknown(options, EffectSpec.options())
    spec = EffectSpec(kind=kind, **options)
    if second is not None and kind == "ice":
        raise OptionError("ice shows one feature; take pdp or ale for two.")
    return spec


def _features(explained: Explained, feature: str, second: str | None) -> tuple[str, ...]:
    names = (feature,) if second is None else (feature, second)
    for name in names:
        explained.players.position_of(name)
    if feature == second:
        raise OptionError(f'"{feature}" is given twice; give two features, or one.')
    return names


class _Looking:
    """All that one effect is computed from."""

    def __init__(
        self, explained: Explained, material: Material, spec: EffectSpec, names: tuple[str, ...], effort: Effort
    ):
        self._explained, self._spec, self._effort, self._names = explained, spec, effort, names
        self._n_grid = spec.grid or (GRID if len(names) == 1 else GRID_OF_TWO)
        self._frame, self._rows = material.frame, material.rows
        self._notices = list(material.notices)
        self._axes = self._on_axes()
        if spec.kind == "ale":
            self._leave_out_rows_off_the_axes()
        self._points = explained.points(self._frame)
        self._check_finite()

    def found(self) -> Effect:
        kind = self._spec.kind
        parts = self._ale() if kind == "ale" else self._curves() if len(self._axes) == 1 else self._surface()
        one = len(self._explained.target_names) == 1
        squeezed = {
            name: part[..., 0] if one and name in ("values", "spread", "curves") else part
            for name, part in parts.items()
        }
        h_squared = self._h_squared()
        return Effect(
            kind=kind,
            axes=tuple(self._axes),
            target_names=self._explained.target_names,
            rows=self._rows,
            h_squared=h_squared[0] if one else h_squared,
            centred=self._spec.centred and kind == "ice",
            notices=(*self._notices, *(notice for axis in self._axes for notice in axis.notices)),
            **squeezed,
        )

    # Kinds

    def _curves(self) -> dict[str, Any]:
        found = curves(self._explained, self._points, self._axes[0], self._effort)
        self._keep_rows(len(found))
        axis = self._axes[0]
        if axis.levels is not None and not axis.has_order:
            found = found[:, self._reorder(0, np.argsort(found.mean(axis=(0, 2)), kind="stable"))]
        spread = spread_of_shapes(found)
        if self._spec.kind == "pdp":
            return {"values": found.mean(axis=0), "spread": spread}
        if self._spec.centred:
            found = found - found[:, :1]
        return {"values": found.mean(axis=0), "spread": spread, "curves": found}

    def _surface(self) -> dict[str, Any]:
        surface, n_done = mean_surface(self._explained, self._points, self._axes, self._effort)
        self._keep_rows(n_done)
        return {"values": surface}

    def _ale(self) -> dict[str, Any]:
        for i, axis in enumerate(self._axes):
            if axis.levels is not None and not axis.has_order:
                others = [name for of in self._explained.players.members for name in of if name != axis.name]
                why = f"Levels of {axis.name} stand in the order of how alike their rows are in the other features."
                self._reorder(i, order_of_similarity(self._frame, axis, others), why)
        if len(self._axes) == 1:
            return {"values": self._beyond_rounding(first_order(self._explained, self._points, self._axes[0]))}
        values, empty = second_order(self._explained, self._points, self._axes)
        return {"values": self._beyond_rounding(values), "empty": empty}

    def _beyond_rounding(self, effects: Floats) -> Floats:
        """Return effects, zero where they are less than what float32 can tell from the predictions."""
        sizes = np.abs(self._explained.predict(self._points)).max(axis=0)
        return np.where(np.abs(effects) > np.finfo(np.float32).eps * sizes, effects, 0.0)

    def _h_squared(self) -> Floats:
        players = [self._explained.players.position_of(name) for name in self._names]
        points = self._points[drawn(len(self._points), ROWS_FOR_H, self._spec.seed)]
        if len(players) == 2:
            return pair_h_squared(self._explained, points, (players[0], players[1]))
        return total_h_squared(self._explained, points, players[0])

    # Rows and axes

    def _on_axes(self) -> list[Axis]:
        return [axis_of(self._frame, name, self._n_grid) for name in self._names]

    def _reorder(self, which: int, order: Any, why: str = "") -> Any:
        self._axes[which] = self._axes[which].in_order(order, why)
        return order

    def _leave_out_rows_off_the_axes(self) -> None:
        """Leave out rows that no step can begin at: with a gap, or with a level that is not shown."""
        on_axes = np.logical_and.reduce([np.isfinite(axis.observed) for axis in self._axes])
        if bool(on_axes.all()):
            return
        kept = np.flatnonzero(on_axes)
        said = [notice for axis in self._axes for notice in axis.notices]
        n_out, names = counted(len(on_axes) - len(kept), "row"), " or ".join(self._names)
        self._notices += [*said, f"Left out {n_out} with a gap, or a level that is not shown, in {names}."]
        if not len(kept):
            raise DataError(f"No row has values in {' and '.join(self._names)}: there is nothing to look at.")
        self._frame, self._rows = self._frame[kept], self._rows[kept]
        self._axes = self._on_axes()

    def _keep_rows(self, n_done: int) -> None:
        if n_done < len(self._rows):
            self._notices.append(f"Interrupted: {n_done:,} of {counted(len(self._rows), 'row')} are averaged over.")
            self._rows = self._rows[:n_done]

    def _check_finite(self) -> None:
        n_bad = int((~np.isfinite(self._explained.predict(self._points)).all(axis=1)).sum())
        if n_bad:
            raise DataError(
                f"The predictions for {counted(n_bad, 'row')} are not finite (of {len(self._points):,}): there is no "
                "effect to see. Leave these rows out, or train again with a smaller learning rate."
            )
