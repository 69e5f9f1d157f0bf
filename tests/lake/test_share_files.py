"""Files of shares as people bring them: a few bytes in, and the shares or the line that refuses them out."""

import bz2
import csv
import gzip
import io
from datetime import UTC, datetime, timedelta

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lake import share_csv
from lake.errors import BrokenContract, UsageError
from lake.share_columns import SHARES, WANTED
from lake.share_csv import check_encoding, whole_rows
from lake.share_files import Reader
from lake.share_times import EARLIEST, LATEST, PER_SECOND
from lake.shares import OLDEST_DAYS
from validation import rules

HEADER = ",".join(WANTED) + "\n"
T = 1612137600
NOON = datetime(2021, 2, 1, tzinfo=UTC)
CSV = f"{HEADER}video,ann,post,{T}\n"
SHARE = ("video", "ann", "post", NOON)
TABLE = pa.table({"object_id": ["video"], "account_id": ["ann"], "content_id": ["post"], "timestamp_share": [T]})


@pytest.fixture
def brought(tmp_path):
    """A file of these bytes, under a name that tells nothing."""

    def write(content: bytes | str | pa.Table, name: str = "shares"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, pa.Table):
            pq.write_table(content, path)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def read(path, encoding=None):
    """All shares of a file, and the reader that has read them; as an import does it."""
    reader = Reader(str(path), encoding)
    batches = list(reader.batches())
    if reader.rewritten_ids():
        reader = Reader(str(path), encoding, reader.rewritten_ids())
        batches = list(reader.batches())
    return pa.Table.from_batches(batches, SHARES), reader


def shares(path, encoding=None):
    return [tuple(row.values()) for row in read(path, encoding)[0].to_pylist()]


def ids(path):
    return read(path)[0]["account_id"].to_pylist()


def reasons(path) -> dict[str, int]:
    """Why rows are left out, without the advice."""
    return {reason.split(":")[0]: count for reason, count in read(path)[1].tally.reasons.items()}


def refusal(path, encoding=None) -> str:
    with pytest.raises(BrokenContract) as refused:
        read(path, encoding)
    line = str(refused.value)
    assert "\n" not in line
    return line.replace(str(path), "FILE")


