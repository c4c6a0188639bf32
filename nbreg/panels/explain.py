"""The explain panel: what predictions hang on, one feature, one row, and what if it were different."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import traitlets

from nbreg.errors import NbregError, OptionError
from nbreg.evaluation.wording import listed
from nbreg.explanation.spec import ExplanationSpec
from nbreg.options import Option, refuse_unknown
from nbreg.panels.explain_code import Chosen, code_of
from nbreg.panels.explain_explored import Explored
from nbreg.panels.explain_feature import FeatureTelling
from nbreg.panels.explain_state import NOTHING_TRAINED, explaining_words, ready_words, summary_of
from nbreg.panels.explain_still import explanation_still, words_still
from nbreg.panels.explain_subject import Subject, regressor_of, when_ended
from nbreg.panels.explain_traits import ExplainTraits
from nbreg.panels.explain_work import Work
from nbreg.panels.explain_worst import WorstRows, worst_rows
from nbreg.panels.latest import Latest
from nbreg.panels.notebook_names import Acting, notebook_names
from nbreg.panels.panel import PANELS
from nbreg.panels.still import Still
from nbreg.panels.wording import duration
from nbreg.plots.explanation_card import ExplanationCard, explanation_card

if TYPE_CHECKING:
    from nbreg.explanation.explanation import Explanation
    from nbreg.regressor import Regressor

#: Of a table with more rows so many are explained unless a number is given: nobody waits for a million.
ROWS_UNASKED = 500

_SCRIPTS = (
    "controls.js", "picture.js", "code_view.js", "cards.js", "bars.js", "waterfall.js", "dependence.js", "what_if.js",
    "worst.js", "explain.js",
)  # fmt: skip
_STYLES = (
    "run.css", "controls.css", "picture.css", "code.css", "cards.css", "explain.css", "bars.css", "dependence.css",
    "waterfall.css", "what_if.css", "worst.css",
)  # fmt: skip


@PANELS.register("explain")
class ExplainPanel(ExplainTraits, view="explain", scripts=_SCRIPTS, styles=_STYLES):
    """Explains a regressor: importance, one feature's dependence and effect, one row's waterfall, and what if.

    Explaining runs in the background; `wait` waits for it. What the mouse does, Python does too: `choose`, `set`,
    `reset`, and the traits method, target, feature, look, row and changes, which can be observed and linked.

    Parameters
    ----------
    model : Regressor, or the name of one in the notebook, optional
        The session's latest, if left out.
    data : table, or the path of one, optional
        The rows to look at; those that the fit held back to test, if left out.
    background : int or table, optional
    **options
        As for ``nbreg.explain``; of a table with more than 500 rows, 500 are explained unless `rows` says otherwise.

    Attributes
    ----------
    explanation_ : Explanation or None
        Of all targets; None before there is one.
    """

    def __init__(self, model: Any = None, data: Any = None, *, background: Any = None, **options: Any):
        from nbreg.explanation.explain import explanation_choices

        refuse_unknown(options, ExplanationSpec.options())
        method = options.pop("method", "auto")
        self._spec, self._background = explanation_choices(method, background, options)
        self._model, self._data = model, data
        self._work: Work | None = None
        self._telling = FeatureTelling(self.tell)
        self._worst: WorstRows | None = None
        self._wishes: dict[str, Any] = {}
        self._seconds, self._unsubscribe = 0.0, lambda: None
        self._computing, self._quick = threading.RLock(), Latest("nbreg-explain-row", self.show_trouble)
        self._wishing = threading.Lock()
        self._shown_row: tuple[Any, ...] = ()
        self._card: ExplanationCard | None = None
        self._done = threading.Event()
        super().__init__(title="Explain")
        self.method = self._spec.method
        try:
            self._begin()
        except NbregError:
            self.close()
            raise

    @classmethod
    def options(cls) -> dict[str, Option]:
        return {**ExplanationSpec.options(), **Acting.options()}

    # From Python

    def choose(self, **choices: Any) -> None:
        """Choose what is shown: method, target, feature, look, row. Raises OptionError for what there is not."""
        refuse_unknown(choices, ("method", "target", "feature", "look", "row"))
        for name, value in choices.items():
            setattr(self, name, value)

    def set(self, **values: Any) -> None:
        """Change values of the chosen row. Raises OptionError for an unknown feature or a value of the wrong kind."""
        self.changes = {**self.changes, **values}
        self._show_row()

    def reset(self, *features: str) -> None:
        """Take back the changes of these features, or all."""
        self.changes = {name: value for name, value in self.changes.items() if features and name not in features}
        self._show_row()

    def cancel(self) -> None:
        """Give up the explanation under way; the earlier one stays."""
        if self._work is not None:
            self._work.give_up()
            self.words = "Giving up"

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until no explanation is under way, at most `timeout` seconds; return whether that is so.

        Without a regressor there is nothing to wait for.
        """
        return self.status == "empty" or self._done.wait(timeout)

    def explain(self) -> None:
        """Explain anew, with the same choices."""
        self._explain()

    def close(self) -> None:
        if hasattr(self, "_stills"):  # else it was never opened, for what was asked for is not there
            self._unsubscribe()
            self.cancel()
            super().close()

    def _ipython_display_(self) -> None:
        from nbreg.panels.front_end import shows_widgets

        if not shows_widgets():
            self.wait()  # there is nothing but the picture, which is to show something
        super()._ipython_display_()

    # What the views ask for

    def hear_hello(self) -> None:
        if self.status == "empty":
            self._begin()
        self._tell_feature()

    def hear_set(self, name: str, value: Any) -> None:
        # A slider asks faster than can be answered: what has piled up is taken at once.
        with self._wishing:
            self._wishes[name] = value
        self._quick.ask(self._take_wishes, "set")

    def hear_reset(self, names: list[str] | None = None) -> None:
        names = [*self.changes, *self._wishes] if names is None else names
        with self._wishing:
            self._wishes = {name: value for name, value in self._wishes.items() if name not in names}
        self.changes = {name: value for name, value in self.changes.items() if name not in names}

    def hear_explain(self) -> None:
        if self._explored is None:
            self._begin()
        else:
            self._explain()

    hear_choose, hear_cancel = choose, cancel

    def hear_mark(self, number: int) -> None:
        self.marked = number

    def _take_wishes(self) -> None:
        with self._wishing:
            wishes, self._wishes = self._wishes, {}
        self.changes = {**self.changes, **wishes}

    # Beginning

    def _begin(self) -> None:
        """Find the regressor, and explain it once it is trained."""
        try:
            regressor = regressor_of(self._model, notebook_names())
        except OptionError:
            raise
        except NbregError:
            self.status, self.words = "empty", NOTHING_TRAINED
            return
        run = getattr(regressor, "run_", None)
        if run is not None and not run.ended:
            self._await(regressor)
        else:
            self._open(regressor)

    def _await(self, regressor: Regressor) -> None:
        self._done.clear()
        self.status, self.words = "waiting", f"{regressor.words()} still trains; it is explained once that has ended."
        self._unsubscribe = when_ended(regressor.run_, lambda: self._opened_late(regressor))

    def _opened_late(self, regressor: Regressor) -> None:
        try:
            self._open(regressor)
        except Exception as error:
            self.show_trouble(error)
            self.status, self.words = "empty", "There is nothing to explain."
            self._done.set()

    def _open(self, regressor: Regressor) -> None:
        subject = Subject.of(regressor, self._data)
        if subject.is_given and self._spec.rows is None and len(subject) > ROWS_UNASKED:
            self._spec = replace(self._spec, rows=ROWS_UNASKED)
        target = subject.check_target(self._spec.target or subject.targets[0])
        self._spec = replace(self._spec, target=None)  # all are explained, and one is shown
        self._explored = Explored(subject, self._spec, self._background)
        self.title = f"Explain {listed(subject.targets)}"
        self.about = self._explored.about()
        self.target = target
        self._explain()

    # Explaining

    def _explain(self) -> None:
        """Explain in a thread, in place of what is under way."""
        explored = self._explored
        if explored is None:
            return
        if self._work is not None:
            self._work.give_up()
        spec = replace(self._spec, method=self.method)
        begun = time.monotonic()
        self._done.clear()
        self.progress = {"share": None, "left": ""}
        self.status, self.words = "explaining", explaining_words(spec.method)

        def ended(work: Work, explanation: Explanation | None, line: str) -> None:
            if self._work is work:
                self._take(None if work.is_given_up else explanation, line, time.monotonic() - begun)

        self._work = Work(lambda: explored.explain(spec), self._told, ended)
        self._work.begin()

    def _told(self, share: float, seconds_left: float) -> None:
        self.progress = {"share": min(share, 0.99), "left": f"{duration(seconds_left)} left"}

    def _take(self, explanation: Explanation | None, line: str, seconds: float) -> None:
        """Show an explanation, or say why there is none."""
        try:
            if explanation is not None and len(explanation):
                self._seconds = seconds
                self._spec = replace(self._spec, method=self.method)
                with self._computing:
                    self.explanation_ = explanation
                self._show_all()
            elif line:
                self.trouble = line
        except Exception as error:
            self.show_trouble(error)
        finally:
            if self.explanation_ is None:
                self.status, self.words = "stopped", "There is no explanation yet."
            else:
                self.status, self.words = "ready", ready_words(self.explanation_)
                if explanation is None and self.method != self._spec.method:
                    self.set_trait("method", self._spec.method)  # which does not explain anew: it is what is shown
            self._done.set()
            self.refresh_still()

    # Showing

    def _shown(self) -> Explanation | None:
        """Return what is shown: the part of the explanation about the target."""
        return None if self.explanation_ is None else self.explanation_.of_target(self.target)

    def _show_all(self) -> None:
        explanation, explored = self._shown(), self._explored
        if explanation is None or explored is None:
            return
        of_rows = f"of {len(explored.subject):,} {explored.subject.which}"
        self.summary = summary_of(explanation, of_rows, self._seconds)
        if not self.feature or self.feature not in explanation.feature_names:
            self.feature = self.summary["bars"]["names"][0]
        self._show_feature()
        if self.row < 0:
            self.row = int(explanation.rows[0])
        self._show_row()
        self._quick.ask(self._show_worst, "worst")

    def _show_feature(self) -> None:
        explanation = self._shown()
        if explanation is None:
            return
        with self._computing:
            self._telling.show(explanation, self.feature)
        self._tell_feature()

    def _show_row(self) -> None:
        """Show the row as it is now: what was asked for meanwhile overtakes what was."""
        explored, explanation = self._explored, self.explanation_
        if explored is None or explanation is None or self.row < 0:
            return
        with self._computing:
            cloud = self._telling.about
            at, changes = explored.subject.targets.index(self.target), dict(self.changes)
            key = id(explanation), at, self.row, repr(changes), id(cloud)
            if key == self._shown_row:
                return
            self._shown_row = key
            state = explored.row_state(explanation, at, self.row, changes, cloud)
            self.chosen = {**state, "serial": self.chosen.get("serial", 0) + 1, "changes": changes}
        self._show_code()
        self.refresh_still()

    def _show_worst(self) -> None:
        explored, target = self._explored, self.target
        if explored is None or (self._worst is not None and self._worst.target == target):
            return
        self._worst = worst_rows(explored.subject, explored.subject.targets.index(target))
        self.marked = -1
        self.worst = {} if self._worst is None else {**self._worst.about, "marked": []}

    def _show_code(self) -> None:
        explored, explanation = self._explored, self.explanation_
        if explored is None or explanation is None:
            return
        row = Chosen(self.row, explored.number_among_explained(explanation, self.row), self.changes)
        explainer = explored.explainer(explanation.method, self._spec.rounds)
        lines = code_of(explored.subject, self._spec, explainer.method, row, self._data, self._background)
        self.line, self.code = lines

    def _tell_feature(self) -> None:
        """Tell what traits do not carry."""
        self._telling.tell_cloud()
        self._tell_marks()
        if self.look != "dependence":
            self._quick.ask(self._tell_curve, "curve")

    def _tell_marks(self) -> None:
        self._telling.tell_marks(() if self._worst is None else self._worst.rows_of(self.marked))

    def _tell_curve(self) -> None:
        if self._explored is not None and self.explanation_ is not None and self.look != "dependence":
            self._telling.tell_curve(self._explored, self.feature, self.look, self.target)

    # Traits, whoever assigns them

    @traitlets.observe("method")
    def _on_method(self, change: Any) -> None:
        if self._explored is not None and change["new"] != self._spec.method:
            self._explain()

    @traitlets.observe("target")
    def _on_target(self, _: Any) -> None:
        self._in_order(self._show_all)

    @traitlets.observe("feature", "look")
    def _on_feature(self, _: Any) -> None:
        self._in_order(self._show_feature)
        self._quick.ask(self._show_row, "row")

    @traitlets.observe("row")
    def _on_row(self, _: Any) -> None:
        self._wishes = {}
        self.changes = {}
        self._quick.ask(self._show_row, "row")

    @traitlets.observe("changes")
    def _on_changes(self, _: Any) -> None:
        self._quick.ask(self._show_row, "row")

    @traitlets.observe("marked")
    def _on_marked(self, _: Any) -> None:
        self._tell_marks()
        if self._worst is not None:
            self.worst = {**self._worst.about, "marked": self._worst.listed(self._worst.rows_of(self.marked))}

    def _in_order(self, show: Callable[[], None]) -> None:
        if self.explanation_ is not None:
            show()

    # The picture

    def still(self) -> Still:
        explanation, explored = self.explanation_, self._explored
        if explanation is None or explored is None:
            return words_still(self.trouble or self.words)
        if self._card is None or self._card.explanation is not explanation:
            self._card = explanation_card(explanation)
        place = None if self.changes else explored.number_among_explained(explanation, self.row)
        return explanation_still(self._card, self.target, self.chosen, place)
