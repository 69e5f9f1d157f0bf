"""Keep the links of rings, and find what they are about: families of behaviour, objects."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from engine.portable import looked_up
from features.links.kinds import FAMILIES, KINDS, OTHER

HOLDING_SHARE = 0.3
"""Share of the pairs linked by deeds from which a family counts as what holds a group together."""
VERB_OF_FAMILY = {family.name: family.verb for family in FAMILIES if family.verb}


def ring_links(links: DataFrame, members: DataFrame) -> DataFrame:
    """Keep the links between members of one ring, and add its ring_id."""
    rings = members.select("account_id", "ring_id")
    others = members.select(F.col("account_id").alias("other_account_id"), F.col("ring_id").alias("other_ring_id"))
    return (
        links.join(F.broadcast(rings), on="account_id", how="inner")
        .join(F.broadcast(others), on="other_account_id", how="inner")
        .where("ring_id = other_ring_id")
        .drop("other_ring_id")
    )


def with_family(evidence: DataFrame) -> DataFrame:
    """Add the name of the family of each row's kind to link evidence."""
    families = {kind.name: kind.family.name for kind in KINDS}
    return evidence.withColumn("family", looked_up(F.col("kind"), families, OTHER.name))


def is_deed(family: Column) -> Column:
    """Return whether a family of links comes from what accounts did."""
    return family.isin([each.name for each in FAMILIES if each.deed])


def of_deeds(evidence: DataFrame) -> DataFrame:
    """Keep the link evidence by what accounts did, not by their devices, addresses and profiles."""
    return evidence.where(~F.col("kind").isin([kind.name for kind in KINDS if not kind.family.deed]))


def linked_objects(evidence: DataFrame) -> DataFrame:
    """Return the objects of the links of each ring: distinct ring_id, kind, verb, object_id.

    `evidence` are rows of link_evidence with ring_id and family. What was written or uploaded has its kind for a verb.
    """
    verb = looked_up(F.col("family"), VERB_OF_FAMILY)
    return (
        evidence.select("ring_id", "kind", verb.alias("verb"), F.explode("objects").alias("object"))
        .select("ring_id", "kind", "verb", F.expr("try_cast(object AS BIGINT)").alias("object_id"))
        .where("verb IS NOT NULL AND object_id IS NOT NULL")
        .distinct()
    )


def ring_objects(evidence: DataFrame, videos: DataFrame) -> DataFrame:
    """Return the videos, accounts and templates that are evidence of the links of each ring: ring_id, verb, object_id.

    `evidence` is as in `linked_objects`. A creator that members came back to stands for its videos. Uploads are left
    out: most works are of two or three members only, and of the original uploader, who was copied.
    """
    objects_of_kinds = linked_objects(evidence).where("verb != 'upload'")
    of_creators = F.col("kind").isin([kind.name for kind in KINDS if kind.stands_for_videos])
    watched = objects_of_kinds.where(of_creators).select("ring_id", "verb", F.col("object_id").alias("account_id"))
    videos_of_creators = videos.select("account_id", F.col("video_id").alias("object_id")).join(
        F.broadcast(watched), on="account_id", how="inner"
    )
    columns = ["ring_id", "verb", "object_id"]
    return (
        objects_of_kinds.where(~of_creators)
        .select(*columns)
        .unionByName(videos_of_creators.select(*columns))
        .distinct()
    )


def holding_deeds(evidence: DataFrame) -> DataFrame:
    """Keep the link evidence of the deeds that hold a group together.

    Those are families of deeds that `HOLDING_SHARE` of the pairs linked by deeds have. `evidence` has account_id,
    other_account_id, ring_id and family.
    """
    deeds = evidence.where(is_deed(F.col("family")))
    pair = F.struct("account_id", "other_account_id")
    pairs = deeds.groupBy("ring_id").agg(F.count_distinct(pair).alias("pairs"))
    families = (
        deeds.groupBy("ring_id", "family")
        .agg(F.count_distinct(pair).alias("with_family"))
        .join(pairs, on="ring_id", how="inner")
        .where(F.col("with_family") >= HOLDING_SHARE * F.col("pairs"))
        .select("ring_id", "family")
    )
    return deeds.join(F.broadcast(families), on=["ring_id", "family"], how="left_semi")
