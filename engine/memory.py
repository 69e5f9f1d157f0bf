"""How much of this machine's memory an engine may take."""

import contextlib
import os
import re
from pathlib import Path

from engine.errors import EngineUsageError

VARIABLE = "ABUSE_MINING_MEMORY"
LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Where a container's limit is told, by version 2 of control groups and by version 1."""
UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def of_machine() -> int:
    """Bytes of this machine, or of the container that it runs in where that has less."""
    sizes = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for limit in LIMITS:
        with contextlib.suppress(OSError, ValueError):  # another version, or no limit: max
            sizes.append(int(Path(limit).read_text()))
    return min(sizes)


def parsed(text: str) -> int:
    """Bytes of `12g`, `800m`; raises EngineUsageError when it is neither."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", text.strip().lower())
    if match is None or float(match[1]) == 0:
        raise EngineUsageError(f"{VARIABLE}={text}: not an amount of memory such as 12g or 800m")
    return int(float(match[1]) * UNITS[match[2]])


def allowed() -> int:
    """Bytes that an engine may take: what ABUSE_MINING_MEMORY says, half of the machine without it."""
    told = os.environ.get(VARIABLE)
    return parsed(told) if told else of_machine() // 2


def in_words(size: int) -> str:
    if size < 2**20:
        return f"{size:,} bytes"
    return f"{size / 2**30:.1f} GB" if size >= 2**30 else f"{size / 2**20:.0f} MB"
