"""Fits on a real Dask cluster of two worker processes come to the same numbers, also when one of them is killed."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nbreg
from nbreg.data.frames import as_frame
from nbreg.data.spec import DataSpec
from nbreg.errors import OptionError
from nbreg.search import cluster as cluster_module
from nbreg.search.cluster import Cluster, check_versions
from nbreg.search.cluster_task import versions_here
from nbreg.search.course import Course
from nbreg.search.fold_spec import FoldSpec
from nbreg.search.fold_table import FoldTable
from nbreg.search.hiring import workers_of
from nbreg.search.outcome import Outcome
from nbreg.search.worker_spec import WorkerSpec
from nbreg.search.workers import Fit, Here, Workers

distributed = pytest.importorskip("distributed")
QUICK = {"epochs": 3, "hidden": (8,), "engine": "graph"}


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        yield client


def a_table() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"a": rng.normal(size=120), "b": rng.normal(size=120)})
    return frame.assign(y=frame.a**2 + frame.b)


def folded() -> FoldTable:
    return FoldTable.of(as_frame(a_table()), DataSpec(target=("y",)), FoldSpec(folds=4), with_baselines=True)


def by_key(workers: Workers, fits: list[Fit]) -> dict[Any, Outcome]:
    return {fit.key: outcome for fit, outcome in workers.outcomes(folded(), fits, Course(len(fits)))}


def assert_same_bits(found: dict[Any, Outcome], expected: dict[Any, Outcome]) -> None:
    assert set(found) == set(expected)
    for key, outcome in found.items():
        assert not outcome.error
        np.testing.assert_array_equal(outcome.predicted, expected[key].predicted)
        assert (outcome.loss, outcome.val_loss) == (expected[key].loss, expected[key].val_loss)
        ridges = [each[key].baselines["ridge"].value("rmse") for each in (found, expected)]
        assert ridges[0] == ridges[1]


def test_a_killed_worker_harms_nothing(client: Any):
    fits = [Fit(i, {**QUICK, "learning_rate": 0.001 * (i + 1)}, i % 4) for i in range(16)]
    work, found = Cluster.of(client).outcomes(folded(), fits, Course(len(fits))), {}
    for n, (fit, outcome) in enumerate(work):
        found[fit.key] = outcome
        if n == 2:
            victim = next(iter(client.run(os.getpid).values()))
            os.kill(victim, signal.SIGKILL)
    assert_same_bits(found, by_key(Here(), fits))


def test_a_cross_validation_by_client_and_by_address(client: Any):
    expected = nbreg.cross_validate(a_table(), "y", folds=4, **QUICK)
    for where in ({"client": client}, {"cluster": client.scheduler.address}):
        found = nbreg.cross_validate(a_table(), "y", folds=4, **QUICK, **where)
        assert_same_bits(found.outcomes, expected.outcomes)


def test_a_search_that_gives_up_by_hyperband_gives_up_the_same(client: Any):
    options = {**QUICK, "epochs": 9, "folds": 2, "trials": 9, "storage": None, "prune": "hyperband"}
    space = "learning_rate=1e-5..0.3:log"
    here = nbreg.tune(a_table(), "y", space=space, **options).to_frame()
    there = nbreg.tune(a_table(), "y", space=space, client=client, **options).to_frame()
    assert "pruned" in set(here.status)
    pd.testing.assert_frame_equal(there.drop(columns="seconds"), here.drop(columns="seconds"), check_exact=True)


def test_several_quick_fits_make_a_task(client: Any, monkeypatch: pytest.MonkeyPatch):
    begun: list[int] = []
    begin = cluster_module.ClusterCrew.begin
    monkeypatch.setattr(
        cluster_module.ClusterCrew, "begin", lambda self, fits: (begun.append(len(fits)), begin(self, fits))
    )
    fits = [Fit(i, QUICK, i % 4) for i in range(30)]
    assert len(by_key(Cluster.of(client), fits)) == 30
    assert begun[0] == 1
    assert max(begun) > 1
    assert sum(begun) == 30


def test_a_stop_ends_what_is_under_way(client: Any):
    course, endless = Course(3), {**QUICK, "epochs": 1_000_000, "patience": 0}
    work = Cluster.of(client).outcomes(folded(), [Fit(0, QUICK, 0), Fit(1, endless, 0), Fit(2, endless, 1)], course)
    assert next(work)[0].key == 0
    timer = threading.Timer(1.0, course.request_stop)
    timer.start()
    assert list(work) == []
    until = time.monotonic() + 60
    while any(client.processing().values()) and time.monotonic() < until:
        time.sleep(0.1)
    assert not any(client.processing().values())


def test_a_failure_is_recorded(client: Any):
    found = by_key(Cluster.of(client), [Fit("bad", {**QUICK, "features": ["none such"]}, 0), Fit("good", QUICK, 1)])
    assert "none such" in found["bad"].error
    assert not found["good"].error


def test_no_cluster_at_the_address_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cluster_module, "PATIENCE", 0.5)
    with pytest.raises(OptionError, match="No Dask scheduler answers at tcp://"):
        workers_of(WorkerSpec(cluster="tcp://127.0.0.1:9"))
    with pytest.raises(OptionError, match="jobs"):
        workers_of(WorkerSpec(cluster="tcp://127.0.0.1:9", jobs=2))
    with pytest.raises(OptionError, match="takes a dask"):
        workers_of(WorkerSpec(), client="tcp://127.0.0.1:9")


def test_a_scheduler_that_answers_at_a_bad_moment_is_asked_again(client: Any, monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []

    def greet(address: str, *, good: int, **options: Any) -> Any:
        asked.append(address)
        # What Dask does when another client's cancelled work is told along with the greeting.
        assert len(asked) >= good
        return Client(address, **options)

    Client, address = distributed.Client, client.scheduler.address
    monkeypatch.setattr(distributed, "Client", partial(greet, good=3))
    assert Cluster.at(address).client.scheduler.address == address
    assert asked == [address] * 3
    monkeypatch.setattr(distributed, "Client", partial(greet, good=100))
    with pytest.raises(OptionError, match="Try once more"):
        Cluster.at(address)
    assert len(asked) == 3 + cluster_module.ATTEMPTS


def test_workers_with_other_versions_are_refused():
    here = versions_here()
    check_versions({"w": here})
    with pytest.raises(OptionError, match=r"w has nbreg 9\.9 \(here"):
        check_versions({"w": {**here, "nbreg": "9.9"}})
    with pytest.raises(OptionError, match="keras missing"):
        check_versions({"w": {**here, "keras": None}})
    with pytest.raises(OptionError, match="cannot run nbreg: No module"):
        check_versions({"w": ModuleNotFoundError("No module named 'nbreg'")})
