"""How likely each ring is to be explored: as told by its score and size, and as often as stated."""

from math import ceil, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import functions as F

from lake.schemas import RING_SCORES
from review.draws import doubt, explored, lesson, proportional
from tests.review.worlds import AS_OF, policies, rows

POLICIES = policies(uncertain_band=(0.2, 0.8))
SIZES = st.lists(st.integers(1, 3_000_000), min_size=1, max_size=60)


@given(SIZES, st.floats(0.001, 80.0))
def test_probabilities_sum_to_what_is_stated(sizes, number):
    number = min(number, len(sizes))
    largest = sorted(sizes, reverse=True)[: ceil(number)]
    rate = proportional(number, largest, sum(sizes))
    assert sum(min(1.0, rate * size) for size in sizes) == pytest.approx(number, abs=1e-6)
    assert rate > 0


def ring_rows(spark, *given):
    """Rings as entities: entity_id counts up."""
    scored = rows(spark, RING_SCORES, *({"ring_id": n, **one} for n, (_, one) in enumerate(given, start=1)))
    sizes = F.try_element_at(
        F.create_map(*[F.lit(each) for n, (size, _) in enumerate(given, start=1) for each in (n, size)]),
        F.col("ring_id").cast("int"),
    )
    return scored.select(
        "policy",
        F.lit("ring").alias("entity_type"),
        F.col("ring_id").alias("entity_id"),
        "score",
        sizes.alias("ring_size"),
    )


@pytest.mark.whole
def test_what_a_verdict_would_teach(spark):
    given = [
        (8, {"score": 0.5}),
        (64, {"score": 0.5}),
        (8, {"score": 0.1}),
        (8, {"score": 0.02}),
        (8, {"score": 0.98}),
        (8, {"score": 0.99}),
        (1 << 20, {"score": 0.5}),
        (8, {"score": 0.5, "policy": "bot_network"}),
    ]
    told = ring_rows(spark, *given).select(lesson(POLICIES, ["spam_ring"]), doubt(POLICIES, ["spam_ring"])).collect()
    assert [row[0] / 1e6 for row in told] == pytest.approx(
        [0.25 * 3, 0.25 * 6, 0.09 * 3, 0.0196 * log2(8), 0.0196 * log2(8), 0.0, 0.25 * 10, 0.0]
    )
    # What is explored is not drawn for being near the threshold, too.
    assert [row[1] / 1e6 for row in told] == [0.0] * 7 + [0.25]


@pytest.mark.whole
def test_none_is_explored_where_no_policy_is_new(spark):
    told = ring_rows(spark, (8, {"score": 0.5})).select(lesson(POLICIES, []), doubt(POLICIES, [])).first()
    assert (told[0], told[1]) == (0, 250_000)


@pytest.mark.whole
def test_drawn_as_often_as_the_probabilities_say(spark):
    given = [(2 + n % 30, {"score": 0.02 + n / 10_000}) for n in range(3_000)]
    entities = ring_rows(spark, *given)
    sizes = [row[0] for row in entities.select(lesson(POLICIES, ["spam_ring"])).collect()]
    rate = proportional(400, sorted(sizes, reverse=True)[:400], sum(sizes))
    drawn = explored(entities, {"spam_ring": rate}, ["spam_ring"], AS_OF, POLICIES).collect()
    assert min(sizes) > 0
    assert len({row.entity_id for row in drawn}) == len(drawn) == pytest.approx(400, abs=60)
    assert sum(1 / row.inclusion_probability for row in drawn) == pytest.approx(3_000, rel=0.2)
