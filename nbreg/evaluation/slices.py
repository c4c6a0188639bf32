"""Where residuals are largest: groups of rows, told by conditions on one feature or two.

A group is compared with all other rows by Welch's t-test of the absolute residuals (Welch 1947), and its p-value is
multiplied by the number of groups tried (Bonferroni), as slice finding does (Chung et al. 2019, "Slice Finder:
Automated Data Slicing for Model Validation"), so that of many groups tried none is told for its luck.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbreg.data.frames import Frame
from nbreg.data.reading import Floats
from nbreg.evaluation.conditions import Condition, Parted, parted

#: A slice has at least so many rows, and this share of all.
LEAST_ROWS, LEAST_SHARE = 20, 0.01
#: And at most this share: the rest is what it is compared with.
LARGEST_SHARE = 0.5
#: The chance that noise gives any slice at all is below this.
LEVEL = 0.01
#: Its mean absolute residual is at least so many times that of all rows.
LEAST_RATIO = 1.1
#: Two slices that share so much (of the rows that either has) are one.
SAME = 0.7
#: So many single conditions are joined with a second one.
JOINED = 8
#: Rows that earlier slices do not have are bad too where the excess of their mean absolute residual is at least this
#: share of the whole slice's; a slice within an earlier one is to have so many times its MAE.
HALF, MUCH_WORSE = 0.5, 1.5
#: And a condition that is joined to another is to make it so many times clearer (in t), or worse (in MAE).
CLEARER, SHARPER = 1.15, 1.25
#: Fewer standard errors above the others than these are not worth a closer look.
BEYOND = 4.0
#: So many candidates are looked at one by one, the best ones; of large tables fewer, by their rows.
_MOST_SEEN, _MOST_ROWS_SEEN = 2_000, 5e7

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Slice:
    """A group of rows with large residuals.

    Attributes
    ----------
    words : str
        What its rows have in common, such as ``city = Paris and area 120 to 180``.
    conditions : tuple of Condition
        One, or two, each on a feature of its own.
    n_rows : int
    mae, rmse : float
        Of its residuals, in target units.
    ratio : float
        Its MAE as a multiple of that of all rows.
    bias : float
        Its mean residual, observed less predicted: above zero where predictions are too low.
    t : float
        By how many standard errors its mean absolute residual lies above that of the other rows.
    p_value : float
        How likely chance gives any slice so far above the others; corrected for all that were tried.
    rows : ``(n_rows,)``
        The positions of its rows.
    """

    words: str
    conditions: tuple[Condition, ...]
    n_rows: int
    mae: float
    rmse: float
    ratio: float
    bias: float
    t: float
    p_value: float
    rows: NDArray[np.intp] = field(repr=False)


class _Group(NamedTuple):
    """A candidate; `places` are those of its conditions: which feature, its first part and its last."""

    t: float
    degrees: float
    mae: float
    places: tuple[tuple[int, int, int], ...]


class _Found(NamedTuple):
    """One feature's candidates side by side, ``(n_candidates,)`` each; `parts` are their first and last parts."""

    t: Floats
    degrees: Floats
    mae: Floats
    parts: NDArray[np.intp]


def find_slices(
    frame: Frame, residuals: Floats, features: Sequence[str] | None = None, most: int = 5
) -> tuple[Slice, ...]:
    """Return at most `most` groups of rows with the largest residuals, those that stand out most clearly first.

    `residuals` are observed less predicted, ``(n_rows,)``, all finite; conditions are on `features`, all columns of
    the table unless given. Groups that the earlier ones explain are left out.
    """
    errors = np.abs(residuals)
    if most < 1 or len(errors) < 2 * LEAST_ROWS or np.ptp(errors) == 0:
        return ()
    search = _Search(parted(frame, frame.columns if features is None else features), errors)
    chosen = search.chosen(most)
    return tuple(search.slice_of(group, mask, residuals) for group, mask in chosen)


