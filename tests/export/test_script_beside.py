"""Scripts of networks with a linear model beside them, run without nbreg."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import nbreg
from nbreg.errors import NbregError
from nbreg.networks.beside import blend_of


def spectra(n_rows: int = 200) -> pd.DataFrame:
    """Channels that say two targets, one linear in them, one not, beside a number and a text of many levels."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(n_rows, 12)).cumsum(axis=1), columns=[f"nm_{i}" for i in range(900, 912)])
    table["temp"] = rng.normal(size=n_rows)
    table["place"] = rng.choice([f"place {i}" for i in range(15)], n_rows)
    table["water"] = table["nm_903"] - table["nm_909"] + 0.1 * rng.normal(size=n_rows)
    table["fat"] = 3 * np.abs(table["nm_905"] - table["nm_901"]) + table["temp"]
    return table


CASES = {
    "channels as they come": (
        {"target": ["water", "fat"], "channels": "nm_*"},
        ['CHANNELS = [f"nm_{i}" for i in range(900, 912)]', "from sklearn.linear_model import Ridge",
         "gate.set_weights("],
    ),
    "a convolution, codes to embed, one target": (
        {"target": "fat", "channels": "nm_*", "network": "cnn", "embed_above": 10, "hidden": (16,)},
        ["x_train[:, :14]", "linear(inputs[:, :14])"],
    ),
    "asked for, a head for each target, no validation rows": (
        {"target": ["water", "fat"], "features": ["nm_901", "nm_903", "nm_905", "nm_909", "temp"], "skip": "linear",
         "heads": "separate", "validation_fraction": 0.0, "patience": 0, "loss_weights": {"fat": 2}},
        ["model = ridge(0.01)", "def weighted_loss"],
    ),
    "a mixture of distributions": (
        {"target": ["water", "fat"], "channels": "nm_*", "joint": "mixture", "components": 2},
        ["def likelihood_loss", "gate(x)"],
    ),
}  # fmt: skip


#: Runs all scripts in one fresh interpreter, and keeps what each predicts for its table.
RUN = """
import runpy
import sys

import numpy as np

for path in sys.argv[1:]:
    known = runpy.run_path(path)
    np.save(path + ".npy", known["predict"](known["table"]))
"""


@pytest.fixture(scope="module")
def fits(tmp_path_factory) -> dict[str, tuple[nbreg.Regressor, str, np.ndarray]]:
    """Return of each case the regressor, its script, and what that predicts, ``(n_rows, n_targets)``."""
    folder = tmp_path_factory.mktemp("scripts")
    spectra().to_parquet(folder / "t.parquet")
    found, paths = {}, {}
    for number, (case, (choices, _)) in enumerate(CASES.items()):
        regressor = nbreg.fit(folder / "t.parquet", **{"epochs": 25, "hidden": (16, 8), **choices})
        found[case], paths[case] = (regressor, regressor.to_keras_script("t.parquet")), f"script_{number}.py"
        (folder / paths[case]).write_text(found[case][1])
    done = subprocess.run(
        [sys.executable, "-c", RUN, *paths.values()], cwd=folder, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return {case: (*each, np.load(folder / f"{paths[case]}.npy")) for case, each in found.items()}


@pytest.mark.parametrize("case", list(CASES))
def test_the_script_predicts_the_same(case, fits):
    regressor, script, predicted = fits[case]
    assert max(blend_of(regressor.network_)) > 0.05  # else the network's own part would be no part of this test
    ours = regressor.predict(spectra()).reshape(predicted.shape)
    np.testing.assert_allclose(predicted, ours, rtol=1e-4, atol=1e-4 * np.ptp(ours))
    assert "nbreg" not in script
    assert max(map(len, script.splitlines())) <= 120
    for words in CASES[case][1]:
        assert words in script


def test_a_smooth_model_beside_a_network_is_told_in_one_line():
    regressor = nbreg.fit(spectra(60), target="fat", skip="smooth", epochs=1, hidden=(4,))
    with pytest.raises(NbregError, match=r"skip=linear or skip=none \(--skip\)") as caught:
        regressor.to_keras_script()
    assert "\n" not in str(caught.value)
