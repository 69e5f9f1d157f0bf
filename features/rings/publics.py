"""What the members of a ring do on its targets, beside everybody else who came to the same targets.

The public of a target is the control group that taste has drawn: other people on the same objects, brought there by the
same feed, fame or evening. What they share with the members says nothing of the members.
"""

from collections.abc import Callable
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from engine.portable import exact_mean, exact_sum, ratio
from features.rings.definitions import MADE
from lake.schemas import RESPONSES
from lake.store import midnight

UNSEEN_TARGETS, LIKE_MEMBERS = 2, 10
"""See `participation`."""
LEAST_SHARE = 0.01
"""Shares below a hundredth are not told apart."""
LEAST_PUBLIC = 3
"""Targets with fewer others have no public to compare with."""
MOMENT_MINUTES = 10
"""Spreads of acts are not told apart below this, nor ages of videos."""
GLANCE_MS = 1_000


def publics(acts: DataFrame, members: DataFrame, targets: DataFrame) -> DataFrame:
    """Who came to the targets of each ring, and what for: what accounts did on videos that are targets by any verb.

    One row (ring_id, verb, object_id, account_id) each, with member (whether it is one), target (whether the object is
    a target by this verb), first_ts, watch_ms (the longest view), uploaded_at. `acts` as `ring_acts`, `targets` as
    `targets_of` give them.
    """
    things = targets.select("ring_id", thing().alias("thing"), "object_id", "uploaded_at").distinct()
    inside = members.select("ring_id", "account_id", F.lit(True).alias("member"))
    by_verb = targets.select("ring_id", "verb", "object_id", F.lit(True).alias("target"))
    came = (
        acts.where("recent")
        .withColumn("thing", thing())
        .join(things.select("thing", "object_id").distinct(), on=["thing", "object_id"], how="left_semi")
        .groupBy("thing", "verb", "object_id", "account_id")
        .agg(F.min("ts").alias("first_ts"), F.max("watch_ms").alias("watch_ms"))
    )
    return (
        came.join(things, on=["thing", "object_id"], how="inner")
        .join(inside, on=["ring_id", "account_id"], how="left")
        .join(by_verb, on=["ring_id", "verb", "object_id"], how="left")
        .select(
            "ring_id",
            "verb",
            "object_id",
            "account_id",
            F.coalesce("member", F.lit(False)).alias("member"),
            F.coalesce("target", F.lit(False)).alias("target"),
            "first_ts",
            "watch_ms",
            "uploaded_at",
        )
    )


def thing() -> Column:
    """What an object is, by the verb of a row: ids of videos, accounts and templates may be the same numbers."""
    return F.when(F.col("verb").isin("follow", *MADE), F.col("verb")).otherwise("video")


def participation(came: DataFrame, targets: DataFrame) -> DataFrame:
    """Of those who acted on one target of a ring, the share of its other targets that they acted on, too: of members
    (`participation`) and of everybody else (`outsiders_participation`), and how much more members do so (`apartness`).

    People of one taste have no border: around those who meet on nearly all, there are others who meet on half of it. Of
    orders the others know nothing. Few targets and few others say little: they are counted as if the ring had
    `UNSEEN_TARGETS` more on which nobody met, and the others `LIKE_MEMBERS` acts more that were like members'. Null
    where there is but one target; apartness is so, too, where the others did less than that, as then there is nobody to
    compare with. `came` is of `publics`, `targets` of `targets_of`.
    """
    counts = targets.groupBy("ring_id").agg(F.count("*").alias("targets")).where("targets > 1")
    met = F.col("on_targets") * (F.col("on_targets") - 1)
    inside, outside = (F.coalesce(F.sum(F.when(of, F.col("on_targets"))), F.lit(0)) for of in _sides())
    met_inside, met_outside = (F.coalesce(F.sum(F.when(of, met)), F.lit(0)) for of in _sides())
    others = F.col("targets") - 1 + UNSEEN_TARGETS
    shrunk = F.col("met_outside") + LIKE_MEMBERS * F.col("participation") * others
    return (
        came.where("target")
        .groupBy("ring_id", "account_id", "member")
        .agg(F.count("*").alias("on_targets"))
        .join(counts, on="ring_id", how="inner")
        .groupBy("ring_id", "targets")
        .agg(
            met_inside.alias("met_inside"),
            met_outside.alias("met_outside"),
            inside.alias("inside"),
            outside.alias("outside"),
        )
        .withColumn("participation", ratio(F.col("met_inside"), F.col("inside") * others))
        .withColumn("outsiders_participation", ratio(shrunk, (F.col("outside") + LIKE_MEMBERS) * others))
        .select(
            "ring_id",
            "participation",
            "outsiders_participation",
            F.when(
                F.col("outside") >= LIKE_MEMBERS,
                F.log2((F.col("participation") + LEAST_SHARE) / (F.col("outsiders_participation") + LEAST_SHARE)),
            ).alias("apartness"),
        )
    )


