"""What the members of a ring are and did: one row of features for each ring."""

import math
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from engine import checkpoint
from engine.portable import exact_mean, exact_sum, looked_up, ratio
from features.links.kinds import KINDS
from features.rings.definitions import (
    FAMILIES,
    FOLLOWED_BEFORE_DAYS,
    MADE,
    SCATTERED_DAYS,
    WRITTEN,
    family_named,
    family_of,
)
from features.rings.publics import interest, participation, publics, thing, timing
from lake.schemas import RESPONSES
from lake.store import deduplicated, midnight

LN_10 = math.log(10)
DAY_SECONDS = 86_400
STRANGERS = 3
"""Added to each target's public: that two of the three who liked it are friends says little."""
TARGET_SHARE = 0.1
"""What fewer of the members act on is what two of them have in common, not a target of the ring."""
VIEWS_PER_ACT = 3
"""People watch what they like or comment on: it is said that they watch where they do so this much more often."""
VERB_OF_FAMILY = {family.name: family.verb for family in FAMILIES if family.verb}


def ring_links(links: DataFrame, members: DataFrame) -> DataFrame:
    """The links between members of one ring, with its ring_id."""
    rings = members.select("account_id", "ring_id")
    others = members.select(F.col("account_id").alias("other_account_id"), F.col("ring_id").alias("other_ring_id"))
    return (
        links.join(F.broadcast(rings), on="account_id", how="inner")
        .join(F.broadcast(others), on="other_account_id", how="inner")
        .where("ring_id = other_ring_id")
        .drop("other_ring_id")
    )


def linked_objects(evidence: DataFrame) -> DataFrame:
    """The objects of the links of each ring, as they are named: distinct (ring_id, kind, verb, object_id).

    `evidence`: rows of link_evidence with ring_id and family. What was made has its kind for a verb.
    """
    verb = looked_up(F.col("family"), VERB_OF_FAMILY)
    return (
        evidence.select("ring_id", "kind", verb.alias("verb"), F.explode("objects").alias("object"))
        .select("ring_id", "kind", "verb", F.expr("try_cast(object AS BIGINT)").alias("object_id"))
        .where("verb IS NOT NULL AND object_id IS NOT NULL")
        .distinct()
    )


def ring_objects(evidence: DataFrame, videos: DataFrame) -> DataFrame:
    """The videos, accounts and templates that speak for the links of each ring: ring_id, verb, object_id.

    `evidence` as in `linked_objects`. Of creators whose regulars the members are it is their videos that speak. What
    they uploaded is no target: most works have but two or three of a ring, and who has them besides was copied.
    """
    named = linked_objects(evidence).where("verb != 'upload'")
    of_creators = F.col("kind").isin("regular", "silent_regular")
    watched = named.where(of_creators).select("ring_id", "verb", F.col("object_id").alias("account_id"))
    theirs = videos.select("account_id", F.col("video_id").alias("object_id")).join(
        F.broadcast(watched), on="account_id", how="inner"
    )
    columns = ["ring_id", "verb", "object_id"]
    return named.where(~of_creators).select(*columns).unionByName(theirs.select(*columns)).distinct()


