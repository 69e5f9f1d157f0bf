"""Honest crowds on small platforms that are written down here: who does what, when, and what holds of every row."""

from collections import Counter
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from deltalake import DeltaTable, write_deltalake
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake.schemas import VERBS
from simulation.life import ARROW_EVENTS
from simulation.organic import sayings
from simulation.organic.__main__ import abusive_in, main
from simulation.organic.draws import pairs, some, takers
from simulation.organic.overlay import KINDS, Overlay, _possible, lay, patience
from simulation.organic.platform import COMMENT, FOLLOW, LIKE, MINUTE, NOBODY, VIEW, read_platform
from simulation.organic.stage import Stage, near, new_frames
from tests.builders import at

US = pa.timestamp("us", tz="UTC")
WHOLE = {pa.int64(): pd.Int64Dtype()}
"""Ids stay whole numbers in pandas, also where some are missing."""
START, DAYS = at("2026-02-01 00:00"), 21
END = START + timedelta(days=DAYS)
ABUSIVE = np.arange(1, 300, 17)


def accounts_table(rows: list[dict]) -> pa.Table:
    base = {
        "created_at": at("2025-06-01 09:00"),
        "country": "DE",
        "handle": "mo",
        "bio": "",
        "is_verified": False,
        "signup_device_id": None,
        "signup_ip_id": None,
    }
    schema = pa.schema(
        [
            ("account_id", pa.int64()),
            ("created_at", US),
            ("country", pa.string()),
            ("handle", pa.string()),
            ("bio", pa.string()),
            ("is_verified", pa.bool_()),
            ("signup_device_id", pa.string()),
            ("signup_ip_id", pa.string()),
        ]
    )
    return pa.Table.from_pylist([{**base, **row} for row in rows], schema)


def videos_table(rows: list[dict]) -> pa.Table:
    base = {"created_at": at("2026-02-02 09:00"), "caption": "", "hashtags": [], "duration_ms": 15_000}
    schema = pa.schema(
        [
            ("video_id", pa.int64()),
            ("account_id", pa.int64()),
            ("created_at", US),
            ("caption", pa.string()),
            ("hashtags", pa.list_(pa.string())),
            ("sound_id", pa.int64()),
            ("duration_ms", pa.int64()),
            ("frame_hash", pa.binary()),
        ]
    )
    return pa.Table.from_pylist([{**base, **row} for row in rows], schema)


def events_table(rows: list[dict]) -> pa.Table:
    complete = [
        {"event_id": number, "verb": "view", "event_date": row["ts"] and row["ts"].date(), **row}
        for number, row in enumerate(rows, start=1)
    ]
    return pa.Table.from_pylist(complete, ARROW_EVENTS)


Tables = tuple[pa.Table, pa.Table, pa.Table]


@pytest.fixture(scope="module")
def platform() -> Tables:
    """300 accounts, 150 videos of ten tags, and three weeks of 6,000 events, each account on a device of its own."""
    rng = np.random.default_rng(3)
    people = [
        {
            "account_id": number,
            "created_at": START - timedelta(days=float(days)),
            "country": ("DE", "BR", None)[number % 3],
            "handle": f"mo{number}",
            "signup_device_id": f"d{number}",
            "signup_ip_id": f"a{number // 2}",
        }
        for number, days in zip(range(1, 301), rng.uniform(-5, 300, 300), strict=True)
    ]
    films = [
        {
            "video_id": 10_000 + number,
            "account_id": int(rng.integers(1, 301)),
            "created_at": START + timedelta(days=float(rng.uniform(0, DAYS - 1))),
            "hashtags": [f"tag{number % 10}"],
            "sound_id": int(rng.integers(1, 40)),
            "frame_hash": rng.bytes(32),
        }
        for number in range(150)
    ]
    acts = []
    for _ in range(6_000):
        who, film = int(rng.integers(1, 301)), films[rng.integers(0, 150)]
        verb = str(rng.choice(["view", "view", "view", "like", "comment"]))
        ts = film["created_at"] + timedelta(hours=float(rng.exponential(20)) + 0.01)
        if ts < END and ts > people[who - 1]["created_at"]:
            more = {"watch_ms": 4_000} if verb == "view" else {}
            more |= (
                {"text": str(rng.choice(["so nice", "wow", "where is this from please"]))} if verb == "comment" else {}
            )
            acts.append(
                {
                    "ts": ts,
                    "account_id": who,
                    "verb": verb,
                    "video_id": film["video_id"],
                    "device_id": f"d{who}",
                    "ip_id": f"a{who // 2}",
                    **more,
                }
            )
    return accounts_table(people), videos_table(films), events_table(acts)


