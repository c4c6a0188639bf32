"""How much memory a fit takes that streams its table, and how fast it is.

    python tests/benchmarks/streaming.py                 # 0.5 GB
    python tests/benchmarks/streaming.py --gigabytes 5

A folder of Parquet files is made in pieces, in a temporary folder. It is fitted, streamed, in a process of its own,
whose peak memory (resident set, all libraries included) is printed; so is what an in-memory fit of a small part reaches
beside the streamed fit of the same part. The folder is removed afterwards.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

N_NUMBERS, ROWS_A_FILE, ROWS_A_GROUP = 24, 1_000_000, 100_000


def main() -> None:
    """Make the table, fit it in other processes, and print what they found."""
    given = arguments()
    if given.fit:
        print(json.dumps(fitted(given.fit, given.stream, given.epochs)))
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        large, small = Path(folder, "large"), Path(folder, "small")
        n_rows = int(given.gigabytes * 1e9 / (8 * (N_NUMBERS + 2)))
        begun = time.perf_counter()
        make(large, n_rows)
        make(small, min(n_rows, 300_000))
        on_disk = sum(file.stat().st_size for file in large.glob("*.parquet"))
        print(f"{n_rows:,} rows, {N_NUMBERS} numbers and a category: {on_disk / 1e9:.2f} GB of Parquet", end=" ")
        print(f"(made in {time.perf_counter() - begun:.0f} s)")
        tell("streamed", in_process(large, "yes", given.epochs))
        tell("a part of it, streamed", in_process(small, "yes", given.epochs))
        tell("a part of it, in memory", in_process(small, "no", given.epochs))


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=0.5, help="size of the table in memory and, nearly, on disk")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--folder", help="where to make the table")
    parser.add_argument("--fit", help=argparse.SUPPRESS)
    parser.add_argument("--stream", default="yes", help=argparse.SUPPRESS)
    return parser.parse_args()


def make(folder: Path, n_rows: int) -> None:
    """Write `n_rows` rows in files of a million; random doubles hardly shrink on disk."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir()
    rng = np.random.default_rng(0)
    for number, start in enumerate(range(0, n_rows, ROWS_A_FILE)):
        with pq.ParquetWriter(folder / f"part-{number:04d}.parquet", pa.schema(schema())) as file:
            for first in range(start, min(start + ROWS_A_FILE, n_rows), ROWS_A_GROUP):
                columns = rows(min(ROWS_A_GROUP, n_rows - first), rng)
                file.write_table(pa.table(columns, schema=pa.schema(schema())))


def schema() -> list[tuple[str, object]]:
    """Return the columns and their types."""
    import pyarrow as pa

    return [*((f"x{i}", pa.float64()) for i in range(N_NUMBERS)), ("kind", pa.string()), ("y", pa.float64())]


def rows(n: int, rng: np.random.Generator) -> dict[str, object]:
    """Return `n` rows: a smooth function of four numbers and a category, with noise of variance 0.01."""
    x = rng.standard_normal((N_NUMBERS, n))
    kind = rng.integers(0, 5, n)
    y = np.sin(x[0]) + x[1] * x[2] + 0.5 * np.abs(x[3]) + 0.2 * kind + 0.1 * rng.standard_normal(n)
    return {**{f"x{i}": values for i, values in enumerate(x)}, "kind": np.array(list("abcde"))[kind], "y": y}


def in_process(folder: Path, stream: str, epochs: int) -> dict[str, float]:
    """Return what a fit in a process of its own found."""
    command = [sys.executable, __file__, "--fit", str(folder), "--stream", stream, "--epochs", str(epochs)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])


def fitted(folder: str, stream: str, epochs: int) -> dict[str, float]:
    """Fit a folder, and return peak memory in GB, the times it took, and how good the network is on the test rows."""
    import nbreg

    begun = time.perf_counter()
    regressor = nbreg.fit(folder, "y", stream=stream, epochs=epochs, patience=0, hidden=(64, 32))
    n_rows = regressor.n_rows_["train"] * epochs
    seconds, peak = time.perf_counter() - begun, memory()
    report = regressor.report_
    return {
        "memory of the fit": peak,
        "memory with the report": memory(),
        "seconds of the fit": seconds,
        "train rows a second": n_rows / regressor.run_.seconds,
        "seconds with the report": time.perf_counter() - begun,
        "RMSE": report.evaluations["test"]["rmse"],
        "test rows": report.evaluations["test"].n_rows,
    }


def memory() -> float:
    """Return the peak of this process's resident set so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def tell(what: str, found: dict[str, float]) -> None:
    """Print what a fit found."""
    print(
        f"{what}: peak {found['memory of the fit']:.2f} GB, with report and baselines "
        f"{found['memory with the report']:.2f} GB; {found['seconds of the fit']:.0f} s, with the report "
        f"{found['seconds with the report']:.0f} s; {found['train rows a second']:,.0f} train rows a second; "
        f"RMSE {found['RMSE']:.4f} on {found['test rows']:,} test rows"
    )


if __name__ == "__main__":
    main()
