"""All choices of a study, gathered from where they are declared; light to import, for help and completion."""

from __future__ import annotations

from functools import cache

from nbreg.options import Option
from nbreg.search.fold_options import by_name, with_fit_options
from nbreg.search.study_spec import StudySpec
from nbreg.search.worker_spec import WorkerSpec


@cache
def grouped_study_options() -> dict[str, dict[str, Option]]:
    """Return the options of ``nbreg.study`` and ``%nnreg study`` under the heading that each belongs to."""
    return with_fit_options("Study", StudySpec, WorkerSpec)


@cache
def study_options() -> dict[str, Option]:
    """Return the options of ``nbreg.study`` by name."""
    return by_name(grouped_study_options())
