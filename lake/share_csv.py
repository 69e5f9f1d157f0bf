"""CSV by RFC 4180 as people write it: any of four separators, any encoding that is named, any length of a text.

The text is cut into pieces of whole rows here, which pyarrow parses. Left alone it would read a quote that never ends,
or that ends amid a text, as one huge value, and swallow the rows within.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from lake.errors import BrokenContract, UsageError
from lake.share_columns import WANTED, check_columns

SEPARATORS = (",", ";", "\t", "|")
MARKS = {  # UTF-32's begins as UTF-16's
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
NULLS = (
    *("", "NA", "N/A", "n/a", "<NA>", "NaN", "nan", "-nan", "NaT", "null", "Null", "NULL", "None", "NONE", "\\N"),
    *("#N/A", "#NA", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#DIV/0!"),  # of spreadsheets
)
"""How programs write that there is no value."""
BEFORE_HEADER = re.compile(r'[\r\n]*(?:"?sep=([,;\t|])"?[ \t]*(?:\r\n?|\n))?[\r\n]*', re.IGNORECASE)
HEADER_CHARS = 1_000_000
LONGEST_ROW = 256 * 2**20
KEPT_RETURN = "\ufdd0"
"""Stands for a carriage return within a line, which pyarrow would end there. Unicode has given it no other meaning."""
QUOTED = rb'"[^"]*+(?:""[^"]*+)*+"'


class Malformed(ValueError):
    """The first row that was not given out is none of RFC 4180."""


def read_csv(path: str, blocks: Iterator[bytes], encoding: str | None) -> Iterator[pa.RecordBatch]:
    """The wanted columns of a CSV as text; raises BrokenContract where it cannot be read as one."""
    texts = decoded(path, blocks, encoding)
    first = next(texts, "").lstrip("\ufeff")
    names, separator, end = header(path, first)
    rest: Iterator[str] = chain([first[end:]], texts)
    if first[:end].endswith("\n"):
        rest = _returns_kept(rest)
    rows = 0
    try:
        for piece in whole_rows((text.encode() for text in rest), separator.encode()):
            for batch in _parsed(path, piece, names, separator, rows):
                rows += batch.num_rows
                yield batch
    except Malformed as error:
        raise BrokenContract(f"{path}: data row {rows + 1:,} {error}") from error


def check_encoding(name: str) -> None:
    """Raises UsageError where Python knows no such encoding of text."""
    try:
        "".encode(name)
    except (LookupError, ValueError) as error:
        raise UsageError(f"--encoding {name}: no such encoding; some are utf-8, utf-16, cp1252, latin-1") from error


def decoded(path: str, blocks: Iterator[bytes], encoding: str | None) -> Iterator[str]:
    """The text of a file, which is UTF-8 where neither its first bytes nor an option say otherwise."""
    first = next(blocks, b"")
    encoding = encoding or next((name for mark, name in MARKS.items() if first.startswith(mark)), None)
    if encoding is None and (unmarked := _unmarked_utf_16(first)):
        raise BrokenContract(f"{path} is UTF-16 without its mark: give --encoding {unmarked}")
    encoding = encoding or "UTF-8"
    decoder = codecs.getincrementaldecoder(encoding)()
    of_bytes = len("\0".encode(encoding)) == 1
    lines = 0
    for block in chain([first], blocks, [b""]):
        if of_bytes and b"\0" in block:
            line = lines + _line_ends(block[: block.index(b"\0")]) + 1
            raise BrokenContract(
                f"{path} is no text, or damaged: a zero byte is in line {line:,}; save it as CSV UTF-8 or Parquet"
            )
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeError as error:
            raise BrokenContract(
                f"{path}: {_undecodable(error, lines)} is not {encoding}: "
                "name the encoding, such as --encoding cp1252 or latin-1"
            ) from error
        lines += text.count("\n") or text.count("\r")
        yield text


def _unmarked_utf_16(first: bytes) -> str | None:
    """The order of the bytes of UTF-16, told by those of a header's first letters."""
    return {b"x\0x\0": "utf-16-le", b"\0x\0x": "utf-16-be"}.get(re.sub(b"[^\0]", b"x", first[:4]))


def _line_ends(text: bytes) -> int:
    return text.count(b"\n") or text.count(b"\r")


def _undecodable(error: UnicodeError, lines: int) -> str:
    if not isinstance(error, UnicodeDecodeError) or "BOM" in error.reason:  # a kind of error from Python 3.13 on
        return "what it begins with"
    line = lines + _line_ends(error.object[: error.start]) + 1
    return f"line {line:,} (byte 0x{error.object[error.start]:02x})"


