"""Make the prior on rings anew: python -m tools.ring_prior --second MAKE_WORLD.PY.

Draws platforms of both generators, lays honest crowds over them, finds their rings, keeps these beside the truth
(rings.parquet), fits the prior on them (features/rings/prior.json) and writes its card (docs/ring-prior.md) and the
figures (bench/results/ring_prior.csv, and ring_verdicts.csv: what verdicts teach). With --again, fits on the rings that
are kept, in minutes.
"""

import csv
from collections.abc import Sequence
from pathlib import Path

import click
import pandas as pd

import features.rings.prior
from lake.runs import code_version
from tools.ring_prior import fit, worlds

HERE = Path(__file__).parent
KEPT = HERE / "rings.parquet"
PRIOR = Path(features.rings.prior.__file__).parent / features.rings.prior.FILE
CARD = HERE.parents[1] / "docs" / "ring-prior.md"
RESULTS = HERE.parents[1] / "bench" / "results"
FIGURES, TAUGHT = RESULTS / "ring_prior.csv", RESULTS / "ring_verdicts.csv"
Figures = Sequence[tuple[str, str, dict[str, float]]]


@click.command()
@click.option("--each", default=20, show_default=True, help="Platforms of each generator.")
@click.option("--first-seed", default=550, show_default=True)
@click.option("--keep", type=click.Path(path_type=Path), default=Path("ring-worlds"), show_default=True, help="Folder.")
@click.option("--second", type=click.Path(exists=True, path_type=Path), help="The program of the second generator.")
@click.option("--again", is_flag=True, help="Fit on the rings that are kept; no platform is made.")
def main(each: int, first_seed: int, keep: Path, second: Path | None, again: bool) -> None:
    """Fit the prior on rings and write its card."""
    if not again:
        drawn = worlds.worlds(keep, each, first_seed, {worlds.HOME: True, worlds.SECOND: second is not None})
        found = []
        for number, world in enumerate(drawn, start=1):
            found.append(worlds.mined(world, second))
            print(f"{number} of {len(drawn)}: {world.name}, {len(found[-1])} rings", flush=True)
        pd.concat(found, ignore_index=True).to_parquet(KEPT, compression="zstd")
    rows = pd.read_parquet(KEPT)
    of_worlds, curve = fit.left_out(rows, rows["world"]), fit.learning_curve(rows)
    prior = fit.fit(rows, of_worlds, curve)
    PRIOR.write_text(prior.to_json() + "\n")
    figures, taught = list(fit.card(rows, of_worlds)), with_spreads(curve, prior.spreads)
    write_figures(figures)
    taught.assign(commit=code_version()).to_csv(TAUGHT, index=False, float_format="%.6g")
    CARD.write_text(card(rows, figures, taught))
    print(CARD.read_text())


def write_figures(figures: Figures) -> None:
    """The figures as data, with the commit."""
    with FIGURES.open("w") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["commit", "left out", "which", *figures[0][2]])
        for kind, which, values in figures:
            out.writerow([code_version(), kind, which, *(f"{value:.6g}" for value in values.values())])


def with_spreads(curve: pd.DataFrame, spreads: tuple[float, float]) -> pd.DataFrame:
    """The learning curve with these spreads: means over the platforms of each generator."""
    chosen = curve[(curve["start"] == spreads[0]) & (curve["part"] == spreads[1])]
    by = chosen.groupby(["generator", "verdicts"])
    return by.mean(numeric_only=True).assign(platforms=by.size()).drop(columns=["start", "part"]).reset_index()


TITLES = {
    "world": "Platforms that were left out, one at a time",
    "generator": "A whole generator left out: fitted on the other alone",
    "scheme": "A scheme of abuse left out: its rings among the honest ones of platforms that were left out",
    "crowd": "A kind of honest crowd left out: how many of its people would be flagged",
}


def card(rows: pd.DataFrame, figures: Figures, taught: pd.DataFrame) -> str:
    """The card in Markdown: what the prior is, what it was fitted on, and how it does on what it has not seen."""
    counts = rows.groupby("generator").agg(platforms=("world", "nunique"), rings=("world", "size"))
    lines = [
        "# The prior on rings",
        "",
        "What is thought of a ring before any reviewer has seen one: "
        f"{fit.ROUNDS} trees of depth {fit.TREES['max_depth']} over {len(fit.INPUTS)} ring features, each of which may "
        "move a score in one direction alone. Written by `make ring-prior`; the rings behind it are in "
        "tools/ring_prior/rings.parquet.",
        "",
        "Fitted on rings of made-up platforms of random size, activity, abuse and hiding, with honest crowds of all "
        "kinds laid over them (`python -m simulation.organic`): "
        + "; ".join(
            f"{row.rings:,} of {row.platforms} platforms of the {name} generator" for name, row in counts.iterrows()
        )
        + ". A ring is abusive where half of its sure members are. Flagged: a score of 0.5 or more.",
    ]
    for kind, title in TITLES.items():
        own = [(which, values) for each, which, values in figures if each == kind]
        if not own:
            continue
        lines += [
            "",
            f"## {title}",
            "",
            f"| {kind} | " + " | ".join(own[0][1]) + " |",
            "|---" * (len(own[0][1]) + 1) + "|",
        ]
        lines += [
            f"| {which} | " + " | ".join(_number(value) for value in values.values()) + " |" for which, values in own
        ]
    lines += [
        "",
        "## What verdicts on rings teach on a platform of a generator that was left out",
        "",
        "The rings with the highest scores are judged; of the others, with the prior as it was and as it is then:",
        "",
        "| " + " | ".join(taught) + " |",
        "|---" * len(taught.columns) + "|",
    ]
    lines += [f"| {' | '.join(_number(value) for value in row)} |" for row in taught.itertuples(index=False)]
    return "\n".join(lines) + "\n"


def _number(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return "" if value != value else f"{value:,}" if isinstance(value, int) else f"{value:.3f}"


if __name__ == "__main__":
    main()
