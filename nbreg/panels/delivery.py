"""How wishes of views get here: each once, in the order in which they were made."""

from __future__ import annotations

from typing import Any

Message = dict[str, Any]


class Delivery:
    """The wishes of a panel's views, as far as they have come.

    Some kernels leave a message lying until the next one comes, or lose one. So a view numbers its wishes from 1 on
    and sends again what is not acknowledged; what comes twice, or too early, is sorted out here.
    """

    def __init__(self) -> None:
        self.heard: dict[str, int] = {}  # by view: the turn of its latest wish that was handed on
        self._early: dict[str, dict[int, Message]] = {}

    def take(self, message: Message) -> list[Message]:
        """Return the wishes that can be carried out now that `message` is here: none, itself, and those it held up."""
        wish = dict(message)
        sender, turn = wish.pop("sender", None), wish.pop("turn", None)
        if not isinstance(sender, str) or not isinstance(turn, int):
            return [wish]  # not of a view that numbers
        early = self._early.setdefault(sender, {})
        if turn > self.heard.get(sender, 0):
            early[turn] = wish
        return self._in_turn(sender, early)

    def _in_turn(self, sender: str, early: dict[int, Message]) -> list[Message]:
        due = []
        while (turn := self.heard.get(sender, 0) + 1) in early:
            due.append(early.pop(turn))
            self.heard[sender] = turn
        return due
