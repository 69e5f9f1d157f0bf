"""What a weighted sample is worth."""

import numpy as np

from lake.sampling import effective_size


def test_observations_of_equal_weight_count_in_full():
    assert effective_size(np.full(5, 3.0)) == 5


def test_weights_tell_by_their_ratios_alone():
    weights = np.array([1.0, 1.0, 2.0])
    assert effective_size(weights) == effective_size(weights * 2.0**-800) == 16 / 6


def test_nothing_is_worth_nothing():
    assert effective_size(np.array([])) == effective_size(np.zeros(3)) == 0
