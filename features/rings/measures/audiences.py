"""Compare what the members of a ring do on its targets with what the targets' other audience does.

The audience of a target that is no member is the control group that taste has drawn: other people on the same objects,
brought there by the same feed, fame or evening. What they share with the members says nothing about the members.
"""

from collections.abc import Mapping
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from engine import checkpoint
from engine.portable import MILLION, exact_sum, fixed_point, ratio
from features.rings.actions import object_type
from features.rings.definitions import RingFeature
from lake.schemas import DOUBLE, RESPONSES
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
FEATURES = (
    RingFeature(
        "participation",
        DOUBLE,
        "share",
        "other targets that a member who acted on one acted on, too",
        "most",
        "some",
        sign=1,
    ),
    RingFeature(
        "outsiders_participation",
        DOUBLE,
        "share",
        "the same of the others who acted on a target",
        "as little as chance",
        "people of like taste, outside as well",
    ),
    RingFeature(
        "apartness",
        DOUBLE,
        "log2",
        "participation of members over that of others: 1 for twice as much",
        "a border: nobody else has the list",
        "none: around each taste are those who share a part of it",
        sign=1,
    ),
    RingFeature(
        "haste",
        DOUBLE,
        "log2",
        "how much less the times of members on a target are spread than those of its public: 1 for half",
        "an order is worked off while the public trickles in",
        "0: the same feed, evening or news brings all",
        sign=1,
    ),
    RingFeature(
        "lateness",
        DOUBLE,
        "log2",
        "how much older a video was when members came than when its public did: 1 for twice as old",
        "when it was paid for",
        "0: when it was shown",
        sign=1,
    ),
    RingFeature(
        "attention",
        DOUBLE,
        "log2",
        "how much longer members watch the videos than their public does: -1 for half as long",
        "a glance, or as long as counts",
        "0, fans more",
        sign=-1,
    ),
    RingFeature(
        "conversion",
        DOUBLE,
        "log2",
        "likes, comments and shares of members over what as many of the public leave: 1 for twice as many",
        "all that was ordered, or views alone",
        "fans and friends more than others, too",
        sign=0,
    ),
)


def audience_actions(actions: DataFrame, targets: DataFrame) -> DataFrame:
    """Return all actions, by any verb, on the targets of any ring, of members and of everybody else.

    One row per object_type, verb, object_id and account_id, with first_ts and watch_ms (the longest view). `actions` is
    of `ring_actions`, `targets` of `targets_of`.
    """
    objects = targets.select(object_type().alias("object_type"), "object_id").distinct()
    return (
        actions.where("recent")
        .withColumn("object_type", object_type())
        .join(F.broadcast(objects), on=["object_type", "object_id"], how="left_semi")
        .groupBy("object_type", "verb", "object_id", "account_id")
        .agg(F.min("ts").alias("first_ts"), F.max("watch_ms").alias("watch_ms"))
    )


def participation(audience: DataFrame, members: DataFrame, targets: DataFrame) -> DataFrame:
    """Compute which share of a ring's other targets an account acts on that acts on one, for members and for others.

    Columns out, a row per ring of two targets or more: ring_id, participation (of members), outsiders_participation and
    apartness (log2 of the first over the second). `audience` is of `audience_actions`, `targets` of `targets_of`.

    People of one taste have no border: around those who act on nearly all targets there are others who act on half of
    them. Nobody else acts on half of an order. As few targets and few others say little, `PRIOR_TARGETS` targets are
    added on which nobody acted, and `PRIOR_ACTIONS` actions of others that are like members'. `apartness` is null where
    others acted less often than that.
    """
    inside_ring = members.select("ring_id", "account_id", F.lit(True).alias("member"))
    counts = targets.groupBy("ring_id").agg(F.count("*").alias("targets")).where("targets > 1")
    co_targets = F.col("on_targets") * (F.col("on_targets") - 1)
    member = F.coalesce("member", F.lit(False))

    def sums(value: Column, name: str) -> list[Column]:
        """Return the sums of a value over members and over others."""
        return [
            F.coalesce(F.sum(F.when(on_side, value)), F.lit(0)).alias(f"{name}_{side}")
            for side, on_side in (("inside", member), ("outside", ~member))
        ]

    other_targets = F.col("targets") - 1 + PRIOR_TARGETS
    shrunk_outside = F.col("co_targets_outside") + PRIOR_ACTIONS * F.col("participation") * other_targets
    return (
        audience.join(F.broadcast(targets.select("ring_id", "verb", "object_id")), on=["verb", "object_id"])
        .groupBy("ring_id", "account_id")
        .agg(F.count("*").alias("on_targets"))
        .join(F.broadcast(inside_ring), on=["ring_id", "account_id"], how="left")
        .join(counts, on="ring_id", how="inner")
        .groupBy("ring_id", "targets")
        .agg(*sums(co_targets, "co_targets"), *sums(F.col("on_targets"), "acts"))
        .withColumn("participation", ratio(F.col("co_targets_inside"), F.col("acts_inside") * other_targets))
        .withColumn(
            "outsiders_participation", ratio(shrunk_outside, (F.col("acts_outside") + PRIOR_ACTIONS) * other_targets)
        )
        .select(
            "ring_id",
            "participation",
            "outsiders_participation",
            F.when(
                F.col("acts_outside") >= PRIOR_ACTIONS,
                F.log2((F.col("participation") + SHARE_FLOOR) / (F.col("outsiders_participation") + SHARE_FLOOR)),
            ).alias("apartness"),
        )
    )


