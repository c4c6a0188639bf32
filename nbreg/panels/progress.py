"""How far a computation is, as one line in the running cell that is gone when the work is done."""

from __future__ import annotations

import contextvars
import threading
import time
from html import escape
from typing import Any

from nbreg.panels.wording import duration

#: What takes less than this, in seconds, shows nothing: a line that flashes up tells nobody anything.
PATIENCE = 1.0
#: After so many seconds without news a line says at least that something is going on.
SILENCE = 3.0
#: Seconds between two updates.
INTERVAL = 0.25

#: Colours come from JupyterLab's theme, else from VS Code's; text has that of the page.
_LINE = """\
<div role="progressbar" aria-label="{title}" aria-valuemin="0" aria-valuemax="100" {now}style="max-width: 720px; \
padding: 4px 2px; color: var(--jp-ui-font-color1, inherit); font: 13px/1.5 var(--jp-ui-font-family, system-ui, \
sans-serif); font-variant-numeric: tabular-nums">\
<div style="display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 16px">\
<span>{title}</span><span>{words}</span></div>\
<div style="height: 5px; margin: 3px 0; overflow: hidden; border-radius: 3px; background: rgba(128, 128, 128, .3)">\
<div style="width: {percent}%; height: 100%; border-radius: 3px; \
background: var(--jp-brand-color1, var(--vscode-progressBar-background, #2f74d0))"></div></div>\
<div style="font-size: 12px; color: var(--jp-ui-font-color2, inherit)">Interrupting keeps what is done.</div></div>"""


class Progress:
    """A line that tells how far a computation is: a bar, the time left, and that it can be interrupted.

    It is plain HTML in a display of its own, which any front end shows and which needs no widget. `close` empties
    it: nothing of it stays in view, or in the saved notebook.
    """

    def __init__(self, title: str):
        self.title = title
        self._begun, self._shown_at = time.monotonic(), 0.0
        self._place: Any = None
        self._closed = False
        self._showing = threading.Lock()
        # In a copy of this context what the timer displays goes to this cell.
        say_something = contextvars.copy_context().run
        self._timer = threading.Timer(SILENCE, say_something, (self._show, None, "getting started"))
        self._timer.daemon = True
        self._timer.name = "nbreg-progress"
        self._timer.start()

    def report(self, share: float, seconds_left: float) -> None:
        """Take note that `share` (0 to 1) is done, and show it where that is worthwhile and not too often."""
        self._timer.cancel()
        now = time.monotonic()
        is_short = now - self._begun < PATIENCE or seconds_left < PATIENCE
        if (self._place is None and is_short) or now - self._shown_at < INTERVAL:
            return
        self._show(share, f"{min(share, 0.99):.0%} · {duration(seconds_left)} left".replace("%", " %"))

    def close(self) -> None:
        """Leave the cell."""
        self._timer.cancel()
        with self._showing:
            self._closed = True
            if self._place is None:
                return
            try:
                self._place.update({}, raw=True)
            except KeyboardInterrupt:  # of somebody in a hurry, who does not want to see it either
                self._place.update({}, raw=True)
                raise

    def _show(self, share: float | None, words: str) -> None:
        from IPython.display import display

        bundle = progress_bundle(self.title, share, words)
        with self._showing:
            if self._closed:
                return
            if self._place is None:
                self._place = display(bundle, raw=True, display_id=True)
            else:
                self._place.update(bundle, raw=True)
            self._shown_at = time.monotonic()


def progress_bundle(title: str, share: float | None, words: str) -> dict[str, str]:
    """Return a bar of which `share` (0 to 1; None: not known) is full, with its title and words, as text and HTML."""
    percent = 0.0 if share is None else 100 * share
    now = "" if share is None else f'aria-valuenow="{percent:.0f}" '
    html = _LINE.format(title=escape(title), words=escape(words), percent=f"{percent:.1f}", now=now)
    return {"text/plain": f"{title}: {words}", "text/html": html}
