"""Define the kinds of co-action as data: what two accounts can have in common, and what it says of them.

A kind names the actions that it looks at (`source`), what their objects are (`object_type`), whether two actions must
be near in time to count, and the behaviour that it comes from (`family`), with the policy that this breaks, the phrase
for it, and who else does so.

To add a kind, add one entry here and, if it looks at a new sort of action, one frame in actions.py. Whatever else
depends on a kind is one of its fields: other modules do not name any.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """Describe a behaviour, from which one or more kinds come. `rings` has the share of links that each family has.

    - `verb`: of the events behind it, or the kind of what was made; None if it is neither.
    - `policy`: what such a ring breaks; `weight`: how specific the behaviour is to it.
    - `phrase`: how an analyst would say it; `honest`: who else does so.
    - `colour`: of its links, and of the verb of the same name, on the page of a ring.
    - `deed`: whether it is something that accounts did.
    - `sign`: that of the feature with its share of links.
    """

    name: str
    verb: str | None
    policy: str
    weight: float
    phrase: str
    honest: str
    colour: str
    deed: bool = True
    sign: int | None = None


@dataclass(frozen=True)
class Kind:
    """Describe one kind of co-action.

    - `source`: the actions that it looks at.
    - `object_type`: what its objects are. An object counts once for a pair and type, in the kind in which it is rarest:
      a like within ten minutes is not counted again as a like within the weeks, nor as a view of the same video.
    - `family`: the behaviour that it comes from.
    - `pool`: the null-model pool. Kinds of one pool share the totals that expected counts are computed from. It is
      wider than a kind where abusers make most of the kind's actions, and would pass for normal in it. Actions on
      videos are pooled over all verbs but rewatches: few people report or share, so that a brigade makes most of a
      small platform's reports. Contact identifiers are pooled with all that comments say, as most accounts that post
      any are sellers. Near-equal and similar frames are pooled over all uploads, as hardly anyone but reuploaders
      shares any.
    - `near_in_time`: whether the two actions must be at most `moment_s` seconds apart.
    - `timed`: whether its actions have a time of their own; to have a device in common has none.
    - `derived_from`: the kind in which its objects are counted already, if there is one.
    - `stands_for_videos`: whether its objects are creators, each of which stands for all of the creator's videos.
    - `for_sale`: whether many sellers may buy its objects from one writer; such pairs do not count (contacts.py).
    """

    name: str
    source: str
    object_type: str
    family: Family
    pool: str
    near_in_time: bool = False
    timed: bool = True
    derived_from: str = ""
    stands_for_videos: bool = False
    for_sale: bool = False

    @property
    def of_creators(self) -> bool:
        """Return whether its objects belong to creators: accounts, or videos, each of which has an uploader."""
        return self.object_type in ("video", "account")


WRITTEN = ("text", "contact")
MADE = (*WRITTEN, "upload")
"""What members write in comments or upload is an object, as a video that they like is; these are its verbs."""

FAMILIES = (
    Family(
        "text",
        "text",
        "spam_ring",
        3.0,
        "wrote near-equal comments",
        "who takes part in a giveaway",
        "#c2410c",
        sign=1,
    ),
    Family(
        "contact",
        "contact",
        "spam_ring",
        3.0,
        "named the same links or phone numbers",
        "who passes on what they like",
        "#ea580c",
        sign=1,
    ),
    Family("report", "report", "bot_network", 3.0, "reported", "whom the same outrages", "#b91c1c", sign=1),
    Family("sound", None, "coordinated_reupload", 1.0, "used the same rare sounds", "who follows a trend", "#a855f7"),
    Family(
        "upload",
        "upload",
        "coordinated_reupload",
        3.0,
        "uploaded near-equal videos",
        "who passes a meme on",
        "#7e22ce",
        sign=1,
    ),
    Family("comment", "comment", "spam_ring", 1.0, "commented on", "fans", "#f59e0b"),
    Family("like", "like", "artificial_engagement", 1.0, "liked", "fans, friends", "#db2777"),
    Family("follow", "follow", "artificial_engagement", 1.0, "followed", "fans", "#0d9488"),
    Family("share", "share", "artificial_engagement", 1.0, "shared", "friends", "#2563eb"),
    Family("view", "view", "bot_network", 0.5, "kept watching", "people of one taste", "#64748b"),
    Family("device", None, "bot_network", 0.5, "used the same devices", "families", "#111827", deed=False),
    Family("address", None, "bot_network", 0.25, "used the same addresses", "homes, carriers", "#65a30d", deed=False),
    Family(
        "profile",
        None,
        "bot_network",
        0.5,
        "signed up with profiles alike",
        "a school, a company",
        "#92400e",
        deed=False,
    ),
)
FAMILY = {family.name: family for family in FAMILIES}
OTHER = Family("other", None, "bot_network", 0.25, "acted together", "anyone", "#94a3b8")
"""The family of kinds of former versions, which are not defined any more."""

NON_ENGAGING = Kind(
    "silent_regular",
    "non_engaging",
    "account",
    FAMILY["view"],
    "silent_regular",
    timed=False,
    derived_from="regular",
    stands_for_videos=True,
)
"""A repeat viewer who never engaged: the creator's whole audience is tested, not the pair (audiences.py)."""