def timing(audience: DataFrame, members: DataFrame, targets: DataFrame, since: date) -> DataFrame:
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
    uploads = targets.select("verb", "object_id", "uploaded_at").distinct()
    times = audience.join(F.broadcast(uploads), on=["verb", "object_id"], how="inner").select(
        "verb",
        "object_id",
        "account_id",
        minutes.alias("minutes"),
        fixed_point(F.when(age_s >= 0, F.log2((age_s + TIME_FLOOR_MIN * 60).cast("double")))).alias("age"),
    )
    sums = {
        "n": F.count("*"),
        "minutes": F.sum("minutes"),
        "squares": F.sum(F.col("minutes") * F.col("minutes")),  # bounded: each below 10^10
        "aged": F.count("age"),
        "age": F.coalesce(F.sum("age"), F.lit(0)),
    }
    by_target = _by_side(times, members, targets.select("ring_id", "verb", "object_id"), sums)
    inside, outside = (F.log2(_deviation(side) + TIME_FLOOR_MIN) for side in SIDES)
    age_inside, age_outside = (ratio(f"age_{side}", f"aged_{side}") / MILLION for side in SIDES)
    comparable = F.col("n_outside") >= MIN_AUDIENCE
    return by_target.groupBy("ring_id").agg(
        _by_members(F.when(comparable & (F.col("n_inside") > 1), outside - inside)).alias("haste"),
        _by_members(F.when(comparable, age_inside - age_outside)).alias("lateness"),
    )


def interest(audience: DataFrame, members: DataFrame, targets: DataFrame) -> DataFrame:
    """Compare how members and others watch and engage with the videos that are targets, in log2.

    Columns out: ring_id, attention and conversion, null where no video has an audience of `MIN_AUDIENCE` others.

    - `attention`: how much longer members watch, by mean log time, weighted by the members that viewed a video.
    - `conversion`: members that liked, commented on or shared a video over the number that as many others would give.
    """
    by_account = (
        audience.where("object_type = 'video'")
        .groupBy("object_id", "account_id")
        .agg(
            F.max(F.col("verb").isin(*RESPONSES).cast("int")).alias("engaged"),
            fixed_point(F.log2((F.max("watch_ms") + WATCH_FLOOR_MS).cast("double"))).alias("watched"),
        )
    )
    sums = {
        "n": F.count("*"),
        "engaged": F.sum("engaged"),
        "viewers": F.count("watched"),
        "watched": F.coalesce(F.sum("watched"), F.lit(0)),
    }
    videos = targets.where(object_type() == "video").select("ring_id", "object_id").distinct()
    comparable_videos = _by_side(checkpoint(by_account), members, videos, sums).where(
        F.col("n_outside") >= MIN_AUDIENCE
    )
    expected = F.col("n_inside") * ratio("engaged_outside", "n_outside")
    watched_inside, watched_outside = (ratio(f"watched_{side}", f"viewers_{side}") / MILLION for side in SIDES)
    log_watch_ratio = F.when(F.col("viewers_outside") >= MIN_AUDIENCE, watched_inside - watched_outside)
    return comparable_videos.groupBy("ring_id").agg(
        _by_members(log_watch_ratio, "viewers_inside").alias("attention"),
        F.log2((F.sum("engaged_inside") + 1) / (exact_sum(expected) + 1)).alias("conversion"),
    )


SIDES = ("inside", "outside")


def _by_side(rows: DataFrame, members: DataFrame, ring_objects: DataFrame, sums: Mapping[str, Column]) -> DataFrame:
    """Sum over the members of a ring and over all others, for each of its objects.

    `rows` has account_id and the columns of `ring_objects` but ring_id. Columns out: those of `ring_objects`, and of
    each of the `sums` one for members ({name}_inside) and one for others ({name}_outside). The sums are whole numbers:
    everybody is summed once per object, and others are everybody without the members.
    """
    key = [name for name in ring_objects.columns if name != "ring_id"]
    everybody = rows.groupBy(*key).agg(*(each.alias(f"{name}_of_all") for name, each in sums.items()))
    inside = (
        rows.join(F.broadcast(members.select("ring_id", "account_id")), on="account_id", how="inner")
        .join(F.broadcast(ring_objects), on=["ring_id", *key], how="left_semi")
        .groupBy("ring_id", *key)
        .agg(*(each.alias(f"{name}_inside") for name, each in sums.items()))
    )
    outside = [(F.col(f"{name}_of_all") - F.col(f"{name}_inside")).alias(f"{name}_outside") for name in sums]
    return inside.join(everybody, on=key, how="inner").select(*inside.columns, *outside)


def _deviation(side: str) -> Column:
    """Return the sample standard deviation of one side from its sums; null for one value."""
    count, total, squares = (F.col(f"{name}_{side}").cast("double") for name in ("n", "minutes", "squares"))
    return F.sqrt(F.greatest(F.lit(0.0), ratio(squares - ratio(total * total, count), count - 1)))


def _by_members(value: Column, weight: str = "n_inside") -> Column:
    """Return a mean over targets, weighted by members; targets where the value is null do not count."""
    known = F.when(value.isNotNull(), F.col(weight))
    return ratio(exact_sum(value * known), F.sum(known))