def timing(came: DataFrame, since: date) -> DataFrame:
    """When members come to a target beside when its public does, in log2 and by the members of each target.

    `haste`: how much less spread their times are, standard deviation against standard deviation: 1 for half of it.
    `lateness`: how much older the video was, mean log against mean log: 1 for twice as old. Both are null where no
    target has `LEAST_PUBLIC` others. CatchSync (Jiang et al. 2014) asks for synchronicity beyond what is normal; here
    normal is what others do on the same object. `since` is the first day of `came`.
    """
    start = F.unix_timestamp(F.lit(midnight(since)))
    minutes = F.floor((F.unix_timestamp("first_ts") - start) / 60)
    age_s = F.unix_timestamp("first_ts") - F.unix_timestamp("uploaded_at")
    age = F.when(age_s >= 0, F.log2((age_s + MOMENT_MINUTES * 60).cast("double")))
    by_target = (
        came.where("target")
        .select("ring_id", "verb", "object_id", "member", minutes.alias("minutes"), age.alias("age"))
        .groupBy("ring_id", "verb", "object_id")
        .agg(
            *_both("n", lambda of: F.count_if(of)),
            *_both("sum", lambda of: F.sum(F.when(of, F.col("minutes")))),
            *_both("squares", lambda of: F.sum(F.when(of, F.col("minutes") * F.col("minutes")))),  # bounded: < 10^10
            *_both("age", lambda of: exact_mean(F.when(of, F.col("age")))),
        )
    )
    inside, outside = (F.log2(_deviation(side) + MOMENT_MINUTES) for side in SIDES)
    there = F.col("n_outside") >= LEAST_PUBLIC
    return by_target.groupBy("ring_id").agg(
        _by_members(F.when(there & (F.col("n_inside") > 1), outside - inside)).alias("haste"),
        _by_members(F.when(there, F.col("age_inside") - F.col("age_outside"))).alias("lateness"),
    )


def interest(came: DataFrame) -> DataFrame:
    """What members make of the videos that are targets, beside what their public makes of them, in log2.

    `attention`: how much longer they watch, mean log against mean log by the viewers among members of each video.
    `conversion`: likes, comments and shares of members (one a member and video) over those that as many others would
    have left there. Both are null where no video has `LEAST_PUBLIC` others.
    """
    of_accounts = (
        came.where(thing() == "video")
        .groupBy("ring_id", "object_id", "account_id", "member")
        .agg(
            F.max(F.col("verb").isin(*RESPONSES).cast("int")).alias("moved"),
            F.log2((F.max("watch_ms") + GLANCE_MS).cast("double")).alias("watched"),
        )
    )
    by_video = of_accounts.groupBy("ring_id", "object_id").agg(
        *_both("n", lambda of: F.count_if(of)),
        *_both("moved", lambda of: F.coalesce(F.sum(F.when(of, F.col("moved"))), F.lit(0))),
        *_both("viewers", lambda of: F.count_if(of & F.col("watched").isNotNull())),
        *_both("watched", lambda of: exact_mean(F.when(of, F.col("watched")))),
    )
    compared = by_video.where(F.col("n_outside") >= LEAST_PUBLIC)
    expected = F.col("n_inside") * ratio("moved_outside", "n_outside")
    longer = F.when(F.col("viewers_outside") >= LEAST_PUBLIC, F.col("watched_inside") - F.col("watched_outside"))
    return compared.groupBy("ring_id").agg(
        _by_members(longer, "viewers_inside").alias("attention"),
        F.log2((F.sum("moved_inside") + 1) / (exact_sum(expected) + 1)).alias("conversion"),
    )


SIDES = ("inside", "outside")


def _sides() -> tuple[Column, Column]:
    return F.col("member"), ~F.col("member")


def _both(name: str, aggregate: Callable[[Column], Column]) -> list[Column]:
    return [aggregate(of).alias(f"{name}_{side}") for side, of in zip(SIDES, _sides(), strict=True)]


def _deviation(side: str) -> Column:
    """Standard deviation of a sample by its sums; null for one value."""
    count, total, squares = (F.col(f"{name}_{side}").cast("double") for name in ("n", "sum", "squares"))
    return F.sqrt(F.greatest(F.lit(0.0), ratio(squares - ratio(total * total, count), count - 1)))


def _by_members(value: Column, weight: str = "n_inside") -> Column:
    """Mean over targets, each by so many members; targets of which nothing is known do not count."""
    known = F.when(value.isNotNull(), F.col(weight))
    return ratio(exact_sum(value * known), F.sum(known))
