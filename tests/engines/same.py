"""Whether two lakes hold the same tables, told value by value: the tolerance is the last digits of float sums."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deltalake import DeltaTable

from lake.schemas import INTERNAL, JOB_RUNS, OUTPUTS, Table

RELATIVE = 1e-9
"""Sums of doubles are added up in other orders: some ulps."""
ABSOLUTE = 1e-9
UNLIKE = frozenset({"trained_at", "path", "code_version", "run_id", "created_at_run"})
"""What tells of the run, not of the data."""
FLAGS = 5
"""Place of the flags in a theta sketch: one says that it holds a single item, which it holds either way."""
EMPTY = 4
"""The flag of a sketch of nothing, in which Spark leaves out of which seed it is."""
SHOWN = 3


def rows_of(lake: Path, table: Table) -> list[dict[str, Any]]:
    """All rows of a table in the order of their keys, whole rows last; none of one that is not there."""
    if not (lake / table.name / "_delta_log").is_dir():
        return []
    rows = DeltaTable(str(lake / table.name)).to_pyarrow_table().to_pylist()
    key = [name for name in (table.partition, *table.key) if name]
    return sorted(rows, key=lambda row: [str(row[name]) for name in key] + [str(sorted(row.items()))])


def same(left: Any, right: Any) -> bool:
    """Equal, or doubles that differ in their last digits, at any depth."""
    if isinstance(left, float) and isinstance(right, float):
        return left == right or math.isclose(left, right, rel_tol=RELATIVE, abs_tol=ABSOLUTE) or left != left != right
    if isinstance(left, bytes) and isinstance(right, bytes):
        return held(left) == held(right)
    if isinstance(left, list) and isinstance(right, list) and left and all(isinstance(each, tuple) for each in left):
        return same(dict(left), dict(right))  # a map has no order
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    return left == right


def held(sketch: bytes) -> bytes:
    """What tells two sketches apart: all but the flags; of sketches of nothing, only what comes before them."""
    empty = len(sketch) > FLAGS and sketch[FLAGS] & EMPTY
    return sketch[:FLAGS] if empty else sketch[:FLAGS] + sketch[FLAGS + 1 :]


def differences(one: Path, other: Path) -> Iterator[str]:
    """What differs between the output tables of two lakes, a line each."""
    for table in (*OUTPUTS, *INTERNAL):
        if table is JOB_RUNS:
            continue
        left, right = rows_of(one, table), rows_of(other, table)
        if len(left) != len(right):
            yield f"{table.name}: {len(left)} rows and {len(right)}"
            continue
        unlike = [
            (name, mine, its)
            for mine, its in zip(left, right, strict=True)
            for name in mine.keys() | its.keys()
            if name not in UNLIKE and not same(mine.get(name), its.get(name))
        ]
        for name in sorted({name for name, *_ in unlike}):
            of_name = [(mine, its) for which, mine, its in unlike if which == name]
            for mine, its in of_name[:SHOWN]:
                key = {part: mine[part] for part in table.key}
                yield f"{table.name}.{name} ({len(of_name)} rows): {key}: {mine.get(name)} and {its.get(name)}"
