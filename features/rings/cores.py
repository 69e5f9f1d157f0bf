"""Groups of few within communities of many: an account may be of both.

Where a hundred love one singer, each is tied to all others a little, and five of them who act as one would each give up
more by leaving than four firm links are worth; so communities tear them apart. No one resolution shows groups of all
densities (Fortunato, Barthélemy: Resolution limit in community detection, 2007; Traag, Van Dooren, Nesterov: Narrow
scope for resolution-limit-free community detection, 2011), so a second look takes firm links alone.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf import RingLimits
from engine import checkpoint
from features.rings.communities import find_communities

WHOLE = 0.6
"""Share of a core's members in one community from which the community stands for the core."""


def find_groups(links: DataFrame, deeds: DataFrame, population: int, limits: RingLimits) -> DataFrame:
    """The communities in `links`, as `find_communities` gives them, and the groups that these tear apart: communities
    of `deeds`, the links by what accounts did alone, and cores.

    An office or a carrier ties hundreds who have nothing to do with each other, more firmly than a few orders tie those
    who carry them out from there. A core is a community of the links of `core_surprise` or more. An account may give
    its name to groups of each sort: a core has the bitwise complement of its smallest member for a name, a group of
    deeds a hash.
    """
    wholes = checkpoint(find_communities(links, population, limits))
    acting = torn(checkpoint(find_communities(deeds, population, limits)), wholes)
    communities = checkpoint(
        wholes.unionByName(acting.withColumn("community", F.xxhash64(F.lit("deeds"), "community")))
    )
    firm = limits.model_copy(update={"min_surprise": limits.core_surprise, "resolution": limits.core_surprise})
    cores = find_communities(links.where(F.col("surprise") >= firm.min_surprise), population, firm)
    return communities.unionByName(
        torn(checkpoint(cores), communities).withColumn("community", F.bitwise_not("community"))
    )


def torn(cores: DataFrame, communities: DataFrame) -> DataFrame:
    """The rows of `cores` of which no community has most members; both have community and account_id."""
    homes = communities.select("account_id", F.col("community").alias("home"))
    held = (
        cores.join(homes, on="account_id", how="inner")
        .groupBy("community", "home")
        .agg(F.count("*").alias("together"))
        .groupBy("community")
        .agg(F.max("together").alias("together"))
    )
    sizes = cores.groupBy("community").agg(F.count("*").alias("size"))
    whole = sizes.join(held, on="community", how="inner").where(F.col("together") >= WHOLE * F.col("size"))
    return cores.join(whole, on="community", how="left_anti")
