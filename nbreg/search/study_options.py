"""All choices of a study, gathered from where they are declared; light to import, for help and completion."""

from __future__ import annotations

from functools import cache

from nbreg.fit_options import grouped_fit_options
from nbreg.options import Option
from nbreg.search.study_spec import StudySpec
from nbreg.search.worker_spec import WorkerSpec


@cache
def grouped_study_options() -> dict[str, dict[str, Option]]:
    """Return the options of ``nbreg.study`` and ``%nnreg study`` under the heading that each belongs to."""
    return {"Study": {**StudySpec.options(), **WorkerSpec.options()}, **grouped_fit_options()}


@cache
def study_options() -> dict[str, Option]:
    """Return the options of ``nbreg.study`` by name."""
    return {name: each for group in grouped_study_options().values() for name, each in group.items()}