def ring_acts(
    events: DataFrame, made: DataFrame, members: DataFrame, objects: DataFrame, videos: DataFrame, since: date
) -> DataFrame:
    """The acts that ring features rest on, in one pass over the events: what members did, what all did to ring objects.

    Of members all acts since `since`, before that follows; of others what they did since then to `objects`, be it what
    links are about or not. One row (event_id, ts, account_id, verb, object_id, watch_ms, device_id, ip_id, ring_id,
    recent, creator) for each event and ring of who acted; `ring_id` is null for others. An event delivered twice is one
    row. To write one of `made` (as `made_by`) is an act on that as well, without event_id. Only of these it is said
    under whose video they were done, which `creator` is.
    """
    recent = F.col("event_date") >= F.lit(since)
    wanted = objects.select(thing().alias("thing"), "object_id", F.lit(True).alias("wanted")).distinct()
    ring_of = members.select("account_id", "ring_id")
    chosen = (
        events.select(
            "event_id",
            "ts",
            "account_id",
            "verb",
            F.coalesce("video_id", "target_account_id").alias("object_id"),
            "watch_ms",
            "device_id",
            "ip_id",
            recent.alias("recent"),
        )
        .where("recent OR verb = 'follow'")
        .join(F.broadcast(ring_of.select("account_id", F.lit(True).alias("member")).distinct()), "account_id", "left")
        .withColumn("thing", thing())
        .join(F.broadcast(wanted), on=["thing", "object_id"], how="left")
        .where("member OR (wanted AND recent)")
        .drop("member", "thing", "wanted")
    )
    creators = videos.select("video_id", F.col("account_id").alias("creator"))
    of_events = ("event_id", "watch_ms", "device_id", "ip_id")
    unknown = {name: F.lit(None).cast(kind) for name, kind in chosen.dtypes if name in of_events}
    making = (
        made.withColumnsRenamed({"kind": "verb", "object": "object_id"})
        .join(objects.select("verb", "object_id"), on=["verb", "object_id"], how="left_semi")
        .join(ring_of, on="account_id", how="left")
        .join(creators, on="video_id", how="left")
        .withColumns(
            {
                "creator": F.coalesce("creator", "video_id"),
                "recent": F.lit(True),
                **unknown,
            }
        )
    )
    # What is told apart from its second delivery is read twice.
    done = deduplicated(checkpoint(chosen), ("event_id",)).join(ring_of, on="account_id", how="left")
    columns = [*chosen.columns, "ring_id", "creator"]
    return done.withColumn("creator", F.lit(None).cast("bigint")).select(columns).unionByName(making.select(columns))


def made_by(templates: DataFrame, works: DataFrame) -> DataFrame:
    """What accounts wrote and uploaded that others did too: account_id, video_id, ts, kind (of `MADE`), object.

    `templates` are rows of comment_templates, `works` of video_works. Who was first with a work was copied.
    """
    uploads = (
        works.where(~F.col("is_first"))
        .select("account_id", "video_id", "ts", F.lit("upload").alias("kind"), "object")
        .distinct()
    )
    return templates.select("account_id", "video_id", "ts", "kind", F.col("template").alias("object")).unionByName(
        uploads
    )


def with_lone_uploads(made: DataFrame, videos: DataFrame, since: date) -> DataFrame:
    """The rows of `made_by`, and the uploads since a day that nobody else made: each is an object of its own."""
    uploads = videos.where(F.col("created_at") >= F.lit(midnight(since))).select(
        "account_id",
        "video_id",
        F.col("created_at").alias("ts"),
        F.lit("upload").alias("kind"),
        F.col("video_id").alias("object"),
    )
    shared = made.where("kind = 'upload'").select("video_id").distinct()
    return made.unionByName(uploads.join(shared, on="video_id", how="left_anti"))


def touched_by_members(acts: DataFrame) -> DataFrame:
    """What each member acted on since the links look at acts: ring_id, account_id, verb, object_id, creator, acts,
    first_ts; of templates a row for each creator under whose videos it wrote them.
    """
    return (
        acts.where("ring_id IS NOT NULL AND recent AND object_id IS NOT NULL")
        .groupBy("ring_id", "account_id", "verb", "object_id", "creator")
        .agg(F.count("*").alias("acts"), F.min("ts").alias("first_ts"))
    )


def ring_features(
    members: DataFrame,
    links: DataFrame,
    evidence: DataFrame,
    acts: DataFrame,
    touched: DataFrame,
    targets: DataFrame,
    accounts: DataFrame,
    sizes: DataFrame,
    usual_acts: float,
    max_crowd: int,
    since: date,
    as_of: date,
) -> DataFrame:
    """One row for each ring: ring_id, size, RING_FEATURES, and what its sentence of evidence needs beside them.

    `links` and `evidence` hold pairs of members of one ring, with ring_id (and family); `acts` as `ring_acts` gives
    them from `since` on, `touched` and `targets` made of them by `touched_by_members` and `targets_of`. An account of
    the platform acted `usual_acts` times since then. More than `max_crowd` accounts on one device or address have
    nothing in common.
    """
    on_targets = checkpoint(acts_on_targets(touched, targets))
    came = checkpoint(publics(acts, members, targets))
    parts = (
        _ties(links, sizes),
        _kinds(evidence, links),
        deeds_in_common(evidence, sizes),
        participation(came, targets),
        timing(came, since),
        interest(came),
        days_of_targets(on_targets),
        identities(members, accounts, sizes, as_of),
        machines(members, acts, accounts, max_crowd),
        _targets(targets, on_targets, sizes),
        _fans(members, on_targets, acts),
        _acquainted(members, acts),
        lives(touched, targets),
        activity(touched, usual_acts),
        response(touched, targets),
    )
    rings = sizes
    for part in parts:
        rings = rings.join(part, on="ring_id", how="left")
    share_of_members = {name: F.col(name) / F.col("size") for name in ("shared_device_share", "shared_address_share")}
    known = F.coalesce("acquainted", F.lit(0)) / F.col("size")
    return rings.withColumns(
        {**share_of_members, "acquainted_share": known, "accounts_per_device": F.col("size") / F.col("devices")}
    )


