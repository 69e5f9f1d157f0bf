"""Which objects are informative about pairs, and what it costs to test these."""

import random
from datetime import timedelta

import pytest

from conf import load_limits
from features.links.degrees import (
    EXHAUSTIVE_LEVELS,
    account_degrees,
    informative_actions,
    kind_totals,
    object_degrees,
    with_co_occurrence_keys,
)
from features.links.evidence import co_action_pairs, sampled_counts
from features.links.hash_blocks import in_hash_blocks
from features.links.kinds import NUMBER, SOURCE_NUMBER
from tests.builders import at

LIMITS = load_limits().links
NOON = at("2026-02-01 12:00")
ACTS = "source tinyint, account_id bigint, object bigint, topic bigint, ts timestamp"


def likes(accounts, video, within_s):
    """Likes of one video by so many accounts, evenly over so many seconds."""
    step = timedelta(seconds=within_s / len(accounts))
    return [(SOURCE_NUMBER["like"], one, video, video, NOON + place * step) for place, one in enumerate(accounts)]


def told(spark, rows, limits=LIMITS):
    """The acts that are looked at, and the figures of each kind."""
    acts = spark.createDataFrame(rows, ACTS)
    keyed = with_co_occurrence_keys(acts, limits)
    by_key = object_degrees(keyed)
    found = kind_totals(account_degrees(acts), by_key, limits)
    return informative_actions(keyed, by_key, found), {p.kind.name: p for p in found}


def met(acts, limits=LIMITS):
    """The pairs that meet, by kind."""
    pairs_of = co_action_pairs(acts, limits).select("kind", "account_id", "other_account_id").collect()
    return {(row.kind, row.account_id, row.other_account_id) for row in pairs_of}


def test_many_who_act_within_a_minute_are_paired_where_as_many_in_a_month_are_not(spark):
    ring = range(260)
    month = [act for film in (1, 2) for act in likes(ring, film, within_s=28 * 86_400)]
    minute = [act for film in (3, 4) for act in likes(ring, film, within_s=60)]
    acts, found = told(spark, month + minute + likes([1_000, 1_001], 5, within_s=28 * 86_400))
    assert {kind: p.cap for kind, p in found.items()} == {"like": 2, "like_moment": 260}
    everyone = {(NUMBER["like_moment"], one, other) for one in ring for other in ring if one < other}
    assert met(acts.where(acts.level < EXHAUSTIVE_LEVELS)) == everyone | {(NUMBER["like"], 1_000, 1_001)}


def test_what_a_crowd_costs_is_bounded_also_in_a_moment(spark):
    viral, friends = likes(range(300), 1, within_s=60), likes([1_000, 1_001], 2, within_s=60)
    few = LIMITS.model_copy(update={"min_pairs": 10_000})
    acts, found = told(spark, viral + friends, few)
    assert {kind: p.cap for kind, p in found.items()} == {"like": 2, "like_moment": 2}
    plain = acts.where(acts.level < EXHAUSTIVE_LEVELS)
    assert met(plain, few) == {(NUMBER[kind], 1_000, 1_001) for kind in ("like", "like_moment")}


def test_of_a_crowd_those_in_one_block_are_paired_on_all_its_objects(spark):
    month = [act for film in (1, 2) for act in likes(range(100), film, within_s=28 * 86_400)]
    few = LIMITS.model_copy(update={"min_pairs": 3_000})
    acts, found = told(spark, month, few)
    assert found["like"].blocks == (0, 16)
    each = co_action_pairs(in_hash_blocks(acts), few).groupBy("account_id", "other_account_id").count().collect()
    assert {row["count"] for row in each} == {2}
    assert 0.8 < 16 * len(each) / (100 * 99 / 2) < 1.2


def test_how_often_pairs_met_is_the_same_by_a_sample_of_them_as_by_all(spark):
    rng = random.Random(1)
    month = [act for film in range(300) for act in likes(rng.sample(range(400), 30), film, within_s=28 * 86_400)]
    acts, found = told(spark, month)
    whole, sample = (
        {(row.level, row.met): row.pairs for row in sampled_counts(acts, list(found.values()), limits).collect()}
        for limits in (LIMITS, LIMITS.model_copy(update={"sampled_pairs": 10_000}))
    )
    assert sum(whole.values()) > 50_000 and whole != sample
    assert sample == pytest.approx(whole, rel=0.2)
