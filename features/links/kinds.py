"""Define the kinds of co-action as data: what two accounts can have in common, and what it counts as.

A kind names the actions that it looks at (`source`), whether two actions must be near in time to count, and the family
of its objects. Within a family, an object counts once for a pair, in the kind in which it is rarest: a like within ten
minutes is not counted again as a like within the weeks, nor as a view of the same video.

To add a kind, add one entry here and, if it looks at a new sort of action, one frame in actions.py.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """Describe one kind of co-action.

    - `source`: the actions that it looks at.
    - `family`: what its objects are; an object counts once for a pair and family.
    - `near_in_time`: whether the two actions must be at most `moment_s` seconds apart.
    - `timed`: whether its actions have a time of their own; to have a device in common has none.
    - `derived_from`: the kind in which its objects are counted already, if there is one.
    """

    name: str
    source: str
    family: str
    near_in_time: bool = False
    timed: bool = True
    derived_from: str = ""

    @property
    def of_creators(self) -> bool:
        """Return whether its objects belong to creators: accounts, or videos, each of which has an uploader."""
        return self.family in ("video", "account")

    @property
    def pool(self) -> str:
        """Return the null-model pool: kinds of one pool share the totals that expected counts are computed from.

        A pool is wider than a kind where abusers make most of the kind's actions, and would pass for normal in it:

        - Actions on videos are pooled over all verbs but rewatches. Few people report or share, so that a brigade makes
          most of a small platform's reports.
        - Contact identifiers are pooled with all that comments say, as most accounts that post any are sellers.
        - Near-equal and similar frames are pooled with each other over all uploads, as hardly anyone but reuploaders
          shares any.
        """
        if self.family == "video" and self.source != "rewatch":
            return "video_moment" if self.near_in_time else "video"
        if self.family == "upload":
            return "upload_frame"
        return "comment_text" if self.family == "contact" else self.name


KINDS = (
    Kind("like", "like", "video"),
    Kind("like_moment", "like", "video", near_in_time=True),
    Kind("share", "share", "video"),
    Kind("share_moment", "share", "video", near_in_time=True),
    Kind("comment", "comment", "video"),
    Kind("comment_moment", "comment", "video", near_in_time=True),
    Kind("report", "report", "video"),
    Kind("report_moment", "report", "video", near_in_time=True),
    Kind("rewatch", "rewatch", "video"),
    Kind("regular", "regular", "account"),
    Kind("silent_regular", "non_engaging", "account", timed=False, derived_from="regular"),
    Kind("follow", "follow", "account"),
    Kind("follow_moment", "follow", "account", near_in_time=True),
    Kind("comment_text", "text", "text"),
    Kind("comment_contact", "promoted_contact", "contact"),
    Kind("device", "device", "device", timed=False),
    Kind("address", "address", "address", timed=False),
    Kind("bio_link", "bio_link", "profile", timed=False),
    Kind("handle_pattern", "handle", "profile", timed=False),
    Kind("upload_frame", "frame", "upload"),
    Kind("upload_loose_frame", "loose_frame", "upload"),
    Kind("upload_caption", "caption", "caption"),
    Kind("upload_sound", "sound", "sound"),
)
"""All kinds, in the order of their numbers. Views are none of them: one feed shows the same rare videos to people of
one taste who need not know each other, so that views link honest people far more often than bots. Chosen are a second
view of a video (`rewatch`) and coming back to a creator, be it for one video (`regular`: a repeat viewer). Bots that
are paid for views come back to their customers, to whom few others do. `silent_regular` is a repeat viewer who never
engaged; there the creator's whole audience is tested, not the pair (audiences.py).
"""

NUMBER = {kind.name: number for number, kind in enumerate(KINDS)}
NEAR_IN_TIME = tuple(NUMBER[kind.name] for kind in KINDS if kind.near_in_time)
CONTACT = "contact"
"""A source without a kind: to write a handle may be to mention a friend. contacts.py says what it is used for. Links,
phone numbers and accounts on other apps send readers somewhere; those are actions of `comment_contact`.
"""
SOURCES = (*dict.fromkeys(kind.source for kind in KINDS), CONTACT)
SOURCE_NUMBER = {source: number for number, source in enumerate(SOURCES)}
POOLS = tuple(dict.fromkeys(kind.pool for kind in KINDS))
FAMILIES = tuple(dict.fromkeys(kind.family for kind in KINDS))
FAMILY_NUMBER = {family: number for number, family in enumerate(FAMILIES)}
