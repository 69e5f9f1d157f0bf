"""Figures of benchmarks as data: each is a row of bench/results/NAME.csv, beside when, of what code and where.

bench/RESULTS.md is made from these files (page.py).
"""

import csv
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import psutil

RESULTS = Path(__file__).parent / "results"
Figure = str | int | float | None


def machine() -> str:
    """Name what a person needs to compare times: cores, memory, processor."""
    return f"{os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GB, {platform.machine()}"


def commit() -> str:
    """Name the commit of the checkout, marked when its files have changed since; nothing where there is no git."""

    def git(*command: str) -> str:
        told = subprocess.run(["git", "-C", str(RESULTS.parent), *command], check=True, capture_output=True, text=True)
        return told.stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no", "--", "..", ":!results")
        return git("rev-parse", "--short=7", "HEAD") + ("+changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


AT_START = commit()
"""Benchmarks take hours: what is checked out at their end may not be what ran."""


def stamp() -> dict[str, str]:
    """Say when, of what code and on what machine something is measured."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": AT_START,
        "machine": machine(),
    }


def record(name: str, **figures: Figure) -> None:
    """Add a row to a file of results, and print it; None is a figure that there was nothing to measure for.

    Shares are fractions, times are seconds. A file that lacks one of the columns gets it, blank in its older rows.
    """
    row = stamp() | {key: written(value) for key, value in figures.items()}
    add(RESULTS / f"{name}.csv", row)
    print("  ".join(f"{key} {row[key]}" for key in figures), flush=True)


def written(value: Figure) -> str:
    """Write a figure with six digits at most, and a missing one as nothing."""
    if isinstance(value, float):
        return "" if value != value else f"{value:.6g}"
    return "" if value is None else str(value)


def add(file: Path, row: Mapping[str, str]) -> None:
    """Add a row to a CSV file, which is made when it is not there."""
    rows = read(file) if file.exists() else []
    columns = list(dict.fromkeys([*(rows[0] if rows else ()), *row]))
    if rows and columns == list(rows[0]):
        with file.open("a", newline="") as out:
            csv.DictWriter(out, columns, restval="", lineterminator="\n").writerow(row)
        return
    with file.open("w", newline="") as out:
        table = csv.DictWriter(out, columns, restval="", lineterminator="\n")
        table.writeheader()
        table.writerows([*rows, row])


def read(file: Path) -> list[dict[str, str]]:
    """Read the rows of a CSV file."""
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))
