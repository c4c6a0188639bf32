"""What a script does with channels is what the encoder does with them."""

import numpy as np
import pandas as pd
import pytest
from scipy.signal import savgol_filter

from nbreg.data.encoding import Encoder
from nbreg.data.frames import as_frame
from nbreg.data.pretreatment import PRETREATMENTS
from nbreg.data.spectra import Signal
from nbreg.export.script_data import encoding_lines
from nbreg.export.script_signal import channel_names_code, signal_lines

NAMES = tuple(f"x{i}" for i in range(9))


def table_with_gaps():
    """Spectra with gaps inside, at both ends, in a whole row, and one flat row; with a number and a text."""
    rng = np.random.default_rng(0)
    spectra = np.cumsum(rng.normal(size=(40, 9)), axis=1)
    spectra[1, 4:6] = spectra[2, 0] = spectra[3, -2:] = spectra[4] = np.nan
    spectra[5] = 2.5
    table = pd.DataFrame(spectra, columns=NAMES)
    return table.assign(temp=rng.normal(size=40), lamp=rng.choice(["old", "new"], 40))


def run(lines, **known):
    """Return what lines of a script define."""
    defined = {"np": np, "pd": pd, "savgol_filter": savgol_filter, **known}
    exec("\n".join(lines), defined)
    return defined


@pytest.mark.parametrize("pretreatment", PRETREATMENTS)
def test_rows_are_pretreated_alike(pretreatment):
    signal, table = Signal(NAMES, pretreatment, 11), table_with_gaps()
    found = run(signal_lines(signal), CHANNELS=list(NAMES))["signal"](table)
    np.testing.assert_allclose(found, signal.read(as_frame(table)), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("columns", [[*NAMES], [*NAMES, "temp", "lamp"], ["lamp", *NAMES]])
@pytest.mark.parametrize("scaling", ["robust", "standard", "none"])
def test_inputs_are_alike(columns, scaling):
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    table = table_with_gaps()[columns]
    encoder = Encoder(scaling, signal=Signal(NAMES, "snv+d1", 5)).fit(table)
    known = {"train": table, "OneHotEncoder": OneHotEncoder, "StandardScaler": StandardScaler}
    found = run(encoding_lines(encoder), **known)["encode"](table)
    np.testing.assert_allclose(found, encoder.transform(table), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["x_0", "x_1", "x_2"], 'NAMES = [f"x_{i}" for i in range(3)]'),
        (["nm099 a", "nm100 a", "nm101 a"], 'NAMES = [f"nm{i:03d} a" for i in range(99, 102)]'),
        (["x_1", "x_3"], "NAMES = ['x_1', 'x_3']"),
        (["x_1"], "NAMES = ['x_1']"),
        (["b", "a"], "NAMES = ['b', 'a']"),
        (["{1", "{2"], "NAMES = ['{1', '{2']"),
    ],
)
def test_names_that_are_counted_through_are_told_as_a_range(names, code):
    assert channel_names_code("NAMES", names) == [code]
    assert run([code])["NAMES"] == names
