"""From a ring's features to its policy, its score with reasons, and a sentence of evidence."""

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from engine.portable import looked_up, percent, whole_number
from features.rings.definitions import FAMILIES, MADE, OTHER, RINGS_WITH_FEATURES, SCATTERED_DAYS
from features.rings.prior import RingPrior, with_prior
from lake.schemas import POLICIES

EXAMPLES = 3
"""Targets that the sentence names."""
SAYS = 0.3
"""Share of links from which a kind of evidence is worth a word in the sentence."""
MOST = 0.5
BEYOND_CHANCE = 3.0
"""−log10 of the chance from which it is worth a word that members signed up together."""
TWICE = 1.0
"""From twice or half of the response to be expected on, it is worth a word."""


def judged(features: DataFrame, targets: DataFrame, prior: RingPrior) -> DataFrame:
    """Rows of `rings`, without as_of: policy, score, evidence and reasons beside the features.

    `features` as `ring_features` gives them, `targets` as `targets_of` does (examples for the sentence).
    """
    return (
        features.join(with_prior(features, prior), on="ring_id", how="inner")
        .join(_examples(targets), on=["ring_id", "top_verb"], how="left")
        .withColumn("policy", _policy())
        .withColumn("evidence", _sentence())
        .select([name for name in RINGS_WITH_FEATURES.columns if name != "as_of"])
    )


def _examples(targets: DataFrame) -> DataFrame:
    """Of each ring and verb: number of targets, accounts on the fullest, and the ids of the few most acted on."""
    fullest = F.slice(
        F.sort_array(F.collect_list(F.struct((-F.col("members")).alias("order"), "object_id"))), 1, EXAMPLES
    )
    return targets.groupBy("ring_id", F.col("verb").alias("top_verb")).agg(
        F.count("*").alias("verb_targets"),
        F.max("members").alias("actors"),
        whole_number(F.sum("members") / F.count("*")).alias("typical_actors"),
        fullest.alias("fullest"),
    )


def _policy() -> Column:
    """The policy that the ring's kinds of evidence are most specific to; of equals the first of the contract's list."""
    weights = {
        policy: reduce(
            Column.__add__,
            (F.coalesce(f"{f.name}_share", F.lit(0.0)) * f.weight for f in FAMILIES if f.policy == policy),
            F.lit(0.0),
        )
        for policy in POLICIES
    }
    ranked = [
        F.struct(weight, F.lit(-n).alias("order"), F.lit(p).alias("policy"))
        for n, (p, weight) in enumerate(weights.items())
    ]
    best = F.get(F.sort_array(F.array(*ranked), asc=False), 0)
    return F.when(best["order"].isNull(), OTHER.policy).otherwise(best["policy"])


def _percent(name: str) -> Column:
    return percent(F.col(name))


def _duration(seconds: Column) -> Column:
    """`40 s`, `9 min`, `5 h`, `3 days`."""
    return (
        F.when(seconds < 90, F.format_string("%d s", whole_number(seconds)))
        .when(seconds < 90 * 60, F.format_string("%d min", whole_number(seconds / 60)))
        .when(seconds < 36 * 3600, F.format_string("%d h", whole_number(seconds / 3600)))
        .otherwise(F.format_string("%d days", whole_number(seconds / 86_400)))
    )


def _chance(surprise: Column) -> Column:
    return F.format_string("1e-%d", whole_number(surprise))


def _sentence() -> Column:
    """What holds the ring together, in numbers, objects and times; then what speaks for an honest crowd."""
    accounts = F.format_string("%d accounts", F.col("size"))
    together = F.when(
        (F.col("created_together_share") >= MOST) & (F.col("created_surprise") >= BEYOND_CHANCE),
        F.format_string(
            f"%d created within {SCATTERED_DAYS} days (of any %d accounts, about %d)",
            F.col("created_together"),
            F.col("created_known"),
            whole_number("created_expected"),
        ),
    )
    machines = F.when(
        F.col("shared_device_share") >= SAYS,
        F.format_string("%s on shared devices (%d devices in all)", _percent("shared_device_share"), F.col("devices")),
    )
    homes = F.when(
        F.col("shared_address_share") >= MOST,
        F.format_string("%s on shared addresses (%d in all)", _percent("shared_address_share"), F.col("addresses")),
    )
    who = F.concat_ws(", ", accounts, together, machines, homes)

    phrases = {family.verb: family.phrase for family in FAMILIES if family.name == family.verb not in MADE}
    verb = looked_up(F.col("top_verb"), phrases)
    thing = F.when(F.col("top_verb") == "follow", "account").otherwise("video")
    examples = F.concat_ws(", ", F.transform("fullest", lambda target: target["object_id"].cast("string")))
    targets = F.when(
        F.col("verb_targets").isNotNull(),
        F.when(
            F.col("verb_targets") == 1,
            F.format_string("%d %s the same %s (%s)", F.col("actors"), verb, thing, examples),
        ).otherwise(
            F.format_string(
                "up to %d of them %s the same %d %ss (e.g. %s), %d at a time",
                F.col("actors"),
                verb,
                F.col("verb_targets"),
                thing,
                examples,
                F.col("typical_actors"),
            )
        ),
    )
    said = [
        F.when(
            F.col(f"{family.name}_share") >= SAYS,
            F.format_string(f"%s of the linked pairs {family.phrase}", _percent(f"{family.name}_share")),
        )
        for family in FAMILIES
        if family.verb is None or family.verb in MADE
    ]
    gap = F.when(
        F.col("synchrony_s").isNotNull(),
        F.concat(F.lit("typically "), _duration(F.col("synchrony_s")), F.lit(" apart")),
    )
    dates = F.when(
        F.col("first_at").isNotNull(),
        F.concat(F.to_date("first_at").cast("string"), F.lit(" to "), F.to_date("last_at").cast("string")),
    )
    willed = F.when(
        (F.col("view_share") >= SAYS) & (F.abs("response") >= TWICE),
        F.format_string(
            "%d likes, comments or shares for %d views of such videos, where %d were to be expected of them",
            F.col("willed_together"),
            F.col("watched_together"),
            whole_number("willed_expected"),
        ),
    )
    chance = F.format_string(
        "%d of %d pairs linked, each with a chance of %s on average",
        F.col("links"),
        F.expr("size * (size - 1) div 2"),
        _chance(F.col("mean_surprise")),
    )
    what = F.concat_ws(", ", targets, *said, willed, gap, dates)

    one_creator = F.when(
        F.col("top_creator_share") >= 0.8,
        F.format_string("%s of it goes to one creator (%d)", _percent("top_creator_share"), F.col("top_creator")),
    )
    one_object = F.when(
        (F.col("top_object_share") >= 0.8) & (F.col("targets") > 1),
        F.format_string("%s of it is one object", _percent("top_object_share")),
    )
    fans = F.when(
        F.col("followed_before_share") >= 0.2,
        F.format_string("%s of it by accounts that had followed the creator before", _percent("followed_before_share")),
    )
    lives = F.when(
        F.col("independent_share") >= 0.8,
        F.format_string(
            "otherwise independent lives: %s of what they touch no other member does", _percent("independent_share")
        ),
    )
    against = F.concat_ws(", ", one_creator, one_object, fans, lives)
    honest = F.when(F.length(against) > 0, F.concat(F.lit("; but "), against)).otherwise("")
    return F.concat(
        F.concat_ws("; ", who, F.when(F.length(what) > 0, what)), F.lit(" ("), chance, F.lit(")"), honest, F.lit(".")
    )
