"""Audiences that come back and are never moved are told from those that merely seldom are."""

import random
from datetime import timedelta

import numpy as np
import pytest

from conf import load_limits
from features.links import non_engaging_repeat_viewers, watching
from features.links.audiences import lower_tail_surprise, non_engaging_pairs
from tests.builders import at, events, videos

pytestmark = pytest.mark.whole

LIMITS = load_limits().links
START = at("2026-02-01 00:00")
PEOPLE, CREATORS, FILMS_EACH = 200, 50, 5
PAID = range(1, 31)
CUSTOMER = CREATORS


def film(creator: int, number: int) -> int:
    return creator * FILMS_EACH + number


def evenings(seed: int, moved: float = 0.3, silent: range = range(0)) -> list[dict]:
    """Everybody watches ten creators, three films each, and likes so many of them; `silent` watch one more and like
    none of its films.
    """
    draw = random.Random(seed)
    watched = [
        (person, film(creator, number), draw.random() < moved)
        for person in range(1, PEOPLE + 1)
        for creator in draw.sample(range(CREATORS), 10)
        for number in draw.sample(range(FILMS_EACH), 3)
    ]
    watched += [(person, film(CUSTOMER, number), False) for person in silent for number in range(3)]
    return [
        {"account_id": person, "verb": verb, "video_id": video, "ts": START + timedelta(seconds=draw.randrange(10**6))}
        for person, video, liked in watched
        for verb in (["view", "like"] if liked else ["view"])
    ]


def silent(spark, acts: list[dict]) -> set[tuple[int, int]]:
    """(account, creator) of non-engaging repeat viewers, creators named by their position."""
    films = videos(
        spark,
        *(
            {"video_id": film(creator, number), "account_id": 1_000 + creator}
            for creator in range(CREATORS + 1)
            for number in range(FILMS_EACH)
        ),
    )
    rows = non_engaging_repeat_viewers(watching(events(spark, *acts), films).repeat_viewers, LIMITS).collect()
    return {(row.account_id, row.creator - 1_000) for row in rows}


def test_who_is_paid_to_watch_gives_the_customer_away(spark):
    assert silent(spark, evenings(1, silent=PAID)) == {(account, CUSTOMER) for account in PAID}


def test_one_film_watched_again_another_day_is_coming_back_and_a_loop_is_not(spark):
    """The customer has a single film, which its paid audience sees three times."""

    def paid(apart: timedelta) -> set[tuple[int, int]]:
        again = [
            {"account_id": person, "verb": "view", "video_id": film(CUSTOMER, 0), "ts": START + number * apart}
            for person in PAID
            for number in range(3)
        ]
        return silent(spark, evenings(6) + again)

    assert paid(timedelta(days=1)) == {(account, CUSTOMER) for account in PAID}
    assert paid(timedelta(seconds=20)) == set()


def test_people_who_like_what_they_like_are_no_silent_audience(spark):
    assert silent(spark, evenings(2)) == set()


def test_who_likes_nothing_anywhere_says_nothing_by_liking_nothing(spark):
    assert silent(spark, evenings(3, moved=0.0, silent=PAID)) == set()


def test_who_watches_nothing_else_says_nothing(spark):
    strangers = range(PEOPLE + 1, PEOPLE + 31)
    assert silent(spark, evenings(5, silent=strangers)) == set()


def test_a_few_who_are_not_moved_are_few(spark):
    assert silent(spark, evenings(4, silent=PAID[:3])) == set()


@pytest.mark.parametrize("spread", [0.02, 0.3])
@pytest.mark.parametrize("expected", [3.0, 12.0, 60.0])
def test_a_silence_of_two_has_a_chance_of_a_hundredth(spread, expected):
    draw = np.random.default_rng(5)
    moved = draw.poisson(expected * draw.gamma(1 / spread, spread, size=200_000))
    unlikely = lower_tail_surprise(moved, np.full(len(moved), expected), spread) >= 2
    assert 0 <= unlikely.mean() <= 0.0105


def test_pairs_of_silent_regulars(spark):
    first, second = at("2026-02-01 10:00"), at("2026-02-03 10:00")
    rows = [(1, 7, first, 2.0), (2, 7, second, 2.0), (1, 8, second, 3.0), (2, 8, first, 3.0), (3, 8, second, 3.0)]
    schema = "account_id bigint, creator bigint, ts timestamp, surprise double"
    pairs = non_engaging_pairs(spark.createDataFrame(rows, schema))
    found = {
        (row.account_id, row.other_account_id): (row.shared_objects, row.objects, row.creator, row.surprise)
        for row in pairs.collect()
    }
    both = 5 - np.log10(1 + 5 * np.log(10))  # that a product of two chances is 1e-5 or less is less of a surprise
    assert found == {
        (1, 2): (2, ["7", "8"], None, pytest.approx(both)),
        (1, 3): (1, ["8"], 8, 3.0),
        (2, 3): (1, ["8"], 8, 3.0),
    }
    (of_two,) = pairs.where("shared_objects = 2").collect()
    assert (of_two.first_at, of_two.last_at) == (first.replace(tzinfo=None), second.replace(tzinfo=None))