def is_target() -> Column:
    """Whether an object is a target of a group: so many `members` of its `size` acted on it."""
    return (F.col("members") >= 2) & (F.col("members") >= F.col("size") * TARGET_SHARE)


def targets_of(
    touched: DataFrame, objects: DataFrame, acts: DataFrame, videos: DataFrame, sizes: DataFrame
) -> DataFrame:
    """Objects of the links that at least two members, and a tenth of them, acted on.

    One row (ring_id, verb, object_id, creator, uploaded_at, members, audience) each: `audience` counts all accounts
    that acted on it since then, `creator` is who uploaded it or is followed; of an unknown video, the video stands for
    its creator.
    """
    by_members = checkpoint(
        touched.join(objects, on=["ring_id", "verb", "object_id"], how="left_semi")
        .groupBy("ring_id", "verb", "object_id")
        .agg(F.count_distinct("account_id").alias("members"))
        .join(F.broadcast(sizes), on="ring_id", how="inner")
        .where(is_target())
        .drop("size")
    )
    audience = (
        acts.where("recent")
        .join(by_members.select("verb", "object_id"), on=["verb", "object_id"], how="left_semi")
        .groupBy("verb", "object_id")
        .agg(F.count_distinct("account_id").alias("audience"))
    )
    uploads = videos.select(
        F.col("video_id").alias("object_id"),
        F.col("account_id").alias("uploader"),
        F.col("created_at").alias("uploaded_at"),
    )
    known = uploads.join(F.broadcast(by_members.select("object_id").distinct()), on="object_id", how="left_semi")
    return (
        by_members.join(audience, on=["verb", "object_id"], how="inner")
        .join(known, on="object_id", how="left")
        .withColumn(
            "creator",
            F.when(F.col("verb") == "follow", F.col("object_id")).otherwise(F.coalesce("uploader", "object_id")),
        )
        .withColumn("uploaded_at", F.when(thing() == "video", F.col("uploaded_at")))
        .select("ring_id", "verb", "object_id", "creator", "uploaded_at", "members", "audience")
    )


def _ties(links: DataFrame, sizes: DataFrame) -> DataFrame:
    return (
        links.join(sizes, on="ring_id", how="inner")
        .groupBy("ring_id", "size")
        .agg(
            F.count("*").alias("links"),
            exact_mean(F.col("surprise")).alias("mean_surprise"),
            F.min("surprise").alias("min_surprise"),
            (F.sum("shared_objects") / F.count("*")).alias("objects_per_link"),
        )
        .withColumn("density", F.col("links") / (F.col("size") * (F.col("size") - 1) / 2))
        .drop("size")
    )


def of_deeds(evidence: DataFrame) -> DataFrame:
    """The rows of link_evidence that say what accounts did, not what machines, addresses and profiles they have."""
    return evidence.where(~F.col("kind").isin([kind.name for kind in KINDS if not family_named(kind.name).deed]))


def is_deed(family: Column) -> Column:
    """Whether links of a family come of what accounts did."""
    return family.isin([each.name for each in FAMILIES if each.deed])


def deeds_in_common(evidence: DataFrame, sizes: DataFrame) -> DataFrame:
    """What any two members have in common, mean over all pairs of members, linked or not: how surprising the most
    telling deed is, and the most telling machine or profile; how many objects the deeds are about.
    """
    deed = is_deed(F.col("family"))
    pairs = F.col("size") * (F.col("size") - 1) / 2

    def over_all_pairs(value: str) -> Column:
        return (exact_sum(F.col(value)) / F.first("pairs")).alias(value)

    of_pair = evidence.groupBy("ring_id", "account_id", "other_account_id").agg(
        F.coalesce(F.max(F.when(deed, F.col("surprise"))), F.lit(0.0)).alias("deed_surprise"),
        F.coalesce(F.max(F.when(~deed, F.col("surprise"))), F.lit(0.0)).alias("machine_surprise"),
        F.coalesce(F.max(F.when(deed, F.col("shared_objects"))), F.lit(0)).alias("deeds_per_pair"),
    )
    return (
        of_pair.join(sizes.withColumn("pairs", pairs), on="ring_id", how="inner")
        .groupBy("ring_id")
        .agg(*map(over_all_pairs, ("deed_surprise", "machine_surprise", "deeds_per_pair")))
    )


