"""The state of a train panel that its views share, and that can be observed and linked."""

from __future__ import annotations

from typing import Any

import traitlets

from nbreg.panels.panel import Panel
from nbreg.training.run import Run


class TrainTraits(Panel):
    """What is chosen, and what there is to see; `nbreg.panels.train` keeps it up to date."""

    tables: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """The notebook's tables: name and size in words."""

    table = traitlets.Unicode("").tag(sync=True)
    """The name of the table that is learned from."""

    missing = traitlets.Unicode("").tag(sync=True)
    """What is still to be chosen before it can be trained; nothing where that is all."""

    columns: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """What each column holds, and what part it plays."""

    form: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """The controls, made from the declared options."""

    choices = traitlets.Dict().tag(sync=True)
    """The value of each option, as plain data."""

    problems = traitlets.Dict().tag(sync=True)
    """For options whose last value was not taken: why."""

    network = traitlets.Dict().tag(sync=True)
    """The layers to draw, and the size of the network."""

    schedule = traitlets.Dict().tag(sync=True)
    """The learning rate by epoch."""

    summaries = traitlets.Dict().tag(sync=True)
    """For groups of choices, what they come to in a few words."""

    idle = traitlets.Dict().tag(sync=True)
    """The options that do nothing beside the others, and why."""

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

    line = traitlets.Unicode("").tag(sync=True)
    """The magic that does what the panel does."""

    code = traitlets.Unicode("").tag(sync=True)
    """The Python that does what the panel does."""

    result = traitlets.Unicode("").tag(sync=True)
    """What the latest training ended in, as HTML; nothing where figures and curve are all there is."""

    test = traitlets.Unicode("").tag(sync=True)
    """What the final test came to, once it was asked for."""

    run_ = traitlets.Instance(Run, allow_none=True)
    regressor_ = traitlets.Any(None, allow_none=True)
