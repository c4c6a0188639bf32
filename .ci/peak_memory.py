"""Run a command, and fail where it and its children together took more memory than allowed at any time.

Usage: peak_memory.py GIGABYTES COMMAND ...
"""

import subprocess
import sys
import time
from pathlib import Path


def resident_bytes(root: int) -> int:
    """Return the memory that a process and all below it hold now, pages they share counted once (Linux)."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    family, waiting = [], [root]
    while waiting:
        process = waiting.pop()
        family.append(process)
        waiting += children.get(process, [])
    return sum(proportional_bytes(process) for process in family)


def proportional_bytes(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def main() -> int:
    allowed, command = float(sys.argv[1]) * 1e9, sys.argv[2:]
    process = subprocess.Popen(command)
    peak = 0
    while process.poll() is None:
        peak = max(peak, resident_bytes(process.pid))
        time.sleep(0.2)
    print(f"peak memory {peak / 1e9:.2f} GB, allowed {allowed / 1e9:.2f} GB: {' '.join(command[:2])}", flush=True)
    return process.returncode or int(peak > allowed)


if __name__ == "__main__":
    sys.exit(main())
