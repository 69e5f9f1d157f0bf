"""Expand groups: find the accounts that act like a group's members without enough co-actions with any to be linked.

Of the accounts that carry out an order, many have co-actions with few of the others. The linked members show what the
group acts on; an account that spends as large a share of its actions on just that belongs to the group as likely as
not. Two classes of accounts, members and all others, differ in the share of their actions on the group's targets, by
verb. The share is counted in creators of targets: fans of one customer act on many videos, members on those of many
customers. The shares, the number of members and the membership of each account are estimated in turns (expectation
maximisation of a mixture of two binomials: Dempster, Laird, Rubin 1977).

This is done twice. At first the targets are what links are about. Where each of a hundred members carries out one order
in four, few pairs are linked, about few of the orders; so the accounts found by these show the others: what more of
them acted on than its popularity explains. A dense block grows in turns by its rows and by its columns (M-Zoom: Shin,
Hooi, Faloutsos 2016; CrossSpot: Jiang et al. 2015).
"""

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.special import expit, logit

from engine import checkpoint
from features.links.kinds import MADE
from features.rings.choices import CHOSEN_VERBS, members_by_object, surprising_objects
from features.rings.communities import MIN_MEMBERS
from features.rings.links import holding_deeds, linked_objects, of_deeds, ring_links, with_family
from features.rings.measures.targets import is_target

ROUNDS = 20
MIN_TARGETS = 2
"""One target, or one customer, in common may be chance; two hardly are."""
MIN_RELATIVE_HITS = 0.4
"""Hits that an account needs to join, as a share of the median member's."""
MIN_PROBABILITY = 0.5
PROBABILITY_SCHEMA = "community bigint, account_id bigint, member boolean, probability double"


def expand_groups(groups: DataFrame, evidence: DataFrame, actions: DataFrame, population: int) -> DataFrame:
    """Return `groups` with all accounts that do what holds the group together, and without the members that do not.

    Columns in and out: community, account_id, strength. `evidence` are rows of link_evidence, `actions` is of
    `chosen_actions`, by `population` accounts. Groups with fewer than `MIN_TARGETS` targets are dropped: a meme makes
    as many. An account joins with a membership probability of `MIN_PROBABILITY` or more, which is its strength; it may
    join several groups. An account that acts on few targets where members act on many does not join: around people of
    one taste there are others who share half of it.
    """
    members = _members(groups)
    deeds = checkpoint(with_family(ring_links(of_deeds(evidence), members)))
    holding = linked_objects(holding_deeds(deeds))
    chosen = holding.where(F.col("verb").isin(*CHOSEN_VERBS, *MADE))
    linked = checkpoint(chosen.select("ring_id", "verb", "object_id").distinct())
    linked_targets = checkpoint(_targets(members_by_object(actions, members), linked, members))
    of_few_targets = checkpoint(
        linked_targets.groupBy("ring_id")
        .agg(F.count_distinct("object_id").alias("targets"))
        .where(F.col("targets") < MIN_TARGETS)
        .select("ring_id", F.col("ring_id").alias("community"))
    )
    seeds = checkpoint(groups.join(of_few_targets.select("community"), on="community", how="left_anti"))
    linked_targets = linked_targets.join(of_few_targets.select("ring_id"), on="ring_id", how="left_anti")
    topics = checkpoint(actions.groupBy("account_id", "verb").agg(F.count_distinct("topic").alias("acts")))
    first = checkpoint(_probabilities(seeds, actions, topics, linked_targets, population))
    leaving = first.where(F.col("member") & (F.col("probability") < MIN_PROBABILITY)).select("community", "account_id")
    staying = seeds.select("community", "account_id", "strength").join(
        leaving, on=["community", "account_id"], how="left_anti"
    )
    expanded = checkpoint(staying.unionByName(_joining(first)))
    by_object = checkpoint(members_by_object(actions, _members(expanded)))
    objects = linked.unionByName(surprising_objects(actions, linked, by_object)).distinct()
    targets = checkpoint(_targets(by_object, objects, _members(expanded)))
    second = checkpoint(_probabilities(expanded, actions, topics, targets, population))
    # Nobody leaves in the second turn: a group that lost all whom links had shown would be another one.
    return expanded.unionByName(_joining(second))


def _members(groups: DataFrame) -> DataFrame:
    """Return the accounts of groups: ring_id, account_id."""
    return groups.select(F.col("community").alias("ring_id"), "account_id")


def _probabilities(
    groups: DataFrame, actions: DataFrame, topics: DataFrame, targets: DataFrame, population: int
) -> DataFrame:
    """Return the probability of each member, and of each account that acts on a target, in PROBABILITY_SCHEMA."""

    def probabilities_of_group(batch: pa.Table) -> pa.Table:
        """Compute the membership probabilities of one group's accounts."""
        return _membership_probabilities(batch, population)

    counts = _action_counts(actions, topics, _members(groups), targets)
    return counts.groupBy("ring_id").applyInArrow(probabilities_of_group, PROBABILITY_SCHEMA)


def _joining(probabilities: DataFrame) -> DataFrame:
    """Return the accounts that are likely members of a group and were none: community, account_id, strength."""
    likely = ~F.col("member") & (F.col("probability") >= MIN_PROBABILITY)
    return probabilities.where(likely).select("community", "account_id", F.col("probability").alias("strength"))


