"""Fits by several processes come to the same numbers, bit by bit, whatever happens to the processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbreg.data.frames import as_frame
from nbreg.data.spec import DataSpec
from nbreg.errors import OptionError, TrainingError
from nbreg.search import crew, processes, worker
from nbreg.search.course import Course
from nbreg.search.crew import IDLE
from nbreg.search.fold_spec import FoldSpec
from nbreg.search.fold_table import FoldTable
from nbreg.search.outcome import Outcome
from nbreg.search.processes import ProcessCrew, Processes
from nbreg.search.workers import Fit, Here, Workers

QUICK = {"epochs": 3, "hidden": (8,)}
#: More rows in a batch than one thread of TensorFlow sums by itself.
WIDE = {"epochs": 2, "hidden": (64, 32), "batch_size": 2_000, "engine": "graph"}
ENDLESS = {"epochs": 1_000_000, "hidden": (8,), "patience": 0, "engine": "graph"}


@pytest.fixture(scope="module", autouse=True)
def no_workers_left() -> Iterator[None]:
    yield
    IDLE.close()


def a_table(n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"a": rng.normal(size=n), "b": rng.normal(size=n), "kind": rng.choice(list("xyz"), n)})
    return frame.assign(y=frame.a**2 + frame.b + (frame.kind == "x"))


def folded(n: int = 120, **more: object) -> FoldTable:
    return FoldTable.of(as_frame(a_table(n)), DataSpec(target=("y",)), FoldSpec(folds=4), **more)


def by_key(workers: Workers, table: FoldTable, fits: list[Fit]) -> dict[object, Outcome]:
    return {fit.key: outcome for fit, outcome in workers.outcomes(table, fits, Course(len(fits)))}


def assert_same_bits(found: Outcome, expected: Outcome) -> None:
    assert not found.error
    np.testing.assert_array_equal(found.predicted, expected.predicted)
    assert (found.epochs, found.loss, found.last_loss) == (expected.epochs, expected.loss, expected.last_loss)
    assert repr(found.val_loss) == repr(expected.val_loss)
    assert found.value("rmse") == expected.value("rmse")
    assert [each.value("rmse") for each in found.baselines.values()] == [
        each.value("rmse") for each in expected.baselines.values()
    ]


@pytest.fixture(scope="module")
def choices() -> list[Fit]:
    seeds = [Fit(("quick", i), {**QUICK, "learning_rate": 0.01 * (i + 1)}, i) for i in range(4)]
    return [*seeds, Fit("wide", WIDE, 0), Fit("xla", {**QUICK, "engine": "xla"}, 1)]


def test_workers_stay_for_the_next_work():
    table = folded()
    by_key(Processes(2), table, [Fit(0, QUICK, 0)])
    idle = {worker.pid for worker in IDLE._idle}
    by_key(Processes(2), table, [Fit(0, QUICK, 1)])
    assert idle
    assert {worker.pid for worker in IDLE._idle} == idle


def test_two_jobs_come_to_the_numbers_of_one(choices: list[Fit]):
    table = folded(4_000, with_baselines=True)
    expected, found = by_key(Here(), table, choices), by_key(Processes(2), table, choices)
    assert set(found) == set(expected)
    for key in expected:
        assert_same_bits(found[key], expected[key])


def test_a_worker_that_dies_is_replaced_and_its_fit_done_again():
    table, fits = folded(), [Fit(i, {**QUICK, "epochs": 400, "engine": "graph"}, i) for i in range(4)]
    work = Processes(2).outcomes(table, fits, Course(4))
    first = next(work)
    victim = next(iter(crew_of(work)._at_work))
    os.kill(victim.pid, signal.SIGKILL)
    found = dict([(first[0].key, first[1]), *((fit.key, outcome) for fit, outcome in work)])
    expected = by_key(Here(), table, fits)
    for key in range(4):
        assert_same_bits(found[key], expected[key])


def crew_of(work: object) -> ProcessCrew:
    return work.gi_frame.f_locals["crew"]


def test_a_fit_whose_workers_die_has_failed_and_the_others_have_not(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(processes, "RETRIES", 1)

    def fatal(run: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    fits = [Fit("fatal", QUICK, 0, watch=fatal), Fit("good", QUICK, 1)]
    found = by_key(Processes(2), folded(), fits)
    assert "2 times" in found["fatal"].error
    assert "SIGKILL" in found["fatal"].error
    assert not found["good"].error


def test_a_failure_in_a_worker_is_recorded():
    found = by_key(Processes(2), folded(), [Fit("bad", {**QUICK, "features": ["none such"]}, 0), Fit("good", QUICK, 1)])
    assert "none such" in found["bad"].error
    assert not found["good"].error


def test_a_stop_ends_fits_that_would_go_on_for_hours():
    course = Course(2)
    work = Processes(2).outcomes(folded(), [Fit(0, QUICK, 0), Fit(1, ENDLESS, 0), Fit(2, ENDLESS, 1)], course)
    assert next(work)[0].key == 0
    timer = threading.Timer(1.0, course.request_stop)
    timer.start()
    assert list(work) == []


def test_fits_are_asked_for_only_when_somebody_is_free():
    table, known, asked = folded(), set(), []

    def fits() -> Iterator[Fit | None]:
        for i in range(6):
            while i >= 2 and len(known) < i - 1:  # goes by all outcomes but one
                yield None
            asked.append(len(known))
            yield Fit(i, QUICK, i % 4)

    for fit, _ in Processes(2).outcomes(table, fits(), Course(6)):
        known.add(fit.key)
    assert known == set(range(6))
    assert all(n >= i - 1 for i, n in enumerate(asked))


def test_what_cannot_be_sent_is_said_in_one_line():
    fits = [Fit(0, {**QUICK, "layers": [threading.Lock()]}, 0)]
    with pytest.raises(OptionError, match="cannot be sent to other processes") as raised:
        list(Processes(2).outcomes(folded(), fits, Course(1)))
    assert "\n" not in str(raised.value)


def test_more_jobs_than_cores_are_noticed():
    assert Processes(1).notices == ()
    assert "9999 jobs share" in Processes(9999).notices[0]


def test_workers_are_recycled(monkeypatch: pytest.MonkeyPatch):
    IDLE.close()
    by_key(Processes(2), folded(), [Fit(i, QUICK, i) for i in range(2)])
    used = {worker.pid for worker in IDLE._idle}
    monkeypatch.setattr(processes, "MOST_FITS", 1)
    assert len(by_key(Processes(2), folded(), [Fit(i, QUICK, i) for i in range(2)])) == 2
    assert used
    assert not used & {worker.pid for worker in IDLE._idle}


def test_a_process_that_cannot_start_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch):
    IDLE.close()
    monkeypatch.setattr(worker, "_program", lambda: "raise ImportError('no room')")
    with pytest.raises(TrainingError, match="no room"):
        list(Processes(2).outcomes(folded(), [Fit(0, QUICK, 0)], Course(1)))


SCRIPT = """
import numpy as np, pandas as pd, nbreg
rng = np.random.default_rng(0)
table = pd.DataFrame({"a": rng.normal(size=80), "b": rng.normal(size=80)})
table["y"] = table.a
found = nbreg.cross_validate(table, "y", jobs=2, folds=2, hidden=(4,), patience=0, epochs=3, engine="graph")
print(found.course.status, len(found.outcomes))
"""
#: Presses Ctrl-C as soon as another process has got as far as to call the network.
INTERRUPTED = """
import os, signal, threading, time
from pathlib import Path
import numpy as np, pandas as pd, nbreg
from nbreg.training.quiet import quiet_start
quiet_start()
import keras
begun, starter = Path("begun").absolute(), os.getpid()
class Telling(keras.layers.Dense):
    def call(self, inputs):
        if os.getpid() != starter:
            begun.touch()
        return super().call(inputs)
