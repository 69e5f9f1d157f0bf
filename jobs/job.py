"""What a job is, and how one runs: options, session, `job_runs`, exit code, summary."""

from jobs import terminal
from jobs.extras import missing_extra

import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import engine
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from conf import ConfigError, Limits, Policies, load_limits, load_policies
from lake.errors import SuiteError, UsageError
from lake.runs import Run
from lake.schemas import EVENTS, JOB_RUNS, SOURCES, Table
from lake.store import Lake, deduplicated
from validation.rules import EARLIEST, usable

Facts = Mapping[str, object]


class Day(click.DateTime):
    """A day in the form 2026-03-01, of a time in which there are platforms."""

    first, end = date.fromisoformat(EARLIEST), date(2100, 1, 1)

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        day: datetime = super().convert(value, param, ctx)
        if not self.first <= day.date() < self.end:
            self.fail(f"{day.date()} is no day of {self.first.year} to {self.end.year - 1}.", param, ctx)
        return day


@dataclass(frozen=True)
class Job:
    """A command: what it reads and writes, what it may be told, and the function that does it.

    `run` returns facts for the summary that a person sees, label → value.
    """

    name: str
    summary: str
    run: Callable[["Context"], Facts]
    reads: tuple[Table, ...] = ()
    writes: tuple[Table, ...] = ()
    options: tuple[click.Parameter, ...] = ()
    needs_day: bool = True
    makes_lake: bool = False


@dataclass
class Context:
    """What a running job works with. Steps of `daily` share one, but each has a `run` of its own."""

    lake: Lake
    asked_day: date | None
    run: Run
    options: Mapping[str, Any]
    policies: Policies
    limits: Limits
    warnings: list[str] = field(default_factory=list)

    @property
    def spark(self) -> SparkSession:
        return self.lake.spark

    @property
    def as_of(self) -> date:
        """The day of knowledge; raises UsageError in a job that was given none."""
        if self.asked_day is None:
            raise UsageError(f"{self.run.job} has no day: --as-of is missing")
        return self.asked_day

    def source(self, table: Table, days: int | None = None) -> DataFrame:
        """Rows of a source table that a job may use: known at `as_of`, keeping the contract, each key once."""
        return deduplicated(self.delivered(table, days), table.key)

    def delivered(self, table: Table, days: int | None = None) -> DataFrame:
        """The same rows, each as often as it was delivered: for what counts an act once anyway."""
        return usable(self.lake.source(table, self.as_of, days), table)

    def day(self, table: Table, as_of: date | None = None) -> DataFrame:
        """What was published for a day, this run's when none is given."""
        return self.lake.day(table, as_of or self.as_of)

    def publish(self, table: Table, df: DataFrame) -> int:
        """Replace this run's day of an output table; returns the number of rows."""
        rows = self.lake.publish(table, df, self.as_of, self.run.provenance)
        self.run.rows_written += rows
        return rows

    def days_done(self, job: str) -> set[date]:
        """Days for which a job has ended well, by the record of runs; none where that cannot be read, with a warning.

        It may save work, and must not cost any: who asks does without.
        """
        try:
            if not self.lake.exists(JOB_RUNS):
                return set()
            done = self.lake.read(JOB_RUNS).where((F.col("job") == job) & (F.col("status") == "done"))
            return {row.as_of for row in done.select("as_of").distinct().collect()}
        except Exception as error:
            if terminal.interrupted():
                raise
            self.warn(f"{job} does without the record of earlier runs: {one_line(error)}")
            return set()

    def warn(self, message: str) -> None:
        """Show a warning now, and again in the summary."""
        self.warnings.append(message)
        terminal.warn(message)


def defaults(job: Job) -> dict[str, Any]:
    """What a job's own options are when nobody sets them."""
    optional: list[click.Parameter] = [option for option in job.options if not option.required]
    return dict(click.Command(job.name, params=optional).make_context(job.name, []).params)


def run_step(job: Job, context: Context, **options: Any) -> Facts:
    """Run one job within a session, and record it in `job_runs` whether it ends well or not.

    The step has a run and options of its own; what it counts is added to the run that asked for it.
    """
    options = {**defaults(job), **options}
    step = replace(context, run=Run(job.name, context.asked_day, options), options=options)
    with terminal.progress(engine.current(), job.name, step.run.run_id), recorded(job, step):
        facts = job.run(step)
    context.run.add(step.run)
    engine.current().release()
    return facts


@contextmanager
def recorded(job: Job, context: Context) -> Iterator[None]:
    run = context.run
    message: str | None = "interrupted"
    try:
        yield
        message = None
    except Exception as error:
        message = "interrupted" if terminal.interrupted() else one_line(error)
        raise
    finally:
        try:
            if message == "interrupted":
                engine.current().give_up()
            run.rows_read += engine.current().rows_read(run.run_id)
            if job.makes_lake or any(context.lake.exists(table) for table in SOURCES):
                run.record(context.lake, message)
        except Exception as error:  # noqa: BLE001 - what became of the job counts, not what became of its record
            terminal.warn(f"{job.name} is not recorded in job_runs: {one_line(error)}")


