"""Links: pairs of accounts that act together beyond chance."""

from jobs.job import Context, Facts, Job, main

from datetime import timedelta

from engine import checkpoint
from pyspark.sql import functions as F

from features.links import (
    at_false_discovery_rate,
    comparable_actions,
    linked,
    non_engaging_repeat_viewers,
    shared_templates,
    shared_works,
    templates,
    watching,
    works,
)
from lake.decisions import current_verdicts
from lake.schemas import (
    ACCOUNT_LINKS,
    ACCOUNTS,
    COMMENT_TEMPLATES,
    DECISIONS,
    EVENTS,
    LINK_EVIDENCE,
    VIDEO_WORKS,
    VIDEOS,
)


def run(context: Context) -> Facts:
    """Find the pairs of accounts that meet on the same objects more often than chance allows.

    Brings the events of the last weeks, the sign-ups and the uploads into one form, counts the accounts on each
    object, and judges what each pair shares against how active both are. Publishes account_links, the pairs that are
    beyond chance by themselves, and what speaks for each pair kind by kind (link_evidence), also for pairs that are
    not: a ring may be beyond chance where none of its pairs is. Reports of what reviewers found violating link
    nobody. Uploads whose frame or caption others uploaded too are in video_works, comments with what links are about
    in comment_templates. Run it before `rings`.
    """
    limits = context.limits.links
    since = context.as_of - timedelta(days=limits.window_days)
    # An act counts once, so events need not be told apart from their second delivery.
    events = context.delivered(EVENTS, limits.window_days)
    videos = context.source(VIDEOS)
    upload_works = checkpoint(works(videos, since, limits))
    comment_topics = checkpoint(templates(events, limits))
    watched = watching(events, videos)
    violating = current_verdicts(context.source(DECISIONS)).where("verdict = 'violating'")
    actions = checkpoint(
        comparable_actions(
            events, context.source(ACCOUNTS), videos, upload_works, comment_topics, watched, violating, since
        )
    )
    active = actions.select("account_id").distinct().count()
    found = linked(actions, non_engaging_repeat_viewers(watched.repeat_viewers, limits), limits)
    threshold = at_false_discovery_rate(found.pairs, active, limits.false_discovery_rate)
    rows = context.publish(ACCOUNT_LINKS, found.pairs.where(F.col("surprise") >= threshold))
    context.publish(LINK_EVIDENCE, found.evidence)
    context.publish(VIDEO_WORKS, shared_works(upload_works))
    context.publish(COMMENT_TEMPLATES, shared_templates(comment_topics, found.evidence))
    return {"accounts": active, "links": rows, "kept from surprise": f"{threshold:.1f}" if rows else "no link"}


JOB = Job(
    "links",
    "Find pairs of accounts that act together beyond chance",
    run,
    reads=(EVENTS, ACCOUNTS, VIDEOS, DECISIONS),
    writes=(ACCOUNT_LINKS, LINK_EVIDENCE, VIDEO_WORKS, COMMENT_TEMPLATES),
)

if __name__ == "__main__":
    main(JOB)
