"""How a script looks: blank lines, quotes."""

from __future__ import annotations

import io
import tokenize


def styled(lines: list[str]) -> str:
    """Return the text of lines: no more than two blank ones in a row, and double quotes around strings."""
    text = "\n".join(lines).strip("\n")
    while "\n\n\n\n" in text:
        text = text.replace("\n\n\n\n", "\n\n\n")
    return _with_double_quotes(text)


def _with_double_quotes(text: str) -> str:
    """Return Python with ``'`` around a string made ``"``, but where the string holds quotes or backslashes."""
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if (
            token.type == tokenize.STRING
            and token.string.startswith("'")
            and not set(token.string[1:-1]) & set("'\"\\")
        ):
            row, start, end = token.start[0] - 1, token.start[1], token.end[1]
            lines[row] = f'{lines[row][:start]}"{token.string[1:-1]}"{lines[row][end:]}'
    return "\n".join(lines)
