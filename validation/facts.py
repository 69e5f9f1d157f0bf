"""What is known of a table after one look at its rows: how many break which rule, whether the day is like others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from conf import ValidationLimits
from lake.schemas import ACCOUNTS, EVENTS, Table
from lake.store import needed, only_row
from validation.rules import RULES, breaks_any

NULL_SHARES = {EVENTS.name: ("device_id", "ip_id"), ACCOUNTS.name: ("country",)}
"""Columns that may be null, but not suddenly so."""


@dataclass(frozen=True)
class Facts:
    """Counts over the rows of a source table; `day` is the last before as_of, `values` what expectations look at."""

    table: Table
    day: date
    rows: int
    broken: int
    day_rows: int
    day_broken: int
    by_rule: Mapping[str, int]
    examples: Mapping[str, int | None]
    values: dict[str, float | None] = field(default_factory=dict)

    def judged(self, limits: ValidationLimits) -> tuple[int, int, str]:
        """Broken rows, rows, and what they are, of the part by whose broken share the run stands or falls.

        Of events, the day. Of the other tables, all rows known, or the day's when it has enough of them and is worse.
        """
        whole = (self.broken, self.rows, "rows")
        day = (self.day_broken, self.day_rows, f"rows of {self.day}")
        if self.table == EVENTS:
            return day
        enough = self.day_rows >= limits.min_day_rows
        return day if enough and share(*day[:2]) > share(*whole[:2]) else whole

    def broken_share(self, limits: ValidationLimits) -> float:
        broken, rows, _ = self.judged(limits)
        return share(broken, rows)

    def breach(self, limits: ValidationLimits) -> str:
        """One line: how much is broken, what most often, and where to look first."""
        broken, rows, what = self.judged(limits)
        rule = max(RULES[self.table.name], key=lambda each: self.by_rule[each.name])
        example = self.examples[rule.name]
        where = f", e.g. {self.table.key[0]} {example}" if example is not None else ""
        return (
            f"{self.table.name}: {share(broken, rows):.1%} of {rows:,} {what} break the contract "
            f"(limit {limits.max_broken_share:.0%}), most often: {rule.message} "
            f"({self.by_rule[rule.name]:,} rows{where})"
        )


def share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def counts(table: Table, day: date) -> list[Column]:
    """Aggregates over delivered rows, for one pass: rows, broken rows, and each rule's with the smallest key as
    example.

    A row without a date counts as one of the day: nobody can tell, and it must not slip through.
    """
    broken = breaks_any(table)
    when = F.col(table.partition) if table.partition else F.to_date(needed(table.time, table))
    of_day = F.coalesce(when == F.lit(day), F.lit(True))
    nulls = [F.count_if(F.col(name).isNull()).alias(f"null_{name}") for name in NULL_SHARES.get(table.name, ())]
    return [
        F.count(F.lit(1)).alias("rows"),
        F.count_if(broken).alias("broken"),
        F.count_if(of_day).alias("day_rows"),
        F.count_if(of_day & broken).alias("day_broken"),
        *nulls,
        *(F.count_if(rule.breaks).alias(f"rule_{rule.name}") for rule in RULES[table.name]),
        *(F.min(F.when(rule.breaks, F.col(table.key[0]))).alias(f"example_{rule.name}") for rule in RULES[table.name]),
    ]


def facts_of(df: DataFrame, table: Table, day: date) -> Facts:
    """Count delivered rows and the rules they break, all in one pass."""
    return facts_from(table, day, only_row(df.agg(*counts(table, day))).asDict())


def facts_from(table: Table, day: date, counted: Mapping[str, int | None]) -> Facts:
    """The facts of a table from what `counts` counted."""
    rows = counted["rows"] or 0
    return Facts(
        table,
        day,
        rows,
        counted["broken"] or 0,
        counted["day_rows"] or 0,
        counted["day_broken"] or 0,
        {rule.name: counted[f"rule_{rule.name}"] or 0 for rule in RULES[table.name]},
        {rule.name: counted[f"example_{rule.name}"] for rule in RULES[table.name]},
        {f"null_{name}": share(counted[f"null_{name}"] or 0, rows) for name in NULL_SHARES.get(table.name, ())},
    )


def volume(events: DataFrame, as_of: date, history_days: int) -> dict[str, float | None]:
    """How the day's number of events compares with the mean of the days before, and how old the newest event is.

    `events` are those of `history_days` + 1 days; only their dates are read.
    """
    by_day = {row.event_date: row["count"] for row in events.groupBy("event_date").count().collect() if row.event_date}
    last = as_of - timedelta(days=1)
    before = [count for day, count in by_day.items() if day < last]
    expected = sum(before) / len(before) if before else None
    return {
        "volume_ratio": by_day.get(last, 0) / expected if expected else None,
        "days_since_last_event": float((last - max(by_day)).days) if by_day else float(history_days),
    }


def repeats_and_orphans(day_events: DataFrame, accounts: DataFrame) -> dict[str, float | None]:
    """Share of the day's events that were delivered more than once, and of its accounts that are not in accounts."""
    delivered = (
        day_events.groupBy("event_id").count().agg(F.sum("count").alias("rows"), F.count(F.lit(1)).alias("events"))
    )
    counted = only_row(delivered)
    known = accounts.select("account_id", F.lit(1).alias("known")).distinct()
    actors = day_events.select("account_id").distinct().join(known, on="account_id", how="left")
    orphans = only_row(actors.agg(F.count(F.lit(1)).alias("actors"), F.count("known").alias("known")))
    rows = counted.rows or 0
    return {
        "repeated_share": share(rows - counted.events, rows),
        "orphan_share": share(orphans.actors - orphans.known, orphans.actors),
    }


def country_mix(accounts: DataFrame, day: date, limits: ValidationLimits) -> dict[str, float | None]:
    """Total variation distance (0 to 1) of the countries of the day's sign-ups from those of the days before it.

    None when either has fewer than `min_sign_ups`: a handful of them differs by chance alone.
    """
    signed_up = F.to_date("created_at")
    recent = accounts.where(signed_up >= F.lit(day - timedelta(days=limits.history_days)))
    counted = recent.groupBy("country").agg(
        F.count_if(signed_up == F.lit(day)).alias("today"), F.count_if(signed_up < F.lit(day)).alias("before")
    )
    mix = [(row.today, row.before) for row in counted.collect()]  # one row for each country
    today, before = sum(row[0] for row in mix), sum(row[1] for row in mix)
    if min(today, before) < limits.min_sign_ups:
        return {"country_mix_distance": None}
    return {"country_mix_distance": sum(abs(row[0] / today - row[1] / before) for row in mix) / 2}
