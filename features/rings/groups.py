"""Find the groups of the link graph: communities, groups of deeds, and dense subgroups inside communities.

Where a hundred accounts like one singer, each has weak links to all others; five of them that act as one would each
lose more by leaving the hundred than their four strong links are worth. So communities tear such groups apart. No
single resolution shows groups of all densities (Fortunato, Barthélemy: Resolution limit in community detection, 2007;
Traag, Van Dooren, Nesterov: Narrow scope for resolution-limit-free community detection, 2011), so a second pass takes
strong links alone.
"""

from collections.abc import Callable

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf import RingLimits
from engine import checkpoint
from features.rings.communities import find_communities

COVERED_SHARE = 0.6
"""Share of a group's members in another group from which the other one replaces it."""
ABSORBED_SHARE = 0.5
"""The same for a community of all links and groups of deeds: the accounts that act alike are preferred."""


def find_groups(
    links: DataFrame, deeds: DataFrame, expand: Callable[[DataFrame], DataFrame], population: int, limits: RingLimits
) -> DataFrame:
    """Find the communities of `links`, and the groups that these tear apart: community, account_id, strength.

    - Groups of deeds are communities of `deeds`, the links by what accounts did. A shared office or carrier links
      hundreds of unrelated accounts, more strongly than a few orders link the accounts that carry them out from there.
      They need but `deeds_proof` of the surprise that other groups need, and are completed by `expand`
      (`growth.expand_groups`).
    - Dense subgroups are communities of the links of `core_surprise` or more.

    An account may name one group of each sort: a dense subgroup is named by the bitwise complement of its smallest
    member, a group of deeds by a hash.
    """
    seeds = find_communities(deeds, population, limits, limits.deeds_proof)
    deed_groups = checkpoint(expand(checkpoint(seeds.withColumn("community", F.xxhash64(F.lit("deeds"), "community")))))
    deed_groups = checkpoint(
        without_covered(
            deed_groups, deed_groups, COVERED_SHARE, "other_size > size OR other_size = size AND other < community"
        )
    )
    communities_of_links = checkpoint(find_communities(links, population, limits))
    communities = checkpoint(
        without_covered(communities_of_links, deed_groups, ABSORBED_SHARE, "true").unionByName(deed_groups)
    )
    dense_limits = limits.model_copy(update={"min_surprise": limits.core_surprise, "resolution": limits.core_surprise})
    dense_subgroups = find_communities(
        links.where(F.col("surprise") >= dense_limits.min_surprise), population, dense_limits
    )
    dense_subgroups = checkpoint(dense_subgroups.withColumn("community", F.bitwise_not("community")))
    return communities.unionByName(without_covered(dense_subgroups, communities, COVERED_SHARE, "other_size >= size"))


def without_covered(groups: DataFrame, others: DataFrame, min_share: float, condition: str) -> DataFrame:
    """Keep the rows of `groups` but those of groups that one of `others` covers; both have community and account_id.

    A group is covered by another that has `min_share` of its members or more, and for which the SQL `condition` holds,
    on the names community and other and the sizes size and other_size.
    """

    def sizes(rows: DataFrame, name: str, size: str) -> DataFrame:
        """Count the members of each group."""
        return rows.groupBy(F.col("community").alias(name)).agg(F.count("*").alias(size))

    covered = (
        groups.join(others.select("account_id", F.col("community").alias("other")), on="account_id", how="inner")
        .where("community != other")
        .groupBy("community", "other")
        .agg(F.count("*").alias("shared_members"))
        .join(sizes(groups, "community", "size"), on="community", how="inner")
        .join(sizes(others, "other", "other_size"), on="other", how="inner")
        .where(F.col("shared_members") >= min_share * F.col("size"))
        .where(condition)
        .select("community")
        .distinct()
    )
    return groups.join(covered, on="community", how="left_anti")
