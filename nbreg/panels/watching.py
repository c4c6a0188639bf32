"""Run a training in a thread of its own while the cell shows it live, and put the result in its place."""

from __future__ import annotations

import contextvars
import threading
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from nbreg.errors import TrainingError
from nbreg.panels.front_end import has_front_end
from nbreg.panels.wording import figure
from nbreg.training.run import Run

T = TypeVar("T")

#: Seconds between two looks at whether the work is done; the interrupt button is answered in between.
SLICE = 0.1


def watch(
    run: Run,
    work: Callable[[], T],
    *,
    title: str = "Training",
    loss: str = "loss",
    final: Callable[[], object] | None = None,
    background: bool = False,
    live: bool | None = None,
) -> T | None:
    """Do `work`, which trains `run`, in front of the user's eyes, and return what it returns.

    `work` runs in a daemon thread. Where somebody watches (`has_front_end`), a live view stands in the cell
    meanwhile; at the end what `final` returns takes its place. Elsewhere there is no widget, and that is all
    that is displayed. The interrupt button asks the run to stop and waits until it has, so that its best
    weights are kept. An exception in `work` is raised here. A TrainingError leaves a history and the best
    weights: what `final` makes of them is displayed as well. After any other, one line replaces the view.

    With `background` the call returns None at once and leaves the kernel free; the view is replaced when the
    work ends, and no exception is raised: after a TrainingError it is for `final` to tell of `run.error`.
    Where nobody watches there is no later moment to display anything, hence the work is waited for as
    without `background`.

    `live` says whether somebody watches; None: see `has_front_end`.

    `final` may return anything that IPython can display. Should it fail, one line of text stays
    instead, and a RuntimeWarning says why: a card that cannot be drawn takes no training away. Neither does
    an interrupt while it is drawn, which leaves the line.
    """
    somebody_watches = has_front_end() if live is None else live
    place = _LivePlace(run, title, loss) if somebody_watches else _PlainPlace()
    trainer = _Trainer(run, work, title, final, place)
    if background and place.outlives_cell:
        trainer.start(trainer.work_and_show)
        return None
    trainer.start(trainer.work)
    trainer.wait()
    trainer.show_end()
    if trainer.error is not None:
        raise trainer.error
    return trainer.result


class _Trainer(Generic[T]):
    """The work, the thread it runs in, and what is to be seen of it."""

    def __init__(self, run: Run, work: Callable[[], T], title: str, final: Callable[[], object] | None, place: _Place):
        self.run, self.title = run, title
        self.result: T | None = None
        self.error: BaseException | None = None
        self._work, self._final, self._place = work, final, place
        self._done = threading.Event()

    def start(self, target: Callable[[], None]) -> None:
        # In a copy of this context, what the work prints goes to this cell, whichever cell runs by then.
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(target,), name="nbreg-trainer", daemon=True).start()

    def work(self) -> None:
        try:
            self.result = self._work()
        except BaseException as error:
            self.error = error
        finally:
            self._end_run()
            self._done.set()

    def work_and_show(self) -> None:
        self.work()
        self.show_end()

    def wait(self) -> None:
        """Wait for the work; an interrupt asks the run to stop, and never leaves the work unattended."""
        n_interrupts = 0
        while not self._done.is_set():
            try:
                self._done.wait(SLICE)
            except KeyboardInterrupt:
                n_interrupts += 1
                self.run.request_stop()
                if n_interrupts == 2:
                    print("Still stopping: the step under way ends first, then the best weights are restored.")  # noqa: T201

    def show_end(self) -> None:
        """Put the final display where the view was, or one line of text where there is none."""
        has_result = self.error is None or isinstance(self.error, TrainingError)
        if self._final is not None and has_result:
            self._show_final(self._final)
        else:
            self._show_line()

    def _show_final(self, final: Callable[[], object]) -> None:
        try:
            card = final()
        except KeyboardInterrupt:
            self._show_line()
        except Exception as error:
            self._show_line()
            warnings.warn(f"The result could not be drawn: {type(error).__name__}: {error}", RuntimeWarning, 4)
        else:
            self._place.end_with(card)

    def _show_line(self) -> None:
        if self.error is None or self._place.outlives_cell:  # else the exception, raised in the cell, says it all
            self._place.end_with_line(_one_line(self.title, self.run, self.error))

    def _end_run(self) -> None:
        """Leave no run without an end: whoever waits for it, or watches it, would do so for ever."""
        if self.run.ended:
            return
        if self.error is not None:
            self.run.fail(self.error)
        else:
            self.run.finish("stopped" if self.run.stop_wanted else "finished")


class _Place(ABC):
    """Where something is displayed at the end; `_PlainPlace` is the null object of `_LivePlace`."""

    outlives_cell = False

    @abstractmethod
    def end_with(self, card: object) -> None:
        """Display the final card."""

    @abstractmethod
    def end_with_line(self, line: str) -> None:
        """Display one line of text instead."""


class _PlainPlace(_Place):
    """Nobody watches: the final display is all there is."""

    def end_with(self, card: object) -> None:
        _display(card)

    def end_with_line(self, line: str) -> None:
        _display({"text/plain": line}, raw=True)


class _LivePlace(_Place):
    """The cell's live view, which the final display replaces, also after the cell has ended."""

    outlives_cell = True

    def __init__(self, run: Run, title: str, loss: str):
        from nbreg.panels.live import LiveView

        self._view = LiveView(run, title, loss)
        self._handle = _display(self._view, display_id=True)

    def end_with(self, card: object) -> None:
        self._handle.update(card)
        self._view.close()

    def end_with_line(self, line: str) -> None:
        self._handle.update({"text/plain": line}, raw=True)
        self._view.close()


def _display(shown: object, **options: bool) -> Any:
    from IPython.display import display

    return display(shown, **options)  # type: ignore[no-untyped-call]  # IPython does not annotate it


def _one_line(title: str, run: Run, error: BaseException | None) -> str:
    n_epochs = len(run.history)
    words = f"{title}: {run.status} after {n_epochs:,} {'epoch' if n_epochs == 1 else 'epochs'}"
    if error is not None:
        return f"{words}. {' '.join(str(error).split()) or type(error).__name__}"
    best = run.best
    if best is None:
        return f"{words}."
    loss = best.val_loss if best.val_loss == best.val_loss else best.loss
    return f"{words}, best loss {figure(loss)} at epoch {best.epoch:,}."
