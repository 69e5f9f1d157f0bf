"""How much of this machine's memory an engine may take."""

import os
import re

from engine.errors import EngineUsageError

VARIABLE = "ABUSE_MINING_MEMORY"
UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def of_machine() -> int:
    """Bytes of this machine, or of the container that it runs in where that has less."""
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        with open("/sys/fs/cgroup/memory.max") as limit:
            told = limit.read().strip()
    except OSError:
        return pages
    return min(pages, int(told)) if told.isdigit() else pages


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
    return f"{size / 2**30:.1f} GB" if size >= 2**30 else f"{size / 2**20:.0f} MB"
