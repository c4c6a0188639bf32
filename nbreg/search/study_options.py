"""All choices of a study, gathered from where they are declared; light to import, for help and completion."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from nbreg.options import Option
from nbreg.search.fold_options import by_name, with_fit_options
from nbreg.search.study_spec import StudySpec
from nbreg.search.window_options import window_options
from nbreg.search.worker_spec import WorkerSpec

#: What some choices are in a study, which may be on windows.
_HELP = {
    "folds": "Parts that the rows are folded into; each is held out once. 1: a share of the rows (--test-fraction) is. "
    "On windows: stretches of the latest rows (--test-fraction) that are forecast one after the other, 5 unless given.",
    "repeats": "So often all is done, each time with other folds and first weights; on windows with other first "
    "weights, once unless given.",
    "time": "Column of times, for --split time, and for windows.",
    "group": "Column of groups, for --split group; on windows each is a series of its own.",
}


@cache
def grouped_study_options() -> dict[str, dict[str, Option]]:
    """Return the options of ``nbreg.study`` and ``%nnreg study`` under the heading that each belongs to."""
    groups = with_fit_options("Study", StudySpec, WorkerSpec)
    study, data, *rest = (
        (title, {name: _told(each) for name, each in group.items()}) for title, group in groups.items()
    )
    return dict([study, data, ("Windows", window_options()), *rest])


def _told(declared: Option) -> Option:
    return replace(declared, help=_HELP.get(declared.name, declared.help))


@cache
def study_options() -> dict[str, Option]:
    """Return the options of ``nbreg.study`` by name."""
    return by_name(grouped_study_options())
