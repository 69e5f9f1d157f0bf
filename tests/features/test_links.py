"""Who acts together beyond chance: planted groups are found, crowds and noise are not."""

import random
from collections.abc import Sequence
from datetime import timedelta

import pytest
from pyspark.sql import functions as F

from conf import load_limits
from features.links import (
    account_links,
    at_false_discovery_rate,
    comparable_actions,
    linked,
    non_engaging_repeat_viewers,
    shared_works,
    templates,
    watching,
    works,
)
from features.links.combine import rows_of_candidate_pairs
from features.links.contacts import without_separate_sellers
from features.links.kinds import KINDS, SOURCE_NUMBER
from tests.builders import accounts, at, decisions, events, minutes, videos

pytestmark = pytest.mark.whole

LIMITS = load_limits().links
START = at("2026-02-01 00:00")
RING = range(1, 11)
PAIRS = {(one, other) for one in RING for other in RING if one < other}
PEOPLE, FILMS = 300, 600


def noise(seed: int, share_of_ring: int = 30, verb: str = "like") -> list[dict]:
    """Acts of people who act alone: each on some films, once on each, at any time of four weeks."""
    draw = random.Random(seed)
    return [
        {
            "account_id": person,
            "verb": verb,
            "video_id": film,
            "ts": START + timedelta(seconds=draw.randrange(28 * 86_400)),
        }
        for person in range(1, PEOPLE + 1)
        for film in sorted({int(FILMS * draw.random() ** 2) + 1 for _ in range(share_of_ring)})
    ]


def acts_of(spark, acted, people, films, violating=(), limits=LIMITS):
    """All that can be had in common; `violating` are rows of decisions."""
    since, upload_works, comment_topics = START.date(), works(films, START.date(), limits), templates(acted, limits)
    watched, judged = watching(acted, films), decisions(spark, *violating)
    return comparable_actions(acted, people, films, upload_works, comment_topics, watched, judged, since)