def laid(platform: Tables, kind: str, seed: int = 1, per_kind: int = 1) -> Overlay:
    return lay(seed, *platform, abusive=ABUSIVE, kinds=[kind], per_kind=per_kind)


def frames(made: Overlay) -> tuple[pd.DataFrame, pd.DataFrame, set[int]]:
    """Events and videos of an overlay, and the members of its crowds."""
    events, videos = (rows.to_pandas(types_mapper=WHOLE.get) for rows in (made.events, made.videos))
    return events, videos, set(made.crowds["account_id"].to_pylist())


def comments_of(made: Overlay) -> pd.DataFrame:
    """Comments of members."""
    events, _, members = frames(made)
    return events[(events["verb"] == "comment") & events["account_id"].isin(members)]


# what is read


def test_a_platform_is_numbered_by_id_without_broken_rows():
    accounts = accounts_table(
        [
            {"account_id": 9, "country": "BR", "signup_device_id": "d9"},
            {"account_id": 4},
            {"account_id": 4},
            {"account_id": None},
            {"account_id": 5, "created_at": None},
        ]
    )
    videos = videos_table(
        [{"video_id": 70, "account_id": 9, "hashtags": ["x", "y"]}, {"video_id": 60, "account_id": 1}]
    )
    noon = at("2026-02-03 12:00")
    events = events_table(
        [
            {"ts": noon, "account_id": 4, "video_id": 60, "device_id": "d4"},
            {"ts": noon, "account_id": 9, "video_id": 99, "verb": "like", "device_id": "d9"},
            {"ts": noon, "account_id": 1, "video_id": 60},
            {"ts": noon, "account_id": 4, "video_id": 60, "verb": "stare"},
            {"ts": None, "account_id": 4, "video_id": 60},
        ]
    )
    read = read_platform(accounts, videos, events, abusive=[9])
    assert read.account_id.tolist() == [4, 9]
    assert read.honest.tolist() == [True, False]
    assert [read.countries[number] for number in read.country] == ["DE", "BR"]
    assert (read.author.tolist(), read.tags) == ([NOBODY, 1], ["x", "y"])
    assert read.of_tag(1).tolist() == [1]
    assert (read.event_account.tolist(), read.event_video.tolist()) == ([0, 1], [0, NOBODY])
    assert read.event_verb.tolist() == [VIEW, LIKE]
    assert [read.devices[number] for number in read.event_device] == ["d4", "d9"]
    assert read.devices[read.signup_device[1]] == "d9"
    assert (read.start, read.end) == tuple(_us(day) for day in (at("2026-02-03 00:00"), at("2026-02-04 00:00")))


def test_the_window_leaves_out_days_with_hardly_an_event():
    usual = [{"ts": at("2026-02-03 12:00") + timedelta(minutes=30 * n), "account_id": 1} for n in range(100)]
    stray = [{"ts": at("1970-01-01 00:00"), "account_id": 1}, {"ts": at("2036-02-03 00:00"), "account_id": 1}]
    read = read_platform(accounts_table([{"account_id": 1}]), videos_table([]), events_table(usual + stray), [])
    assert (read.start, read.end) == tuple(_us(day) for day in (at("2026-02-03 00:00"), at("2026-02-06 00:00")))


def _us(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)


# what is collected


