"""Whom accounts come back to watch, and audiences that come back and are never moved.

Of an honest creator's regulars a good part have liked, commented on or shared something; how many lies close to what
their lives elsewhere let expect. Of who is paid to watch, none has. So what is judged is the creator: how many of its
regulars were moved, against the chance that each is moved by anyone. The count is negative binomial, as creators
differ: its mean and spread are those of all creators. What is unlikely of an audience speaks for each pair of its
silent regulars, and only beside a second object in common: one quiet channel makes nobody a bot.
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
from engine.portable import ratio
from features.links.chance import MAX_SURPRISE
from lake.schemas import RESPONSES
from lake.store import only_row

SITTING_S = 600
"""Views of one video in one slot of so many seconds are one: short videos play in a loop."""
REGULAR = 2
"""Sittings with a creator from which a viewer is a regular: the feed brings most creators before a viewer once."""
MIN_AUDIENCE = 3
USUAL_SPREAD, USUAL_WEIGHT = 0.1, 1_000.0
"""The spread of creators is drawn towards this, with the weight of one audience of which some thirty are moved."""
MIN_SPREAD = 0.02
MILLION = 1_000_000
"""Sums of chances are sums of whole millionths: equal in any order."""
LOG_10 = np.log(10)


@dataclass(frozen=True)
class Watching:
    """What accounts watched, and what they made of it.

    `videos`: account_id, video_id, creator (null when unknown), sittings in which it was viewed, responded, ts of the
    first view. `regulars`: account_id, creator, ts of the first view, moved, chance; those who sat down to videos of a
    creator `REGULAR` times or more, be it to one or to several. `chance` is that of being moved at least once, going by
    what the account makes of all others.
    """

    videos: DataFrame
    regulars: DataFrame


def watching(events: DataFrame, videos: DataFrame) -> Watching:
    """Who watched what, from one look at the views, likes, comments and shares of `events`, delivered once or twice."""
    viewed = F.col("verb") == "view"
    sitting = F.floor(F.unix_timestamp("ts") / SITTING_S)
    of_videos = persist(
        events.where(F.col("verb").isin("view", *RESPONSES) & F.col("video_id").isNotNull())
        .groupBy("account_id", "video_id")
        .agg(
            F.count_distinct(F.when(viewed, sitting)).alias("sittings"),
            F.max(~viewed).alias("responded"),
            F.min(F.when(viewed, F.col("ts"))).alias("ts"),
        )
        .join(videos.select("video_id", F.col("account_id").alias("creator")), on="video_id", how="left"),
        on_disk=True,
    )
    return Watching(of_videos, checkpoint(_regulars(of_videos)))


def _regulars(of_videos: DataFrame) -> DataFrame:
    life = Window.partitionBy("account_id")
    elsewhere = ratio(
        F.sum("responses").over(life) - F.col("responses"), F.sum("sittings").over(life) - F.col("sittings")
    )
    return (
        of_videos.where("creator != account_id")
        .groupBy("account_id", "creator")
        .agg(
            F.sum("sittings").alias("sittings"),
            F.count_if("responded").alias("responses"),
            F.min("ts").alias("ts"),
        )
        .withColumn("elsewhere", elsewhere)
        .where(F.col("sittings") >= REGULAR)
        .select(
            "account_id",
            "creator",
            "ts",
            (F.col("responses") > 0).alias("moved"),
            # Who watches nothing else says nothing; `least` would take the unknown for certain.
            F.coalesce(1 - F.exp(-F.col("sittings") * _at_most_one("elsewhere")), F.lit(0.0)).alias("chance"),
        )
    )


def _at_most_one(name: str) -> Column:
    return F.when(F.col(name) > 1, 1.0).otherwise(F.col(name))


def silent_regulars(regulars: DataFrame, limits: LinkLimits) -> DataFrame:
    """The unmoved regulars of creators whose audience is unlikely silent: account_id, creator, ts, surprise.

    Of audiences up to `max_crowd`, those of a surprise of `min_kind_surprise` or more: -log10 of the chance that so few
    of them, or fewer, are moved.
    """
    audiences = checkpoint(
        regulars.groupBy("creator")
        .agg(
            F.count("*").alias("crowd"),
            F.count_if("moved").alias("moved"),
            (F.sum(F.round(F.col("chance") * MILLION).cast("bigint")) / MILLION).alias("expected"),
        )
        .where(F.col("crowd").between(MIN_AUDIENCE, limits.max_crowd))
    )
    scale, spread = moods(audiences)

    @F.arrow_udf(DoubleType())
    def surprise(moved: pa.Array, expected: pa.Array) -> pa.Array:
        return pa.array(silence(moved.to_numpy(), scale * expected.to_numpy(), spread))

    telling = (
        audiences.where(F.col("moved") < scale * F.col("expected"))
        .select("creator", surprise("moved", "expected").alias("surprise"))
        .where(F.col("surprise") >= limits.min_kind_surprise)
    )
    return (
        regulars.where("NOT moved")
        .join(F.broadcast(telling), on="creator", how="inner")
        .select("account_id", "creator", "ts", "surprise")
    )


def moods(audiences: DataFrame) -> tuple[float, float]:
    """How many are moved for one that is expected to be, over all creators, and the variance of that between them
    relative to its square (method of moments).
    """
    moved, expected = F.col("moved").cast("double"), F.col("expected")
    total = only_row(
        audiences.agg(
            F.sum(moved).alias("moved"),
            F.sum(expected).alias("expected"),
            F.sum(moved * moved).alias("moved_sq"),
            F.sum(moved * expected).alias("both"),
            F.sum(expected * expected).alias("expected_sq"),  # bounded: a double
        )
    )
    if total.moved is None:
        return 1.0, USUAL_SPREAD
    scale = (total.moved + 1) / (total.expected + 1)
    squared = scale**2 * total.expected_sq
    beyond_poisson = total.moved_sq - 2 * scale * total.both + squared - scale * total.expected
    spread = (beyond_poisson + USUAL_WEIGHT * USUAL_SPREAD) / (squared + USUAL_WEIGHT)
    return round(scale, 6), round(max(spread, MIN_SPREAD), 6)


def silence(moved: np.ndarray, expected: np.ndarray, spread: float) -> np.ndarray:
    """-log10 of the chance of `moved` or fewer under a negative binomial with variance expected + spread·expected².

    Its distribution function is a regularised incomplete beta function (DLMF 8.17.24).
    """
    shape = 1.0 / spread
    chance = betainc(shape, moved + 1.0, shape / (shape + expected))
    return np.round(-np.log10(np.clip(chance, 10**-MAX_SURPRISE, 1.0)), 6)


def silent_pairs(silent: DataFrame) -> DataFrame:
    """The pairs of accounts that are silent regulars of the same creators: account_id, other_account_id,
    shared_objects, surprise, first_at, last_at, objects, creator.

    Of several creators the surprise is that of the product of their chances (Fisher 1932).
    """
    one, other = silent.alias("one"), silent.alias("other")
    same = (F.col("one.creator") == F.col("other.creator")) & (F.col("one.account_id") < F.col("other.account_id"))

    @F.arrow_udf(DoubleType())
    def all_together(total: pa.Array, creators: pa.Array) -> pa.Array:
        chance = gammaincc(creators.to_numpy(), total.to_numpy() * LOG_10)
        return pa.array(np.round(-np.log10(np.maximum(chance, 10**-MAX_SURPRISE)), 6))

    of_one = F.when(F.min("one.creator") == F.max("one.creator"), F.min("one.creator"))
    return (
        one.join(other, on=same, how="inner")
        .groupBy(F.col("one.account_id").alias("account_id"), F.col("other.account_id").alias("other_account_id"))
        .agg(
            F.count("*").alias("shared_objects"),
            F.sum("one.surprise").alias("total"),
            F.min(F.least("one.ts", "other.ts")).alias("first_at"),
            F.max(F.greatest("one.ts", "other.ts")).alias("last_at"),
            F.transform(F.array_sort(F.collect_set("one.creator")), lambda c: c.cast("string")).alias("objects"),
            of_one.alias("creator"),
        )
        .withColumn("surprise", all_together("total", F.col("shared_objects").cast("double")))
        .drop("total")
    )
