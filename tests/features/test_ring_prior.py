"""What is thought of a ring before any verdict: the shipped trees, their signs and their reasons."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.rings.measures import RING_FEATURES
from features.rings.prior import INPUTS, RingPrior, shipped, with_prior

UNITS = {feature.name: feature.unit for feature in RING_FEATURES}
SCHEMA = "ring_id bigint, " + ", ".join(f"{name} double" for name in INPUTS)


def a_value(name):
    """A value such as the feature may have, or none."""
    return st.none() | st.floats(0, 1 if UNITS[name] == "share" else 1_000, allow_subnormal=False)


def log_odds(**known):
    values = np.array([[np.nan if known.get(name) is None else known[name] for name in INPUTS]])
    start, parts = shipped().contributions(values)
    return start + parts.sum()


@given(st.fixed_dictionaries({name: a_value(name) for name in INPUTS}), st.sampled_from(sorted(INPUTS)), st.data())
def test_more_of_a_feature_moves_a_score_in_its_direction_alone(ring, name, data):
    less = data.draw(a_value(name).filter(lambda value: value is not None))
    more = less + data.draw(st.floats(0, 100))
    change = log_odds(**ring | {name: more}) - log_odds(**ring | {name: less})
    assert change * INPUTS[name] >= -1e-5


def test_reasons_add_up_to_the_score_largest_first_and_unknown_where_nothing_was_measured(spark):
    rows = [(1, *(0.5 for _ in INPUTS)), (2, *(None for _ in INPUTS))]
    for ring in with_prior(spark.createDataFrame(rows, SCHEMA), shipped()).collect():
        parts = [reason.contribution for reason in ring.reasons]
        assert sum(parts) == pytest.approx(np.log(ring.score / (1 - ring.score)), abs=1e-6)
        assert parts == sorted(parts, key=abs, reverse=True)
        named = {reason.feature: reason.value for reason in ring.reasons}
        assert named.pop("(base rate)") is None
        assert set(named) <= set(INPUTS)
        assert set(named.values()) == {0.5 if ring.ring_id == 1 else None}


def test_a_day_without_rings_has_no_scores(spark):
    assert with_prior(spark.createDataFrame([], SCHEMA), shipped()).collect() == []


def test_a_prior_of_other_features_is_not_taken():
    told = json.loads(shipped().to_json())
    with pytest.raises(ValueError, match="make ring-prior"):
        RingPrior.from_json(json.dumps(told | {"features": told["features"][1:]}))


def test_a_prior_is_the_same_after_it_was_written():
    again = RingPrior.from_json(shipped().to_json())
    values = np.full((1, len(INPUTS)), 0.3)
    assert again.contributions(values)[1].tolist() == shipped().contributions(values)[1].tolist()
