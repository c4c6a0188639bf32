"""Whether somebody is watching: a front end that can show a live view, or a program that runs cells."""

from __future__ import annotations

import os
import sys
from typing import Any

#: Set it to 1 to have live views where nbreg would not show them, to 0 to have none.
OVERRIDE = "NBREG_LIVE"


def has_front_end() -> bool:
    """Return whether the running cell was sent by a person's front end (JupyterLab, Notebook 7, VS Code).

    It is the cell's own request that tells: a front end with a person before it allows ``input()``
    (``allow_stdin``), while nbclient, and so nbconvert, papermill, Voila and ``jupyter execute``, and nbval
    forbid it. Plain Python and IPython in a terminal have no such request. The environment variable
    ``NBREG_LIVE`` (0 or 1) has the last word.
    """
    override = os.environ.get(OVERRIDE, "").strip()
    if override in ("0", "1"):
        return override == "1"
    return bool(running_request().get("content", {}).get("allow_stdin", False))


def shows_widgets() -> bool:
    """Return whether the running cell's output is shown by something that can show a widget.

    Besides a person's front end that is Voila: it runs a notebook as a program would, and shows its widgets to
    people; it says so to the kernel in ``SERVER_SOFTWARE``.
    """
    override = os.environ.get(OVERRIDE, "").strip()
    in_voila = os.environ.get("SERVER_SOFTWARE", "").startswith("voila")
    return has_front_end() or (in_voila and override != "0")


def running_request() -> dict[str, Any]:
    """Return the execute request of the running cell; an empty one outside a Jupyter kernel."""
    if "IPython" not in sys.modules:
        return {}
    from IPython import get_ipython

    # Only a kernel's shell has `get_parent`; it is public in ipykernel 6 and 7.
    get_parent = getattr(get_ipython(), "get_parent", None)
    request = get_parent() if get_parent else None
    return request if isinstance(request, dict) else {}
