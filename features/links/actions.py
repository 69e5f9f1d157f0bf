"""Bring every action that two accounts can have in common into one form of four numbers and a time.

A row is (source, account_id, object, topic, ts), with the time of the first such action. A topic gathers the objects
that stand for one interest: the videos of one creator, the days of one address.
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

CO_ACTION_VERBS = tuple(verb for verb in VERBS if verb in SOURCE_NUMBER)
"""The verbs that some kind of co-action looks at."""
VIDEO_SOURCES = tuple(dict.fromkeys(kind.source for kind in KINDS if kind.object_type == "video"))
REWATCH_SESSIONS = 3
"""Watch sessions from which a video counts as chosen: a feed may well show it twice."""
MIN_SHARED_WORKS = 3
"""Works that others uploaded too, from which an account can be an original uploader."""
ORIGINAL_Z = 2.5
"""Standard deviations above half of its works from which an account is an original uploader."""
PROMOTED_SHARE = 0.5
"""A contact identifier is promoted if this share, or more, of the accounts that post it post it more than once: people
pass a link on once.
"""
ACTION_COLUMNS = ("source", "account_id", "object", "topic", "ts")
DIGITS = "[0-9]+"


def comparable_actions(
    events: DataFrame,
    accounts: DataFrame,
    videos: DataFrame,
    works: DataFrame,
    templates: DataFrame,
    watched: Watching,
    violating: DataFrame,
    since: date,
) -> DataFrame:
    """Return all actions since a day that two accounts can have in common, one row per source, account and object.

    Columns out: source, account_id, object, topic, ts (the first). In:

    - `events`: those since the day; rows that were delivered twice do no harm.
    - `accounts`: profiles; sign-ups count only for accounts that are active in `events`.
    - `videos`: all of them, as creators are looked up there.
    - `works`: rows of `works` of the uploads since the day.
    - `templates`: rows of `templates` of the comments.
    - `watched`: `watching` of the events.
    - `violating`: entity_type and entity_id of what reviewers found violating. Reports of these, and of videos that
      such an account uploaded, are left out: to report them helps the platform.
    """
    active = events.select("account_id").distinct()
    uploads = videos.where(F.col("created_at") >= F.lit(midnight(since)))
    first = (
        _event_actions(events)
        .unionByName(_rewatch_actions(watched.videos))
        .unionByName(_repeat_view_actions(watched.repeat_viewers))
        .unionByName(_text_actions(templates))
        .unionByName(_contact_actions(templates))
        .unionByName(_profile_actions(accounts.join(active, on="account_id", how="left_semi")))
        .unionByName(_upload_actions(uploads, works))
        .groupBy("source", "account_id", "object")
        .agg(F.min("topic").alias("topic"), F.min("ts").alias("ts"))
    )
    return _with_creators(first, videos, violating).select(*ACTION_COLUMNS)


def _action(source: Column, account: Column, object_id: Column, topic: Column, ts: Column) -> Column:
    """Build one action as a struct of `ACTION_COLUMNS`."""
    return F.struct(
        source.cast("tinyint").alias("source"),
        account.alias("account_id"),
        object_id.alias("object"),
        topic.alias("topic"),
        ts.alias("ts"),
    )


def _actions_by_object(source: str, rows: DataFrame, object_column: str) -> DataFrame:
    """Return an action for each row (account_id, `object_column`, ts); each object is its own topic."""
    account, object_id, ts = F.col("account_id"), F.col(object_column), F.col("ts")
    return rows.select(_action(_source(source), account, object_id, object_id, ts).alias("action")).select("action.*")


def _actions_by_topic(source: str, rows: DataFrame) -> DataFrame:
    """Return an action for each row (account_id, object, topic, ts)."""
    names = (F.col(name) for name in ("account_id", "object", "topic", "ts"))
    return rows.select(_action(_source(source), *names).alias("action")).select("action.*")


def _source(name: str) -> Column:
    """Return the number of a source as a literal."""
    return F.lit(SOURCE_NUMBER[name])


def _event_actions(events: DataFrame) -> DataFrame:
    """Return the actions that one scan of the events gives: by verb, by device, by address and day."""
    account, ts = F.col("account_id"), F.col("ts")
    verb = F.lit(None).cast("tinyint")
    for name in CO_ACTION_VERBS:
        verb = F.when(F.col("verb") == name, _source(name)).otherwise(verb)
    object_id = F.when(F.col("verb") == "follow", F.col("target_account_id")).otherwise(F.col("video_id"))
    device, address = F.xxhash64("device_id"), F.xxhash64("ip_id")
    address_day = F.xxhash64("ip_id", "event_date")
    actions = F.array(
        _action(verb, account, object_id, object_id, ts),
        F.when(F.col("device_id").isNotNull(), _action(_source("device"), account, device, device, ts)),
        F.when(F.col("ip_id").isNotNull(), _action(_source("address"), account, address_day, address, ts)),
    )
    return (
        events.select(F.explode(actions).alias("action"))
        .where("action.source is not null and action.object is not null and action.account_id is not null")
        .select("action.*")
    )


def _rewatch_actions(videos: DataFrame) -> DataFrame:
    """Return the videos that an account watched in `REWATCH_SESSIONS` sessions or more, at its first view."""
    return _actions_by_object("rewatch", videos.where(F.col("sessions") >= REWATCH_SESSIONS), "video_id")


def _repeat_view_actions(repeat_viewers: DataFrame) -> DataFrame:
    """Return the creators that an account came back to, at its first view of one of their videos."""
    return _actions_by_object("repeat_view", repeat_viewers, "creator")


def _text_actions(templates: DataFrame) -> DataFrame:
    """Return the text templates that each account wrote, week by week."""
    return _actions_by_topic("text", templates.where("kind = 'text'"))


def _contact_actions(templates: DataFrame) -> DataFrame:
    """Return the contact identifiers that each account posted.

    As source `contact`: those that it posted more than once, as a handle that is mentioned once may be anybody's. As
    source `promoted_contact`: links, phone numbers and accounts on other apps, week by week, if they are promoted.
    """
    contacts = templates.where("kind = 'contact'")
    contacts_of_account = persist(
        contacts.groupBy("account_id", "topic").agg(
            F.min("ts").alias("ts"),
            (F.count(F.lit(1)) > 1).alias("repeated"),
            F.bool_and("is_mention").alias("is_mention"),
        )
    )
    off_platform = contacts_of_account.where(~F.col("is_mention"))
    promoted = off_platform.groupBy("topic").agg(F.avg(F.col("repeated").cast("double")).alias("share"))
    promoted = promoted.where(F.col("share") >= PROMOTED_SHARE)
    promoted_by = off_platform.join(promoted, on="topic", how="left_semi").select("account_id", "topic")
    repeated = _actions_by_object(CONTACT, contacts_of_account.where("repeated"), "topic")
    return repeated.unionByName(
        _actions_by_topic("promoted_contact", contacts.join(promoted_by, on=["account_id", "topic"], how="inner"))
    )


def _profile_actions(accounts: DataFrame) -> DataFrame:
    """Return sign-ups: their device and address, a link in the bio, a handle pattern by day."""
    account, ts = F.col("account_id"), F.col("created_at")
    day = F.to_date(ts)
    device, address = F.xxhash64("signup_device_id"), F.xxhash64("signup_ip_id")
    link = F.col("link")
    pattern = F.regexp_replace(F.lower("handle"), DIGITS, "0")
    link_id, pattern_id = F.xxhash64(link), F.xxhash64(pattern, day)
    actions = F.array(
        F.when(F.col("signup_device_id").isNotNull(), _action(_source("device"), account, device, device, ts)),
        F.when(
            F.col("signup_ip_id").isNotNull(),
            _action(_source("address"), account, F.xxhash64("signup_ip_id", day), address, ts),
        ),
        F.when(link.isNotNull(), _action(_source("bio_link"), account, link_id, link_id, ts)),
        F.when(pattern != "", _action(_source("handle"), account, pattern_id, pattern_id, ts)),
    )
    linked = accounts.withColumn("link", bio_link(F.col("bio")))
    return linked.select(F.explode(actions).alias("action")).where("action is not null").select("action.*")


def _upload_actions(uploads: DataFrame, works: DataFrame) -> DataFrame:
    """Return uploads: their works by frame and caption, week by week, and their sounds.

    Works of original uploaders are left out: others copied them, and they coordinate with nobody.
    """
    account = F.col("account_id")
    sound, work = F.col("sound_id"), F.col("work")
    sounds = uploads.where(sound.isNotNull()).select(
        _action(_source("sound"), account, sound, sound, F.col("created_at")).alias("action")
    )
    source = F.coalesce(*(F.when(F.col("kind") == kind, _source(kind)) for kind in ("frame", "loose_frame", "caption")))
    same = works.join(_original_uploaders(works), on=["kind", "account_id"], how="left_anti").select(
        _action(source, account, F.col("object"), work, F.col("ts")).alias("action")
    )
    return same.unionByName(sounds).select("action.*")


def _original_uploaders(works: DataFrame) -> DataFrame:
    """Return the accounts that others copy from: kind, account_id.

    Of `MIN_SHARED_WORKS` shared works or more, such an account was the first uploader of all, or of significantly more
    than half. Accounts that copy the same third parties are first with about half of their works, with a standard
    deviation of half of the square root of their number.
    """
    most = 2 * F.col("first") - F.col("works") >= ORIGINAL_Z * F.sqrt("works")
    return (
        shared_works(works)
        .groupBy("kind", "account_id")
        .agg(
            F.count_distinct("work").alias("works"),
            F.count_distinct(F.when(F.col("is_first"), F.col("work"))).alias("first"),
        )
        .where((F.col("works") >= MIN_SHARED_WORKS) & ((F.col("first") == F.col("works")) | most))
        .select("kind", "account_id")
    )


def _with_creators(actions: DataFrame, videos: DataFrame, violating: DataFrame) -> DataFrame:
    """Set the topic of each action on a video to the video's creator, and drop reports of what is violating.

    Where a video is unknown, it is its own topic. Also dropped are reports of videos of a violating account.
    """
    violating_ids = {
        kind: violating.where(F.col("entity_type") == kind).select(F.col("entity_id").alias(name)).distinct()
        for kind, name in (("account", "creator"), ("video", "video"))
    }
    on_video = F.col("source").isin([SOURCE_NUMBER[source] for source in VIDEO_SOURCES])
    creators = (
        videos.select(F.col("video_id").alias("video"), F.col("account_id").alias("creator"))
        .join(violating_ids["account"].withColumn("by_account", F.lit(True)), on="creator", how="left")
        .join(violating_ids["video"].withColumn("by_itself", F.lit(True)), on="video", how="left")
        .select("video", "creator", F.coalesce("by_account", "by_itself", F.lit(False)).alias("is_violating"))
    )
    of_violating = (F.col("source") == SOURCE_NUMBER["report"]) & F.coalesce("is_violating", F.lit(False))
    return (
        actions.withColumn("video", F.when(on_video, F.col("object")))
        .join(creators, on="video", how="left")
        .where(~of_violating)
        .withColumn("topic", F.coalesce("creator", "topic"))
    )
