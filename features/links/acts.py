"""Every act that two accounts can have in common, in one form of four numbers and a time.

An act is (source, account, object, topic, first time). Topics gather objects that stand for one interest: the videos of
one creator, the days of one address.
"""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from engine import persist
from features.links.audiences import Watching
from features.links.kinds import CONTACT, KINDS, SOURCE_NUMBER
from features.links.works import shared_works
from features.text import bio_link
from lake.schemas import VERBS
from lake.store import midnight

WILLED = tuple(verb for verb in VERBS if verb in SOURCE_NUMBER)
"""The verbs that some kind of co-action looks at."""
ON_VIDEOS = tuple(dict.fromkeys(kind.source for kind in KINDS if kind.family == "video"))
WATCHED_AGAIN = 3
"""Sittings from which a video was chosen: a feed may well show it twice."""
COPIED_WORKS = 3
SURELY = 2.5
"""Standard deviations."""
PUSHED = 0.5
"""A place is pushed if of those who name it this share and more name it again: people pass a link on once."""
ACT = ("source", "account_id", "object", "topic", "ts")
DIGITS = "[0-9]+"


def co_actions(
    events: DataFrame,
    accounts: DataFrame,
    videos: DataFrame,
    works: DataFrame,
    said: DataFrame,
    watched: Watching,
    violating: DataFrame,
    since: date,
) -> DataFrame:
    """All acts since a day, one row for each source, account and object, with the time of the first.

    `events` are those since that day, and may be there twice as delivered twice; `videos` are all, as creators are
    looked up in them; `works` are those of their uploads, `said` the `templates` of the comments, `watched` what
    `watching` makes of the events. Sign-ups count for accounts that are active. Reports count but those of
    what reviewers found `violating` (entity_type, entity_id), or what such an account uploaded: who reports it helps.
    """
    active = events.select("account_id").distinct()
    uploads = videos.where(F.col("created_at") >= F.lit(midnight(since)))
    first = (
        _event_acts(events)
        .unionByName(_rewatches(watched.videos))
        .unionByName(_regulars(watched.regulars))
        .unionByName(_text_acts(said))
        .unionByName(_contact_acts(said))
        .unionByName(_profile_acts(accounts.join(active, on="account_id", how="left_semi")))
        .unionByName(_upload_acts(uploads, works))
        .groupBy("source", "account_id", "object")
        .agg(F.min("topic").alias("topic"), F.min("ts").alias("ts"))
    )
    return _with_creators(first, videos, violating).select(*ACT)


def _act(source: Column, account: Column, target: Column, topic: Column, ts: Column) -> Column:
    return F.struct(
        source.cast("tinyint").alias("source"),
        account.alias("account_id"),
        target.alias("object"),
        topic.alias("topic"),
        ts.alias("ts"),
    )


def _acts(source: str, rows: DataFrame, target: str) -> DataFrame:
    """An act for each row (account_id, target, ts), whose object stands for itself alone."""
    account, what, ts = F.col("account_id"), F.col(target), F.col("ts")
    return rows.select(_act(_source(source), account, what, what, ts).alias("act")).select("act.*")


def _acts_of_topics(source: str, rows: DataFrame) -> DataFrame:
    """An act for each row (account_id, object, topic, ts)."""
    names = (F.col(name) for name in ("account_id", "object", "topic", "ts"))
    return rows.select(_act(_source(source), *names).alias("act")).select("act.*")


def _source(name: str) -> Column:
    return F.lit(SOURCE_NUMBER[name])


def _event_acts(events: DataFrame) -> DataFrame:
    """What one scan of the events gives: the verb's act, the device, the address of the day."""
    account, ts = F.col("account_id"), F.col("ts")
    verb = F.lit(None).cast("tinyint")
    for name in WILLED:
        verb = F.when(F.col("verb") == name, _source(name)).otherwise(verb)
    target = F.when(F.col("verb") == "follow", F.col("target_account_id")).otherwise(F.col("video_id"))
    device, address = F.xxhash64("device_id"), F.xxhash64("ip_id")
    address_day = F.xxhash64("ip_id", "event_date")
    acts = F.array(
        _act(verb, account, target, target, ts),
        F.when(F.col("device_id").isNotNull(), _act(_source("device"), account, device, device, ts)),
        F.when(F.col("ip_id").isNotNull(), _act(_source("address"), account, address_day, address, ts)),
    )
    return (
        events.select(F.explode(acts).alias("act"))
        .where("act.source is not null and act.object is not null and act.account_id is not null")
        .select("act.*")
    )


def _rewatches(videos: DataFrame) -> DataFrame:
    """Videos that an account sat down to at least `WATCHED_AGAIN` times, with the time of the first view."""
    return _acts("rewatch", videos.where(F.col("sittings") >= WATCHED_AGAIN), "video_id")


def _regulars(regulars: DataFrame) -> DataFrame:
    """Creators whose regular an account is, with the time of its first view of one of their videos."""
    return _acts("regular", regulars, "creator")


def _text_acts(said: DataFrame) -> DataFrame:
    """The templates that each account wrote, week by week."""
    return _acts_of_topics("text", said.where("kind = 'text'"))