def activity(touched: DataFrame, usual_acts: float) -> DataFrame:
    """How much more the median member acts than an account of the platform does, in log2.

    Whoever does a lot meets the others who do: a group of busy people is what taste gives.
    """
    return (
        touched.where(~F.col("verb").isin(*MADE))
        .groupBy("ring_id", "account_id")
        .agg(F.sum("acts").alias("acts"))
        .groupBy("ring_id")
        .agg(F.percentile("acts", 0.5).alias("acts"))
        .select("ring_id", F.log2((F.col("acts") + 1) / (usual_acts + 1)).alias("activity"))
    )


def days_of_targets(on_targets: DataFrame) -> DataFrame:
    """On how many days members acted on targets: the effective number, by the acts of each day."""
    return (
        on_targets.groupBy("ring_id", F.to_date("first_ts").alias("day"))
        .agg(F.count("*").alias("acts"))
        .groupBy("ring_id")
        .agg((F.pow(F.sum("acts"), 2) / F.sum(F.col("acts").cast("double") * F.col("acts"))).alias("target_days"))
    )


def _kinds(evidence: DataFrame, links: DataFrame) -> DataFrame:
    """Share of links with evidence of each family; gaps and times of the co-acts; the family that says most."""
    pairs = links.groupBy("ring_id").agg(F.count("*").alias("pairs"))
    of_pair = evidence.select("ring_id", "account_id", "other_account_id", "family").distinct()
    copied = evidence.where("family = 'upload'").select("ring_id", F.explode("objects").alias("work"))
    works = copied.groupBy("ring_id").agg(F.count_distinct("work").alias("works"))
    shares = (
        of_pair.groupBy("ring_id")
        .agg(
            *(F.count_if(F.col("family") == family.name).alias(f"{family.name}_pairs") for family in FAMILIES),
        )
        .join(pairs, on="ring_id", how="inner")
        .select(
            "ring_id",
            *((F.col(f"{f.name}_pairs") / F.col("pairs")).alias(f"{f.name}_share") for f in FAMILIES),
        )
    )
    # To share a device or an address is no act: its times are those of a sign-up, or of the whole window.
    acted = F.col("median_gap_s").isNotNull()
    times = evidence.groupBy("ring_id").agg(
        F.percentile("median_gap_s", 0.5).alias("synchrony_s"),
        F.min(F.when(acted, F.col("first_at"))).alias("first_at"),
        F.max(F.when(acted, F.col("last_at"))).alias("last_at"),
    )
    span = (F.unix_timestamp("last_at") - F.unix_timestamp("first_at")) / DAY_SECONDS
    kinds = shares.join(times, on="ring_id", how="inner").join(works, on="ring_id", how="left")
    return kinds.withColumns({"together_days": span, "works": F.coalesce("works", F.lit(0))})


def signed_up_together(accounts: DataFrame) -> DataFrame:
    """One row: `usual`, the largest share of all accounts that signed up within `SCATTERED_DAYS` days of each other."""
    of_days = F.sum("accounts").over(Window.orderBy("day").rangeBetween(0, SCATTERED_DAYS))
    return (
        accounts.where("created_at IS NOT NULL")
        .groupBy(F.unix_date(F.to_date("created_at")).alias("day"))
        .agg(F.count("*").alias("accounts"))
        .withColumn("together", of_days)
        .agg(F.coalesce(ratio(F.max("together"), F.sum("accounts")), F.lit(0.0)).alias("usual"))
    )