def one_line(error: BaseException) -> str:
    """The first line of an error that says something; of one that is not the suite's, what the engine makes of it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    if isinstance(error, SuiteError | ConfigError | engine.EngineError):
        return text
    return missing_extra(error) or engine.explain(error) or f"{type(error).__name__}: {text}"


def command(job: Job) -> click.Command:
    """The command line of a job."""
    params: list[click.Parameter] = [
        click.Option(
            ["--lake"], required=True, metavar="URI", help="Where the Delta tables are: a folder, s3a://…, abfss://…"
        ),
    ]
    if job.needs_day:
        params.append(
            click.Option(
                ["--as-of"],
                required=True,
                type=Day(),
                help="Day of knowledge: nothing that happened at or after it, 00:00 UTC, is used.",
            )
        )
    params += [
        *job.options,
        click.Option(
            ["--policies"],
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="TOML file with what differs from conf/policies.toml (docs/configuration.md).",
        ),
        click.Option(
            ["--limits"],
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="TOML file with what differs from conf/limits.toml (docs/configuration.md).",
        ),
        click.Option(
            ["--engine"],
            type=click.Choice(engine.ENGINES),
            help="What runs the data frames. auto, the default unless ABUSE_MINING_ENGINE is set: Spark where it was "
            "set up or the lake needs it, else Sail, on this machine.",
        ),
        click.Option(["--dry-run"], is_flag=True, help="Say what would be read and written, and stop."),
        click.Option(["--debug"], is_flag=True, help="Show the traceback of an unforeseen failure."),
    ]
    return click.Command(
        job.name,
        params=params,
        callback=lambda **options: invoke(job, options),
        help=job.run.__doc__,
        short_help=job.summary,
    )


def invoke(job: Job, options: dict[str, Any]) -> None:
    """Run a job from its parsed options; raises SystemExit with the contract's code when it fails."""
    debug = options.pop("debug")
    if not debug:
        terminal.mute_native_code()
    try:
        facts, warnings = start(job, options)
        terminal.summary(job.name, facts, warnings)
    except (SuiteError, ConfigError, engine.EngineError) as error:
        terminal.fail(one_line(error))
        sys.exit(UsageError.exit_code if isinstance(error, ConfigError) else error.exit_code)
    except Exception as error:
        if terminal.interrupted():
            raise KeyboardInterrupt from error
        if missing_extra(error):
            terminal.fail(one_line(error))
            sys.exit(UsageError.exit_code)
        if debug:
            traceback.print_exc()
        terminal.fail(one_line(error) + ("" if debug else " (--debug shows where)"))
        sys.exit(1)


def start(job: Job, options: dict[str, Any]) -> tuple[Facts, list[str]]:
    uri, dry_run, asked, policies_file, limits_file = (
        options.pop(name) for name in ("lake", "dry_run", "engine", "policies", "limits")
    )
    moment: datetime | None = options.pop("as_of", None)
    as_of = moment.date() if moment else None
    policies, limits = load_policies(policies_file), load_limits(limits_file)
    terminal.configure()
    terminal.note_interrupts()
    choice = engine.choose(asked, uri, lambda: events_in_window(uri, as_of, limits), limits.engine.embedded_events)
    terminal.chosen(choice)
    with terminal.starting(choice):
        lake = Lake(engine.start(choice, f"abuse-mining {job.name}").spark, uri)
    if dry_run:
        return plan(job, lake, as_of), []
    context = Context(lake, as_of, Run(job.name, as_of, options), options, policies, limits)
    return run_step(job, context, **options), context.warnings


def events_in_window(uri: str, as_of: date | None, limits: Limits) -> int | None:
    """Events in the days that links look at before a day, by the log of the table; None where nobody knows."""
    first = as_of - timedelta(days=limits.links.window_days) if as_of else None
    return engine.rows_in_log(engine.DaysRead(f"{uri.rstrip('/')}/{EVENTS.name}", EVENTS.partition, first, as_of))


def plan(job: Job, lake: Lake, as_of: date | None) -> Facts:
    """What a job would read and write, without doing either."""
    reads = {
        f"reads {table.name}": f"{lake.path(table)}{'' if lake.exists(table) else '  (missing)'}" for table in job.reads
    }
    day = f" where {{}} = '{as_of}'" if as_of else ""
    writes = {
        f"writes {table.name}": lake.path(table) + (day.format(table.partition) if table.partition else "")
        for table in job.writes
    }
    return {**reads, **writes}


def main(job: Job) -> None:
    """Run a job as a script, such as by spark-submit."""
    run_command_line(command(job), f"{job.name}.py")


def run_command_line(commands: click.Command, name: str, arguments: list[str] | None = None) -> None:
    """Run a command; arguments that cannot be used end it with one line and the contract's exit code."""
    try:
        commands.main(arguments, prog_name=name, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as request:
        request.show()
        sys.exit(UsageError.exit_code)
    except click.ClickException as error:
        terminal.fail(f"{error.format_message()} ({name} --help explains)")
        sys.exit(UsageError.exit_code)
    except click.Abort:
        terminal.fail("interrupted")
        engine.leave(1)
