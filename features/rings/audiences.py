"""Compare what the members of a ring do on its targets with what the targets' other audience does.

The audience of a target that is no member is the control group that taste has drawn: other people on the same objects,
brought there by the same feed, fame or evening. What they share with the members says nothing about the members.
"""

from collections.abc import Callable
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from engine.portable import exact_mean, exact_sum, ratio
from features.links.kinds import MADE
from lake.schemas import RESPONSES
from lake.store import midnight

PRIOR_TARGETS, PRIOR_ACTIONS = 2, 10
"""Shrinkage of `participation`."""
SHARE_FLOOR = 0.01
"""Added to shares in ratios: differences below a hundredth do not count."""
MIN_AUDIENCE = 3
"""Accounts outside of the ring that a target needs for a comparison."""
TIME_FLOOR_MIN = 10
"""Minutes added to standard deviations of times and to ages of videos: smaller differences do not count."""
WATCH_FLOOR_MS = 1_000
"""Milliseconds added to watch times: smaller differences do not count."""


def audience_actions(actions: DataFrame, members: DataFrame, targets: DataFrame) -> DataFrame:
    """Return all actions, by any verb, on the targets of each ring, of members and of everybody else.

    One row per ring_id, verb, object_id and account_id, with member (whether the account is one), target (whether the
    object is a target by this verb), first_ts, watch_ms (the longest view) and uploaded_at. `actions` is of
    `ring_actions`, `targets` of `targets_of`.
    """
    typed_targets = targets.select("ring_id", object_type().alias("object_type"), "object_id", "uploaded_at").distinct()
    inside = members.select("ring_id", "account_id", F.lit(True).alias("member"))
    by_verb = targets.select("ring_id", "verb", "object_id", F.lit(True).alias("target"))
    audience = (
        actions.where("recent")
        .withColumn("object_type", object_type())
        .join(
            typed_targets.select("object_type", "object_id").distinct(),
            on=["object_type", "object_id"],
            how="left_semi",
        )
        .groupBy("object_type", "verb", "object_id", "account_id")
        .agg(F.min("ts").alias("first_ts"), F.max("watch_ms").alias("watch_ms"))
    )
    return (
        audience.join(typed_targets, on=["object_type", "object_id"], how="inner")
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


def object_type() -> Column:
    """Return the type of an object by the row's verb: ids of videos, accounts and templates may coincide."""
    return F.when(F.col("verb").isin("follow", *MADE), F.col("verb")).otherwise("video")


def participation(audience: DataFrame, targets: DataFrame) -> DataFrame:
    """Compute which share of a ring's other targets an account acts on that acts on one, for members and for others.

    Columns out, a row per ring of two targets or more: ring_id, participation (of members), outsiders_participation and
    apartness (log2 of the first over the second). `audience` is of `audience_actions`, `targets` of `targets_of`.

    People of one taste have no border: around those who act on nearly all targets there are others who act on half of
    them. Nobody else acts on half of an order. As few targets and few others say little, `PRIOR_TARGETS` targets are
    added on which nobody acted, and `PRIOR_ACTIONS` actions of others that are like members'. `apartness` is null where
    others acted less often than that.
    """
    counts = targets.groupBy("ring_id").agg(F.count("*").alias("targets")).where("targets > 1")
    co_targets = F.col("on_targets") * (F.col("on_targets") - 1)
    inside, outside = (F.coalesce(F.sum(F.when(on_side, F.col("on_targets"))), F.lit(0)) for on_side in _sides())
    co_targets_inside, co_targets_outside = (
        F.coalesce(F.sum(F.when(on_side, co_targets)), F.lit(0)) for on_side in _sides()
    )
    other_targets = F.col("targets") - 1 + PRIOR_TARGETS
    shrunk_outside = F.col("co_targets_outside") + PRIOR_ACTIONS * F.col("participation") * other_targets
    return (
        audience.where("target")
        .groupBy("ring_id", "account_id", "member")
        .agg(F.count("*").alias("on_targets"))
        .join(counts, on="ring_id", how="inner")
        .groupBy("ring_id", "targets")
        .agg(
            co_targets_inside.alias("co_targets_inside"),
            co_targets_outside.alias("co_targets_outside"),
            inside.alias("inside"),
            outside.alias("outside"),
        )
        .withColumn("participation", ratio(F.col("co_targets_inside"), F.col("inside") * other_targets))
        .withColumn(
            "outsiders_participation", ratio(shrunk_outside, (F.col("outside") + PRIOR_ACTIONS) * other_targets)
        )
        .select(
            "ring_id",
            "participation",
            "outsiders_participation",
            F.when(
                F.col("outside") >= PRIOR_ACTIONS,
                F.log2((F.col("participation") + SHARE_FLOOR) / (F.col("outsiders_participation") + SHARE_FLOOR)),
            ).alias("apartness"),
        )
    )


def timing(audience: DataFrame, since: date) -> DataFrame:
    """Compare when members and others act on a target, in log2, as means over targets weighted by members.

    Columns out: ring_id, haste and lateness, null where no target has an audience of `MIN_AUDIENCE` others; `since` is
    the first day of `audience`.

    - `haste`: how much smaller the standard deviation of members' times is: 1 for half of it. CatchSync (Jiang et al.
      2014) asks for synchronicity beyond the normal; here the normal is what others do on the same object.
    - `lateness`: how much older the video was, by mean log age: 1 for twice as old.
    """
    start = F.unix_timestamp(F.lit(midnight(since)))
    minutes = F.floor((F.unix_timestamp("first_ts") - start) / 60)
    age_s = F.unix_timestamp("first_ts") - F.unix_timestamp("uploaded_at")
    age = F.when(age_s >= 0, F.log2((age_s + TIME_FLOOR_MIN * 60).cast("double")))
    squared_minutes = F.col("minutes") * F.col("minutes")  # bounded: each below 10^10
    by_target = (
        audience.where("target")
        .select("ring_id", "verb", "object_id", "member", minutes.alias("minutes"), age.alias("age"))
        .groupBy("ring_id", "verb", "object_id")
        .agg(
            *_by_side("n", lambda on_side: F.count_if(on_side)),
            *_by_side("sum", lambda on_side: F.sum(F.when(on_side, F.col("minutes")))),
            *_by_side("squares", lambda on_side: F.sum(F.when(on_side, squared_minutes))),
            *_by_side("age", lambda on_side: exact_mean(F.when(on_side, F.col("age")))),
        )
    )
    inside, outside = (F.log2(_deviation(side) + TIME_FLOOR_MIN) for side in SIDES)
    comparable = F.col("n_outside") >= MIN_AUDIENCE
    return by_target.groupBy("ring_id").agg(
        _by_members(F.when(comparable & (F.col("n_inside") > 1), outside - inside)).alias("haste"),
        _by_members(F.when(comparable, F.col("age_inside") - F.col("age_outside"))).alias("lateness"),
    )


def interest(audience: DataFrame) -> DataFrame:
    """Compare how members and others watch and engage with the videos that are targets, in log2.

    Columns out: ring_id, attention and conversion, null where no video has an audience of `MIN_AUDIENCE` others.

    - `attention`: how much longer members watch, by mean log time, weighted by the members that viewed a video.
    - `conversion`: members that liked, commented on or shared a video over the number that as many others would give.
    """
    by_account = (
        audience.where(object_type() == "video")
        .groupBy("ring_id", "object_id", "account_id", "member")
        .agg(
            F.max(F.col("verb").isin(*RESPONSES).cast("int")).alias("engaged"),
            F.log2((F.max("watch_ms") + WATCH_FLOOR_MS).cast("double")).alias("watched"),
        )
    )
    by_video = by_account.groupBy("ring_id", "object_id").agg(
        *_by_side("n", lambda on_side: F.count_if(on_side)),
        *_by_side("engaged", lambda on_side: F.coalesce(F.sum(F.when(on_side, F.col("engaged"))), F.lit(0))),
        *_by_side("viewers", lambda on_side: F.count_if(on_side & F.col("watched").isNotNull())),
        *_by_side("watched", lambda on_side: exact_mean(F.when(on_side, F.col("watched")))),
    )
    comparable_videos = by_video.where(F.col("n_outside") >= MIN_AUDIENCE)
    expected = F.col("n_inside") * ratio("engaged_outside", "n_outside")
    log_watch_ratio = F.when(
        F.col("viewers_outside") >= MIN_AUDIENCE, F.col("watched_inside") - F.col("watched_outside")
    )
    return comparable_videos.groupBy("ring_id").agg(
        _by_members(log_watch_ratio, "viewers_inside").alias("attention"),
        F.log2((F.sum("engaged_inside") + 1) / (exact_sum(expected) + 1)).alias("conversion"),
    )


SIDES = ("inside", "outside")


def _sides() -> tuple[Column, Column]:
    """Return the conditions of both sides: members, others."""
    return F.col("member"), ~F.col("member")


def _by_side(name: str, aggregate: Callable[[Column], Column]) -> list[Column]:
    """Return an aggregate for members and for others, with a suffix to its name."""
    return [aggregate(on_side).alias(f"{name}_{side}") for side, on_side in zip(SIDES, _sides(), strict=True)]


def _deviation(side: str) -> Column:
    """Return the sample standard deviation of one side from its sums; null for one value."""
    count, total, squares = (F.col(f"{name}_{side}").cast("double") for name in ("n", "sum", "squares"))
    return F.sqrt(F.greatest(F.lit(0.0), ratio(squares - ratio(total * total, count), count - 1)))


def _by_members(value: Column, weight: str = "n_inside") -> Column:
    """Return a mean over targets, weighted by members; targets where the value is null do not count."""
    known = F.when(value.isNotNull(), F.col(weight))
    return ratio(exact_sum(value * known), F.sum(known))
