"""Which days of the rollups are stale: learnt from fingerprints, without a look at any event."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Recorded:
    """What the ledger says a rollup day was computed from."""

    fingerprint: str
    definitions: str


def stale_days(found: Mapping[date, str], recorded: Mapping[date, Recorded], definitions: str) -> list[date]:
    """Days of events that are new, changed or gone since the rollup saw them, or were computed by other definitions."""
    return sorted(
        day
        for day in found.keys() | recorded.keys()
        if recorded.get(day) != (Recorded(found[day], definitions) if day in found else None)
    )


def passes(days: list[date], size: int) -> list[list[date]]:
    """The days in groups of at most `size`, each to be computed in one pass."""
    return [days[start : start + size] for start in range(0, len(days), size)]
