"""Measure what the members of a ring are and did: one row of features per ring."""

import math
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from engine import checkpoint
from engine.portable import exact_mean, exact_sum, looked_up, ratio
from features.links.kinds import FAMILIES, KINDS, MADE, OTHER, WRITTEN
from features.rings.definitions import FOLLOWED_BEFORE_DAYS, SCATTERED_DAYS
from features.rings.measures.audiences import audience_actions, interest, object_type, participation, timing
from lake.schemas import RESPONSES
from lake.store import deduplicated, midnight

LN_10 = math.log(10)
DAY_SECONDS = 86_400
STRANGERS = 3
"""Accounts added to the audience of each target: that two of the three that liked it are friends says little."""
TARGET_SHARE = 0.1
"""Share of members from which an object is a target of the ring, not something that two have in common."""
VIEWS_PER_ACTION = 3
"""Views count so much less than other actions for the verb that a ring's sentence names: people view what they like."""
VERB_OF_FAMILY = {family.name: family.verb for family in FAMILIES if family.verb}


def ring_links(links: DataFrame, members: DataFrame) -> DataFrame:
    """Keep the links between members of one ring, and add its ring_id."""
    rings = members.select("account_id", "ring_id")
    others = members.select(F.col("account_id").alias("other_account_id"), F.col("ring_id").alias("other_ring_id"))
    return (
        links.join(F.broadcast(rings), on="account_id", how="inner")
        .join(F.broadcast(others), on="other_account_id", how="inner")
        .where("ring_id = other_ring_id")
        .drop("other_ring_id")
    )


def linked_objects(evidence: DataFrame) -> DataFrame:
    """Return the objects of the links of each ring: distinct ring_id, kind, verb, object_id.

    `evidence` are rows of link_evidence with ring_id and family. What was written or uploaded has its kind for a verb.
    """
    verb = looked_up(F.col("family"), VERB_OF_FAMILY)
    return (
        evidence.select("ring_id", "kind", verb.alias("verb"), F.explode("objects").alias("object"))
        .select("ring_id", "kind", "verb", F.expr("try_cast(object AS BIGINT)").alias("object_id"))
        .where("verb IS NOT NULL AND object_id IS NOT NULL")
        .distinct()
    )


def ring_objects(evidence: DataFrame, videos: DataFrame) -> DataFrame:
    """Return the videos, accounts and templates that are evidence of the links of each ring: ring_id, verb, object_id.

    `evidence` is as in `linked_objects`. A creator that members came back to stands for its videos. Uploads are left
    out: most works are of two or three members only, and of the original uploader, who was copied.
    """
    objects_of_kinds = linked_objects(evidence).where("verb != 'upload'")
    of_creators = F.col("kind").isin([kind.name for kind in KINDS if kind.stands_for_videos])
    watched = objects_of_kinds.where(of_creators).select("ring_id", "verb", F.col("object_id").alias("account_id"))
    videos_of_creators = videos.select("account_id", F.col("video_id").alias("object_id")).join(
        F.broadcast(watched), on="account_id", how="inner"
    )
    columns = ["ring_id", "verb", "object_id"]
    return (
        objects_of_kinds.where(~of_creators)
        .select(*columns)
        .unionByName(videos_of_creators.select(*columns))
        .distinct()
    )


