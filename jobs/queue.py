"""Queue: the cases that reviewers get, within their capacity."""

from jobs import score
from jobs.job import Context, Facts, Job, main

from pyspark.sql import DataFrame

from lake.errors import MissingTable
from lake.schemas import ACCOUNTS, AUDIT_DRAWS, AUDIT_FRAMES, DECISIONS, REVIEW_QUEUE, RING_MEMBERS, RINGS
from review.history import earlier_days
from review.queue import Day, review_queue
from review.tables import AUDITED_ACCOUNTS, QUEUED_VIDEOS


def run(context: Context) -> Facts:
    """Fill the review queue of a day.

    Reads the day's scores, rings and features, the decisions made so far and the queue of earlier days. Writes
    review_queue: cases that are still open, and new ones within the capacity of each policy: what is flagged, then what
    else is above the floor, by expected harm (risk), scores near the threshold and, on a cold start, rings whose
    verdicts teach most (uncertain), random audits over all active accounts (audit) and second reviews of
    audits that came out violating, each with the probability with which it was drawn. Run it after score.
    """
    earlier = earlier_days(context.lake.read_or_empty(REVIEW_QUEUE), context.as_of, context.policies.review)
    queue = review_queue(inputs(context, earlier), context.as_of, context.policies)
    context.publish(AUDIT_FRAMES, queue.audit_frames)
    context.publish(AUDIT_DRAWS, queue.audit_draws)
    rows = context.publish(REVIEW_QUEUE, queue.cases)
    return {"open cases": rows, **{f"new {name} cases": count for name, count in queue.opened.items()}}


def inputs(context: Context, earlier: DataFrame) -> Day:
    """What the queue of a day is made from; `earlier` is the queue of the days before.

    Raises MissingTable for a day that has accounts or rings and no scores of them: none would become a case.
    """
    rings, scores = context.day(RINGS), {kind: context.day(table) for kind, table in score.TABLES.items()}
    for kind, active in (("account", context.day(AUDITED_ACCOUNTS)), ("ring", rings)):
        if scores[kind].isEmpty() and not active.isEmpty():
            raise MissingTable(
                f"the {kind}s of {context.as_of} have no scores: run python -m jobs score for that day first"
            )
    return Day(
        **{f"{kind}_scores": rows for kind, rows in scores.items()},
        rings=rings,
        ring_members=context.day(RING_MEMBERS),
        account_features=context.day(AUDITED_ACCOUNTS),
        video_features=context.day(QUEUED_VIDEOS),
        accounts=context.source(ACCOUNTS),
        decisions=context.source(DECISIONS),
        earlier=earlier,
    )


JOB = Job(
    "queue",
    "Fill the review queue within the reviewers' capacity",
    run,
    reads=(*score.TABLES.values(), RINGS, RING_MEMBERS, AUDITED_ACCOUNTS, QUEUED_VIDEOS, ACCOUNTS, DECISIONS),
    writes=(REVIEW_QUEUE, AUDIT_DRAWS, AUDIT_FRAMES),
)

if __name__ == "__main__":
    main(JOB)
