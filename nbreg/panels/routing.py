"""Let a widget's buttons be answered while its cell is still running."""

from __future__ import annotations

from typing import Any


def answer_while_busy(widget: Any) -> None:
    """Let the messages of `widget` go to the thread that the front end chose for them.

    JupyterLab sends widget messages to a kernel subshell, a thread that is free while a cell runs. From
    version 7.4 on ipykernel overrules that and takes a message to the shell that last *published* on the
    comm; for a view of a training that is the shell that is busy with the training, so that a click on
    Stop would wait until there is nothing left to stop. The method that decides is not public, hence the
    question whether it is there; other versions of ipykernel need no cure.
    """
    comm = getattr(widget, "comm", None)
    if comm is not None and hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda data, default: default
