"""Which trainings go by the number of threads: those that are said not to have the same bits on one and on eight."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbreg.data.frames import as_frame
from nbreg.data.spec import DataSpec
from nbreg.search import parted_sums
from nbreg.search.fold_spec import FoldSpec
from nbreg.search.fold_table import FoldTable
from nbreg.search.parted_sums import may_be_parted
from nbreg.search.processes import ProcessCrew
from nbreg.search.threads import TENSORFLOW, environment_of_worker, n_cores
from nbreg.search.workers import Fit

DENSE: dict[str, Any] = {"epochs": 2, "hidden": (256, 32), "batch_size": 128}
SCRIPT = """
import hashlib
import numpy as np, pandas as pd, nbreg
from nbreg.search.fold_spec import FoldSpec
rng = np.random.default_rng(0)
table = pd.DataFrame({f"x{i}": rng.normal(size=700) for i in range(12)})
table["y"] = table.x0 * table.x1
for options in ({"hidden": (256, 32), "batch_size": 128, "engine": "graph"},
                {"hidden": (64, 32), "batch_size": 32, "engine": "xla"},
                {"network": "gru", "batch_size": 64, "engine": "graph"}):
    model = nbreg.fit(table, "y", epochs=2, **options)
    arrays = [*model.network_.get_weights(), np.asarray(model.predict(table))]
    bits = b"".join(each.tobytes() for each in arrays)
    print(hashlib.sha256(bits).hexdigest(), [row.val_loss for row in model.history_.itertuples()])
"""


def folded(n: int = 200) -> FoldTable:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=n), "y": rng.normal(size=n)})
    return FoldTable.of(as_frame(table), DataSpec(target=("y",)), FoldSpec(folds=2))


@pytest.fixture
def known_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "AMD64")


@pytest.mark.skipif(platform.machine().lower() not in parted_sums.PROCESSORS, reason="nothing is said of others")
def test_the_bits_are_those_of_one_thread_on_eight(tmp_path):
    told = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT], cwd=tmp_path, env={**os.environ, TENSORFLOW: n}, capture_output=True,
            text=True, check=True, timeout=600,
        ).stdout
        for n in ("1", "8")
    ]  # fmt: skip
    assert told[0].count("\n") == 3
    assert told[0] == told[1]


@pytest.mark.usefixtures("known_processor")
def test_dense_and_recurrent_networks_on_few_rows_a_step_are_whole():
    assert not may_be_parted(DENSE, folded())
    assert not may_be_parted({}, folded())
    assert not may_be_parted({"network": "lstm"}, folded())
    assert not may_be_parted({"batch_size": 10_000}, folded(100))  # a step never takes more rows than there are


@pytest.mark.usefixtures("known_processor")
@pytest.mark.parametrize(
    "more",
    [{"network": "cnn"}, {"batch_size": 129}, {"joint": "gaussian"}, {"layers": ["any"]}, {"hidden": (256, 257)}],
)
def test_others_are_not_said_to_be(more):
    assert may_be_parted({**DENSE, **more}, folded())


@pytest.mark.usefixtures("known_processor")
def test_inputs_count_as_a_layer_does():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.choice([f"level {i}" for i in range(300)], 5_000), "y": rng.normal(size=5_000)})
    many = FoldTable.of(as_frame(table), DataSpec(target=("y",)), FoldSpec(folds=2))
    assert 300 <= many.most_inputs <= 305
    assert FoldTable.of(as_frame(table.assign(lists=[[1]] * 5_000)), many.spec, many.choices).most_inputs > 5_000
    assert not may_be_parted({**DENSE, "hidden": (128,)}, many)
    assert may_be_parted({**DENSE, "hidden": (256,)}, many)


def test_of_other_processors_nothing_is_said(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    assert may_be_parted(DENSE, folded())


@pytest.mark.usefixtures("known_processor")
def test_workers_share_the_cores_until_threads_matter(monkeypatch):
    monkeypatch.setenv(TENSORFLOW, "64")
    monkeypatch.setattr("nbreg.search.threads.threads_of_tensorflow", lambda: 64)
    jobs = 2 * n_cores()
    assert environment_of_worker(jobs, as_asker=False)[TENSORFLOW] == "1"
    assert environment_of_worker(jobs, as_asker=True)[TENSORFLOW] == "64"
    begun: list[str] = []

    class Idle:
        def take(self, environment: dict[str, str]) -> Any:
            begun.append(environment[TENSORFLOW])
            return Idler()

    class Idler:
        def begin(self, table: bytes, fit: bytes) -> None: ...

    monkeypatch.setattr("nbreg.search.processes.IDLE", Idle())
    crew = ProcessCrew(jobs, folded())
    crew.begin([Fit(0, DENSE, 0), Fit(1, {**DENSE, "batch_size": 100}, 0), Fit(2, {**DENSE, "network": "cnn"}, 0)])
    crew.begin([Fit(3, DENSE, 1)])
    assert begun == ["1", "1", "64", "64"]
