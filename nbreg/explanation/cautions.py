"""What to keep in mind with an explanation: correlated features, mixed rows that look like no row of the data."""

from __future__ import annotations

import numpy as np

from nbreg.explanation.explained import Points
from nbreg.explanation.going_together import going_together
from nbreg.explanation.material import drawn
from nbreg.explanation.method import METHODS, Attribution, Task
from nbreg.explanation.mixed_rows import share_off_the_data

#: So many rows tell enough.
MOST_ROWS = 2_000
#: From such a share of mixed rows off the data on, it is worth a sentence.
WORTH_A_SENTENCE = 0.1


def cautions(task: Task, method: str, found: Attribution) -> tuple[str, ...]:
    """Return sentences about what makes these attributions less trustworthy.

    They rest on the data alone, on at most 2,000 rows, and are rounded such that they are the same on every machine.
    """
    rows = _rows(task)
    said = going_together(*task.explained.numbers(rows), task.explained.players, found.values)
    share = share_off_the_data(task, rows) if METHODS[method].mixes_rows else 0.0
    return (*said, *((_off_the_data(share),) if share > WORTH_A_SENTENCE else ()))


def _rows(task: Task) -> Points:
    """Return rows of background and of those explained, ``(n, n_columns)``, each once, drawn where they are many."""
    rows = np.unique(np.concatenate([task.background, task.points]), axis=0)
    few: Points = rows[drawn(len(rows), MOST_ROWS, task.seed)]
    return few


def _off_the_data(share: float) -> str:
    return (
        f"{share:.0%}".replace("%", " %") + " of the mixed rows that stand for unknown features look like no row of "
        "the data (farther from all of them than 99 % of them are from their nearest): what the network answers there "
        "is a guess, and the attributions rest on it."
    )
