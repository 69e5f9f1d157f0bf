"""Source tables: the platform writes them, the suite only reads them."""

from pyspark.sql.types import StructType

from lake.schemas.table import BIGINT, BINARY, BOOLEAN, DATE, STRING, STRINGS, TIMESTAMP, Table, column
from lake.schemas.vocabulary import DECISION_SOURCES, ENTITY_TYPES, POLICIES, VERBS, VERDICTS

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
