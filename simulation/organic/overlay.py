"""Crowds laid over a platform: drawn kind by kind, then turned into the rows of the source tables and of the truth."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple
from zlib import crc32

import numpy as np
import pyarrow as pa

from lake.schemas import VERBS
from simulation.organic.circles import (
    agency,
    course,
    creator_pod,
    migration,
    school_class,
    streaming_party,
    watch_club,
)
from simulation.organic.gatherings import breaking_news, final, giveaway, outrage, protest_tag
from simulation.organic.machines import buggy_client, carrier_address
from simulation.organic.platform import CLOCK, DAY, FOLLOW, LIKE, NOBODY, REPORT, read_platform
from simulation.organic.stage import ACT_TYPES, Rng, Stage, new_ids
from simulation.organic.tastes import film_raters, neighbourhood, taste_feed
from simulation.organic.uploads import affiliate_shop, meme_wave, syndicated_news

KINDS: Mapping[str, Callable[[Stage, Rng], None]] = {
    make.__name__: make
    for make in (
        final,
        breaking_news,
        streaming_party,
        protest_tag,
        giveaway,
        school_class,
        affiliate_shop,
        meme_wave,
        syndicated_news,
        creator_pod,
        agency,
        carrier_address,
        migration,
        buggy_client,
        outrage,
        taste_feed,
        watch_club,
        film_raters,
        neighbourhood,
        course,
    )
}
MOST_FEEDS = 10_000
HURRY = (0.2, 1.3)
"""Who enters a giveaway or lifts a friend's video hardly looks at it; who meets to watch sees more than others."""
ONCE = (LIKE, FOLLOW, REPORT)
"""What an account does once to a video or an account."""


class Overlay(NamedTuple):
    """Rows to add to accounts, videos and events; account_id and bio of profiles that change; and the truth, one row of
    account_id, crowd_kind, crowd_id for each member of each crowd that left a row.
    """

    accounts: pa.Table
    bios: pa.Table
    videos: pa.Table
    events: pa.Table
    crowds: pa.Table


def lay(
    seed: int,
    accounts: pa.Table,
    videos: pa.Table,
    events: pa.Table,
    *,
    abusive: Iterable[int] = (),
    kinds: Collection[str] = tuple(KINDS),
    per_kind: int = 2,
    taste_feed_share: float | None = None,
    first_crowd: int = 1,
) -> Overlay:
    """Draw so many crowds of each kind; with `taste_feed_share`, as many feeds as bring this share of the honest one.

    The tables are those of the contract. `abusive` accounts take no part; the same seed gives the same rows. Raises
    ValueError for an unknown kind or a platform without events.
    """
    if unknown := sorted(set(kinds) - set(KINDS)):
        raise ValueError(f"unknown kinds of crowds: {', '.join(unknown)}")
    platform = read_platform(accounts, videos, events, abusive)
    if platform.end == platform.start or not platform.honest.any():
        raise ValueError("no events, or nobody who is honest: there is nobody to take part")
    stage, kind_of = Stage(platform), dict[int, str]()
    feeds = 0.0 if taste_feed_share is None else taste_feed_share
    for kind in KINDS:
        if kind not in kinds:
            continue
        whole = kind == "taste_feed" and taste_feed_share is not None
        for number in range(MOST_FEEDS if whole else per_kind):
            fed = stage.fed.sum()
            if whole and fed >= feeds * len(stage.honest):
                break
            stage.crowd = first_crowd + len(kind_of)
            kind_of[stage.crowd] = kind
            stage.patience = patience(np.random.default_rng([seed, crc32(b"patience"), stage.crowd]))
            KINDS[kind](stage, np.random.default_rng([seed, crc32(kind.encode()), number]))
            if whole and stage.fed.sum() == fed:  # nobody is left whom none feeds
                break
    return _rows(stage, kind_of, np.random.default_rng([seed, crc32(b"rows")]))


def patience(rng: Rng) -> float:
    """How much of what everybody watches a crowd watches: as much, or from a glance of those in a hurry up to more."""
    return 1.0 if rng.random() < 0.5 else float(np.exp(rng.uniform(*np.log(HURRY))))


def _rows(stage: Stage, kind_of: dict[int, str], rng: Rng) -> Overlay:
    """What took place within the window, after sign-up and upload, and who did it."""
    old, size = stage.platform, len(stage.platform.video_id)
    shown = (stage.uploaded < stage.end) & (stage.author >= 0) & (stage.uploaded > stage.created[stage.author])
    shown[:size] = True
    acts = _possible(stage, shown)
    account_ids = np.concatenate(
        [old.account_id, _fresh(rng, len(stage.created) - len(old.account_id), old.account_id)]
    )
    video_ids = np.concatenate([old.video_id, _fresh(rng, len(stage.uploaded) - size, old.video_id)])
    new = np.flatnonzero(shown[size:]) + size
    in_crowd = [
        np.stack([acts["account"], acts["crowd"]], axis=1),
        np.stack([stage.author[new], np.array(stage.videos.crowd, np.int64)[new - size]], axis=1),
        np.array(stage.bio_crowds, np.int64).reshape(-1, 2),
    ]
    members = np.unique(np.concatenate(in_crowd), axis=0)
    members = members[members[:, 1] >= 0]
    joined = np.unique(members[:, 0])
    return Overlay(
        _account_rows(stage, joined[joined >= len(old.account_id)], account_ids),
        _bio_rows(stage),
        _video_rows(stage, new, account_ids, video_ids),
        _event_rows(stage, acts, rng, account_ids, video_ids),
        pa.table(
            {
                "account_id": account_ids[members[:, 0]],
                "crowd_kind": pa.array([kind_of[crowd] for crowd in members[:, 1].tolist()], pa.string()),
                "crowd_id": members[:, 1],
            }
        ),
    )


