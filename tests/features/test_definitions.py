"""Every feature says what it is; the page of features is what the code says."""

from collections import Counter
from pathlib import Path

import pytest

from features import accounts, videos
from features.definitions import WINDOWS
from features.docs import page

PAGE = Path(__file__).parents[2] / "docs" / "features.md"
ALL = (*accounts.FEATURES, *videos.FEATURES)


@pytest.mark.parametrize("feature", ALL, ids=lambda each: each.name)
def test_a_feature_says_what_it_means_and_who_looks_like_that(feature):
    for text in (feature.meaning, feature.abuse, feature.honest, feature.blank, feature.unit):
        assert text.strip()
    assert set(feature.windows) <= set(WINDOWS)


def test_no_column_is_there_twice():
    for table in (accounts.TABLE, videos.TABLE):
        assert max(Counter(table.columns).values()) == 1


def test_there_are_enough_for_a_first_look():
    assert len(accounts.FEATURES) >= 40
    assert len(videos.FEATURES) >= 25


def test_the_page_is_up_to_date():
    assert PAGE.read_text() == page(), "run `make docs`"
