"""The train panel: choose, train, watch, steer, go on from an earlier epoch, and take the code."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from nbreg.branching.starting import Starting
from nbreg.errors import NbregError, OptionError
from nbreg.options import Option
from nbreg.panels import train_code, train_draft, train_runs, train_still
from nbreg.panels.form import form, read
from nbreg.panels.notebook_names import notebook_names
from nbreg.panels.panel import PANELS
from nbreg.panels.still import Still
from nbreg.panels.train_choices import NAMELESS, Choices, Naming, tables
from nbreg.panels.train_task import FIT, Task
from nbreg.panels.train_traits import TrainTraits
from nbreg.panels.train_underway import Underway
from nbreg.training.run import Run

if TYPE_CHECKING:
    from nbreg.regressor import Regressor
    from nbreg.session import Session

_SCRIPTS = (
    "picture.js", "chart.js", "learning_curve.js", "curve_view.js", "run_view.js", "controls.js", "columns_view.js",
    "rate_choice.js", "network_drawing.js", "scatter.js", "earlier_view.js", "code_view.js", "cards.js",
    "training_view.js", "setup_form.js", "train.js",
)  # fmt: skip
_STYLES = (
    "picture.css", "curve.css", "run.css", "controls.css", "buttons.css", "code.css", "cards.css", "columns.css",
    "network.css", "training.css", "train.css",
)  # fmt: skip


@PANELS.register("train")
class TrainPanel(TrainTraits, view="train", scripts=_SCRIPTS, styles=_STYLES):
    """Trains networks on the tables of the notebook, with the mouse.

    Parameters
    ----------
    data : pandas, polars or pyarrow table, or the path of a .csv or .parquet file, optional
        Unless given, one of the notebook's tables is chosen in the panel.
    start : a run to go on from, as in ``nbreg.fit``, optional
    out : str, optional
        A name that the notebook gets for each regressor that was trained.
    **options
        What the controls show at first: as in ``nbreg.fit``, target included.

    Attributes
    ----------
    choices : dict
        The options of the next training; assign some of them (``panel.choices = {"epochs": 50}``) to change those.
    run_, regressor_
        The latest training and what came of it: None before the first.

    All of its synced traits can be observed and linked; what the mouse does, methods do as well.
    """

    heading: ClassVar[str] = "Train"
    task: ClassVar[Task] = FIT
    wishes = (
        "choose_table", "suggest", "use_suggestion", "branch", "begin_anew", "compare",
        "train", "stop", "pause", "resume", "set_learning_rate", "show_target", "final_test",
    )  # fmt: skip

    def __init__(self, data: Any = None, *, start: Any = None, out: str | None = None, **options: Any):
        from nbreg.session import SESSION

        self.out = out
        self._chosen = Choices(options, self.task)
        self._underway: Underway | None = None
        self._thread: threading.Thread | None = None
        self._last: tuple[dict[str, Any], dict[str, Any]] = {}, {}  # what the latest run was asked, and its steering
        self._compared: Sequence[int] | None = None
        self._greeted = False
        self._session: Session = SESSION
        groups = form(self.task.grouped_options(), self.task.needed)
        super().__init__(title=self.heading, form=groups)
        self._leave_session = SESSION.subscribe(lambda _: self._aside.ask(self._list_runs, "runs"))
        self._list_runs()
        self._open(data)
        if start is not None:
            self.branch(start)
        self._changed()

    @classmethod
    def options(cls) -> dict[str, Option]:
        return {**cls.task.options(), **Starting.options(), **Naming.options()}

    def close(self) -> None:
        """Leave the notebook. A training goes on: `run_` can stop it."""
        if not hasattr(self, "_leave_session"):
            return  # it was never opened, for what was asked for does not fit
        self._leave_session()
        if self._underway is not None:
            self._underway.close()
        super().close()

    def still(self) -> Still:
        if self._underway is None or not self._underway.run.history:
            return train_still.before(self.line, self._looked_through())
        return train_still.after(self.line, self._underway, self.cards)

    # Choosing

    def _show_chosen(self) -> None:
        super()._show_chosen()
        self.start = self._chosen.start

    def _show_draft(self) -> None:
        """Show the network that these choices make, and, as trouble, what is wrong with them."""
        if self._chosen.missing:
            self.network, self.schedule, self.summaries = {}, {}, {}
            return
        draft = self._chosen.draft()
        self.network = train_draft.network_of(draft, None)
        self.schedule = train_draft.schedule_of(self._chosen.options, draft.training_.epochs)
        self.summaries = train_draft.summaries_of(draft, len(self.columns) - len(draft.target_names_))
        self.network = train_draft.network_of(draft, draft.drafted_network(draft.data_))
        self.trouble = ""

    def suggest(self) -> None:
        """Look for a learning rate with a range test; `suggestion` has it a few seconds later. Raises DataError."""
        self._chosen.check_ready()
        self._aside.ask(self._suggest, "suggest")

    def _suggest(self) -> None:
        self._show(busy="Looking for a learning rate")
        try:
            self.suggestion = train_draft.suggestion_of(self._chosen.draft().find_learning_rate())
        finally:
            self._show(busy="")

    def use_suggestion(self) -> None:
        """Take the learning rate that the range test found."""
        if self.suggestion:
            self.choose(learning_rate=self.suggestion["rate"])

    # Going on from an earlier run, and earlier runs to compare with

    def branch(self, run: Any, epoch: int | None = None) -> None:
        """Let the next training go on from a run, as ``start`` of ``nbreg.fit``. Raises OptionError."""
        with self._lock:
            self._chosen.begin_at(*self._session.branch(run if epoch is None else (run, epoch)))
        self._changed()

    def begin_anew(self) -> None:
        """Let the next training begin with new weights."""
        self._chosen.begin_anew()
        self._changed()

    def compare(self, runs: Sequence[int] | None) -> None:
        """Draw the curves of these runs, by their numbers, behind the present one; None: of the latest ones."""
        self._compared = None if runs is None else [self._session.find(number).number for number in runs]
        self._tell_earlier()

    def _list_runs(self) -> None:
        self.runs = train_runs.listed(self._session.trainings, self.task)
        self._tell_earlier()

    def _tell_earlier(self) -> None:
        if self._greeted:
            others = train_runs.alike(self._session.trainings, self.task)
            described, curves = train_runs.earlier(others, self.run_, self._compared)
            self.tell("earlier", curves, runs=described)

    # Training

    @property
    def trains(self) -> bool:
        """Whether a training of this panel is under way."""
        return self._thread is not None and self._thread.is_alive()

    def train(self, wait: bool = False) -> None:
        """Train with the present choices, in a thread; `wait` until it has ended.

        Raises NbregError where the panel trains already, or no table or target is chosen; with `wait` also what goes
        wrong while it trains, and an interrupt stops the run.
        """
        with self._lock:
            if self.trains:
                raise OptionError("This panel trains already: stop that first, or open a second panel.")
            self._chosen.check_ready()
            failures: list[NbregError] = []
            work = self._chosen.data, self._chosen.arguments(), failures
            context = contextvars.copy_context()  # what is displayed meanwhile goes to this cell
            self._thread = threading.Thread(
                target=context.run, args=(self._train, *work), name="nbreg-trainer", daemon=True
            )
            self._thread.start()
        if wait:
            self._wait(self._thread)
            if failures:
                raise failures[0]

    def _wait(self, thread: threading.Thread) -> None:
        while thread.is_alive():
            try:
                thread.join(0.1)
            except KeyboardInterrupt:
                if self.run_ is not None:
                    self.run_.request_stop()

    def _train(self, data: Any, arguments: dict[str, Any], failures: list[NbregError]) -> None:
        from nbreg.session import take_up

        underway: Underway | None = None
        try:
            self._show(busy="Reading the table")
            underway = self._begin(take_up(data, estimator=self.task.estimator, **arguments))
            underway.regressor.train()
        except Exception as error:  # a defect among them: the panel says so and lives on
            failures.append(error if isinstance(error, NbregError) else NbregError(f"{type(error).__name__}: {error}"))
            self.show_trouble(error)
        finally:
            self._show(busy="")
            if underway is not None:
                self._ended(underway, arguments)

    def _begin(self, regressor: Regressor) -> Underway:
        """Show the run that is about to begin in place of the one before."""
        name = self._session.find(regressor).name
        with self._lock:
            if self._underway is not None:
                self._underway.close()
            underway = self._underway = Underway(regressor, name, self._show, self.tell, self._greeted)
            self.regressor_, self.run_, self.test = regressor, regressor.run_, ""
        self._show(busy="")
        underway.begin()
        self._list_runs()
        self._aside.ask(underway.compare, "compare")
        return underway

    def _ended(self, underway: Underway, arguments: dict[str, Any]) -> None:
        """Show what came of it, give it its name, and leave a picture."""
        regressor = underway.regressor
        if self._came_to_something(underway):
            self._last = arguments, regressor.steering()
            underway.show_result()
            if self.out:
                cast(MutableMapping[str, Any], notebook_names())[self.out] = regressor
        else:
            self._session.remove(regressor)
        self._write_code()
        self._list_runs()
        self.refresh_still()

    @staticmethod
    def _came_to_something(underway: Underway) -> bool:
        return hasattr(underway.regressor, "network_") and bool(underway.run.history)

    # Steering

    def stop(self) -> None:
        """Ask the run to stop; it keeps its history and its best weights."""
        self._present_run().request_stop()

    def pause(self) -> None:
        """Ask the run to wait until `resume`."""
        self._present_run().request_pause()

    def resume(self) -> None:
        """Let a paused run go on."""
        self._present_run().request_resume()

    def set_learning_rate(self, learning_rate: float) -> None:
        """Change the learning rate of the run under way. Raises OptionError."""
        checked = read(self._chosen.known["learning_rate"], learning_rate)
        if isinstance(checked, str):
            raise OptionError("A run under way takes a number as its learning rate.")
        self._present_run().set_learning_rate(checked)

    def _present_run(self) -> Run:
        if self.run_ is None or self.run_.ended:
            raise OptionError("Nothing trains here at present.")
        return self.run_

    def final_test(self) -> str:
        """Return, and show, the metrics on the test rows: to be looked at once, when all choices are made."""
        if self.regressor_ is None or not hasattr(self.regressor_, "network_"):
            raise OptionError("There is nothing to test yet: train first.")
        self.test = train_code.test_words(self.regressor_)
        return self.test

    def show_target(self, name: str) -> None:
        """Show the predictions of another target, where there are several."""
        if self._underway is not None:
            self._underway.show_target(name)

    # What views are told

    def hear_hello(self) -> None:
        """A new view is there: tell it what traits do not carry."""
        self._greeted = True
        self.tables = tables()
        self._tell_earlier()
        if self._underway is not None:
            self._underway.greet()

    def _show(self, state: dict[str, Any] | None = None, busy: str | None = None, cards: Any = None) -> None:
        with self._lock:
            if state is not None:
                self.state = {**state, "busy": self.state.get("busy", "")}
            if busy is not None:
                self.state = {**self.state, "busy": busy}
            if cards is not None:
                self.cards = cards

    def _write_code(self) -> None:
        told = train_code.retold(self._chosen.arguments(), *self._last)
        self.line, self.code = train_code.lines(told, self.table or NAMELESS, self.out, self.task.verb)