def arrow_file(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, table.schema) as file:
        file.write_table(table)
    return sink.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(CSV, id="csv"),
        pytest.param(CSV.strip(), id="no line end at the end"),
        pytest.param(CSV.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(CSV.replace("\n", "\r"), id="CR alone"),
        pytest.param(CSV.replace("\n", "\n\n"), id="empty lines"),
        pytest.param(CSV.replace(",", ";"), id="semicolons"),
        pytest.param(CSV.replace(",", "\t"), id="tabs"),
        pytest.param(CSV.replace(",", "|"), id="bars"),
        pytest.param("sep=;\r\n" + CSV.replace(",", ";"), id="a spreadsheet's first line"),
        pytest.param(CSV.replace("object_id,", " object_id ,"), id="spaces around a name"),
        pytest.param(CSV.replace("object_id,", '"object_id",'), id="a quoted name"),
        pytest.param(f'text,{HEADER}"a\n""b"", c",video,ann,post,{T}\n', id="one column more"),
        pytest.param("\ufeff" + CSV, id="byte-order mark"),
        pytest.param(CSV.encode("utf-16"), id="UTF-16"),
        pytest.param("\ufeff".encode("utf-16-be") + CSV.encode("utf-16-be"), id="UTF-16, big end first"),
        pytest.param(gzip.compress(CSV.encode()), id="gzip"),
        pytest.param(gzip.compress(HEADER.encode()) + gzip.compress(CSV[len(HEADER) :].encode()), id="gzip, in parts"),
        pytest.param(bz2.compress(CSV.encode()), id="bzip2"),
        pytest.param(zstandard.compress(CSV.encode()), id="zstd"),
        pytest.param(TABLE, id="parquet"),
        pytest.param(TABLE.select(WANTED[::-1]), id="parquet, other order"),
        pytest.param(TABLE.append_column("tags", pa.array([[{"a": 1}]])), id="parquet, a nested column more"),
        pytest.param(arrow_file(TABLE), id="arrow"),
    ],
)
def test_the_first_bytes_tell_what_a_file_is(brought, content):
    assert shares(brought(content)) == [SHARE]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "FILE is empty"),
        (b"\xef\xbb\xbf\r\n", "FILE is empty"),
        (b"PK\x03\x04...", "FILE is a zip archive or an Excel workbook: unpack it, or save it as CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1", "FILE is an Excel workbook: save it as CSV UTF-8"),
        (b"\x89PNG\r\n\0\0", "FILE is no text, or damaged: a zero byte is in line 2; save it as CSV UTF-8 or Parquet"),
        (CSV.encode("utf-16-le"), "FILE is UTF-16 without its mark: give --encoding utf-16-le"),
        (CSV.encode("utf-16-be"), "FILE is UTF-16 without its mark: give --encoding utf-16-be"),
        (f"{CSV}video,a\0nn,post,{T}\n", "FILE is no text, or damaged: a zero byte is in line 3; save it"),
        (b'{"object_id": 1}\n', "FILE is JSON: save it as CSV or Parquet"),
        (b'\n [{"object_id": 1}]', "FILE is JSON: save it as CSV or Parquet"),
        pytest.param(gzip.compress(b"PAR1"), "FILE is Parquet in an archive: unpack it", id="packed Parquet"),
        pytest.param(
            gzip.compress(CSV.encode())[:-9], "FILE cannot be read: Truncated compressed stream", id="torn gzip"
        ),
        (b"a,b\n1,2\n", "FILE: column object_id is missing; found a, b"),
        (f"object_id,{HEADER}", f"FILE: column object_id is there twice; found object_id, {', '.join(WANTED)}"),
        (f"{CSV}video,ann,post\n", "FILE: data row 2 has 3 columns, the header 4"),
        (f"{CSV}video,ann,post,{T},\n", "FILE: data row 2 has 5 columns, the header 4"),
        (f'{CSV}"video,ann,post,{T}\n{CSV}', "FILE: data row 2 opens a quote that never ends"),
        (
            f'{CSV}"video" he said,ann,post,{T}\n',
            "FILE: data row 2 goes on behind a closing quote: within quotes, write each quote twice",
        ),
        (
            CSV.encode() + b"Stra\xdfe,ann,post,1\n",
            "FILE: line 3 (byte 0xdf) is not UTF-8: name the encoding, such as --encoding cp1252 or latin-1",
        ),
        (
            TABLE.set_column(1, "account_id", pa.array([["ann"]])),
            "FILE: column account_id has type list<element: string>, which is no id",
        ),
        (TABLE.set_column(3, "timestamp_share", pa.array([True])), "has type bool, which is no time"),
        (TABLE.set_column(0, "object_id", pa.array([b"\xff"])), "FILE: column object_id holds bytes that are no UTF-8"),
        (
            TABLE.drop_columns("content_id"),
            "FILE: column content_id is missing; found object_id, account_id, timestamp",
        ),
        (b"PAR1 and no more", "FILE cannot be read: Parquet magic bytes not found in footer."),
    ],
)
def test_what_is_no_file_of_shares_is_refused_in_one_line(brought, content, line):
    assert line in refusal(brought(content))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="No such file or directory"):
        read(tmp_path / "typo.csv")


@pytest.mark.parametrize("name", ["no-such", "hex", "", "undefined"])
def test_an_encoding_that_is_not_there(name):
    with pytest.raises(UsageError, match="no such encoding"):
        check_encoding(name)


def test_a_named_encoding(brought):
    path = brought(CSV.replace("video", "Straße €5").encode("cp1252"))
    assert [row[0] for row in shares(path, "cp1252")] == ["Straße €5"]
    assert refusal(path, "ascii").startswith("FILE: line 2 (byte 0xdf) is not ascii")
    assert refusal(path, "utf-16").startswith("FILE: what it begins with is not utf-16")


