"""Who hears of changes, and who no longer does."""

from __future__ import annotations

from nbreg.watchers import Watchers


def test_those_added_are_told_in_turn_until_they_leave() -> None:
    watchers, heard = Watchers[str](), []
    leave = watchers.add(lambda changed: heard.append(("first", changed)))
    watchers.add(lambda changed: heard.append(("second", changed)))
    watchers.tell("a")
    leave()
    watchers.tell("b")
    assert heard == [("first", "a"), ("second", "a"), ("second", "b")]


def test_leaving_twice_takes_nobody_else_along() -> None:
    """A panel is closed by its user, and once more when it is collected as garbage."""
    watchers, heard = Watchers[str](), []
    leave = watchers.add(lambda changed: None)
    leave()
    watchers.add(heard.append)
    leave()
    watchers.tell("a")
    assert heard == ["a"]
