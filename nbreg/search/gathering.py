"""Have many trainings done, and keep what comes of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nbreg.search.course import Course
from nbreg.search.fold_table import FoldTable
from nbreg.search.outcome import Outcome
from nbreg.search.workers import Fit, Workers


def gather(
    workers: Workers,
    table: FoldTable,
    fits: Iterable[Fit | None],
    course: Course,
    keep: Callable[[Fit, Outcome], object],
) -> None:
    """Have all `fits` done, and give `keep` what came of each, as `course` goes on from its beginning to its end.

    Ctrl-C ends it as `Course.request_stop` does. Raises what `fits` and `keep` raise; then the course has failed.
    """
    course.begin()
    try:
        for fit, outcome in workers.outcomes(table, fits, course):
            keep(fit, outcome)
            course.advance()
    except KeyboardInterrupt:
        course.request_stop()
    except BaseException:
        course.end(failed=True)
        raise
    course.end()
