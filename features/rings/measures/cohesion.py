"""Measure how a ring hangs together: its links, their evidence, what any two members have in common."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from engine.portable import exact_mean, exact_sum
from features.links.kinds import FAMILIES
from features.rings.definitions import RingFeature
from features.rings.links import is_deed
from lake.schemas import BIGINT, DOUBLE

DAY_SECONDS = 86_400
FEATURES = (
    RingFeature("links", BIGINT, "links", "linked pairs of members", "nearly all pairs", "families and cafés as well"),
    RingFeature(
        "density", DOUBLE, "share", "linked pairs among all pairs of members", "near 1", "families; loose for crowds"
    ),
    RingFeature("mean_surprise", DOUBLE, "-log10 p", "mean surprise of the links", "far beyond chance", "close fans"),
    RingFeature(
        "min_surprise", DOUBLE, "-log10 p", "surprise of the weakest link", "high for a ring of one hand", "families"
    ),
    RingFeature(
        "objects_per_link", DOUBLE, "objects", "mean number of shared objects of a link", "a whole order list", "fans"
    ),
    *(
        RingFeature(
            f"{family.name}_share",
            DOUBLE,
            "share",
            f"links with evidence that both {family.phrase}",
            f"what {family.policy} leaves behind",
            family.honest,
            family.sign,
        )
        for family in FAMILIES
    ),
    RingFeature(
        "deed_surprise",
        DOUBLE,
        "-log10 p",
        "what any two members did alike, by what says most, mean over all pairs",
        "far beyond chance",
        "close fans",
    ),
    RingFeature(
        "machine_surprise",
        DOUBLE,
        "-log10 p",
        "machines, addresses and profiles of any two members, by what says most, mean over all pairs",
        "farms",
        "families",
    ),
    RingFeature(
        "deeds_per_pair",
        DOUBLE,
        "objects",
        "objects of what any two members did alike, mean over all pairs",
        "many",
        "few",
        sign=1,
    ),
    RingFeature(
        "works",
        BIGINT,
        "works",
        "works that two members or more uploaded, near-equal, in each week",
        "as many as were stolen",
        "a meme is one",
        sign=1,
    ),
    RingFeature(
        "synchrony_s",
        DOUBLE,
        "seconds",
        "median gap between co-acts of a pair",
        "minutes, days when evading",
        "fans",
        sign=-1,
    ),
    RingFeature(
        "together_days", DOUBLE, "days", "from the first co-act to the last", "weeks of orders", "fans, friends", sign=1
    ),
)


def link_features(links: DataFrame, sizes: DataFrame) -> DataFrame:
    """Compute links, density, mean_surprise, min_surprise and objects_per_link."""
    return (
        links.join(sizes, on="ring_id", how="inner")
        .groupBy("ring_id", "size")
        .agg(
            F.count("*").alias("links"),
            exact_mean(F.col("surprise")).alias("mean_surprise"),
            F.min("surprise").alias("min_surprise"),
            (F.sum("shared_objects") / F.count("*")).alias("objects_per_link"),
        )
        .withColumn("density", F.col("links") / (F.col("size") * (F.col("size") - 1) / 2))
        .drop("size")
    )


def evidence_features(evidence: DataFrame, links: DataFrame) -> DataFrame:
    """Compute the share of links by family, synchrony_s, together_days and works."""
    pairs = links.groupBy("ring_id").agg(F.count("*").alias("pairs"))
    of_pair = evidence.select("ring_id", "account_id", "other_account_id", "family").distinct()
    uploaded_works = evidence.where("family = 'upload'").select("ring_id", F.explode("objects").alias("work"))
    works = uploaded_works.groupBy("ring_id").agg(F.count_distinct("work").alias("works"))
    shares = (
        of_pair.groupBy("ring_id")
        .agg(
            *(F.count_if(F.col("family") == family.name).alias(f"{family.name}_pairs") for family in FAMILIES),
        )
        .join(pairs, on="ring_id", how="inner")
        .select(
            "ring_id",
            *((F.col(f"{f.name}_pairs") / F.col("pairs")).alias(f"{f.name}_share") for f in FAMILIES),
        )
    )
    # Without shared devices and addresses, whose times are those of a sign-up, or of the whole window.
    acted = F.col("median_gap_s").isNotNull()
    times = evidence.groupBy("ring_id").agg(
        F.percentile("median_gap_s", 0.5).alias("synchrony_s"),
        F.min(F.when(acted, F.col("first_at"))).alias("first_at"),
        F.max(F.when(acted, F.col("last_at"))).alias("last_at"),
    )
    span = (F.unix_timestamp("last_at") - F.unix_timestamp("first_at")) / DAY_SECONDS
    kinds = shares.join(times, on="ring_id", how="inner").join(works, on="ring_id", how="left")
    return kinds.withColumns({"together_days": span, "works": F.coalesce("works", F.lit(0))})


def deeds_in_common(evidence: DataFrame, sizes: DataFrame) -> DataFrame:
    """Compute deed_surprise, machine_surprise and deeds_per_pair: means over all pairs of members, linked or not.

    Of each pair, the largest surprise of any kind by what they did, the largest by devices, addresses and profiles, and
    the most objects of any kind by what they did.
    """
    deed = is_deed(F.col("family"))
    pairs = F.col("size") * (F.col("size") - 1) / 2

    def over_all_pairs(value: str) -> Column:
        """Return the mean of a value over all pairs of members."""
        return (exact_sum(F.col(value)) / F.first("pairs")).alias(value)

    of_pair = evidence.groupBy("ring_id", "account_id", "other_account_id").agg(
        F.coalesce(F.max(F.when(deed, F.col("surprise"))), F.lit(0.0)).alias("deed_surprise"),
        F.coalesce(F.max(F.when(~deed, F.col("surprise"))), F.lit(0.0)).alias("machine_surprise"),
        F.coalesce(F.max(F.when(deed, F.col("shared_objects"))), F.lit(0)).alias("deeds_per_pair"),
    )
    return (
        of_pair.join(sizes.withColumn("pairs", pairs), on="ring_id", how="inner")
        .groupBy("ring_id")
        .agg(*map(over_all_pairs, ("deed_surprise", "machine_surprise", "deeds_per_pair")))
    )