def sign_up_surprise(together: Column, known: Column, usual: Column) -> Column:
    """Give −log10 of the chance that of `known` accounts drawn at random some `together` signed up within
    `SCATTERED_DAYS` days of each other, at most.

    Each may be the first of them; of the others, at most the share `usual` falls into the days after. How many that
    are, Chernoff's bound of the binomial tail says (Hoeffding, 1963).
    """
    others = (known - 1).cast("double")
    share = ratio(together - 1, others)
    rest = F.when(share < 1, (1 - share) * F.log(ratio(1 - share, 1 - usual))).otherwise(0.0)
    bound = others * (share * F.log(ratio(share, usual)) + rest) - F.log(known.cast("double"))
    return F.when(share > usual, F.greatest(bound / LN_10, F.lit(0.0))).otherwise(0.0)


def identities(members: DataFrame, accounts: DataFrame, sizes: DataFrame, as_of: date) -> DataFrame:
    """Who the members are by their profiles; of one that has none nothing is known but that it is a member."""
    people = (
        accounts.select("account_id", "created_at", "country")
        .join(F.broadcast(members.select("ring_id", "account_id")), on="account_id", how="inner")
        .withColumn("created_s", F.unix_timestamp("created_at"))
    )
    scattered = Window.partitionBy("ring_id").orderBy("created_s").rangeBetween(0, SCATTERED_DAYS * DAY_SECONDS)
    of_all = F.sum("residents").over(Window.partitionBy("ring_id"))
    countries = (
        people.where("country IS NOT NULL")
        .groupBy("ring_id", "country")
        .agg(F.count("*").alias("residents"))
        .withColumn("country_share", F.col("residents") / of_all)
        .groupBy("ring_id")
        .agg(F.max("country_share").alias("country_share"))
    )
    as_of_s = F.unix_timestamp(F.lit(as_of).cast("timestamp"))
    beyond_usual = ratio(F.col("created_together") / F.col("size") - F.col("usual"), 1 - F.col("usual"))
    return (
        people.withColumn("together", F.count("created_s").over(scattered))
        .groupBy("ring_id")
        .agg(
            ((as_of_s - F.percentile("created_s", 0.5)) / DAY_SECONDS).alias("age_days"),
            ((F.max("created_s") - F.min("created_s")) / DAY_SECONDS).alias("created_span_days"),
            F.max("together").alias("created_together"),
            F.count("created_s").alias("created_known"),
        )
        .join(countries, on="ring_id", how="left")
        .join(sizes, on="ring_id", how="inner")
        .crossJoin(signed_up_together(accounts))
        .withColumns(
            {
                "created_together_share": F.greatest(F.coalesce(beyond_usual, F.lit(0.0)), F.lit(0.0)),
                "created_expected": 1 + (F.col("created_known") - 1) * F.col("usual"),
                "created_surprise": sign_up_surprise(*map(F.col, ("created_together", "created_known", "usual"))),
            }
        )
        .drop("size", "usual")
    )


def machines(members: DataFrame, acts: DataFrame, accounts: DataFrame, max_crowd: int) -> DataFrame:
    """Devices and addresses of the members, of their acts and of their sign-up; counts of members that share one.

    One that more than `max_crowd` accounts signed up with, or that so many members of rings have, is none: it stands
    for a device that is not known, or for half of a town.
    """
    ring_of = members.select("ring_id", "account_id")
    columns = ["ring_id", "account_id", "device_id", "ip_id"]
    used = acts.where("ring_id IS NOT NULL AND recent").select(columns)
    signed_up = accounts.select(
        "account_id", F.col("signup_device_id").alias("device_id"), F.col("signup_ip_id").alias("ip_id")
    )
    at_signup = signed_up.join(ring_of, on="account_id", how="inner").select(columns)
    having = checkpoint(_each_machine(used.union(at_signup).distinct()).distinct())
    crowded = (
        having.select("account_id", "what", "machine")
        .unionByName(_each_machine(signed_up))
        .groupBy("what", "machine")
        .agg(F.count_distinct("account_id").alias("accounts"))
        .where(F.col("accounts") > max_crowd)
    )
    users = F.count("*").over(Window.partitionBy("ring_id", "what", "machine"))
    told = having.join(crowded, on=["what", "machine"], how="left_anti").withColumn("users", users)

    def of(what: str) -> tuple[Column, Column]:
        """How many there are, and how many members share one; null where none is known."""
        machines = F.count_distinct(F.when(F.col("what") == what, F.col("machine")))
        sharers = F.count_distinct(F.when((F.col("what") == what) & (F.col("users") > 1), F.col("account_id")))
        return F.nullif(machines, F.lit(0)), F.when(machines > 0, sharers)

    (devices, on_devices), (addresses, on_addresses) = of("device"), of("ip")
    return told.groupBy("ring_id").agg(
        devices.alias("devices"),
        on_devices.alias("shared_device_share"),
        addresses.alias("addresses"),
        on_addresses.alias("shared_address_share"),
    )


