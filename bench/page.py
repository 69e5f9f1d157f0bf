"""bench/RESULTS.md, made of bench/results/*.csv: python bench/page.py > bench/RESULTS.md (`make docs`).

A table holds figures of one commit alone. Of figures whose commit nobody wrote down, the commit that noted them parts
the tables.
"""

import csv
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from statistics import fmean

RESULTS = Path(__file__).parent / "results"
Row = Mapping[str, str]

HEAD = """\
# Results

Made from [`bench/results/`](results/) by `make docs`; the files hold more columns and older figures. A table is of one
commit: `commit` is that of the code that ran; figures from before it was recorded have the commit that noted them, which
came shortly after. Times of one machine compare with each other only. Platforms are simulated; "hiding" is the share
of their abusive rings that hide, "at R" means among as many of the highest scores as there are abusive accounts.
"""


@dataclass(frozen=True)
class Section:
    """A part of the page: one file of results, or a part of it.

    `columns` are those that are shown, with their headings and formats; `latest` is how many tables are, `rows` what is
    made of the file's rows before. `about` says what was measured and on what, `means` what follows.
    """

    title: str
    file: str
    command: str
    about: str
    means: str
    columns: Mapping[str, tuple[str, str]]
    latest: int = 1
    rows: Callable[[list[Row]], Iterable[Row]] = iter


def prevalence_rows(rows: list[Row]) -> Iterator[Row]:
    """Add settings up to a few lines: how often intervals hold the truth, and how much narrower they are."""

    def told(row: Row) -> bool:
        return row["scores"] != "useless" and float(row["truth"]) >= 0.005

    parts: dict[str, Callable[[Row], bool]] = {
        "all": lambda row: True,
        "with second reviews": lambda row: row["second_looks"] == "True",
        "without second reviews": lambda row: row["second_looks"] == "False",
        "scores that tell, truth 0.5 % or more, second reviews": lambda row: (
            told(row) and row["second_looks"] == "True"
        ),
        "the same without second reviews": lambda row: told(row) and row["second_looks"] == "False",
        "useless scores": lambda row: row["scores"] == "useless",
    }
    for commit in dict.fromkeys(row["commit"] for row in rows):
        for name, belongs in parts.items():
            chosen = [row for row in rows if row["commit"] == commit and belongs(row)]
            covered = [float(row["covered"]) for row in chosen]
            yield {
                "commit": commit,
                "settings": name,
                "number": str(len(chosen)),
                "covered": str(fmean(covered)),
                "least": str(min(covered)),
                "uncorrected_covered": str(fmean(float(row["uncorrected_covered"]) for row in chosen)),
                "narrower": str(narrower(chosen, "uncorrected_width")),
                "narrower_than_design": str(narrower(chosen, "design_width")),
            }


def narrower(rows: list[Row], than: str) -> float:
    return fmean(1 - float(row["width"]) / float(row[than]) for row in rows)


def planted_rows(rows: list[Row]) -> Iterator[Row]:
    """Put the numbers of co-actions side by side."""
    keys = ("commit", "noted_in", "measured_at", "machine", "spread", "members", "camouflage")
    lines: dict[tuple, dict[str, str]] = {}
    for row in rows:
        key = tuple(row.get(name, "") for name in keys)
        lines.setdefault(key, dict(zip(keys, key, strict=True)))[f"found_{row['co_acts']}"] = row["found"]
    yield from lines.values()


def whole_jobs(rows: list[Row]) -> Iterator[Row]:
    """The rows of whole jobs, without those of the steps of a day."""
    yield from (row for row in rows if " " not in row["step"])


SHARE, WHOLE, TENTHS, SECONDS = ".0%", ",.0f", ".1f", ",.0f"

