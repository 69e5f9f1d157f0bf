"""`python -m jobs JOB`: the commands of the suite."""

from jobs.extras import missing_extra

import sys
from importlib import import_module

import click

SECTIONS = {
    "Jobs": (
        "daily",
        "validate",
        "features",
        "links",
        "rings",
        "score",
        "queue",
        "prevalence",
        "train",
        "evaluate",
        "drift",
        "backtest",
        "import_shares",
        "show_ring",
    ),
    "For development, on simulated platforms": ("simulate", "demo", "loop"),
}
JOBS = tuple(name for names in SECTIONS.values() for name in names)


class Jobs(click.Group):
    """Imports a job's file only when its command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(JOBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        from jobs.job import command

        if name not in JOBS:
            return None
        try:
            return command(import_module(f"jobs.{name}").JOB)
        except ModuleNotFoundError as error:
            missing = missing_extra(error)
            if missing is None:
                raise
            return unavailable(name, missing)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what a platform is run with apart from what the suite is tried with."""
        for title, names in SECTIONS.items():
            commands = ((name, self.get_command(ctx, name)) for name in names)
            lines = [(name, job.get_short_help_str(formatter.width)) for name, job in commands if job]
            with formatter.section(title):
                formatter.write_dl(lines)


def unavailable(name: str, missing: str) -> click.Command:
    """Make a command that only says what its job lacks, so that the others are still there."""

    def refuse() -> None:
        from jobs import terminal

        from lake.errors import UsageError

        terminal.fail(missing)
        sys.exit(UsageError.exit_code)

    context_settings = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
    return click.Command(name, callback=refuse, short_help=missing, context_settings=context_settings)


@click.group(cls=Jobs)
def jobs() -> None:
    """Find accounts and videos that act together beyond chance, score them, and queue them for review."""


def main() -> None:
    """Run the command line; an interrupt ends it with one word from the first second on, which goes into imports."""
    try:
        from jobs.job import run_command_line
    except KeyboardInterrupt:
        click.echo("error: interrupted", err=True)
        sys.exit(1)
    run_command_line(jobs, "python -m jobs")


if __name__ == "__main__":
    main()
