"""What holds of every panel that is registered, of those to come as well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from nbreg.options import Option
from nbreg.panels.panel import PANELS, Panel
from nbreg.session import SESSION


@pytest.fixture(params=list(PANELS))
def panel(request: pytest.FixtureRequest) -> Iterator[Panel]:
    """Each panel, opened where nothing has been trained."""
    SESSION.__init__()
    panel = PANELS[request.param].opened(None)
    yield panel
    panel.close()


def test_it_opens_on_nothing_and_leaves_a_picture(panel: Panel):
    still = panel.still()
    assert panel.title
    assert still.text.strip()
    assert "nbreg-sheet" in still.html


def test_what_views_may_ask_for_is_there(panel: Panel):
    assert [name for name in panel.wishes if not callable(getattr(panel, name, None))] == []
    assert not any(name.startswith("_") for name in panel.wishes)


def test_its_options_are_declared_ones(panel: Panel):
    assert all(isinstance(each, Option) and each.name == name for name, each in type(panel).options().items())


def test_a_new_view_is_answered_without_trouble(panel: Panel):
    sent: list[Any] = []
    panel.send = lambda content, buffers=(): sent.append(content)
    panel._handle_custom_msg({"kind": "hello", "sender": "a view", "turn": 1}, [])
    assert (panel.heard, panel.trouble) == ({"a view": 1}, "")


def test_its_page_is_one_module_and_its_style_its_own(panel: Panel):
    assert panel._esm.count("export default") == 1
    assert ":where(.nbreg-view.nbreg-" in panel._css
