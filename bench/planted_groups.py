"""Draw the map of the planted groups that are found: python bench/planted_groups.py.

Into a made-up platform without abuse come groups whose members like the same unknown videos, each of another creator.
Groups differ in size, in co-acts per member (how many of those videos each of them likes), in camouflage (the share of
a member's likes that fall, as anybody's, on what others like) and in spread (the time within which they like one of
the videos). Nothing else gives them away: their accounts are old, with devices and addresses of their own. For each
spread one platform is made, and `links` and `rings` run on it. The map says what share of each group is in one ring.
Rows go to bench/results/planted_groups.csv; --plot draws them.
"""

import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from pathlib import Path
from typing import NamedTuple

import click
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from end_to_end import published, run, simulate, table
from records import record

DAY = date(2026, 3, 1)
DAYS = 42
END = datetime.combine(DAY, time(), UTC)
SIZES = (5, 10, 30, 100, 300)
CO_ACTS = (2, 4, 6, 12, 30)
CAMOUFLAGE = (0.0, 0.5, 0.9, 0.95)
SPREADS = {"1 minute": 60, "10 minutes": 600, "1 hour": 3_600, "1 day": 86_400}
FIRST_NEW = 1 << 40
"""Ids of what is planted begin here; those of the made-up platform are hashes."""


class Group(NamedTuple):
    """A planted group, and the account and video that its own begin with."""

    size: int
    co_acts: int
    camouflage: float
    first_account: int
    first_video: int

    @property
    def members(self) -> np.ndarray:
        return np.arange(self.first_account, self.first_account + self.size)

    @property
    def targets(self) -> np.ndarray:
        return np.arange(self.first_video, self.first_video + self.co_acts)


def groups() -> Iterator[Group]:
    """One group for each size, number of co-acts and camouflage."""
    account, video = FIRST_NEW, FIRST_NEW
    for size, co_acts, camouflage in product(SIZES, CO_ACTS, CAMOUFLAGE):
        yield Group(size, co_acts, camouflage, account, video)
        account, video = account + size, video + co_acts


def append(lake: str, name: str, rows: pd.DataFrame) -> None:
    """Add rows to a source table; columns that they lack are null."""
    target = DeltaTable(f"{lake}/{name}")
    schema = pa.schema(target.schema().to_arrow())
    columns = [
        pa.array(rows[field.name], field.type, from_pandas=True)
        if field.name in rows
        else pa.nulls(len(rows), field.type)
        for field in schema
    ]
    write_deltalake(target, pa.Table.from_arrays(columns, schema=schema), mode="append")


def planted_likes(planted: list[Group], spread_s: int, liked: np.ndarray) -> pd.DataFrame:
    """The likes of all planted groups: each target from some moment on, camouflage at any time on what is `liked`."""
    dice = np.random.default_rng(spread_s)
    ago_s = DAYS * 86_400 - spread_s
    parts = []
    for group in planted:
        who, target = np.repeat(group.members, group.co_acts), np.tile(group.targets, group.size)
        begun = np.tile(dice.uniform(0, ago_s, group.co_acts), group.size)
        parts.append((who, target, begun + dice.uniform(0, spread_s, len(who))))
        honest = round(group.co_acts * group.camouflage / (1 - group.camouflage))
        who = np.repeat(group.members, honest)
        parts.append((who, dice.choice(liked, len(who)), dice.uniform(0, ago_s, len(who))))
    account, video, second = (np.concatenate(column) for column in zip(*parts, strict=True))
    ts = pd.Timestamp(END - timedelta(days=DAYS)) + pd.to_timedelta(second, unit="s").floor("ms")
    return pd.DataFrame(
        {
            "event_id": FIRST_NEW + np.arange(len(account)),
            "ts": ts,
            "account_id": account,
            "verb": "like",
            "video_id": video,
            "event_date": ts.date,
        }
    )


