"""Compare how members engage with the videos that they view together with what they do elsewhere."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from engine.portable import exact_sum, ratio
from features.rings.definitions import RingFeature
from lake.schemas import BIGINT, DOUBLE, RESPONSES

FEATURES = (
    RingFeature(
        "watched_together",
        BIGINT,
        "views",
        "views of targets by members, of each video one for each member",
        "all that was ordered",
        "what a taste brings along",
    ),
    RingFeature(
        "willed_together",
        BIGINT,
        "acts",
        "likes, comments and shares of members on the videos they watch together",
        "none where a view was paid for, one for each view where that was",
        "as many as elsewhere",
    ),
    RingFeature(
        "willed_expected",
        DOUBLE,
        "acts",
        "likes, comments and shares to be expected there, going by what each member does elsewhere",
        "well above or below what there is",
        "about what there is",
    ),
    RingFeature(
        "response",
        DOUBLE,
        "log2",
        "likes, comments and shares there over those to be expected: 1 for twice as many",
        "far below where views were paid for",
        "about 0",
        sign=0,
    ),
)


def engagement(touched: DataFrame, targets: DataFrame) -> DataFrame:
    """Compute watched_together, willed_together, willed_expected and response on the videos that members view together.

    A video counts once for each member that viewed it, however often, and once for each member that liked, commented on
    or shared it. What is expected is each member's rate on all other videos.
    """
    together = targets.where("verb = 'view'").select("ring_id", "object_id", F.lit(True).alias("together"))
    inside, viewed, engaged = F.coalesce("together", F.lit(False)), F.col("viewed"), F.col("engaged")
    # Null for a member that watches nothing else, and then not summed.
    expected = F.col("watched") * F.when(F.col("elsewhere") > 1, 1.0).otherwise(F.col("elsewhere"))
    return (
        touched.where(F.col("verb").isin("view", *RESPONSES))
        .groupBy("ring_id", "account_id", "object_id")
        .agg(F.bool_or(F.col("verb") == "view").alias("viewed"), F.bool_or(F.col("verb") != "view").alias("engaged"))
        .join(together, on=["ring_id", "object_id"], how="left")
        .groupBy("ring_id", "account_id")
        .agg(
            F.count_if(inside & viewed).alias("watched"),
            F.count_if(inside & engaged).alias("engagements"),
            ratio(F.count_if(~inside & engaged), F.count_if(~inside & viewed)).alias("elsewhere"),
        )
        .groupBy("ring_id")
        .agg(
            F.sum("watched").alias("watched_together"),
            F.sum("engagements").alias("willed_together"),
            exact_sum(expected).alias("willed_expected"),
        )
        .withColumn("response", F.log2((F.col("willed_together") + 1) / (F.col("willed_expected") + 1)))
    )
