"""Which places still say something of a pair, and what it costs to look at them."""

from datetime import timedelta

from conf import load_limits
from features.links.crowds import activity, crowdedness, populations, telling, windows
from features.links.evidence import pairs
from features.links.kinds import NUMBER, SOURCE_NUMBER
from tests.builders import at

LIMITS = load_limits().links
NOON = at("2026-02-01 12:00")
ACTS = "source tinyint, account_id bigint, object bigint, topic bigint, ts timestamp"


def likes(accounts, video, within_s):
    """Likes of one video by so many accounts, evenly over so many seconds."""
    step = timedelta(seconds=within_s / len(accounts))
    return [(SOURCE_NUMBER["like"], one, video, video, NOON + place * step) for place, one in enumerate(accounts)]


def told_pairs(spark, rows, limits=LIMITS):
    """The pairs that meet, by kind, and the cap of each kind."""
    acts = spark.createDataFrame(rows, ACTS)
    placed = windows(acts, limits)
    crowds = crowdedness(placed)
    found = populations(activity(acts), crowds, limits)
    met = pairs(telling(placed, crowds, found), limits).select("kind", "account_id", "other_account_id").collect()
    return {(row.kind, row.account_id, row.other_account_id) for row in met}, {p.kind.name: p.cap for p in found}


def test_many_who_act_within_a_minute_are_paired_where_as_many_in_a_month_are_not(spark):
    ring = range(260)
    month = [act for film in (1, 2) for act in likes(ring, film, within_s=28 * 86_400)]
    minute = [act for film in (3, 4) for act in likes(ring, film, within_s=60)]
    met, caps = told_pairs(spark, month + minute + likes([1_000, 1_001], 5, within_s=28 * 86_400))
    assert caps == {"like": 2, "like_moment": 260}
    everyone = {(NUMBER["like_moment"], one, other) for one in ring for other in ring if one < other}
    assert met == everyone | {(NUMBER["like"], 1_000, 1_001)}


def test_what_a_crowd_costs_is_bounded_also_in_a_moment(spark):
    viral, friends = likes(range(300), 1, within_s=60), likes([1_000, 1_001], 2, within_s=60)
    few = LIMITS.model_copy(update={"min_pairs": 10_000})
    met, caps = told_pairs(spark, viral + friends, few)
    assert caps == {"like": 2, "like_moment": 2}
    assert met == {(NUMBER[kind], 1_000, 1_001) for kind in ("like", "like_moment")}
