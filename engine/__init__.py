"""The one place that knows which engine runs the data frames, and all that differs between engines.

Every other package writes plain DataFrame code, and asks here for what is not: a frame kept (`persist`, `checkpoint`),
a value sent to tasks (`ship`), and, by way of lake/, tables and files (`current().tables`, `current().files`).
"""

import os
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, NoReturn

from pyspark.sql import DataFrame

from engine.base import DaysRead, Engine, T, Target
from engine.choice import ENGINES, Choice, choose
from engine.delta_rs import rows_in_log
from engine.errors import EngineError, EngineUsageError, Refused, meaning

__all__ = [
    "ENGINES",
    "Choice",
    "DaysRead",
    "Engine",
    "EngineError",
    "EngineUsageError",
    "Refused",
    "Target",
    "begin",
    "checkpoint",
    "choose",
    "current",
    "explain",
    "leave",
    "persist",
    "release",
    "rows_in_log",
    "ship",
    "start",
    "stop",
    "unpersist",
]

SESSION_SETTINGS = {"spark.sql.session.timeZone": "UTC"}
"""What every engine is told of a session."""
_engine: Engine | None = None


def start(choice: Choice, app: str) -> Engine:
    """The one engine of this process, started when there is none yet."""
    global _engine
    if _engine is None:
        os.environ["TZ"] = "UTC"
        time.tzset()
        _engine = _starter(choice)(app, choice)
    return _engine


def _starter(choice: Choice) -> Callable[[str, Choice], Engine]:
    """Imported when it is wanted: Sail asks for no Java, Spark for no Rust."""
    if choice.name == "sail":
        return _sail
    return _remote if "SPARK_REMOTE" in os.environ else _spark


def _sail(app: str, choice: Choice) -> Engine:
    if find_spec("pysail") is None or find_spec("grpc") is None:
        raise EngineUsageError(
            "the embedded engine is not installed here: pip install 'abuse-mining[embedded]', or --engine spark"
        )
    from engine.memory import allowed
    from engine.sail import SailEngine

    return SailEngine(app, allowed(), SESSION_SETTINGS)


def _spark(app: str, choice: Choice) -> Engine:
    from engine.spark import SparkEngine

    return SparkEngine(app, SESSION_SETTINGS, choice.window_events)


def _remote(app: str, choice: Choice) -> Engine:
    from engine.spark import RemoteSparkEngine

    return RemoteSparkEngine(app, SESSION_SETTINGS)


def current() -> Engine:
    """The engine of this process; raises EngineError before `start`."""
    if _engine is None:
        raise EngineError("no engine was started")
    return _engine


def explain(error: BaseException) -> str | None:
    """What an error means, in one line, where the engine knows better than the error's own first line."""
    return _engine.explain(error) if _engine else meaning(error)


def stop() -> None:
    """End the engine of this process, when there is one."""
    global _engine
    if _engine is not None:
        _engine.stop()
        _engine = None


def leave(code: int) -> NoReturn:
    """End this process after an interrupt, wherever that has met the engine."""
    if _engine is not None:
        _engine.leave(code)
    sys.exit(code)


def release() -> None:
    """Give back all that was persisted, where an engine was started."""
    if _engine is not None:
        _engine.release()


def persist(df: DataFrame, on_disk: bool = False) -> DataFrame:
    """The same rows, computed once however often they are used: now, or when they are first asked for."""
    return current().persist(df, on_disk)


def unpersist(df: DataFrame) -> None:
    """Give back what `persist` kept of this frame."""
    current().unpersist(df)


def checkpoint(df: DataFrame) -> DataFrame:
    """The same rows, computed now and kept, with a plan of one node.

    For a kept frame that is made of kept frames: each round of a graph algorithm uses the last one twice, so an uncut
    plan doubles by the round, and so does the text that Spark writes of a plan, with each persisted frame in it.
    """
    return current().checkpoint(df)


def begin(label: str, group: str) -> None:
    """What is asked from now on belongs to a step of this name, in the run `group`."""
    current().begin(label, group)


def ship(value: T) -> Any:
    """Something whose `.value` is the value, for functions that run in tasks."""
    return current().ship(value)
