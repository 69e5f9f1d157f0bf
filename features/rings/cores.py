"""Groups of few within communities of many: an account may be of both.

Where a hundred love one singer, each is tied to all others a little, and five of them who act as one would each give up
more by leaving than four firm links are worth; so communities tear them apart. No one resolution shows groups of all
densities (Fortunato, Barthélemy: Resolution limit in community detection, 2007; Traag, Van Dooren, Nesterov: Narrow
scope for resolution-limit-free community detection, 2011), so a second look takes firm links alone.
"""

from collections.abc import Callable

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf import RingLimits
from engine import checkpoint
from features.rings.communities import find_communities

MOST = 0.6
"""Share of a group's members in another one from which that stands for it."""
HALF = 0.5
"""The same for a community of all links: those of it who act alike are what is looked for."""


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
    seeds = find_communities(deeds, population, limits, limits.deeds_proof)
    acting = checkpoint(whole(checkpoint(seeds.withColumn("community", F.xxhash64(F.lit("deeds"), "community")))))
    acting = checkpoint(
        without_parts(acting, acting, MOST, "other_size > size OR other_size = size AND other < community")
    )
    wholes = checkpoint(find_communities(links, population, limits))
    communities = checkpoint(without_parts(wholes, acting, HALF, "true").unionByName(acting))
    firm = limits.model_copy(update={"min_surprise": limits.core_surprise, "resolution": limits.core_surprise})
    cores = find_communities(links.where(F.col("surprise") >= firm.min_surprise), population, firm)
    cores = checkpoint(cores.withColumn("community", F.bitwise_not("community")))
    return communities.unionByName(without_parts(cores, communities, MOST, "other_size >= size"))


def without_parts(groups: DataFrame, others: DataFrame, most: float, stands: str) -> DataFrame:
    """The rows of `groups` but those of a group that one of `others` stands for; both have community and account_id.

    That one has `most` of the group's members or more, and `stands` holds, in SQL, of their names community and other,
    and of their sizes size and other_size.
    """

    def sizes(rows: DataFrame, name: str, size: str) -> DataFrame:
        return rows.groupBy(F.col("community").alias(name)).agg(F.count("*").alias(size))

    parts = (
        groups.join(others.select("account_id", F.col("community").alias("other")), on="account_id", how="inner")
        .where("community != other")
        .groupBy("community", "other")
        .agg(F.count("*").alias("together"))
        .join(sizes(groups, "community", "size"), on="community", how="inner")
        .join(sizes(others, "other", "other_size"), on="other", how="inner")
        .where(F.col("together") >= most * F.col("size"))
        .where(stands)
        .select("community")
        .distinct()
    )
    return groups.join(parts, on="community", how="left_anti")
