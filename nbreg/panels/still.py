"""The static picture that a panel leaves in the notebook, for whoever opens it without a kernel."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

#: Seconds of quiet before a picture is drawn anew.
QUIET = 0.8

# A panel's output and its picture are neighbours in the cell. Of the two only one is to be seen: the panel where it
# lives, else the picture. What the first shows where the panel is gone is the front end's own complaint.
_ONE_OF_TWO = """<style>
.jp-OutputArea-child:has(.nbreg-panel) + .jp-OutputArea-child:has(.nbreg-still),
.jp-OutputArea-child:not(:has(.nbreg-panel)):has(+ .jp-OutputArea-child .nbreg-still[data-of="{of}"]) {{
  display: none;
}}
</style>"""


@dataclass(frozen=True)
class Still:
    """A picture of a panel: `html` stands alone; `png`, in base64, and `text` say the same where HTML is not shown."""

    text: str
    html: str
    png: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)

    def bundle(self) -> tuple[dict[str, str], dict[str, Any]]:
        """Return data and metadata as IPython displays them."""
        image = {"image/png": self.png} if self.png else {}
        return {"text/plain": self.text, "text/html": self.html, **image}, self.metadata


class Stills:
    """The pictures of one panel in the notebook: one beside each place where the panel was displayed."""

    def __init__(self, draw: Callable[[], Still]):
        self._draw = draw
        self._places: list[tuple[Any, contextvars.Context]] = []
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def display(self, view: Any) -> None:
        """Display `view`, a widget's bundle, with a picture as its neighbour; None: the picture alone."""
        data, metadata = self._draw().bundle()
        if view is None:
            _display(data, metadata=metadata)
            return
        bundle, about = view if isinstance(view, tuple) else (view, {})
        _display({**bundle, "text/plain": ""}, metadata=about)
        handle = _display(self._beside(data), metadata=metadata, display_id=True)
        with self._lock:
            # In a copy of this context a later update goes to this cell.
            self._places.append((handle, contextvars.copy_context()))

    def refresh(self) -> None:
        """Draw the pictures anew once nothing has been asked for a while."""
        with self._lock:
            if not self._places:
                return
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(QUIET, self._redraw)
            self._timer.daemon, self._timer.name = True, "nbreg-still"
            self._timer.start()

    def close(self) -> None:
        """Draw no more."""
        with self._lock:
            self._places.clear()
            if self._timer is not None:
                self._timer.cancel()

    def _redraw(self) -> None:
        data, metadata = self._draw().bundle()
        with self._lock:
            places = list(self._places)
        for handle, context in places:
            context.copy().run(handle.update, self._beside(data), raw=True, metadata=metadata)

    def _beside(self, data: dict[str, str]) -> dict[str, str]:
        of = f"{id(self):x}"
        html = f'<div class="nbreg-still" data-of="{of}">{_ONE_OF_TWO.format(of=of)}{data["text/html"]}</div>'
        return {**data, "text/html": html}


def _display(bundle: Any, **options: Any) -> Any:
    from IPython.display import display

    return display(bundle, raw=True, **options)
