"""Platforms drawn at random, of the home simulator and of a second generator, and their rings beside the truth."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from deltalake import DeltaTable

from features.rings import RINGS_WITH_FEATURES
from features.rings.prior import INPUTS
from lake.schemas import RING_MEMBERS

HOME, SECOND = "home", "second"
AS_OF = date(2026, 10, 6)
ACCOUNTS, DAYS = (3_000, 8_000), (28, 43)
EVADING = (0.0, 0.3, 0.5, 0.7, 1.0)
VARIED = 0.6
"""Of the rings of the home simulator, so many go about it in ways of their own."""
MOST_CROWDS = 3
"""Crowds of each kind, from one up to as many."""
JOBS = ("validate", "links", "rings")
SEEDS_APART = 100
SURE = 0.5
"""Strength from which a member counts, and share of abusive members from which a ring is abusive."""


@dataclass(frozen=True)
class World:
    """One platform: its generator, its seed and the folder that holds `lake` and the truth."""

    generator: str
    seed: int
    folder: Path

    @property
    def lake(self) -> Path:
        return self.folder / "lake"

    @property
    def truth(self) -> Path:
        return self.folder / ("lake_truth" if self.generator == HOME else "truth")

    @property
    def name(self) -> str:
        return f"{self.generator} {self.seed}"


def knobs_of(world: World) -> dict[str, object]:
    """What its generator is told; sizes and rates are drawn evenly on a logarithmic scale."""
    draw = np.random.default_rng(world.seed * 7 + (world.generator == SECOND))

    def between(low: float, high: float) -> float:
        return float(np.exp(draw.uniform(np.log(low), np.log(high))))

    accounts, evading, days = int(between(*ACCOUNTS)), float(draw.choice(EVADING)), int(draw.integers(*DAYS))
    common = {"seed": world.seed, "accounts": accounts, "days": days}
    if world.generator == SECOND:
        rates = {"scale-events": f"{between(0.5, 1.6):.2f}", "abusive": f"{between(0.03, 0.12):.4f}"}
        zero_day = {"zero-day": None} if draw.random() < 0.6 else {}
        return common | {"evasion": evading} | rates | zero_day
    return common | {
        "until": AS_OF,
        "evading": evading,
        "varied": VARIED,
        "abuse": f"{between(1.0, 4.0):.2f}",
        "crowds": f"{between(0.5, 3.0):.2f}",
        "interests": f"{draw.uniform(0.3, 1.0):.2f}",
        "events": int(accounts * days * between(1.0, 4.0)),
    }


def make(world: World, second: Path | None) -> date:
    """Write the platform's source tables and truth, with honest crowds laid over them; returns the day to look at.

    `second` is the program of the second generator: OUT --seed … writes OUT/lake, OUT/truth and OUT/world.json.
    """
    told = [text for name, value in knobs_of(world).items() for text in _option(name, value)]
    if world.generator == SECOND:
        _run(str(second), str(world.folder), *told)
    else:
        _run("-m", "jobs", "simulate", "--lake", str(world.lake), *told)
    crowds = {"seed": world.seed, "per-kind": world.seed % MOST_CROWDS + 1}
    options = [text for name, value in crowds.items() for text in _option(name, value)]
    _run("-m", "simulation.organic", str(world.lake), str(world.truth), *options)
    known = world.folder / "world.json"
    return date.fromisoformat(json.loads(known.read_text())["as_of"]) if known.exists() else AS_OF


def mined(world: World, second: Path | None) -> pd.DataFrame:
    """The rings of a platform, made and mined first where that was not done before: one row a ring.

    Columns: the INPUTS of the prior, world, generator, members and abusive (counts), and of which `scheme` the abusive
    and of which `crowd` most of the others are.
    """
    found = world.folder / "rings.parquet"
    if not found.exists():
        as_of = make(world, second)
        for job in JOBS:
            _run("-m", "jobs", job, "--lake", str(world.lake), "--as-of", str(as_of))
        rings_with_truth(world, as_of).to_parquet(found)
    return pd.read_parquet(found)


def rings_with_truth(world: World, as_of: date) -> pd.DataFrame:
    """The rings of one day of a platform beside the truth; see `mined`."""
    rings, members = (_day(world, table.name, as_of) for table in (RINGS_WITH_FEATURES, RING_MEMBERS))
    sure = members[members["strength"] >= SURE].merge(abusers(world, as_of), on="account_id", how="left")
    sure["abusive"] = sure["scheme"].notna()
    crowds = pq.read_table(world.truth / "crowds.parquet").to_pandas()
    in_crowds = sure[~sure["abusive"]].merge(crowds, on="account_id")
    counted = sure.groupby("ring_id").agg(members=("abusive", "size"), abusive=("abusive", "sum"))
    named = counted.assign(
        scheme=_most(sure[sure["abusive"]], "scheme", counted["abusive"]),
        crowd=_most(in_crowds, "crowd_kind", counted["members"]),
    )
    told = rings[["ring_id", *INPUTS]].merge(named, on="ring_id").astype(dict.fromkeys(INPUTS, "float32"))
    return told.assign(world=world.name, generator=world.generator)


def abusers(world: World, as_of: date) -> pd.DataFrame:
    """The accounts that were abusive before a day, each with its scheme: account_id, scheme."""
    if world.generator == HOME:
        truth = DeltaTable(str(world.truth / "truth_accounts")).to_pandas()
        return truth.loc[truth["violating"].astype(bool), ["account_id", "scheme"]]
    truth = pq.read_table(world.truth / "accounts.parquet").to_pandas()
    acting = (truth["kind"] > 0) & (truth["first_act"] < pd.Timestamp(as_of, tz="UTC"))
    return truth[acting].assign(scheme="kind " + truth["kind"].astype(str))[["account_id", "scheme"]]


def _most(rows: pd.DataFrame, column: str, out_of: pd.Series) -> pd.Series:
    """Of each ring the value that most of its rows have, where that is half of `out_of` or more."""
    counts = rows.groupby(["ring_id", column]).size().rename("count").reset_index().sort_values("count")
    best = counts.groupby("ring_id").last()
    return best[column].where(best["count"] >= 0.5 * out_of.reindex(best.index))


def _day(world: World, table: str, as_of: date) -> pd.DataFrame:
    rows = DeltaTable(str(world.lake / table)).to_pyarrow_table(filters=[("as_of", "=", as_of)])
    return rows.to_pandas()


def _option(name: str, value: object) -> list[str]:
    return [f"--{name}"] if value is None else [f"--{name}", str(value)]


def _run(*command: str) -> None:
    """Run Python; raises CalledProcessError with what it said."""
    subprocess.run([sys.executable, *command], check=True, capture_output=True, text=True)


def worlds(folder: Path, each: int, first_seed: int, generators: Mapping[str, bool]) -> list[World]:
    """The platforms to draw, generators in turn: `each` of every one that is there, none with the seed of another."""
    there = [name for name, here in generators.items() if here]
    return [
        World(name, seed, folder / f"{name}-{seed}")
        for number in range(each)
        for place, name in enumerate(there)
        for seed in [first_seed + SEEDS_APART * place + number]
    ]
