"""What simpler models reach on the same table and split: the mean, ridge regression, boosted trees."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from nbreg.evaluation.evaluation import Evaluation, evaluate_rows
from nbreg.evaluation.wording import count

T = TypeVar("T")
#: From encoded inputs to predictions in target units.
Predict = Callable[[Any], Any]

#: The row sets that baselines are judged on.
JUDGED = ("validation", "test")

#: Ridge and trees learn from at most so many rows, and so many numbers in all: a few seconds of work.
MOST_ROWS = 200_000
MOST_NUMBERS = 20_000_000

#: Boosted trees take categories of at most so many levels as categories.
MOST_TREE_LEVELS = 255

#: Boosted trees learn one target at a time, and of so many at most.
MOST_TREE_TARGETS = 24

#: Ridge takes at most so many columns for the levels of one category; rarer levels share one.
MOST_RIDGE_LEVELS = 200


@dataclass(frozen=True)
class Baselines:
    """For each baseline, its evaluation on each judged row set that has rows; `notes` say what was cut."""

    evaluations: dict[str, dict[str, Evaluation]]
    notes: tuple[str, ...] = ()


def baseline_evaluations(data: Any) -> dict[str, dict[str, Evaluation]]:
    """Return ``{"mean": {"validation": ..., "test": ...}, "ridge": ..., "boosted trees": ...}``."""
    return compute_baselines(data).evaluations


def compute_baselines(data: Any) -> Baselines:
    """Return the baselines of a `RegressionData`, computed once for each table and split.

    All learn from the train rows: the mean of each target; scikit-learn's ``RidgeCV`` and
    ``HistGradientBoostingRegressor`` from the encoded inputs to the scaled targets, turned back into target units.
    For windows of series there is persistence too, the newest value for all that comes. With many targets there are no
    trees.
    Safe to call from several threads: the first computes, the others wait for it.
    """
    key, notes, names = digest(data), _rows_to_learn_from(data)[1], _names(data)
    if "boosted trees" not in names:
        notes = (*notes, f"No boosted trees: they would learn {len(data.target_names)} targets one by one.")
    return Baselines({name: _one(key, name, data) for name in names}, notes)


def baseline_predictors(data: Any) -> dict[str, Predict]:
    """Return the baselines, which have learned from the train rows of `data`: from encoded inputs to predictions."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return {name: _LEARNERS[name](data) for name in _names(data)}


def linear_baseline(data: Any) -> dict[str, Evaluation]:
    """Return the evaluations of ridge regression alone, which is there long before the trees are."""
    return _one(digest(data), "ridge", data)


def _names(data: Any) -> list[str]:
    """Return the baselines that there are for `data`, in the order in which they are told."""
    is_fitting = {
        "persistence": hasattr(data.encoder, "last_positions"),
        "boosted trees": len(data.target_names) <= MOST_TREE_TARGETS,
    }
    return [name for name in _LEARNERS if is_fitting.get(name, True)]


def _one(key: str, name: str, data: Any) -> dict[str, Evaluation]:
    return _CACHE.get(f"{key} {name}", lambda: _compute(name, data))


