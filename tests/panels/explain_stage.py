"""What explain panels are tested with: a table, panels that have settled, and what they send."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
from spying import nbreg_threads

from nbreg.panels.explain import ExplainPanel

N_ROWS = 400


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "area": rng.uniform(30, 200, N_ROWS),
            "rooms": rng.integers(1, 7, N_ROWS),
            "city": rng.choice(["Lyon", "Nice", "Paris"], N_ROWS),
            "new": rng.random(N_ROWS) < 0.3,
            "sold": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, N_ROWS), "D"),
        }
    )
    noise = rng.normal(0, 10, N_ROWS) * np.where(frame.city == "Nice", 8, 1)
    return frame.assign(
        price=3 * frame.area + 5 * frame.rooms + 100 * (frame.city == "Paris") + noise,
        rent=frame.area - 4 * frame.rooms,
    )


class Sent:
    """What a panel sends besides its traits."""

    def __init__(self, panel: ExplainPanel):
        self.messages: list[tuple[dict[str, Any], list[np.ndarray]]] = []
        panel.send = lambda content, buffers=None: self.messages.append(
            (content, [np.frombuffer(each, np.float32) for each in buffers or []])
        )

    def last(self, kind: str) -> tuple[dict[str, Any], list[np.ndarray]]:
        return next(message for message in reversed(self.messages) if message[0]["kind"] == kind)

    def kinds(self) -> list[str]:
        return [content["kind"] for content, _ in self.messages]


def hear(panel: ExplainPanel, kind: str, **more: Any) -> None:
    """Let the panel hear a wish as if a view had sent it, and wait until it is done."""
    panel._handle_custom_msg({"kind": kind, **more}, [])
    settle(panel)


def settle(panel: ExplainPanel) -> None:
    assert panel.wait(60)
    deadline = time.monotonic() + 60
    while any("nbreg-explain" in name for name in nbreg_threads()):
        assert time.monotonic() < deadline
        time.sleep(0.005)


def opened(*args: Any, **options: Any) -> ExplainPanel:
    panel = ExplainPanel(*args, **options)
    settle(panel)
    assert panel.trouble == ""
    return panel
