"""Files of co-sharing events as people bring them: what one is, its first bytes tell, not its name."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame

import engine
from lake.errors import BrokenContract, UsageError
from lake.share_columns import IDS, SHARES, TIME, WANTED, check_columns, plain
from lake.share_csv import check_encoding, read_csv
from lake.share_ids import LOST_DIGITS, Look, is_null, read_ids, text_or_floats
from lake.share_tally import MISSING, Tally
from lake.share_times import read_times

PARQUET, ARROW = b"PAR1", b"ARROW1"
COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd"}
REFUSED = {
    b"PK\x03\x04": "is a zip archive or an Excel workbook: unpack it, or save it as CSV UTF-8",
    b"PK\x05\x06": "is an empty zip archive",
    b"\xd0\xcf\x11\xe0": "is an Excel workbook: save it as CSV UTF-8",
    b"\xfd7zXZ": "is an xz archive: unpack it",
    b"%PDF": "is a PDF: save its table as CSV UTF-8",
    b"SQLite format 3": "is an SQLite database: export its table as CSV",
    PARQUET: "is Parquet in an archive: unpack it",
    ARROW: "is Arrow in an archive: unpack it",
}
BLOCK = 8 * 2**20


def read_share_file(path: str, encoding: str | None = None) -> tuple[DataFrame, Tally]:
    """The wanted columns of a file of shares, with times as timestamps, and what cannot be used of it.

    It is Parquet, a folder of it, Arrow, or CSV with a header, plain or compressed. Raises UsageError when it is not
    there, BrokenContract when it cannot be read.
    """
    if encoding is not None:
        check_encoding(encoding)
    reader = Reader(path, encoding)
    frame = engine.current().staged(reader.batches(), SHARES)
    if rewritten := reader.rewritten_ids():  # only the last row tells
        reader = Reader(path, encoding, rewritten)
        frame = engine.current().staged(reader.batches(), SHARES)
    return frame, reader.tally


@dataclass
class Reader:
    """Reads a file once, and counts what it meets. `rewritten` says of id columns what a Look has found out."""

    path: str
    encoding: str | None = None
    rewritten: dict[str, str] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    looks: dict[str, Look] = field(default_factory=lambda: {name: Look() for name in IDS})

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The shares of the file, but for those that lack an id or a time: of no day, they would count for each."""
        with refusing(self.path):
            for file in files_of(Path(self.path)):
                rows, of = 0, "" if file == Path(self.path) else f" of {file.relative_to(self.path)}"
                for batch in raw_batches(file, self.encoding):
                    yield self._read(batch, rows, of)
                    rows += batch.num_rows

    def rewritten_ids(self) -> dict[str, str]:
        """The id columns that a program has rewritten, and how; known after the last batch."""
        return {name: how for name, look in self.looks.items() if (how := look.rewritten)}

    def _read(self, batch: pa.RecordBatch, before: int, of: str) -> pa.RecordBatch:
        columns, why = [], {}
        for name in IDS:
            column = text_or_floats(plain(self.path, batch, name))
            self.looks[name].note(column)
            ids, cut = read_ids(column, self.rewritten.get(name))
            columns.append(ids)
            why[name, MISSING], why[name, LOST_DIGITS] = is_null(ids) & ~cut, cut
        times, unread, units = read_times(plain(self.path, batch, TIME))
        why[TIME, MISSING] = is_null(times)
        for reason, mask in unread.items():
            why[TIME, reason] = mask
            why[TIME, MISSING] &= ~mask
        self.tally.units.update(units)
        self.tally.note(batch, why, before, of)
        return pa.RecordBatch.from_arrays([*columns, times], schema=SHARES).drop_null()


@contextmanager
def refusing(path: str) -> Iterator[None]:
    """What a file's reader says in this block becomes one line, with the exit code for it."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.strerror and not isinstance(error, pa.ArrowException):
            raise UsageError(f"{path}: {error.strerror}") from error
        said = (str(error) or type(error).__name__).splitlines()[0]
        raise BrokenContract(f"{path} cannot be read: {said}") from error


def files_of(path: Path) -> list[Path]:
    """The file itself, or the Parquet files in a folder; as elsewhere, names that begin with _ or . do not count."""
    if not path.is_dir():
        if path.exists() and not path.is_file():
            raise UsageError(f"{path} is no file that can be read twice: save it first")
        return [path]
    if (path / "_delta_log").is_dir():
        raise BrokenContract(f"{path} is a Delta table, whose files may be outdated: save its rows as Parquet")
    files = sorted(
        file
        for file in path.rglob("*")
        if file.is_file() and not any(part.startswith(("_", ".")) for part in file.relative_to(path).parts)
    )
    others = [file for file in files if not start_of(file).startswith(PARQUET)]
    if len(others) == len(files):
        raise BrokenContract(f"{path} is a folder without Parquet files")
    if others:
        raise BrokenContract(f"{path}: {others[0].relative_to(path)} is no Parquet file: take it out of the folder")
    return files


def start_of(file: Path) -> bytes:
    """The first bytes, which tell what a file is."""
    with file.open("rb") as stream:
        return stream.read(len(ARROW))


def raw_batches(file: Path, encoding: str | None) -> Iterator[pa.RecordBatch]:
    """The wanted columns as they are in a file, of whatever type."""
    start = start_of(file)
    if start.startswith(PARQUET):
        parquet = pq.ParquetFile(file)
        check_columns(str(file), parquet.schema_arrow.names)
        return parquet.iter_batches(columns=WANTED)
    if start.startswith(ARROW):
        arrow = pa.ipc.open_file(pa.memory_map(str(file)))
        check_columns(str(file), arrow.schema.names)
        return (arrow.get_batch(number) for number in range(arrow.num_record_batches))
    return read_csv(str(file), blocks_of(file, start), encoding)


def blocks_of(file: Path, start: bytes) -> Iterator[bytes]:
    """The bytes of a file, unpacked. Raises BrokenContract when they begin as those of no text."""
    stream: pa.NativeFile = pa.OSFile(str(file))
    for mark, compression in COMPRESSED.items():
        if start.startswith(mark):
            stream = pa.CompressedInputStream(stream, compression)
    blocks = iter(lambda: stream.read(BLOCK), b"")
    first = next(blocks, b"")
    for mark, what in REFUSED.items():
        if first.startswith(mark):
            raise BrokenContract(f"{file} {what}")
    return chain([first], blocks)
