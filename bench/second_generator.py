"""Compare a day with the truth on platforms of a second generator: python bench/second_generator.py --second
MAKE_WORLD.PY --evaluator EVALUATE.PY.

Such a generator shares no code with simulation/. MAKE_WORLD.PY writes the source tables and the truth of a platform,
EVALUATE.PY reads the tables of a day and the truth, and prints figures as JSON. `train` and `daily` run in between. Of
the default seeds three platforms have rings of which two in five hide, three of which all do; the prior on rings
has seen none of them, though it has seen others of this generator. Rows go to bench/results/second_generator.csv.
Accounts are those that nobody has decided on; `risk_first` is the abusive share of the first fifty risk cases, flagged
ones first.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import click
import pandas as pd
from deltalake import DeltaTable
from end_to_end import run_steps
from records import Figure, record

ACCOUNTS, DAYS = 20_000, 35
SOME, ALL = ("--evasion", "0.4", "--zero-day", "--dirty", "0.004"), ("--evasion", "1.0", "--zero-day")
PLATFORMS = {102: SOME, 1022: SOME, 1023: SOME, 103: ALL, 1032: ALL, 1033: ALL}
FIRST = 50
FIGURES = {
    "average_precision": "account.unreviewed.overall.ap",
    "abusive_at_r": "account.unreviewed.overall.r_precision",
    "hidden_at_r": "account.unreviewed.recall.evading",
    "zero_day_at_r": "account.unreviewed.recall.zero_day",
    "loud_in_rings": "rings.loud.recall",
    "hidden_in_rings": "rings.evading.recall",
    "zero_day_in_rings": "rings.zero_day.recall",
    "abusive_of_ring_members": "rings.precision_abusive",
    "honest_in_rings": "rings.honest_accounts_in_ring_over_half",
    "bought_videos": "videos.artificial_engagement.r_precision",
    "copied_videos": "videos.coordinated_reupload.r_precision",
    "spam_calibration_error": "calibration.spam_ring.ece",
    "bot_calibration_error": "calibration.bot_network.ece",
    "spam_scores_over_truth": "calibration.spam_ring.score_sum_over_positives",
    "bot_scores_over_truth": "calibration.bot_network.score_sum_over_positives",
    "risk_cases": "queue.risk.cases",
    "risk_cases_abusive": "queue.risk.precision_any_policy",
}
"""Our names of figures, and the evaluator's; rings are those with a score of 0.5 or more."""


def first_cases(platform: Path, day: date) -> float | None:
    """The abusive share of the first risk cases: accounts, videos, and rings of which half of the members are."""
    at = [("as_of", "=", day)]
    queue, members = (
        DeltaTable(str(platform / "lake" / name)).to_pyarrow_table(filters=at).to_pandas()
        for name in ("review_queue", "ring_members")
    )
    accounts, videos = (pd.read_parquet(platform / "truth" / f"{name}.parquet") for name in ("accounts", "videos"))
    acting = accounts[(accounts["kind"] > 0) & (accounts["first_act"] < pd.Timestamp(day, tz="UTC"))]
    abusive = set(acting["account_id"]) | set(videos.loc[videos["kind"] > 0, "video_id"])
    shares = members.assign(abusive=members["account_id"].isin(abusive)).groupby("ring_id")["abusive"].mean()
    abusive |= set(shares.index[shares >= 0.5])
    risk = queue[queue["selection"] == "risk"].assign(flagged=lambda cases: cases["score"] >= 0.5)
    first = risk.sort_values(["flagged", "priority"], ascending=False).head(FIRST)
    return float(first["entity_id"].isin(abusive).mean()) if len(first) else None


def figures(platform: Path, day: date, evaluator: str) -> dict[str, Figure]:
    """What the evaluator says of a day, under our names."""
    command = [evaluator, str(platform / "lake"), str(platform / "truth"), "--as-of", str(day), "--json"]
    told: Mapping[str, Figure] = json.loads(subprocess.check_output([sys.executable, *command], text=True))
    return {name: told.get(theirs) for name, theirs in FIGURES.items()} | {"risk_first": first_cases(platform, day)}


@click.command()
@click.option("--second", type=click.Path(exists=True), required=True, help="The program that makes platforms.")
@click.option("--evaluator", type=click.Path(exists=True), required=True, help="The program that compares.")
@click.option(
    "--seed", "seeds", multiple=True, type=click.Choice([str(seed) for seed in PLATFORMS]), help="Repeatable."
)
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="Folder of platforms, to go on with.")
def main(second: str, evaluator: str, seeds: tuple[str, ...], keep: Path | None) -> None:
    """Make platforms, train, run a day and compare; a kept platform that has a day is compared alone."""
    with tempfile.TemporaryDirectory() as folder:
        for seed in map(int, seeds or map(str, PLATFORMS)):
            platform = (keep or Path(folder)) / f"seed-{seed}"
            if not (platform / "world.json").exists():
                size = ("--seed", str(seed), "--accounts", str(ACCOUNTS), "--days", str(DAYS))
                subprocess.run([sys.executable, second, str(platform), *size, *PLATFORMS[seed]], check=True)
            day = date.fromisoformat(json.loads((platform / "world.json").read_text())["as_of"])
            if not (platform / "lake" / "prevalence").exists():  # the last table of a day
                run_steps(("train", "daily"), str(platform / "lake"), day)
            hiding = float(PLATFORMS[seed][1])
            record("second_generator", seed=seed, hiding=hiding, **figures(platform, day, evaluator))


if __name__ == "__main__":
    main()