@pytest.mark.parametrize("name", ["folder.parquet", "folder", "folder [1]"])
def test_a_folder_of_parquet_files(brought, name):
    brought(TABLE, f"{name}/day=1/part-0")
    brought(TABLE.set_column(1, "account_id", pa.array([7])), f"{name}/part-1.parquet")
    brought(b"", f"{name}/_SUCCESS")
    brought(b"abc", f"{name}/.part-0.crc")
    folder = brought(TABLE, f"{name}/_temporary/part-2.parquet").parent.parent
    assert ids(f"{folder}/") == ["ann", "7"]


def test_folders_that_are_refused(brought, tmp_path):
    (tmp_path / "empty").mkdir()
    assert refusal(tmp_path / "empty") == "FILE is a folder without Parquet files"
    assert refusal(brought(CSV, "csv/shares.csv").parent) == "FILE is a folder without Parquet files"
    brought(TABLE, "mixed/part-0")
    assert "more.csv is no Parquet file" in refusal(brought(CSV, "mixed/more.csv").parent)
    brought(b"{}", "delta/_delta_log/0.json")
    assert "is a Delta table" in refusal(brought(TABLE, "delta/part-0").parent)
    brought(TABLE, "bad/part-0")
    path = brought(TABLE.drop_columns("object_id"), "bad/part-1")
    assert refusal(path.parent).startswith("FILE/part-1: column object_id is missing")


@pytest.mark.parametrize(
    "word", ["", '""', "NA", "N/A", "NaN", "null", "NULL", "None", "<NA>", "\\N", "#N/A", " NA", " ", '" "']
)
def test_words_for_no_value(brought, word):
    path = brought(f"{CSV}{word},ann,post,{T}\n")
    assert (shares(path), reasons(path)) == ([SHARE], {"object_id is missing": 1})


def test_a_quoted_word_is_a_value(brought):
    assert ids(brought(f'{HEADER}video,"NA","None",{T}\n')) == ["NA"]


def test_a_zero_byte_is_found_wherever_it_is(brought, monkeypatch):
    monkeypatch.setattr("lake.share_files.BLOCK", 64)
    assert "a zero byte is in line 12;" in refusal(brought(CSV + CSV[len(HEADER) :] * 9 + "video,a\0nn,post,1\n"))


def test_texts_of_several_megabytes(brought, monkeypatch):
    text = 'quotes "" and\nlines, ' * 500_000
    path = brought(f'{CSV}"{text}",bob,post,{T}\n')
    monkeypatch.setattr("lake.share_files.BLOCK", 2**20)
    assert [row[0] for row in shares(path)] == ["video", text.replace('""', '"')]
    monkeypatch.setattr(share_csv, "LONGEST_ROW", 2**20)
    assert refusal(path) == "FILE: data row 2 does not end within 1 MB: is a quote left open?"


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["a", "b"]).dictionary_encode(),
        pa.array(["a", "b"], pa.large_string()),
        pa.array(["a", "b"], pa.string_view()),
        pa.array([b"a", b"b"]),
        pa.array(["a", "b"], pa.string_view()).cast(pa.string()).dictionary_encode(),
    ],
    ids=str,
)
def test_ids_of_any_kind_of_text(brought, column):
    table = pa.table({"object_id": column, "account_id": column, "content_id": column, "timestamp_share": [T, T]})
    assert ids(brought(table)) == ["a", "b"]


def with_accounts(column) -> pa.Table:
    return pa.concat_tables([TABLE] * len(column)).set_column(1, "account_id", column)


