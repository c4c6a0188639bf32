"""The study panel: choose a factor and its values, watch the study fill, and take the code."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from nbreg.errors import DataError, NbregError, OptionError
from nbreg.evaluation.wording import counted
from nbreg.options import Option
from nbreg.panels import study_still, train_still
from nbreg.panels.form import form
from nbreg.panels.notebook_names import notebook_names
from nbreg.panels.panel import PANELS
from nbreg.panels.still import Still
from nbreg.panels.study_choices import StudyChoices, listed_factors
from nbreg.panels.study_code import fit_lines, study_lines
from nbreg.panels.study_options import STUDY, STUDY_GROUP, StudyNaming
from nbreg.panels.study_told import course_state, findings_words, found_so_far, heat_map
from nbreg.panels.study_traits import StudyTraits
from nbreg.panels.train_choices import NAMELESS, tables
from nbreg.panels.train_task import Task
from nbreg.panels.wording import line_of

if TYPE_CHECKING:
    from nbreg.panels.study_following import StudyFollowing
    from nbreg.search.study import Study

_SCRIPTS = (
    "picture.js", "chart.js", "run_view.js", "controls.js", "columns_view.js", "code_view.js", "setup_form.js",
    "study_chart.js", "study_view.js", "study.js",
)  # fmt: skip
_STYLES = (
    "picture.css", "run.css", "controls.css", "buttons.css", "code.css", "columns.css", "training.css", "train.css",
    "study.css",
)  # fmt: skip


@PANELS.register("study")
class StudyPanel(StudyTraits, view="study", scripts=_SCRIPTS, styles=_STYLES):
    """Studies what one choice does, with the mouse: a network is trained with each value of it on the same folds.

    Parameters
    ----------
    data : pandas, polars or pyarrow table, or the path of a .csv or .parquet file, optional
        Unless given, one of the notebook's tables is chosen in the panel.
    out : str, optional
        A name that the notebook gets for each study, from its beginning on.
    **options
        What the controls show at first: `factor`, `values`, `second_factor` and `second_values`, and what
        ``nbreg.study`` takes, target included.

    Attributes
    ----------
    choices : dict
        The options of the next study; assign some of them (``panel.choices = {"repeats": 3}``) to change those.
    study_
        The latest study, which fills while the panel works; None before the first.

    All of its synced traits can be observed and linked; what the mouse does, methods do as well.
    """

    task: ClassVar[Task] = STUDY
    wishes = ("choose_table", "run", "stop", "show_target", "take", "give_back")

    def __init__(self, data: Any = None, *, out: str | None = None, **options: Any):
        self.out = out
        self._chosen: StudyChoices = StudyChoices(options)
        self._asked: StudyChoices | None = None  # what the latest study was asked to do
        self._following: StudyFollowing | None = None
        self._thread: threading.Thread | None = None
        self._stop_wanted, self._target, self._number = False, "", 0
        self._found: tuple[dict[str, Any], bytes] | None = None  # what views were told last
        groups = [
            {**group, "folded": group["title"] != STUDY_GROUP} for group in form(STUDY.grouped_options(), STUDY.needed)
        ]
        super().__init__(title="Study", form=groups, factors=listed_factors())
        self._open(data)
        self._changed()

    @classmethod
    def options(cls) -> dict[str, Option]:
        return {**STUDY.options(), **StudyNaming.options()}

    def close(self) -> None:
        """Leave the notebook. A study goes on: ``study_.course.request_stop()`` can stop it."""
        if self._following is not None:
            self._following.close()
        super().close()

    def still(self) -> Still:
        if self.study_ is None or not self.study_.outcomes:
            return train_still.before(self.line, self._looked_through())
        return study_still.after(self._study_lines(self._asked or self._chosen)[0], self.study_)

    # Choosing

    def hear_try_values(self, name: str, value: str) -> None:
        """Values are being typed: say whether they are some."""
        self._aside.ask(lambda: self._tell_wrong(name, value), f"try {name}")

    def _tell_wrong(self, name: str, text: str) -> None:
        if self._chosen.missing or name not in self._chosen.options:
            return
        wrong = self._chosen.wrong_values(name, text) if text.strip() else ""
        others = {other: words for other, words in self.problems.items() if other != name}
        self.problems = {**others, **({name: wrong} if wrong else {})}

    def _changed(self) -> None:
        self.taken = ""
        super()._changed()

    def _write_code(self) -> None:
        self.line, self.code = self._study_lines(self._chosen)

    def _study_lines(self, chosen: StudyChoices) -> tuple[str, str]:
        return study_lines(chosen.arguments(), chosen.table or NAMELESS, self.out)

    def _show_draft(self) -> None:
        """Show the values that are usual, how many trainings there are, and what is wrong with the choices."""
        chosen = self._chosen
        if chosen.missing:
            self._forget_draft()
            return
        try:
            chosen.table_in_folds()
        except NbregError:
            self._forget_draft()
            raise
        self.usual = {name: self._usual(place, name) for place, name in enumerate(chosen.value_names)}
        for name in chosen.value_names:
            self._tell_wrong(name, chosen.options[name])
        lacking = [name for name in chosen.value_names if not chosen.options[name] and not self.usual[name]["values"]]
        self.missing = "Enter values to try" if lacking else ""
        is_known = not lacking and not self.problems
        own = {STUDY_GROUP: counted(chosen.n_trainings(), "training")} if is_known else {}
        self.summaries = {**own, "Data": self._suspicious()}
        self.trouble = ""

    def _forget_draft(self) -> None:
        self.usual, self.summaries = {}, {}

    def _suspicious(self) -> str:
        """Return in a word which features are not to be trusted: the group that says why is folded."""
        names = [each["name"] for each in self.columns if each["warning"] and each["role"] == "feature"]
        return "" if not names else f"⚠ {names[0]}" if len(names) == 1 else f"⚠ {counted(len(names), 'column')}"

    def _usual(self, place: int, name: str) -> dict[str, str]:
        """Return the values of a factor unless some are given, and a word about what it takes."""
        kind = self._chosen.factors[place].kind
        try:
            return {"values": self._chosen.usual_values(place), "words": ""}
        except OptionError:
            return {"values": "", "words": f"Each is {kind.expected}."}

    # The study

    @property
    def runs(self) -> bool:
        """Whether a study of this panel is under way."""
        return self._thread is not None and self._thread.is_alive()

    def run(self, wait: bool = False) -> None:
        """Do the study with the present choices, in a thread; `wait` until it has ended.

        Raises NbregError where one is under way already, or no table or target is chosen; with `wait` also what goes
        wrong meanwhile, and an interrupt stops the study.
        """
        with self._lock:
            if self.runs:
                raise OptionError("This panel has a study under way: stop that first, or open a second panel.")
            self._chosen.check_ready()
            failures: list[NbregError] = []
            self._stop_wanted, self.taken = False, ""
            context = contextvars.copy_context()  # what is displayed meanwhile goes to this cell
            self._thread = threading.Thread(
                target=context.run, args=(self._do, self._chosen.copy(), failures), name="nbreg-study", daemon=True
            )
            self._thread.start()
        if wait:
            self._wait(self._thread)
            if failures:
                raise failures[0]

    def stop(self) -> None:
        """End the study: what is done is kept, the training under way is not. Raises OptionError where none runs."""
        if not self.runs:
            raise OptionError("No study is under way here.")
        self._stop_wanted = True
        if self.study_ is not None:
            self.study_.course.request_stop()

    def _wait(self, thread: threading.Thread) -> None:
        while thread.is_alive():
            try:
                thread.join(0.1)
            except KeyboardInterrupt:
                self.stop()

    def _do(self, asked: StudyChoices, failures: list[NbregError]) -> None:
        from nbreg.search.study import drafted

        study: Study | None = None
        error, before = "", self.state
        try:
            self._show_state({"busy": "Reading the table"})
            study, work = drafted(data=asked.data, **asked.arguments())
            self._begin(study, asked)
            work()
            if study.outcomes and len(study.failures) == len(study.outcomes):
                raise DataError(f"All trainings failed: {next(iter(study.failures.values()))}")
        except Exception as raised:  # a defect among them: the panel says so and lives on
            failures.append(raised if isinstance(raised, NbregError) else NbregError(line_of(raised)))
            error = line_of(raised)
        if study is None:
            self._show_state(before)
            self.trouble = error
        else:
            self._end(study, error)

    def _begin(self, study: Study, asked: StudyChoices) -> None:
        """Show a study in place of the one before."""
        from nbreg.panels.study_following import StudyFollowing

        with self._lock:
            if self._following is not None:
                self._following.close()
            self._asked, self._number, self.study_ = asked, self._number + 1, study
            self._target = self._target if self._target in study.targets else study.targets[0]
            if self.out:
                cast(MutableMapping[str, Any], notebook_names())[self.out] = study
            if self._stop_wanted:
                study.course.request_stop()
        self._following = StudyFollowing(study, lambda: self._show_study(study))
        self.picture = ""
        self._show_study(study)
        self._following.begin()

    def _end(self, study: Study, error: str) -> None:
        """Show what has become of a study, and leave a picture."""
        if not study.course.ended:
            study.course.end(failed=True)
        if self._following is not None:
            self._following.wait()
        self._show_state(course_state(study, error))
        self.refresh_still()

    def _show_study(self, study: Study) -> None:
        """Show how far it is, and what it has found; at its end also what takes seconds to find."""
        target = self._target
        self._show_found(study, findings_words(study, target), found_so_far(study, target))
        self.picture = heat_map(study)
        if study.course.ended:
            words = findings_words(study, target, whole=True)
            self._show_found(study, words, found_so_far(study, target, whole=True))

    def _show_found(self, study: Study, words: list[str], told: tuple[dict[str, Any], bytes]) -> None:
        with self._lock:
            if study is not self.study_ or self._target != told[0]["target"]:
                return  # another study, or another target, is looked at meanwhile
            self._show_state(course_state(study))
            self.words = words if study.outcomes else []
            self._found = {**told[0], "number": self._number, "can_take": self._can_take(study)}, told[1]
            self._tell_again()

    def _tell_again(self) -> None:
        if self._found is not None:
            found, numbers = self._found
            self.tell("found", [numbers], found=found)

    def _show_state(self, state: dict[str, Any]) -> None:
        with self._lock:
            self.state = state

    # What views ask

    def show_target(self, name: str) -> None:
        """Show what was found of another target, where there are several. Raises OptionError."""
        study = self._present()
        if name not in study.targets:
            raise OptionError(f"The study is of {', '.join(study.targets)}; got {name}.")
        self._target = name
        self._aside.ask(lambda: self._show_study(study), "target")

    def take(self, place: int) -> dict[str, Any]:
        """Return the options of a training with the value at `place`, and show its line. Raises OptionError."""
        study, asked = self._present(), self._asked
        if asked is None or not self._can_take(study):
            raise OptionError(f"A value of {study.title} is no choice of a single training.")
        arguments = asked.fit_arguments(study.points[place])
        self.line, self.code = fit_lines(arguments, asked.table or NAMELESS, asked.verb)
        self.taken = f"{study.title} {study.label(place)}"
        return arguments

    def give_back(self) -> None:
        """Show the line of the study again."""
        self.taken = ""
        self._write_code()

    def hear_hello(self) -> None:
        """A new view is there: tell it what traits do not carry."""
        self.tables = tables()
        self._tell_again()

    def _present(self) -> Study:
        if self.study_ is None:
            raise OptionError("There is no study yet: run one first.")
        return cast("Study", self.study_)

    def _can_take(self, study: Study) -> bool:
        """Return whether values are told apart by the options of a fit: a number of rows is none of them."""
        if self._asked is None:
            return False
        told = {repr(sorted(self._asked.fit_arguments(point).items())) for point in study.points}
        return len(told) == len(study.points)