SECTIONS = (
    Section(
        "A day on each engine",
        "engines",
        "python bench/engines.py --accounts 8000",
        "`daily` (and `train`, where it is named) of one simulated platform, each engine on a copy of it.",
        "The embedded engine does a small day in an eighth of Spark's time and a quarter of its memory.",
        {
            "accounts": ("accounts", WHOLE),
            "events": ("events", WHOLE),
            "engine": ("engine", ""),
            "step": ("job", ""),
            "seconds": ("seconds", SECONDS),
            "cpu_s": ("CPU seconds", SECONDS),
            "peak_gb": ("peak GB", TENTHS),
        },
        latest=2,
        rows=whole_jobs,
    ),
    Section(
        "A platform's first day from nothing",
        "end_to_end",
        "python bench/end_to_end.py --events 50000000",
        "Spark with a heap of 8 GB, no rollups and no model yet; tests ran beside it for a part of the time.",
        "A first day of 48 million events takes under an hour on two cores, most of it in links and features.",
        {
            "events": ("events", WHOLE),
            "step": ("step", ""),
            "seconds": ("seconds", SECONDS),
            "peak_gb": ("peak GB", TENTHS),
        },
    ),
    Section(
        "How the time of links grows, and what a crowd costs",
        "links",
        "python bench/links.py",
        "Spark with 6 GB. The crowd is one video with two million likes in an hour, half a million of them from one address.",
        "Time grows more slowly than events up to 30 million and in proportion beyond. A crowd costs next to nothing, and "
        "the next day [costs as much as the first](../docs/adr/daily-links-from-all-days.md).",
        {
            "events": ("events", WHOLE),
            "day": ("day", ""),
            "seconds": ("seconds", SECONDS),
            "peak_gb": ("peak GB", TENTHS),
        },
        latest=2,
    ),
    Section(
        "What links spend their time on",
        "links_parts",
        "",
        "The first day at 30 million events above, by hand from Spark's stages.",
        "No part dominates: a fourth goes to testing pairs, a fifth to bringing actions into one form.",
        {"part": ("part", ""), "seconds": ("seconds", SECONDS)},
    ),
    Section(
        "Features against DuckDB",
        "feature_days",
        "python bench/feature_days.py --events 3000000 --events 30000000",
        "A first day makes rollups of 28 days, the next day one more; DuckDB computes the same columns anew from all "
        "events. Spark with 6 to 8 GB.",
        "The larger the platform, the less the suite costs beside a recomputation; on small ones the fixed cost of Spark "
        "dominates.",
        {
            "events": ("events", WHOLE),
            "first_day_s": ("first day, s", SECONDS),
            "next_day_s": ("next day, s", SECONDS),
            "duckdb_s": ("DuckDB, s", SECONDS),
            "first_day_by_duckdb": ("first day / DuckDB", TENTHS),
            "next_day_by_duckdb": ("next day / DuckDB", TENTHS),
            "peak_gb": ("peak GB", TENTHS),
            "duckdb_peak_gb": ("DuckDB, peak GB", TENTHS),
        },
    ),
    Section(
        "Scoring against XGBoost's own predict",
        "score",
        "python bench/score.py",
        "The same rows in memory for XGBoost, in Parquet for the suite, which gives reasons for 1 % of them.",
        "Trees take less than a tenth of it; the rest is reading numbers and handing them to Python.",
        {
            "rows": ("rows", WHOLE),
            "features": ("features", WHOLE),
            "predict_s": ("predict in memory, s", TENTHS),
            "scored_s": ("scored from Parquet, s", TENTHS),
            "times": ("times", TENTHS),
        },
    ),
    Section(
        "Co-sharing against all pairs in DuckDB",
        "co_sharing",
        "python bench/co_sharing.py SHARES.parquet",
        "35,125 real shares, 50 and 200 times over, a week apart and by other accounts.",
        "All pairs grow with the square of the shares of an object, co-sharing does not.",
        {
            "shares": ("shares", WHOLE),
            "window_s": ("window, s", WHOLE),
            "pairs": ("pairs", WHOLE),
            "co_sharing_s": ("co-sharing, s", TENTHS),
            "all_pairs_s": ("all pairs, s", TENTHS),
            "ratio": ("ratio", TENTHS),
        },
        latest=2,
    ),
    Section(
        "Rings against the truth and against a notebook",
        "rings_against_notebook",
        "python bench/rings_against_notebook.py --seed 954",
        "No model, no decision (the notebook has them). Accounts active in the last 28 days, in rings with a score of 0.5 or "
        "more; the Rand index is adjusted.",
        "The suite finds three in four of the accounts that hide, a notebook of a day hardly any. These are of the hand-set "
        "[scorecard](../docs/adr/ring-scorecard.md); how the fitted prior does is on [its card](../docs/ring-prior.md).",
        {
            "seed": ("seed", ""),
            "hiding": ("hiding", SHARE),
            "tool": ("tool", ""),
            "variant": ("variant", ""),
            "abusive_share": ("abusive share", ".1%"),
            "loud_found": ("loud found", SHARE),
            "hidden_found": ("hidden found", SHARE),
            "rand_index": ("Rand index", ".3f"),
            "score_on_honest_rings": ("score on honest rings", ".1%"),
            "honest_per_flagged": ("honest accounts, one of", WHOLE),
        },
        latest=3,
    ),
    Section(
        "Scores against the truth",
        "scores_against_truth",
        "python bench/scores_against_truth.py --seed 954",
        "Features, links, rings, train, score and queue of one day; accounts and videos that nobody has decided on. Videos by "
        "average precision.",
        "Nearly all risk cases are abusive, and scores add up to about the truth. Of the hand-set scorecard, as above.",
        {
            "seed": ("seed", ""),
            "hiding": ("hiding", SHARE),
            "average_precision": ("average precision", ".3f"),
            "hidden_at_r": ("hidden at R", SHARE),
            "calibration_error": ("calibration error", ".4f"),
            "scores_over_truth": ("scores over truth", ".2f"),
            "risk_cases": ("risk cases", WHOLE),
            "risk_cases_abusive": ("abusive of them", ".1%"),
            "bought_videos": ("bought videos", ".3f"),
            "copied_videos": ("copied videos", ".3f"),
        },
        latest=3,
    ),
    Section(
        "The same on a second generator",
        "second_generator",
        "python bench/second_generator.py --second make_world.py --evaluator evaluate.py",
        "20,000 accounts, 35 days, a generator that shares no code with this project; `train` and `daily`. Rings are those "
        "with a score of 0.5 or more; videos at R; of risk cases, the first fifty are flagged ones first.",
        "Where all rings hide, those that behave as the public of their targets does are found and not flagged: their "
        "scores stay below a half, and add up to less than the truth.",
        {
            "seed": ("seed", ""),
            "hiding": ("hiding", SHARE),
            "average_precision": ("average precision", ".3f"),
            "hidden_at_r": ("hidden at R", ".1%"),
            "zero_day_at_r": ("zero-day at R", ".1%"),
            "loud_in_rings": ("loud in rings", ".1%"),
            "hidden_in_rings": ("hidden in rings", ".1%"),
            "abusive_of_ring_members": ("abusive of members", ".1%"),
            "honest_in_rings": ("honest in rings", ".2%"),
            "bought_videos": ("bought videos", ".3f"),
            "copied_videos": ("copied videos", ".3f"),
            "risk_cases": ("risk cases", WHOLE),
            "risk_cases_abusive": ("abusive of them", ".1%"),
            "risk_first": ("of the first 50", ".1%"),
        },
        latest=2,
    ),
    Section(
        "What each part of the models is worth",
        "ablation",
        "python bench/ablation.py LAKE...",
        "On lakes that the bench before has kept: models of accounts with a part left out, hyperparameters not searched.",
        "Rings carry nearly all of it, and as the start of a score rather than as features. What trees learn from decisions "
        "adds a hundredth where rings hide. Weights set the level where nobody hides and on fresh platforms; what neighbours "
        "are like adds nothing there; calibration brings the sums nearer to the truth where rings hide.",
        {
            "lake": ("lake", ""),
            "hiding": ("hiding", SHARE),
            "models": ("models", ""),
            "average_precision": ("average precision", ".3f"),
            "hidden_at_r": ("hidden at R", SHARE),
            "calibration_error": ("calibration error", ".4f"),
            "scores_over_truth": ("scores over truth", ".2f"),
        },
        latest=2,
    ),
    Section(
        "Which planted groups are found",
        "planted_groups",
        "python bench/planted_groups.py",
        "Groups planted among 40,000 honest accounts: all members like the same videos within a time (spread) and have nothing "
        "else in common; the rest of their likes is camouflage. The share of a group that is in one ring, by co-actions.",
        "Groups of 5 to 30 members with four co-actions or more are found whole, and so are, with two, all but some of those with 95 % camouflage. Larger ones come in pieces where their pairs "
        "exceed the [budget](../docs/adr/crowded-objects.md) (`pairs_per_act`, `min_pairs`).",
        {
            "spread": ("spread", ""),
            "members": ("members", WHOLE),
            "camouflage": ("camouflage", SHARE),
            "found_4": ("4", SHARE),
            "found_6": ("6", SHARE),
            "found_12": ("12", SHARE),
            "found_30": ("30", SHARE),
        },
        latest=3,
        rows=planted_rows,
    ),
    Section(
        "Honest crowds in rings",
        "organic_crowds",
        "python bench/organic_crowds.py --second make_world.py",
        "Twenty kinds of honest crowds laid over platforms of two generators; of each kind the accounts in rings with a score of "
        "0.5 or more, with Wilson's interval.",
        "How many honest people a kind of crowd brings into rings.",
        {
            "world": ("world", ""),
            "crowd_kind": ("crowd", ""),
            "accounts": ("accounts", WHOLE),
            "share": ("in rings", ".2%"),
            "low": ("from", ".2%"),
            "high": ("to", ".2%"),
        },
    ),
    Section(
        "How often prevalence's intervals hold the truth",
        "prevalence",
        "python bench/prevalence_simulated.py",
        "Populations of 30,000 accounts with heavy-tailed views, audited 60 times for each setting. Narrower means than the audits "
        "at their word, and than the same estimate without scores.",
        "The [posterior](../docs/adr/prevalence.md) holds the truth where audits at their word do not; scores make it narrower where "
        "they tell something.",
        {
            "settings": ("settings", ""),
            "number": ("number", WHOLE),
            "covered": ("hold the truth", ".1%"),
            "least": ("least", SHARE),
            "uncorrected_covered": ("at their word", ".1%"),
            "narrower": ("narrower", SHARE),
            "narrower_than_design": ("than without scores", SHARE),
        },
        rows=prevalence_rows,
    ),
    Section(
        "Prevalence on a platform of another generator",
        "prevalence_second",
        "",
        "8,000 accounts, 35 days, 171 audits with 0.3 % of verdicts wrong, no second reviews, no model, and a report brigade that no "
        "audit looked at.",
        "Both intervals hold the truth of what audits could see; that of `bot_network` ends below the brigade that none drew.",
        {
            "policy": ("policy", ""),
            "truth": ("truth", ".1%"),
            "truth_with_brigade": ("with the brigade", ".1%"),
            "estimate": ("estimate", ".1%"),
            "low": ("from", ".1%"),
            "high": ("to", ".1%"),
            "uncorrected": ("audits at their word", ".1%"),
            "uncorrected_low": ("from", ".1%"),
            "uncorrected_high": ("to", ".1%"),
        },
    ),
    Section(
        "What verdicts on rings teach the prior",
        "ring_verdicts",
        "make ring-prior",
        "On platforms of a generator that was left out of the fit: the rings with the highest scores are judged; of the others, the "
        "prior as it was shipped and as it is then.",
        "From ten verdicts on it ranks and foretells the others better. All figures of the prior are on "
        "[its card](../docs/ring-prior.md).",
        {
            "generator": ("generator", ""),
            "verdicts": ("verdicts", WHOLE),
            "average precision before": ("average precision before", ".3f"),
            "average precision": ("after", ".3f"),
            "log loss before": ("log loss before", ".3f"),
            "log loss": ("after", ".3f"),
        },
    ),
)


