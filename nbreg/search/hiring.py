"""Who is asked to do the trainings."""

from __future__ import annotations

from typing import Any

from nbreg.errors import OptionError
from nbreg.search.worker_spec import WorkerSpec
from nbreg.search.workers import Workers


def workers_of(choices: WorkerSpec, client: Any = None) -> Workers:
    """Return those who do the trainings of a cross-validation, a study or a search.

    `client` is a ``dask.distributed.Client`` of the caller's own. Processes are not started before there is something
    to do. Raises OptionError where a cluster does not answer, and for more than one kind of workers.
    """
    if (choices.cluster is not None or client is not None) and choices.jobs > 1:
        raise OptionError("jobs (--jobs) are processes of this machine: choose either them or a cluster.")
    if client is not None:
        from nbreg.search.cluster import Cluster

        return Cluster.of(client)
    if choices.cluster is not None:
        from nbreg.search.cluster import Cluster

        return Cluster.at(choices.cluster)
    from nbreg.search.here_at_first import HereAtFirst
    from nbreg.search.processes import Processes

    return Processes(choices.jobs) if choices.jobs > 1 else HereAtFirst()