@pytest.fixture
def stage() -> Stage:
    """Two accounts, 1 and 2, a video of each, and a day on which either watched one."""
    return Stage(
        read_platform(
            accounts_table([{"account_id": 1}, {"account_id": 2, "created_at": at("2026-02-03 06:00")}]),
            videos_table(
                [
                    {"video_id": 10, "account_id": 1},
                    {"video_id": 20, "account_id": 2, "created_at": at("2026-02-03 10:00")},
                ]
            ),
            events_table(
                [
                    {"ts": at("2026-02-03 12:00"), "account_id": 1, "video_id": 20, "device_id": "d1", "ip_id": "a1"},
                    {"ts": at("2026-02-03 13:00"), "account_id": 2, "video_id": 10, "device_id": "d2", "ip_id": "a2"},
                ]
            ),
            abusive=[],
        )
    )


def test_a_visit_is_a_view_then_what_follows_it_on_one_machine_of_the_account(stage):
    rng, noon = np.random.default_rng(1), _us(at("2026-02-03 12:00"))
    stage.visit(
        rng, np.array([0]), np.array([1]), np.array([noon]), like=1, comment=1, words=lambda n: np.array(["hi"] * n)
    )
    acts = _possible(stage, np.ones(2, bool))
    assert sorted(acts["verb"].tolist()) == [VIEW, LIKE, COMMENT]
    assert acts["verb"][0] == VIEW and acts["ts"][0] == noon and 300 <= acts["watch_ms"][0] <= 15_000
    assert (acts["ts"][1:] > noon).all() and (acts["ts"][1:] < noon + 5 * MINUTE).all()
    assert {stage.devices[number] for number in acts["device"]} == {"d1"}
    assert {stage.addresses[number] for number in acts["address"]} == {"a1"}
    assert [text for text in acts["text"] if text] == ["hi"]


def test_crowds_in_a_hurry_glance_at_what_others_watch(stage):
    def watched(patience):
        stage.patience, stage.acts = patience, []
        stage.visit(
            np.random.default_rng(1), np.zeros(500, np.int64), np.zeros(500, np.int64), np.full(500, stage.start)
        )
        return stage.acts[0]["watch_ms"]

    usual, hurried, keen = watched(1.0), watched(0.2), watched(1.3)
    assert np.allclose(hurried, np.maximum(0.2 * usual, 300), atol=1)
    assert keen.max() == stage.duration_ms[0] and (keen >= usual).all()
    drawn = [patience(np.random.default_rng(number)) for number in range(400)]
    assert 0.4 < np.mean(np.array(drawn) == 1.0) < 0.6
    assert 0.2 <= min(drawn) < 0.25 and 1.2 < max(drawn) <= 1.3


@pytest.mark.parametrize(
    ("account", "video", "when", "why"),
    [
        (0, 0, "2026-02-02 23:59", "the day before"),
        (0, 0, "2026-02-04 00:00", "the day after"),
        (1, 0, "2026-02-03 05:00", "before sign-up"),
        (0, 1, "2026-02-03 09:59", "before upload"),
    ],
)
def test_acts_that_cannot_be_are_left_out(stage, account, video, when, why):
    stage.write(account, LIKE, np.array([_us(at(when))]), video=video)
    assert len(_possible(stage, np.ones(2, bool))["ts"]) == 0, why


def test_a_video_is_liked_once_and_nobody_follows_himself(stage):
    late, early = _us(at("2026-02-03 15:00")), _us(at("2026-02-03 14:00"))
    stage.write(0, LIKE, np.array([late, early]), video=1)
    stage.write(0, VIEW, np.array([late, early]), video=1, watch_ms=900)
    stage.write(0, FOLLOW, np.array([early, late, late]), target=np.array([0, 1, 1]))
    acts = _possible(stage, np.ones(2, bool))
    assert Counter(acts["verb"].tolist()) == {LIKE: 1, VIEW: 2, FOLLOW: 1}
    assert acts["ts"][acts["verb"] == LIKE].tolist() == [early]


