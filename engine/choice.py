"""Which engine a run gets, and why; the first line of a run says both."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from engine.errors import EngineUsageError
from engine.storage import misread, scheme

VARIABLE = "ABUSE_MINING_ENGINE"
ENGINES = ("auto", "sail", "spark")
EMBEDDED_SCHEMES = ("file", "s3", "s3a", "gs", "az", "abfs", "abfss")
"""Where delta-rs and Sail can reach a lake."""


@dataclass(frozen=True)
class Choice:
    """An engine by its name, the reason for it, and how many events the run will look at, where that is known."""

    name: str
    reason: str
    window_events: int | None = None


def choose(asked: str | None, uri: str, window_events: Callable[[], int | None], proven_events: int) -> Choice:
    """The engine of a run: what `--engine` or ABUSE_MINING_ENGINE asks for; else Spark for what Spark was
    set up for or is too large for one machine, and Sail for the rest.

    Raises EngineUsageError for a name that is none, and for Sail where a lake is beyond its reach.
    """
    told = asked or os.environ.get(VARIABLE) or "auto"
    by = "--engine" if asked else VARIABLE
    if told not in ENGINES:
        raise EngineUsageError(f"{by}: {told} is no engine; there are {', '.join(ENGINES)}")
    beyond = _beyond_reach(uri)
    if told == "sail":
        if beyond:
            raise EngineUsageError(f"{by} sail: the embedded engine does not reach {beyond}")
        return Choice("sail", f"asked for by {by}", window_events())
    events = None if _set_up_for_spark() or beyond else window_events()
    if told == "spark":
        return Choice("spark", f"asked for by {by}", events)
    for reason in _set_up_for_spark():
        return Choice("spark", reason)
    if beyond:
        return Choice("spark", f"the embedded engine does not reach {beyond}")
    if events is not None and events > proven_events:
        return Choice("spark", f"{events:,} events are more than the {proven_events:,} that fit one machine", events)
    seen = "a new lake" if events is None else f"{events:,} events"
    return Choice("sail", f"embedded: {seen}, at most {proven_events:,} fit", events)


def submitted() -> bool:
    """Whether spark-submit started this process and has settled master, memory and jars."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


def _beyond_reach(uri: str) -> str | None:
    """What of a lake's URI delta-rs or Sail cannot do with: where it is, or a letter that they take for another."""
    where = scheme(uri)
    if where not in EMBEDDED_SCHEMES:
        return f"{where}://"
    letter = misread(uri)
    return f"paths with {letter!r}" if letter else None


def _set_up_for_spark() -> list[str]:
    """What says that this process was set up for Spark."""
    signs = {
        "started by spark-submit": submitted(),
        "SPARK_MASTER is set": "SPARK_MASTER" in os.environ,
        "SPARK_REMOTE is set": "SPARK_REMOTE" in os.environ,
    }
    return [reason for reason, is_so in signs.items() if is_so]
