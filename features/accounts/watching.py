"""Whether an account watches what it acts on."""

from features.definitions import HOURS, MILLIONTHS, NEVER_NULL, NEVER_ZERO, SHARE, Feature

FEATURES = (
    Feature(
        "watched_share",
        SHARE,
        "mean share of a video that it watches, at most 1",
        "bots leave as soon as a view counts, or loop",
        "fast scrollers",
        NEVER_NULL,
        lambda w: w.share("watched_ppm", "rated_views", MILLIONTHS),
        windows=(7, 28),
    ),
    Feature(
        "watch_hours",
        HOURS,
        "time watched",
        "view bots watch more hours than a day has",
        "heavy users, screens that run in a shop",
        NEVER_ZERO,
        lambda w: w.total("watch_ms") / 3_600_000,
        windows=(7, 28),
    ),
    Feature(
        "repeat_view_share",
        SHARE,
        "share of its views that are of a video it had viewed that day",
        "view bots reload the ordered video",
        "children, dancers who learn the steps, fans of a song",
        NEVER_NULL,
        lambda w: w.share("repeat_views", "views"),
        windows=(7, 28),
    ),
    Feature(
        "unseen_like_share",
        SHARE,
        "share of its likes without a view of the video before it on that day",
        "like farms call the interface and never watch",
        "likes from a shared link, or after midnight of a view before it",
        NEVER_NULL,
        lambda w: w.share("unseen_likes", "likes"),
        windows=(7, 28),
    ),
    Feature(
        "quick_like_share",
        SHARE,
        "share of its likes within 2 s of the start of a view",
        "scripts like on load",
        "fans who like before they watch",
        NEVER_NULL,
        lambda w: w.share("quick_likes", "likes"),
        windows=(7, 28),
    ),
)
