"""Compare rings with those of a notebook, and with the truth: python bench/rings_against_notebook.py --seed 11.

Platforms are made up, `links` and `rings` run on them with no model and no decision, and what a data scientist writes
in a day (bench/notebook) runs on the same tables, decisions too. A row of bench/results/rings_against_notebook.csv for
each platform and tool. Of accounts active in the last 28 days, in rings with a score of 0.5 or more: the abusive
share, and the share found of the loud and of those that hide, report brigades apart; how well the rings are the true
ones (adjusted Rand index, Hubert and Arabie 1985, over the abusive accounts found); the part of all ring score that
mostly honest rings carry; and of how many honest accounts one is in such a ring.
"""

import os
import time
from typing import Any

import click
import duckdb
import notebook
import pandas as pd
import pyarrow as pa
from deltalake import DeltaTable
from end_to_end import DAY, engine_of, of_platforms, platforms, published, run, steps
from records import Figure, record
from sklearn.metrics import adjusted_rand_score

FLAGGED = 0.5
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


def measured(found: pd.DataFrame, truth: pd.DataFrame) -> dict[str, Figure]:
    """Say how the rings that were found compare with the truth."""
    known = found.merge(truth, on="account_id")
    flagged = truth["account_id"].isin(found.loc[found["score"] >= FLAGGED, "account_id"])
    abusive, brigade = truth["violating"], truth["scheme"] == "brigade"

    def share(whole: pd.Series) -> float | None:
        return float(flagged[whole].mean()) if whole.any() else None

    loud, hidden = (abusive & (truth["style"] == style) for style in ("loud", "evading"))
    right = known[(known["score"] >= FLAGGED) & known["violating"]]
    rings = known.groupby("ring").agg(score=("score", "first"), abusive=("violating", "mean"))
    honest = flagged & ~abusive
    return {
        "abusive_share": float(abusive[flagged].mean()) if flagged.any() else None,
        "loud_found": share(loud),
        "hidden_found": share(hidden),
        "loud_brigades_found": share(loud & brigade),
        "hidden_brigades_found": share(hidden & brigade),
        "rand_index": float(adjusted_rand_score(right["group_id"], right["ring"])),
        "score_on_honest_rings": float(rings.loc[rings["abusive"] < 0.5, "score"].sum() / rings["score"].sum()),
        "honest_per_flagged": round((~abusive).sum() / honest.sum()) if honest.any() else None,
    }


def compare(seed: int, accounts: int, evading: float, lake: str) -> None:
    """Record how both tools do on a platform whose links and rings are published."""

    def row(tool: str, engine: str, seconds: float, found: pd.DataFrame) -> None:
        told = {"seed": seed, "accounts": accounts, "hiding": evading, "tool": tool, "engine": engine}
        record("rings_against_notebook", **told, seconds=seconds, **measured(found, truth))

    connection = views(lake)
    truth = connection.execute(TRUTH.format(day=DAY)).df()
    took = steps(lake)
    row("suite", engine_of(lake), took["links"] + took["rings"], of_suite(lake))
    began = time.monotonic()
    found = notebook.rings(connection, DAY)
    row("notebook", "duckdb", time.monotonic() - began, found)


@click.command()
@of_platforms
def main(accounts: int, evading: float, **which: Any) -> None:
    """Make the platforms, look for rings with both, and compare."""
    for seed, lake in platforms(accounts=accounts, evading=evading, **which):
        for job in ("links", "rings"):
            run(job, "--lake", lake, "--as-of", str(DAY))
        compare(seed, accounts, evading, lake)


if __name__ == "__main__":
    main()