def ring_actions(
    events: DataFrame, made: DataFrame, members: DataFrame, objects: DataFrame, videos: DataFrame, since: date
) -> DataFrame:
    """Return the actions that ring features are computed from, in one scan of the events.

    Columns out: event_id, ts, account_id, verb, object_id, watch_ms, device_id, ip_id, ring_id, recent, creator; one
    row per event and ring of its account. `ring_id` is null for accounts in no ring. `recent` is false before `since`.

    Of members, all actions since `since`, and follows before that; of others, actions since then on `objects`, be these
    in a link or not. An event that was delivered twice is one row. Each row of `made` (of `made_by`) on one of
    `objects` is an action as well, without event_id; only these have a `creator`, whose video they were made under.
    """
    ring_of = members.select("account_id", "ring_id")
    chosen = _events_of_rings(events, ring_of, objects, since)
    columns = [*chosen.columns, "ring_id", "creator"]
    creators = videos.select("video_id", F.col("account_id").alias("creator"))
    event_columns = ("event_id", "watch_ms", "device_id", "ip_id")
    no_event = {name: F.lit(None).cast(kind) for name, kind in chosen.dtypes if name in event_columns}
    made_actions = (
        made.withColumnsRenamed({"kind": "verb", "object": "object_id"})
        .join(objects.select("verb", "object_id"), on=["verb", "object_id"], how="left_semi")
        .join(ring_of, on="account_id", how="left")
        .join(creators, on="video_id", how="left")
        .withColumns({"creator": F.coalesce("creator", "video_id"), "recent": F.lit(True), **no_event})
    )
    # A checkpoint, as `deduplicated` reads its rows twice.
    event_actions = deduplicated(checkpoint(chosen), ("event_id",)).join(ring_of, on="account_id", how="left")
    event_actions = event_actions.withColumn("creator", F.lit(None).cast("bigint"))
    return event_actions.select(columns).unionByName(made_actions.select(columns))


def _events_of_rings(events: DataFrame, ring_of: DataFrame, objects: DataFrame, since: date) -> DataFrame:
    """Return the events that `ring_actions` needs, as often as they were delivered, with `object_id` and `recent`."""
    recent = F.col("event_date") >= F.lit(since)
    wanted = objects.select(object_type().alias("object_type"), "object_id", F.lit(True).alias("wanted")).distinct()
    members = ring_of.select("account_id", F.lit(True).alias("member")).distinct()
    return (
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
        .join(F.broadcast(members), "account_id", "left")
        .withColumn("object_type", object_type())
        .join(F.broadcast(wanted), on=["object_type", "object_id"], how="left")
        .where("member OR (wanted AND recent)")
        .drop("member", "object_type", "wanted")
    )


def made_by(templates: DataFrame, works: DataFrame) -> DataFrame:
    """Return what accounts wrote and uploaded that others did, too: account_id, video_id, ts, kind (of `MADE`), object.

    `templates` are rows of comment_templates, `works` of video_works. Original uploaders are left out: they were
    copied.
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
    """Add the uploads since a day that nobody copied to rows of `made_by`, each its own object."""
    uploads = videos.where(F.col("created_at") >= F.lit(midnight(since))).select(
        "account_id",
        "video_id",
        F.col("created_at").alias("ts"),
        F.lit("upload").alias("kind"),
        F.col("video_id").alias("object"),
    )
    shared = made.where("kind = 'upload'").select("video_id").distinct()
    return made.unionByName(uploads.join(shared, on="video_id", how="left_anti"))


def touched_by_members(actions: DataFrame) -> DataFrame:
    """Count the actions of each member on each object: ring_id, account_id, verb, object_id, creator, acts, first_ts.

    A template has a row for each creator under whose videos the member wrote it.
    """
    return (
        actions.where("ring_id IS NOT NULL AND recent AND object_id IS NOT NULL")
        .groupBy("ring_id", "account_id", "verb", "object_id", "creator")
        .agg(F.count("*").alias("acts"), F.min("ts").alias("first_ts"))
    )


def ring_features(
    members: DataFrame,
    links: DataFrame,
    evidence: DataFrame,
    actions: DataFrame,
    touched: DataFrame,
    targets: DataFrame,
    accounts: DataFrame,
    sizes: DataFrame,
    usual_actions: float,
    max_degree: int,
    since: date,
    as_of: date,
) -> DataFrame:
    """Return one row per ring: ring_id, size, RING_FEATURES, and more columns for the sentence of evidence.

    - `links`, `evidence`: pairs of members of one ring, with ring_id (and family).
    - `actions`: of `ring_actions` since `since`; `touched`, `targets`: of `touched_by_members` and `targets_of`.
    - `sizes`: ring_id, size.
    - `usual_actions`: the number of actions of the platform's median account since then.
    - `max_degree`: accounts on one device or address above which it means nothing.
    """
    on_targets = checkpoint(actions_on_targets(touched, targets))
    audience_of_targets = checkpoint(audience_actions(actions, targets))
    parts = (
        _link_features(links, sizes),
        _evidence_features(evidence, links),
        deeds_in_common(evidence, sizes),
        participation(audience_of_targets, members, targets),
        timing(audience_of_targets, members, targets, since),
        interest(audience_of_targets, members, targets),
        days_of_targets(on_targets),
        profiles(members, accounts, sizes, as_of),
        devices_and_addresses(members, actions, accounts, max_degree),
        _target_features(targets, on_targets, sizes),
        _following_features(members, on_targets, actions),
        _acquainted(members, actions),
        other_activity(touched, targets),
        relative_activity(touched, usual_actions),
        engagement(touched, targets),
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
    """Return whether an object is a target: 2 `members`, and `TARGET_SHARE` of the group's `size`, acted on it."""
    return (F.col("members") >= 2) & (F.col("members") >= F.col("size") * TARGET_SHARE)


