"""One training as the train panel shows it: its rows as they come, what its weights predict, how good that is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nbreg.evaluation.wording import counted
from nbreg.panels.following import Following
from nbreg.panels.train_scores import Scores, Seen, cards

if TYPE_CHECKING:
    from nbreg.evaluation.evaluation import Evaluation
    from nbreg.regressor import Regressor

#: Seconds between two looks at the network while it trains.
LOOK_EVERY = 0.5


class Underway:
    """Follows the training of `regressor`, which has taken its table, from its beginning to its result.

    `show` is told what is new, by trait: ``show(state=..., cards=...)``; `tell` sends messages to the views.
    """

    def __init__(
        self, regressor: Regressor, name: str, show: Callable[..., None], tell: Callable[..., None], greeted: bool
    ):
        self.regressor, self.run, self.name = regressor, regressor.run_, name
        self._show, self._tell = show, tell
        self._scores = Scores(regressor)
        self._linear: Evaluation | None = None
        self._seen: Seen | None = None
        self._found: Evaluation | None = None
        self._rows = self._scores.words()  # that the figures are of
        self._target = self._scores.targets[0]
        self._looked = 0.0
        self._following = Following(self.run, self._tell_rows, greeted=greeted)

    def begin(self) -> None:
        """Begin to follow."""
        self._show(state={}, cards=[])
        self._following.begin()

    def greet(self) -> None:
        """Tell all there is: a new view is there."""
        self._following.greet()
        self._tell_scatter()

    def close(self) -> None:
        """Follow no more; the training goes on."""
        self._following.close()

    def show_target(self, name: str) -> None:
        """Show the predictions, and the figures, of another target."""
        if name in self._scores.targets:
            self._target = name
            self._tell_found()

    def compare(self) -> None:
        """Find what a linear model reaches on the validation rows, for the figures to be compared with."""
        from nbreg.evaluation.baselines import linear_baseline

        data = self.regressor.data_
        if self._linear is None and data is not None and data.n_rows("validation"):
            self._linear = linear_baseline(data)["validation"]

    def show_result(self) -> None:
        """Show what the training came to: the weights that it kept, on all validation rows."""
        run, scores, regressor = self.run, self._scores, self.regressor
        self._following.wait()
        self.compare()
        epoch = run.best.epoch if run.best else len(run.history)
        self._seen = scores.seen(float(epoch), regressor.predict_inputs(scores.inputs))
        validated = scores.which == "validation"
        self._found = regressor.evaluation_of("validation") if validated else scores.evaluate(self._seen)
        self._rows = counted(scores.n_rows, f"{scores.which} row")
        self._tell_found()

    @property
    def pairs(self) -> tuple[Scores, Seen] | None:
        """The watched rows, and what was last seen of them."""
        return (self._scores, self._seen) if self._seen is not None else None

    # What the thread that follows does

    def _tell_rows(self, rows: Any, *, start: int, end: int, state: dict[str, Any]) -> None:
        self._show(state={**state, "name": self.name})
        self._tell("rows", [rows.tobytes()], start=start, end=end)
        self._look()

    def _look(self) -> None:
        """Show what the network has come to, and ask for the next look at it."""
        seen = self._scores.take()
        if self.run.ended:
            return
        if seen is not None:
            self._seen, self._found = seen, self._scores.evaluate(seen)
            self._tell_found()
        if time.monotonic() - self._looked >= LOOK_EVERY:
            self._looked = time.monotonic()
            self.run.request_look(self._scores.look)

    def _tell_found(self) -> None:
        self._show(cards=cards(self.run, self._found, self._linear, self._target, self._rows))
        self._tell_scatter()

    def _tell_scatter(self) -> None:
        if self._seen is None:
            return
        epoch = int(self._seen.progress)
        points = self._scores.points(self._seen, self._target)
        words = f"{self._scores.words()}, after epoch {epoch:,}"
        self._tell("scatter", [points.tobytes()], target=self._target, epoch=epoch, words=words)