def _targets(by_object: DataFrame, objects: DataFrame, members: DataFrame) -> DataFrame:
    """Return the objects that are targets of their group, with the group's size: ring_id, verb, object_id, size.

    `by_object` is of `members_by_object`.
    """
    sizes = members.groupBy("ring_id").agg(F.count("*").alias("size"))
    return (
        by_object.join(F.broadcast(objects), on=["ring_id", "verb", "object_id"], how="left_semi")
        .join(F.broadcast(sizes), on="ring_id", how="inner")
        .where(is_target())
        .select("ring_id", "verb", "object_id", "size")
    )


def _action_counts(actions: DataFrame, topics: DataFrame, members: DataFrame, targets: DataFrame) -> DataFrame:
    """Count the actions of members and of other accounts on targets, by group, account and verb of a target.

    `topics` has the number of topics that an account acted on, by verb (acts). Columns out: ring_id, account_id,
    member, verb, size, acts, hits (topics of targets), acts_of_all. Verbs that an account did not use count as 0, as
    they too tell members from everybody else.
    """
    of_group = ["ring_id", "account_id"]
    on_targets = actions.join(F.broadcast(targets), on=["verb", "object_id"], how="inner")
    hits = checkpoint(on_targets.groupBy(*of_group, "verb").agg(F.count_distinct("topic").alias("hits")))
    verbs = targets.select("ring_id", "verb", "size").distinct()
    return (
        hits.select(*of_group)
        .unionByName(members.select(*of_group))
        .distinct()
        .join(F.broadcast(members.withColumn("member", F.lit(True))), on=of_group, how="left")
        .join(F.broadcast(verbs), on="ring_id", how="inner")
        .join(topics, on=["account_id", "verb"], how="left")
        .join(hits, on=[*of_group, "verb"], how="left")
        .join(F.broadcast(topics.groupBy("verb").agg(F.sum("acts").alias("acts_of_all"))), on="verb", how="inner")
        .fillna(0, ["hits", "acts"])
        .fillna(False, ["member"])
    )


def _membership_probabilities(batch: pa.Table, population: int) -> pa.Table:
    """Return the membership probability of each account of one group, in PROBABILITY_SCHEMA.

    `batch` has a row for each account and verb: ring_id, account_id, verb, hits, acts, acts_of_all, member, size. The
    probability is 0 for a non-member with few hits. Where next to no members would stay, the targets are not what the
    group does, and all of them stay.
    """
    # Sums of floats depend on the order.
    batch = batch.sort_by([("account_id", "ascending"), ("verb", "ascending")])
    verbs, verb = np.unique(batch.column("verb").to_numpy(zero_copy_only=False), return_inverse=True)
    accounts, account = np.unique(batch.column("account_id").to_numpy(), return_inverse=True)
    hits, actions = (batch.column(name).to_numpy().astype(float) for name in ("hits", "acts"))
    member = np.zeros(len(accounts), dtype=bool)
    member[account] = batch.column("member").to_numpy(zero_copy_only=False)
    actions_of_all = np.zeros(len(verbs))
    actions_of_all[verb] = batch.column("acts_of_all").to_numpy()
    size = float(batch.column("size")[0].as_py())
    probability = membership_probabilities(
        verb, account, hits, actions, member, actions_of_all, size, float(population)
    )
    total = np.bincount(account, hits)
    active_members = member & (total > 0)
    median_hits = np.median(total[active_members]) if active_members.any() else 0.0
    probability[~member & (total < max(MIN_TARGETS, MIN_RELATIVE_HITS * median_hits))] = 0.0
    if (probability[member] >= MIN_PROBABILITY).sum() < MIN_MEMBERS:
        probability[member] = 1.0
    community = pa.repeat(pa.scalar(batch.column("ring_id")[0].as_py(), pa.int64()), len(accounts))
    return pa.Table.from_arrays(
        [community, pa.array(accounts), pa.array(member), pa.array(np.round(probability, 6))],
        ["community", "account_id", "member", "probability"],
    )


def membership_probabilities(
    verb: np.ndarray,
    account: np.ndarray,
    hits: np.ndarray,
    actions: np.ndarray,
    member: np.ndarray,
    actions_of_all: np.ndarray,
    size: float,
    population: float,
) -> np.ndarray:
    """Return the probability that each account is a member, starting from the known members.

    The arrays have a row for each account and verb: of its `actions`, so many are `hits`, on targets. `actions_of_all`
    has all actions of each verb by the `population`. Half an action more on either side keeps a share off 0 and 1
    (Krichevsky, Trofimov 1981).
    """
    all_hits = np.bincount(verb, hits, len(actions_of_all))
    probability = member.astype(float)
    for _ in range(ROUNDS):
        inside = probability[account]
        hits_inside, actions_inside = (
            np.bincount(verb, inside * each, len(actions_of_all)) for each in (hits, actions)
        )
        of_members = (hits_inside + 0.5) / (actions_inside + 1)
        of_others = (all_hits - hits_inside + 0.5) / (actions_of_all - actions_inside + 1)
        log_odds = (
            hits * np.log(of_members / of_others)[verb]
            + (actions - hits) * np.log((1 - of_members) / (1 - of_others))[verb]
        )
        prior = min(max(size, probability.sum()), population / 2) / population
        probability = expit(np.bincount(account, log_odds, len(member)) + logit(prior))
    return probability
