"""`python -m jobs JOB`: the commands of the suite."""

import sys
from importlib import import_module

import click

JOBS = (
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
    "simulate",
    "import_shares",
    "show_ring",
    "demo",
    "loop",
)


class Jobs(click.Group):
    """Imports a job's file only when its command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(JOBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        from jobs.job import command

        return command(import_module(f"jobs.{name}").JOB) if name in JOBS else None


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
