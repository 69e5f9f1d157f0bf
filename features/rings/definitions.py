"""What is known of a ring, and what speaks for and against it: the table of contents of ring features.

Families group the kinds of links by what the accounts did. A feature is a column of `rings`. A term of the score says
how a feature moves it, in log-odds, and why; the terms are monotone in what they name, their sum is the score's logit.
"""

from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import DataType

from engine.portable import ratio
from lake.schemas import BIGINT, DOUBLE, RINGS, column


@dataclass(frozen=True)
class Family:
    """Kinds of links that come from the same behaviour.

    `words` are looked for in a kind's name, the first family that has one takes it. `verb` is that of the events behind
    it, None when the link is not made of events on videos or accounts. `policy` is what such a ring breaks; `weight` is
    how specific the behaviour is to that policy. `phrase` is how an analyst would say it, `honest` who else does so.
    """

    name: str
    words: tuple[str, ...]
    verb: str | None
    policy: str
    weight: float
    phrase: str
    honest: str


FAMILIES = (
    Family("text", ("text",), "comment", "spam_ring", 3.0, "wrote near-equal comments", "who takes part in a giveaway"),
    Family(
        "contact",
        ("contact",),
        None,
        "spam_ring",
        3.0,
        "named the same links or phone numbers",
        "who passes on what they like",
    ),
    Family("report", ("report",), "report", "bot_network", 3.0, "reported", "whom the same outrages"),
    Family("sound", ("sound",), None, "coordinated_reupload", 1.0, "used the same rare sounds", "who follows a trend"),
    Family(
        "upload",
        ("frame", "caption", "upload"),
        None,
        "coordinated_reupload",
        3.0,
        "uploaded near-equal videos",
        "who passes a meme on",
    ),
    Family("comment", ("comment",), "comment", "spam_ring", 1.0, "commented on", "fans"),
    Family("like", ("like",), "like", "artificial_engagement", 1.0, "liked", "fans, friends"),
    Family("follow", ("follow",), "follow", "artificial_engagement", 1.0, "followed", "fans"),
    Family("share", ("share",), "share", "artificial_engagement", 1.0, "shared", "friends"),
    Family("view", ("view", "rewatch", "regular"), "view", "bot_network", 0.5, "kept watching", "people of one taste"),
    Family("device", ("device",), None, "bot_network", 0.5, "used the same devices", "families"),
    Family("address", ("address", "ip"), None, "bot_network", 0.25, "used the same addresses", "homes, carriers"),
    Family(
        "profile",
        ("bio", "handle", "signup", "profile"),
        None,
        "bot_network",
        0.5,
        "signed up with profiles alike",
        "a school, a company",
    ),
)
OTHER = Family("other", (), None, "bot_network", 0.25, "acted together", "anyone")
"""Where a kind goes that no family names."""

SCATTERED_DAYS = 3
"""Accounts of a ring made by one hand are often signed up within so many days."""
FOLLOWED_BEFORE_DAYS = 1
"""A fan follows first and acts later; a follow within so many days of the first act may be part of it."""


def family_of(kind: Column) -> Column:
    """Name of the family of a kind of link."""
    result = F.lit(OTHER.name)
    for family in reversed(FAMILIES):
        named = F.lit(False)
        for word in family.words:
            named = named | kind.contains(word)
        result = F.when(named, F.lit(family.name)).otherwise(result)
    return result


@dataclass(frozen=True)
class RingFeature:
    """A column of `rings`; null means that there was nothing to measure it on."""

    name: str
    data_type: DataType
    unit: str
    meaning: str
    abusers: str
    honest: str


USUAL_ACCOUNTS = 60_000
"""Size of the platforms that the score's weights are made for."""

