"""What rings are said to be, on a small lake: an evading farm, a comment-spam ring, a fan club, a home, a giveaway."""

import math
from datetime import date, timedelta

import pytest

from conf import load_limits, load_policies
from features.links.combine import MAX_COMBINED_KINDS
from features.links.kinds import KINDS
from features.rings import RINGS_WITH_FEATURES
from jobs.job import Context
from jobs.rings import JOB
from lake.runs import Run
from lake.schemas import ACCOUNTS, COMMENT_TEMPLATES, EVENTS, LINK_EVIDENCE, RING_MEMBERS, VIDEO_WORKS, VIDEOS
from lake.store import Provenance
from tests.builders import accounts, at, events, videos

pytestmark = pytest.mark.whole

DAY = date(2026, 3, 1)
ME = Provenance("run-0", "1.0")
START = at("2026-02-05 10:00")

FARM, SPAM, FANS, HOME, GIVEAWAY = range(100, 112), range(200, 208), range(300, 312), range(400, 404), range(500, 510)
BOTS = range(600, 612)
GROUPS = {"farm": FARM, "spam": SPAM, "fans": FANS, "home": HOME, "giveaway": GIVEAWAY, "bots": BOTS}
IDOL = 900
PASSERS_BY = 10_000
TEMPLATES = "account_id bigint, video_id bigint, ts timestamp, kind string, template bigint"


def all_pairs(group):
    return [(a, b) for a in group for b in group if a < b]


def act(account, verb, video=None, *, minute=0.0, **more):
    return {"account_id": account, "verb": verb, "video_id": video, "ts": START + timedelta(minutes=minute), **more}


