"""Score rings by the prior, choose their policies, and write their sentences of evidence."""

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from engine.portable import looked_up, percent, whole_number
from features.links.kinds import FAMILIES, MADE, OTHER
from features.rings.definitions import RINGS_WITH_FEATURES, SCATTERED_DAYS
from features.rings.prior import RingPrior, with_prior
from lake.schemas import POLICIES

EXAMPLES = 3
"""Targets that the sentence names."""
MENTIONED_SHARE = 0.3
"""Share of links from which the sentence mentions a family of evidence."""
MAJORITY = 0.5
MENTIONED_SURPRISE = 3.0
"""Surprise from which the sentence mentions that members signed up together."""
TWICE = 1.0
"""Absolute log2 of observed over expected engagement from which the sentence mentions it."""


def scored_rings(features: DataFrame, targets: DataFrame, prior: RingPrior) -> DataFrame:
    """Return rows of `rings`, without as_of: policy, score, evidence and reasons beside the features.

    `features` is of `ring_features`, `targets` of `targets_of` (for examples in the sentence).
    """
    return (
        features.join(with_prior(features, prior), on="ring_id", how="inner")
        .join(_examples(targets), on=["ring_id", "top_verb"], how="left")
        .withColumn("policy", _policy())
        .withColumn("evidence", _sentence())
        .select([name for name in RINGS_WITH_FEATURES.columns if name != "as_of"])
    )


def _examples(targets: DataFrame) -> DataFrame:
    """Return what the sentence says of each ring and verb: verb_targets, actors, typical_actors, fullest (ids)."""
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
    """Return the policy that a ring's evidence is most specific to, the first of the contract's list of equals."""
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
    """Format a share as a percentage."""
    return percent(F.col(name))


def _duration(seconds: Column) -> Column:
    """Format seconds as `40 s`, `9 min`, `5 h` or `3 days`."""
    return (
        F.when(seconds < 90, F.format_string("%d s", whole_number(seconds)))
        .when(seconds < 90 * 60, F.format_string("%d min", whole_number(seconds / 60)))
        .when(seconds < 36 * 3600, F.format_string("%d h", whole_number(seconds / 3600)))
        .otherwise(F.format_string("%d days", whole_number(seconds / 86_400)))
    )


def _p_value(surprise: Column) -> Column:
    """Format a surprise as a p-value."""
    return F.format_string("1e-%d", whole_number(surprise))


def _sentence() -> Column:
    """Return the sentence of evidence: accounts, actions, significance, then signs of an honest crowd."""
    actions, signs = _actions_part(), _honest_signs()
    honest = F.when(F.length(signs) > 0, F.concat(F.lit("; but "), signs)).otherwise("")
    return F.concat(
        F.concat_ws("; ", _accounts_part(), F.when(F.length(actions) > 0, actions)),
        F.lit(" ("),
        _significance(),
        F.lit(")"),
        honest,
        F.lit("."),
    )


def _accounts_part() -> Column:
    """Return how many accounts there are, and what they have in common."""
    accounts = F.format_string("%d accounts", F.col("size"))
    created = F.when(
        (F.col("created_together_share") >= MAJORITY) & (F.col("created_surprise") >= MENTIONED_SURPRISE),
        F.format_string(
            f"%d created within {SCATTERED_DAYS} days (of any %d accounts, about %d)",
            F.col("created_together"),
            F.col("created_known"),
            whole_number("created_expected"),
        ),
    )
    devices = F.when(
        F.col("shared_device_share") >= MENTIONED_SHARE,
        F.format_string("%s on shared devices (%d devices in all)", _percent("shared_device_share"), F.col("devices")),
    )
    addresses = F.when(
        F.col("shared_address_share") >= MAJORITY,
        F.format_string("%s on shared addresses (%d in all)", _percent("shared_address_share"), F.col("addresses")),
    )
    return F.concat_ws(", ", accounts, created, devices, addresses)


def _actions_part() -> Column:
    """Return what the accounts did together, and when."""
    other_families = [
        F.when(
            F.col(f"{family.name}_share") >= MENTIONED_SHARE,
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
    engagement = F.when(
        (F.col("view_share") >= MENTIONED_SHARE) & (F.abs("response") >= TWICE),
        F.format_string(
            "%d likes, comments or shares for %d views of such videos, where %d were to be expected of them",
            F.col("willed_together"),
            F.col("watched_together"),
            whole_number("willed_expected"),
        ),
    )
    return F.concat_ws(", ", _targets_part(), *other_families, engagement, gap, dates)


def _targets_part() -> Column:
    """Return the targets of the verb with most actions: how many accounts, how many objects, a few ids."""
    phrases = {family.verb: family.phrase for family in FAMILIES if family.name == family.verb not in MADE}
    verb = looked_up(F.col("top_verb"), phrases)
    noun = F.when(F.col("top_verb") == "follow", "account").otherwise("video")
    examples = F.concat_ws(", ", F.transform("fullest", lambda target: target["object_id"].cast("string")))
    one_target = F.format_string("%d %s the same %s (%s)", F.col("actors"), verb, noun, examples)
    several_targets = F.format_string(
        "up to %d of them %s the same %d %ss (e.g. %s), %d at a time",
        F.col("actors"),
        verb,
        F.col("verb_targets"),
        noun,
        examples,
        F.col("typical_actors"),
    )
    return F.when(
        F.col("verb_targets").isNotNull(),
        F.when(F.col("verb_targets") == 1, one_target).otherwise(several_targets),
    )


def _significance() -> Column:
    """Return how many pairs are linked, and how surprising their links are."""
    return F.format_string(
        "%d of %d pairs linked, each with a chance of %s on average",
        F.col("links"),
        F.expr("size * (size - 1) div 2"),
        _p_value(F.col("mean_surprise")),
    )


def _honest_signs() -> Column:
    """Return what would be typical of an honest crowd."""
    one_creator = F.when(
        F.col("top_creator_share") >= 0.8,
        F.format_string("%s of it goes to one creator (%d)", _percent("top_creator_share"), F.col("top_creator")),
    )
    one_object = F.when(
        (F.col("top_object_share") >= 0.8) & (F.col("targets") > 1),
        F.format_string("%s of it is one object", _percent("top_object_share")),
    )
    followers = F.when(
        F.col("followed_before_share") >= 0.2,
        F.format_string("%s of it by accounts that had followed the creator before", _percent("followed_before_share")),
    )
    independence = F.when(
        F.col("independent_share") >= 0.8,
        F.format_string(
            "otherwise independent lives: %s of what they touch no other member does", _percent("independent_share")
        ),
    )
    return F.concat_ws(", ", one_creator, one_object, followers, independence)
