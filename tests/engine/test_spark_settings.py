"""How Spark is set up on one machine."""

import pytest

pytest.importorskip("delta")


@pytest.mark.parametrize(
    ("window_events", "cores", "expected"),
    [(0, 2, 2), (320_000, 2, 3), (3_200_000, 2, 16), (3_200_000, 16, 32), (None, 4, 32)],
)
def test_small_windows_are_shuffled_in_few_parts(window_events, cores, expected):
    from engine.spark import shuffle_partitions

    assert shuffle_partitions(window_events, cores) == expected
