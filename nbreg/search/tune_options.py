"""The choices of a search, with those of its trials; light to import, for help and completion."""

from __future__ import annotations

from functools import cache

from nbreg.fit_options import grouped_fit_options
from nbreg.options import Option
from nbreg.search.tune_spec import TuneSpec
from nbreg.search.worker_spec import WorkerSpec


@cache
def grouped_tune_options() -> dict[str, dict[str, Option]]:
    """Return the options of ``nbreg.tune`` and ``%nnreg tune`` under the heading that each belongs to."""
    return {"Search": {**TuneSpec.options(), **WorkerSpec.options()}, **grouped_fit_options()}


@cache
def tune_options() -> dict[str, Option]:
    """Return the options of ``nbreg.tune`` by name."""
    return {name: each for group in grouped_tune_options().values() for name, each in group.items()}
