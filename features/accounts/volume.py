"""How much an account does, of what, and on how many."""

from pyspark.sql import functions as F

from features.definitions import COUNT, NEVER_NULL, NEVER_ZERO, RATIO, SHARE, Feature

FAN = "fans of one creator, and people who have just found a favourite"
BUSY = "heavy users, people at home with an illness, creators who keep up with their community"


def _count(name: str, meaning: str, abuse: str, honest: str = BUSY) -> Feature:
    return Feature(name, COUNT, meaning, abuse, honest, NEVER_ZERO, lambda w: w.total(name), whole=True)


def _verb_share(verb: str, plural: str, abuse: str, honest: str) -> Feature:
    return Feature(
        f"{verb}_share",
        SHARE,
        f"share of its acts that are {plural}",
        abuse,
        honest,
        NEVER_NULL,
        lambda w: w.share(plural, "events"),
        windows=(7, 28),
    )


FEATURES = (
    _count("events", "acts of any kind", "bots act more than people can"),
    _count("views", "views", "view bots inflate counts"),
    _count("likes", "likes given", "like farms deliver what was ordered"),
    _count(
        "comments", "comments written", "comment spam needs many comments", "hosts of giveaways, and chatty communities"
    ),
    _count("shares", "shares", "paid promotion is shared in bulk", "people who send clips to family and friends"),
    _count(
        "follows",
        "accounts followed",
        "follower farms, and follow-back growth hacks",
        "newcomers who set up their feed",
    ),
    _count(
        "reports", "reports made", "brigades report to take a rival down", "people who care, after a controversial clip"
    ),
    _verb_share("view", "views", "view bots do nothing else", "quiet watchers, the most honest group of all"),
    _verb_share("like", "likes", "like farms skip the watching", "people who like whatever they see"),
    _verb_share("comment", "comments", "spammers write and do not watch", "hosts who answer their community"),
    _verb_share("share", "shares", "promotion rings share and leave", "curators and parents' groups"),
    _verb_share("follow", "follows", "follower farms do little else", "newcomers on their first day"),
    _verb_share("report", "reports", "brigades come to report", "volunteers who clean up"),
    Feature(
        "active_days",
        COUNT,
        "days with at least one act",
        "hired accounts wake for an order; bots never rest",
        BUSY,
        NEVER_ZERO,
        lambda w: w.total("days"),
        windows=(7, 28),
        whole=True,
    ),
    Feature(
        "videos_a_day",
        RATIO,
        "distinct videos acted on, mean over its active days",
        "bots touch a few ordered videos or an endless list",
        BUSY,
        NEVER_NULL,
        lambda w: w.share("videos", "days"),
        windows=(7, 28),
    ),
    Feature(
        "creators_a_day",
        RATIO,
        "distinct creators acted on, mean over its active days",
        "orders concern few creators",
        FAN,
        NEVER_NULL,
        lambda w: w.share("creators", "days"),
        windows=(7, 28),
    ),
    Feature(
        "acts_per_video",
        RATIO,
        "acts per distinct video of a day",
        "farms view, like, share and comment the same video in one go",
        FAN,
        NEVER_NULL,
        lambda w: w.share("events", "videos"),
        windows=(7, 28),
    ),
    Feature(
        "creator_concentration",
        SHARE,
        "Herfindahl index of its acts over creators, within days: 1 when each day is about one creator",
        "bought engagement goes to who paid",
        FAN,
        NEVER_NULL,
        lambda w: w.share("creator_acts_sq", "all_creator_acts_sq"),
        windows=(7, 28),
    ),
    Feature(
        "top_creator_share",
        SHARE,
        "share of its acts that go to the creator most acted on that day",
        "bought engagement goes to who paid",
        FAN,
        NEVER_NULL,
        lambda w: w.share("top_creator_acts", "creator_acts"),
        windows=(7, 28),
    ),
    Feature(
        "pushed_creators",
        COUNT,
        "distinct creators that it liked, commented, shared or followed (at most 256 a day are kept)",
        "farms serve many customers whom nobody else knows",
        "explorers with wide interests",
        NEVER_ZERO,
        lambda w: F.size(w.fact("pushed")),
        windows=(7, 28),
        whole=True,
    ),
)
