"""What every panel is: a widget that shows what Python knows, passes on what is asked, and leaves a picture behind."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import anywidget
import traitlets

from nbreg.options import Option
from nbreg.panels.delivery import Delivery
from nbreg.panels.front_end import shows_widgets
from nbreg.panels.routing import answer_while_busy
from nbreg.panels.static_files import joined, styled
from nbreg.panels.still import Still, Stills
from nbreg.panels.wording import line_of
from nbreg.registry import Registry

#: Scripts and styles that all panels share, and that their own follow.
_SCRIPTS = ("dom.js", "panel.js")
_STYLES = ("panel.css",)


class Panel(anywidget.AnyWidget):
    """A view of state that is kept here, in Python; any number of views may show it, and they stay in step.

    What a control asks for arrives as a message ``{"kind": ..., ...}``, see `Delivery`, and is answered by the method
    ``hear_<kind>``, or by the public method of that name if it is one of the `wishes`; it gets the rest of the message
    as keywords. What a method raises is shown in the panel as one line, `trouble`. Small state goes to the views by
    synced traits, which can be observed and linked as those of any ipywidgets widget; large state is sent by `tell` as
    a message with buffers, and again to a view that is new (``hear_hello``).

    Displayed in a notebook, a panel leaves a static picture of its last state in the cell's output as well, so
    that a reload, a page without a kernel, or a program that runs notebooks shows that (`still`).
    """

    wishes: ClassVar[tuple[str, ...]] = ()

    title = traitlets.Unicode("").tag(sync=True)
    """What the panel is for, in a word or two: its name to a screen reader."""

    trouble = traitlets.Unicode("").tag(sync=True)
    """What went wrong last, in one line; empty while all is well."""

    heard = traitlets.Dict({}).tag(sync=True)
    """By view, the turn of its latest wish that was heard: it sends the others again, and says why it waits."""

    identity = traitlets.Unicode("").tag(sync=True)
    """The widget's own id, by which a view finds out whether the kernel is still there."""

    def __init_subclass__(cls, view: str = "", scripts: Sequence[str] = (), styles: Sequence[str] = (), **rest: Any):
        super().__init_subclass__(**rest)
        if view:
            cls._esm = joined(*_SCRIPTS, *scripts)
            cls._css = styled(view, *_STYLES, *styles)

    def __init__(self, **traits: Any):
        self._lock = threading.RLock()  # wishes come in one thread, news of a training in another
        self._delivery = Delivery()
        super().__init__(**traits)
        answer_while_busy(self)
        self.identity = self.model_id or ""
        self.on_msg(self._hear)
        self._stills = Stills(self.still)

    def __repr__(self) -> str:
        return f"{self.title} panel"

    @classmethod
    def options(cls) -> dict[str, Option]:
        """Return the options that ``%nnreg panel`` takes for this panel."""
        return {}

    @classmethod
    def opened(cls, data: Any, **options: Any) -> Panel:
        """Return a panel as ``%nnreg panel`` opens it: for a table or its absence, with some of its `options`."""
        return cls(**({} if data is None else {"data": data}), **options)

    @abstractmethod
    def still(self) -> Still:
        """Return a picture of the present state that needs no kernel."""

    # In the notebook

    def _ipython_display_(self) -> None:
        # anywidget's own bundle alone would leave "model not found" in a notebook that is opened anew.
        self._stills.display(self._repr_mimebundle_() if shows_widgets() else None)

    def refresh_still(self) -> None:
        """Bring the picture beside the panel up to date, a little later and not in this thread."""
        self._stills.refresh()

    def close(self) -> None:
        """Leave the notebook; the last picture stays."""
        self._stills.close()
        super().close()

    def show_trouble(self, error: Exception) -> None:
        """Show what went wrong as one line."""
        self.trouble = line_of(error)

    # What is asked and told

    def tell(self, kind: str, buffers: Sequence[Any] = (), **more: Any) -> None:
        """Send all views a message."""
        self.send({"kind": kind, **more}, buffers=list(buffers))

    def hear_hello(self) -> None:
        """A new view is there: tell it what traits do not carry."""

    def _hear(self, _: object, message: dict[str, Any], buffers: list[Any]) -> None:
        with self._lock:
            for wish in self._delivery.take(message):
                self._answer(str(wish.pop("kind", "")), wish)
            self.heard = dict(self._delivery.heard)

    def _answer(self, kind: str, rest: dict[str, Any]) -> None:
        answer = getattr(self, kind if kind in self.wishes else f"hear_{kind}", None)
        if answer is None:
            return
        if kind != "hello":
            self.trouble = ""
        try:
            answer(**rest)
        except Exception as error:
            self.show_trouble(error)


PANELS: Registry[type[Panel]] = Registry("nbreg.panels", "panel")