RING_FEATURES = (
    # How it hangs together
    RingFeature("links", BIGINT, "links", "linked pairs of members", "nearly all pairs", "families and cafés as well"),
    RingFeature(
        "density", DOUBLE, "share", "linked pairs among all pairs of members", "near 1", "families; loose for crowds"
    ),
    RingFeature("mean_surprise", DOUBLE, "-log10 p", "mean surprise of the links", "far beyond chance", "close fans"),
    RingFeature(
        "scaled_surprise",
        DOUBLE,
        "-log10 p",
        f"mean surprise of the links, as far as a platform of {USUAL_ACCOUNTS:,} accounts would give it",
        "far beyond chance",
        "close fans",
    ),
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
        )
        for family in FAMILIES
    ),
    RingFeature(
        "works",
        BIGINT,
        "works",
        "works that two members or more uploaded, near-equal",
        "as many as were stolen",
        "a meme is one",
    ),
    RingFeature(
        "synchrony_s", DOUBLE, "seconds", "median gap between co-acts of a pair", "minutes, days when evading", "fans"
    ),
    RingFeature(
        "together_days", DOUBLE, "days", "from the first co-act to the last", "weeks of orders", "fans, friends"
    ),
    # Who they are
    RingFeature(
        "age_days", DOUBLE, "days", "median age of the members' accounts", "fresh when loud", "a new school's class"
    ),
    RingFeature(
        "created_span_days", DOUBLE, "days", "from the first sign-up to the last", "short when loud", "newcomers"
    ),
    RingFeature(
        "created_together_share",
        DOUBLE,
        "share",
        f"members signed up within the same {SCATTERED_DAYS} days, at best, beyond the largest such share of everybody",
        "registered in one go",
        "a campaign's newcomers; any ring of three has a third",
    ),
    RingFeature(
        "country_share", DOUBLE, "share", "members of the most frequent country", "a market or a mix", "neighbours"
    ),
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
    ),
    RingFeature(
        "shared_address_share",
        DOUBLE,
        "share",
        "members on an address that another member used",
        "farms",
        "homes, carriers",
    ),
    # What they do together
    RingFeature(
        "targets",
        BIGINT,
        "objects",
        "objects of the links that two members and a tenth of all acted on",
        "many",
        "fans",
    ),
    RingFeature(
        "coverage", DOUBLE, "share", "members that acted on a target, mean over targets", "most of them", "fans"
    ),
    RingFeature(
        "capture",
        DOUBLE,
        "share",
        "members among all that acted on a target and three strangers more, mean over targets",
        "bought",
        "small creators' friends",
    ),
    RingFeature(
        "creators",
        DOUBLE,
        "creators",
        "effective number of creators behind the targets",
        "customers",
        "1 for a fan club",
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
        "top_creator_share", DOUBLE, "share", "acts on targets that are the top creator's", "spread", "1 for a fan club"
    ),
    RingFeature(
        "top_object_share", DOUBLE, "share", "acts on targets that are on the top one", "spread", "1 for a giveaway"
    ),
    RingFeature(
        "followed_before_share",
        DOUBLE,
        "share",
        "acts on targets whose creator the member had followed before",
        "strangers to their targets",
        "fans and friends act on whom they follow",
    ),
    RingFeature("own_targets_share", DOUBLE, "share", "acts on targets of a member", "sold to others", "friends"),
    RingFeature(
        "acquainted_share", DOUBLE, "share", "members that follow or are followed by another", "strangers", "friends"
    ),
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
    # How they live otherwise
    RingFeature(
        "acts_per_member", DOUBLE, "acts", "mean number of acts of a member in the days of links", "either", "either"
    ),
    RingFeature(
        "inside_share", DOUBLE, "share", "acts of a member on the ring's targets, mean over members", "high", "low"
    ),
    RingFeature(
        "independent_share",
        DOUBLE,
        "share",
        "objects of a member that no other member touched, mean",
        "low when loud",
        "high",
    ),
)

RINGS_WITH_FEATURES = RINGS.extended(
    column(f.name, f.data_type, f"{f.meaning} ({f.unit}); abusers: {f.abusers}; honest: {f.honest}")
    for f in RING_FEATURES
)


@dataclass(frozen=True)
class Term:
    """What one thing adds to the score's log-odds: `weight` times `amount`, 0 when unknown and 1 at its full."""

    feature: str
    weight: float
    amount: Column
    why: str


def _between(name: str, low: float, high: float) -> Column:
    """0 up to `low`, 1 from `high` on, straight between; 0 when unknown."""
    return ramp(F.col(name), low, high)


def ramp(value: Column, low: float, high: float) -> Column:
    """0 up to `low`, 1 from `high` on, straight between; 0 when unknown."""
    share = (value - low) / (high - low)
    # greatest and least pass over what is unknown, and would make the most of it.
    return F.when(value.isNotNull(), F.greatest(F.lit(0.0), F.least(F.lit(1.0), share))).otherwise(0.0)


def _lead(more: Column, less: Column) -> Column:
    """By how many standard deviations a count exceeds another: that of the square root of a Poisson count is a half
    (Bartlett 1936). Null when either is unknown.
    """
    return 2 * (F.sqrt(more) - F.sqrt(less))


def unmoved() -> Column:
    """How surely members like little of what they watch together, though they like what they watch elsewhere: 0 to 1,
    by how far the count falls short of half of what was expected, which leaves room for moods.
    """
    return ramp(_lead(F.col("willed_expected") / 2, F.col("willed_together")), 2, 6)


def eager() -> Column:
    """How surely members like nearly all that they watch together, though not what they watch elsewhere: 0 to 1, by how
    far the count exceeds one and a half times what was expected, and by its part of the views.
    """
    beyond = ramp(_lead(F.col("willed_together"), F.col("willed_expected") * 1.5), 1, 4)
    return beyond * ramp(ratio("willed_together", "watched_together"), 0.7, 0.95)


BASE = -8.5
"""A group that acts together beyond chance is an honest one, until several things about it say otherwise."""


