"""The kinds of co-action, as data: what two accounts can have in common, and what it counts as.

A kind says which acts it looks at (`source`), whether two acts must fall within a moment to count, and which family its
objects belong to: of one family, an object counts once for a pair, in the kind in which it is rarest. So a like within
a minute is not counted again as a like within the month, nor as a view of the same video. A new kind is one entry here
and, when it looks at acts of a new sort, one frame in acts.py.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """`source`: the acts it looks at. `moment`: whether the two acts must be near in time. `family`: see above.

    Acts of a kind that is not `timed` are no moments: to have a device in common has no time. One that `rests_on`
    another says more of that one's objects, which are counted there.
    """

    name: str
    source: str
    family: str
    moment: bool = False
    timed: bool = True
    rests_on: str = ""

    @property
    def of_creators(self) -> bool:
        """Whether its objects are creators, or videos, which have one."""
        return self.family in ("video", "account")

    @property
    def ground(self) -> str:
        """Kinds of one ground share what chance expects of them.

        Where an act on a video lands is judged by all willed acts on videos: few people report or share, so that a
        brigade makes most of a small platform's reports, and reports alone would take the brigade for normal. So are
        contacts by all that comments say, as those who name any are mostly sellers, and what copies have in common by
        all uploads, as few but thieves have any.
        """
        if self.family == "video" and self.source != "rewatch":
            return "video_moment" if self.moment else "video"
        if self.family == "upload":
            return "upload_frame"
        return "comment_text" if self.family == "contact" else self.name


KINDS = (
    Kind("like", "like", "video"),
    Kind("like_moment", "like", "video", moment=True),
    Kind("share", "share", "video"),
    Kind("share_moment", "share", "video", moment=True),
    Kind("comment", "comment", "video"),
    Kind("comment_moment", "comment", "video", moment=True),
    Kind("report", "report", "video"),
    Kind("report_moment", "report", "video", moment=True),
    Kind("rewatch", "rewatch", "video"),
    Kind("regular", "regular", "account"),
    Kind("silent_regular", "silent", "account", timed=False, rests_on="regular"),
    Kind("follow", "follow", "account"),
    Kind("follow_moment", "follow", "account", moment=True),
    Kind("comment_text", "text", "text"),
    Kind("comment_contact", "place", "contact"),
    Kind("device", "device", "device", timed=False),
    Kind("address", "address", "address", timed=False),
    Kind("bio_link", "bio_link", "profile", timed=False),
    Kind("handle_pattern", "handle", "profile", timed=False),
    Kind("upload_frame", "frame", "upload"),
    Kind("upload_loose_frame", "loose_frame", "upload"),
    Kind("upload_caption", "caption", "caption"),
    Kind("upload_sound", "sound", "sound"),
)
"""To view is no act of will: one feed shows the same rare videos to people of one taste, who need not know each other,
so that views link honest neighbours far more often than bots. To view a video again is one, and so is to come back to
a creator, be it to one video: who does is a `regular`. Bots that are paid for views are the regulars of their
customers, to whom few others come back. Who is a regular and never moved is a `silent_regular`: not the pair is judged
there, but the creator, see audiences.py.
"""

NUMBER = {kind.name: number for number, kind in enumerate(KINDS)}
MOMENTS = tuple(NUMBER[kind.name] for kind in KINDS if kind.moment)
CONTACT = "contact"
"""Acts of no kind: who names a contact in a comment may mention a friend. See contacts.py for what they tell. Links,
phone numbers and accounts of other apps are places that readers are sent to, acts of `comment_contact`."""
SOURCES = (*dict.fromkeys(kind.source for kind in KINDS), CONTACT)
SOURCE_NUMBER = {source: number for number, source in enumerate(SOURCES)}
GROUNDS = tuple(dict.fromkeys(kind.ground for kind in KINDS))
FAMILIES = tuple(dict.fromkeys(kind.family for kind in KINDS))
FAMILY_NUMBER = {family: number for number, family in enumerate(FAMILIES)}
