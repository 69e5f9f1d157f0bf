"""Files of co-sharing events as people bring them, in one form: the four columns that are wanted, as text."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.dataset as datasets
from pyspark.sql import DataFrame

import engine
from lake.errors import BrokenContract, UsageError

WANTED = ("object_id", "account_id", "content_id", "timestamp_share")
TEXTS = pa.schema([(name, pa.string()) for name in WANTED])
PARQUET_MARK = b"PAR1"


def read_share_file(path: str) -> DataFrame:
    """The wanted columns of a Parquet file, a folder of them, or a CSV file with a header, each as text.

    What a file is, its first bytes say. Raises UsageError when it is not there, BrokenContract when a wanted column is
    missing.
    """
    batches = _of_parquet(path) if _is_parquet(path) else _of_csv(path)
    return engine.current().staged(batches, TEXTS)


def _is_parquet(path: str) -> bool:
    place = Path(path)
    if place.is_dir():
        return True
    try:
        with place.open("rb") as file:
            return file.read(len(PARQUET_MARK)) == PARQUET_MARK
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error


def _of_parquet(path: str) -> Iterator[pa.RecordBatch]:
    found = datasets.dataset(path, format="parquet")
    _check_columns(path, found.schema.names)
    return (_as_text(batch) for batch in found.to_batches(columns=list(WANTED)))


def _of_csv(path: str) -> Iterator[pa.RecordBatch]:
    """RFC 4180: quotes are doubled, and a text within quotes may go over lines."""
    options = csv.ConvertOptions(
        column_types=dict.fromkeys(WANTED, pa.string()), strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    reader = csv.open_csv(path, parse_options=csv.ParseOptions(newlines_in_values=True), convert_options=options)
    _check_columns(path, reader.schema.names)
    return (_as_text(batch) for batch in reader)


def _check_columns(path: str, names: list[str]) -> None:
    missing = [name for name in WANTED if name not in names]
    if missing:
        raise BrokenContract(f"{path}: column {missing[0]} is missing; found {', '.join(names)}")


def _as_text(batch: pa.RecordBatch) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([batch.column(name).cast(pa.string()) for name in WANTED], schema=TEXTS)
