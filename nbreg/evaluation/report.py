"""What a fit came to, as plain data: all that a card or a plot shows, also after loading from a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np

from nbreg.errors import DataError, FileError
from nbreg.evaluation import notices as notice
from nbreg.evaluation.baselines import JUDGED, Baselines, compute_baselines
from nbreg.evaluation.evaluation import Evaluation, evaluate_all, evaluate_rows, is_sampled
from nbreg.evaluation.history import Epoch, plain, thinned
from nbreg.evaluation.pairs import Pairs, sampled

#: So many train rows, at most, tell whether the network overfits.
MOST_TRAIN_ROWS = 20_000


@dataclass(frozen=True)
class RangeTest:
    """Losses that a learning-rate range test (Smith 2015) met, and the rate it suggests."""

    learning_rates: tuple[float, ...]
    losses: tuple[float | None, ...]
    suggestion: float | None


@dataclass(frozen=True)
class Report:
    """What one fit came to.

    Row sets are "train", "validation" and "test"; a set without rows has no evaluation. Metrics and pairs
    are in target units, losses of the history in those of the scaled target.
    """

    targets: tuple[str, ...]
    n_rows: dict[str, int]
    n_features: int
    n_inputs: int
    network: str
    n_parameters: int
    training: str
    #: "finished", "stopped" or "failed"; `error` says why it failed.
    status: str
    error: str
    #: Epochs asked for and epochs run, and the one whose weights were best (None: none ended).
    epochs: int
    epochs_run: int
    best_epoch: int | None
    history: tuple[Epoch, ...]
    evaluations: dict[str, Evaluation]
    #: Baseline -> row set -> evaluation; empty where none were asked for.
    baselines: dict[str, dict[str, Evaluation]]
    pairs: Pairs | None
    notices: tuple[str, ...]
    range_test: RangeTest | None = None
    #: ``run 1 at epoch 40`` where the weights to begin with came from there.
    continued_from: str = ""

    @property
    def judged(self) -> str | None:
        """The row set that counts: test, or validation where there are no test rows."""
        return next((which for which in reversed(JUDGED) if which in self.evaluations), None)

    def to_json(self) -> str:
        """Return the report as JSON (strict: no NaN), which `from_json` takes back."""
        own = {name: getattr(self, name) for name in _AS_IT_IS}
        own["evaluations"] = {which: each.to_dict() for which, each in self.evaluations.items()}
        own["baselines"] = {
            name: {which: each.to_dict() for which, each in of.items()} for name, of in self.baselines.items()
        }
        own["pairs"] = self.pairs and self.pairs.to_dict()
        own["range_test"] = self.range_test and asdict(self.range_test)
        own["continued_from"] = self.continued_from
        return json.dumps(own, allow_nan=False, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the report that `to_json` wrote. Raises FileError."""
        try:
            return cls(**_fields(json.loads(text)))
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            raise FileError(f"This is no report that nbreg wrote: {error.__class__.__name__}: {error}.") from error


_AS_IT_IS = (
    "targets", "n_rows", "n_features", "n_inputs", "network", "n_parameters", "training", "status", "error",
    "epochs", "epochs_run", "best_epoch", "history", "notices",
)  # fmt: skip


def _fields(own: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: own[name] for name in _AS_IT_IS}
    found["targets"], found["notices"] = tuple(own["targets"]), tuple(own["notices"])
    found["history"] = tuple(Epoch(*row) for row in own["history"])
    found["evaluations"] = _evaluations(own["evaluations"])
    found["baselines"] = {name: _evaluations(of) for name, of in own["baselines"].items()}
    found["pairs"] = Pairs.from_dict(own["pairs"]) if own["pairs"] else None
    found["continued_from"] = own.get("continued_from", "")  # older files do not say
    test = own["range_test"]
    found["range_test"] = test and RangeTest(tuple(test["learning_rates"]), tuple(test["losses"]), test["suggestion"])
    return found


def _evaluations(of: Mapping[str, Any]) -> dict[str, Evaluation]:
    return {which: Evaluation.from_dict(each) for which, each in of.items()}


