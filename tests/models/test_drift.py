"""Population stability between two days."""

import math

import numpy as np
import pandas as pd
import pytest

from models.drift import decile_edges, drift, stability_index
from tests.models.worlds import DAY


def test_the_index_of_two_bins_by_hand():
    index, _ = stability_index(then=np.array([80, 20]), now=np.array([60, 40]))
    expected = (0.6 - 0.8) * math.log(0.6 / 0.8) + (0.4 - 0.2) * math.log(0.4 / 0.2)
    assert index == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("counts", [np.array([0, 0]), np.array([7, 0])])
def test_what_has_one_value_does_not_drift(counts):
    assert stability_index(counts, counts) == (0.0, 0.0)


def test_chance_alone_stays_below_the_noise_99_times_in_100():
    dice = np.random.default_rng(3)
    drawn = [dice.multinomial(2_000, np.full(10, 0.1), size=2) for _ in range(1_000)]
    below = [index <= noise for index, noise in (stability_index(*pair) for pair in drawn)]
    assert 0.98 <= np.mean(below) <= 1.0


def test_bins_are_the_distinct_deciles_of_known_values():
    sample = pd.DataFrame({"zeros": [0.0] * 9 + [5.0], "even": range(10), "unknown": [np.nan] * 10})
    edges = decile_edges(sample, ["zeros", "even", "unknown"])
    assert edges["zeros"].tolist() == [0.0]
    assert edges["even"].tolist() == list(range(9))
    assert edges["unknown"].tolist() == []


def test_each_column_is_compared_by_itself(spark):
    then = pd.DataFrame({"as_of": DAY, "same": range(1_000), "moved": range(1_000), "lost": range(1_000)})
    now = then.assign(moved=then["moved"] + 400, lost=np.where(then["lost"] < 300, np.nan, then["lost"]))
    found = drift(*(spark.createDataFrame(each) for each in (then, now)), then, ["same", "moved", "lost"])
    assert found["same"][0] == 0.0
    assert found["moved"][0] > 1 and found["lost"][0] > 0.25 > found["lost"][1]