def test_what_is_hidden_is_not_acted_on(stage):
    rng = np.random.default_rng(1)
    video = stage.upload(rng, np.array([1]), np.array([_us(at("2026-02-03 05:00"))]))
    stage.write(0, VIEW, np.array([_us(at("2026-02-03 16:00"))]), video=video, watch_ms=900)
    shown = np.append(np.ones(2, bool), stage.uploaded[2] > stage.created[1])
    assert len(_possible(stage, shown)["ts"]) == 0


def test_what_somebody_watched_was_up_at_that_time(stage):
    rng = np.random.default_rng(1)
    hours = np.array([_us(at(f"2026-02-03 {hour}:30")) for hour in (11, 12, 13)])
    assert stage.watched_at(rng, hours, within=1).tolist() == [NOBODY, 1, 0]


def test_draws_keep_their_ranges():
    rng = np.random.default_rng(1)
    assert {some(rng, (2, 4)) for _ in range(99)} == {2, 3, 4}
    one, two = pairs(rng, 4, 1.0)
    assert len(one) == 12 and (one != two).all()
    who, which = takers(rng, np.array([0.0, 1.0]), 3)
    assert (who.tolist(), which.tolist()) == ([1, 1, 1], [0, 1, 2])
    frame = new_frames(rng, 1)
    flipped = np.unpackbits(near(rng, np.repeat(frame, 50, axis=0), 6) ^ frame, axis=1).sum(axis=1)
    assert flipped.max() <= 6 and flipped.min() < flipped.max()


# what holds of every row

everybody = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@everybody
@given(kind=st.sampled_from(sorted(KINDS)), seed=st.integers(0, 10_000))
def test_rows_keep_the_contract_and_only_the_honest_take_part(platform, kind, seed):
    made = lay(seed, *platform, abusive=ABUSIVE, kinds=[kind], per_kind=1)
    events, videos, members = frames(made)
    assert len(events) and len(members) > 1
    assert not set(events["account_id"]) & set(ABUSIVE) and not members & set(ABUSIVE)
    assert not set(videos["account_id"]) & set(ABUSIVE)
    old = platform[2]["event_id"].to_pylist()
    assert events["event_id"].is_unique and not set(events["event_id"]) & set(old) and (events["event_id"] > 0).all()
    assert ((events["ts"] >= START) & (events["ts"] < END)).all()
    assert (events["ts"].dt.date == events["event_date"]).all()
    signed_up = pa.concat_tables([platform[0], made.accounts]).to_pandas().set_index("account_id")["created_at"]
    uploads = pa.concat_tables([platform[1], made.videos]).to_pandas().set_index("video_id")
    assert signed_up.index.is_unique and uploads.index.is_unique
    assert (events["ts"] > events["account_id"].map(signed_up)).all()
    assert (videos["created_at"] > videos["account_id"].map(signed_up)).all() and (videos["created_at"] < END).all()
    on_video = events["verb"] != "follow"
    assert (events.loc[on_video, "ts"] > events.loc[on_video, "video_id"].map(uploads["created_at"])).all()
    assert (events["video_id"].notna() == on_video).all()
    assert (events["target_account_id"].notna() == ~on_video).all()
    assert (events["text"].notna() == (events["verb"] == "comment")).all()
    assert (events["watch_ms"].notna() == (events["verb"] == "view")).all()
    assert set(events["verb"]) <= set(VERBS) and (events["target_account_id"] != events["account_id"]).all()
    assert set(made.crowds["crowd_kind"].to_pylist()) == {kind} and set(made.crowds["crowd_id"].to_pylist()) == {1}
    assert not made.crowds.to_pandas().duplicated().any()
    assert members <= set(events["account_id"]) | set(videos["account_id"]) | set(made.bios["account_id"].to_pylist())