def score_terms(household: int) -> tuple[Term, ...]:
    """The terms of the unsupervised score; `household` is how many accounts one home may hold."""
    small = 1 - _between("size", household, 5 * household)
    few = 1 - _between("size", 3, household + 1)
    returning = ramp(F.col("targets") / F.col("creators"), 2, 4)
    several = _between("creators", 1.5, 3)
    customers = several * returning
    log_size = F.log2(F.col("size").cast("double"))
    breadth = ramp(F.log2(F.greatest(F.coalesce("creators", F.lit(1.0)), F.lit(1.0))), 0, 3)
    public = _between("capture", 0.1, 0.5)
    scattered = 0.4 + 0.6 * breadth
    followers, friends = _between("followed_before_share", 0.3, 0.8), _between("own_targets_share", 0.2, 0.8)
    text, contact = _between("text_share", 0.1, 0.8), _between("contact_share", 0.1, 0.8)
    telling = F.greatest(returning, text, contact, _between("capture", 0.4, 0.6))
    senders = contact * breadth * (1 - friends)
    bought = breadth * _between("coverage", 0.1, 0.35) * public * (1 - small * (1 - telling))
    home = (F.col("size") <= household) & (F.greatest("device_share", "address_share") >= 0.5)
    done = F.greatest(*(F.coalesce(name, F.lit(0.0)) for name in ("upload_share", "text_share", "contact_share")))
    idle = (F.coalesce("targets", F.lit(0)) == 0) & (done == 0)
    young = F.when(F.col("age_days").isNotNull(), 1 - _between("age_days", 10, 90)).otherwise(0.0)
    firm = _between("scaled_surprise", 2, 3)
    reports = _between("report_share", 0.1, 0.8) * (0.4 + 0.6 * public)
    works = _between("upload_share", 0.1, 0.8) * _between("works", 1, 3)
    views = _between("view_share", 0.4, 0.8)
    bots, likers = unmoved(), eager() * several * (1 - F.greatest(followers, friends))
    hired = F.greatest(_between("scaled_surprise", 3, 6), _between("coverage", 0.35, 0.6), bots, likers)
    watching = views * (1 - hired)
    one_creator, one_object = _between("top_creator_share", 0.5, 0.95), _between("top_object_share", 0.4, 0.95)
    together = _between("created_together_share", 0.4, 0.9) * _between("size", 3, 8)
    farm = _between("accounts_per_device", 1, 2.5) * _between("shared_device_share", 0.3, 0.9)
    return (
        Term(
            "creators",
            6.0,
            bought,
            "unrelated creators whose public is the ring: 8 count in full; of few accounts, who may be friends, where "
            "they come back to them, say the same, or are nearly alone",
        ),
        Term("capture", 4.0, public, "a target's public is the ring"),
        Term(
            "scaled_surprise",
            5.0,
            _between("scaled_surprise", 3, 10),
            "the less likely by chance, the less likely honest",
        ),
        Term("created_together_share", 6.0, together, "signed up in one go"),
        Term(
            "accounts_per_device", 4.5, F.when(~home, farm).otherwise(0.0), "a phone farm: none has a device of its own"
        ),
        Term(
            "text_share",
            7.5,
            text * firm * scattered,
            "the same words, under creators unlike the one of a giveaway",
        ),
        Term(
            "contact_share",
            7.5,
            F.greatest(contact - text, F.lit(0.0)) * firm * scattered,
            "readers sent to one place, in words that differ",
        ),
        Term(
            "report_share",
            7.5,
            reports * scattered,
            "the same reported, of several creators, and by few others: what outrages is reported by all",
        ),
        Term("works", 8.0, works, "several works under several names: a meme is one"),
        Term(
            "willed_together",
            5.5,
            views * bots,
            "watched together and never liked, by accounts that like what they watch elsewhere",
        ),
        Term(
            "willed_expected",
            3.0,
            likers,
            "of several strangers all is liked that is watched together, by accounts that like little else: who is "
            "sent to like does not choose",
        ),
        Term(
            "size",
            3.0,
            ramp(log_size, 2, 5) - 2 * few * (1 - F.greatest(customers, senders)),
            "more than friends, who meet on one thing here and one there: 32 count in full; few count against it, "
            "unless they come back to several creators, or send the public of many to one place",
        ),
        Term("age_days", 1.5, young, "young accounts are cheap to lose"),
        Term(
            "inside_share", 6.0, _between("inside_share", 0.5, 0.9) * breadth, "accounts that do little else, for many"
        ),
        Term("household", -4.5, F.when(home, 1 - bought).otherwise(0.0), "a home: few accounts, one device or address"),
        Term("targets", -3.0, F.when(idle, 1.0).otherwise(0.0), "a device or address in common, nothing done"),
        Term("top_creator_share", -6.0, one_creator * (1 - works), "a fan club has one creator"),
        Term("top_object_share", -1.5, one_object * (1 - works), "a giveaway or a hit is one object"),
        Term(
            "view_share",
            -5.5,
            watching,
            "people of one taste come back to the same; of bots half are there each time, it is far beyond chance, or "
            "they like none of it, or all",
        ),
        Term("followed_before_share", -3.0, followers, "fans follow first"),
        Term("own_targets_share", -0.75, friends, "friends, on each other's videos"),
        Term("acquainted_share", -4.5, _between("acquainted_share", 0.1, 0.6) * small, "friends follow each other"),
        Term("share_share", -2.0, _between("share_share", 0.05, 0.5) * small, "friends send each other what they like"),
        Term("independent_share", -0.75, _between("independent_share", 0.5, 0.95), "otherwise independent lives"),
    )
