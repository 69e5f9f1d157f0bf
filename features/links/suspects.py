"""Large groups, which make crowds of their own: who of the accounts on crowded objects is to be held against whom.

The pairs of a crowd grow with its square. So accounts are dealt into blocks, by a hash that knows nothing of what they
did, and pairs are looked at within blocks: of a group that acts on one crowded object after the other, a few members
fall into one block and give each other away. All pairs of those who are given away are then looked at, across blocks.
"""

from math import log10

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from engine import checkpoint
from features.links.chance import LEVEL_SHARES
from features.links.combine import PAIR
from features.links.crowds import CROWDED_LEVELS, Places, Population, blocks_within, of_kind
from features.links.kinds import KINDS, NUMBER

CHANCE_SUSPECTS = 0.001
"""Of the accounts that act alone, so many at most are suspects."""


def dealt(crowded: DataFrame) -> DataFrame:
    """The acts of `telling` at crowded places, each place as many as there are blocks.

    A block holds the same accounts at all places, and those of twice as many blocks are its halves.
    """
    block = F.pmod(F.xxhash64("account_id"), F.col("blocks"))
    return crowded.withColumn("place", F.xxhash64("place", block))


def suspicious(surprising: DataFrame, found: list[Population]) -> DataFrame:
    """The accounts of each kind (kind, account_id) whose most surprising partner in a block is hardly there by chance.

    `surprising` has the `surprise` of pairs that met within blocks. Of n accounts in a block, one has a partner of a
    surprise of log10(n / share) in so large a share of cases (Bonferroni). What crowded levels pay for is given back:
    to be held against the others proves nothing yet.
    """
    least = [float("inf")] * len(KINDS)
    for p in found:
        several = [blocks for blocks in p.blocks if blocks > 1]
        if several:
            in_block = p.accounts / min(several)
            least[NUMBER[p.kind.name]] = log10(max(in_block, 1.0) * LEVEL_SHARES[-1] / CHANCE_SUSPECTS)
    # One pass over the pairs: the union of both ends would work them out twice.
    either = F.explode(F.array(*PAIR)).alias("account_id")
    return checkpoint(surprising.where(F.col("surprise") >= of_kind(least)).select("kind", either).distinct())


def among(suspects: DataFrame, crowded: DataFrame, found: list[Population]) -> DataFrame:
    """The acts of suspects at crowded places: all of them at one place, if their pairs stay within the kind's budget.

    If not, they are dealt into blocks, as few as do, and a group that large comes out in pieces.
    """
    acts = checkpoint(crowded.join(suspects, on=["kind", "account_id"], how="left_semi").drop("blocks"))
    crowds = acts.groupBy("kind", "level", "place").agg(F.count(F.lit(1)).alias("crowd")).where("crowd > 1")
    histogram: dict[tuple[int, int], list[Places]] = {}
    for row in crowds.groupBy("kind", "level", "crowd").agg(F.count("*").alias("n")).collect():
        histogram.setdefault((row.kind, row.level), []).append(Places(row.crowd, row.n, 0.0))
    budgets = {NUMBER[p.kind.name]: p.budget / CROWDED_LEVELS for p in found}
    blocks = [(kind, level, blocks_within(places, budgets[kind])) for (kind, level), places in histogram.items()]
    dealing = acts.sparkSession.createDataFrame(blocks, "kind tinyint, level tinyint, blocks bigint")
    return dealt(acts.join(F.broadcast(dealing.where("blocks > 0")), on=["kind", "level"], how="inner"))
