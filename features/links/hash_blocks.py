"""Test pairs on objects of many accounts within hash blocks, and recheck the accounts that stand out.

The pairs of an object grow with its squared degree. So accounts are put into blocks by a hash that does not depend on
what they did, and pairs are tested within blocks: of a large group that acts on the same large objects, a few members
are in one block and stand out there. All pairs of these candidates are then tested, across blocks.
"""

from math import log10

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from engine import checkpoint
from features.links.combine import PAIR
from features.links.degrees import BLOCKED_LEVELS, DegreeCount, KindTotals, blocks_within_budget, value_by_kind
from features.links.kinds import KINDS, NUMBER
from features.links.null_model import LEVEL_SHARES

FALSE_CANDIDATE_SHARE = 0.001
"""Of the accounts that act independently, at most this share become candidates."""


def in_hash_blocks(blocked_actions: DataFrame) -> DataFrame:
    """Return the actions with `key` split by hash block, into `blocks` parts each.

    `blocked_actions` are rows of `informative_actions`. A block holds the same accounts under all keys, and each block
    is the union of two of those that twice the number of blocks gives.
    """
    block = F.pmod(F.xxhash64("account_id"), F.col("blocks"))
    return blocked_actions.withColumn("key", F.xxhash64("key", block))


def recheck_candidates(tested_pairs: DataFrame, totals: list[KindTotals]) -> DataFrame:
    """Return the accounts whose most surprising partner in a block is hardly chance: kind, account_id.

    `tested_pairs` has the `surprise` of pairs within blocks. An account that shares a block with n others has a partner
    of a surprise of log10(n / s) by chance with a probability of s at most (Bonferroni). The correction for blocked
    levels is taken back: to be a candidate is no evidence yet.
    """
    min_surprise = [float("inf")] * len(KINDS)
    for p in totals:
        block_counts = [blocks for blocks in p.blocks if blocks > 1]
        if block_counts:
            accounts_per_block = p.accounts / min(block_counts)
            min_surprise[NUMBER[p.kind.name]] = log10(
                max(accounts_per_block, 1.0) * LEVEL_SHARES[-1] / FALSE_CANDIDATE_SHARE
            )
    # An explode, as a union of both ends would compute the pairs twice.
    either = F.explode(F.array(*PAIR)).alias("account_id")
    return checkpoint(
        tested_pairs.where(F.col("surprise") >= value_by_kind(min_surprise)).select("kind", either).distinct()
    )


def actions_of_candidates(candidates: DataFrame, blocked_actions: DataFrame, totals: list[KindTotals]) -> DataFrame:
    """Return the actions of candidates on objects of blocked levels, in as few hash blocks as the pair budget allows.

    One block holds all candidates of an object. Where there are more, a group that large comes out in pieces.
    """
    actions = checkpoint(blocked_actions.join(candidates, on=["kind", "account_id"], how="left_semi").drop("blocks"))
    degrees = (
        actions.groupBy("kind", "level", "key").agg(F.count(F.lit(1)).alias("object_degree")).where("object_degree > 1")
    )
    histogram: dict[tuple[int, int], list[DegreeCount]] = {}
    for row in degrees.groupBy("kind", "level", "object_degree").agg(F.count("*").alias("n")).collect():
        histogram.setdefault((row.kind, row.level), []).append(DegreeCount(row.object_degree, row.n, 0.0))
    budgets = {NUMBER[p.kind.name]: p.pair_budget / BLOCKED_LEVELS for p in totals}
    blocks = [
        (kind, level, blocks_within_budget(degree_counts, budgets[kind]))
        for (kind, level), degree_counts in histogram.items()
    ]
    blocks_by_level = actions.sparkSession.createDataFrame(blocks, "kind tinyint, level tinyint, blocks bigint")
    return in_hash_blocks(
        actions.join(F.broadcast(blocks_by_level.where("blocks > 0")), on=["kind", "level"], how="inner")
    )
