"""The state of a study panel that its views share, and that can be observed and linked."""

from __future__ import annotations

from typing import Any

import traitlets

from nbreg.panels.choosing import ChoosingPanel


class StudyTraits(ChoosingPanel):
    """What there is to see beside what is chosen; `nbreg.panels.study` keeps it up to date."""

    factors: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """What can be varied: name, title, what it asks, and whether it has values of its own."""

    usual = traitlets.Dict().tag(sync=True)
    """For values and second_values: those that are taken where none are given, and a word about them."""

    state = traitlets.Dict().tag(sync=True)
    """How the latest study stands."""

    words: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """What the latest study found, in sentences."""

    picture = traitlets.Unicode("").tag(sync=True)
    """The heat map of a study of two factors, as HTML."""

    taken = traitlets.Unicode("").tag(sync=True)
    """The value of which line and code are the training, in words; empty where they are those of the study."""

    study_ = traitlets.Any(None, allow_none=True)
