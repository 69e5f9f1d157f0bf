"""The contract as code: every table that the suite reads or leaves behind, with the meaning of each column.

Source tables belong to the platform and are only read. Output tables are published a day at a time. Internal tables are
the suite's own working state: they may be read, but their columns are no promise to anyone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    BooleanType,
    DataType,
    DateType,
    DoubleType,
    LongType,
    MapType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from engine.portable import without_comments

BIGINT, DOUBLE, STRING = LongType(), DoubleType(), StringType()
BOOLEAN, BINARY = BooleanType(), BinaryType()
DATE, TIMESTAMP = DateType(), TimestampType()
STRINGS = ArrayType(STRING)

VERBS = ("view", "like", "comment", "share", "follow", "report")
RESPONSES = ("like", "comment", "share")
"""What a viewer does who is moved by a video."""
ENTITY_TYPES = ("account", "video", "ring")
ENTITY = ("policy", "entity_type", "entity_id")
"""Identifies what is judged, and for what."""
POLICIES = ("spam_ring", "bot_network", "artificial_engagement", "coordinated_reupload")
VIDEO_POLICIES = ("artificial_engagement", "coordinated_reupload")
VERDICTS = ("violating", "benign", "unsure")
DECISION_SOURCES = ("queue", "random_audit", "user_report", "appeal")
SELECTIONS = ("risk", "uncertain", "audit")
MEASURES = {
    "precision": "share of the answered cases that are violating",
    "recall": "share of the violating active accounts with a score at or above the threshold, from random audits",
    "agreement": "share of the cases that two reviewers decided on in which the second said what the first had said",
    "overturned": "share of the appeals that ended otherwise than the verdict before",
    "overdue": "share of the cases that had no answer when they were due",
}
MODEL_STATUSES = ("champion", "challenger", "refused", "retired")

ACTIVE_DAYS = 28
"""An account or video is active at `as_of` when it has an event in this many days before it."""
UNSUPERVISED = "unsupervised"
"""The model_version of scores that rest on ring evidence alone, before a first model is trained."""


def column(name: str, data_type: DataType, meaning: str) -> StructField:
    """A nullable column whose comment is its meaning (nullability is a rule of validation/, not of storage)."""
    return StructField(name, data_type, nullable=True, metadata={"comment": meaning})


@dataclass(frozen=True)
class Table:
    """A table of the lake: its name is its folder below the lake's URI.

    `key` identifies a row (beside the partition); `time` is the column that says when a source row came to be, and cuts
    it at `as_of`; `partition` is None for a table that is one heap of rows.
    """

    name: str
    owner: Literal["source", "output", "internal"]
    row: str
    schema: StructType
    key: tuple[str, ...]
    time: str | None = None
    partition: str | None = "as_of"

    @property
    def columns(self) -> list[str]:
        return self.schema.fieldNames()

    @property
    def types(self) -> StructType:
        """The columns of a frame that holds such rows: without comments, which are the stored table's."""
        return without_comments(self.schema)

    def extended(self, columns: Iterable[StructField]) -> "Table":
        """The same table with more columns at its end, such as one for each feature."""
        return replace(self, schema=StructType([*self.schema.fields, *columns]))


AS_OF = column("as_of", DATE, "day of knowledge: everything in the row rests on what had happened before it, 00:00 UTC")

REASON = ArrayType(
    StructType(
        [
            column("feature", STRING, "name of the feature"),
            column("value", DOUBLE, "its value for this entity"),
            column("contribution", DOUBLE, "what it adds to the score, in log-odds"),
        ]
    )
)

ACCOUNTS = Table(
    "accounts",
    "source",
    "account",
    StructType(
        [
            column("account_id", BIGINT, "the account"),
            column("created_at", TIMESTAMP, "sign-up"),
            column("country", STRING, "ISO 3166 alpha-2, null when unknown"),
            column("handle", STRING, "as shown on the profile, may be empty"),
            column("bio", STRING, "as shown on the profile, may be empty"),
            column("is_verified", BOOLEAN, "whether the platform has verified who is behind it"),
            column("signup_device_id", STRING, "pseudonym of the device of the sign-up, may be null"),
            column("signup_ip_id", STRING, "pseudonym of the address of the sign-up, may be null"),
        ]
    ),
    key=("account_id",),
    time="created_at",
    partition=None,
)

