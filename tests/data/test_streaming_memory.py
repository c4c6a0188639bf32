"""How much memory is free, in a container and outside."""

from pathlib import Path

import pytest

from nbreg.data.streaming.memory import free_bytes

MEMINFO = "MemTotal:       24000000 kB\nMemFree:         1000000 kB\nMemAvailable:    8000000 kB\n"
ON_MACHINE = 8_000_000 * 1024


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


@pytest.fixture
def meminfo(tmp_path):
    return written(tmp_path / "proc", {"meminfo": MEMINFO}) / "meminfo"


@pytest.mark.parametrize(
    ("files", "free"),
    [
        ({}, ON_MACHINE),
        ({"memory.max": "max\n", "memory.current": "500\n"}, ON_MACHINE),
        ({"memory.max": "2000\n", "memory.current": "500\n"}, 1500),
        # The cache of files that are not in use gives way.
        ({"memory.max": "2000\n", "memory.current": "1900\n", "memory.stat": "anon 7\ninactive_file 400\n"}, 500),
        ({"memory.max": "2000\n", "memory.current": "2100\n"}, 0),
        ({"memory/memory.limit_in_bytes": "3000\n", "memory/memory.usage_in_bytes": "1000\n"}, 2000),
        (
            {
                "memory/memory.limit_in_bytes": "3000\n",
                "memory/memory.usage_in_bytes": "2900\n",
                "memory/memory.stat": "total_inactive_file 50\n",
            },
            150,
        ),
        # Version 1 without a limit says a number larger than any machine has.
        ({"memory/memory.limit_in_bytes": str(2**63 - 4096), "memory/memory.usage_in_bytes": "1000\n"}, ON_MACHINE),
    ],
)
def test_the_limit_of_the_container_counts_where_there_is_one(tmp_path, meminfo, files, free):
    assert free_bytes(written(tmp_path / "cgroup", files), meminfo) == free


def test_nothing_is_known_where_nothing_says_so(tmp_path):
    assert free_bytes(tmp_path, tmp_path / "meminfo") is None


def test_here_something_is_free():
    assert free_bytes() > 0
