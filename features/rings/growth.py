"""Groups made whole: who does what a group does belongs to it, though it met no member often enough to be linked.

Of those who carry out an order many meet a few of the others only. What a group acts on is seen in those who are
linked; who else gives so much of what they do to just that, is of the group as likely as not. Two kinds of accounts are
told apart by how much of what they do is about the group's targets, members and everybody else, a share of each verb.
It is counted in whose videos these are: fans of one customer act on many videos, members on those of many. The
shares, how many members there are and who is one are found by turns (expectation maximisation of a mixture of two
binomials: Dempster, Laird, Rubin 1977).
"""

from datetime import date

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.special import expit, logit

from engine import checkpoint
from features.rings.communities import MIN_MEMBERS
from features.rings.definitions import MADE
from features.rings.measures import is_deed, is_target, linked_objects, ring_links, with_family
from lake.schemas import VERBS

WILLED = tuple(verb for verb in VERBS if verb != "view")
"""What a feed shows is no choice."""
ROUNDS = 20
MIN_TARGETS = 2
"""One thing in common, or one customer, may be a chance; two are hardly."""
TIED = 0.4
"""Hits of who joins, relative to the median member's, at least."""
HOLDS = 0.3
"""Share of a group's linked pairs from which a family of links is what holds it together."""
BELONGS = 0.5
JUDGED = "community bigint, account_id bigint, member boolean, chance double"


def willed_acts(events: DataFrame, made: DataFrame, videos: DataFrame, since: date) -> DataFrame:
    """What each account chose to do since a day: distinct (account_id, verb, object_id, topic).

    `made` has what was written and uploaded (account_id, kind, object): that is an act of its kind. The topic of a
    video is who uploaded it, anything else is one of its own.
    """
    chosen = events.where(F.col("verb").isin(*WILLED) & (F.col("event_date") >= F.lit(since))).select(
        "account_id", "verb", F.coalesce("video_id", "target_account_id").alias("object_id")
    )
    making = made.select("account_id", F.col("kind").alias("verb"), F.col("object").alias("object_id"))
    creators = videos.select(F.col("video_id").alias("object_id"), F.col("account_id").alias("creator"))
    is_video = ~F.col("verb").isin("follow", *MADE)
    return (
        chosen.where("object_id IS NOT NULL")
        .unionByName(making)
        .distinct()
        .join(creators, on="object_id", how="left")
        .select(
            "account_id",
            "verb",
            "object_id",
            F.coalesce(F.when(is_video, F.col("creator")), "object_id").alias("topic"),
        )
    )


def grown(groups: DataFrame, evidence: DataFrame, acts: DataFrame, population: int) -> DataFrame:
    """The rows of `groups` (community, account_id, strength) without those who do not do what holds the group together,
    and with everybody who does. Groups with one target are left out: a meme has as many.

    `evidence` are rows of link_evidence, `acts` as `willed_acts` gives them, of `population` accounts. Who has a chance
    of `BELONGS` or more to be a member joins, with that for a strength; an account may join several groups. Who acts on
    a few targets where members act on many is none of them: around people of one taste there are those who share half
    of it.
    """
    members = groups.select(F.col("community").alias("ring_id"), "account_id")
    kinds = checkpoint(with_family(ring_links(evidence, members)).where(is_deed(F.col("family"))))
    holding = linked_objects(what_holds(kinds)).where(F.col("verb").isin(*WILLED, *MADE))
    objects = checkpoint(holding.select("ring_id", "verb", "object_id").distinct())
    done = checkpoint(
        acts.join(F.broadcast(objects), on=["verb", "object_id"], how="inner")
        .join(F.broadcast(members.withColumn("member", F.lit(True))), on=["ring_id", "account_id"], how="left")
        .select(
            "ring_id", "verb", "object_id", "topic", "account_id", F.coalesce("member", F.lit(False)).alias("member")
        )
    )
    sizes = members.groupBy("ring_id").agg(F.count("*").alias("size"))
    targets = (
        done.groupBy("ring_id", "verb", "object_id")
        .agg(F.count_if("member").alias("members"))
        .join(F.broadcast(sizes), on="ring_id", how="inner")
        .where(is_target())
        .select("ring_id", "verb", "object_id", "size")
    )
    of_group = ["ring_id", "account_id"]
    on_targets = done.join(F.broadcast(targets), on=["ring_id", "verb", "object_id"], how="inner")
    hits = on_targets.groupBy(*of_group, "verb").agg(F.count_distinct("topic").alias("hits"))
    topics = checkpoint(acts.groupBy("account_id", "verb").agg(F.count_distinct("topic").alias("acts")))
    # Who does other things with the same verbs is told from who does not.
    looked_at = on_targets.select(*of_group, "member").unionByName(members.withColumn("member", F.lit(True))).distinct()
    counts = (
        looked_at.join(F.broadcast(targets.select("ring_id", "verb", "size").distinct()), on="ring_id", how="inner")
        .join(topics, on=["account_id", "verb"], how="left")
        .join(hits, on=[*of_group, "verb"], how="left")
        .join(F.broadcast(topics.groupBy("verb").agg(F.sum("acts").alias("acts_of_all"))), on="verb", how="inner")
        .fillna(0, ["hits", "acts"])
    )

    def judged(batch: pa.Table) -> pa.Table:
        return _judged(batch, population)

    of_seed = groups.select("community", "account_id", "strength").join(
        targets.groupBy(F.col("ring_id").alias("community"))
        .agg(F.count_distinct("object_id").alias("things"))
        .where(F.col("things") < MIN_TARGETS),
        on="community",
        how="left_anti",
    )
    told = checkpoint(counts.groupBy("ring_id").applyInArrow(judged, JUDGED))
    leaving = told.where(F.col("member") & (F.col("chance") < BELONGS)).select("community", "account_id")
    joining = told.where(~F.col("member") & (F.col("chance") >= BELONGS))
    staying = of_seed.join(leaving, on=["community", "account_id"], how="left_anti")
    return staying.unionByName(joining.select("community", "account_id", F.col("chance").alias("strength")))


