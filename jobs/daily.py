"""Daily: all steps of a day, from the platform's tables to the review queue."""

from jobs import features, links, prevalence, queue, rings, score, terminal, validate
from jobs.job import Context, Facts, Job, main, run_step

from time import monotonic

import click

STEPS = (validate.JOB, features.JOB, links.JOB, rings.JOB, score.JOB, queue.JOB, prevalence.JOB)


def run(context: Context) -> Facts:
    """Run the steps of a day one after the other in one session; stop at the first that fails.

    validate → features → links → rings → score → queue → prevalence. Each step does what its own command does, and can
    be run again by itself; --from goes on where a run stopped. A run for the same day again replaces its rows and
    nothing else.
    """
    seconds: dict[str, object] = {}
    names = [step.name for step in STEPS]
    for step in STEPS[names.index(context.options["first"]) :]:
        started = monotonic()
        facts = run_step(step, context)
        seconds[step.name] = f"{monotonic() - started:.1f} s"
        terminal.step_done(step.name, monotonic() - started, facts)
    return seconds


JOB = Job(
    "daily",
    "Run the steps of a day, validate to prevalence",
    run,
    reads=tuple(dict.fromkeys(table for step in STEPS for table in step.reads)),
    writes=tuple(dict.fromkeys(table for step in STEPS for table in step.writes)),
    options=(
        click.Option(
            ["--from", "first"],
            type=click.Choice([step.name for step in STEPS]),
            default=STEPS[0].name,
            show_default=True,
            help="Start with this step; those before it have run for the day.",
        ),
    ),
)

if __name__ == "__main__":
    main(JOB)