class _Search:
    """One search for slices among the features' parts."""

    def __init__(self, features: Sequence[Parted], errors: Floats):
        self.features, self.errors = features, errors
        self.size = float(errors.max())
        self.excess = (errors - errors.mean()) / self.size  # sums of squares of what is centred keep their digits
        self.everything = _sums(self.excess, np.zeros(len(errors), np.intp), 1)[:, 0]
        self.least = max(LEAST_ROWS, int(np.ceil(LEAST_SHARE * len(errors))))
        self._most_seen = max(200, min(_MOST_SEEN, int(_MOST_ROWS_SEEN / len(errors))))
        self.n_tried = 0  # single conditions

    def chosen(self, most: int) -> list[tuple[_Group, Mask]]:
        singles = sorted(self._singles(), key=lambda group: -group.t)
        groups = sorted([*singles, *self._pairs(singles)], key=lambda group: -group.t)
        chosen: list[tuple[_Group, Mask]] = []
        covered = np.zeros(len(self.errors), bool)
        for group in groups[: self._most_seen]:
            if len(chosen) == most or self.p_value(group) >= LEVEL:
                break
            mask = self._mask(group)
            if self.errors[mask].mean() < LEAST_RATIO * self.errors.mean() or not self._is_new(mask, covered, chosen):
                continue
            chosen.append((group, mask))
            covered |= mask
        return chosen

    def slice_of(self, group: _Group, mask: Mask, residuals: Floats) -> Slice:
        conditions = tuple(self.features[i].condition(first, last) for i, first, last in sorted(group.places))
        rows, own = np.flatnonzero(mask), residuals[mask]
        mae = float(np.abs(own).mean())
        return Slice(
            words=" and ".join(each.words for each in conditions),
            conditions=conditions,
            n_rows=len(rows),
            mae=mae,
            rmse=float(np.sqrt((own**2).mean())),
            ratio=mae / float(self.errors.mean()),
            bias=float(own.mean()),
            t=group.t,
            p_value=self.p_value(group),
            rows=rows,
        )

    def p_value(self, group: _Group) -> float:
        return self._chance(group.t, group.degrees, len(group.places))

    def _chance(self, t_value: float, degrees: float, n_conditions: int) -> float:
        from scipy.stats import t

        # Both kinds have half the level. Pairs are looked for where single conditions are best, so all possible count.
        n_tried = 2 * self.n_tried if n_conditions == 1 else self.n_tried**2
        return float(min(1.0, t.sf(t_value, degrees) * n_tried))

    # Candidates

    def _singles(self) -> Iterator[_Group]:
        for i in range(len(self.features)):
            found = self._tested(i, slice(None))
            self.n_tried += len(found.t)
            yield from self._groups(i, found, found.t > 0)

    def _tested(self, i: int, rows: Mask | slice) -> _Found:
        """Return the t of each candidate of a feature, over those of `rows` that it has, against all other rows."""
        feature = self.features[i]
        sums = _sums(self.excess[rows], feature.codes[rows], feature.n_parts)
        first, last = feature.candidates.T
        totals = np.concatenate([np.zeros((3, 1)), np.cumsum(sums, axis=1)], axis=1)
        inside = totals[:, last + 1] - totals[:, first]
        outside = self.everything[:, None] - inside
        fits = (inside[0] >= self.least) & (inside[0] <= LARGEST_SHARE * len(self.errors))
        t, degrees = _welch(inside[:, fits], outside[:, fits])
        mae = self.errors.mean() + self.size * inside[1, fits] / inside[0, fits]
        return _Found(t, degrees, mae, feature.candidates[fits])

    def _groups(self, i: int, found: _Found, keep: Mask, others: _Group | None = None) -> Iterator[_Group]:
        before = () if others is None else others.places
        for t, degrees, mae, (first, last) in zip(*(each[keep] for each in found), strict=True):
            yield _Group(float(t), float(degrees), float(mae), (*before, (i, int(first), int(last))))

    def _pairs(self, singles: Sequence[_Group]) -> Iterator[_Group]:
        """Join the best conditions, far enough from each other, with others that make them clearer, or much worse."""
        alone = {group.places[0]: group for group in singles}
        for group, mask in self._parents(singles):
            for i in range(len(self.features)):
                if i == group.places[0][0]:
                    continue
                found = self._tested(i, mask)
                keep = (found.t > CLEARER * group.t) | ((found.t > BEYOND) & (found.mae > SHARPER * group.mae))
                for pair in self._groups(i, found, keep, group):
                    other = alone.get(pair.places[1])
                    if other is None or pair.t > CLEARER * other.t or pair.mae > SHARPER * other.mae:
                        yield pair

    def _parents(self, singles: Sequence[_Group]) -> list[tuple[_Group, Mask]]:
        parents: list[tuple[_Group, Mask]] = []
        for group in singles[: self._most_seen]:
            mask = self._mask(group)
            if all(_overlap(mask, other) <= SAME for _, other in parents):
                parents.append((group, mask))
            if len(parents) == JOINED:
                break
        return parents

    # Choosing

    def _mask(self, group: _Group) -> Mask:
        mask = np.ones(len(self.errors), bool)
        for i, first, last in group.places:
            codes = self.features[i].codes
            mask &= (codes >= first) & (codes <= last)
        return mask

    def _is_new(self, mask: Mask, covered: Mask, chosen: Sequence[tuple[_Group, Mask]]) -> bool:
        """Return whether a group says more than the ones chosen before.

        Its other rows are bad too; or, where it has few others, it is worse by far than the groups that it lies in.
        """
        if not chosen:
            return True
        if any(_overlap(mask, old) > SAME for _, old in chosen):
            return False
        own = mask & ~covered
        if own.sum() >= max(self.least, 0.5 * mask.sum()):
            is_bad = self.excess[own].mean() >= HALF * self.excess[mask].mean()
            return bool(is_bad) and self._is_clear(own, ~mask & ~covered)
        mae = self.errors[mask].mean()
        worse = np.logical_or.reduce([old & (group.mae >= mae) for group, old in chosen])
        rest = mask & ~worse  # what is bad of its own, not for the worse groups that it shares rows with
        milder = [group.mae for group, old in chosen if group.mae < mae and (old & mask).any()]
        is_far = rest.sum() >= self.least and self.errors[rest].mean() >= MUCH_WORSE * max(milder, default=0.0)
        return bool(is_far) and self._is_clear(rest, covered & ~mask)

    def _is_clear(self, rows: Mask, others: Mask) -> bool:
        if min(rows.sum(), others.sum()) < LEAST_ROWS:
            return False
        t, degrees = _welch(
            *(_sums(self.excess[each], np.zeros(int(each.sum()), np.intp), 1) for each in (rows, others))
        )
        return self._chance(float(t[0]), float(degrees[0]), 2) < LEVEL


