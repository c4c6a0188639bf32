"""A stop or Ctrl-C while columns are ranked ends the study; a ranking that ends early by its own choice does not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbreg.data.frames import as_frame
from nbreg.data.spec import DataSpec
from nbreg.search import ranking
from nbreg.search.factors.features import top
from nbreg.search.fold_spec import FoldSpec
from nbreg.search.fold_table import FoldTable
from nbreg.search.ranking import ranked
from nbreg.search.study import study


def a_table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.normal(size=120) for name in "abc"})
    return frame.assign(y=3 * frame.b)


QUICK = {"epochs": 3, "hidden": (4,), "engine": "graph"}


def test_a_ranking_that_is_stopped_is_none():
    table = FoldTable.of(as_frame(a_table()), DataSpec(target=("y",)), FoldSpec(folds=2))
    with pytest.raises(KeyboardInterrupt):
        ranked(table, 0, QUICK, lambda run: run.request_stop())
    assert ranked(table, 0, {**QUICK, "learning_rate": 0.05, "stop_after": 2}, lambda run: None)[0] == "b"


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_in_a_ranking_ends_the_study(monkeypatch: pytest.MonkeyPatch, jobs: int):
    asked = []

    def interrupted(*_):
        asked.append(None)
        raise KeyboardInterrupt

    monkeypatch.setattr(ranking, "ranked", interrupted)
    found = study("features", a_table(), "y", values=[top(1), top(2)], folds=2, repeats=1, jobs=jobs, **QUICK)
    assert found.course.status == "stopped"
    assert len(asked) == 1
    assert not found.failures
