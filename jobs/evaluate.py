"""Evaluate: how good the queue was, told by the decisions since."""

from jobs import score
from jobs.job import Context, Facts, Job, main

from datetime import timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lake.schemas import AUDIT_DRAWS, DECISIONS, QUALITY, REVIEW_QUEUE, Table
from review.quality import opened, quality, scored_by


def run(context: Context) -> Facts:
    """Measure the queue of the last weeks per policy, selection and model, each measure with a 95 % interval.

    Precision of the cases, recall of the threshold (from random audits, corrected for wrong verdicts), agreement of
    reviewers, appeals that overturned a verdict, cases that were overdue. Reads the review queue and the decisions that
    answered it, and writes table quality. Run it whenever decisions have come in.
    """
    lake, days = context.lake, context.policies.quality.case_days
    cases = opened(lake.read_or_empty(REVIEW_QUEUE), context.as_of, days)
    look_back = max(days, context.policies.prevalence.audit_days)
    scored = scored_by(**{kind: recent(context, table, look_back) for kind, table in score.TABLES.items()})
    draws = lake.read_or_empty(AUDIT_DRAWS)
    measured = quality(cases, scored, draws, context.source(DECISIONS), context.as_of, context.policies)
    context.publish(QUALITY, measured)
    return {
        f"{row.policy}, {row.selection}, {row.measure} ({row.model_version})": f"{row.estimate:.1%} "
        f"({row.ci_low:.1%} to {row.ci_high:.1%}) of {row.cases}"
        for row in measured.collect()
        if row.estimate is not None
    } or {"measured": "nothing yet: no case of the last weeks was answered or due"}


def recent(context: Context, table: Table, days: int) -> DataFrame:
    """What was published of a table in the days before this one."""
    day = F.col("as_of")
    first = context.as_of - timedelta(days=days)
    return context.lake.read_or_empty(table).where((day >= F.lit(first)) & (day < F.lit(context.as_of)))


JOB = Job(
    "evaluate",
    "Measure the queue: precision, recall, agreement, lateness",
    run,
    reads=(REVIEW_QUEUE, *score.TABLES.values(), AUDIT_DRAWS, DECISIONS),
    writes=(QUALITY,),
)

if __name__ == "__main__":
    main(JOB)