def _each_machine(seen: DataFrame) -> DataFrame:
    """A row (`what`: device or ip, `machine`) for each that is known of a row of device_id and ip_id."""
    both = [F.struct(F.lit(what).alias("what"), F.col(f"{what}_id").alias("machine")) for what in ("device", "ip")]
    rest = [name for name in seen.columns if name not in ("device_id", "ip_id")]
    return (
        seen.select(*rest, F.explode(F.array(*both)).alias("one"))
        .select(*rest, "one.what", "one.machine")
        .where("machine IS NOT NULL")
    )


def acts_on_targets(touched: DataFrame, targets: DataFrame) -> DataFrame:
    """What each member did to which target: ring_id, account_id, verb, object_id, creator, first_ts."""
    whose = targets.select("ring_id", "verb", "object_id", F.col("creator").alias("owner"))
    return touched.join(whose, on=["ring_id", "verb", "object_id"], how="inner").select(
        "ring_id",
        "account_id",
        "verb",
        "object_id",
        F.coalesce("creator", "owner").alias("creator"),
        "first_ts",
    )


def _targets(targets: DataFrame, on_targets: DataFrame, sizes: DataFrame) -> DataFrame:
    """How many, how fully covered, whose; the top creator, and the verb of events with most of the acts.

    Each target counts by the members who acted on it: what few of them have in common says little of the others.
    """
    by_creator = (
        on_targets.groupBy("ring_id", "creator")
        .agg(F.count("*").alias("acts"))
        .groupBy("ring_id")
        .agg(
            (F.pow(F.sum("acts"), 2) / F.sum(F.col("acts").cast("double") * F.col("acts"))).alias("creators"),
            F.max_by("creator", F.struct("acts", "creator")).alias("top_creator"),
            (F.max("acts") / F.sum("acts")).alias("top_creator_share"),
        )
    )
    by_verb = (
        targets.where(~F.col("verb").isin(*WRITTEN))
        .groupBy("ring_id", "verb")
        .agg(F.count("*").alias("verb_targets"), F.sum("members").alias("acts"))
        .withColumn("telling", F.when(F.col("verb") == "view", F.col("acts") / VIEWS_PER_ACT).otherwise(F.col("acts")))
        .groupBy("ring_id")
        .agg(F.max_by("verb", F.struct("telling", "verb")).alias("top_verb"))
    )
    members = F.col("members")
    captured = members * members / (F.col("audience") + STRANGERS)
    overall = (
        targets.join(sizes, on="ring_id", how="inner")
        .groupBy("ring_id", "size")
        .agg(
            F.count("*").alias("targets"),
            (F.sum(members.cast("double") * members) / F.sum("members") / F.col("size")).alias("coverage"),
            (exact_sum(captured) / F.sum("members")).alias("capture"),
            (F.max("members") / F.sum("members")).alias("top_object_share"),
        )
        .drop("size")
    )
    return overall.join(by_creator, on="ring_id", how="inner").join(by_verb, on="ring_id", how="left")


def _fans(members: DataFrame, on_targets: DataFrame, acts: DataFrame) -> DataFrame:
    """Acts on targets whose creator the member had followed well before, and on targets that are a member's own."""
    follows = (
        acts.where("ring_id IS NOT NULL AND verb = 'follow'")
        .groupBy("ring_id", "account_id", F.col("object_id").alias("creator"))
        .agg(F.min("ts").alias("followed_at"))
    )
    own = members.select("ring_id", F.col("account_id").alias("creator"), F.lit(True).alias("own"))
    before = F.expr(f"followed_at <= first_ts - INTERVAL {FOLLOWED_BEFORE_DAYS} DAY")
    return (
        on_targets.where("verb != 'follow'")
        .join(follows, on=["ring_id", "account_id", "creator"], how="left")
        .join(F.broadcast(own), on=["ring_id", "creator"], how="left")
        .groupBy("ring_id")
        .agg(
            (F.count_if(before) / F.count("*")).alias("followed_before_share"),
            (F.count_if("own") / F.count("*")).alias("own_targets_share"),
        )
    )