def _possible(stage: Stage, shown: np.ndarray) -> dict[str, np.ndarray]:
    """The acts that can have taken place, in the order of time; what is done once is done the first time alone."""
    pages = stage.acts or [{name: np.array([], kind) for name, kind in ACT_TYPES.items()}]
    acts = {name: np.concatenate([page[name] for page in pages]) for name in ACT_TYPES}
    acts["ts"] = acts["ts"] // 1000 * 1000
    video, account, target = acts["video"], acts["account"], acts["target"]
    on_video = video >= 0
    begun = np.where(on_video, stage.uploaded[video], stage.start - 1)
    kept = (acts["ts"] >= stage.start) & (acts["ts"] < stage.end)
    kept &= (acts["ts"] > stage.created[account]) & (acts["ts"] > begun) & (~on_video | shown[video])
    kept &= (target < 0) | ((target != account) & (acts["ts"] > stage.created[target]))
    kept &= on_video | (acts["verb"] == FOLLOW)
    order = np.flatnonzero(kept)
    order = order[np.argsort(acts["ts"][order], kind="stable")]
    acts = {name: values[order] for name, values in acts.items()}
    key = np.stack([acts[name] for name in ("account", "verb", "video", "target")], axis=1).astype(np.int64)
    first = np.zeros(len(key), bool)
    first[np.unique(key, axis=0, return_index=True)[1]] = True
    first |= ~np.isin(acts["verb"], ONCE)
    return {name: values[first] for name, values in acts.items()}


def _fresh(rng: Rng, count: int, taken: np.ndarray) -> np.ndarray:
    """Different ids that are not taken."""
    found = np.array([], np.int64)
    while len(found) < count:
        more = np.setdiff1d(new_ids(rng, count), taken)
        found = rng.permutation(np.union1d(found, more))[:count]
    return found


def _names(numbers: np.ndarray, names: list[str]) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(numbers, mask=numbers == NOBODY))


def _times(micros: np.ndarray) -> pa.Array:
    return pa.array(micros, pa.int64()).cast(CLOCK)


def _account_rows(stage: Stage, new: np.ndarray, ids: np.ndarray) -> pa.Table:
    first = len(stage.platform.account_id)
    return pa.table(
        {
            "account_id": ids[new],
            "created_at": _times(stage.created[new]),
            "country": _names(stage.country[new], stage.platform.countries),
            "handle": pa.array([stage.handles[number - first] for number in new.tolist()], pa.string()),
            "bio": pa.array([stage.bios.get(number, "") for number in new.tolist()], pa.string()),
            "is_verified": pa.array(np.zeros(len(new), bool)),
            "signup_device_id": _names(stage.home_device[new], stage.devices),
            "signup_ip_id": _names(stage.home_address[new], stage.addresses),
        }
    )


def _bio_rows(stage: Stage) -> pa.Table:
    changed = sorted(number for number in stage.bios if number < len(stage.platform.account_id))
    return pa.table(
        {
            "account_id": stage.platform.account_id[np.array(changed, np.int64)],
            "bio": pa.array([stage.bios[number] for number in changed], pa.string()),
        }
    )


def _video_rows(stage: Stage, new: np.ndarray, account_ids: np.ndarray, video_ids: np.ndarray) -> pa.Table:
    made, places = stage.videos, (new - len(stage.platform.video_id)).tolist()
    sound = np.array(made.sound, np.int64)[places]
    return pa.table(
        {
            "video_id": video_ids[new],
            "account_id": account_ids[stage.author[new]],
            "created_at": _times(stage.uploaded[new]),
            "caption": pa.array([made.caption[place] for place in places], pa.string()),
            "hashtags": pa.array([made.hashtags[place] for place in places], pa.list_(pa.string())),
            "sound_id": pa.array(sound, mask=sound == NOBODY),
            "duration_ms": stage.duration_ms[new].astype(np.int64),
            "frame_hash": pa.array([made.frame[place] for place in places], pa.binary()),
        }
    )


def _event_rows(
    stage: Stage, acts: dict[str, np.ndarray], rng: Rng, account_ids: np.ndarray, video_ids: np.ndarray
) -> pa.Table:
    def of(numbers: np.ndarray, ids: np.ndarray) -> pa.Array:
        return pa.array(ids[numbers], mask=numbers == NOBODY)

    return pa.table(
        {
            "event_id": _fresh(rng, len(acts["ts"]), stage.platform.event_ids),
            "ts": _times(acts["ts"]),
            "account_id": account_ids[acts["account"]],
            "verb": pa.array(VERBS).take(pa.array(acts["verb"])),
            "video_id": of(acts["video"], video_ids),
            "target_account_id": of(acts["target"], account_ids),
            "text": pa.array(acts["text"], pa.string()),
            "watch_ms": pa.array(acts["watch_ms"], mask=acts["watch_ms"] == NOBODY),
            "device_id": _names(acts["device"], stage.devices),
            "ip_id": _names(acts["address"], stage.addresses),
            "event_date": pa.array((acts["ts"] // DAY).astype(np.int32), pa.date32()),
        }
    )
