"""A run on the session's record: its number and name, and its regressor, as it is or put away."""

from __future__ import annotations

import numbers
import pickle
import re
import threading
import weakref
from collections.abc import Mapping
from typing import Any

from nbreg.errors import NbregError
from nbreg.evaluation.evaluation import Evaluation
from nbreg.evaluation.metrics import METRICS
from nbreg.fit_options import fit_options
from nbreg.regressor import Regressor
from nbreg.training.run import Run

#: Metrics that stand for a run among others.
_SUMMARISED = ("r2", "rmse", "mae")

_DEFAULT_NAME = re.compile(r"run (\d+)")


class Training:
    """A line on the record. It outlives its regressor, which holds a table's inputs.

    `number` is its own for ever, `name` may be changed, `run` has its whole history, `origin` is the number of the run
    that it goes on from.
    """

    def __init__(self, number: int, regressor: Regressor, origin: int | None = None):
        self.number, self.name, self.origin = number, f"run {number}", origin
        self.run: Run = regressor.run_
        self.estimator = type(regressor)
        self.target_names: tuple[str, ...] = regressor.data_spec_.target
        self._held: Regressor | None = regressor
        self._seen = weakref.ref(regressor)
        self._pickled: bytes | None = None
        self._told: dict[str, Any] | None = None
        self._lock = threading.RLock()

    @staticmethod
    def number_in(name: str) -> int | None:
        """Return the number of the run that is called `name` to begin with, or None."""
        matched = _DEFAULT_NAME.fullmatch(name)
        return int(matched[1]) if matched else None

    def is_meant_by(self, ref: Any) -> bool:
        """Return whether `ref` is its number, also as text, its name of now or of the beginning, or its regressor."""
        if isinstance(ref, Regressor):
            return self._seen() is ref
        if isinstance(ref, str):
            return ref.strip() in (self.name, str(self.number), f"run {self.number}")
        return isinstance(ref, numbers.Integral) and not isinstance(ref, bool) and ref == self.number

    # The regressor

    @property
    def regressor(self) -> Regressor:
        """The regressor: the very object that the notebook still has, if any, else one revived from where it was put.

        Raises NbregError where it could not be kept.
        """
        with self._lock:
            return self._held or self._seen() or self._revived()

    def hold(self) -> Regressor:
        """Return the regressor, and keep it as it is from now on. Raises NbregError where it could not be kept."""
        with self._lock:
            self._held = self.regressor
            return self._held

    def put_away(self) -> None:
        """Once its training has ended, keep the regressor as its pickle, which holds no table."""
        with self._lock:
            regressor = self._held
            if regressor is None or not self.run.ended:
                return
            self._facts()
            if self._pickled is None:
                self._pickled = _pickled(regressor)
            self._held = None

    @property
    def n_bytes_put_away(self) -> int:
        """The size of the pickle; 0 where there is none."""
        return len(self._pickled or b"")

    def _revived(self) -> Regressor:
        gone = f"The regressor of {self.name} could not be kept"
        again = "train it again, or hold on to it with a name (-o NAME)"
        if self._pickled is None:
            raise NbregError(f"{gone}, for it cannot be pickled: {again}.")
        try:
            regressor: Regressor = pickle.loads(self._pickled)
        except Exception as error:  # whatever code of the user's own, or Keras, makes of it
            raise NbregError(f"{gone} ({type(error).__name__}: {str(error).strip()[:80]}): {again}.") from None
        self._seen = weakref.ref(regressor)
        return regressor

    # What is said of it

    def summary(self) -> dict[str, Any]:
        """Return what is said of it side by side with others, in words."""
        facts, best = self._facts(), self.run.best
        summary = {
            "name": self.name,
            "target": ", ".join(self.target_names),
            "network": facts["network"],
            "options": facts["options"],
            "from": self.run.start is not None,
            "status": self.run.status,
            "epochs": len(self.run.history),
            "validation loss": f"{best.val_loss:.2g}" if best else "",
        }
        return summary | _test_words(self.test)

    def figures(self) -> dict[str, Any]:
        """Return what is known of it, for machines: all options, and numbers in full."""
        run, facts = self.run, self._facts()
        best, last = run.best, run.history[-1] if run.history else None
        figures = {
            "name": self.name,
            "target": ",".join(self.target_names),
            "architecture": facts["network"],
            **{name: _told(value) for name, value in facts["choices"].items() if name != "target"},
            "start_run": run.start.name if run.start else None,
            "start_epoch": run.start.epoch if run.start else None,
            "status": run.status,
            "epochs_run": len(run.history),
            "best_epoch": best.epoch if best else None,
            "best_loss": best.loss if best else None,
            "best_val_loss": best.val_loss if best else None,
            "last_loss": last.loss if last else None,
            "last_val_loss": last.val_loss if last else None,
            "seconds": run.seconds,
        }
        return figures | _figures_on("validation", self.validation) | _figures_on("test", self.test)

    def origin_words(self, names: Mapping[int, str]) -> str:
        """Return ``run 1 @ 40`` for a run that went on from there; `names` are those of now, by number."""
        start = self.run.start
        if start is None:
            return ""
        name = start.name if self.origin is None else names.get(self.origin, start.name)
        return f"{name} @ {start.epoch}"

    def choices(self) -> dict[str, Any]:
        """Return all options of its fit, as they are checked and kept."""
        return dict(self._facts()["choices"])

    @property
    def validation(self) -> Evaluation | None:
        """The metrics on the validation rows, computed once at most; None while it trains and where there are none."""
        found: Evaluation | None = self._facts()["validation"]
        return found

    @property
    def test(self) -> Evaluation | None:
        """The metrics on the test rows, computed once at most; None while it trains and where there are none."""
        found: Evaluation | None = self._facts()["test"]
        return found

    def _facts(self) -> dict[str, Any]:
        with self._lock:
            if self._told is not None:
                return self._told
            ended = self.run.ended  # before: what is found out while it ends is not the last word
            facts = _facts_of(self.regressor)
            if ended:
                self._told = facts
            return facts


