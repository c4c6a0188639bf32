"""Values of options in words, and as words of a line."""

from __future__ import annotations

import re
import shlex


def quoted(text: str) -> str:
    """Return a word of a line, in quotes where it needs them."""
    if text == shlex.quote(text):
        return text
    return shlex.quote(text) if '"' in text else f'"{text}"'


def range_in_words(minimum: float | None, maximum: float | None) -> str:
    """Return ``from 0 to 1``, ``of at least 1`` and the like, with a blank before it; nothing without bounds."""
    if minimum is not None and maximum is not None:
        return f" from {minimum:g} to {maximum:g}"
    if minimum is not None:
        return f" of at least {minimum:g}"
    return f" of at most {maximum:g}" if maximum is not None else ""


def number_text(number: float) -> str:
    """Return the shortest text that means exactly this number."""
    short = f"{number:g}"
    return short if float(short) == number else repr(number)


def parted(text: str) -> tuple[str, ...]:
    """Return the parts of ``a=1, b=2``: commas part where each part has an equals sign, and not within a name."""
    parts = tuple(re.split(r"\s*,\s*(?=[^,=]+=)", text.strip()))
    return parts if all("=" in part for part in parts) else (text,)