VIDEOS = Table(
    "videos",
    "source",
    "video",
    StructType(
        [
            column("video_id", BIGINT, "the video"),
            column("account_id", BIGINT, "who uploaded it"),
            column("created_at", TIMESTAMP, "upload"),
            column("caption", STRING, "the text beside the video"),
            column("hashtags", STRINGS, "the tags of the caption"),
            column("sound_id", BIGINT, "the sound it uses, may be null"),
            column("duration_ms", BIGINT, "length in milliseconds"),
            column("frame_hash", BINARY, "PDQ hash (256 bits, 32 bytes) of the key frame, may be null"),
        ]
    ),
    key=("video_id",),
    time="created_at",
    partition=None,
)

EVENTS = Table(
    "events",
    "source",
    "act of an account on a video or on another account",
    StructType(
        [
            column("event_id", BIGINT, "the event; the same one may be delivered more than once"),
            column("ts", TIMESTAMP, "when it happened"),
            column("account_id", BIGINT, "who acted"),
            column("verb", STRING, ", ".join(VERBS)),
            column("video_id", BIGINT, "on which video; null for follow"),
            column("target_account_id", BIGINT, "whom; for follow only"),
            column("text", STRING, "the comment; for comment only"),
            column("watch_ms", BIGINT, "how long it was watched, in milliseconds; for view only"),
            column("device_id", STRING, "pseudonym of the device, may be null"),
            column("ip_id", STRING, "pseudonym of the address, may be null"),
            column(
                "event_date", DATE, "date of ts; an event may arrive up to 3 days late, into the partition of its ts"
            ),
        ]
    ),
    key=("event_id",),
    time="ts",
    partition="event_date",
)

DECISIONS = Table(
    "decisions",
    "source",
    "verdict of a reviewer",
    StructType(
        [
            column("decision_id", BIGINT, "the decision"),
            column("entity_type", STRING, ", ".join(ENTITY_TYPES)),
            column("entity_id", BIGINT, "the account, video or ring that was judged"),
            column("policy", STRING, ", ".join(POLICIES)),
            column("verdict", STRING, ", ".join(VERDICTS)),
            column("decided_at", TIMESTAMP, "when the reviewer decided"),
            column("reviewer_id", STRING, "pseudonym of the reviewer"),
            column(
                "source", STRING, ", ".join(DECISION_SOURCES) + "; the latest decision on an entity and policy stands"
            ),
            column("case_id", STRING, "the case of the review queue that it answers, null if it came from elsewhere"),
        ]
    ),
    key=("decision_id",),
    time="decided_at",
    partition=None,
)

SOURCES = (ACCOUNTS, VIDEOS, EVENTS, DECISIONS)

ACCOUNT_FEATURES = Table(
    "account_features",
    "output",
    "active account",
    StructType([AS_OF, column("account_id", BIGINT, "the account")]),
    key=("account_id",),
)

VIDEO_FEATURES = Table(
    "video_features",
    "output",
    "active video",
    StructType([AS_OF, column("video_id", BIGINT, "the video"), column("account_id", BIGINT, "who uploaded it")]),
    key=("video_id",),
)

