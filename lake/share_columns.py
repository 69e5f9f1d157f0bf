"""The columns of co-sharing data, in the names of the field."""

import pyarrow as pa
from pyarrow import types

from lake.errors import BrokenContract

IDS = ("object_id", "account_id", "content_id")
TIME = "timestamp_share"
WANTED = (*IDS, TIME)
SHARES = pa.schema([*((name, pa.string()) for name in IDS), (TIME, pa.timestamp("us", "UTC"))])

SHOWN = 200
TEXTS = (
    *(types.is_string, types.is_large_string, types.is_string_view),
    *(types.is_binary, types.is_large_binary, types.is_binary_view, types.is_null),
)
NUMBERS = (types.is_integer, types.is_floating, types.is_decimal)


def check_columns(path: str, names: list[str]) -> None:
    """Raises BrokenContract where a wanted column is missing, or there twice."""
    for name in WANTED:
        if (times := names.count(name)) != 1:
            found = repr(", ".join(names)).strip("'\"")
            found = found if len(found) <= SHOWN else f"{found[:SHOWN]}…"
            raise BrokenContract(f"{path}: column {name} is {'there twice' if times else 'missing'}; found {found}")


def plain(path: str, batch: pa.RecordBatch, name: str) -> pa.Array:
    """A column of texts, numbers, times or days, as the ways to store them more tightly mean it.

    Raises BrokenContract for any other, and for bytes that are no text.
    """
    column = batch.column(name)
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if any(check(kind) for check in TEXTS):
        try:
            texts = column.cast(pa.string())
            texts.validate(full=True)
        except pa.ArrowInvalid as error:
            raise BrokenContract(f"{path}: column {name} holds bytes that are no UTF-8") from error
        return texts
    if any(check(kind) for check in (NUMBERS if name in IDS else (*NUMBERS, types.is_timestamp, types.is_date))):
        return column
    raise BrokenContract(f"{path}: column {name} has type {kind}, which is no {'id' if name in IDS else 'time'}")