def interrupt():
    while not begun.exists():
        time.sleep(0.05)
    os.kill(starter, signal.SIGINT)
rng = np.random.default_rng(0)
table = pd.DataFrame({"a": rng.normal(size=80), "b": rng.normal(size=80)})
table["y"] = table.a
threading.Thread(target=interrupt, daemon=True).start()
found = nbreg.cross_validate(table, "y", jobs=2, folds=2, layers=[Telling(4)], patience=0, epochs=10**6)
print(found.course.status, len(found.outcomes))
"""


def run_script(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    (folder / "script.py").write_text(script)
    command = [sys.executable, "-W", "error::DeprecationWarning:__main__", "script.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)


def n_children_named(text: str) -> int:
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    return sum(text in line for line in listed.splitlines())


def test_idle_workers_end_after_a_while(monkeypatch: pytest.MonkeyPatch):
    by_key(Processes(2), folded(), [Fit(0, QUICK, 0)])
    idle = list(IDLE._idle)
    monkeypatch.setattr(crew, "LINGER", 0.2)
    by_key(Processes(2), folded(), [Fit(0, QUICK, 1)])
    until = time.monotonic() + 60
    while any(worker.alive for worker in idle) and time.monotonic() < until:
        time.sleep(0.05)
    assert idle
    assert IDLE._idle == []
    assert not any(worker.alive for worker in idle)


def test_a_script_needs_no_guard_and_leaves_nothing(tmp_path: Path):
    ended = run_script(tmp_path, SCRIPT)
    assert (ended.stdout, ended.stderr) == ("finished 2\n", "")
    assert not n_children_named(str(tmp_path))


def test_an_interrupt_is_quiet_and_leaves_nothing(tmp_path: Path):
    ended = run_script(tmp_path, INTERRUPTED)
    assert (ended.stdout, ended.stderr) == ("stopped 0\n", "")
    assert not n_children_named(str(tmp_path))


OWN_LAYERS = """
import keras, nbreg, numpy as np
from pandas import DataFrame
class Doubled(keras.layers.Dense):
    def call(self, inputs):
        return 2 * super().call(inputs)
rng = np.random.default_rng(0)
table = DataFrame({"a": rng.normal(size=80), "b": rng.normal(size=80)}).assign(y=lambda t: t.a)
one, two = (nbreg.cross_validate(table, "y", folds=2, layers=[Doubled(4)], epochs=3, jobs=n) for n in (1, 2))
print(two.failures, (one.predictions == two.predictions).all())
"""


def test_layers_of_a_scripts_own_are_sent(tmp_path: Path):
    (tmp_path / "own.py").write_text(OWN_LAYERS)
    ended = subprocess.run([sys.executable, "own.py"], cwd=tmp_path, capture_output=True, text=True, timeout=200)
    assert ended.stdout == "{} True\n", ended.stderr
