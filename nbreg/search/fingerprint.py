"""What a search is known by, when the same one is asked for again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from nbreg.data.frames import Frame


def fingerprint(frame: Frame, choices: Mapping[str, Any]) -> str:
    """Return a short text that another table or another choice changes; the same in every process."""
    found = hashlib.blake2b(digest_size=8)
    found.update(repr(sorted(choices.items())).encode())
    for name in frame.columns:
        column = frame[name]
        found.update(repr((name, str(column.dtype), len(column))).encode())
        found.update(_content(column.to_numpy(), column))
    return found.hexdigest()


def _content(values: np.ndarray, column: Iterable[Any]) -> bytes:
    if values.dtype.kind in "biufmM":
        return np.ascontiguousarray(values).tobytes()
    return repr([str(each) for each in column]).encode()