def _facts_of(regressor: Regressor) -> dict[str, Any]:
    known = fit_options() | regressor.table_options()
    return {
        "network": regressor.blueprint_.words(),
        "options": regressor.changed_options() or "defaults",
        "choices": {name: option.check(_choice(regressor, name)) for name, option in known.items()},
        "validation": _evaluation_of(regressor, "validation"),
        "test": _evaluation_of(regressor, "test"),
    }


def _choice(regressor: Regressor, name: str) -> Any:
    return getattr(regressor, name) if hasattr(regressor, name) else getattr(regressor.data_spec_, name)


def _told(value: Any) -> Any:
    return ",".join(map(str, value)) if isinstance(value, (tuple, list)) else value


def _evaluation_of(regressor: Regressor, which: str) -> Evaluation | None:
    try:
        return regressor.evaluation_of(which)
    except NbregError:
        return None


def _test_words(test: Evaluation | None) -> dict[str, str]:
    if test is None:
        return {}
    shown = {name: [METRICS[name].show(test.value(name, target)) for target in test.targets] for name in _SUMMARISED}
    return {f"test {METRICS[name].title}": ", ".join(values) for name, values in shown.items()}


def _figures_on(which: str, found: Evaluation | None) -> dict[str, float | None]:
    if found is None:
        return {}
    several = len(found.targets) > 1
    return {
        f"{which}_{metric}" + (f" {target}" if several else ""): found.value(metric, target)
        for target in found.targets
        for metric in METRICS
    }


def _pickled(regressor: Regressor) -> bytes | None:
    try:
        return pickle.dumps(regressor, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception:  # layers with code of the user's own raise what they like
        return None
