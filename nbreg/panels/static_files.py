"""Scripts and styles of the views."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parent / "static"


def joined(*names: str) -> str:
    """Return static files as one: to the browser they are one module, which spares the package a bundler."""
    return "\n".join((STATIC / name).read_text(encoding="utf-8") for name in names)