def make_report(
    data: Any,
    run: Any,
    predict: Callable[[Any], Any] | None,
    *,
    network: str,
    n_parameters: int,
    training: str,
    with_baselines: bool = True,
) -> Report:
    """Return what a fit came to.

    `data` is a `RegressionData`, `run` an ended `Run`, and `predict` takes encoded inputs ``(n, n_inputs)`` to
    predictions ``(n, n_targets)`` in target units (None: there is no usable network). `network` and `training`
    are words for people.
    """
    bare = _bare_report(data, run, network, n_parameters, training)
    if predict is None or (run.status == "failed" and not run.history):
        return bare  # no epoch ended: the first weights are no result
    judged = [which for which in JUDGED if data.n_rows(which)]
    predicted = {which: _predictions(data, which, predict) for which in judged}
    evaluations = {which: evaluate_rows(data, which, predicted[which]) for which in judged}
    of_all, not_read = _of_all_test_rows(data, predict)
    evaluations |= of_all
    baselines = compute_baselines(data) if with_baselines and judged else Baselines({})
    pairs = _pairs(data, judged[-1], predicted[judged[-1]]) if judged else None
    told = [
        *bare.notices,
        *not_read,
        *(_overfitting(data, predict, judged[0], predicted[judged[0]]) if judged else ()),
        *(notice.stronger_baselines(evaluations[judged[-1]], baselines.evaluations, judged[-1]) if judged else ()),
        *notice.undefined_metrics(evaluations),
        *baselines.notes,
    ]
    return replace(
        bare, evaluations=evaluations, baselines=baselines.evaluations, pairs=pairs, notices=tuple(dict.fromkeys(told))
    )


def _bare_report(data: Any, run: Any, network: str, n_parameters: int, training: str) -> Report:
    history = run.history
    best_epoch = int(run.best.epoch) if run.best else None
    return Report(
        targets=tuple(data.judged_names),
        n_rows={which: int(data.n_rows_in_all(which)) for which in ("train", *JUDGED)},
        n_features=len(data.columns),
        n_inputs=int(data.encoder.n_inputs),
        network=network,
        n_parameters=int(n_parameters),
        training=training,
        status=run.status,
        error=str(run.error or ""),
        epochs=int(run.epochs),
        epochs_run=len(history),
        best_epoch=best_epoch,
        history=thinned(history, keep=best_epoch),
        evaluations={},
        baselines={},
        pairs=None,
        notices=(*map(str, data.notices), *run.notes),
        range_test=_range_test(getattr(run, "range_test", None)),
        continued_from=_start_words(getattr(run, "start", None)),
    )


def _start_words(start: Any) -> str:
    return "" if start is None else f"{start.name} at epoch {start.epoch:,}"


def _range_test(found: Any) -> RangeTest | None:
    if found is None:
        return None
    losses = tuple(plain(value) for value in found.losses)
    suggestion = None if found.suggestion is None else plain(found.suggestion)
    return RangeTest(tuple(float(rate) for rate in found.learning_rates), losses, suggestion)


def _of_all_test_rows(data: Any, predict: Callable[[Any], Any]) -> tuple[dict[str, Evaluation], list[str]]:
    """Return the evaluation on test rows that are not held in memory, or what to say where they cannot be read."""
    if not is_sampled(data, "test"):
        return {}, []
    try:
        return {"test": evaluate_all(data, "test", predict)}, []
    except DataError as error:
        return {}, [f"The network, too, was judged on the sample of test rows alone: {error}"]


def _predictions(data: Any, which: str, predict: Callable[[Any], Any], rows: Any = slice(None)) -> Any:
    X = data.arrays(which)[0][rows]
    return np.asarray(predict(X), dtype=np.float64).reshape(len(X), len(data.target_names))


def _pairs(data: Any, which: str, predicted: Any) -> Pairs:
    return sampled(which, data.judged(data.observed(which)), data.judged(predicted))


def _overfitting(data: Any, predict: Callable[[Any], Any], which: str, predicted: Any) -> list[str]:
    n_train = data.n_rows("train")
    rows = np.sort(np.random.default_rng(0).permutation(n_train)[:MOST_TRAIN_ROWS])
    train_errors = _errors(data, data.observed("train")[rows], _predictions(data, "train", predict, rows))
    errors = _errors(data, data.observed(which), predicted)
    return [
        line
        for target, on_train, held_out in zip(data.judged_names, train_errors, errors, strict=True)
        for line in notice.overfitting(target, on_train, held_out, which)
    ]


def _errors(data: Any, observed: Any, predicted: Any) -> list[Any]:
    """Return the absolute errors of each target on the rows that have it."""
    observed, predicted = data.judged(observed), data.judged(predicted)
    return [np.abs(o - p)[~np.isnan(o)] for o, p in zip(observed.T, predicted.T, strict=True)]
