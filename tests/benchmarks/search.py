"""The search: 40 trials by Bayes beside 40 at random and the options that it began with, on two tables of the UCI.

Run ``python tests/benchmarks/search.py [concrete|energy ...] [--folder DIR] [--seeds N] [--trials N]``. Tables are
looked for as ``DIR/<name>/data.txt``, numbers parted by blanks, the target last: in the folder given, in the one that
the environment variable NBREG_UCI names, and in ``*/data/uci`` beside the project; one that is not there is left out.

Every seed parts the rows anew. A search sees train and validation rows only. What it found is judged three times:
by the mean RMSE of its own folds, which is what it looks for and so the best of many; by the RMSE of one network on the
test rows; and by ten folds of all rows, parted by another seed, which is the quietest of them. Printed are medians over
the seeds, and ratios to the default's and to random's, with the number of seeds in which the first was better.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd

import nbreg

TABLES, SAMPLERS, JUDGES = ("concrete", "energy"), ("random", "bayes"), ("its folds", "test", "folds anew")
#: Folds parted anew, and what their seed is further on.
FOLDS, ELSEWHERE = 10, 1_000


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


def measure(table: pd.DataFrame, seed: int, trials: int) -> dict[str, tuple[float, ...]]:
    """Return the RMSE by every judge, of what each sampler found, and of the default."""
    found: dict[str, tuple[float, ...]] = {}
    for sampler in SAMPLERS:
        began = time.perf_counter()
        search = nbreg.tune(table, "y", seed=seed, sampler=sampler, trials=trials, storage=None)
        seconds = time.perf_counter() - began
        found[sampler] = search.best_score, search.test.value("rmse"), anew(table, seed, search.best_options)
        if "default" not in found:
            test = nbreg.fit(table, "y", seed=seed).evaluate()
            found["default"] = search.default_score, test.value("rmse"), anew(table, seed, {})
            print(f"  seed {seed}, default {told(found['default'])}")
        print(f"  seed {seed}, {sampler:7s} {told(found[sampler])}, {seconds:.0f} s: {search.line}", flush=True)
    return found


def anew(table: pd.DataFrame, seed: int, options: dict[str, Any]) -> float:
    """Return the mean RMSE of folds that no search has seen, though it has seen most of their rows."""
    choices = {"target": "y", **options, "folds": FOLDS, "seed": seed + ELSEWHERE}
    return nbreg.cross_validate(table, **choices).mean("rmse")


def told(scores: tuple[float, ...]) -> str:
    return " ".join(f"{judge} {score:.4g}" for judge, score in zip(JUDGES, scores, strict=True))


def report(name: str, by_seed: list[dict[str, tuple[float, ...]]]) -> None:
    """Print medians over the seeds, and the medians of the ratios seed by seed."""
    for place, judge in enumerate(JUDGES):
        medians = {who: statistics.median(each[who][place] for each in by_seed) for who in by_seed[0]}
        print(f"{name}, {judge}: " + ", ".join(f"{who} {value:.4g}" for who, value in medians.items()))
        for one, other in (("bayes", "default"), ("random", "default"), ("bayes", "random")):
            ratios = [each[one][place] / each[other][place] for each in by_seed]
            n_better = sum(ratio < 1 for ratio in ratios)
            print(f"  {one}/{other} {statistics.median(ratios):.3f}, better in {n_better} of {len(ratios)}")


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
