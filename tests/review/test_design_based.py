"""Shares by the weights alone, and their intervals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.design_based import corrected, design_based, interval


def test_equal_weights_are_a_plain_share():
    share, variance = design_based(np.array([1.0] * 30 + [0.0] * 70), np.full(100, 7.0))
    assert share == pytest.approx(0.3)
    assert variance == pytest.approx(0.3 * 0.7 / 99, rel=0.01)


def test_correction_undoes_errors():
    assert corrected(0.02 * 0.95 + 0.98 * 0.05, 0.0, (0.05, 0.0))[0] == pytest.approx(0.02, abs=1e-4)


@settings(deadline=None)
@given(st.floats(-0.5, 1.5), st.floats(0, 0.5), st.floats(1, 1e6))
def test_an_interval_is_one(share, variance, size):
    low, high = interval(share, variance, size)
    assert 0 <= low <= high <= 1
    assert low <= min(max(share, 0), 1) <= high