def page() -> str:
    """Write the whole page, in Markdown."""
    sections = [section_text(section, read(section.file)) for section in SECTIONS if file_of(section.file).exists()]
    return "\n".join([HEAD, *sections])


def file_of(name: str) -> Path:
    return RESULTS / f"{name}.csv"


def read(name: str) -> list[Row]:
    """Read the rows of a file of results."""
    with file_of(name).open(newline="") as lines:
        return list(csv.DictReader(lines))


def section_text(section: Section, rows: list[Row]) -> str:
    """Write a section: what was measured, a table for each of the latest commits, and what it means."""
    groups = by_commit(section.rows(rows))
    shown = list(reversed(groups))[: section.latest]
    older = len(groups) - len(shown)
    more = f" Older figures: [{section.file}.csv](results/{section.file}.csv)." if older else ""
    tables = chain.from_iterable((caption(group), table(section.columns, group)) for group in shown)
    command = f"`{section.command}`. " if section.command else ""
    parts = [f"## {section.title}", f"{command}{section.about}", *tables, f"{section.means}{more}"]
    return "\n\n".join(parts) + "\n"


def by_commit(rows: Iterable[Row]) -> list[list[Row]]:
    """Part rows by the commit of the code, or by the one that noted them; in the order of the file."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["commit"], row.get("noted_in", "")), []).append(row)
    return list(groups.values())


def caption(rows: list[Row]) -> str:
    """Say which code, when and on what machine."""
    first = rows[0]
    # Some rows name the commit as runs do: after the release, with twelve digits.
    commit = re.sub(r"^[\d.]+\+([0-9a-f]{7})[0-9a-f]*", r"\1", first["commit"])
    code = f"Commit `{commit}`" if commit else f"Noted in `{first['noted_in']}`"
    day = first.get("measured_at", "")[:10]
    return ", ".join(filter(None, (code, day, first.get("machine", "")))) + ":"


def table(columns: Mapping[str, tuple[str, str]], rows: list[Row]) -> str:
    """Write rows as a Markdown table, without the columns that are blank in all of them."""
    shown = {key: told for key, told in columns.items() if any(row.get(key) for row in rows)}
    lines = [
        "| " + " | ".join(heading for heading, _ in shown.values()) + " |",
        "|---" * len(shown) + "|",
        *("| " + " | ".join(cell(row.get(key, ""), form) for key, (_, form) in shown.items()) + " |" for row in rows),
    ]
    return "\n".join(lines)


def cell(text: str | None, form: str) -> str:
    """Write a figure in a format; a dash where there is none."""
    if not text or text == "nan":
        return "–"
    return format(float(text), form) if form else text


if __name__ == "__main__":
    sys.stdout.write(page())