def found(
    spark, rows: list[dict], films_each: int = 1, limits=LIMITS, uploads: Sequence[dict] = ()
) -> set[tuple[int, int]]:
    """Pairs that the suite links, out of raw events and uploads; every other creator has `films_each` films."""
    people = accounts(spark, *({"account_id": person} for person in range(1, PEOPLE + 1)))
    others = ({"video_id": film, "account_id": 10_000 + film // films_each} for film in range(FILMS + 100))
    films = videos(spark, *others, *uploads)
    acted = events(spark, *rows)
    acts = acts_of(spark, acted, people, films, limits=limits)
    silent = non_engaging_repeat_viewers(watching(acted, films).repeat_viewers, limits)
    links = linked(acts, silent, limits).pairs
    threshold = at_false_discovery_rate(links, PEOPLE, limits.false_discovery_rate)
    return {(row.account_id, row.other_account_id) for row in links.where(links.surprise >= threshold).collect()}


@pytest.mark.parametrize("seed", [1, 2])
def test_people_who_act_alone_are_not_linked(spark, seed):
    assert len(found(spark, noise(seed))) <= 2


def test_a_group_with_six_rare_films_within_ten_minutes_is_found_under_camouflage(spark):
    together = [
        {
            "account_id": member,
            "verb": "like",
            "video_id": FILMS + film,
            "ts": START + timedelta(days=3 * film) + minutes(member),
        }
        for member in RING
        for film in range(1, 7)
    ]
    links = found(spark, noise(3, share_of_ring=54) + together)
    assert links >= PAIRS
    assert len(links - PAIRS) <= 2


def test_a_ring_whose_targets_are_too_crowded_for_all_pairs_is_found_over_weeks(spark):
    ring = range(2_001, 2_161)
    draw = random.Random(8)
    bought = [
        {
            "account_id": member,
            "verb": "like",
            "video_id": FILMS + film,
            "ts": START + timedelta(days=28 * draw.random()),
        }
        for member in ring
        for film in range(12)
    ]
    few = LIMITS.model_copy(update={"min_pairs": 310_000})
    links = found(spark, noise(8, share_of_ring=54) + bought, limits=few)
    of_ring = {(one, other) for one, other in links if one in ring and other in ring}
    assert len(of_ring) > 0.95 * len(ring) * (len(ring) - 1) / 2
    assert len(links - of_ring) <= 2


def test_a_brigade_that_makes_most_of_a_small_platforms_reports_is_found(spark):
    reports = [
        {
            "account_id": member,
            "verb": "report",
            "video_id": FILMS + film,
            "ts": START + timedelta(days=2 * film, hours=member),
        }
        for member in RING
        for film in range(1, 9)
    ]
    outrage = [
        {"account_id": person, "verb": "report", "video_id": FILMS + 20, "ts": START + minutes(person)}
        for person in range(100, 130)
    ]
    links = found(spark, noise(5) + reports + outrage)
    assert links >= PAIRS
    assert len(links - PAIRS) <= 2


def test_bots_that_only_watch_are_linked_by_whose_films_they_come_back_to(spark):
    """Ten accounts are paid to watch the films of twelve unknown creators: each some of them, over three weeks."""
    draw = random.Random(6)
    paid = [
        {"account_id": member, "verb": "view", "video_id": film, "ts": START + timedelta(days=21 * draw.random())}
        for member in RING
        for creator in range(12)
        for film in draw.sample(range(FILMS + 6 * creator, FILMS + 6 * creator + 6), 3)
    ]
    links = found(spark, noise(6, verb="view") + paid, films_each=6)
    assert links >= PAIRS
    assert len(links - PAIRS) <= 2


def test_a_crowd_on_one_film_and_one_address_is_not_linked(spark):
    crowd = [
        {
            "account_id": person,
            "verb": "comment",
            "video_id": FILMS + 1,
            "text": "I want to win this!",
            "ip_id": "carrier",
            "ts": START + minutes(person / 10),
        }
        for person in range(1, PEOPLE + 1)
    ]
    assert len(found(spark, noise(4) + crowd)) <= 2


PITCHES = (
    "passive income every single week, ask for it",
    "my mentor doubled all that I had saved",
    "nobody tells you how easy trading became",
    "leave your job by summer, here is the way",
)
OF_ONE_SELLER = {(one, other) for one, other in PAIRS if (one <= 5) == (other <= 5)}


def spam(contact) -> list[dict]:
    """Each member of the ring posts every pitch twice, the `contact` of its number and the comment's after it."""
    return [
        {
            "account_id": member,
            "verb": "comment",
            "video_id": 1 + 40 * member + place,
            "text": f"{PITCHES[place % 4]} {contact(member, place)} {'!' * place}",
            "ts": START + timedelta(days=place, minutes=97 * member),
        }
        for member in RING
        for place in range(8)
    ]


def two_sellers(member: int, place: int) -> str:
    return "@broker_anna" if member <= 5 else "@broker_bob"


@pytest.mark.parametrize(
    ("contact", "of_one_hand_are"),
    [
        (two_sellers, OF_ONE_SELLER),
        (lambda member, place: f"@star_{(member + place) % 9}", PAIRS),
        (lambda member, place: f"@own_{member}", PAIRS),
        (lambda member, place: "@broker_anna" if place % 2 else f"@own_{member}", PAIRS),
    ],
    ids=["two sellers", "one seller who tags people", "a name for each account", "one contact beside such names"],
)
def test_contacts_tell_sellers_of_one_script_apart(spark, contact, of_one_hand_are):
    people, films = accounts(spark, *({"account_id": member} for member in RING)), videos(spark)
    acts = acts_of(spark, events(spark, *spam(contact)), people, films)
    everyone = spark.createDataFrame(sorted(PAIRS), "account_id bigint, other_account_id bigint")
    assert {
        tuple(pair) for pair in without_separate_sellers(everyone, acts, LIMITS.max_crowd).collect()
    } == of_one_hand_are


def test_equal_words_link_the_accounts_of_one_seller_alone(spark):
    draw = random.Random(8)
    remarks = [{**act, "text": "".join(draw.choices("abcdefghijklmnop", k=20))} for act in noise(8, 8, verb="comment")]
    links = found(spark, remarks + spam(two_sellers))
    assert links & PAIRS == OF_ONE_SELLER


def test_who_is_copied_is_not_linked_to_those_who_copy(spark):
    """Three accounts post the films of a fourth again, one after the other in turns."""
    films = [
        {
            "video_id": 100 * film + place,
            "account_id": account,
            "created_at": START + timedelta(days=film, hours=place),
            "frame_hash": bytes([film]) * 32,
        }
        for film in range(1, 11)
        for place, account in enumerate((9, *random.Random(film).sample((1, 2, 3), 3)))
    ]
    # The fourth posts a picture that goes round, too, after the others.
    films += [
        {
            "video_id": 2_000 + place,
            "account_id": account,
            "created_at": START + timedelta(days=12, hours=place),
            "frame_hash": bytes([99]) * 32,
        }
        for place, account in enumerate((1, 2, 3, 9))
    ]
    people = accounts(spark, *({"account_id": person} for person in (1, 2, 3, 9)))
    acts = acts_of(spark, events(spark), people, videos(spark, *films))
    frames = acts.where(acts.source == SOURCE_NUMBER["frame"]).collect()
    assert {row.account_id for row in frames} == {1, 2, 3}
    assert len(frames) == 33


def surprise_of(spark, *kinds: tuple[str, float, int | None]) -> float:
    """The surprise of a pair that shares three objects of each of some kinds: (kind, surprise, creator)."""
    rows = [(1, 2, kind, 3, surprise, creator) for kind, surprise, creator in kinds]
    schema = "account_id bigint, other_account_id bigint, kind string, shared_objects bigint, surprise double"
    (link,) = account_links(spark.createDataFrame(rows, f"{schema}, creator bigint"), LIMITS).collect()
    return link.surprise


def test_what_is_all_about_one_creator_counts_once(spark):
    fans = [("like", 4.0, 7), ("regular", 4.0, 7), ("follow", 3.0, 7)]
    assert surprise_of(spark, *fans) == surprise_of(spark, fans[0])
    customers = [("like", 4.0, None), ("regular", 4.0, 7), ("follow", 3.0, 7)]
    assert surprise_of(spark, *customers) > surprise_of(spark, customers[0]) + 1
    neighbours = [*fans, ("address", 3.0, None)]
    assert surprise_of(spark, *neighbours) == surprise_of(spark, fans[0], neighbours[-1])


def test_works_that_several_uploaded_and_who_was_first(spark):
    frame, near, alike = bytes(32), b"\x07" + bytes(31), b"\xff" * 5 + bytes(27)
    films = [
        {"video_id": 1, "account_id": 1, "created_at": at("2026-02-01 10:00"), "frame_hash": frame},
        {"video_id": 2, "account_id": 2, "created_at": at("2026-02-02 10:00"), "frame_hash": near},
        {"video_id": 3, "account_id": 1, "created_at": at("2026-02-03 10:00"), "frame_hash": frame},
        {"video_id": 4, "account_id": 3, "created_at": at("2026-02-03 10:00"), "caption": "only one says this"},
        {"video_id": 5, "account_id": 4, "created_at": at("2026-02-04 10:00"), "frame_hash": alike},
    ]
    upload_works = works(videos(spark, *films), START.date(), LIMITS)
    rows = shared_works(upload_works).orderBy("kind", "video_id").collect()
    assert [(row.video_id, row.kind, row.uploaders, row.is_first) for row in rows] == [
        (1, "frame", 2, True),
        (2, "frame", 2, False),
        (3, "frame", 2, True),
        (1, "loose_frame", 3, True),
        (2, "loose_frame", 3, False),
        (3, "loose_frame", 3, True),
        (5, "loose_frame", 3, False),
    ]
    assert len({row.work for row in rows if row.kind == "frame"}) == 1
    assert len({row.object for row in rows if row.kind == "frame"}) == 1  # each account's first week with it


def copied(frame: bytes, draw: random.Random, bits: int = 20) -> bytes:
    """A frame with so many of its 256 bits turned: two copies are some 37 bits apart."""
    turned = sum(1 << place for place in draw.sample(range(256), bits))
    return (int.from_bytes(frame) ^ turned).to_bytes(32)


def test_thieves_whose_copies_are_merely_alike_are_found_and_makers_of_a_meme_are_not(spark):
    draw = random.Random(9)
    stolen, memes = ([draw.randbytes(32) for _ in range(count)] for count in (8, 12))
    made = [
        *((thief, copied(frame, draw)) for thief in RING for frame in stolen),
        *((maker, copied(meme, draw)) for meme in memes for maker in draw.sample(range(20, PEOPLE), 40)),
        *((person, draw.randbytes(32)) for person in range(1, PEOPLE) for _ in range(2)),
    ]
    uploads = [
        {
            "video_id": 5_000 + number,
            "account_id": account,
            "frame_hash": frame,
            "created_at": START + timedelta(days=28 * draw.random()),
        }
        for number, (account, frame) in enumerate(made)
    ]
    links = found(spark, noise(9), uploads=uploads)
    assert len(links & PAIRS) > 0.9 * len(PAIRS)
    assert len(links - PAIRS) <= 2


def test_captions_in_other_letters_are_one_work(spark):
    plain, disguised = "The cat that walks on ice", "Тhe cаt that wаlks оn ice!!"  # Cyrillic letters among the Latin
    films = [
        {"video_id": video, "account_id": video, "caption": caption}
        for video, caption in enumerate((plain, disguised, "cat"), start=1)
    ]
    rows = shared_works(works(videos(spark, *films), START.date(), LIMITS)).collect()
    assert {(row.video_id, row.kind) for row in rows} == {(1, "caption"), (2, "caption")}


def test_a_work_is_one_object_whenever_it_is_uploaded_and_another_in_each_further_week(spark):
    frame = bytes(range(32))
    days = [
        (9, "2026-02-02"),
        (1, "2026-02-05"),
        (1, "2026-02-12"),
        (2, "2026-02-13"),
        (2, "2026-02-26"),
        (3, "2026-02-27"),
    ]
    films = [
        {"video_id": video, "account_id": account, "created_at": at(day), "frame_hash": frame}
        for video, (account, day) in enumerate(days)
    ]
    acts = acts_of(
        spark, events(spark, *({"account_id": account} for account in (1, 2))), accounts(spark), videos(spark, *films)
    )
    frames = {(row.account_id, row.ts.day): row for row in acts.collect() if row.source == SOURCE_NUMBER["frame"]}
    assert set(frames) == {(9, 2), (1, 5), (1, 12), (2, 13), (2, 26), (3, 27)}
    (work,) = {row.topic for row in frames.values()}
    assert {who for who, row in frames.items() if row.object == work} == {(9, 2), (1, 5), (2, 13), (3, 27)}
    assert len({frames[1, 12].object, frames[2, 26].object, work}) == 3


def test_who_cannot_get_far_enough_by_any_combination_of_kinds_is_left_out_before_they_are_combined(spark):
    dice = random.Random(4)
    kinds = [kind.name for kind in KINDS]
    rows = [
        (pair, 10_000, kind, 2, round(dice.uniform(0.1, 3.0), 6), dice.choice([None, 7]))
        for pair in range(300)
        for kind in dice.sample(kinds, dice.randint(1, 5))
    ]
    schema = "account_id bigint, other_account_id bigint, kind string, shared_objects bigint, surprise double"
    evidence = spark.createDataFrame(rows, f"{schema}, creator bigint")
    far_enough = F.col("surprise") >= LIMITS.min_pair_surprise
    wanted = {row.account_id for row in account_links(evidence, LIMITS).where(far_enough).collect()}
    kept = rows_of_candidate_pairs(evidence, LIMITS)
    assert wanted == {row.account_id for row in account_links(kept, LIMITS).where(far_enough).collect()}
    assert 0 < len(wanted) < len({row.account_id for row in kept.collect()}) < 300


def test_who_sends_readers_to_one_place_has_it_in_common_and_who_passes_a_link_on_or_mentions_a_friend_has_not(spark):
    shop, friend, news = "cheap likes at linktr.ee/x1", "look at this, @lena", "it was on news.com/today"
    written = {
        1: [shop, shop.upper(), friend, f"{friend} again", news, f"{news}!!"],
        2: [shop, f"{shop} now", friend, f"{friend} again", news],
        3: [shop, news],
    }
    comments = [
        {"verb": "comment", "account_id": account, "video_id": 100 + place, "text": text, "ts": START}
        for account, texts in written.items()
        for place, text in enumerate(texts)
    ]
    people, films = accounts(spark, *({"account_id": person} for person in written)), videos(spark)
    acts = acts_of(spark, events(spark, *comments), people, films).collect()
    (place,) = {row.topic for row in acts if row.source == SOURCE_NUMBER["promoted_contact"]}
    assert sorted(row.account_id for row in acts if row.source == SOURCE_NUMBER["promoted_contact"]) == [1, 2, 3]
    named_again = {row.account_id for row in acts if row.source == SOURCE_NUMBER["contact"] and row.object == place}
    assert named_again == {1, 2}


def test_what_is_said_is_one_object_and_another_of_the_same_topic_in_each_further_week(spark):
    pitch, twin = "Make money from home, write me", "make money from HOME, write me!!"
    written = [
        (1, 0, pitch),
        (1, 1, pitch),
        (1, 8, twin),
        (1, 8, "so cute"),
        (2, 9, pitch),
        (2, 15, twin),
        (3, 1, pitch),
        (3, 16, pitch),
    ]
    comments = [
        {
            "verb": "comment",
            "account_id": account,
            "video_id": day,
            "text": text,
            "ts": at("2026-02-05") + timedelta(day),
        }
        for account, day, text in written
    ]
    rows = templates(events(spark, *comments, *comments), LIMITS).collect()
    assert [row.account_id for row in rows if row.kind == "text"].count(1) == 3
    (topic,) = {row.topic for row in rows}
    objects = {(row.account_id, row.ts.day): row.object for row in rows}
    assert objects[1, 5] == objects[1, 6] == objects[2, 14] == objects[3, 6] == topic
    assert objects[1, 13] != topic != objects[2, 20] == objects[3, 21]


def test_a_bare_contact_is_one(spark):
    """Nothing but a place, which is shorter than any text that says enough."""
    comments = [
        {
            "verb": "comment",
            "account_id": account,
            "video_id": 100 + place,
            "text": "t.me/abc",
            "ts": START + minutes(place),
        }
        for account in (1, 2)
        for place in range(2)
    ]
    acts = acts_of(spark, events(spark, *comments), accounts(spark), videos(spark)).collect()
    by_source = {
        source: sorted(row.account_id for row in acts if row.source == SOURCE_NUMBER[source])
        for source in ("promoted_contact", "text")
    }
    assert by_source == {"promoted_contact": [1, 2], "text": []}


def test_who_reports_what_reviewers_found_violating_too_is_no_brigade(spark):
    films = videos(spark, *({"video_id": film, "account_id": 70 + film // 2} for film in range(1, 5)))
    reports = [
        {"verb": "report", "account_id": account, "video_id": film, "ts": START}
        for account in (1, 2)
        for film in range(1, 5)
    ]
    violating = [{"entity_type": "video", "entity_id": 1}, {"entity_type": "account", "entity_id": 71}]
    acts = acts_of(spark, events(spark, *reports), accounts(spark), films, violating)
    reported = acts.where(acts.source == SOURCE_NUMBER["report"]).collect()
    assert sorted((row.account_id, row.object) for row in reported) == [(1, 4), (2, 4)]
