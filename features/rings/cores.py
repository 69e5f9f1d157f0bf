"""Groups of few within communities of many: an account may be of both.

Where a hundred love one singer, each is tied to all others a little, and five of them who act as one would each give up
more by leaving than four firm links are worth; so communities tear them apart. No one resolution shows groups of all
densities (Fortunato, Barthélemy: Resolution limit in community detection, 2007; Traag, Van Dooren, Nesterov: Narrow
scope for resolution-limit-free community detection, 2011), so a second look takes firm links alone.
"""

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from conf import RingLimits
from engine import checkpoint
from features.rings.communities import find_communities

MOST = 0.6
"""Share of a group's members in another one from which that stands for it."""
SAME_SIZE = 0.5
"""See `find_groups`: a group of deeds within a community more than twice its size is something else than that."""


def find_groups(
    links: DataFrame, deeds: DataFrame, whole: Callable[[DataFrame], DataFrame], population: int, limits: RingLimits
) -> DataFrame:
    """The communities in `links`, as `find_communities` gives them, and the groups that these tear apart: communities
    of `deeds`, the links by what accounts did alone, and cores.

    An office or a carrier ties hundreds who have nothing to do with each other, more firmly than a few orders tie those
    who carry them out from there. Groups of deeds need but `deeds_proof` of what proves a group by its links, and are
    made `whole` by all that was done (`growth.grown`). A core is a community of the links of `core_surprise` or more.
    An account may give its name to groups of each sort: a core has the bitwise complement of its smallest member for a
    name, a group of deeds a hash.
    """
    found = checkpoint(find_communities(links, population, limits))
    seeds = find_communities(deeds, population, limits, limits.deeds_proof)
    named = seeds.withColumn("community", F.xxhash64(F.lit("deeds"), "community"))
    acting = checkpoint(whole(checkpoint(named)))
    acting = checkpoint(without_parts(acting, acting, ties=F.col("other") < F.col("community")))
    others = checkpoint(without_parts(found, acting, ties=F.lit(False)))
    communities = checkpoint(others.unionByName(without_parts(acting, others, least=SAME_SIZE)))
    firm = limits.model_copy(update={"min_surprise": limits.core_surprise, "resolution": limits.core_surprise})
    cores = find_communities(links.where(F.col("surprise") >= firm.min_surprise), population, firm)
    cores = checkpoint(cores.withColumn("community", F.bitwise_not("community")))
    return communities.unionByName(without_parts(cores, communities))


def without_parts(groups: DataFrame, others: DataFrame, *, least: float = 0.0, ties: Column | None = None) -> DataFrame:
    """The rows of `groups` but those of a group most of whose members are in one of `others` that is larger; both have
    community and account_id.

    Of the other one it must have `least` of its members, to be taken for a part of that. `ties` says whether one of the
    same size, of the names `community` and `other`, stands for it; by default it does.
    """

    def sizes(rows: DataFrame, name: str, size: str) -> DataFrame:
        return rows.groupBy(F.col("community").alias(name)).agg(F.count("*").alias(size))

    same_size = F.col("other_size") == F.col("size")
    larger = (F.col("other_size") > F.col("size")) | (same_size & (F.lit(True) if ties is None else ties))
    parts = (
        groups.join(others.select("account_id", F.col("community").alias("other")), on="account_id", how="inner")
        .where("community != other")
        .groupBy("community", "other")
        .agg(F.count("*").alias("together"))
        .join(sizes(groups, "community", "size"), on="community", how="inner")
        .join(sizes(others, "other", "other_size"), on="other", how="inner")
        .where(larger & (F.col("together") >= MOST * F.col("size")) & (F.col("size") >= least * F.col("other_size")))
        .select("community")
        .distinct()
    )
    return groups.join(parts, on="community", how="left_anti")