@pytest.mark.parametrize(
    ("column", "found"),
    [
        (pa.array([2**64 - 1, 7], pa.uint64()), ["18446744073709551615", "7"]),
        (pa.array([-1, 7], pa.int8()), ["-1", "7"]),
        (pa.array([7, 12], pa.decimal128(38, 0)), ["7", "12"]),
        (pa.array([700, 1250], pa.decimal128(6, 2)), ["700", "1250"]),
        (pa.array([1360000000000000001, 7]), ["1360000000000000001", "7"]),
        (pa.array([7.0, 2.0**53 - 1]), ["7", "9007199254740991"]),
        (pa.array([7.0, 2.0**53]), ["7"]),
        (pa.array([7.0, 7.5]), ["7"]),
        (pa.array([7.0, 2.0**24], pa.float32()), ["7"]),
    ],
)
def test_ids_that_are_numbers(brought, column, found):
    path = brought(with_accounts(column))
    assert ids(path) == found
    lost = {"account_id is a number that lost digits": 1} if len(found) == 1 else {}
    assert reasons(path) == lost


@pytest.mark.parametrize(
    ("written", "found", "lost"),
    [
        (["1.36000E+18", "1,36E+18", "1e+18", "1.36E18", "1360000000000000001"], ["1360000000000000001"], 4),
        (["1.36e18", "1,36e18", "ann"], ["ann"], 2),
        (["1e18", "1.5", "12E+3", "5e-7"], ["1e18", "1.5", "12E+3", "5e-7"], 0),
        (["7.0", "", "12.0", "9007199254740992.0"], ["7", "12"], 1),
        (["7,0", "", "12,0", "9007199254740992,0"], ["7", "12"], 1),
        (["7.0", "ann", "12.0"], ["7.0", "ann", "12.0"], 0),
        (["7,0", "12,5"], ["7,0", "12,5"], 0),
        (["1360000000000010000", "1360000000000020000", "1360000000000030000", "ann"], ["ann"], 3),
        (["1360000000000010000", "1360000000000020000", "1360000000000010000"], None, 0),
        (["1360000000000010000", "1360000000000020000", "1360000000000030001"], None, 0),
        (["123456789012000", "123456789013000", "123456789014000"], None, 0),
    ],
)
def test_ids_that_programs_have_rewritten(brought, written, found, lost):
    path = brought(HEADER.replace(",", ";") + "".join(f"video;{name};post;{T}\n" for name in written))
    assert ids(path) == (written if found is None else found)
    assert reasons(path).get("account_id is a number that lost digits", 0) == lost


def moments(path) -> list[str | None]:
    return [f"{row[3]:%F %T.%f}".removesuffix(".000000") for row in shares(path)]


MIDNIGHT = "2021-02-01 00:00:00"


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("1612137600", MIDNIGHT),
        (" 1612137600 ", MIDNIGHT),
        ("1612137600.0", MIDNIGHT),
        ("1612137600.", MIDNIGHT),
        ("1.6121376E9", MIDNIGHT),
        ("1612137600.25", MIDNIGHT + ".250000"),
        ("1612137600001", MIDNIGHT + ".001000"),
        ("1612137600000001", MIDNIGHT + ".000001"),
        ("1612137600000001000", MIDNIGHT + ".000001"),
        ("2021-02-01T00:00:00Z", MIDNIGHT),
        ("2021-02-01 00:00", MIDNIGHT),
        ("2021-02-01 00:00:00 UTC", MIDNIGHT),
        ("2021-02-01T01:00:00+01:00", MIDNIGHT),
        ("2021-01-31 19:00:00-0500", MIDNIGHT),
        ("2021-02-01T00:00:00.123456789", MIDNIGHT + ".123456"),
        ("20210201T000000Z", MIDNIGHT),
    ],
)
def test_times_that_are_read(brought, written, found):
    assert moments(brought(f"{HEADER}video,ann,post,{written}\n")) == [found]