def _acquainted(members: DataFrame, acts: DataFrame) -> DataFrame:
    """How many members follow another member or are followed by one, as far back as follows are looked for."""
    follows = acts.where("ring_id IS NOT NULL AND verb = 'follow'").select("ring_id", "account_id", "object_id")
    inside = follows.join(
        F.broadcast(members.select("ring_id", F.col("account_id").alias("object_id"))),
        on=["ring_id", "object_id"],
        how="left_semi",
    )
    return (
        inside.select("ring_id", F.explode(F.array("account_id", "object_id")).alias("member"))
        .groupBy("ring_id")
        .agg(F.count_distinct("member").alias("acquainted"))
    )


def lives(touched: DataFrame, targets: DataFrame) -> DataFrame:
    """How much of what members do is done on the ring's targets, and how much on what no other member touches.

    A comment that has a template of the ring is one act on a target.
    """
    each, what = ["thing", "object_id"], thing().alias("thing")
    event = ~F.col("verb").isin(*WRITTEN)
    inside = targets.where(event).select("ring_id", what, "object_id", F.lit(True).alias("inside")).distinct()
    objects = touched.where(event).groupBy("ring_id", "account_id", what, "object_id").agg(F.sum("acts").alias("acts"))
    written = (
        touched.join(
            targets.where(~event).select("ring_id", "verb", "object_id"),
            on=["ring_id", "verb", "object_id"],
            how="left_semi",
        )
        .groupBy("ring_id", "account_id", "verb")
        .agg(F.sum("acts").alias("written"))
        .groupBy("ring_id", "account_id")
        .agg(F.max("written").alias("written"))
    )
    on_targets = F.coalesce(F.sum(F.when(F.col("inside"), F.col("acts"))), F.lit(0))
    alone = F.count("*").over(Window.partitionBy("ring_id", *each)) == 1
    return (
        objects.withColumn("alone", alone)
        .join(inside, on=["ring_id", *each], how="left")
        .groupBy("ring_id", "account_id")
        .agg(
            F.sum("acts").alias("acts"),
            on_targets.alias("on_targets"),
            (F.count_if("alone") / F.count("*")).alias("alone"),
        )
        .join(written, on=["ring_id", "account_id"], how="left")
        .withColumn("inside", F.least("acts", F.col("on_targets") + F.coalesce("written", F.lit(0))) / F.col("acts"))
        .groupBy("ring_id")
        .agg(
            (F.sum("acts") / F.count("*")).alias("acts_per_member"),
            exact_mean(F.col("inside")).alias("inside_share"),
            exact_mean(F.col("alone")).alias("independent_share"),
        )
    )


def response(touched: DataFrame, targets: DataFrame) -> DataFrame:
    """What members make of the videos that they watch together, and what each one's life elsewhere lets expect of it.

    Videos are counted once for each member that watched them, however often, and once for each that liked, commented on
    or shared them, whichever of these.
    """
    together = targets.where("verb = 'view'").select("ring_id", "object_id", F.lit(True).alias("together"))
    inside, viewed, moved = F.coalesce("together", F.lit(False)), F.col("viewed"), F.col("moved")
    # Unknown for who watches nothing else: then nothing is to be expected.
    expected = F.col("watched") * F.when(F.col("elsewhere") > 1, 1.0).otherwise(F.col("elsewhere"))
    return (
        touched.where(F.col("verb").isin("view", *RESPONSES))
        .groupBy("ring_id", "account_id", "object_id")
        .agg(F.bool_or(F.col("verb") == "view").alias("viewed"), F.bool_or(F.col("verb") != "view").alias("moved"))
        .join(together, on=["ring_id", "object_id"], how="left")
        .groupBy("ring_id", "account_id")
        .agg(
            F.count_if(inside & viewed).alias("watched"),
            F.count_if(inside & moved).alias("willed"),
            ratio(F.count_if(~inside & moved), F.count_if(~inside & viewed)).alias("elsewhere"),
        )
        .groupBy("ring_id")
        .agg(
            F.sum("watched").alias("watched_together"),
            F.sum("willed").alias("willed_together"),
            exact_sum(expected).alias("willed_expected"),
        )
        .withColumn("response", F.log2((F.col("willed_together") + 1) / (F.col("willed_expected") + 1)))
    )


def with_family(evidence: DataFrame) -> DataFrame:
    """Link evidence with the family of its kind."""
    return evidence.withColumn("family", family_of(F.col("kind")))
