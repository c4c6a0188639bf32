"""Which value of a study is best, if any is.

Values are compared by the corrected resampled t-test on the same folds. Errors are compared by their ratios, that is by
their logarithms: of a value whose errors are large they vary widely, too, and would hide differences of any size; and
MSE and RMSE then say the same. Shares of one, such as R², are compared by their differences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nbreg.data.reading import Floats
from nbreg.evaluation.metrics import Metric
from nbreg.search.resampled import Difference, Interval, corrected_mean, corrected_t_test, holm

#: Differences that chance alone brings about less often than this are called real.
LEVEL = 0.05


@dataclass(frozen=True)
class Findings:
    """How the values of a study compare, by the metric of one target.

    Values are known by their positions. `means` are over the folds that all of them are finished on, the best first;
    `p` are p-values of the first one's differences to the others (corrected resampled t-test), corrected by Holm's
    method.
    """

    metric: Metric
    means: Mapping[int, float]
    p: Mapping[int, float]

    @property
    def leader(self) -> int:
        """The value with the best mean, be that chance or not."""
        return next(iter(self.means))

    @property
    def best(self) -> int | None:
        """The value that is really better than each other one; None: none is."""
        return self.leader if len(self.worse) == len(self.means) - 1 else None

    @property
    def worse(self) -> tuple[int, ...]:
        """The values that the leader is really better than."""
        return tuple(i for i in self.means if self.p.get(i, 1.0) < LEVEL)

    @property
    def level(self) -> tuple[int, ...]:
        """The leader, and those that do not really differ from it."""
        return tuple(i for i in self.means if i not in self.worse)


def findings_of(values: Mapping[int, Floats], metric: Metric, test_share: float) -> Findings | None:
    """Return how values compare by their results on the same folds, ``(n_folds,)`` each, NaN where there is none.

    Returns None where fewer than two values have results on two folds or more.
    """
    known = {i: each for i, each in values.items() if not np.isnan(each).all()}
    if len(known) < 2:
        return None
    common = ~np.isnan(np.stack(list(known.values()))).any(axis=0)
    if common.sum() < 2:
        return None
    means = {i: float(each[common].mean()) for i, each in known.items()}
    order = sorted(means, key=lambda i: -means[i] if metric.higher_is_better else means[i])
    leader, *others = order
    tests = [compared(known[leader][common], known[i][common], metric, test_share).p for i in others]
    return Findings(metric, {i: means[i] for i in order}, dict(zip(others, holm(tests).tolist(), strict=True)))


def compared(first: Floats, second: Floats, metric: Metric, test_share: float) -> Difference:
    """Test whether results on the same folds differ, ``(n_folds,)`` each: errors by their logarithms.

    Where one of the errors is zero it has none, and differences are tested.
    """
    by_ratio = not metric.higher_is_better and not np.any(first <= 0) and not np.any(second <= 0)
    if by_ratio:
        return corrected_t_test(np.log(first), np.log(second), test_share)
    return corrected_t_test(first, second, test_share)


@dataclass(frozen=True)
class Pair:
    """Two values, by their positions, and how they compare: `difference` in units of the metric, `test` as `compared`.

    `p_holm` is corrected for all pairs by Holm's method.
    """

    first: int
    second: int
    difference: Interval
    test: Difference
    p_holm: float


def pairwise(values: Mapping[int, Floats], metric: Metric, test_share: float) -> list[Pair]:
    """Return how each pair of values compares by their results on the same folds, ``(n_folds,)`` each."""
    pairs = [(i, j) for i in values for j in values if i < j]
    tests = [compared(values[i], values[j], metric, test_share) for i, j in pairs]
    corrected = holm([each.p for each in tests]).tolist()
    apart = [corrected_mean(values[i] - values[j], test_share) for i, j in pairs]
    return [Pair(i, j, *each) for (i, j), *each in zip(pairs, apart, tests, corrected, strict=True)]
