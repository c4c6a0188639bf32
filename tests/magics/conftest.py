"""A kernel in which magics are used as in a notebook."""

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError


class Kernel:
    """Runs cells one after the other, as nbclient does for a whole notebook."""

    def __init__(self, client):
        self.client = client

    def run(self, source):
        """Run a cell and return its outputs; raise what nbclient raises where it fails."""
        cell = nbformat.v4.new_code_cell(source)
        self.client.nb.cells.append(cell)
        self.client.execute_cell(cell, len(self.client.nb.cells) - 1)
        return cell.outputs

    def fails(self, source):
        """Run a cell that must fail, and return the lines that a reader sees."""
        with pytest.raises(CellExecutionError):
            self.run(source)
        outputs = self.client.nb.cells[-1].outputs
        assert outputs[-1].output_type == "error"
        return outputs[-1].traceback

    def text(self, source):
        """Run a cell and return its plain text, of all outputs."""
        return "\n".join(
            output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in self.run(source)
        )


@pytest.fixture(scope="session")
def kernel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebook")
    client = NotebookClient(
        nbformat.v4.new_notebook(), kernel_name="python3", timeout=300, resources={"metadata": {"path": str(folder)}}
    )
    client.store_widget_state = False
    with client.setup_kernel():
        kernel = Kernel(client)
        kernel.run("%load_ext nbreg")
        kernel.run(
            "import numpy as np, pandas as pd\n"
            "rng = np.random.default_rng(0)\n"
            "houses = pd.DataFrame({'size': rng.normal(size=200), 'kind': rng.choice(list('abc'), 200)})\n"
            "houses['price'] = houses['size'] + (houses['kind'] == 'a')\n"
            "houses['sale date'] = pd.Timestamp('2024-01-01') + pd.to_timedelta(np.arange(200), 'D')\n"
        )
        yield kernel