def _contact_acts(said: DataFrame) -> DataFrame:
    """The contacts that an account named more than once, as who is mentioned once may be anybody; and every place that
    it named, week by week, if it is pushed.
    """
    contacts = said.where("kind = 'contact'")
    named = persist(
        contacts.groupBy("account_id", "topic").agg(
            F.min("ts").alias("ts"),
            (F.count(F.lit(1)) > 1).alias("again"),
            F.bool_and("is_mention").alias("is_mention"),
        )
    )
    places = named.where(~F.col("is_mention"))
    pushed = places.groupBy("topic").agg(F.avg(F.col("again").cast("double")).alias("share"))
    pushed = pushed.where(F.col("share") >= PUSHED)
    sent_to = places.join(pushed, on="topic", how="left_semi").select("account_id", "topic")
    again = _acts(CONTACT, named.where("again"), "topic")
    return again.unionByName(_acts_of_topics("place", contacts.join(sent_to, on=["account_id", "topic"], how="inner")))


def _profile_acts(accounts: DataFrame) -> DataFrame:
    """Sign-ups: the device and the address of it, a link in the bio, a handle made to a pattern on the same day."""
    account, ts = F.col("account_id"), F.col("created_at")
    day = F.to_date(ts)
    device, address = F.xxhash64("signup_device_id"), F.xxhash64("signup_ip_id")
    link = F.col("link")
    pattern = F.regexp_replace(F.lower("handle"), DIGITS, "0")
    link_id, pattern_id = F.xxhash64(link), F.xxhash64(pattern, day)
    acts = F.array(
        F.when(F.col("signup_device_id").isNotNull(), _act(_source("device"), account, device, device, ts)),
        F.when(
            F.col("signup_ip_id").isNotNull(),
            _act(_source("address"), account, F.xxhash64("signup_ip_id", day), address, ts),
        ),
        F.when(link.isNotNull(), _act(_source("bio_link"), account, link_id, link_id, ts)),
        F.when(pattern != "", _act(_source("handle"), account, pattern_id, pattern_id, ts)),
    )
    linked = accounts.withColumn("link", bio_link(F.col("bio")))
    return linked.select(F.explode(acts).alias("act")).where("act is not null").select("act.*")


def _upload_acts(uploads: DataFrame, works: DataFrame) -> DataFrame:
    """Uploads: their works (frames and captions), week by week, and their sounds; without works of those who are only
    copied.
    """
    account = F.col("account_id")
    sound, work = F.col("sound_id"), F.col("work")
    sounds = uploads.where(sound.isNotNull()).select(
        _act(_source("sound"), account, sound, sound, F.col("created_at")).alias("act")
    )
    source = F.coalesce(*(F.when(F.col("kind") == kind, _source(kind)) for kind in ("frame", "loose_frame", "caption")))
    same = works.join(_copied(works), on=["kind", "account_id"], how="left_anti").select(
        _act(source, account, F.col("object"), work, F.col("ts")).alias("act")
    )
    return same.unionByName(sounds).select("act.*")


def _copied(works: DataFrame) -> DataFrame:
    """Who was first with each, or surely with most, of the `COPIED_WORKS` works or more that others have too: (kind,
    account_id).

    Those who copy the same works are first with some of them only: two by turns with half, give or take half of the
    square root of how many there are.
    """
    most = 2 * F.col("first") - F.col("works") >= SURELY * F.sqrt("works")
    return (
        shared_works(works)
        .groupBy("kind", "account_id")
        .agg(
            F.count_distinct("work").alias("works"),
            F.count_distinct(F.when(F.col("is_first"), F.col("work"))).alias("first"),
        )
        .where((F.col("works") >= COPIED_WORKS) & ((F.col("first") == F.col("works")) | most))
        .select("kind", "account_id")
    )


def _with_creators(acts: DataFrame, videos: DataFrame, violating: DataFrame) -> DataFrame:
    """The topic of an act on a video is its creator; of a video that nobody knows, the video itself. Without reports of
    what is `violating`, or what a violating account uploaded.
    """
    judged = {
        kind: violating.where(F.col("entity_type") == kind).select(F.col("entity_id").alias(name)).distinct()
        for kind, name in (("account", "creator"), ("video", "video"))
    }
    on_video = F.col("source").isin([SOURCE_NUMBER[source] for source in ON_VIDEOS])
    creators = (
        videos.select(F.col("video_id").alias("video"), F.col("account_id").alias("creator"))
        .join(judged["account"].withColumn("by_account", F.lit(True)), on="creator", how="left")
        .join(judged["video"].withColumn("by_itself", F.lit(True)), on="video", how="left")
        .select("video", "creator", F.coalesce("by_account", "by_itself", F.lit(False)).alias("is_violating"))
    )
    upheld = (F.col("source") == SOURCE_NUMBER["report"]) & F.coalesce("is_violating", F.lit(False))
    return (
        acts.withColumn("video", F.when(on_video, F.col("object")))
        .join(creators, on="video", how="left")
        .where(~upheld)
        .withColumn("topic", F.coalesce("creator", "topic"))
    )
