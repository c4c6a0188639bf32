"""Gradient times input: the prediction's tangent at each row."""

from __future__ import annotations

from nbreg.evaluation.wording import counted
from nbreg.explanation.lines import against_baseline, along_lines
from nbreg.explanation.method import METHODS, Attribution, Method, Task


@METHODS.register("gradient_x_input")
class GradientXInput(Method):
    """Gradient times input (Shrikumar et al. 2016): the gradient at the row, times its distance from a baseline.

    The baseline is the mean background row, for zero means little to a table. It adds up to the prediction only as
    far as the network is linear between baseline and row.
    """

    def attribute(self, task: Task) -> Attribution:
        baseline = against_baseline(task)
        values = along_lines(baseline, ((1.0,), (1.0,)))
        base_values = task.explained.predict(baseline.background)[0]
        background = counted(len(task.background), "background row")
        words = f"the gradient at each row times its distance from the mean of {background}"
        return Attribution(values, base_values, words=words)