def what_holds(evidence: DataFrame) -> DataFrame:
    """The rows of the link evidence within groups, with ring_id and family, of the families that hold these together:
    `HOLDS` of the linked pairs have it.
    """
    pair = F.struct("account_id", "other_account_id")
    pairs = evidence.groupBy("ring_id").agg(F.count_distinct(pair).alias("pairs"))
    families = (
        evidence.groupBy("ring_id", "family")
        .agg(F.count_distinct(pair).alias("with_family"))
        .join(pairs, on="ring_id", how="inner")
        .where(F.col("with_family") >= HOLDS * F.col("pairs"))
        .select("ring_id", "family")
    )
    return evidence.join(F.broadcast(families), on=["ring_id", "family"], how="left_semi")


def _judged(batch: pa.Table, population: int) -> pa.Table:
    """The chance of accounts that they are of one group, given what each did by verb: account_id, verb, hits, acts,
    acts_of_all, member, size. That of who shares few targets is 0.

    Where next to nobody of a group would be left, what its links are about is not what it does: nobody leaves.
    """
    # Sums of floats are the same in one order alone.
    batch = batch.sort_by([("account_id", "ascending"), ("verb", "ascending")])
    verbs, verb = np.unique(batch.column("verb").to_numpy(zero_copy_only=False), return_inverse=True)
    accounts, account = np.unique(batch.column("account_id").to_numpy(), return_inverse=True)
    hits, acts = (batch.column(name).to_numpy().astype(float) for name in ("hits", "acts"))
    member = np.zeros(len(accounts), dtype=bool)
    member[account] = batch.column("member").to_numpy(zero_copy_only=False)
    acts_of_all = np.zeros(len(verbs))
    acts_of_all[verb] = batch.column("acts_of_all").to_numpy()
    size = float(batch.column("size")[0].as_py())
    chance = chances_of_members(verb, account, hits, acts, member, acts_of_all, size, float(population))
    total = np.bincount(account, hits)
    acting = member & (total > 0)
    usual = np.median(total[acting]) if acting.any() else 0.0
    chance[~member & (total < max(MIN_TARGETS, TIED * usual))] = 0.0
    if (chance[member] >= BELONGS).sum() < MIN_MEMBERS:
        chance[member] = 1.0
    community = pa.repeat(pa.scalar(batch.column("ring_id")[0].as_py(), pa.int64()), len(accounts))
    return pa.Table.from_arrays(
        [community, pa.array(accounts), pa.array(member), pa.array(np.round(chance, 6))],
        ["community", "account_id", "member", "chance"],
    )


def chances_of_members(
    verb: np.ndarray,
    account: np.ndarray,
    hits: np.ndarray,
    acts: np.ndarray,
    member: np.ndarray,
    acts_of_all: np.ndarray,
    size: float,
    population: float,
) -> np.ndarray:
    """The chance of each account that it is a member, starting from who is known to be one.

    A row for each account and verb: so many of its `acts` are `hits`, acts on targets. `acts_of_all` has all acts of a
    verb, of the `population`. Half an act more on either side keeps a share off its ends (Krichevsky, Trofimov 1981).
    """
    all_hits = np.bincount(verb, hits, len(acts_of_all))
    chance = member.astype(float)
    for _ in range(ROUNDS):
        inside = chance[account]
        hits_inside, acts_inside = (np.bincount(verb, inside * each, len(acts_of_all)) for each in (hits, acts))
        of_members = (hits_inside + 0.5) / (acts_inside + 1)
        of_others = (all_hits - hits_inside + 0.5) / (acts_of_all - acts_inside + 1)
        told = (
            hits * np.log(of_members / of_others)[verb]
            + (acts - hits) * np.log((1 - of_members) / (1 - of_others))[verb]
        )
        prior = min(max(size, chance.sum()), population / 2) / population
        chance = expit(np.bincount(account, told, len(member)) + logit(prior))
    return chance
