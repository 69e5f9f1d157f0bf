"""Simulate: a made-up platform with its abusers and reviewers, or reviewers who answer the open cases."""

from jobs.job import Context, Facts, Job, main

import click

from lake.errors import UsageError
from lake.schemas import SOURCES
from simulation.settings import Settings
from simulation.truth import TRUTHS
from simulation.writing import answer_queue, write_world

KNOBS = (
    "seed",
    "accounts",
    "days",
    "events",
    "evading",
    "varied",
    "abuse",
    "crowds",
    "interests",
    "dirty",
    "reviews",
    "review_days",
)
DAY = click.DateTime(["%Y-%m-%d"])
SHARE = click.FloatRange(0, 1)


def run(context: Context) -> Facts:
    """Write the source tables of a made-up platform, and the truth about it beside the lake, at URI_truth.

    The same seed and knobs give the same lake. With --answer-queue, reviewers instead answer the open cases of
    review_queue for the day --as-of, out of the truth: as many as they can, some late, a few wrong.
    """
    told = context.options
    if told["answer_queue"]:
        if told["day"] is None:
            raise UsageError("--answer-queue needs --as-of: the day whose queue is answered")
        return answer_queue(context.lake, told["day"].date(), told["seed"], context.policies, context.run.provenance)
    settings = Settings(until=told["until"].date(), **{name: told[name] for name in KNOBS})
    return write_world(context.lake, settings, told["overwrite"], context.run.provenance)


OPTIONS = (
    click.Option(
        ["--seed"], type=click.IntRange(0, 2**31), default=7, show_default=True, help="Another seed, another world."
    ),
    click.Option(
        ["--accounts"], type=click.IntRange(1), default=20_000, show_default=True, help="Accounts that ever sign up."
    ),
    click.Option(["--days"], type=click.IntRange(1, 400), default=42, show_default=True, help="Days of events."),
    click.Option(
        ["--until"],
        type=DAY,
        default="2026-03-01",
        show_default=True,
        help="The lake ends just before this day, 00:00 UTC.",
    ),
    click.Option(["--events"], type=click.IntRange(1), help="About how many events; by default 2 per account and day."),
    click.Option(
        ["--evading"], type=SHARE, default=0.5, show_default=True, help="Share of the abusive rings that hide."
    ),
    click.Option(
        ["--varied"],
        type=SHARE,
        default=0.0,
        show_default=True,
        help="Share of the abusive rings that go about it in ways of their own.",
    ),
    click.Option(
        ["--abuse"],
        type=click.FloatRange(0, 5),
        default=1.0,
        show_default=True,
        help="How much abuse, as a multiple of the usual; 0 for none.",
    ),
    click.Option(
        ["--crowds"],
        type=click.FloatRange(0, 5),
        default=1.0,
        show_default=True,
        help="How many honest groups, as a multiple of the usual; 0 for none.",
    ),
    click.Option(
        ["--interests"], type=SHARE, default=1.0, show_default=True, help="0: everybody watches what everybody watches."
    ),
    click.Option(
        ["--dirty"], type=SHARE, default=0.0, show_default=True, help="Share of extra rows that break the contract."
    ),
    click.Option(
        ["--reviews"],
        type=click.FloatRange(0.1, 4),
        default=1.0,
        show_default=True,
        help="How many decisions there are, as a multiple of the usual.",
    ),
    click.Option(
        ["--review-days"],
        type=click.IntRange(1),
        default=42,
        show_default=True,
        help="All decisions fall into this many last days.",
    ),
    click.Option(["--overwrite"], is_flag=True, help="Replace a lake, with all that was computed from it."),
    click.Option(["--answer-queue"], is_flag=True, help="Let reviewers answer the open cases of --as-of instead."),
    click.Option(["--as-of", "day"], type=DAY, help="With --answer-queue: the day whose queue is answered."),
)

JOB = Job(
    "simulate",
    "Simulate a platform, or let reviewers answer its queue",
    run,
    writes=(*SOURCES, *TRUTHS),
    options=OPTIONS,
    needs_day=False,
    makes_lake=True,
)

if __name__ == "__main__":
    main(JOB)
