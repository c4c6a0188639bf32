"""Which runs Tab offers: those of the session, and the regressors that the notebook has names for."""

from __future__ import annotations

import sys
from typing import Any

from nbreg.branching.starting import RunAt
from nbreg.magics.column_offers import Offer, Place, quoted, regressors_in
from nbreg.magics.run_names import Renamings, RunName
from nbreg.options import Kind, Optional


def takes_runs(kind: Kind) -> bool:
    """Return whether values of `kind` mean runs."""
    return isinstance(_inner(kind), (RunAt, RunName))


def run_offers(kind: Kind, place: Place) -> list[Offer]:
    """Return what could stand for an option whose kind takes runs."""
    session = sys.modules.get("nbreg.session")  # if it is not there, nothing has been trained
    listed = session.SESSION.trainings if session else []
    begun, has_epoch, _ = place.fragment.lstrip("\"'").partition("@")
    if isinstance(_inner(kind), RunAt) and has_epoch:
        return _epochs(begun, listed)
    named = [Offer(each.name, "run") for each in listed if each.name != f"run {each.number}"]
    words = [Offer(str(each.number), each.name) for each in listed] + named
    words += [Offer(name, "regressor") for name in regressors_in(place.names)]
    if isinstance(_inner(kind), Renamings):
        if "=" in place.fragment:
            return []  # the new name is the user's own
        # The quote stays open for the name.
        return [Offer(('"' if " " in text else "") + f"{text}=", what) for text, what in words]
    return [Offer(quoted(text), what) for text, what in words]


def _epochs(name: str, listed: Any) -> list[Offer]:
    run = next((each.run for each in listed if name in (each.name, str(each.number))), None)
    if run is None or not run.best:
        return []
    epochs = {run.best.epoch: "best epoch", len(run.history): "last epoch"}
    return [Offer(quoted(f"{name}@{epoch}"), what) for epoch, what in epochs.items()]


def _inner(kind: Kind) -> Kind:
    return kind.kind if isinstance(kind, Optional) else kind
