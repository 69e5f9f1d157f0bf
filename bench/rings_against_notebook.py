"""Compare rings with those of a notebook, and with the truth: python bench/rings_against_notebook.py --seed 11.

Platforms are made up, `links` and `rings` run on them with no model and no decision, and what a data scientist writes
in a day (bench/notebook) runs on the same tables, decisions too. Prints a Markdown table, a row for each platform and
tool. Of accounts active in the last 28 days, in rings with a score of 0.5 or more: the abusive share, and the share
found of the loud and of those that hide, report brigades apart; how well the rings are the true ones (adjusted Rand
index, Hubert and Arabie 1985, over the abusive accounts found); the part of all ring score that mostly honest rings
carry; and of how many honest accounts one is in such a ring.
"""

import os
import time
from collections.abc import Iterator
from typing import Any

import click
import duckdb
import notebook
import pandas as pd
import pyarrow as pa
from deltalake import DeltaTable
from end_to_end import DAY, of_platforms, platforms, published, run, steps
from sklearn.metrics import adjusted_rand_score

FLAGGED = 0.5
HEADER = (
    "| seed | hiding | tool | seconds | abusive share | loud | hidden | loud brigades | hidden brigades | Rand index "
    "| score on honest rings | honest accounts, one of |\n|---|---|---|---|---|---|---|---|---|---|---|---|"
)
TRUTH = """
    SELECT account_id, violating, style, scheme, group_id FROM truth_accounts
    SEMI JOIN (FROM events WHERE event_date >= DATE '{day}' - 28 AND event_date < DATE '{day}') USING (account_id)
"""


def views(lake: str) -> duckdb.DuckDBPyConnection:
    """A connection that sees the source tables, and the truth."""
    connection = duckdb.connect(config={"threads": os.cpu_count() or 1})
    for place, name in [(lake, name) for name in ("events", "videos", "accounts", "decisions")] + [
        (f"{lake}_truth", name) for name in ("truth_accounts", "truth_videos")
    ]:
        stored = DeltaTable(f"{place}/{name}")
        files = stored.file_uris()
        if not files:  # a small platform without abuse
            connection.register(name, pa.schema(stored.schema().to_arrow()).empty_table())
            continue
        connection.execute(f"CREATE VIEW {name} AS FROM read_parquet({files!r}, hive_partitioning = true)")
    return connection


def of_suite(lake: str) -> pd.DataFrame:
    """account_id, ring, score of everybody in a ring that the suite published."""
    members, rings = (published(lake, name, DAY).df() for name in ("ring_members", "rings"))
    both = members[["account_id", "ring_id"]].merge(rings[["ring_id", "score"]], on="ring_id")
    return both.rename(columns={"ring_id": "ring"})


def measured(found: pd.DataFrame, truth: pd.DataFrame) -> list[str]:
    """The columns of a row of the table, from abusive share on."""
    known = found.merge(truth, on="account_id")
    flagged = truth["account_id"].isin(found.loc[found["score"] >= FLAGGED, "account_id"])
    abusive, brigade = truth["violating"], truth["scheme"] == "brigade"

    def share(whole: pd.Series) -> str:
        return f"{flagged[whole].mean():.0%}" if whole.any() else "-"

    loud, hidden = (abusive & (truth["style"] == style) for style in ("loud", "evading"))
    right = known[(known["score"] >= FLAGGED) & known["violating"]]
    rings = known.groupby("ring").agg(score=("score", "first"), abusive=("violating", "mean"))
    honest = flagged & ~abusive
    return [
        f"{abusive[flagged].mean():.1%}" if flagged.any() else "-",
        *(share(who) for who in (loud, hidden, loud & brigade, hidden & brigade)),
        f"{adjusted_rand_score(right['group_id'], right['ring']):.3f}",
        f"{rings.loc[rings['abusive'] < 0.5, 'score'].sum() / rings['score'].sum():.1%}",
        f"{(~abusive).sum() / honest.sum():,.0f}" if honest.any() else "none",
    ]


def compared(seed: int, evading: float, lake: str) -> Iterator[str]:
    """The rows of the table of a platform whose links and rings are published."""

    def row(tool: str, seconds: float, found: pd.DataFrame) -> str:
        cells = [str(seed), f"{evading:.0%}", tool, f"{seconds:.0f}", *measured(found, truth)]
        return f"| {' | '.join(cells)} |"

    connection = views(lake)
    truth = connection.execute(TRUTH.format(day=DAY)).df()
    took = steps(lake)
    yield row("suite", took["links"] + took["rings"], of_suite(lake))
    began = time.monotonic()
    found = notebook.rings(connection, DAY)
    yield row("notebook", time.monotonic() - began, found)


@click.command()
@of_platforms
def main(evading: float, **which: Any) -> None:
    """Make the platforms, look for rings with both, and compare."""
    print(HEADER)
    for seed, lake in platforms(evading=evading, **which):
        for job in ("links", "rings"):
            run(job, "--lake", lake, "--as-of", str(DAY))
        for row in compared(seed, evading, lake):
            print(row, flush=True)


if __name__ == "__main__":
    main()
