"""Rings: groups of accounts held together by links."""

from jobs.job import Context, Facts, Job, main

from datetime import timedelta

import numpy as np
import pyarrow as pa
from engine import checkpoint, persist, unpersist
from pyspark.sql import functions as F

from features.links import account_links
from features.rings import (
    INPUTS,
    RINGS_WITH_FEATURES,
    Past,
    RingPrior,
    chosen_actions,
    describe_rings,
    find_members,
    late_members,
    learned,
    made_by,
    of_deeds,
    shipped,
    verdicts_on_rings,
    with_late_members_counted,
    with_lone_uploads,
    written_works,
)
from lake.decisions import current_verdicts
from lake.schemas import (
    ACCOUNTS,
    COMMENT_TEMPLATES,
    DECISIONS,
    EVENTS,
    LINK_EVIDENCE,
    RING_MEMBERS,
    RINGS,
    VIDEO_WORKS,
    VIDEOS,
)
from lake.store import only_row
from wording.rings import with_evidence


def run(context: Context) -> Facts:
    """Find rings in the day's links, under the ids that they had before, and say of each why it is one.

    Splits the graph of the pairs in link_evidence into communities that are beyond chance as a whole, looks once more
    for groups of those who did the same and for the few who act as one within communities of many, makes groups whole
    by what all accounts did, matches them with the rings of the days before (never the same day or later), measures
    what their members are and did, judges them by the prior as verdicts on rings have taught it, adds those that
    uploaded a ring's works or wrote its templates, and publishes rings and ring_members. Run it after `links`.
    """
    limits, window_days = context.limits.rings, context.limits.links.window_days
    evidence = context.day(LINK_EVIDENCE)
    links, deeds = (
        checkpoint(account_links(each, context.limits.links)).where(F.col("surprise") >= limits.min_surprise)
        for each in (evidence, of_deeds(evidence))
    )
    accounts = persist(context.source(ACCOUNTS))
    since = context.as_of - timedelta(days=window_days)
    # One pass over the events of months, so second deliveries are dropped after the few rows are chosen.
    events = context.delivered(EVENTS, max(limits.follow_days, window_days))
    # Those with a profile may be fewer, where profiles come late, or many more, most of whom have left.
    by_account = events.where(F.col("event_date") >= F.lit(since)).groupBy("account_id").count()
    active = only_row(by_account.agg(F.count("*").alias("accounts"), F.percentile("count", 0.5).alias("usual_acts")))
    videos = context.source(VIDEOS)
    templates, works = (context.day(table).drop("as_of") for table in (COMMENT_TEMPLATES, VIDEO_WORKS))
    made = checkpoint(made_by(templates, works))
    chosen = persist(chosen_actions(events, with_lone_uploads(made, videos, since), videos, since))
    members = find_members(links, deeds, evidence, chosen, past(context), active.accounts, context.as_of, limits)
    unpersist(chosen)
    prior, verdicts = learned_prior(context)
    described = checkpoint(
        describe_rings(
            members,
            links,
            evidence,
            events,
            made,
            accounts,
            videos,
            active.usual_acts or 0.0,
            context.as_of,
            context.limits.links,
            prior,
        )
    )
    late = checkpoint(late_members(members, described, works.unionByName(written_works(templates))))
    # Members last: a day that has them counts as whole where training looks for snapshots.
    published = context.publish(RINGS_WITH_FEATURES, with_evidence(with_late_members_counted(described, late)))
    accounts_in_rings = context.publish(RING_MEMBERS, members.unionByName(late))
    high = context.day(RINGS).where(F.col("score") >= 0.5).count()
    facts = {"rings": published, "of them with a score of 0.5 or more": high, "accounts in rings": accounts_in_rings}
    return facts | ({} if prior is shipped() else {"learned from verdicts on rings": verdicts})


def learned_prior(context: Context) -> tuple[RingPrior, int]:
    """Return the prior after the verdicts on rings of this platform, and the number of these verdicts."""
    if not (context.lake.exists(RINGS) and context.lake.exists(DECISIONS)):
        return shipped(), 0
    before = context.lake.read(RINGS).where(F.col("as_of") < F.lit(context.as_of))
    on_rings = context.source(DECISIONS).where("entity_type = 'ring'")
    judged = verdicts_on_rings(current_verdicts(on_rings), before).toArrow()  # at most MOST_VERDICTS
    values = np.column_stack([judged[name].cast(pa.float64()).to_numpy() for name in INPUTS])
    return learned(shipped(), values, judged["abusive"].to_numpy()), judged.num_rows


def past(context: Context) -> Past:
    """Rings published before this run's day; none when this is the first."""
    if not (context.lake.exists(RING_MEMBERS) and context.lake.exists(RINGS)):
        nothing = context.spark.createDataFrame([], RING_MEMBERS.types)
        return Past(nothing, nothing.select("ring_id"))
    before = F.col("as_of") < F.lit(context.as_of)
    remembered = F.col("as_of") >= F.lit(context.as_of - timedelta(days=context.limits.rings.memory_days))
    members = context.lake.read(RING_MEMBERS).where(before & remembered)
    return Past(members, context.lake.read(RINGS).where(before).select("ring_id").distinct())


JOB = Job(
    "rings",
    "Find groups of such accounts, with score and evidence",
    run,
    reads=(LINK_EVIDENCE, VIDEO_WORKS, COMMENT_TEMPLATES, ACCOUNTS, VIDEOS, EVENTS, DECISIONS),
    writes=(RINGS, RING_MEMBERS),
)

if __name__ == "__main__":
    main(JOB)