@everybody
@given(kind=st.sampled_from(sorted(KINDS)), seed=st.integers(0, 10_000))
def test_the_accounts_of_the_platform_act_on_their_own_devices(platform, kind, seed):
    events, _, _ = frames(lay(seed, *platform, abusive=ABUSIVE, kinds=[kind], per_kind=1))
    old = events[events["account_id"] <= 300]
    assert (old["device_id"] == "d" + old["account_id"].astype(str)).all()
    if kind not in ("carrier_address", "neighbourhood"):
        assert (old["ip_id"] == "a" + (old["account_id"] // 2).astype(str)).all()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_seed_gives_the_same_rows(platform, kind):
    one, two, other = (laid(platform, kind, seed) for seed in (5, 5, 6))
    assert all(a.equals(b) for a, b in zip(one, two, strict=True))
    assert not one.events.equals(other.events)


# what each kind does


def test_a_final_is_one_night_and_few_videos_and_many_shouts(platform):
    made = laid(platform, "final")
    events, videos, members = frames(made)
    ours = events[events["account_id"].isin(members) & events["video_id"].isin(videos["video_id"])]
    assert 2 <= len(videos) <= 7
    assert ours["ts"].quantile(0.8) - ours["ts"].min() < timedelta(days=1)
    shouts = {text.lower()[:3] for text in sayings.GOALS}
    assert comments_of(made)["text"].str.lower().str[:3].isin(shouts).mean() > 0.8


def test_breaking_news_come_to_many_within_hours(platform):
    events, videos, members = frames(laid(platform, "breaking_news"))
    ours = events[events["account_id"].isin(members)]
    assert 2 <= len(videos) <= 9 and len(members) >= 10
    assert ours["ts"].median() - videos["created_at"].min() < timedelta(days=3)


def test_fans_replay_every_new_video_within_minutes(platform):
    events, videos, members = frames(laid(platform, "streaming_party"))
    idol = videos["account_id"].unique()
    assert len(idol) == 1 and idol[0] not in members
    ours = events[(events["verb"] == "view") & events["account_id"].isin(members)]
    assert ours.groupby(["account_id", "video_id"]).size().max() > 2
    first = ours.merge(videos, on="video_id").groupby(["account_id_x", "video_id"]).first()
    assert ((first["ts"] - first["created_at"]) < timedelta(hours=2)).mean() > 0.3


def test_a_protest_writes_slogans_under_many_videos_over_days(platform):
    comments = comments_of(laid(platform, "protest_tag"))
    slogans = comments["text"].str.lower().str.replace(r"[^#a-z ]", "", regex=True).str.strip()
    assert slogans.value_counts().head(8).sum() > 0.8 * len(comments)
    assert comments["video_id"].nunique() > 5
    assert comments["ts"].max() - comments["ts"].min() > timedelta(days=1)


def test_a_giveaway_is_one_video_equal_texts_and_follows_of_its_host(platform):
    made = laid(platform, "giveaway")
    events, videos, members = frames(made)
    comments = comments_of(made)
    assert len(videos) == 1
    assert set(comments["video_id"]) == set(videos["video_id"])
    assert comments["text"].nunique() == 1 and set(comments["account_id"]) == members
    assert set(events["target_account_id"].dropna()) == set(videos["account_id"])


def test_a_class_signs_up_within_days_at_one_address_with_few_devices(platform):
    made = laid(platform, "school_class")
    pupils, (events, videos, members) = made.accounts.to_pandas(), frames(made)
    assert 20 <= len(pupils) <= 35 and members == set(pupils["account_id"])
    assert pupils["signup_ip_id"].nunique() == 1 and pupils["signup_device_id"].nunique() < len(pupils)
    assert pupils["created_at"].max() - pupils["created_at"].min() < timedelta(days=4)
    assert set(videos["account_id"]) <= members
    assert set(events["target_account_id"].dropna()) <= members


def test_creators_name_the_same_shop_in_bios_and_below_their_own_videos(platform):
    made = laid(platform, "affiliate_shop")
    bios, owners = made.bios["bio"].to_pylist(), pa.concat_tables([platform[1], made.videos]).to_pandas()
    comments = comments_of(made).merge(owners, on="video_id", suffixes=("", "_owner"))
    named = comments["text"].str.contains(r"\b(?:use|code|off|link|get it|free shipping|saves)", regex=True)
    assert len(bios) > 3 and (comments.loc[named, "account_id"] == comments.loc[named, "account_id_owner"]).all()
    assert named.sum() > 3


def test_a_meme_is_nearly_one_picture_and_one_sound(platform):
    _, videos, members = frames(laid(platform, "meme_wave"))
    bits = np.unpackbits(np.stack([np.frombuffer(frame, np.uint8) for frame in videos["frame_hash"]]), axis=1)
    usual = np.median(bits, axis=0)
    assert len(videos) > 5 and videos["sound_id"].nunique() == 1 and videos["account_id"].is_unique
    assert (bits != usual).sum(axis=1).max() <= 30
    assert set(videos["account_id"]) < members


def test_outlets_upload_the_same_clips_within_the_hour(platform):
    _, videos, members = frames(laid(platform, "syndicated_news"))
    clips = videos.groupby("sound_id")["created_at"].agg(["min", "median", "count"])
    assert members == set(videos["account_id"]) and 8 <= len(members) <= 16
    assert clips["count"].median() > 3
    assert ((clips["median"] - clips["min"]) < timedelta(hours=1.1)).mean() > 0.9


def test_friends_like_and_comment_on_the_uploads_of_one_another(platform):
    made = laid(platform, "creator_pod")
    events, videos, friends = frames(made)
    assert 5 <= len(friends) <= 15 and set(videos["account_id"]) == friends
    owner = pa.concat_tables([platform[1], made.videos]).to_pandas().set_index("video_id")["account_id"]
    likes = events[(events["verb"] == "like") & events["account_id"].isin(friends)]
    theirs = likes["video_id"].map(owner)
    assert theirs.isin(friends).mean() > 0.6 and (theirs != likes["account_id"]).mean() > 0.9


def test_managers_run_brands_from_one_device_that_each_upload_their_own(platform):
    made = laid(platform, "agency")
    brands, (_, videos, members) = made.accounts.to_pandas(), frames(made)
    per_device = brands.groupby("signup_device_id").size()
    assert 2 <= len(per_device) <= 5 and per_device.between(5, 15).all()
    assert members == set(brands["account_id"]) == set(videos["account_id"])
    assert videos["frame_hash"].is_unique


def test_a_carrier_is_one_address_of_many(platform):
    events, _, members = frames(laid(platform, "carrier_address"))
    assert events["ip_id"].nunique() == 1 and not set(events["ip_id"]) & set(platform[2]["ip_id"].to_pylist())
    assert events["account_id"].nunique() == len(members) and events["device_id"].nunique() == len(members)


def test_movers_sign_up_within_days_follow_one_another_and_bring_their_videos(platform):
    made = laid(platform, "migration")
    movers, (events, videos, members) = made.accounts.to_pandas(), frames(made)
    assert movers["created_at"].max() - movers["created_at"].min() < timedelta(days=6)
    follows = events[events["verb"] == "follow"]
    assert members == set(movers["account_id"]) and set(follows["target_account_id"]) <= members
    assert set(videos["account_id"]) <= members and len(videos) > len(members) and videos["frame_hash"].is_unique
    assert movers["signup_device_id"].is_unique


def test_a_bug_repeats_views_or_likes_what_is_opened(platform):
    old = platform[2].to_pandas()
    ways = set()
    for seed in range(6):
        events, videos, _ = frames(laid(platform, "buggy_client", seed))
        verb = set(events["verb"])
        ways |= verb
        views = old[old["verb"] == "view"]
        both = events.merge(views, on=["account_id", "video_id"], suffixes=("", "_old"))
        late = (both["ts"] - both["ts_old"]).dt.total_seconds()
        near_one = both[(late > 0) & (late < 80)]["event_id"].nunique()
        assert verb in ({"view"}, {"like"}) and videos.empty and near_one == len(events)
    assert ways == {"view", "like"}


def test_outrage_reports_few_videos_of_one_creator(platform):
    events, videos, members = frames(laid(platform, "outrage"))
    reports = events[events["verb"] == "report"]
    assert videos["account_id"].nunique() == 1 and 1 <= len(videos) <= 3
    assert set(reports["video_id"]) <= set(videos["video_id"])
    assert reports["account_id"].nunique() > 0.4 * len(members)
    assert reports.groupby(["account_id", "video_id"]).size().max() == 1


def test_a_feed_brings_new_videos_of_small_creators_to_the_same_people(platform):
    made = laid(platform, "taste_feed", seed=2)
    events, videos, members = frames(made)
    views = events[(events["verb"] == "view") & events["account_id"].isin(members)].drop_duplicates(
        ["account_id", "video_id"]
    )
    assert 15 <= len(members) <= 80 and not members & set(videos["account_id"])
    assert set(views["video_id"]) <= set(videos["video_id"])
    watched = views.groupby("account_id").size() / len(videos)
    assert watched.min() > 0.08 and watched.max() < 0.6
    late = views["ts"] - views["video_id"].map(videos.set_index("video_id")["created_at"])
    assert late.median() < timedelta(hours=18)


def test_feeds_reach_the_share_that_is_asked_for_each_account_once(platform):
    crowds = lay(3, *platform, abusive=ABUSIVE, kinds=["taste_feed"], taste_feed_share=0.5).crowds.to_pandas()
    honest = 300 - len(ABUSIVE)
    assert 0.5 * honest <= crowds["account_id"].nunique() <= 0.5 * honest + 80
    assert crowds["account_id"].is_unique and crowds["crowd_id"].nunique() > 1
    everyone = lay(3, *platform, abusive=ABUSIVE, kinds=["taste_feed"], taste_feed_share=1.0).crowds
    assert everyone.num_rows > 0.6 * honest


def test_a_club_starts_one_video_a_night_within_the_hour(platform):
    events, videos, members = frames(laid(platform, "watch_club"))
    views = events[events["verb"] == "view"]
    nights = views.groupby("video_id")["ts"].agg(["min", "median"])
    assert videos.empty and set(views["account_id"]) == members and 3 <= len(nights) <= 16
    assert ((nights["median"] - nights["min"]) < timedelta(hours=1)).mean() > 0.6


def test_raters_go_through_one_old_catalogue_days_apart(platform):
    events, videos, members = frames(laid(platform, "film_raters"))
    assert (videos["created_at"] < START).all() and 25 <= len(videos) <= 200
    views = events[(events["verb"] == "view") & events["account_id"].isin(members)]
    spread = views.groupby("video_id")["ts"].agg(lambda ts: ts.max() - ts.min())
    assert spread[views.groupby("video_id").size() > 3].median() > timedelta(days=2)


def test_a_town_likes_what_its_few_creators_upload(platform):
    events, videos, members = frames(laid(platform, "neighbourhood"))
    assert 2 <= videos["account_id"].nunique() <= 9 and not set(videos["account_id"]) & members
    likes = events[events["verb"] == "like"]
    assert set(likes["video_id"]) <= set(videos["video_id"])
    assert set(events["target_account_id"].dropna()) <= set(videos["account_id"])


def test_students_write_the_assigned_phrase_below_each_lesson(platform):
    made = laid(platform, "course")
    _, videos, members = frames(made)
    comments = comments_of(made)
    assert videos["account_id"].nunique() == 1 and not set(videos["account_id"]) & members
    phrases = comments["text"].str.lower().str.replace(r"[^a-z0-9 ]", "", regex=True).str.strip()
    assert (phrases.groupby(comments["video_id"]).nunique() <= 2).all()
    assert comments.groupby("video_id").size().max() > 0.3 * len(members)


# what is written


def written(platform: Tables, folder) -> str:
    lake = str(folder / "lake")
    for name, rows in zip(("accounts", "videos", "events"), platform, strict=True):
        write_deltalake(f"{lake}/{name}", rows, partition_by=["event_date"] if name == "events" else None)
    return lake


def count(path: str) -> int:
    return DeltaTable(path).count()


def test_the_command_adds_rows_at_their_partitions_and_tells_the_truth(platform, tmp_path):
    lake, truth = written(platform, tmp_path), tmp_path / "truth"
    truth.mkdir()
    kinds = pa.array(np.isin(np.arange(1, 301), ABUSIVE).astype(np.int8))
    pq.write_table(
        pa.table({"account_id": np.arange(1, 301), "kind": kinds, "ring": np.full(300, -1)}), truth / "accounts.parquet"
    )
    told = [lake, str(truth), "--seed", "4", "--kinds", "giveaway,affiliate_shop,migration", "--per-kind", "1"]
    before = [table.num_rows for table in platform]
    out = CliRunner().invoke(main, told, catch_exceptions=False)
    assert out.exit_code == 0 and "giveaway" in out.output
    made = lay(4, *platform, abusive=ABUSIVE, kinds=["giveaway", "affiliate_shop", "migration"], per_kind=1)
    assert [count(f"{lake}/{name}") for name in ("accounts", "videos", "events")] == [
        old + new.num_rows for old, new in zip(before, (made.accounts, made.videos, made.events), strict=True)
    ]
    events = DeltaTable(f"{lake}/events")
    assert events.metadata().partition_columns == ["event_date"]
    rows = events.to_pandas()
    assert (rows["ts"].dt.date == rows["event_date"]).all() and rows["event_id"].is_unique
    bios = DeltaTable(f"{lake}/accounts").to_pandas().set_index("account_id")["bio"]
    assert all(
        bios[who] == bio
        for who, bio in zip(*(made.bios[name].to_pylist() for name in ("account_id", "bio")), strict=True)
    )
    assert pq.read_table(truth / "crowds.parquet").equals(made.crowds)
    after = pq.read_table(truth / "accounts.parquet").to_pandas().set_index("account_id")["kind"]
    assert (after[made.accounts["account_id"].to_pylist()] == 0).all() and len(after) == 300 + made.accounts.num_rows

    assert CliRunner().invoke(main, told, catch_exceptions=False).exit_code == 0
    crowds = pq.read_table(truth / "crowds.parquet").to_pandas()
    assert sorted(crowds["crowd_id"].unique()) == [1, 2, 3, 4, 5, 6]
    assert DeltaTable(f"{lake}/events").to_pandas()["event_id"].is_unique


def test_the_truth_of_the_own_simulator_gets_a_table_of_crowds(platform, tmp_path):
    lake, truth = written(platform, tmp_path), str(tmp_path / "truth")
    violating = pa.array(np.isin(np.arange(1, 301), ABUSIVE))
    write_deltalake(f"{truth}/truth_accounts", pa.table({"account_id": np.arange(1, 301), "violating": violating}))
    told = [lake, truth, "--kinds", "school_class", "--per-kind", "1"]
    assert CliRunner().invoke(main, told, catch_exceptions=False).exit_code == 0
    crowds = DeltaTable(f"{truth}/crowds").to_pandas()
    assert list(crowds.columns) == ["account_id", "crowd_kind", "crowd_id"] and set(crowds["crowd_kind"]) == {
        "school_class"
    }
    assert count(f"{truth}/truth_accounts") == 300 + len(crowds)
    assert set(abusive_in(truth, None)) == set(ABUSIVE)


def test_who_is_abusive_can_be_told_or_is_nobody(platform, tmp_path):
    file = tmp_path / "abusive.parquet"
    pq.write_table(pa.table({"account_id": [4, 9]}), file)
    assert abusive_in(str(tmp_path), str(file)).tolist() == [4, 9]
    assert abusive_in(str(tmp_path), "none").tolist() == [] == abusive_in(str(tmp_path), None).tolist()


def test_an_unknown_kind_is_refused_and_the_lake_stays(platform, tmp_path):
    lake = written(platform, tmp_path)
    out = CliRunner().invoke(main, [lake, str(tmp_path / "truth"), "--kinds", "picnic"])
    assert out.exit_code == 2 and "picnic" in out.output
    assert count(f"{lake}/events") == platform[2].num_rows
    with pytest.raises(ValueError, match="nobody to take part"):
        lay(1, *platform, abusive=range(301))
