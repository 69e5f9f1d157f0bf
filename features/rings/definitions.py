"""Define ring features: the table of contents of what is measured of a ring.

A feature is a column of `rings`; its sign says which way it may move the prior (prior.py). The families, of which each
has a feature, are defined with the kinds of links (features/links/kinds.py). The order is that of the columns and of
the prior's inputs; comments name the modules of measures/ that compute what follows.
"""

from dataclasses import dataclass

from pyspark.sql.types import DataType

from features.links.kinds import FAMILIES
from lake.schemas import BIGINT, DOUBLE, RINGS, column

SCATTERED_DAYS = 3
"""Accounts that one operator made are often signed up within so many days."""
FOLLOWED_BEFORE_DAYS = 1
"""A fan follows first and acts later; a follow within so many days of the first action may be part of it."""


@dataclass(frozen=True)
class RingFeature:
    """Describe a column of `rings`; null means that there was nothing to measure.

    `sign` says which way a larger value moves the score: 1 toward abuse, -1 away from it, 0 either way. The prior does
    not use features without one.
    """

    name: str
    data_type: DataType
    unit: str
    meaning: str
    abusers: str
    honest: str
    sign: int | None = None


RING_FEATURES = (
    # How it hangs together: cohesion.py
    RingFeature("links", BIGINT, "links", "linked pairs of members", "nearly all pairs", "families and cafés as well"),
    RingFeature(
        "density", DOUBLE, "share", "linked pairs among all pairs of members", "near 1", "families; loose for crowds"
    ),
    RingFeature("mean_surprise", DOUBLE, "-log10 p", "mean surprise of the links", "far beyond chance", "close fans"),
    RingFeature(
        "min_surprise", DOUBLE, "-log10 p", "surprise of the weakest link", "high for a ring of one hand", "families"
    ),
    RingFeature(
        "objects_per_link", DOUBLE, "objects", "mean number of shared objects of a link", "a whole order list", "fans"
    ),
    *(
        RingFeature(
            f"{family.name}_share",
            DOUBLE,
            "share",
            f"links with evidence that both {family.phrase}",
            f"what {family.policy} leaves behind",
            family.honest,
            family.sign,
        )
        for family in FAMILIES
    ),
    RingFeature(
        "deed_surprise",
        DOUBLE,
        "-log10 p",
        "what any two members did alike, by what says most, mean over all pairs",
        "far beyond chance",
        "close fans",
    ),
    RingFeature(
        "machine_surprise",
        DOUBLE,
        "-log10 p",
        "machines, addresses and profiles of any two members, by what says most, mean over all pairs",
        "farms",
        "families",
    ),
    RingFeature(
        "deeds_per_pair",
        DOUBLE,
        "objects",
        "objects of what any two members did alike, mean over all pairs",
        "many",
        "few",
        sign=1,
    ),
    # beside the audience of its targets: audiences.py
    RingFeature(
        "participation",
        DOUBLE,
        "share",
        "other targets that a member who acted on one acted on, too",
        "most",
        "some",
        sign=1,
    ),
    RingFeature(
        "outsiders_participation",
        DOUBLE,
        "share",
        "the same of the others who acted on a target",
        "as little as chance",
        "people of like taste, outside as well",
    ),
    RingFeature(
        "apartness",
        DOUBLE,
        "log2",
        "participation of members over that of others: 1 for twice as much",
        "a border: nobody else has the list",
        "none: around each taste are those who share a part of it",
        sign=1,
    ),
    RingFeature(
        "haste",
        DOUBLE,
        "log2",
        "how much less the times of members on a target are spread than those of its public: 1 for half",
        "an order is worked off while the public trickles in",
        "0: the same feed, evening or news brings all",
        sign=1,
    ),
    RingFeature(
        "lateness",
        DOUBLE,
        "log2",
        "how much older a video was when members came than when its public did: 1 for twice as old",
        "when it was paid for",
        "0: when it was shown",
        sign=1,
    ),
    RingFeature(
        "attention",
        DOUBLE,
        "log2",
        "how much longer members watch the videos than their public does: -1 for half as long",
        "a glance, or as long as counts",
        "0, fans more",
        sign=-1,
    ),
    RingFeature(
        "conversion",
        DOUBLE,
        "log2",
        "likes, comments and shares of members over what as many of the public leave: 1 for twice as many",
        "all that was ordered, or views alone",
        "fans and friends more than others, too",
        sign=0,
    ),
    # on how many days: targets.py
    RingFeature(
        "target_days",
        DOUBLE,
        "days",
        "effective number of days of acts on targets",
        "weeks of orders",
        "one evening",
        sign=1,
    ),
    # again its links: cohesion.py
    RingFeature(
        "works",
        BIGINT,
        "works",
        "works that two members or more uploaded, near-equal, in each week",
        "as many as were stolen",
        "a meme is one",
        sign=1,
    ),
    RingFeature(
        "synchrony_s",
        DOUBLE,
        "seconds",
        "median gap between co-acts of a pair",
        "minutes, days when evading",
        "fans",
        sign=-1,
    ),
    RingFeature(
        "together_days", DOUBLE, "days", "from the first co-act to the last", "weeks of orders", "fans, friends", sign=1
    ),
    # Who they are: profiles.py
    RingFeature(
        "age_days",
        DOUBLE,
        "days",
        "median age of the members' accounts",
        "fresh when loud",
        "a new school's class",
    ),
    RingFeature(
        "created_span_days", DOUBLE, "days", "from the first sign-up to the last", "short when loud", "newcomers"
    ),
    RingFeature(
        "created_together_share",
        DOUBLE,
        "share",
        f"other members, of all and five more, that signed up within {SCATTERED_DAYS} days of one, at best, beyond the "
        "largest such share of everybody",
        "registered in one go",
        "a campaign's newcomers; of few members two by chance",
        sign=1,
    ),
    RingFeature(
        "country_share", DOUBLE, "share", "members of the most frequent country", "a market or a mix", "neighbours"
    ),
    # devices.py
    RingFeature("devices", BIGINT, "devices", "distinct devices of the members", "few when loud", "families"),
    RingFeature("accounts_per_device", DOUBLE, "accounts", "members for each of their devices", "above 1", "below 1"),
    RingFeature(
        "addresses", BIGINT, "addresses", "distinct addresses of the members", "few when loud", "homes, carriers"
    ),
    RingFeature(
        "shared_device_share",
        DOUBLE,
        "share",
        "members on a device that another member used",
        "phone farms",
        "families",
        sign=1,
    ),
    RingFeature(
        "shared_address_share",
        DOUBLE,
        "share",
        "members on an address that another member used",
        "farms",
        "homes, carriers",
    ),
    # What they do together: targets.py
    RingFeature(
        "targets",
        BIGINT,
        "objects",
        "objects of the links that hold it together, on which two members and a tenth of all acted",
        "many",
        "fans",
    ),
    RingFeature(
        "coverage",
        DOUBLE,
        "share",
        "other members that acted on what one acted on, mean over acts on targets",
        "most of them",
        "fans",
        sign=1,
    ),
    RingFeature(
        "capture",
        DOUBLE,
        "share",
        "members among all that acted on a target and three strangers more, mean over targets",
        "bought",
        "small creators' friends",
        sign=1,
    ),
    RingFeature(
        "creators",
        DOUBLE,
        "creators",
        "effective number of creators behind the targets",
        "customers",
        "1 for a fan club",
        sign=1,
    ),
    RingFeature(
        "top_creator",
        BIGINT,
        "account id",
        "the creator behind most acts on targets",
        "a customer or victim",
        "the idol",
    ),
    RingFeature(
        "top_creator_share",
        DOUBLE,
        "share",
        "acts on targets that are the top creator's",
        "spread",
        "1 for a fan club",
        sign=-1,
    ),
    RingFeature(
        "top_object_share",
        DOUBLE,
        "share",
        "acts on targets that are on the top one",
        "spread",
        "1 for a giveaway",
        sign=-1,
    ),
    # follows.py
    RingFeature(
        "followed_before_share",
        DOUBLE,
        "share",
        "acts on targets whose creator the member had followed before",
        "strangers to their targets",
        "fans and friends act on whom they follow",
        sign=-1,
    ),
    RingFeature(
        "own_targets_share", DOUBLE, "share", "acts on targets of a member", "sold to others", "friends", sign=-1
    ),
    RingFeature(
        "acquainted_share",
        DOUBLE,
        "share",
        "members that follow or are followed by another",
        "strangers",
        "friends",
        sign=-1,
    ),
    # engagement.py
    RingFeature(
        "watched_together",
        BIGINT,
        "views",
        "views of targets by members, of each video one for each member",
        "all that was ordered",
        "what a taste brings along",
    ),
    RingFeature(
        "willed_together",
        BIGINT,
        "acts",
        "likes, comments and shares of members on the videos they watch together",
        "none where a view was paid for, one for each view where that was",
        "as many as elsewhere",
    ),
    RingFeature(
        "willed_expected",
        DOUBLE,
        "acts",
        "likes, comments and shares to be expected there, going by what each member does elsewhere",
        "well above or below what there is",
        "about what there is",
    ),
    RingFeature(
        "response",
        DOUBLE,
        "log2",
        "likes, comments and shares there over those to be expected: 1 for twice as many",
        "far below where views were paid for",
        "about 0",
        sign=0,
    ),
    # How they live otherwise: other_activity.py
    RingFeature(
        "acts_per_member", DOUBLE, "acts", "mean number of acts of a member in the days of links", "either", "either"
    ),
    RingFeature(
        "activity",
        DOUBLE,
        "log2",
        "acts of the median member over those of the platform's median account: 1 for twice as many",
        "no more than it takes",
        "high: who does a lot meets the others who do",
    ),
    RingFeature(
        "inside_share",
        DOUBLE,
        "share",
        "acts of a member on the ring's targets, mean over members",
        "high",
        "low",
        sign=1,
    ),
    RingFeature(
        "independent_share",
        DOUBLE,
        "share",
        "objects of a member that no other member touched, mean",
        "low when loud",
        "high",
        sign=-1,
    ),
    # What they upload: uploads.py
    RingFeature(
        "reupload_share",
        DOUBLE,
        "share",
        "uploads of a member that others had uploaded before, of all and two of its own, mean over members",
        "nearly all",
        "a meme among what is their own; news of one agency",
        sign=1,
    ),
)

RINGS_WITH_FEATURES = RINGS.extended(
    column(f.name, f.data_type, f"{f.meaning} ({f.unit}); abusers: {f.abusers}; honest: {f.honest}")
    for f in RING_FEATURES
)