ACCOUNT_LINKS = Table(
    "account_links",
    "output",
    "pair of accounts that act together beyond chance",
    StructType(
        [
            AS_OF,
            column("account_id", BIGINT, "the account of the pair with the smaller id"),
            column("other_account_id", BIGINT, "the account of the pair with the larger id"),
            column("kinds", STRINGS, "the kinds of co-action that speak for the link"),
            column("shared_objects", BIGINT, "objects on which both acted together"),
            column("surprise", DOUBLE, "-log10 of the chance of it"),
        ]
    ),
    key=("account_id", "other_account_id"),
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

RINGS = Table(
    "rings",
    "output",
    "ring: a group of accounts held together by links",
    StructType(
        [
            AS_OF,
            column("ring_id", BIGINT, "the ring; it keeps its id from day to day as members come and go"),
            column("policy", STRING, "the policy that it would break"),
            column("size", BIGINT, "number of members"),
            column("score", DOUBLE, "chance that it is abusive, 0 to 1"),
            column("evidence", STRING, "why, in a sentence that an analyst can read"),
            column("reasons", REASON, "what the score is the sum of, largest first"),
        ]
    ),
    key=("ring_id",),
)

RING_MEMBERS = Table(
    "ring_members",
    "output",
    "member of a ring",
    StructType(
        [
            AS_OF,
            column("ring_id", BIGINT, "the ring"),
            column("account_id", BIGINT, "the member"),
            column("strength", DOUBLE, "how surely it belongs to the ring by links, uploads or words, 0 to 1"),
        ]
    ),
    key=("ring_id", "account_id"),
)


def _scores(entity: str, grain: str, policy: str, ring: str | None = None) -> Table:
    """The scores of an entity type; `ring` says which ring a row names, if it names one."""
    return Table(
        f"{entity}_scores",
        "output",
        grain,
        StructType(
            [
                AS_OF,
                column(f"{entity}_id", BIGINT, f"the {entity}"),
                column("policy", STRING, policy),
                column("score", DOUBLE, "calibrated chance that a reviewer would say violating"),
                *([column("ring_id", BIGINT, ring)] if ring else []),
                column(
                    "reasons", REASON, "largest first; filled for every row that a queue could take, empty for the rest"
                ),
                column("model_version", STRING, f"the model that gave the score, or {UNSUPERVISED}"),
            ]
        ),
        key=(f"{entity}_id", "policy"),
    )


ACCOUNT_SCORES = _scores(
    "account",
    "active account and policy",
    "the policy that it may have broken",
    ring="the ring it belongs to, null if in none",
)
VIDEO_SCORES = _scores(
    "video",
    "active video and policy",
    ", ".join(VIDEO_POLICIES),
    ring="the ring that acts on it, or uploads its work, or is its uploader's; null if none",
)
RING_SCORES = _scores("ring", "ring and policy", "the policy that it may break")

REVIEW_QUEUE = Table(
    "review_queue",
    "output",
    "open case",
    StructType(
        [
            AS_OF,
            column("case_id", STRING, "the case"),
            column("queue", STRING, "the queue of reviewers that it waits in"),
            column("policy", STRING, "the policy in question"),
            column("entity_type", STRING, ", ".join(ENTITY_TYPES)),
            column("entity_id", BIGINT, "the account, video or ring to judge"),
            column("ring_id", BIGINT, "the ring it belongs to, null if in none"),
            column("score", DOUBLE, "calibrated chance that a reviewer would say violating"),
            column("reach", BIGINT, "accounts exposed in the last 7 days"),
            column("priority", DOUBLE, "expected harm: chance x severity x reach"),
            column("selection", STRING, ", ".join(SELECTIONS)),
            column("inclusion_probability", DOUBLE, "the chance with which it was selected"),
            column("reasons", REASON, "what speaks for and against it, largest first"),
            column("evidence", STRING, "why it is here, in a sentence that a reviewer can read"),
            column("opened_at", TIMESTAMP, "when the case was opened"),
            column("due_at", TIMESTAMP, "when it should be decided"),
            column("ring_size", BIGINT, "members of the ring when the case was opened, null if the entity is in none"),
        ]
    ),
    key=("case_id",),
)

PREVALENCE = Table(
    "prevalence",
    "output",
    "policy",
    StructType(
        [
            AS_OF,
            column("policy", STRING, "the policy"),
            column("estimate", DOUBLE, "share of views in the last 7 days by violating accounts"),
            column("ci_low", DOUBLE, "lower end of the 95 % interval"),
            column("ci_high", DOUBLE, "upper end of the 95 % interval"),
            column("reviewed", BIGINT, "decisions that the estimate rests on"),
            column(
                "method",
                STRING,
                "posterior: audits, scores and what is known of wrong verdicts together; none: no audit to rest on",
            ),
            column("design_estimate", DOUBLE, "the estimate from the audits alone, corrected for errors likewise"),
            column("design_low", DOUBLE, "lower end of its 95 % interval"),
            column("design_high", DOUBLE, "upper end of its 95 % interval"),
            column("uncorrected_estimate", DOUBLE, "the share by the audits alone, if no verdict were wrong"),
            column("uncorrected_low", DOUBLE, "lower end of its 95 % interval"),
            column("uncorrected_high", DOUBLE, "upper end of its 95 % interval"),
            column("error_rate", DOUBLE, "share of audits' verdicts that are wrong, as expected in the end"),
            column("false_positives", DOUBLE, "chance that a benign account is taken for violating, likewise"),
            column("false_negatives", DOUBLE, "chance that a violating account is taken for benign, likewise"),
            column("twice_decided", BIGINT, "pairs of verdicts that this rests on, beside the audits"),
            column("unanswered", BIGINT, "accounts that were drawn and have no verdict"),
        ]
    ),
    key=("policy",),
)

QUALITY = Table(
    "quality",
    "output",
    "measure of the cases of a policy, selection and model",
    StructType(
        [
            AS_OF,
            column("policy", STRING, "the policy"),
            column("selection", STRING, ", ".join(SELECTIONS)),
            column("model_version", STRING, "the model that scored the cases, null when its scores are gone"),
            column("measure", STRING, "; ".join(f"{name}: {meaning}" for name, meaning in MEASURES.items())),
            column("cases", BIGINT, "cases, or audited accounts, that the estimate rests on"),
            column("estimate", DOUBLE, "the share, null when the cases say nothing of it"),
            column("ci_low", DOUBLE, "lower end of its 95 % interval"),
            column("ci_high", DOUBLE, "upper end of its 95 % interval"),
        ]
    ),
    key=("policy", "selection", "model_version", "measure"),
)

DRIFT = Table(
    "drift",
    "output",
    "feature, or score, of a model",
    StructType(
        [
            AS_OF,
            column("policy", STRING, "the policy that the model scores"),
            column("entity_type", STRING, "what it scores: account, video or ring"),
            column("model_version", STRING, "the model"),
            column("since", DATE, "the first day on which it scored, with which this day is compared"),
            column("feature", STRING, "the feature, or score"),
            column("stability_index", DOUBLE, "population stability index over ten bins of equal mass on that day"),
            column("noise", DOUBLE, "what the index stays below 99 times in 100 when nothing drifts"),
        ]
    ),
    key=("policy", "entity_type", "feature"),
)

MODELS = Table(
    "models",
    "output",
    "trained model",
    StructType(
        [
            column("model_version", STRING, "the model"),
            column("policy", STRING, "the policy that it scores"),
            column("entity_type", STRING, "what it scores: account, video or ring"),
            column("trained_as_of", DATE, "the day of knowledge it was trained with"),
            column("status", STRING, ", ".join(MODEL_STATUSES)),
            column("metrics", MapType(STRING, DOUBLE), "figures on held-out days and rings"),
            column("path", STRING, "its folder, relative to the lake"),
            column("code_version", STRING, "version of the code that trained it"),
            column("trained_at", TIMESTAMP, "when it was trained"),
            column("notes", STRING, "why the gate refused it, null when it did not"),
        ]
    ),
    key=("model_version",),
    partition=None,
)

JOB_RUNS = Table(
    "job_runs",
    "output",
    "run of a job",
    StructType(
        [
            column("run_id", STRING, "the run"),
            column("job", STRING, "the job"),
            column("as_of", DATE, "the day it ran for, null for a job without one"),
            column("started_at", TIMESTAMP, "when it started"),
            column("finished_at", TIMESTAMP, "when it ended, well or not"),
            column("status", STRING, "done or failed"),
            column("rows_read", BIGINT, "rows read from storage, each as often as it was read"),
            column("rows_written", BIGINT, "rows published"),
            column("rows_quarantined", BIGINT, "rows that broke the contract"),
            column("code_version", STRING, "version of the code"),
            column("config", STRING, "options and settings, as JSON"),
            column("message", STRING, "why it failed, null when it did not"),
            column("engine", STRING, "what ran the data frames: sail, spark, spark-connect"),
        ]
    ),
    key=("run_id", "job"),
    partition=None,
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


VALIDATION_RESULTS = Table(
    "validation_results",
    "output",
    "expectation of a source table",
    StructType(
        [
            AS_OF,
            column("table_name", STRING, "the source table"),
            column("expectation", STRING, "what is expected to be in range"),
            column("severity", STRING, "error: the run stops when it is not met; warning: it goes on"),
            column("success", BOOLEAN, "whether it is met"),
            column("observed", DOUBLE, "what was seen, null when there was nothing to see"),
            column("expected", STRING, "the range"),
        ]
    ),
    key=("table_name", "expectation"),
)


def quarantine(source: Table) -> Table:
    """Where the broken rows of a source table go: its columns as delivered, beside all the reasons."""
    return Table(
        f"quarantine_{source.name}",
        "output",
        f"broken row of {source.name}",
        StructType([AS_OF, column("reasons", STRINGS, "every rule that it breaks"), *source.schema.fields]),
        key=(),
    )


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

QUARANTINES = tuple(quarantine(source) for source in SOURCES)

OUTPUTS = (
    ACCOUNT_FEATURES,
    VIDEO_FEATURES,
    ACCOUNT_LINKS,
    RINGS,
    RING_MEMBERS,
    ACCOUNT_SCORES,
    VIDEO_SCORES,
    RING_SCORES,
    REVIEW_QUEUE,
    PREVALENCE,
    QUALITY,
    DRIFT,
    MODELS,
    JOB_RUNS,
    VALIDATION_RESULTS,
    *QUARANTINES,
)


def _counts(**meanings: str) -> list[StructField]:
    return [column(name, BIGINT, meaning) for name, meaning in meanings.items()]


EVENT_DATE = column("event_date", DATE, "the day, UTC, that the row is about")
BIGINTS = ArrayType(BIGINT)

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

DERIVED = tuple(table for table in (*OUTPUTS, *INTERNAL) if table is not JOB_RUNS)
"""What is known from source tables, and means nothing without them."""