def plant(lake: str, planted: list[Group], spread_s: int) -> None:
    """Add the groups' accounts, videos and likes to a lake."""
    accounts = np.concatenate([group.members for group in planted])
    videos = np.concatenate([group.targets for group in planted])
    liked = table(lake, "events").filter("verb = 'like'").order("event_id").fetchnumpy()["video_id"]
    age = pd.to_timedelta(np.random.default_rng(1).uniform(100, 900, len(accounts)), unit="D").floor("s")
    people = {"account_id": accounts, "created_at": END - age, "handle": "", "bio": "", "is_verified": False}
    creators = 2 * FIRST_NEW + np.arange(len(videos))
    uploaded = END - timedelta(days=DAYS)
    clips = {"video_id": videos, "account_id": creators, "created_at": uploaded, "caption": "", "duration_ms": 15_000}
    append(lake, "accounts", pd.DataFrame(people))
    append(lake, "videos", pd.DataFrame(clips))
    append(lake, "events", planted_likes(planted, spread_s, liked))


def found(lake: str, planted: list[Group]) -> pd.DataFrame:
    """For each group the share of it in the ring that has most of it."""
    members = published(lake, "ring_members", DAY).df()
    ring_of = members.drop_duplicates("account_id").set_index("account_id")["ring_id"]
    rows = []
    for group in planted:
        rings = ring_of.reindex(group.members).value_counts()
        rows.append((group.size, group.co_acts, group.camouflage, rings.max() / group.size if len(rings) else 0.0))
    return pd.DataFrame(rows, columns=["size", "co-acts", "camouflage", "found"])


def as_map(shares: pd.DataFrame) -> pd.DataFrame:
    """Sizes and camouflage down, co-acts across, found shares inside."""
    return shares.pivot(index=["size", "camouflage"], columns="co-acts", values="found")


def draw(maps: dict[str, pd.DataFrame], path: str) -> None:
    """The maps side by side, one for each spread."""
    figure, (axes,) = plt.subplots(
        1, len(maps), figsize=(3.2 * len(maps), 6), sharey=True, squeeze=False, layout="constrained"
    )
    for axis, (name, shares) in zip(axes, maps.items(), strict=True):
        image = axis.imshow(shares, vmin=0, vmax=1, cmap="viridis", aspect="auto")
        axis.set_title(f"within {name}")
        axis.set_xticks(range(len(shares.columns)), shares.columns)
        axis.set_xlabel("co-acts per member")
    axes[0].set_yticks(range(len(shares)), [f"{size}, {camouflage:.0%}" for size, camouflage in shares.index])
    axes[0].set_ylabel("members, camouflage")
    figure.colorbar(image, ax=axes, label="share of the group in one ring")
    figure.savefig(path, dpi=120)


@click.command()
@click.option("--accounts", default=40_000, show_default=True, help="Honest accounts of each platform.")
@click.option("--within", multiple=True, type=click.Choice(list(SPREADS)), default=list(SPREADS), help="Spreads.")
@click.option("--plot", type=click.Path(dir_okay=False), help="A PNG file for the maps.")
def main(accounts: int, within: tuple[str, ...], plot: str | None) -> None:
    """Make the platforms, plant the groups, and look for them."""
    planted, maps = list(groups()), {}
    for name in within:
        spread_s = SPREADS[name]
        with tempfile.TemporaryDirectory() as folder:
            lake = str(Path(folder) / "lake")
            simulate(lake, accounts=accounts, days=DAYS, until=DAY, abuse=0, seed=spread_s)
            plant(lake, planted, spread_s)
            for job in ("links", "rings"):
                run(job, "--lake", lake, "--as-of", str(DAY))
            shares = found(lake, planted)
        maps[name] = as_map(shares)
        for row in shares.to_dict("records"):
            figures = {key.replace("-", "_"): row[key] for key in ("camouflage", "co-acts", "found")}
            record("planted_groups", accounts=accounts, spread=name, members=row["size"], **figures)
    if plot:
        draw(maps, plot)


if __name__ == "__main__":
    main()