def targets_of(
    touched: DataFrame, objects: DataFrame, actions: DataFrame, videos: DataFrame, sizes: DataFrame
) -> DataFrame:
    """Return the objects of the links that are targets of a ring.

    Columns out: ring_id, verb, object_id, creator, uploaded_at, members, audience. `members` and `audience` count the
    members and all accounts that acted on it. `creator` is the uploader, or the account that is followed; where a video
    is unknown, the video itself.
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
        actions.where("recent")
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
        .withColumn("uploaded_at", F.when(object_type() == "video", F.col("uploaded_at")))
        .select("ring_id", "verb", "object_id", "creator", "uploaded_at", "members", "audience")
    )


def _link_features(links: DataFrame, sizes: DataFrame) -> DataFrame:
    """Compute links, density, mean_surprise, min_surprise and objects_per_link."""
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
    """Keep the link evidence by what accounts did, not by their devices, addresses and profiles."""
    return evidence.where(~F.col("kind").isin([kind.name for kind in KINDS if not kind.family.deed]))


def is_deed(family: Column) -> Column:
    """Return whether a family of links comes from what accounts did."""
    return family.isin([each.name for each in FAMILIES if each.deed])


def deeds_in_common(evidence: DataFrame, sizes: DataFrame) -> DataFrame:
    """Compute deed_surprise, machine_surprise and deeds_per_pair: means over all pairs of members, linked or not.

    Of each pair, the largest surprise of any kind by what they did, the largest by devices, addresses and profiles, and
    the most objects of any kind by what they did.
    """
    deed = is_deed(F.col("family"))
    pairs = F.col("size") * (F.col("size") - 1) / 2

    def over_all_pairs(value: str) -> Column:
        """Return the mean of a value over all pairs of members."""
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


def relative_activity(touched: DataFrame, usual_actions: float) -> DataFrame:
    """Compute activity: the actions of the median member relative to those of the platform's median account, in log2.

    Accounts that act a lot share objects with others that do: a group of busy people is what taste gives.
    """
    return (
        touched.where(~F.col("verb").isin(*MADE))
        .groupBy("ring_id", "account_id")
        .agg(F.sum("acts").alias("acts"))
        .groupBy("ring_id")
        .agg(F.percentile("acts", 0.5).alias("acts"))
        .select("ring_id", F.log2((F.col("acts") + 1) / (usual_actions + 1)).alias("activity"))
    )


def days_of_targets(on_targets: DataFrame) -> DataFrame:
    """Compute target_days: the effective number of days on which members acted on targets."""
    return (
        on_targets.groupBy("ring_id", F.to_date("first_ts").alias("day"))
        .agg(F.count("*").alias("acts"))
        .groupBy("ring_id")
        .agg((F.pow(F.sum("acts"), 2) / F.sum(F.col("acts").cast("double") * F.col("acts"))).alias("target_days"))
    )


def _evidence_features(evidence: DataFrame, links: DataFrame) -> DataFrame:
    """Compute the share of links by family, synchrony_s, together_days and works."""
    pairs = links.groupBy("ring_id").agg(F.count("*").alias("pairs"))
    of_pair = evidence.select("ring_id", "account_id", "other_account_id", "family").distinct()
    uploaded_works = evidence.where("family = 'upload'").select("ring_id", F.explode("objects").alias("work"))
    works = uploaded_works.groupBy("ring_id").agg(F.count_distinct("work").alias("works"))
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
    # Without shared devices and addresses, whose times are those of a sign-up, or of the whole window.
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
    """Return one row: `usual`, the largest share of all accounts that signed up within `SCATTERED_DAYS` days of each
    other.
    """
    of_days = F.sum("accounts").over(Window.orderBy("day").rangeBetween(0, SCATTERED_DAYS))
    return (
        accounts.where("created_at IS NOT NULL")
        .groupBy(F.unix_date(F.to_date("created_at")).alias("day"))
        .agg(F.count("*").alias("accounts"))
        .withColumn("together", of_days)
        .agg(F.coalesce(ratio(F.max("together"), F.sum("accounts")), F.lit(0.0)).alias("usual"))
    )


def sign_up_surprise(together: Column, known: Column, usual: Column) -> Column:
    """Return the -log10 of a bound on the probability that so many of `known` random accounts signed up `together`.

    That is within `SCATTERED_DAYS` days of each other. Each account may be the first of them; of the others, the share
    `usual` at most falls into the days after. The tail of that binomial is bounded as by Chernoff (Hoeffding 1963),
    times the number of accounts that may be the first.
    """
    others = (known - 1).cast("double")
    share = ratio(together - 1, others)
    rest = F.when(share < 1, (1 - share) * F.log(ratio(1 - share, 1 - usual))).otherwise(0.0)
    bound = others * (share * F.log(ratio(share, usual)) + rest) - F.log(known.cast("double"))
    return F.when(share > usual, F.greatest(bound / LN_10, F.lit(0.0))).otherwise(0.0)


def profiles(members: DataFrame, accounts: DataFrame, sizes: DataFrame, as_of: date) -> DataFrame:
    """Compute what the profiles of the members have in common; members without a profile count in the size only."""
    member_profiles = (
        accounts.select("account_id", "created_at", "country")
        .join(F.broadcast(members.select("ring_id", "account_id")), on="account_id", how="inner")
        .withColumn("created_s", F.unix_timestamp("created_at"))
    )
    sign_up_window = Window.partitionBy("ring_id").orderBy("created_s").rangeBetween(0, SCATTERED_DAYS * DAY_SECONDS)
    of_all = F.sum("residents").over(Window.partitionBy("ring_id"))
    countries = (
        member_profiles.where("country IS NOT NULL")
        .groupBy("ring_id", "country")
        .agg(F.count("*").alias("residents"))
        .withColumn("country_share", F.col("residents") / of_all)
        .groupBy("ring_id")
        .agg(F.max("country_share").alias("country_share"))
    )
    as_of_s = F.unix_timestamp(F.lit(as_of).cast("timestamp"))
    beyond_usual = ratio(F.col("created_together") / F.col("size") - F.col("usual"), 1 - F.col("usual"))
    return (
        member_profiles.withColumn("together", F.count("created_s").over(sign_up_window))
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


def devices_and_addresses(members: DataFrame, actions: DataFrame, accounts: DataFrame, max_degree: int) -> DataFrame:
    """Count the devices and addresses of the members' actions and sign-ups, and the members that share one.

    One of more than `max_degree` accounts, by sign-up or as members of rings, is left out: it stands for an unknown
    device, or for half of a town.
    """
    ring_of = members.select("ring_id", "account_id")
    columns = ["ring_id", "account_id", "device_id", "ip_id"]
    used = actions.where("ring_id IS NOT NULL AND recent").select(columns)
    signed_up = accounts.select(
        "account_id", F.col("signup_device_id").alias("device_id"), F.col("signup_ip_id").alias("ip_id")
    )
    at_signup = signed_up.join(ring_of, on="account_id", how="inner").select(columns)
    used_by_members = checkpoint(_devices_and_addresses_of(used.union(at_signup).distinct()).distinct())
    widespread = (
        used_by_members.select("account_id", "id_type", "device_or_address")
        .unionByName(_devices_and_addresses_of(signed_up))
        .groupBy("id_type", "device_or_address")
        .agg(F.count_distinct("account_id").alias("accounts"))
        .where(F.col("accounts") > max_degree)
    )
    users = F.count("*").over(Window.partitionBy("ring_id", "id_type", "device_or_address"))
    specific = used_by_members.join(widespread, on=["id_type", "device_or_address"], how="left_anti").withColumn(
        "users", users
    )

    def counts_of(id_type: str) -> tuple[Column, Column]:
        """Return how many there are, and how many members share one; null where none is known."""
        devices_and_addresses = F.count_distinct(F.when(F.col("id_type") == id_type, F.col("device_or_address")))
        sharers = F.count_distinct(F.when((F.col("id_type") == id_type) & (F.col("users") > 1), F.col("account_id")))
        return F.nullif(devices_and_addresses, F.lit(0)), F.when(devices_and_addresses > 0, sharers)

    (devices, on_devices), (addresses, on_addresses) = counts_of("device"), counts_of("ip")
    return specific.groupBy("ring_id").agg(
        devices.alias("devices"),
        on_devices.alias("shared_device_share"),
        addresses.alias("addresses"),
        on_addresses.alias("shared_address_share"),
    )


def _devices_and_addresses_of(seen: DataFrame) -> DataFrame:
    """Return a row per device and address of each row: `id_type` (device or ip), `device_or_address`."""
    types = [
        F.struct(F.lit(id_type).alias("id_type"), F.col(f"{id_type}_id").alias("device_or_address"))
        for id_type in ("device", "ip")
    ]
    rest = [name for name in seen.columns if name not in ("device_id", "ip_id")]
    return (
        seen.select(*rest, F.explode(F.array(*types)).alias("item"))
        .select(*rest, "item.id_type", "item.device_or_address")
        .where("device_or_address IS NOT NULL")
    )


def actions_on_targets(touched: DataFrame, targets: DataFrame) -> DataFrame:
    """Return what each member did to which target: ring_id, account_id, verb, object_id, creator, first_ts."""
    whose = targets.select("ring_id", "verb", "object_id", F.col("creator").alias("owner"))
    return touched.join(whose, on=["ring_id", "verb", "object_id"], how="inner").select(
        "ring_id",
        "account_id",
        "verb",
        "object_id",
        F.coalesce("creator", "owner").alias("creator"),
        "first_ts",
    )


def _target_features(targets: DataFrame, on_targets: DataFrame, sizes: DataFrame) -> DataFrame:
    """Compute targets, coverage, capture, top_object_share, creators, top_creator, top_creator_share and top_verb.

    A target counts by the members that acted on it: what few of them share says little about the others. `top_verb` is
    the verb that the sentence of evidence names.
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
        .withColumn(
            "weighted_acts", F.when(F.col("verb") == "view", F.col("acts") / VIEWS_PER_ACTION).otherwise(F.col("acts"))
        )
        .groupBy("ring_id")
        .agg(F.max_by("verb", F.struct("weighted_acts", "verb")).alias("top_verb"))
    )
    members = F.col("members")
    audience_shares = members * members / (F.col("audience") + STRANGERS)
    overall = (
        targets.join(sizes, on="ring_id", how="inner")
        .groupBy("ring_id", "size")
        .agg(
            F.count("*").alias("targets"),
            (F.sum(members.cast("double") * members) / F.sum("members") / F.col("size")).alias("coverage"),
            (exact_sum(audience_shares) / F.sum("members")).alias("capture"),
            (F.max("members") / F.sum("members")).alias("top_object_share"),
        )
        .drop("size")
    )
    return overall.join(by_creator, on="ring_id", how="inner").join(by_verb, on="ring_id", how="left")


