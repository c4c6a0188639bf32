"""What simpler models reach on the same table and split: the mean, ridge regression, boosted trees."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbreg.evaluation.evaluation import Evaluation, evaluate
from nbreg.evaluation.wording import count

#: The row sets that baselines are judged on.
JUDGED = ("validation", "test")

#: Ridge and trees learn from at most so many rows, and so many numbers in all: a few seconds of work.
MOST_ROWS = 200_000
MOST_NUMBERS = 20_000_000

#: Boosted trees take categories of at most so many levels as categories.
MOST_TREE_LEVELS = 255

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
    Safe to call from several threads: the first computes, the others wait for it.
    """
    return _CACHE.get(digest(data), lambda: _compute(data))


class OnceCache:
    """The latest few results by key, each computed once, also where several threads ask at the same time."""

    def __init__(self, size: int):
        self.size = size
        self._futures: OrderedDict[str, Future[Baselines]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, compute: Callable[[], Baselines]) -> Baselines:
        with self._lock:
            mine = key not in self._futures
            future = self._futures.setdefault(key, Future())
            self._futures.move_to_end(key)
            while len(self._futures) > self.size:
                self._futures.popitem(last=False)
        if mine:
            self._fill(key, future, compute)
        return future.result()

    def _fill(self, key: str, future: Future[Baselines], compute: Callable[[], Baselines]) -> None:
        try:
            future.set_result(compute())
        except BaseException as error:
            with self._lock:
                self._futures.pop(key, None)  # so that the next one to ask tries anew
            future.set_exception(error)


_CACHE = OnceCache(size=8)


def digest(data: Any) -> str:
    """Return a fingerprint of all that the baselines of `data` depend on."""
    found = hashlib.blake2b(digest_size=16)
    found.update(repr((tuple(data.target_names), tuple(data.encoder.n_levels), _seed(data))).encode())
    for which in ("train", *JUDGED):
        for array in (*data.arrays(which), data.observed(which)):
            found.update(repr((array.shape, array.dtype.str)).encode())
            found.update(np.ascontiguousarray(array).view(np.uint8).data)
    return found.hexdigest()


def _compute(data: Any) -> Baselines:
    from threadpoolctl import threadpool_limits

    # Threads that wait for each other by spinning make small fits many times slower on a machine that is busy.
    with threadpool_limits(1):
        return _computed(data)


def _computed(data: Any) -> Baselines:
    judged = [which for which in JUDGED if data.n_rows(which)]
    X, y = data.arrays("train")
    rows, notes = _rows_to_learn_from(X.shape[0], X.shape[1], _seed(data))
    mean = data.observed("train").mean(axis=0)
    predictors: dict[str, Callable[[Any], Any]] = {"mean": lambda X: np.broadcast_to(mean, (len(X), len(mean)))}
    for name, model in (
        ("ridge", ridge(data.encoder)),
        ("boosted trees", _EachTarget(data.encoder, y.shape[1], _seed(data))),
    ):
        predictors[name] = _learned(model, X[rows], y[rows], data.target_scaler)
    return Baselines({name: _judge(data, judged, predict) for name, predict in predictors.items()}, notes)


def _learned(model: Any, X: Any, y: Any, scaler: Any) -> Callable[[Any], Any]:
    model.fit(X, y)

    def predict(X: Any) -> Any:
        scaled = np.asarray(model.predict(X), dtype=np.float64).reshape(len(X), -1)
        with np.errstate(over="ignore"):  # a line drawn far out can leave what a log can undo; metrics say so
            return scaler.inverse_transform(scaled)

    return predict


def _judge(data: Any, judged: list[str], predict: Callable[[Any], Any]) -> dict[str, Evaluation]:
    return {
        which: evaluate(data.observed(which), predict(data.arrays(which)[0]), data.target_names) for which in judged
    }


def _rows_to_learn_from(n_rows: int, n_inputs: int, seed: int) -> tuple[Any, tuple[str, ...]]:
    most = min(MOST_ROWS, MOST_NUMBERS // max(n_inputs, 1))
    if n_rows <= most:
        return slice(None), ()
    rows = np.sort(np.random.default_rng(seed).choice(n_rows, most, replace=False))
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
