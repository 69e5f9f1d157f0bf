"""What a person sees: progress and a short summary on a terminal, one JSON line per fact elsewhere."""

import logging
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import click
import structlog
from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

console = Console(stderr=True)
log = structlog.get_logger()


def configure() -> None:
    """Structured lines on standard error when it is no terminal; nothing but what the suite says on one."""
    logging.getLogger("py4j").setLevel(logging.ERROR)
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


@contextmanager
def starting() -> Iterator[None]:
    """Shown while the session starts."""
    if console.is_terminal:
        with console.status("starting Spark"):
            yield
    else:
        yield


@contextmanager
def progress(spark: SparkSession, job: str, group: str) -> Iterator[None]:
    """A live line with the tasks of the stage that is running; marks all Spark jobs of the block with `group`."""
    spark.sparkContext.setJobGroup(group, job)
    if not console.is_terminal:
        log.info(f"{job} started", run_id=group)
        yield
        return
    bar = Progress(
        SpinnerColumn(),
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} tasks"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    ended = threading.Event()

    def follow(line: TaskID) -> None:
        tracker = spark.sparkContext.statusTracker()
        while not ended.wait(0.5):
            stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
            totals = [(stage.numCompletedTasks, stage.numTasks) for stage in stages if stage]
            if totals:
                bar.update(line, completed=sum(done for done, _ in totals), total=sum(all_ for _, all_ in totals))

    with bar:
        follower = threading.Thread(target=follow, args=(bar.add_task(job, total=1),), daemon=True)
        follower.start()
        try:
            yield
        finally:
            ended.set()
            follower.join()


def rows_read(spark: SparkSession, group: str) -> int:
    """Rows that the stages of a job group read from storage, each as often as it was read."""
    context = spark.sparkContext
    tracker, store = context.statusTracker(), context._jsc.sc().statusStore()
    jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(group)]
    rows = 0
    for stage in {stage for job in jobs if job for stage in job.stageIds}:
        try:
            rows += store.lastStageAttempt(stage).inputRecords()
        except Py4JJavaError:  # Spark keeps no record of a stage that it skipped
            continue
    return rows
