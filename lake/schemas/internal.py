"""Internal tables: the suite's own working state. They may be read, but their columns are no promise to anyone."""

from pyspark.sql.types import StructField, StructType

from lake.schemas.table import (
    AS_OF,
    BIGINT,
    BIGINTS,
    BINARY,
    BOOLEAN,
    DATE,
    DOUBLE,
    STRING,
    STRINGS,
    TIMESTAMP,
    Table,
    column,
)

EVENT_DATE = column("event_date", DATE, "the day, UTC, that the row is about")


def _counts(**meanings: str) -> list[StructField]:
    return [column(name, BIGINT, meaning) for name, meaning in meanings.items()]


IMPORTED_IDS = Table(
    "imported_ids",
    "internal",
    "id of imported data",
    StructType(
        [
            column("kind", STRING, "object (a video of the lake), account, or content (an event)"),
            column("original", STRING, "the id in the imported file"),
            column("id", BIGINT, "the id in the lake"),
        ]
    ),
    key=("kind", "original"),
    partition=None,
)

ACCOUNT_ACTIVITY = Table(
    "account_activity",
    "internal",
    "account and day on which it acted",
    StructType(
        [
            EVENT_DATE,
            column("account_id", BIGINT, "who acted"),
            *_counts(
                events="acts",
                views="videos viewed, each time",
                likes="likes given",
                comments="comments written",
                shares="shares",
                follows="accounts followed",
                reports="reports made",
            ),
            column("hours", BIGINTS, "acts in each of the 24 hours of the day, UTC"),
            column("first_at", TIMESTAMP, "first act of the day"),
            column("last_at", TIMESTAMP, "last act of the day"),
            *_counts(
                gaps="pauses between an act and the next of the day",
                gap_ms="sum of the pauses in milliseconds",
                gap_ms_sq="sum of the squares of the pauses",
                short_gaps="pauses shorter than 2 s",
                burst_acts="acts that are the tenth or later within 60 s",
                session_ms="longest session, pauses up to 30 min, in milliseconds",
                videos="distinct videos acted on",
                creators="distinct creators acted on",
                creator_acts="acts whose creator is known",
                creator_acts_sq="sum over creators of the square of the acts on each",
                top_creator_acts="acts on the creator most acted on",
                watch_ms="time watched in milliseconds",
                rated_views="views of videos whose duration is known",
                watched_ppm="sum over those of the share watched, at most 1, in millionths",
                repeat_views="views of a video already viewed that day",
                unseen_likes="likes of a video not viewed before on that day",
                quick_likes="likes within 2 s of the start of a view",
                comment_chars="visible characters of the comments",
                link_comments="comments with a link",
                handle_comments="comments with a handle",
                phone_comments="comments with a phone number",
                disguised_comments="comments with disguised characters",
                emoji_ppm="sum over comments of the share of emoji, in millionths",
                telling_comments="comments long enough that equal ones tell something",
                young_follows="follows of accounts younger than 7 days",
                known_follows="follows of accounts whose age is known",
            ),
            column("scripts", STRINGS, "scripts of the comments"),
            column("texts", BIGINTS, "hashes of the distinct telling texts, normalised; the 64 smallest"),
            column("devices", BIGINTS, "hashes of the devices; the 32 smallest"),
            column("ips", BIGINTS, "hashes of the addresses; the 32 smallest"),
            column("pushed", BIGINTS, "creators that it liked, commented, shared or followed; the 256 smallest ids"),
            column("followed", BIGINTS, "accounts that it followed; the 1,024 smallest ids"),
            column("reported", BIGINTS, "videos that it reported; the 256 smallest ids"),
        ]
    ),
    key=("event_date", "account_id"),
    partition="event_date",
)

VIDEO_ACTIVITY = Table(
    "video_activity",
    "internal",
    "video and day on which someone acted on it",
    StructType(
        [
            EVENT_DATE,
            column("video_id", BIGINT, "the video"),
            column("account_id", BIGINT, "who uploaded it, null when unknown"),
            *_counts(
                events="acts",
                views="views",
                likes="likes",
                comments="comments",
                shares="shares",
                reports="reports",
                watch_ms="time watched in milliseconds",
                rated_views="views, when the duration is known",
                watched_ppm="sum over those of the share watched, at most 1, in millionths",
                completions="views of at least 95 % of it",
                repeat_views="views by an account that had viewed it that day",
                unseen_likes="likes by an account that had not viewed it before on that day",
                quick_likes="likes within 2 s of the start of a view",
                link_comments="comments with a link",
                telling_comments="comments long enough that equal ones tell something",
                telling_comments_sq="sum over their texts, normalised, of the square of the count of each",
                known_acts="acts by accounts whose age is known",
                young_acts="acts by accounts younger than 7 days",
                placed_acts="acts where the countries of the account and the creator are known",
                home_acts="acts from the creator's country",
                views_1h="views in the hour after the upload",
                views_6h="views in the 6 hours after the upload",
            ),
            column("first_at", TIMESTAMP, "first act of the day"),
            column("last_at", TIMESTAMP, "last act of the day"),
            column(
                "viewers",
                BINARY,
                "theta sketch of the viewers, 2,048 entries: exact up to them, then 2.2 % standard error",
            ),
            column("engagers", BIGINTS, "accounts that liked, commented or shared; the 64 with the smallest hashes"),
        ]
    ),
    key=("event_date", "video_id"),
    partition="event_date",
)