KINDS = (
    Kind("like", "like", "video", FAMILY["like"], "video"),
    Kind("like_moment", "like", "video", FAMILY["like"], "video_moment", near_in_time=True),
    Kind("share", "share", "video", FAMILY["share"], "video"),
    Kind("share_moment", "share", "video", FAMILY["share"], "video_moment", near_in_time=True),
    Kind("comment", "comment", "video", FAMILY["comment"], "video"),
    Kind("comment_moment", "comment", "video", FAMILY["comment"], "video_moment", near_in_time=True),
    Kind("report", "report", "video", FAMILY["report"], "video"),
    Kind("report_moment", "report", "video", FAMILY["report"], "video_moment", near_in_time=True),
    Kind("rewatch", "rewatch", "video", FAMILY["view"], "rewatch"),
    Kind("regular", "repeat_view", "account", FAMILY["view"], "regular", stands_for_videos=True),
    NON_ENGAGING,
    Kind("follow", "follow", "account", FAMILY["follow"], "follow"),
    Kind("follow_moment", "follow", "account", FAMILY["follow"], "follow_moment", near_in_time=True),
    Kind("comment_text", "text", "text", FAMILY["text"], "comment", for_sale=True),
    Kind("comment_contact", "promoted_contact", "contact", FAMILY["contact"], "comment"),
    Kind("device", "device", "device", FAMILY["device"], "device", timed=False),
    Kind("address", "address", "address", FAMILY["address"], "address", timed=False),
    Kind("bio_link", "bio_link", "profile", FAMILY["profile"], "bio_link", timed=False),
    Kind("handle_pattern", "handle", "profile", FAMILY["profile"], "handle_pattern", timed=False),
    Kind("upload_frame", "frame", "upload", FAMILY["upload"], "upload"),
    Kind("upload_loose_frame", "loose_frame", "upload", FAMILY["upload"], "upload"),
    Kind("upload_caption", "caption", "caption", FAMILY["upload"], "upload_caption"),
    Kind("upload_sound", "sound", "sound", FAMILY["sound"], "upload_sound"),
)
"""All kinds, in the order of their numbers. Views are none of them: one feed shows the same rare videos to people of
one taste who need not know each other, so that views link honest people far more often than bots. Chosen are a second
view of a video (`rewatch`) and coming back to a creator, be it for one video (`regular`: a repeat viewer). Bots that
are paid for views come back to their customers, to whom few others do.
"""

NUMBER = {kind.name: number for number, kind in enumerate(KINDS)}
NEAR_IN_TIME = tuple(NUMBER[kind.name] for kind in KINDS if kind.near_in_time)
CONTACT = "contact"
"""A source without a kind: to write a handle may be to mention a friend. contacts.py says what it is used for. Links,
phone numbers and accounts on other apps send readers somewhere; those are actions of `promoted_contact`.
"""
SOURCES = (*dict.fromkeys(kind.source for kind in KINDS), CONTACT)
SOURCE_NUMBER = {source: number for number, source in enumerate(SOURCES)}
POOLS = tuple(dict.fromkeys(kind.pool for kind in KINDS))
OBJECT_TYPES = tuple(dict.fromkeys(kind.object_type for kind in KINDS))
OBJECT_TYPE_NUMBER = {object_type: number for number, object_type in enumerate(OBJECT_TYPES)}
