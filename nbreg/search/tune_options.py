"""The choices of a search, with those of its trials; light to import, for help and completion."""

from __future__ import annotations

from functools import cache

from nbreg.options import Option
from nbreg.search.fold_options import by_name, with_fit_options
from nbreg.search.tune_spec import TuneSpec
from nbreg.search.worker_spec import WorkerSpec


@cache
def grouped_tune_options() -> dict[str, dict[str, Option]]:
    """Return the options of ``nbreg.tune`` and ``%nnreg tune`` under the heading that each belongs to."""
    return with_fit_options("Search", TuneSpec, WorkerSpec)


@cache
def tune_options() -> dict[str, Option]:
    """Return the options of ``nbreg.tune`` by name."""
    return by_name(grouped_tune_options())