UNREAD = "timestamp_share is no time that can be read"
IMPLAUSIBLE = "timestamp_share is not within 2005 to 2099, be it in seconds, milliseconds, microseconds, nanoseconds"


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "timestamp_share is missing"),
        ("2021-02-01", UNREAD),
        ("2021-02-30 12:00:00", UNREAD),
        ("2021-02-01 25:00:00", UNREAD),
        ("12:00:00", UNREAD),
        ("02-01 12:00", UNREAD),
        ("01.02.2021 12:00", UNREAD),
        ("02/01/2021 12:00", UNREAD),
        ("Mon Feb 01 12:00:00 +0000 2021", UNREAD),
        ("yesterday", UNREAD),
        ("2004-12-31 23:59:59", IMPLAUSIBLE),
        ("2100-01-01 00:00:00", IMPLAUSIBLE),
        ("20210201", IMPLAUSIBLE),
        ("20210201123000", IMPLAUSIBLE),
        ("44228.5", IMPLAUSIBLE),
        ("0", IMPLAUSIBLE),
        ("-1", IMPLAUSIBLE),
        ("9" * 40, IMPLAUSIBLE),
        ("1.61214E+12", "timestamp_share is a number that lost digits"),
    ],
)
def test_times_that_are_not_read(brought, written, reason):
    path = brought(f"{HEADER}video,ann,post,{written}\n")
    assert (shares(path), reasons(path)) == ([], {reason: 1})


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Tokyo"])
def test_timestamps_of_any_unit_and_zone(brought, unit, zone):
    stamps = pa.array([NOON, datetime(1970, 1, 1, tzinfo=UTC)]).cast(pa.timestamp(unit, "UTC"))
    column = stamps.cast(pa.timestamp(unit, zone)) if zone else stamps.cast(pa.int64()).cast(pa.timestamp(unit))
    path = brought(pa.concat_tables([TABLE] * 2).set_column(3, "timestamp_share", column))
    assert (moments(path), reasons(path)) == ([MIDNIGHT], {IMPLAUSIBLE: 1})
    assert not read(path)[1].tally.units


@pytest.mark.parametrize(
    "column",
    [
        pa.array([T], pa.int32()),
        pa.array([T * 1000], pa.uint64()),
        pa.array([T * 10**9], pa.int64()),
        pa.array([float(T)]),
        pa.array([T], pa.decimal128(18, 0)),
        pa.array([f"{T}"]).dictionary_encode(),
        pa.array([b"2021-02-01T00:00Z"]),
    ],
    ids=str,
)
def test_numbers_of_any_width_and_texts_of_any_kind(brought, column):
    assert moments(brought(TABLE.set_column(3, "timestamp_share", column))) == [MIDNIGHT]


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (pa.array([NOON.date()]), UNREAD),
        (pa.array([2**62]).cast(pa.timestamp("s")), IMPLAUSIBLE),
        (pa.array([2**63], pa.uint64()), IMPLAUSIBLE),
        (pa.array([float("inf")]), IMPLAUSIBLE),
        (pa.array([float("nan")]), "timestamp_share is missing"),
        (pa.array([None]), "timestamp_share is missing"),
    ],
)
def test_columns_of_no_moment(brought, column, reason):
    path = brought(arrow_file(TABLE.set_column(3, "timestamp_share", column)))
    assert (shares(path), reasons(path)) == ([], {reason: 1})


