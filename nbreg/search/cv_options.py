"""The choices of a cross-validation; light to import, for help and completion."""

from __future__ import annotations

from functools import cache

from nbreg.options import Option
from nbreg.search.fold_options import by_name, with_fit_options
from nbreg.search.fold_spec import FoldSpec
from nbreg.search.worker_spec import WorkerSpec


@cache
def grouped_cv_options() -> dict[str, dict[str, Option]]:
    """Return the options of ``nbreg.cross_validate`` and ``%nnreg cv`` under the heading that each belongs to."""
    return with_fit_options("Folds", FoldSpec, WorkerSpec)


@cache
def cv_options() -> dict[str, Option]:
    """Return the options of ``nbreg.cross_validate`` by name."""
    return by_name(grouped_cv_options())
