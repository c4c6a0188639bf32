"""However many rows are explained, the peak of memory stays flat: measured in a process of its own."""

import json
import subprocess
import sys
import textwrap

PROGRAM = """
import json, resource
import numpy as np, pandas as pd
import nbreg

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # MB

rng = np.random.default_rng(0)
table = pd.DataFrame(rng.normal(size=(100_000, 14)), columns=[f"x{i}" for i in range(14)])
table["y"] = table["x0"] * table["x1"] + table["x2"]
model = nbreg.fit(table.head(5_000), target="y", epochs=2, hidden=(16,))
found = {}
CHOICES = {"deep_shap": {}, "expected_gradients": {"background": 50}, "shapley": {"background": 5, "rounds": 1}}
for method, choices in CHOICES.items():
    nbreg.explain(model, table.head(4_000), method, **choices)  # compiles
    before = peak()
    explanation = nbreg.explain(model, table, method, **choices)
    found[method] = [len(explanation), peak() - before]
print(json.dumps(found))
"""


def test_a_hundred_thousand_rows_are_explained_in_steps():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(PROGRAM)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    for method, (n_rows, growth) in found.items():
        assert n_rows == 100_000
        # A copy of the table is 12 MB, the answers are 11, with standard errors 22. All pairs with 100 background rows
        # would be 560 MB, all walks past 5 of them 730.
        assert growth < 150, f"{method}: {growth:.0f} MB"