def _following_features(members: DataFrame, on_targets: DataFrame, actions: DataFrame) -> DataFrame:
    """Compute the shares of actions on targets of creators followed well before, and of members."""
    follows = (
        actions.where("ring_id IS NOT NULL AND verb = 'follow'")
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


def _acquainted(members: DataFrame, actions: DataFrame) -> DataFrame:
    """Count the members that follow another member or are followed by one, in all follows that were read."""
    follows = actions.where("ring_id IS NOT NULL AND verb = 'follow'").select("ring_id", "account_id", "object_id")
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


def other_activity(touched: DataFrame, targets: DataFrame) -> DataFrame:
    """Compute acts_per_member, inside_share and independent_share.

    These are actions in all, the share on targets, and the share of objects that no other member touched. A comment
    with a template of the ring is an action on a target.
    """
    object_key, typed = ["object_type", "object_id"], object_type().alias("object_type")
    event = ~F.col("verb").isin(*WRITTEN)
    inside = targets.where(event).select("ring_id", typed, "object_id", F.lit(True).alias("inside")).distinct()
    objects = touched.where(event).groupBy("ring_id", "account_id", typed, "object_id").agg(F.sum("acts").alias("acts"))
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
    untouched_by_others = F.count("*").over(Window.partitionBy("ring_id", *object_key)) == 1
    return (
        objects.withColumn("untouched_by_others", untouched_by_others)
        .join(inside, on=["ring_id", *object_key], how="left")
        .groupBy("ring_id", "account_id")
        .agg(
            F.sum("acts").alias("acts"),
            on_targets.alias("on_targets"),
            (F.count_if("untouched_by_others") / F.count("*")).alias("untouched_by_others"),
        )
        .join(written, on=["ring_id", "account_id"], how="left")
        .withColumn("inside", F.least("acts", F.col("on_targets") + F.coalesce("written", F.lit(0))) / F.col("acts"))
        .groupBy("ring_id")
        .agg(
            (F.sum("acts") / F.count("*")).alias("acts_per_member"),
            exact_mean(F.col("inside")).alias("inside_share"),
            exact_mean(F.col("untouched_by_others")).alias("independent_share"),
        )
    )


def engagement(touched: DataFrame, targets: DataFrame) -> DataFrame:
    """Compute watched_together, willed_together, willed_expected and response on the videos that members view together.

    A video counts once for each member that viewed it, however often, and once for each member that liked, commented on
    or shared it. What is expected is each member's rate on all other videos.
    """
    together = targets.where("verb = 'view'").select("ring_id", "object_id", F.lit(True).alias("together"))
    inside, viewed, engaged = F.coalesce("together", F.lit(False)), F.col("viewed"), F.col("engaged")
    # Null for a member that watches nothing else, and then not summed.
    expected = F.col("watched") * F.when(F.col("elsewhere") > 1, 1.0).otherwise(F.col("elsewhere"))
    return (
        touched.where(F.col("verb").isin("view", *RESPONSES))
        .groupBy("ring_id", "account_id", "object_id")
        .agg(F.bool_or(F.col("verb") == "view").alias("viewed"), F.bool_or(F.col("verb") != "view").alias("engaged"))
        .join(together, on=["ring_id", "object_id"], how="left")
        .groupBy("ring_id", "account_id")
        .agg(
            F.count_if(inside & viewed).alias("watched"),
            F.count_if(inside & engaged).alias("engagements"),
            ratio(F.count_if(~inside & engaged), F.count_if(~inside & viewed)).alias("elsewhere"),
        )
        .groupBy("ring_id")
        .agg(
            F.sum("watched").alias("watched_together"),
            F.sum("engagements").alias("willed_together"),
            exact_sum(expected).alias("willed_expected"),
        )
        .withColumn("response", F.log2((F.col("willed_together") + 1) / (F.col("willed_expected") + 1)))
    )


def with_family(evidence: DataFrame) -> DataFrame:
    """Add the name of the family of each row's kind to link evidence."""
    families = {kind.name: kind.family.name for kind in KINDS}
    return evidence.withColumn("family", looked_up(F.col("kind"), families, OTHER.name))
