"""Rollups: what each account did, and what happened to each video, on each day.

A rollup row holds what can be added up over days (counts, sums, sums of squares) or merged (small exact sets,
sketches), so that windows of any length are made of rollup rows alone. Each row depends on the events of its day and
on facts that do not change later: the day is computed once, and again only when the day's events change.

Everything is a day's matter: a pause, a session, a like "without a view before" do not look across midnight.
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from engine.portable import fixed_point, ratio
from features.text import text_traits
from lake.definitions import content_version
from lake.schemas import ACCOUNT_ACTIVITY, RESPONSES, VERBS, VIDEO_ACTIVITY

SHORT_GAP_MS = 2_000
BURST_ACTS, BURST_MS = 10, 60_000
SESSION_PAUSE_MS = 30 * 60_000
QUICK_LIKE_MS = 2_000
YOUNG_DAYS = 7
COMPLETED = 0.95
TELLING_LENGTH = 20
"""Normalised characters from which on it tells something when two accounts write the same."""
VIEWERS_LOG_K = 11
MAX_TEXTS, MAX_DEVICES, MAX_PUSHED, MAX_FOLLOWED, MAX_REPORTED, MAX_ENGAGERS = 64, 32, 256, 1_024, 256, 64
DAY = ["account_id", "event_date"]
COPY = ["verb", "target_account_id", "written", "watch_ms", "device", "ip"]
"""What copies of one event on one video may differ in: by these it is always the same one that counts."""


def definitions_version() -> str:
    """Tell by which definitions rollup rows are computed."""
    return content_version("features.activity", "features.text")


def is_(verb: str) -> Column:
    return F.col("verb") == verb


def count_if(condition: Column) -> Column:
    return F.count_if(condition)


def total_of(value: Column) -> Column:
    """A sum that is 0 rather than null where there is nothing to add."""
    return F.coalesce(F.sum(value), F.lit(0)).cast("bigint")


def smallest_values(values: Column, limit: int) -> Column:
    """The set of the values of a group, in order, cut to its smallest."""
    return F.slice(F.array_sort(F.collect_set(values)), 1, limit)


def ms(time: str) -> Column:
    return F.unix_millis(time)


def acts(events: DataFrame, accounts: DataFrame, videos: DataFrame) -> DataFrame:
    """Each event once, with what is needed to add it up: creator, duration, ages, pauses, sessions, text traits.

    An event delivered again (same id, account and time) is left out; of copies that differ, the first by `COPY` counts.
    Of videos and accounts only those count that were there by the end of the event's day. One shuffle by account, two
    sorts within it; the caller should persist the result.
    """
    known = _with_known_facts(_with_text(events), accounts, videos).repartition("account_id")
    by_video = Window.partitionBy(*DAY, "creator_id", "video_id").orderBy("ts", "event_id", *COPY)
    by_creator = Window.partitionBy(*DAY, "creator_id")
    by_time = Window.partitionBy(*DAY).orderBy("ts", "event_id")
    before, so_far = (Window.unboundedPreceding, -1), (Window.unboundedPreceding, Window.currentRow)
    once = (
        known.withColumn("delivered_again", F.lag("event_id").over(by_video) == F.col("event_id"))
        .withColumn(
            "seen_at", F.last(F.when(is_("view"), F.col("ts")), ignorenulls=True).over(by_video.rowsBetween(*before))
        )
        .where("NOT coalesce(delivered_again, false)")
        .withColumn("on_video", F.row_number().over(by_video))
        .withColumn("on_creator", F.row_number().over(by_creator.orderBy("video_id", "ts", "event_id")))
        .withColumn("creator_total", F.count("*").over(by_creator))
    )
    session_start = F.when(F.coalesce(F.col("gap_ms") > SESSION_PAUSE_MS, F.lit(True)), F.col("ts"))
    timed = (
        once.withColumn("gap_ms", ms("ts") - F.unix_millis(F.lag("ts").over(by_time)))
        .withColumn("tenth_ms", ms("ts") - F.unix_millis(F.lag("ts", BURST_ACTS - 1).over(by_time)))
        .withColumn("session_at", F.last(session_start, ignorenulls=True).over(by_time.rowsBetween(*so_far)))
    )
    since_view = F.unix_micros("ts") - F.unix_micros("seen_at")
    age_days = (F.unix_micros("ts") - F.unix_micros("born")) / (86_400 * 1e6)
    watched = ratio(F.col("watch_ms"), F.col("duration_ms"))
    return timed.select(
        "event_id",
        "event_date",
        "ts",
        "account_id",
        "verb",
        "video_id",
        "creator_id",
        "target_account_id",
        "device",
        "ip",
        "gap_ms",
        "tenth_ms",
        (ms("ts") - F.unix_millis("session_at")).alias("session_ms"),
        (F.col("on_video") == 1).alias("first_on_video"),
        (F.col("on_creator") == 1).alias("first_on_creator"),
        "creator_total",
        "watch_ms",
        F.when(is_("view"), F.when(watched > 1, F.lit(1.0)).otherwise(watched)).alias("watched"),
        (is_("view") & F.col("seen_at").isNotNull()).alias("repeat_view"),
        (is_("like") & F.col("seen_at").isNull()).alias("unseen_like"),
        (is_("like") & F.coalesce(since_view <= QUICK_LIKE_MS * 1_000, F.lit(False))).alias("quick_like"),
        (age_days < YOUNG_DAYS).alias("young"),
        (F.col("country") == F.col("creator_country")).alias("home"),
        (ms("ts") - F.unix_millis("uploaded_at")).alias("since_upload_ms"),
        ((F.unix_micros("ts") - F.unix_micros("creator_born")) / (86_400 * 1e6)).alias("creator_age_days"),
        "text_hash",
        "traits",
    )


def _with_text(events: DataFrame) -> DataFrame:
    """Only comments go through Python."""
    slim: list[Column | str] = [
        *("event_id", "event_date", "ts", "account_id", "verb", "video_id", "target_account_id", "watch_ms"),
        F.xxhash64("text").alias("written"),
        F.when(F.col("device_id").isNotNull(), F.xxhash64("device_id")).alias("device"),
        F.when(F.col("ip_id").isNotNull(), F.xxhash64("ip_id")).alias("ip"),
    ]
    comments = (
        events.where(is_("comment"))
        .select(*slim, text_traits(F.col("text")).alias("traits"))
        .withColumn("text_hash", F.when(F.length("traits.normal") >= TELLING_LENGTH, F.xxhash64("traits.normal")))
        .withColumn("traits", F.col("traits").dropFields("normal"))
    )
    others = events.where(~is_("comment")).select(*slim)
    return comments.unionByName(others, allowMissingColumns=True)


def _with_known_facts(events: DataFrame, accounts: DataFrame, videos: DataFrame) -> DataFrame:
    """Creator, duration and upload of the video; birth and country of who acted and of whose video or account it is
    on.
    """
    people = accounts.select("account_id", F.col("created_at").alias("born"), "country")
    clips = videos.select(
        "video_id", F.col("account_id").alias("uploader_id"), F.col("created_at").alias("uploaded_at"), "duration_ms"
    )
    day_after = F.date_add("event_date", 1).cast("timestamp")
    creators = people.select(
        F.col("account_id").alias("creator_id"),
        F.col("born").alias("creator_born"),
        F.col("country").alias("creator_country"),
    )
    known_by_then = F.col("uploaded_at") < day_after
    joined = (
        events.join(clips, on="video_id", how="left")
        .withColumn("creator_id", F.coalesce(F.when(known_by_then, F.col("uploader_id")), F.col("target_account_id")))
        .withColumn("duration_ms", F.when(known_by_then & (F.col("duration_ms") > 0), F.col("duration_ms")))
        .withColumn("uploaded_at", F.when(known_by_then, F.col("uploaded_at")))
        .join(creators, on="creator_id", how="left")
        .join(people, on="account_id", how="left")
    )
    return (
        joined.withColumn("country", F.when(F.col("born") < day_after, F.col("country")))
        .withColumn("creator_country", F.when(F.col("creator_born") < day_after, F.col("creator_country")))
        .withColumn("born", F.when(F.col("born") < day_after, F.col("born")))
        .withColumn("creator_born", F.when(F.col("creator_born") < day_after, F.col("creator_born")))
    )


def account_activity(acts: DataFrame) -> DataFrame:
    """The rollup of accounts from `acts`."""
    hour = F.hour("ts")
    creator_known = F.col("creator_id").isNotNull()
    trait = {
        name: F.col(f"traits.{name}") for name in ("has_link", "has_handle", "has_phone", "disguised", "emoji_share")
    }
    pushes = ~F.col("verb").isin("view", "report")
    return (
        # In the order that acts are sorted in, so that rows are added up as they come.
        acts.groupBy(*DAY)
        .agg(
            F.count("*").alias("events"),
            *_verbs(*VERBS),
            F.array(*[count_if(hour == h) for h in range(24)]).alias("hours"),
            F.min("ts").alias("first_at"),
            F.max("ts").alias("last_at"),
            F.count("gap_ms").alias("gaps"),
            total_of(F.col("gap_ms")).alias("gap_ms"),
            total_of(F.col("gap_ms") * F.col("gap_ms")).alias("gap_ms_sq"),
            count_if(F.col("gap_ms") < SHORT_GAP_MS).alias("short_gaps"),
            count_if(F.col("tenth_ms") <= BURST_MS).alias("burst_acts"),
            F.max("session_ms").alias("session_ms"),
            count_if(F.col("first_on_video") & F.col("video_id").isNotNull()).alias("videos"),
            count_if(F.col("first_on_creator") & creator_known).alias("creators"),
            count_if(creator_known).alias("creator_acts"),
            total_of(F.when(creator_known, F.col("creator_total"))).alias("creator_acts_sq"),
            F.coalesce(F.max(F.when(creator_known, F.col("creator_total"))), F.lit(0)).alias("top_creator_acts"),
            total_of(F.col("watch_ms")).alias("watch_ms"),
            F.count("watched").alias("rated_views"),
            total_of(fixed_point(F.col("watched"))).alias("watched_ppm"),
            count_if(F.col("repeat_view")).alias("repeat_views"),
            count_if(F.col("unseen_like")).alias("unseen_likes"),
            count_if(F.col("quick_like")).alias("quick_likes"),
            total_of(F.col("traits.length")).alias("comment_chars"),
            count_if(trait["has_link"]).alias("link_comments"),
            count_if(trait["has_handle"]).alias("handle_comments"),
            count_if(trait["has_phone"]).alias("phone_comments"),
            count_if(trait["disguised"]).alias("disguised_comments"),
            total_of(fixed_point(trait["emoji_share"])).alias("emoji_ppm"),
            F.count("text_hash").alias("telling_comments"),
            count_if(is_("follow") & (F.col("creator_age_days") < YOUNG_DAYS)).alias("young_follows"),
            count_if(is_("follow") & F.col("creator_age_days").isNotNull()).alias("known_follows"),
            F.array_sort(F.collect_set(F.when(F.col("traits.script") != "", F.col("traits.script")))).alias("scripts"),
            smallest_values(F.col("text_hash"), MAX_TEXTS).alias("texts"),
            smallest_values(F.col("device"), MAX_DEVICES).alias("devices"),
            smallest_values(F.col("ip"), MAX_DEVICES).alias("ips"),
            smallest_values(F.when(pushes, F.col("creator_id")), MAX_PUSHED).alias("pushed"),
            smallest_values(F.when(is_("follow"), F.col("target_account_id")), MAX_FOLLOWED).alias("followed"),
            smallest_values(F.when(is_("report"), F.col("video_id")), MAX_REPORTED).alias("reported"),
        )
        .select(ACCOUNT_ACTIVITY.columns)
    )


def video_activity(acts: DataFrame) -> DataFrame:
    """The rollup of videos from `acts`."""
    on_video = acts.where(F.col("video_id").isNotNull())
    views_within = lambda hours: is_("view") & F.col("since_upload_ms").between(0, hours * 3_600_000 - 1)  # noqa: E731
    main = on_video.groupBy("event_date", "video_id").agg(
        F.max("creator_id").alias("account_id"),
        F.count("*").alias("events"),
        *_verbs(*(verb for verb in VERBS if verb != "follow")),
        total_of(F.col("watch_ms")).alias("watch_ms"),
        F.count("watched").alias("rated_views"),
        total_of(fixed_point(F.col("watched"))).alias("watched_ppm"),
        count_if(F.col("watched") >= COMPLETED).alias("completions"),
        count_if(F.col("repeat_view")).alias("repeat_views"),
        count_if(F.col("unseen_like")).alias("unseen_likes"),
        count_if(F.col("quick_like")).alias("quick_likes"),
        count_if(F.col("traits.has_link")).alias("link_comments"),
        F.count("young").alias("known_acts"),
        count_if(F.col("young")).alias("young_acts"),
        F.count("home").alias("placed_acts"),
        count_if(F.col("home")).alias("home_acts"),
        count_if(views_within(1)).alias("views_1h"),
        count_if(views_within(6)).alias("views_6h"),
        F.min("ts").alias("first_at"),
        F.max("ts").alias("last_at"),
        F.theta_sketch_agg(F.when(is_("view"), F.col("account_id")), VIEWERS_LOG_K).alias("viewers"),
    )
    key = ["event_date", "video_id"]
    return (
        main.join(_comment_sameness(on_video), on=key, how="left")
        .join(_engagers(on_video), on=key, how="left")
        .withColumn("telling_comments", F.coalesce("telling_comments", F.lit(0)))
        .withColumn("telling_comments_sq", F.coalesce("telling_comments_sq", F.lit(0)))
        .withColumn("engagers", F.coalesce("engagers", F.array().cast("array<bigint>")))
        .select(VIDEO_ACTIVITY.columns)
    )


def _verbs(*verbs: str) -> Sequence[Column]:
    return [count_if(is_(verb)).alias(f"{verb}s") for verb in verbs]


def _comment_sameness(on_video: DataFrame) -> DataFrame:
    times = (
        on_video.where("text_hash IS NOT NULL")
        .groupBy("event_date", "video_id", "text_hash")
        .agg(F.count("*").alias("n"))
    )
    squares = F.sum(F.col("n") * F.col("n"))  # bounded: comments on one video in a day
    return times.groupBy("event_date", "video_id").agg(
        F.sum("n").alias("telling_comments"), squares.alias("telling_comments_sq")
    )


def _engagers(on_video: DataFrame) -> DataFrame:
    """A bounded sample of who engaged, the same however the rows are spread: those with the smallest hashes."""
    engaged = on_video.where(F.col("verb").isin(*RESPONSES))
    ranked = Window.partitionBy("event_date", "video_id").orderBy(F.xxhash64("account_id"), "account_id")
    return (
        engaged.select("event_date", "video_id", "account_id")
        .distinct()
        .withColumn("place", F.row_number().over(ranked))
        .where(F.col("place") <= MAX_ENGAGERS)
        .groupBy("event_date", "video_id")
        .agg(F.array_sort(F.collect_list("account_id")).alias("engagers"))
    )
