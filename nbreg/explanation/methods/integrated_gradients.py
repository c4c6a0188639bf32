"""Integrated gradients: gradients on the way from one baseline to each row."""

from __future__ import annotations

from nbreg.evaluation.wording import counted
from nbreg.explanation.lines import against_baseline, along_lines, gauss_legendre
from nbreg.explanation.method import METHODS, Attribution, Method, Task

N_NODES = 50


@METHODS.register("integrated_gradients")
class IntegratedGradients(Method):
    """Integrated gradients (Sundararajan, Taly & Yan 2017): mean gradient between baseline and row, times distance.

    The baseline is the mean background row, which may be like no row of the data (half of each category); the base
    value is its prediction. The integral is by Gauss-Legendre quadrature.
    """

    def attribute(self, task: Task) -> Attribution:
        baseline = against_baseline(task)
        values = along_lines(baseline, gauss_legendre(N_NODES))
        base_values = task.explained.predict(baseline.background)[0]
        background = counted(len(task.background), "background row")
        return Attribution(values, base_values, words=f"{N_NODES} nodes between each row and the mean of {background}")
