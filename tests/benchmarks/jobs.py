"""How long 40 fits take with one job and with two, what starting workers costs, and what memory stays.

    python tests/benchmarks/jobs.py [N_FITS]

With N_FITS, 300 by default, it also prints the memory of this process after 25, 50, 100, 200 and 300 fits of networks
of different widths, 32 to 512, and that of its workers at the end; 0 leaves that out.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from nbreg.data.frames import as_frame
from nbreg.data.spec import DataSpec
from nbreg.search.course import Course
from nbreg.search.crew import IDLE
from nbreg.search.fold_spec import FoldSpec
from nbreg.search.fold_table import FoldTable
from nbreg.search.processes import Processes
from nbreg.search.worker_process import memory
from nbreg.search.workers import Fit, Here, Workers

#: After so many fits the memory is printed.
LOOK_AFTER = (1, 25, 50, 100, 200, 300)


def table(n_rows: int) -> FoldTable:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(n_rows, 8)), columns=list("abcdefgh"))
    frame["y"] = np.sin(frame.a) + frame.b**2 + rng.normal(size=n_rows) * 0.1
    return FoldTable.of(as_frame(frame), DataSpec(target=("y",)), FoldSpec(folds=5))


def fits(n: int, **options: Any) -> Iterator[Fit]:
    return (Fit(i, {"learning_rate": 0.001 * (1 + i), **options}, i % 5, refits=n) for i in range(n))


def seconds(workers: Workers, folded: FoldTable, some: Iterator[Fit]) -> float:
    began = time.perf_counter()
    for _, outcome in workers.outcomes(folded, some, Course(1)):
        assert not outcome.error, outcome.error
    return time.perf_counter() - began


def compare() -> None:
    folded = table(1_000)
    for name, options in {"64-32": {"hidden": (64, 32)}, "256-128": {"hidden": (256, 128), "epochs": 60}}.items():
        first = {jobs: seconds(workers, folded, fits(2, **options)) for jobs, workers in _both()}
        then = {jobs: seconds(workers, folded, fits(40, **options)) for jobs, workers in _both()}
        print(f"{name}: the first 2 fits {first[1]:.1f} s with one job, {first[2]:.1f} s with two (workers start)")
        print(
            f"{name}: 40 fits {then[1]:.1f} s with one job, {then[2]:.1f} s with two: {then[1] / then[2]:.2f} as fast"
        )


def _both() -> tuple[tuple[int, Workers], ...]:
    return (1, Here()), (2, Processes(2))


def grow(n: int) -> None:
    """Print the memory after so many fits of networks of different shapes, each compiled anew."""
    folded, rng = table(1_000), np.random.default_rng(0)
    sizes = [tuple(int(32 * 16**share) for share in rng.random(2)) for _ in range(n)]
    for jobs, workers in _both():
        shapes = (Fit(i, {"hidden": sizes[i], "epochs": 2, "engine": "graph"}, i % 5) for i in range(n))
        for done, _ in enumerate(workers.outcomes(folded, shapes, Course(n)), 1):
            if done in LOOK_AFTER:
                print(f"{jobs} jobs, {done} fits: {memory() / 2**20:,.0f} MB here", flush=True)
        if idle := IDLE._idle:
            print(f"{jobs} jobs: workers hold {', '.join(f'{each.memory / 2**20:,.0f}' for each in idle)} MB")


if __name__ == "__main__":
    compare()
    grow(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
