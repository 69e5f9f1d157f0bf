"""What a video gets, and how fast."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from engine.portable import ratio
from features.definitions import (
    COUNT,
    DAYS,
    DOUBLINGS,
    MILLIONTHS,
    NEVER_NULL,
    NEVER_ZERO,
    SHARE,
    UNKNOWN_NULL,
    Feature,
)


def early_facts(windows: DataFrame) -> DataFrame:
    """Mean views in the first 6 hours of the other videos of the same creator that are active too."""
    of_creator = windows.groupBy("account_id").agg(
        F.sum("total_views_6h_28d").alias("views"), F.count("*").alias("videos")
    )
    others = ratio(F.col("views") - F.col("total_views_6h_28d"), F.col("videos") - 1)
    return (
        windows.select("video_id", "account_id", "total_views_6h_28d")
        .join(of_creator, on="account_id")
        .select("video_id", others.alias("fact_creator_views_6h_28d"))
    )


def _count(name: str, meaning: str, abuse: str) -> Feature:
    return Feature(name, COUNT, meaning, abuse, "popular videos", NEVER_ZERO, lambda w: w.total(name), whole=True)


def _rate(
    name: str, part: str, meaning: str, abuse: str, honest: str, whole: str = "views", unit: float = 1.0
) -> Feature:
    return Feature(
        name,
        SHARE,
        meaning,
        abuse,
        honest,
        NEVER_NULL,
        lambda w: w.share(part, whole, unit),
        windows=(7, 28),
    )


FEATURES = (
    _count("views", "views", "view orders"),
    _count("likes", "likes", "like orders"),
    _count("comments", "comments", "comment orders, spam below popular videos"),
    _count("shares", "shares", "share orders"),
    _count("reports", "reports", "abuse is reported; brigades report rivals"),
    _rate(
        "watched_share",
        "watched_ppm",
        "mean share of it that is watched, at most 1",
        "bots leave early or loop",
        "background music",
        "rated_views",
        MILLIONTHS,
    ),
    _rate(
        "completion_share",
        "completions",
        "share of views of at least 95 % of it",
        "bots leave early",
        "long videos",
        "rated_views",
    ),
    _rate("like_rate", "likes", "likes per view", "bought likes come without views", "fan communities"),
    _rate(
        "comment_rate",
        "comments",
        "comments per view",
        "bought comments come without views",
        "giveaways, questions to the audience",
    ),
    _rate("share_rate", "shares", "shares per view", "bought shares come without views", "useful or touching clips"),
    _rate(
        "report_rate", "reports", "reports per view", "abuse is reported; brigades report rivals", "controversial clips"
    ),
    _rate(
        "unseen_like_share",
        "unseen_likes",
        "share of its likes without a view before on that day",
        "like farms never watch",
        "likes from shared links",
        "likes",
    ),
    _rate(
        "quick_like_share",
        "quick_likes",
        "share of its likes within 2 s of the start of a view",
        "scripts like on load",
        "fans who like before they watch",
        "likes",
    ),
    _rate(
        "link_comment_share",
        "link_comments",
        "share of its comments with a link",
        "spam rings meet below it",
        "shops",
        "comments",
    ),
    _rate(
        "comment_sameness",
        "telling_comments_sq",
        "Herfindahl index of its telling comments over texts, within days",
        "templates",
        "giveaways that ask for a sentence",
        "all_telling_comments_sq",
    ),
    Feature(
        "views_1h",
        COUNT,
        "views in the hour after its upload, if in the window",
        "orders start at once",
        "fan clubs are there within the hour",
        NEVER_ZERO,
        lambda w: w.total("views_1h"),
        windows=(28,),
        whole=True,
    ),
    Feature(
        "views_6h",
        COUNT,
        "views in the 6 hours after its upload, if in the window",
        "orders start at once",
        "fan clubs are there within the hour",
        NEVER_ZERO,
        lambda w: w.total("views_6h"),
        windows=(28,),
        whole=True,
    ),
    Feature(
        "early_speed",
        DOUBLINGS,
        "views in its first 6 hours against the mean of the creator's other active videos (one added to both)",
        "a bought start stands out from the creator's past",
        "the first clip that goes viral",
        "null: no other active video.",
        lambda w: F.log2((w.total("views_6h") + 1) / (w.fact("creator_views_6h") + 1)),
        windows=(28,),
    ),
    Feature(
        "active_days",
        COUNT,
        "days with an act on it",
        "orders end",
        "short-lived news",
        NEVER_ZERO,
        lambda w: w.total("days"),
        windows=(7, 28),
        whole=True,
    ),
    Feature(
        "age_days",
        DAYS,
        "days since its upload",
        "orders are for new videos",
        "any new video",
        UNKNOWN_NULL,
        lambda w: w.fact("age_days"),
        windows=(),
    ),
)