ROLLUP_LEDGER = Table(
    "rollup_ledger",
    "internal",
    "rollup and day that it holds",
    StructType(
        [
            column("rollup", STRING, "the rollup's table"),
            column("event_date", DATE, "the day"),
            column("fingerprint", STRING, "of the files of events that the day was computed from"),
            column("definitions", STRING, "version of the definitions it was computed with"),
        ]
    ),
    key=("rollup", "event_date"),
    partition=None,
)

LINK_EVIDENCE = Table(
    "link_evidence",
    "internal",
    "pair of accounts that met more often than expected, linked or not, and kind of co-action",
    StructType(
        [
            AS_OF,
            column("account_id", BIGINT, "the account of the pair with the smaller id"),
            column("other_account_id", BIGINT, "the account of the pair with the larger id"),
            column("kind", STRING, "the kind of co-action, see features/links/kinds.py"),
            column("shared_objects", BIGINT, "objects of this kind on which both acted together"),
            column("surprise", DOUBLE, "-log10 of the chance of that many, by this kind alone"),
            column("median_gap_s", DOUBLE, "median seconds between their acts on an object, null without a moment"),
            column("first_at", TIMESTAMP, "the first of their acts together"),
            column("last_at", TIMESTAMP, "the last of their acts together"),
            column("objects", STRINGS, "the rarest of the shared objects, at most 12, such as video ids"),
            column("creator", BIGINT, "the account that all these objects are of; null when of several, or of none"),
        ]
    ),
    key=("account_id", "other_account_id", "kind"),
)

VIDEO_WORKS = Table(
    "video_works",
    "internal",
    "upload of the weeks that links look at, and work that other accounts uploaded too",
    StructType(
        [
            AS_OF,
            column("video_id", BIGINT, "the video"),
            column("account_id", BIGINT, "who uploaded it"),
            column(
                "kind",
                STRING,
                "what is the same: frame (near-equal key frames), loose_frame (alike ones) or caption (the same words)",
            ),
            column("work", BIGINT, "what the videos with this frame or caption have in common; a number of the day"),
            column("uploaders", BIGINT, "accounts that uploaded the work"),
            column("is_first", BOOLEAN, "whether its account was the first of them"),
            column("ts", TIMESTAMP, "when it was uploaded"),
            column(
                "object",
                BIGINT,
                "the work, in later weeks than its account's first with it that in a week; object of link_evidence",
            ),
        ]
    ),
    key=("video_id", "kind"),
)

COMMENT_TEMPLATES = Table(
    "comment_templates",
    "internal",
    "comment of the weeks that links look at, and text or contact in it that links are about",
    StructType(
        [
            AS_OF,
            column("account_id", BIGINT, "who commented"),
            column("video_id", BIGINT, "the video"),
            column("ts", TIMESTAMP, "when"),
            column("kind", STRING, "what others wrote too: text (near-equal ones) or contact"),
            column(
                "template",
                BIGINT,
                "the text or contact, in later weeks than the account's first with it that in the week; an object of "
                "link_evidence",
            ),
        ]
    ),
    key=("account_id", "video_id", "ts", "kind", "template"),
)

AUDIT_FRAMES = Table(
    "audit_frames",
    "internal",
    "policy and stratum of scores that random audits were drawn from",
    StructType(
        [
            AS_OF,
            column("policy", STRING, "the policy"),
            column("stratum", BIGINT, "number of the band of scores, from 0 for the lowest"),
            column("accounts", BIGINT, "active accounts in it"),
            column("views", BIGINT, "their views in the last 7 days"),
            column("expected_views", DOUBLE, "the same, each account's multiplied by its score"),
            column("planned", DOUBLE, "audits that the draw aimed at"),
        ]
    ),
    key=("policy", "stratum"),
)

AUDIT_DRAWS = Table(
    "audit_draws",
    "internal",
    "account that was drawn at random for a policy",
    StructType(
        [
            AS_OF,
            column("policy", STRING, "the policy"),
            column("account_id", BIGINT, "the account"),
            column("stratum", BIGINT, "number of the band of scores"),
            column("inclusion_probability", DOUBLE, "the chance with which it was drawn that day"),
            column("views", BIGINT, "its views in the 7 days before the draw"),
            column("score", DOUBLE, "its score at the draw, which rests on nothing that the audit found"),
            column("case_id", STRING, "the open case that answers the draw, null if the answer was known"),
            column("known_verdict", STRING, "the verdict that stood at the draw, null if it has to be asked for"),
        ]
    ),
    key=("policy", "account_id"),
)

INTERNAL = (
    IMPORTED_IDS,
    ACCOUNT_ACTIVITY,
    VIDEO_ACTIVITY,
    ROLLUP_LEDGER,
    LINK_EVIDENCE,
    VIDEO_WORKS,
    COMMENT_TEMPLATES,
    AUDIT_FRAMES,
    AUDIT_DRAWS,
)