def _sums(values: Floats, codes: NDArray[np.intp], n_parts: int) -> Floats:
    """Return number, sum and sum of squares of the values in each part, ``(3, n_parts)``."""
    weights = (None, values, values**2)
    return np.array([np.bincount(codes, weight, n_parts) for weight in weights], np.float64)


def _welch(inside: Floats, outside: Floats) -> tuple[Floats, Floats]:
    """Return Welch's t and its degrees of freedom from two groups' numbers, sums and sums of squares, ``(3, n)``."""
    means, errors, n_rows = [], [], []
    for number, total, squares in (inside, outside):
        mean = total / number
        variance = np.maximum(squares - number * mean**2, 0.0) / (number - 1)
        means.append(mean)
        errors.append(variance / number)
        n_rows.append(number)
    error = np.maximum(errors[0] + errors[1], np.finfo(np.float64).tiny)
    parts = [each**2 / (number - 1) for each, number in zip(errors, n_rows, strict=True)]
    degrees = error**2 / np.maximum(parts[0] + parts[1], np.finfo(np.float64).tiny)
    return (means[0] - means[1]) / np.sqrt(error), np.maximum(degrees, 1.0)


def _overlap(one: Mask, other: Mask) -> float:
    """Return Jaccard's index: of the rows that either has, the share that both have."""
    either = int((one | other).sum())
    return float((one & other).sum()) / either if either else 0.0
