"""The state of a train panel that its views share, and that can be observed and linked."""

from __future__ import annotations

from typing import Any

import traitlets

from nbreg.panels.choosing import ChoosingPanel
from nbreg.training.run import Run


class TrainTraits(ChoosingPanel):
    """What there is to see beside what is chosen; `nbreg.panels.train` keeps it up to date."""

    network = traitlets.Dict().tag(sync=True)
    """The layers to draw, and the size of the network."""

    schedule = traitlets.Dict().tag(sync=True)
    """The learning rate by epoch."""

    suggestion = traitlets.Dict().tag(sync=True)
    """What a learning-rate range test found; empty before one was asked for."""

    start = traitlets.Dict().tag(sync=True)
    """The run and epoch that the next training goes on from; empty where it begins anew."""

    runs: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """The session's runs that can be gone on from."""

    state = traitlets.Dict().tag(sync=True)
    """How the latest run stands."""

    cards: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """The figures of the latest run."""

    result = traitlets.Unicode("").tag(sync=True)
    """What the latest training ended in, as HTML; nothing where figures and curve are all there is."""

    test = traitlets.Unicode("").tag(sync=True)
    """What the final test came to, once it was asked for."""

    run_ = traitlets.Instance(Run, allow_none=True)
    regressor_ = traitlets.Any(None, allow_none=True)
