"""The truth about a simulated world: tables beside the lake, at `{lake}_truth/`, which no job of the suite reads."""

from pyspark.sql.types import StructType

from lake.schemas import BIGINT, BOOLEAN, STRING, Table, column
from lake.store import Lake

SCHEMES = {
    "spam": "spam_ring",
    "farm": "artificial_engagement",
    "view_bots": "bot_network",
    "reupload": "coordinated_reupload",
    "brigade": "bot_network",
}
"""What abusive rings do, and the policy that each breaks."""

CROWDS = ("fan_club", "circle", "giveaway", "outrage", "meme", "household", "family", "place")
"""Honest groups: fans of one creator, friends who send each other videos, entrants of a giveaway, people who report the
same shocking video, makers of the same meme, one home address, one shared device, one school, office or cafe."""

STYLES = ("loud", "evading")

TRUTH_ACCOUNTS = Table(
    "truth_accounts",
    "internal",
    "account",
    StructType(
        [
            column("account_id", BIGINT, "the account"),
            column(
                "scheme",
                STRING,
                f"what it takes part in: {', '.join(SCHEMES)}, customer; or the honest {', '.join(CROWDS)}",
            ),
            column("policy", STRING, "the policy that it breaks, null when it breaks none"),
            column(
                "group_id",
                BIGINT,
                "its abusive ring, or else the most conspicuous of its honest groups; null if in none",
            ),
            column("style", STRING, "loud or evading, null when it breaks no policy"),
            column("violating", BOOLEAN, "whether it breaks a policy"),
        ]
    ),
    key=("account_id",),
    partition=None,
)

TRUTH_VIDEOS = Table(
    "truth_videos",
    "internal",
    "video that a ring bought for, boosted, copied or attacked",
    StructType(
        [
            column("video_id", BIGINT, "the video"),
            column("policy", STRING, "the policy that it breaks, null when it breaks none"),
            column("group_id", BIGINT, "the ring that acts on it or uploaded it"),
            column(
                "violating",
                BOOLEAN,
                "whether it breaks a policy; false for the source of a copy and the victim of a brigade",
            ),
        ]
    ),
    key=("video_id", "group_id"),
    partition=None,
)

TRUTH_GROUPS = Table(
    "truth_groups",
    "internal",
    "member of a group, abusive or honest",
    StructType(
        [
            column("group_id", BIGINT, "the group"),
            column("account_id", BIGINT, "the member; it may be in several honest groups"),
            column("scheme", STRING, "what the group does"),
            column("policy", STRING, "the policy that it breaks, null when it breaks none"),
            column("style", STRING, "loud or evading, null when it breaks no policy"),
            column("violating", BOOLEAN, "whether it breaks a policy"),
        ]
    ),
    key=("group_id", "account_id"),
    partition=None,
)

TRUTH_CROWDS = Table(
    "crowds",
    "internal",
    "member of an honest crowd that simulation.organic laid over the lake",
    StructType(
        [
            column("account_id", BIGINT, "the member; it may be in several crowds"),
            column("crowd_kind", STRING, "what the crowd does"),
            column("crowd_id", BIGINT, "the crowd"),
        ]
    ),
    key=("crowd_id", "account_id"),
    partition=None,
)

TRUTHS = (TRUTH_ACCOUNTS, TRUTH_VIDEOS, TRUTH_GROUPS)


def truth_beside(lake: Lake) -> Lake:
    """Where the truth about a lake is kept."""
    return Lake(lake.spark, f"{lake.uri}_truth")
