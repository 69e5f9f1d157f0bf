"""Find creators whose repeat viewers hardly ever engage, and the pairs of those repeat viewers.

Of an honest creator's repeat viewers a good part have liked, commented on or shared something, and how many is close to
what their engagement with other creators predicts. Of viewers who are paid to watch, none have. So the creator is
tested: how many of its repeat viewers engaged, against the sum of each one's probability to engage. The count is
negative binomial, as creators differ; its mean and dispersion are fitted to all creators. The surprise of an audience
counts for each pair of its non-engaging repeat viewers, and only beside a second shared object: one quiet channel makes
nobody a bot.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType
from scipy.special import betainc, gammaincc

from conf import LinkLimits
from engine import checkpoint, persist
from engine.portable import exact_sum, ratio
from features.links.null_model import MAX_SURPRISE
from lake.schemas import RESPONSES
from lake.store import only_row

SESSION_S = 600
"""Length of a watch session, seconds: views of one video in one slot are one session, as short videos loop."""
MIN_SESSIONS = 2
"""Watch sessions with a creator from which a viewer is a repeat viewer: a feed shows most creators to a viewer once."""
MIN_AUDIENCE = 3
PRIOR_DISPERSION, PRIOR_WEIGHT = 0.1, 1_000.0
"""The dispersion of creators is shrunk towards this, with the weight of one audience of which some thirty engage."""
MIN_DISPERSION = 0.02
LOG_10 = np.log(10)


@dataclass(frozen=True)
class Watching:
    """Hold what accounts watched, and whether they engaged.

    - `videos`: account_id, video_id, creator (null if unknown), sessions (watch sessions), engaged, ts (the first
      view).
    - `repeat_viewers`: account_id, creator, ts (the first view), engaged, p_engaged; a row for each account and creator
      with `MIN_SESSIONS` watch sessions or more, of one video or several. `p_engaged` is the probability of engaging at
      least once, at the rate at which the account engages with all other creators.
    """

    videos: DataFrame
    repeat_viewers: DataFrame


def watching(events: DataFrame, videos: DataFrame) -> Watching:
    """Return what each account watched and whether it engaged, in one scan of the events.

    Reads views, likes, comments and shares; rows that were delivered twice do no harm.
    """
    viewed = F.col("verb") == "view"
    session = F.floor(F.unix_timestamp("ts") / SESSION_S)
    watched_videos = persist(
        events.where(F.col("verb").isin("view", *RESPONSES) & F.col("video_id").isNotNull())
        .groupBy("account_id", "video_id")
        .agg(
            F.count_distinct(F.when(viewed, session)).alias("sessions"),
            F.max(~viewed).alias("engaged"),
            F.min(F.when(viewed, F.col("ts"))).alias("ts"),
        )
        .join(videos.select("video_id", F.col("account_id").alias("creator")), on="video_id", how="left"),
        on_disk=True,
    )
    return Watching(watched_videos, checkpoint(_repeat_viewers(watched_videos)))


def _repeat_viewers(watched_videos: DataFrame) -> DataFrame:
    """Return the repeat viewers of each creator, as `Watching` describes them."""
    by_account = Window.partitionBy("account_id")
    engaged_elsewhere = ratio(
        F.sum("engagements").over(by_account) - F.col("engagements"),
        F.sum("sessions").over(by_account) - F.col("sessions"),
    )
    return (
        watched_videos.where("creator != account_id")
        .groupBy("account_id", "creator")
        .agg(
            F.sum("sessions").alias("sessions"),
            F.count_if("engaged").alias("engagements"),
            F.min("ts").alias("ts"),
        )
        .withColumn("engaged_elsewhere", engaged_elsewhere)
        .where(F.col("sessions") >= MIN_SESSIONS)
        .select(
            "account_id",
            "creator",
            "ts",
            (F.col("engagements") > 0).alias("engaged"),
            # Unknown for an account that watches no other creator: it is no evidence then, and counts as 0.
            F.coalesce(1 - F.exp(-F.col("sessions") * _at_most_one("engaged_elsewhere")), F.lit(0.0)).alias(
                "p_engaged"
            ),
        )
    )


def _at_most_one(name: str) -> Column:
    """Cap a column at 1 and keep its nulls, which `least` would drop."""
    return F.when(F.col(name) > 1, 1.0).otherwise(F.col(name))


def non_engaging_repeat_viewers(repeat_viewers: DataFrame, limits: LinkLimits) -> DataFrame:
    """Return the non-engaging repeat viewers of unlikely audiences: account_id, creator, ts, surprise.

    Audiences of 3 to `max_crowd` repeat viewers are tested. Kept are those with a surprise of `min_kind_surprise` or
    more: the -log10 of the probability that so few engage, or fewer.
    """
    audiences = checkpoint(
        repeat_viewers.groupBy("creator")
        .agg(
            F.count("*").alias("audience"),
            F.count_if("engaged").alias("engaged"),
            exact_sum(F.col("p_engaged")).alias("expected"),
        )
        .where(F.col("audience").between(MIN_AUDIENCE, limits.max_crowd))
    )
    scale, dispersion = engagement_scale_and_dispersion(audiences)

    @F.arrow_udf(DoubleType())
    def surprise(engaged: pa.Array, expected: pa.Array) -> pa.Array:
        return pa.array(lower_tail_surprise(engaged.to_numpy(), scale * expected.to_numpy(), dispersion))

    unlikely = (
        audiences.where(F.col("engaged") < scale * F.col("expected"))
        .select("creator", surprise("engaged", "expected").alias("surprise"))
        .where(F.col("surprise") >= limits.min_kind_surprise)
    )
    return (
        repeat_viewers.where("NOT engaged")
        .join(F.broadcast(unlikely), on="creator", how="inner")
        .select("account_id", "creator", "ts", "surprise")
    )


def engagement_scale_and_dispersion(audiences: DataFrame) -> tuple[float, float]:
    """Fit how many repeat viewers engage per expected one, and the dispersion of that between creators.

    The dispersion is the variance relative to the squared mean (method of moments).
    """
    engaged, expected = F.col("engaged").cast("double"), F.col("expected")
    total = only_row(
        audiences.agg(
            F.sum(engaged).alias("engaged"),
            F.sum(expected).alias("expected"),
            F.sum(engaged * engaged).alias("engaged_sq"),
            F.sum(engaged * expected).alias("cross"),
            F.sum(expected * expected).alias("expected_sq"),  # bounded: a double
        )
    )
    if total.engaged is None:
        return 1.0, PRIOR_DISPERSION
    scale = (total.engaged + 1) / (total.expected + 1)
    squared = scale**2 * total.expected_sq
    beyond_poisson = total.engaged_sq - 2 * scale * total.cross + squared - scale * total.expected
    dispersion = (beyond_poisson + PRIOR_WEIGHT * PRIOR_DISPERSION) / (squared + PRIOR_WEIGHT)
    return round(scale, 6), round(max(dispersion, MIN_DISPERSION), 6)


def lower_tail_surprise(engaged: np.ndarray, expected: np.ndarray, dispersion: float) -> np.ndarray:
    """Return the -log10 of the probability of `engaged` or fewer, under a negative binomial of mean `expected`.

    Its variance is expected + dispersion·expected². The distribution function is a regularised incomplete beta function
    (DLMF 8.17.24).
    """
    shape = 1.0 / dispersion
    p_engaged = betainc(shape, engaged + 1.0, shape / (shape + expected))
    return np.round(-np.log10(np.clip(p_engaged, 10**-MAX_SURPRISE, 1.0)), 6)


def non_engaging_pairs(non_engaging: DataFrame) -> DataFrame:
    """Return the pairs of non-engaging repeat viewers of the same creators, with their surprise.

    Columns out: account_id, other_account_id, shared_objects (creators), surprise, first_at, last_at, objects, creator
    (null if several). The surprises of several creators combine as a product of p-values (Fisher 1932).
    """
    one, other = non_engaging.alias("one"), non_engaging.alias("other")
    same = (F.col("one.creator") == F.col("other.creator")) & (F.col("one.account_id") < F.col("other.account_id"))

    @F.arrow_udf(DoubleType())
    def combined_surprise(total: pa.Array, creators: pa.Array) -> pa.Array:
        p_engaged = gammaincc(creators.to_numpy(), total.to_numpy() * LOG_10)
        return pa.array(np.round(-np.log10(np.maximum(p_engaged, 10**-MAX_SURPRISE)), 6))

    only_creator = F.when(F.min("one.creator") == F.max("one.creator"), F.min("one.creator"))
    return (
        one.join(other, on=same, how="inner")
        .groupBy(F.col("one.account_id").alias("account_id"), F.col("other.account_id").alias("other_account_id"))
        .agg(
            F.count("*").alias("shared_objects"),
            F.sum("one.surprise").alias("total"),
            F.min(F.least("one.ts", "other.ts")).alias("first_at"),
            F.max(F.greatest("one.ts", "other.ts")).alias("last_at"),
            F.transform(F.array_sort(F.collect_set("one.creator")), lambda c: c.cast("string")).alias("objects"),
            only_creator.alias("creator"),
        )
        .withColumn("surprise", combined_surprise("total", F.col("shared_objects").cast("double")))
        .drop("total")
    )
