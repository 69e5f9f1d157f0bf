"""What a person sees: progress and a short summary on a terminal, one JSON line per fact elsewhere."""

import faulthandler
import io
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import click
import structlog
from engine import Choice, Engine
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

console = Console(stderr=True)
log = structlog.get_logger()
_interrupted = threading.Event()
_silence = logging.NullHandler()  # one, however often it is added


def configure() -> None:
    """Structured lines on standard error when it is no terminal; nothing but what the suite says on one."""
    # What fails in a library is an exception here: Spark's client would show a traceback of an interrupt as well.
    logging.getLogger().addHandler(_silence)
    logging.getLogger("py4j").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        # Looked up for each line: who redirects standard error gets what comes after.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


class Unfailing(io.FileIO):
    """A file of which what cannot be written is lost: who reads a job's lines may leave, and their disk may be full."""

    def write(self, data: "Buffer") -> int:
        try:
            written = super().write(data)
        except OSError:
            written = None
        return memoryview(data).nbytes if written is None else written


def mute_native_code() -> None:
    """Let standard error show what Python writes there, and nothing else.

    What fails in native code is an exception here; a panic in Rust would say so a second time, in lines of its own.
    """
    if sys.stderr is None or sys.stderr is not sys.__stderr__:
        return  # there is none, or somebody has redirected it already
    kept = io.BufferedWriter(Unfailing(os.dup(2), "w"))
    sys.stderr = io.TextIOWrapper(kept, errors="backslashreplace", line_buffering=True)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    faulthandler.enable(sys.stderr)  # a fault that ends this process is no exception


def note_interrupts() -> None:
    """Remember an interrupt from now on: Spark's client, interrupted amid a call, fails in words of its own."""

    def noted(number: int, frame: FrameType | None) -> None:
        _interrupted.set()
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, noted)


def interrupted() -> bool:
    """Whether somebody has pressed Ctrl-C since `note_interrupts`."""
    return _interrupted.is_set()


def warn(message: str) -> None:
    if console.is_terminal:
        console.print(f"[yellow]warning[/] {escape(message)}", highlight=False)
    else:
        log.warning(message)


def fail(message: str) -> None:
    """The one line of a failed run."""
    if console.is_terminal:
        console.print(f"[bold red]failed[/] {escape(message)}", highlight=False)
    else:
        click.echo(f"error: {message}", err=True)


def summary(job: str, facts: Mapping[str, object], warnings: list[str]) -> None:
    """The facts of a run that ended well."""
    if not console.is_terminal:
        log.info(f"{job} ended well", **keywords(facts), warnings=warnings)
        return
    table = Table(title=f"[bold green]{job}[/] done", title_justify="left", show_header=False, box=None, padding=(0, 2))
    for label, value in facts.items():
        table.add_row(f"[dim]{label}[/]", escape(readable(value)))
    console.print(table)


def step_done(step: str, seconds: float, facts: Mapping[str, object]) -> None:
    """One line for each step of a longer run."""
    if console.is_terminal:
        said = " · ".join(f"{label} {readable(value)}" for label, value in facts.items())
        console.print(
            f"[green]✓[/] [bold]{step:<10}[/] {seconds:6.1f} s  [dim]{escape(said)}[/]",
            highlight=False,
            overflow="ellipsis",
        )
    else:
        log.info(f"{step} done", seconds=round(seconds, 1), **keywords(facts))


def readable(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def keywords(facts: Mapping[str, object]) -> dict[str, object]:
    return {label.replace(" ", "_"): value for label, value in facts.items()}


def chosen(choice: Choice) -> None:
    """The first line of a run: which engine it gets, and why."""
    if console.is_terminal:
        console.print(f"[dim]engine {choice.name} ({escape(choice.reason)})[/]", highlight=False)
    else:
        log.info(f"engine {choice.name}", reason=choice.reason)


@contextmanager
def starting(choice: Choice) -> Iterator[None]:
    """Shown while the engine starts."""
    if console.is_terminal:
        with console.status(f"starting {choice.name}"):
            yield
    else:
        yield


@contextmanager
def progress(engine: Engine, job: str, group: str) -> Iterator[None]:
    """A live line with what the engine has done of the step; marks all that is asked in the block with `group`."""
    engine.begin(job, group)
    if not console.is_terminal:
        log.info(f"{job} started", run_id=group)
        yield
        return
    bar = Progress(
        SpinnerColumn(),
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[said]}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    ended = threading.Event()
    before, *_ = engine.progress()

    def follow(line: TaskID) -> None:
        while not ended.wait(0.5):
            done, total, unit = engine.progress()
            if total is None:  # counted since the engine's start: the step's own part is shown
                done -= before
            said = f"{done} {unit}" if total is None else f"{done}/{total} {unit}"
            bar.update(line, completed=done, total=total, said=said)

    with bar:
        line = bar.add_task(job, total=None, said="")
        follower = threading.Thread(target=follow, args=(line,), daemon=True)
        follower.start()
        try:
            yield
        finally:
            ended.set()
            follower.join()
