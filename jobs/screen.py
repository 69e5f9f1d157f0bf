"""The last screen of the demo: what was found, how it compares with the truth, and where to look further."""

from collections.abc import Sequence
from datetime import date

from engine import checkpoint
from engine.portable import first_per_key
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from rich.console import Console
from rich.markup import escape
from rich.syntax import Syntax
from rich.table import Table

from conf import Policies
from lake.store import only_row
from review.entities import setting
from wording.reasons import as_figures
from wording.rings import short

RINGS_SHOWN, CASES_SHOWN, REASONS_SHOWN = 6, 6, 3

out = Console(width=None if Console().is_terminal else 120)


def table(title: str, *columns: str, right: Sequence[str] = ()) -> Table:
    shown = Table(title=f"[bold]{title}[/]", title_justify="left", header_style="dim", border_style="dim")
    for column in columns:
        shown.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return shown


def percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def rings(df: DataFrame) -> None:
    """The rings that are most surely abusive, with their evidence in short."""
    shown = table(
        "Rings: accounts that act together beyond chance",
        "ring",
        "policy",
        "size",
        "score",
        "evidence",
        right=("size", "score"),
    )
    for row in df.orderBy(F.desc("score"), F.desc("size"), "ring_id").limit(RINGS_SHOWN).collect():
        shown.add_row(str(row.ring_id)[-6:], row.policy, str(row.size), f"{row.score:.2f}", escape(short(row.evidence)))
    out.print(shown)


def cases(df: DataFrame, policies: Policies) -> None:
    """The cases that reviewers see first, one for each ring, with the reasons for each."""
    shown = table("Review queue: the first cases", "case", "score", "reach", "why", "due", right=("score", "reach"))
    order = (F.desc("flagged"), F.desc("priority"), "case_id")
    # Kept first: Sail cannot plan a window that is ordered by what it would have to work out.
    risk = checkpoint(
        df.where("selection = 'risk'")
        .withColumn("flagged", F.col("score") >= setting(policies, "threshold"))
        .withColumn("group", F.coalesce(F.col("ring_id").cast("string"), "case_id"))
    )
    for row in first_per_key(risk, ["group"], order).orderBy(*order).limit(CASES_SHOWN).collect():
        case = f"{row.entity_type} {str(row.entity_id)[-6:]}\n[dim]{row.policy}[/]"
        shown.add_row(case, f"{row.score:.2f}", f"{row.reach:,}", why(row), f"{row.due_at:%d %b %H:%M}")
    out.print(shown)
    drawn = {row.selection: row["count"] for row in df.groupBy("selection").count().orderBy("selection").collect()}
    out.print("  [dim]open cases:[/] " + ", ".join(f"{count} {name}" for name, count in drawn.items()) + "\n")


def why(row: Row) -> str:
    """The evidence of a case in short, and the reasons that weigh most."""
    reasons = [as_figures(each) for each in row.reasons if each.value is not None]
    return escape(short(row.evidence)) + (f"\n[dim]{escape(', '.join(reasons[:REASONS_SHOWN]))}[/]" if reasons else "")


def truth(df: DataFrame) -> None:
    """What the made-up platform knows and the suite does not: who is abusive."""
    card = only_row(df)
    shown = table("Against the truth", "", "flagged", "of them abusive", "of the loud, found", "of the evading, found")
    for label, count, *shares in (
        (
            "rings with a score of 0.5 or more",
            card.in_rings,
            card.ring_precision,
            card.loud_in_rings,
            card.evading_in_rings,
        ),
        (
            "accounts with a score of 0.5 or more",
            card.flagged,
            card.score_precision,
            card.loud_scored,
            card.evading_scored,
        ),
    ):
        shown.add_row(label, f"{count:,}", *map(percent, shares))
    shown.caption = f"{card.active:,} active accounts, {card.abusive:,} of them abusive"
    out.print(shown)


def prevalence(estimates: DataFrame, true: DataFrame) -> None:
    """Share of views by violating accounts, as estimated from audits, beside the truth."""
    shown = table(
        "Prevalence: share of views by violating accounts", "policy", "estimate", "95 % interval", "truth", "reviewed"
    )
    for row in estimates.join(true, on="policy", how="left").orderBy("policy").collect():
        interval = f"{percent(row.ci_low)} to {percent(row.ci_high)}"
        shown.add_row(row.policy, percent(row.estimate), interval, percent(row.prevalence), f"{row.reviewed:,}")
    out.print(shown)


def look_further(uri: str, day: date) -> None:
    """Where the tables are, and a query that runs as it is printed."""
    out.print(
        f"\nThe tables are Delta tables below [bold]{uri}/[/], each column explained in docs/tables.md. "
        "In .venv/bin/python:\n"
    )
    query = f"""\
import duckdb
from deltalake import DeltaTable

rings = duckdb.read_parquet(DeltaTable("{uri}/rings").file_uris(), hive_partitioning=True)
rings.filter("as_of = '{day}'").order("score DESC").limit(5).select("ring_id", "size", "evidence").show()"""
    out.print(Syntax(query, "python", background_color="default"))
