"""How much memory is free: in the container, where there is one, not on its host."""

from __future__ import annotations

from pathlib import Path

#: cgroup -> the files of its limit and of what is used, and how the file cache, which yields, is called in memory.stat.
_CGROUPS = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "total_inactive_file"),
)


def free_bytes(cgroup: Path = Path("/sys/fs/cgroup"), meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """Return how many bytes this process may still take, the container's limit kept; None where nothing says so."""
    known = [each for each in (_free_on_machine(meminfo), _free_in_cgroup(cgroup)) if each is not None]
    return min(known) if known else None


def _free_on_machine(meminfo: Path) -> int | None:
    try:
        lines = meminfo.read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return None


def _free_in_cgroup(root: Path) -> int | None:
    for limit, used, cache in _CGROUPS:
        try:
            left = int((root / limit).read_text()) - int((root / used).read_text())
        except (OSError, ValueError):  # another version, or "max": no limit
            continue
        return max(left + _cached((root / used).with_name("memory.stat"), cache), 0)
    return None


def _cached(stat: Path, name: str) -> int:
    try:
        return next(int(line.split()[1]) for line in stat.read_text().splitlines() if line.split()[0] == name)
    except (OSError, StopIteration, ValueError, IndexError):
        return 0
