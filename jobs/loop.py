"""Loop: weeks of the suite on a made-up platform, whose reviewers answer what it asks."""

from jobs import daily, simulate, train
from jobs.demo import step
from jobs.job import Context, Facts, Job, main

from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path

import click

from features import accounts
from lake.errors import GateRefused
from lake.schemas import DECISIONS, PREVALENCE, REVIEW_QUEUE, RING_MEMBERS, SOURCES
from lake.store import only_row
from simulation.loop import WEEK, cases_of, caught, draw, reach_of
from simulation.scorecard import true_prevalence
from simulation.settings import Settings
from simulation.truth import TRUTH_ACCOUNTS, TRUTH_VIDEOS, truth_beside


def run(context: Context) -> Facts:
    """Make up a platform, run its last days one after the other while its reviewers answer, and draw what came of it.

    Each day: daily, then reviewers answer the cases that are open; before it, once a week, train. Replaces the lake at
    --lake. The picture shows precision, recall, abusive views and prevalence, day by day against the truth, which is at
    URI_truth and which no step of the suite reads.
    """
    told = context.options
    settings = Settings(seed=told["seed"], accounts=told["accounts"], abuse=2.0, reviews=3.0)
    step(simulate.JOB, context, **{knob: getattr(settings, knob) for knob in simulate.KNOBS}, overwrite=True)
    days = [settings.until - timedelta(days=back) for back in range(told["days"] - 1, -1, -1)]
    measured, prevalence = [], []
    for number, day in enumerate(days):
        today = replace(context, asked_day=day)
        if number % WEEK == 0:
            train_or_warn(today)
        step(daily.JOB, today)
        step(simulate.JOB, context, answer_queue=True, day=datetime.combine(day, time.min), seed=settings.seed)
        measured.append({"day": day, **against_truth(today)})
        prevalence += [{"day": day, **row} for row in prevalence_of(today)]
        draw(measured, prevalence, told["picture"])
    last = measured[-1]
    return {"days": len(days), "abusive accounts found": f"{last['recall']:.0%}", "picture": str(told["picture"])}


def train_or_warn(context: Context) -> None:
    """A model that is refused, or a week with too little to learn from, is a part of the loop."""
    try:
        step(train.JOB, context, snapshot_weeks=1)
    except GateRefused as refusal:
        context.warn(str(refusal))


def against_truth(context: Context) -> dict[str, object]:
    """What the day came to, as `simulation.loop` measures it; reviewers' answers to the day's cases count already."""
    truth = truth_beside(context.lake)
    people, members = truth.read(TRUTH_ACCOUNTS), context.day(RING_MEMBERS)
    decisions = replace(context, asked_day=context.as_of + timedelta(days=1)).source(DECISIONS)
    cases = cases_of(context.day(REVIEW_QUEUE), members, people, truth.read(TRUTH_VIDEOS), context.as_of)
    reach = reach_of(context.day(accounts.TABLE), people, caught(decisions, members))
    return {**only_row(cases).asDict(), **only_row(reach).asDict()}


def prevalence_of(context: Context) -> list[dict[str, object]]:
    """policy, estimate, ci_low, ci_high and the `truth` of each policy on the day."""
    people = truth_beside(context.lake).read(TRUTH_ACCOUNTS)
    true = true_prevalence(context.day(accounts.TABLE), people).withColumnRenamed("prevalence", "truth")
    both = context.day(PREVALENCE).join(true, on="policy", how="inner")
    return [row.asDict() for row in both.select("policy", "estimate", "ci_low", "ci_high", "truth").collect()]


JOB = Job(
    "loop",
    "Run weeks of one whose reviewers answer, and draw them",
    run,
    writes=SOURCES,
    options=(
        click.Option(
            ["--seed"], type=click.IntRange(0), default=7, show_default=True, help="Another seed, another platform."
        ),
        click.Option(["--accounts"], type=click.IntRange(500), default=4_000, show_default=True, help="Its size."),
        click.Option(["--days"], type=click.IntRange(1, 35), default=21, show_default=True, help="Days that are run."),
        click.Option(
            ["--picture"],
            type=click.Path(dir_okay=False, writable=True, path_type=Path),
            default="loop.png",
            show_default=True,
            help="Where the picture goes; it grows day by day.",
        ),
    ),
    needs_day=False,
    makes_lake=True,
)

if __name__ == "__main__":
    main(JOB)
