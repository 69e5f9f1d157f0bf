"""The rules of each source table, one named predicate for each way in which a row can break the contract.

What decides what a row is (its key, its time, who acted on what) must be there and must fit; what only describes
(handle, bio, caption, hashtags, a duration, a pseudonym) may be null, because the contract does not forbid it and
honest upstreams leave such gaps. A rule looks at its own row alone. An event of an account that is not in `accounts`
breaks none: the account's row may simply be late, so its share is watched by a table-level expectation (see
facts.py). Nor does a repeated key.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lake.schemas import (
    ACCOUNTS,
    DECISION_SOURCES,
    DECISIONS,
    ENTITY_TYPES,
    EVENTS,
    POLICIES,
    VERBS,
    VERDICTS,
    VIDEOS,
    Table,
)

EARLIEST = "2000-01-01"
"""Before it no platform of this kind was there: such a time is a default or a wrong unit."""
LONGEST_MS = 24 * 60 * 60 * 1000
"""One video, and one view of it, end within a day; more is a wrong unit or a stuck player."""
FRAME_HASH_BYTES = 32


@dataclass(frozen=True)
class Rule:
    """A way to break the contract: `broken` is the SQL predicate of a row that does; where it is null, the row keeps
    it.
    """

    name: str
    message: str
    broken: str

    @property
    def breaks(self) -> Column:
        return F.coalesce(F.expr(self.broken), F.lit(False))


def required(column: str) -> Rule:
    return Rule(f"{column}_null", f"{column} is null", f"{column} IS NULL")


def one_of(column: str, values: tuple[str, ...]) -> Rule:
    listed = ", ".join(f"'{value}'" for value in values)
    return Rule(f"{column}_unknown", f"{column} is none of {', '.join(values)}", f"{column} NOT IN ({listed})")


def not_before_the_platform(column: str) -> Rule:
    return Rule(f"{column}_too_early", f"{column} is before {EARLIEST}", f"{column} < TIMESTAMP '{EARLIEST} 00:00:00Z'")


def milliseconds(column: str) -> tuple[Rule, Rule]:
    return (
        Rule(f"{column}_negative", f"{column} is negative", f"{column} < 0"),
        Rule(f"{column}_absurd", f"{column} is longer than a day", f"{column} > {LONGEST_MS}L"),
    )


RULES: Mapping[str, tuple[Rule, ...]] = {
    ACCOUNTS.name: (
        required("account_id"),
        required("created_at"),
        not_before_the_platform("created_at"),
        Rule("country_form", "country is not two capital letters", r"NOT country RLIKE '^[A-Z]{2}\\z'"),
    ),
    VIDEOS.name: (
        required("video_id"),
        required("account_id"),
        required("created_at"),
        not_before_the_platform("created_at"),
        *milliseconds("duration_ms"),
        Rule("frame_hash_size", "frame_hash is not 32 bytes long", f"octet_length(frame_hash) <> {FRAME_HASH_BYTES}"),
    ),
    EVENTS.name: (
        required("event_id"),
        required("ts"),
        required("account_id"),
        required("verb"),
        required("event_date"),
        one_of("verb", VERBS),
        not_before_the_platform("ts"),
        Rule("event_date_not_of_ts", "event_date is not the date of ts", "event_date <> to_date(ts)"),
        Rule("video_missing", "video_id is null for a verb other than follow", "verb <> 'follow' AND video_id IS NULL"),
        Rule("video_misplaced", "video_id is given for follow", "verb = 'follow' AND video_id IS NOT NULL"),
        Rule("target_missing", "target_account_id is null for follow", "verb = 'follow' AND target_account_id IS NULL"),
        Rule(
            "target_misplaced",
            "target_account_id is given for a verb other than follow",
            "verb <> 'follow' AND target_account_id IS NOT NULL",
        ),
        Rule("text_missing", "text is null for comment", "verb = 'comment' AND text IS NULL"),
        Rule("text_misplaced", "text is given for a verb other than comment", "verb <> 'comment' AND text IS NOT NULL"),
        Rule("watch_missing", "watch_ms is null for view", "verb = 'view' AND watch_ms IS NULL"),
        Rule(
            "watch_misplaced", "watch_ms is given for a verb other than view", "verb <> 'view' AND watch_ms IS NOT NULL"
        ),
        *milliseconds("watch_ms"),
    ),
    DECISIONS.name: (
        required("decision_id"),
        required("entity_type"),
        required("entity_id"),
        required("policy"),
        required("verdict"),
        required("decided_at"),
        required("source"),
        one_of("entity_type", ENTITY_TYPES),
        one_of("policy", POLICIES),
        one_of("verdict", VERDICTS),
        one_of("source", DECISION_SOURCES),
        not_before_the_platform("decided_at"),
    ),
}
"""Every rule of every source table, by the table's name."""


def breaks_any(table: Table) -> Column:
    """Whether a row breaks at least one rule of its table; never null."""
    return F.coalesce(F.expr(" OR ".join(f"({rule.broken})" for rule in RULES[table.name])), F.lit(False))


def usable(df: DataFrame, table: Table) -> DataFrame:
    """The rows of a source table that keep the contract: plain comparisons of columns, made as the table is scanned."""
    return df.where(~breaks_any(table))


def reasons(table: Table) -> Column:
    """The messages of all rules that a row breaks, in the order of the rules; empty for a usable row."""
    messages = [F.when(rule.breaks, F.lit(rule.message)) for rule in RULES[table.name]]
    return F.filter(F.array(*messages), lambda message: message.isNotNull())


def broken(df: DataFrame, table: Table) -> DataFrame:
    """The rows that `usable` leaves out, with `reasons` before their own columns."""
    return df.where(breaks_any(table)).select(reasons(table).alias("reasons"), *table.columns)