def header(path: str, text: str) -> tuple[list[str], str, int]:
    """The names of the columns, the separator under which the wanted ones are among them, and where the rows begin."""
    before = BEFORE_HEADER.match(text)
    start = before.end() if before else 0
    if not text[start:].strip():
        raise BrokenContract(f"{path} is empty")
    if text[start:].lstrip()[0] in "{[":
        raise BrokenContract(f"{path} is JSON: save it as CSV or Parquet")
    separators = before[1] if before and before[1] else SEPARATORS
    found = [(*_first_row(text[start : start + HEADER_CHARS], each), each) for each in separators]
    names, length, separator = max(found, key=lambda each: (len({*each[0]} & {*WANTED}), len(each[0])))
    check_columns(path, names)
    return names, separator, start + length


def _first_row(text: str, separator: str) -> tuple[list[str], int]:
    lines = io.StringIO(text, newline="")
    try:
        names = next(csv.reader(lines, delimiter=separator), [])
    except csv.Error:
        names = []
    return [name.strip() for name in names], lines.tell()


def _returns_kept(texts: Iterable[str]) -> Iterator[str]:
    held = ""
    for text in chain(texts, [""]):
        ended = not text
        text = held + text
        held = "\r" if text.endswith("\r") and not ended else ""
        yield re.sub("\r(?!\n)", KEPT_RETURN, text.removesuffix(held)) if "\r" in text else text


def whole_rows(blocks: Iterable[bytes], separator: bytes) -> Iterator[bytes]:
    """The same text in pieces that end where a row ends. Raises Malformed at a quote that does not end where a value
    does.
    """
    outside = rb"[^%b\r\n]" % re.escape(separator)
    ending = rb"(?=[%b\r\n])" % re.escape(separator)
    values = rb'(?:[^"\r\n]++|(?<=%b)"|%b%b)*+' % (outside, QUOTED, ending)
    in_rows, in_values = re.compile(rb"(?:%b(?:\r\n?|\n))*+" % values), re.compile(values)
    ends_amid = re.compile(QUOTED + outside)

    def end_of_rows(text: bytes) -> int:
        if b'"' not in text:
            return max(text.rfind(b"\n"), text.rfind(b"\r")) + 1
        end = _end(in_rows, text)
        if not end and ends_amid.match(text, _end(in_values, text)):
            raise Malformed("goes on behind a closing quote: within quotes, write each quote twice")
        return end

    rest, fresh = b"", b""
    for block in blocks:
        fresh += block
        if len(fresh) < len(rest):  # so that a long row is looked at a few times, not once for each block
            continue
        text, fresh = rest + fresh, b""
        end = end_of_rows(text)
        if end:
            yield text[:end]
        rest = text[end:]
        if len(rest) > LONGEST_ROW:
            raise Malformed(f"does not end within {LONGEST_ROW >> 20} MB: is a quote left open?")
    text = rest + fresh + b"\n"
    while text.strip(b"\r\n"):
        if not (end := end_of_rows(text)):
            raise Malformed("opens a quote that never ends")
        yield text[:end]
        text = text[end:]


def _end(pattern: re.Pattern[bytes], text: bytes) -> int:
    match = pattern.match(text)
    return match.end() if match else 0


def _parsed(path: str, piece: bytes, names: list[str], separator: str, before: int) -> list[pa.RecordBatch]:
    broken: list[arrow_csv.InvalidRow] = []

    def note(row: arrow_csv.InvalidRow) -> str:
        broken.append(row)
        return "error"

    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(piece),
            arrow_csv.ReadOptions(
                # one block in one thread: else rows have no number
                block_size=len(piece) + 1,
                use_threads=False,
                column_names=[name if name in WANTED else f"column {number}" for number, name in enumerate(names)],
            ),
            arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True, invalid_row_handler=note),
            arrow_csv.ConvertOptions(
                include_columns=WANTED,
                column_types=dict.fromkeys(WANTED, pa.string()),
                null_values=[before + word + behind for word in NULLS for before in ("", " ") for behind in ("", " ")],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        if broken:
            row, wanted, there = before + broken[0].number, broken[0].expected_columns, broken[0].actual_columns
            raise BrokenContract(f"{path}: data row {row:,} has {there} columns, the header {wanted}") from error
        raise
    if KEPT_RETURN.encode() in piece:
        columns = [pc.replace_substring(column, KEPT_RETURN, "\r") for column in table.columns]
        table = pa.table(columns, WANTED)
    return table.to_batches()