@settings(deadline=None)
@given(
    at=st.datetimes(EARLIEST.replace(tzinfo=None), LATEST.replace(tzinfo=None) - timedelta(microseconds=1)),
    unit=st.sampled_from(list(PER_SECOND)),
)
def test_a_plausible_number_has_one_unit(at, unit):
    us = (at.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    number = us * PER_SECOND[unit] // 10**6
    assert [each for each in PER_SECOND if 2005 <= 1970 + number / PER_SECOND[each] / 31556952 < 2100.1] == [unit]


def test_sign_ups_are_plausible_when_shares_are():
    assert EARLIEST - timedelta(days=OLDEST_DAYS) >= datetime.fromisoformat(rules.EARLIEST).replace(tzinfo=UTC)


def test_what_is_said_of_a_file(brought):
    rows = (
        [f"video,ann,post,{T}000"] * 90 + [f"video,ann,post,{T}"] * 6 + ["video,NA,post,soon"] + ["video,b,post,?"] * 3
    )
    tally = read(brought(HEADER + "\n".join(rows)))[1].tally
    assert list(tally.warnings()) == [
        "times read as milliseconds (90 rows) and seconds (6 rows)",
        "4 of 100 rows lack an id or a time that can be read, and are left out; most often: timestamp_share is no time "
        "that can be read: write Unix seconds, or ISO 8601 with day and time of day "
        "(4 rows, e.g. 'soon' in data row 97)",
    ]
    tally.check("FILE", 0.04)
    with pytest.raises(BrokenContract, match=r"^FILE: 4.0% of 100 rows cannot be used \(limit 3%\), most often: "):
        tally.check("FILE", 0.03)
    assert list(read(brought(CSV))[1].tally.warnings()) == []
    assert list(read(brought(HEADER))[1].tally.warnings()) == ["there are no rows in it, and none in the lake now"]


def test_where_an_example_is_in_a_folder(brought):
    brought(TABLE, "folder/part-0")
    path = brought(with_accounts(pa.array(["b", "c", None])), "folder/part-1").parent
    assert list(read(path)[1].tally.examples.values()) == ["data row 3 of part-1"]


texts = st.text(st.sampled_from("ab\"',;|\t \n\rä漢🙂\\0"), min_size=1, max_size=12).filter(
    lambda text: text.strip() not in share_csv.NULLS
)
tables = st.lists(st.tuples(texts, texts, texts), min_size=1, max_size=8)


def kept(path) -> list[tuple]:
    return [row[:3] for row in shares(path)]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=tables,
    separator=st.sampled_from(share_csv.SEPARATORS),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
@example([('"', "a\rb", '"",\n')], ",", csv.QUOTE_MINIMAL, "\n", "utf-8")
def test_what_pythons_csv_writes_is_read_back(brought, rows, separator, quoting, line_end, encoding):
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=separator, quoting=quoting, lineterminator=line_end)
    writer.writerows([WANTED, *((*row, T) for row in rows)])
    assert kept(brought(file.getvalue().encode(encoding))) == rows


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=tables)
def test_what_pandas_polars_and_duckdb_write_is_read_back(brought, rows):
    frame = pd.DataFrame([(*row, T) for row in rows], columns=WANTED)
    path = brought(b"")
    frame.to_csv(path, index=False)
    assert kept(path) == rows
    frame.to_parquet(path)
    assert kept(path) == rows
    pl.from_pandas(frame).write_csv(path)
    assert kept(path) == rows
    pl.from_pandas(frame).write_parquet(path)
    assert kept(path) == rows
    for form in ("csv", "parquet"):
        duckdb.execute(f"COPY (FROM frame) TO '{path}' (FORMAT {form})")
        assert kept(path) == rows


@settings(max_examples=200, deadline=None)
@given(rows=tables, size=st.integers(1, 40), ends=st.sampled_from(["\n", "\r\n"]))
def test_pieces_end_where_rows_do(rows, size, ends):
    rows = [tuple(text.replace("\r", "") for text in row) for row in rows]
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator=ends).writerows(rows)
    text = file.getvalue().encode()
    pieces = list(whole_rows((text[at : at + size] for at in range(0, len(text), size)), b","))
    assert b"".join(pieces).rstrip(b"\r\n") == text.rstrip(b"\r\n")
    assert [tuple(row) for piece in pieces for row in strictly(piece.decode())] == rows


def strictly(text: str) -> list[list[str]]:
    return [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.sampled_from('a",\n'), max_size=30), size=st.integers(1, 31))
def test_a_text_is_malformed_where_pythons_strict_reader_says_so(text, size):
    blocks = (text.encode()[at : at + size] for at in range(0, len(text), size))
    try:
        expected = strictly(text)
    except csv.Error:
        with pytest.raises(share_csv.Malformed):
            list(whole_rows(blocks, b","))
    else:
        pieces = b"".join(whole_rows(blocks, b","))
        assert strictly(pieces.decode()) == expected
