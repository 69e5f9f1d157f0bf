"""Prevalence: how much is still out there."""

from jobs.job import Context, Facts, Job, main

from lake.schemas import AUDIT_DRAWS, AUDIT_FRAMES, DECISIONS, PREVALENCE, RING_MEMBERS, RINGS
from review.prevalence import prevalence
from review.tables import AUDITED_ACCOUNTS


def run(context: Context) -> Facts:
    """Estimate the share of views by violating accounts, for each policy, with a 95 % interval.

    Reads random audits and their answers, the scores from before them, the day's rings and activity. Writes prevalence:
    the estimate that uses the scores, beside the one from the audits alone, both corrected for wrong verdicts. Without
    any audit the estimate is null and the interval says so. Run it after queue.
    """
    estimates = prevalence(
        context.day(AUDITED_ACCOUNTS),
        context.day(RINGS),
        context.day(RING_MEMBERS),
        context.source(DECISIONS),
        context.lake.read_or_empty(AUDIT_DRAWS),
        context.lake.read_or_empty(AUDIT_FRAMES),
        context.as_of,
        context.policies,
    )
    context.publish(PREVALENCE, estimates)
    return {
        row.policy: "no audit yet"
        if row.estimate is None
        else f"{row.estimate:.2%} of views ({row.ci_low:.2%} to {row.ci_high:.2%}), {row.reviewed} audits"
        for row in estimates.collect()
    }


JOB = Job(
    "prevalence",
    "Estimate the share of views by violating accounts",
    run,
    reads=(AUDITED_ACCOUNTS, RINGS, RING_MEMBERS, DECISIONS, AUDIT_DRAWS, AUDIT_FRAMES),
    writes=(PREVALENCE,),
)

if __name__ == "__main__":
    main(JOB)
