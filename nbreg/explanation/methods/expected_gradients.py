"""Expected gradients: gradients on the way from each background row to each row."""

from __future__ import annotations

from nbreg.evaluation.wording import counted
from nbreg.explanation.lines import along_lines, gauss_legendre
from nbreg.explanation.method import METHODS, Attribution, Method, Task

#: On each line; more change little once the background has some dozens of rows.
N_NODES = 5


@METHODS.register("expected_gradients")
class ExpectedGradients(Method):
    """Expected gradients (Erion et al. 2021): integrated gradients, averaged over baselines from the data.

    The paper draws a background row and a place on the line at random; here each row is joined to every background
    row, and the integral on each line is by Gauss-Legendre quadrature. So nothing is drawn, and what is left of a
    completeness gap is due to kinks between the nodes. Every network that has gradients can be explained so.
    """

    def attribute(self, task: Task) -> Attribution:
        values = along_lines(task, gauss_legendre(N_NODES))
        base_values = task.explained.predict(task.background).mean(axis=0)
        background = counted(len(task.background), "background row")
        return Attribution(values, base_values, words=f"{N_NODES} nodes between each row and each of {background}")
