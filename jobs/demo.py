"""Demo: the whole suite on a made-up platform, and what it found."""

from jobs import daily, screen, simulate, terminal, train
from jobs.job import Context, Facts, Job, main, run_step

from dataclasses import replace
from datetime import timedelta
from time import monotonic

import click

from features import accounts
from lake.errors import GateRefused
from lake.schemas import ACCOUNT_SCORES, PREVALENCE, REVIEW_QUEUE, RING_MEMBERS, RINGS, SOURCES
from simulation.scorecard import scorecard, true_prevalence
from simulation.settings import Settings
from simulation.truth import TRUTH_ACCOUNTS, truth_beside


def world(seed: int, accounts: int) -> Settings:
    """A platform in trouble, whose reviewers worked off a backlog in the last week: small, with enough to learn."""
    return Settings(seed=seed, accounts=accounts, abuse=2.0, reviews=3.0, review_days=8)


def run(context: Context) -> Facts:
    """Make up a platform, train on its reviewers' decisions, run two days, and show what was found beside the truth.

    Replaces the lake at --lake. The truth is at URI_truth; no step of the suite reads it.
    """
    settings = world(context.options["seed"], context.options["accounts"])
    step(simulate.JOB, context, **{knob: getattr(settings, knob) for knob in simulate.KNOBS}, overwrite=True)
    first = replace(context, asked_day=settings.until - timedelta(days=1))
    last = replace(context, asked_day=settings.until)
    try:
        step(train.JOB, first, snapshot_weeks=1)
    except GateRefused as refusal:  # a model that is no good is a result too: the days run without it
        context.warn(str(refusal))
    step(daily.JOB, first)
    step(daily.JOB, last)
    show(last)
    return {"lake": context.lake.uri, "truth": truth_beside(context.lake).uri}


def show(context: Context) -> None:
    """What was found on a day, beside the truth."""
    features, truth = context.day(accounts.TABLE), truth_beside(context.lake).read(TRUTH_ACCOUNTS)
    rings, members = context.day(RINGS), context.day(RING_MEMBERS)
    screen.rings(rings)
    screen.cases(context.day(REVIEW_QUEUE), context.policies)
    screen.truth(scorecard(features, members, rings, context.day(ACCOUNT_SCORES), truth))
    screen.prevalence(context.day(PREVALENCE), true_prevalence(features, truth))
    screen.look_further(context.lake.uri, context.as_of)


def step(job: Job, context: Context, **options: object) -> None:
    started = monotonic()
    facts = run_step(job, context, **options)
    terminal.step_done(f"{job.name} {context.asked_day or ''}".strip(), monotonic() - started, facts)


JOB = Job(
    "demo",
    "Run the suite on a simulated platform; show what it found",
    run,
    writes=SOURCES,
    options=(
        click.Option(
            ["--seed"], type=click.IntRange(0), default=7, show_default=True, help="Another seed, another platform."
        ),
        click.Option(["--accounts"], type=click.IntRange(500), default=8_000, show_default=True, help="Its size."),
    ),
    needs_day=False,
    makes_lake=True,
)

if __name__ == "__main__":
    main(JOB)