class OnceCache(Generic[T]):
    """The latest few results by key, each computed once, also where several threads ask at the same time."""

    def __init__(self, size: int):
        self.size = size
        self._futures: OrderedDict[str, Future[T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, compute: Callable[[], T]) -> T:
        with self._lock:
            mine = key not in self._futures
            future = self._futures.setdefault(key, Future())
            self._futures.move_to_end(key)
            while len(self._futures) > self.size:
                self._futures.popitem(last=False)
        if mine:
            self._fill(key, future, compute)
        return future.result()

    def _fill(self, key: str, future: Future[T], compute: Callable[[], T]) -> None:
        try:
            future.set_result(compute())
        except BaseException as error:
            with self._lock:
                self._futures.pop(key, None)  # so that the next one to ask tries anew
            future.set_exception(error)


_CACHE: OnceCache[dict[str, Evaluation]] = OnceCache(size=24)


def digest(data: Any) -> str:
    """Return a fingerprint of all that the baselines of `data` depend on."""
    found = hashlib.blake2b(digest_size=16)
    kept = np.asarray(data.target_scaler.bounds).tolist(), data.target_scaler.are_shares
    found.update(repr((tuple(data.target_names), tuple(data.encoder.n_levels), _seed(data), kept)).encode())
    for which in ("train", *JUDGED):
        for array in (*data.arrays(which), data.observed(which)):
            found.update(repr((array.shape, array.dtype.str)).encode())
            found.update(np.ascontiguousarray(array).view(np.uint8).data)
    return found.hexdigest()


def _compute(name: str, data: Any) -> dict[str, Evaluation]:
    from threadpoolctl import threadpool_limits

    # Threads that wait for each other by spinning make small fits many times slower on a machine that is busy.
    with threadpool_limits(1):
        predict = _LEARNERS[name](data)
        judged = [which for which in JUDGED if data.n_rows(which)]
        return {which: evaluate_rows(data, which, predict(data.arrays(which)[0])) for which in judged}


def _mean(data: Any) -> Predict:
    mean = np.nanmean(data.observed("train"), axis=0)
    return lambda X: np.broadcast_to(mean, (len(X), len(mean)))


def _persistence(data: Any) -> Predict:
    """Return the newest values of the targets' series as the forecast of every step."""
    newest = list(data.encoder.last_positions)
    n_steps = len(data.target_names) // len(newest)
    return lambda X: data.target_scaler.inverse_transform(np.repeat(X[:, newest], n_steps, axis=1))


def _ridge(data: Any) -> Predict:
    return _learned(ridge(data.encoder), data)


def _trees(data: Any) -> Predict:
    return _learned(_EachTarget(data.encoder, len(data.target_names), _seed(data)), data)


#: Baseline -> from data to a function from encoded inputs to predictions in target units.
_LEARNERS: dict[str, Callable[[Any], Predict]] = {
    "mean": _mean,
    "persistence": _persistence,
    "ridge": _ridge,
    "boosted trees": _trees,
}


def _learned(model: Any, data: Any) -> Predict:
    (X, y), rows = data.arrays("train"), _rows_to_learn_from(data)[0]
    X, y = X[rows], y[rows]
    is_whole = ~np.isnan(y).any(axis=1)
    if is_whole.sum() > 1:
        X, y = X[is_whole], y[is_whole]
    model.fit(X, np.nan_to_num(y))  # a missing target is 0, the middle, where no two rows have them all

    def predict(X: Any) -> Any:
        scaled = np.asarray(model.predict(X), dtype=np.float64).reshape(len(X), -1)
        with np.errstate(over="ignore"):  # a line drawn far out can leave what a log can undo; metrics say so
            return data.target_scaler.inverse_transform(scaled)

    return predict


def _rows_to_learn_from(data: Any) -> tuple[Any, tuple[str, ...]]:
    n_rows, n_inputs = data.n_rows("train"), data.encoder.n_inputs
    most = min(MOST_ROWS, MOST_NUMBERS // max(n_inputs, 1))
    if n_rows <= most:
        return slice(None), ()
    rows = np.sort(np.random.default_rng(_seed(data)).choice(n_rows, most, replace=False))
    return rows, (f"Ridge and boosted trees learned from {count(most)} of the {count(n_rows)} train rows.",)


def ridge(encoder: Any) -> Any:
    """Return scikit-learn's ridge regression, its penalty chosen by leave-one-out; codes become one-hot columns."""
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    model = RidgeCV(alphas=np.logspace(-3, 3, 7), alpha_per_target=True)
    codes = _code_columns(encoder)
    if not codes:
        return model
    one_hot = OneHotEncoder(
        handle_unknown="infrequent_if_exist", max_categories=MOST_RIDGE_LEVELS, sparse_output=False, dtype=np.float32
    )
    return make_pipeline(make_column_transformer((one_hot, codes), remainder="passthrough"), model)


class _EachTarget:
    """Boosted trees: one ``HistGradientBoostingRegressor`` for each target."""

    def __init__(self, encoder: Any, n_targets: int, seed: int):
        from sklearn.ensemble import HistGradientBoostingRegressor

        few = [i for i, n in zip(_code_columns(encoder), encoder.n_levels, strict=True) if n <= MOST_TREE_LEVELS]
        self.models = [
            HistGradientBoostingRegressor(categorical_features=few or None, random_state=seed) for _ in range(n_targets)
        ]

    def fit(self, X: Any, y: Any) -> None:
        for i, model in enumerate(self.models):
            model.fit(X, y[:, i])

    def predict(self, X: Any) -> Any:
        return np.column_stack([model.predict(X) for model in self.models])


def _code_columns(encoder: Any) -> list[int]:
    n_codes = len(encoder.n_levels)
    return list(range(encoder.n_inputs - n_codes, encoder.n_inputs))


def _seed(data: Any) -> int:
    return int(data.spec.seed)
