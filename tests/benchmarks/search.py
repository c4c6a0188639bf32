"""The search: 40 trials by Bayes beside 40 at random and the options that it began with, on two tables of the UCI.

Run ``python tests/benchmarks/search.py [concrete|energy ...] [--folder DIR] [--seeds N] [--trials N]``. Tables are
looked for as ``DIR/<name>/data.txt``, numbers parted by blanks, the target last: in the folder given, in the one that
the environment variable NBREG_UCI names, and in ``*/data/uci`` beside the project; one that is not there is left out.

Every seed parts the rows anew. A search sees train and validation rows only; the RMSE on the test rows is that of the
network trained with what it found. Printed are medians over the seeds, and ratios to the default's and to random's.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd

import nbreg

TABLES, SAMPLERS = ("concrete", "energy"), ("random", "bayes")


def place_of(name: str, folder: str | None) -> Path | None:
    """Return the file of a table; None where there is none."""
    told = folder or os.environ.get("NBREG_UCI")
    beside = sorted(Path(__file__).resolve().parents[3].glob("*/data/uci"))
    places = [Path(told)] if told else beside
    return next((place / name / "data.txt" for place in places if (place / name / "data.txt").is_file()), None)


def read(place: Path) -> pd.DataFrame:
    """Return a table whose last column is called y."""
    numbers = np.loadtxt(place)
    return pd.DataFrame(numbers, columns=[*(f"x{i}" for i in range(numbers.shape[1] - 1)), "y"])


def measure(table: pd.DataFrame, seed: int, trials: int) -> dict[str, tuple[float, float]]:
    """Return the RMSE of the cross-validation and of the test, by sampler, and of the default."""
    found: dict[str, tuple[float, float]] = {}
    for sampler in SAMPLERS:
        began = time.perf_counter()
        search = nbreg.tune(table, "y", seed=seed, sampler=sampler, trials=trials, storage=None)
        found[sampler] = search.best_score, search.test.value("rmse")
        if "default" not in found:
            found["default"] = search.default_score, nbreg.fit(table, "y", seed=seed).evaluate().value("rmse")
        print(f"  seed {seed}, {sampler:6s} {told(found[sampler])}, default {told(found['default'])}, "
              f"{time.perf_counter() - began:.0f} s: {search.line}", flush=True)  # fmt: skip
    return found


def told(scores: tuple[float, float]) -> str:
    return f"folds {scores[0]:.4g} test {scores[1]:.4g}"


def report(name: str, by_seed: list[dict[str, tuple[float, float]]]) -> None:
    """Print medians over the seeds, and the medians of the ratios seed by seed."""
    for place, which in enumerate(("folds", "test")):
        medians = {who: statistics.median(each[who][place] for each in by_seed) for who in by_seed[0]}
        ratios = {
            f"{one}/{other}": statistics.median(each[one][place] / each[other][place] for each in by_seed)
            for one, other in (("bayes", "default"), ("random", "default"), ("bayes", "random"))
        }
        words = ", ".join(f"{who} {value:.4g}" for who, value in medians.items())
        print(f"{name}, {which}: {words}; " + ", ".join(f"{who} {ratio:.3f}" for who, ratio in ratios.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", default=list(TABLES))
    parser.add_argument("--folder")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--trials", type=int, default=40)
    choices = parser.parse_args()
    for name in choices.tables:
        place = place_of(name, choices.folder)
        if place is None:
            print(f"{name}: no data.txt was found, so it is left out (--folder, or NBREG_UCI)")
            continue
        seeds = range(choices.first_seed, choices.first_seed + choices.seeds)
        report(name, [measure(read(place), seed, choices.trials) for seed in seeds])


if __name__ == "__main__":
    main()