def world():
    """Source rows; each account also lives a life of its own on ten videos that nobody else touches."""
    rows, people, films = [], [], []
    for number, account in enumerate(account for group in GROUPS.values() for account in group):
        created_at = at("2025-03-01 09:00") + timedelta(days=5 * number)
        people.append(
            {
                "account_id": account,
                "created_at": created_at,
                "signup_device_id": f"d{account}",
                "signup_ip_id": f"i{account}",
            }
        )
        rows += [
            act(account, "view", 50_000 + 100 * number + n, minute=60 * n, device_id=f"d{account}") for n in range(10)
        ]
    others = [IDOL, *range(700, 710), *range(720, 728), *range(800, 842)]
    people += [
        {"account_id": account, "created_at": at("2024-01-01 09:00") + timedelta(days=5 * number)}
        for number, account in enumerate(others)
    ]
    films += [{"video_id": 1_000 + n, "account_id": 700 + n} for n in range(8)]  # eight customers of the farm
    films += [{"video_id": 2_000 + n, "account_id": 700 + n} for n in range(6)]  # where the spam is
    films += [{"video_id": 3_000 + n, "account_id": IDOL} for n in range(6)]
    films += [{"video_id": 4_000, "account_id": 709}]
    for n in range(8):
        rows += [act(account, "like", 1_000 + n, minute=1440 * n + 200 * k) for k, account in enumerate(FARM)]
        # Whoever else comes by likes one of them.
        rows += [act(PASSERS_BY + 10 * n + k, "like", 1_000 + n, minute=1440 * n + 90 * k) for k in range(8)]
    for n in range(6):
        rows += [act(account, "comment", 2_000 + n, minute=1440 * n + k, text="x") for k, account in enumerate(SPAM)]
        rows += [act(account, "like", 3_000 + n, minute=1440 * n + 5 * k) for k, account in enumerate(FANS)]
        # Others like two of them.
        rows += [
            act(account, "like", 3_000 + n, minute=1440 * n + 900)
            for account in range(800, 842)
            if (account - n) % 6 < 2
        ]
    films += [{"video_id": 5_000 + n, "account_id": 720 + n // 2} for n in range(16)]  # eight customers of the bots
    for k, account in enumerate(BOTS):
        rows += [act(account, "view", 5_000 + n, minute=900 * n + 100 * k) for n in range(16)]
        # Of the ten videos of their lives they like five.
        own = [row["video_id"] for row in rows if row["account_id"] == account and row["video_id"] >= 50_000]
        rows += [act(account, "like", video, minute=60 * n) for n, video in enumerate(own[:5])]
    rows += [act(account, "follow", minute=-60 * 24 * 20, target_account_id=IDOL) for account in FANS]
    rows += [act(account, "comment", 4_000, minute=k, text="win") for k, account in enumerate(GIVEAWAY)]
    for person in people:
        if person["account_id"] in SPAM:
            person |= {"created_at": at("2026-02-03 09:00"), "signup_device_id": "spam-phone"}
        if person["account_id"] in HOME:
            person["signup_device_id"] = "tablet"
    return people, films, rows


def evidence():
    """(account, other, kind, shared_objects, surprise, gap, objects) as the links job would leave it."""
    yield from ((a, b, "like", 8, 22.0, 40_000.0, range(1_000, 1_008)) for a, b in all_pairs(FARM))
    yield from ((a, b, "comment_text", 6, 30.0, 120.0, range(2_000, 2_006)) for a, b in all_pairs(SPAM))
    yield from ((a, b, "like", 6, 14.0, 600.0, range(3_000, 3_006)) for a, b in all_pairs(FANS))
    yield from ((a, b, "device", 2, 9.0, None, []) for a, b in all_pairs(HOME))
    yield from ((a, b, "comment", 2, 9.0, 300.0, [4_000]) for a, b in all_pairs(GIVEAWAY))
    yield from ((a, b, "regular", 8, 3.5, 90_000.0, range(720, 728)) for a, b in all_pairs(BOTS))


def templates():
    """(account, video, ts, kind, template): the spammers say one text after the other, 2,000 and so on."""
    for n in range(6):
        yield from (
            (account, 2_000 + n, act(account, "comment", minute=1440 * n + k)["ts"], "text", 2_000 + n)
            for k, account in enumerate(SPAM)
        )


@pytest.fixture(scope="module")
def lake(spark, tmp_path_factory):
    from lake.store import Lake

    lake = Lake(spark, str(tmp_path_factory.mktemp("rings") / "lake"))
    people, films, rows = world()
    for table, df in (
        (ACCOUNTS, accounts(spark, *people)),
        (VIDEOS, videos(spark, *films)),
        (EVENTS, events(spark, *rows)),
    ):
        writer = df.unionByName(df) if table is EVENTS else df  # every event is delivered twice
        writer = writer.coalesce(1).write.format("delta")
        (writer.partitionBy("event_date") if table is EVENTS else writer).save(lake.path(table))
    kinds = [
        (a, b, kind, n, s, gap, START, START + timedelta(days=7), [str(o) for o in objects], None)
        for a, b, kind, n, s, gap, objects in evidence()
    ]
    schema = ", ".join(f"{f.name} {f.dataType.simpleString()}" for f in LINK_EVIDENCE.schema if f.name != "as_of")
    for day in (DAY, DAY + timedelta(days=1)):
        lake.publish(LINK_EVIDENCE, spark.createDataFrame(kinds, schema).coalesce(1), day, ME)
        lake.publish(VIDEO_WORKS, spark.createDataFrame([], VIDEO_WORKS.types).drop("as_of"), day, ME)
        lake.publish(COMMENT_TEMPLATES, spark.createDataFrame(list(templates()), TEMPLATES).coalesce(1), day, ME)
    return lake


def run(lake, day):
    context = Context(lake, day, Run("rings", day, {}), {}, load_policies(), load_limits())
    facts = JOB.run(context)
    rings = {row.ring_id: row.asDict() for row in lake.day(RINGS_WITH_FEATURES, day).collect()}
    members = {}
    for row in lake.day(RING_MEMBERS, day).collect():
        members.setdefault(row.ring_id, set()).add(row.account_id)
    return facts, rings, members


@pytest.fixture(scope="module")
def first_run(lake):
    return run(lake, DAY)


@pytest.fixture(scope="module")
def rings(first_run):
    _, rings, members = first_run
    names = {min(group): name for name, group in GROUPS.items()}
    assert {frozenset(accounts) for accounts in members.values()} == {frozenset(group) for group in GROUPS.values()}
    return {names[min(members[ring_id])]: ring for ring_id, ring in rings.items()}


def test_scores_tell_rings_from_honest_crowds(first_run, rings):
    by_score = sorted(rings, key=lambda name: -rings[name]["score"])
    assert set(by_score[:3]) == {"farm", "spam", "bots"}
    assert rings["spam"]["score"] > 0.5 < rings["bots"]["score"]
    assert max(rings[name]["score"] for name in ("fans", "home", "giveaway")) < 0.5
    assert (first_run[0]["rings"], first_run[0]["accounts in rings"]) == (6, 58)
    for ring in rings.values():
        assert sum(reason.contribution for reason in ring["reasons"]) == pytest.approx(
            math.log(ring["score"] / (1 - ring["score"])), abs=1e-4
        )


def test_what_is_unknown_of_a_ring_has_no_value_in_its_reasons(rings):
    home = rings["home"]
    assert home["top_creator_share"] is None
    assert all(reason.value is None for reason in home["reasons"] if reason.feature == "top_creator_share")


def test_policies(rings):
    assert rings["farm"]["policy"] == "artificial_engagement"
    assert rings["spam"]["policy"] == "spam_ring"
    assert rings["home"]["policy"] == "bot_network"


def test_features(rings):
    expected = {
        "farm": {
            "size": 12,
            "links": 66,
            "density": 1.0,
            "mean_surprise": pytest.approx(22 - math.log10(len(KINDS) * MAX_COMBINED_KINDS), abs=1e-5),
            "objects_per_link": 8.0,
            "like_share": 1.0,
            "text_share": 0.0,
            "synchrony_s": 40_000.0,
            "together_days": 7.0,
            "targets": 8,
            "coverage": 1.0,
            "capture": pytest.approx(12 / 23, abs=1e-6),
            "creators": 8.0,
            "top_creator_share": 0.125,
            "top_object_share": 0.125,
            "followed_before_share": 0.0,
            "acts_per_member": 18.0,
            "inside_share": pytest.approx(8 / 18, abs=1e-6),
            "independent_share": pytest.approx(10 / 18, abs=1e-6),
            "participation": pytest.approx(7 / 9, abs=1e-6),
            "outsiders_participation": pytest.approx(10 * (7 / 9) / 74, abs=1e-6),
            "apartness": pytest.approx(math.log2((7 / 9 + 0.01) / (10 * (7 / 9) / 74 + 0.01)), abs=1e-6),
            "deed_surprise": 22.0,
            "deeds_per_pair": 8.0,
            "shared_device_share": 0.0,
            "devices": 12,
            "country_share": 1.0,
        },
        "fans": {
            "creators": 1.0,
            "top_creator": IDOL,
            "top_creator_share": 1.0,
            "followed_before_share": 1.0,
            "capture": pytest.approx(12 / 29, abs=1e-6),
            "targets": 6,
        },
        "spam": {
            "shared_device_share": 1.0,
            "devices": 9,
            "created_together_share": pytest.approx((7 / (7 + 5) - 8 / 119) / (1 - 8 / 119)),
            "created_span_days": 0.0,
            "text_share": 1.0,
        },
        "home": {"targets": None, "capture": None, "synchrony_s": None, "device_share": 1.0, "devices": 5},
        "bots": {
            "watched_together": 12 * 16,
            "willed_together": 0,
            "willed_expected": 12 * 16 * 5 / 10,
            "targets": 16,
            "view_share": 1.0,
        },
        "giveaway": {"targets": 1, "top_object_share": 1.0, "created_together_share": 0.0},
    }
    for name, features in expected.items():
        assert {feature: rings[name][feature] for feature in features} == features, name


def test_evidence_names_numbers_objects_and_times(rings):
    assert rings["farm"]["evidence"] == (
        "12 accounts; up to 12 of them liked the same 8 videos (e.g. 1000, 1001, 1002), 12 at a time, "
        "typically 11 h apart, 2026-02-05 to 2026-02-12 "
        "(66 of 66 pairs linked, each with a chance of 1e-20 on average)."
    )
    assert rings["spam"]["evidence"] == (
        "8 accounts, 8 created within 3 days (of any 8 accounts, about 1), 100 % on shared devices (9 devices in all); "
        "100 % of the linked pairs wrote near-equal comments, typically 2 min apart, 2026-02-05 to 2026-02-12 "
        "(28 of 28 pairs linked, each with a chance of 1e-28 on average)."
    )
    assert rings["fans"]["evidence"].endswith(
        "on average); but 100 % of it goes to one creator (900), 100 % of it by accounts that had followed the creator "
        "before."
    )
    assert rings["giveaway"]["evidence"].startswith(
        "10 accounts; 10 commented on the same video (4000), typically 5 min apart"
    )
    assert "100 % of the linked pairs used the same devices" in rings["home"]["evidence"]
    assert (
        "0 likes, comments or shares for 192 views of such videos, where 96 were to be expected of them"
        in rings["bots"]["evidence"]
    )


def test_the_same_rows_again_and_the_same_ids_the_next_day(lake, first_run):
    _, rings, members = first_run
    assert run(lake, DAY)[1:] == (rings, members)
    assert run(lake, DAY + timedelta(days=1))[2] == members


def test_a_day_without_links_has_no_rings(lake):
    assert run(lake, DAY - timedelta(days=7))[1:] == ({}, {})
