"""Measure what rings make of honest crowds: python bench/organic_crowds.py --second make_world.py.

Crowds of simulation/organic are laid over made-up platforms of the project's own simulator and, where its path is
given, of a second generator; `links` and `rings` run on them with no model and no decision. Of honest accounts that
were active in the last 28 days, the share in rings with a score of 0.5 or more goes to
bench/results/organic_crowds.csv, by kind of crowd, with Wilson's interval; `none` are those in no crowd, `abusive`
those who are not honest. An account in several crowds counts in each.
"""

import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import click
import pandas as pd
from deltalake import DeltaTable
from end_to_end import DAY, published, run, simulate, table
from records import record

from simulation.organic.__main__ import abusive_in
from simulation.organic.overlay import KINDS

FLAGGED = 0.5
Z = 1.959964
"""Of an interval that holds the truth in 95 of 100 cases."""
OWN, SECOND = "simulate", "second"


class World(NamedTuple):
    """A platform: who makes it up, out of which seed, how large, and what else its generator is told."""

    generator: str
    seed: int
    accounts: int
    more: tuple[str, ...] = ()


WORLDS = {
    "own-small": World(OWN, 5, 3_000),
    "own-a": World(OWN, 41, 20_000),
    "own-b": World(OWN, 42, 20_000, ("--evading", "0.8")),
    "own-honest": World(OWN, 43, 20_000, ("--abuse", "0")),
    "second-small": World(SECOND, 5, 3_000),
    "second-a": World(SECOND, 141, 20_000, ("--zero-day",)),
    "second-b": World(SECOND, 142, 20_000, ("--zero-day", "--evasion", "0.8", "--dirty", "0.004")),
}


class Made(NamedTuple):
    """Where a platform and the truth about it are, and the day after its last."""

    lake: str
    truth: str
    day: date


def make(world: World, folder: Path, second: str | None) -> Made | None:
    """Make up a platform; None when its generator is not there."""
    if world.generator == OWN:
        lake = str(folder / "lake")
        more = {name.removeprefix("--"): value for name, value in zip(world.more[::2], world.more[1::2], strict=True)}
        simulate(lake, seed=world.seed, accounts=world.accounts, until=DAY, **more)
        return Made(lake, f"{lake}_truth", DAY)
    if second is None:
        return None
    knobs = ("--seed", str(world.seed), "--accounts", str(world.accounts), *world.more)
    subprocess.run([sys.executable, second, str(folder), *knobs], check=True, stdout=sys.stderr)
    told = json.loads((folder / "world.json").read_text())
    return Made(str(folder / "lake"), str(folder / "truth"), date.fromisoformat(told["as_of"]))


def overlay(made: Made, seed: int, per_kind: int, taste_feed: float | None, kinds: str) -> None:
    """Lay crowds over a platform, and find rings on it."""
    told = ["--seed", str(seed), "--per-kind", str(per_kind), "--kinds", kinds]
    told += [] if taste_feed is None else ["--taste-feed", str(taste_feed)]
    crowds = [sys.executable, "-m", "simulation.organic", made.lake, made.truth, *told]
    subprocess.run(crowds, check=True, stdout=sys.stderr)
    for job in ("links", "rings"):
        run(job, "--lake", made.lake, "--as-of", str(made.day), "--engine", "sail")


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The interval of a share (Wilson 1927), all of 0 to 1 where nothing was counted."""
    if of == 0:
        return 0.0, 1.0
    share, spread = hits / of, Z**2 / of
    half = Z * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    low, high = ((share + spread / 2 + side * half) / (1 + spread) for side in (-1, 1))
    return max(low, 0.0), min(high, 1.0)


def measured(made: Made) -> Iterator[tuple[str, int, int, int]]:
    """Of each kind of crowd: its name, and how many crowds, active accounts, and of these in rings there are."""
    recent = table(made.lake, "events").filter(
        f"event_date >= DATE '{made.day}' - 28 AND event_date < DATE '{made.day}'"
    )
    active = recent.project("account_id").distinct().df()["account_id"].dropna().astype("int64")
    rings = published(made.lake, "rings", made.day).filter(f"score >= {FLAGGED}").df()["ring_id"]
    members = published(made.lake, "ring_members", made.day).df()
    flagged = set(members.loc[members["ring_id"].isin(rings), "account_id"])
    crowds = pd.read_parquet(Path(made.truth) / "crowds.parquet")
    abusive = set(abusive_in(made.truth, None).tolist())
    who = pd.DataFrame({"account_id": active, "in_ring": active.isin(flagged), "abusive": active.isin(abusive)})
    both = who[~who["abusive"]].merge(crowds, on="account_id", how="left").fillna({"crowd_kind": "none"})
    both.loc[both["abusive"], "crowd_kind"] = "abusive"
    both = pd.concat([both, who[who["abusive"]].assign(crowd_kind="abusive")])
    for kind, rows in both.groupby("crowd_kind"):
        each = rows.groupby("account_id")["in_ring"].any()
        yield str(kind), rows["crowd_id"].nunique(), len(each), int(each.sum())


@click.command()
@click.option("--world", "worlds", multiple=True, type=click.Choice(sorted(WORLDS)), help="Repeatable; all by default.")
@click.option("--second", type=click.Path(exists=True, dir_okay=False), help="make_world.py of the second generator.")
@click.option("--seed", default=7, show_default=True, help="Seed of the crowds.")
@click.option("--per-kind", default=3, show_default=True, help="Crowds of each kind.")
@click.option("--taste-feed", type=click.FloatRange(0, 1), help="Share of the honest accounts that feeds reach.")
@click.option("--kinds", default=",".join(KINDS), help="Kinds of crowds, comma between them.")
def main(
    worlds: tuple[str, ...], second: str | None, seed: int, per_kind: int, taste_feed: float | None, kinds: str
) -> None:
    """Make up platforms, lay crowds over them, find rings, and compare with the truth."""
    for name in worlds or tuple(WORLDS):
        world = WORLDS[name]
        with tempfile.TemporaryDirectory() as folder:
            made = make(world, Path(folder), second)
            if made is None:
                print(f"{name}: left out, as --second does not say where its generator is")
                continue
            overlay(made, seed, per_kind, taste_feed, kinds)
            events = DeltaTable(f"{made.lake}/events").count()
            for kind, crowds, accounts, hits in measured(made):
                low, high = wilson(hits, accounts)
                record(
                    "organic_crowds",
                    world=name,
                    generator=world.generator,
                    seed=world.seed,
                    crowds_seed=seed,
                    platform_accounts=world.accounts,
                    events=events,
                    per_kind=per_kind,
                    taste_feed=taste_feed,
                    crowd_kind=kind,
                    crowds=crowds,
                    accounts=accounts,
                    in_rings=hits,
                    share=hits / max(accounts, 1),
                    low=low,
                    high=high,
                )


if __name__ == "__main__":
    main()
