"""Scripts and styles of the views."""

from __future__ import annotations

import re
from pathlib import Path

STATIC = Path(__file__).parent / "static"


def joined(*names: str) -> str:
    """Return scripts, or styles, as one text: to the browser that is one module, which spares the package a bundler."""
    return "\n".join((STATIC / name).read_text(encoding="utf-8") for name in names)


def styled(view: str, *names: str) -> str:
    """Return the style of a view: what all share, and files of which nothing leaks out of the view.

    Styles are global to a page, and other views on it have parts of the same names. Hence all rules of those files are
    nested in the view; ``:where`` leaves their weights as they are.
    """
    own = re.sub(rf"\.nbreg-(?:view|panel|{view})(?![\w-])", "&.nbreg-view", joined(*names))
    return f"{joined('theme.css')}\n:where(.nbreg-view.nbreg-{view}) {{\n{own}\n}}\n"
