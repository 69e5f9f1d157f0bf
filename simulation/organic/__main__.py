"""Lay honest crowds over a lake: python -m simulation.organic LAKE TRUTH --seed 7."""

import sys
from pathlib import Path

import click
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake

from lake.schemas import ACCOUNTS, EVENTS, VIDEOS
from simulation.organic.overlay import KINDS, Overlay, lay
from simulation.truth import TRUTH_ACCOUNTS, TRUTH_CROWDS

OTHERS_TRUTH = "accounts.parquet"
"""The truth of a generator that has no Delta tables for it: account_id, kind, 0 for the honest."""
NONE = "none"


def abusive_in(truth: str, told: str | None) -> np.ndarray:
    """Ids of the accounts that break rules: those of a Parquet file, or as the truth says; none where nobody says."""
    if told == NONE:
        return np.array([], np.int64)
    if told is not None:
        rows = pq.read_table(told)
        return _abusive(rows) if {"kind", "violating"} & set(rows.column_names) else rows["account_id"].to_numpy()
    if DeltaTable.is_deltatable(f"{truth}/{TRUTH_ACCOUNTS.name}"):
        return _abusive(DeltaTable(f"{truth}/{TRUTH_ACCOUNTS.name}").to_pyarrow_table())
    if (Path(truth) / OTHERS_TRUTH).exists():
        return _abusive(pq.read_table(Path(truth) / OTHERS_TRUTH))
    return np.array([], np.int64)


def _abusive(rows: pa.Table) -> np.ndarray:
    breaks = (
        rows["violating"].to_pandas().fillna(False)
        if "violating" in rows.column_names
        else rows["kind"].to_pandas() > 0
    )
    return rows["account_id"].to_numpy()[breaks.to_numpy(bool)]


def append(path: str, rows: pa.Table, partition: str | None = None) -> None:
    """Add rows to a Delta table in its own types; columns that they lack are null."""
    if not rows.num_rows:
        return
    stored = DeltaTable(path)
    schema = pa.schema(stored.schema().to_arrow())
    columns = [
        rows[field.name].cast(field.type) if field.name in rows.column_names else pa.nulls(rows.num_rows, field.type)
        for field in schema
    ]
    made = pa.Table.from_arrays(columns, schema=schema)
    write_deltalake(stored, made, mode="append", partition_by=[partition] if partition else None)


def change_bios(path: str, bios: pa.Table) -> None:
    """Write what profiles say now."""
    if bios.num_rows:
        merging = DeltaTable(path).merge(
            bios, "old.account_id = new.account_id", source_alias="new", target_alias="old"
        )
        merging.when_matched_update({"bio": "new.bio"}).execute()


def tell_truth(truth: str, made: Overlay) -> None:
    """Write who is in which crowd, and that new accounts are honest, in the way of whoever wrote the truth."""
    folder = Path(truth)
    folder.mkdir(parents=True, exist_ok=True)
    known = folder / "crowds.parquet"
    pq.write_table(pa.concat_tables([pq.read_table(known), made.crowds]) if known.exists() else made.crowds, known)
    if DeltaTable.is_deltatable(f"{truth}/{TRUTH_ACCOUNTS.name}"):
        newcomers = made.accounts.select(["account_id"]).append_column(
            "violating", pa.array([False] * made.accounts.num_rows)
        )
        append(f"{truth}/{TRUTH_ACCOUNTS.name}", newcomers)
        write_deltalake(f"{truth}/{TRUTH_CROWDS.name}", made.crowds, mode="append")
    elif (folder / OTHERS_TRUTH).exists() and made.accounts.num_rows:
        old = pq.read_table(folder / OTHERS_TRUTH)
        honest = {"kind": 0, "ring": -1, "evading": False, "acts": 0, "policy": ""}
        rows = [{"account_id": account, **honest} for account in made.accounts["account_id"].to_pylist()]
        pq.write_table(pa.concat_tables([old, pa.Table.from_pylist(rows, old.schema)]), folder / OTHERS_TRUTH)


def first_free_crowd(truth: str) -> int:
    known = Path(truth) / "crowds.parquet"
    return int(pq.read_table(known)["crowd_id"].to_numpy().max(initial=0)) + 1 if known.exists() else 1


@click.command()
@click.argument("lake")
@click.argument("truth", type=click.Path(file_okay=False))
@click.option("--seed", default=7, show_default=True)
@click.option("--kinds", default=",".join(KINDS), help=f"Comma between them; by default all: {', '.join(KINDS)}.")
@click.option("--per-kind", type=click.IntRange(0), default=2, show_default=True, help="Crowds of each kind.")
@click.option(
    "--taste-feed", type=click.FloatRange(0, 1), help="Share of the honest accounts that feeds bring the like to."
)
@click.option(
    "--abusive-accounts", help=f"Parquet of the accounts that take no part, or {NONE}; by default as TRUTH says."
)
def main(
    lake: str, truth: str, seed: int, kinds: str, per_kind: int, taste_feed: float | None, abusive_accounts: str | None
) -> None:
    """Append honest crowds to the source tables of LAKE, and who is in them to TRUTH/crowds.parquet.

    Where TRUTH is that of the project's own simulator, the Delta table TRUTH/crowds gets them, too.
    """
    wanted = [kind.strip() for kind in kinds.split(",") if kind.strip()]
    places = {table.name: f"{lake}/{table.name}" for table in (ACCOUNTS, VIDEOS, EVENTS)}
    try:
        made = lay(
            seed,
            *(
                DeltaTable(places[table.name]).to_pyarrow_table(columns=table.columns)
                for table in (ACCOUNTS, VIDEOS, EVENTS)
            ),
            abusive=abusive_in(truth, abusive_accounts),
            kinds=wanted,
            per_kind=per_kind,
            taste_feed_share=taste_feed,
            first_crowd=first_free_crowd(truth),
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    append(places[VIDEOS.name], made.videos)
    append(places[ACCOUNTS.name], made.accounts)
    change_bios(places[ACCOUNTS.name], made.bios)
    append(places[EVENTS.name], made.events, EVENTS.partition)
    tell_truth(truth, made)
    _tell(made)


def _tell(made: Overlay) -> None:
    counts = made.crowds.group_by("crowd_kind").aggregate(
        [("account_id", "count_distinct"), ("crowd_id", "count_distinct")]
    )
    for kind, people, crowds in sorted(zip(*counts.to_pydict().values(), strict=True)):
        click.echo(f"{kind:18} {crowds:5} crowds {people:7} accounts")
    click.echo(
        f"{made.events.num_rows:,} events, {made.videos.num_rows:,} videos, {made.accounts.num_rows:,} accounts added"
    )


if __name__ == "__main__":
    sys.exit(main())
