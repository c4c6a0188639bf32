"""What nbval makes of a notebook with a mistake in it."""

import subprocess
import sys

import nbformat
import pytest


@pytest.mark.parametrize("strictness", ["--nbval", "--nbval-lax"])
def test_a_users_mistake_fails_the_notebook_with_one_line(tmp_path, strictness):
    cells = [nbformat.v4.new_code_cell(source) for source in ("%load_ext nbreg", "%nnreg fti df")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "mistake.ipynb")
    command = [sys.executable, "-m", "pytest", strictness, "--nbval-kernel-name=python3", "mistake.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout
    assert 'nbreg: There is no command "fti". Did you mean "fit"?' in done.stdout
