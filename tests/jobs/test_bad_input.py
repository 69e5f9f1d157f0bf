"""What a person gets who asks for the impossible, or whose data break the contract: one line, and the right exit
code.
"""

import errno
import os
import shutil
from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from jobs import terminal
from jobs.__main__ import jobs
from jobs.job import run_command_line
from lake.runs import code_version
from lake.schemas import ACCOUNTS, DECISIONS, EVENTS, JOB_RUNS, OUTPUTS, VALIDATION_RESULTS, VIDEOS
from lake.store import Lake, Provenance
from tests.builders import accounts, at, decisions, events, videos

ME = Provenance("setup", "1.0")
DAY = "2026-03-01"


@pytest.fixture
def outcome(capsys, spark):
    """Run the command line in this process: exit code, and the last line on standard error."""

    def run(*arguments: str) -> tuple[int, str]:
        try:
            run_command_line(jobs, "python -m jobs", list(arguments))
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
        assert len(lines) == (1 if code else 0), lines
        return code, lines[0] if lines else ""

    return run


HEADER = "object_id,account_id,content_id,timestamp_share\n"


@pytest.fixture
def imported(outcome, lake, tmp_path):
    """Import a file of this text over the lake: the outcome, with FILE for its path."""

    def run(text: str, *arguments: str) -> tuple[int, str]:
        file = tmp_path / "shares.csv"
        file.write_text(text)
        code, said = outcome("import_shares", "--lake", lake.uri, "--file", str(file), "--overwrite", *arguments)
        return code, said.replace(str(file), "FILE")

    return run


def fill(lake: Lake, *event_rows: dict, account_rows: tuple[dict, ...] = ({},)) -> None:
    """All four source tables: some accounts and events, a video, no decision."""
    spark = lake.spark
    lake.replace(ACCOUNTS, accounts(spark, *account_rows), ME)
    lake.replace(VIDEOS, videos(spark, {}), ME)
    lake.replace(EVENTS, events(spark, *event_rows), ME)
    lake.replace(DECISIONS, decisions(spark), ME)


def view(number: int, **differs) -> dict:
    return {"event_id": number, "account_id": 1, "video_id": 1, **differs}


def runs(lake: Lake) -> list[tuple[str, str, str | None]]:
    return [(row.job, row.status, row.message) for row in lake.read(JOB_RUNS).orderBy("started_at").collect()]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("validate", "--lake", "x", "--as-of", "2026-02-30"), "'2026-02-30' does not match the format '%Y-%m-%d'"),
        (("validate", "--lake", "x", "--as-of", "0001-01-01"), "0001-01-01 is no day of 2000 to 2099"),
        (("links", "--lake", "x", "--as-of", "9999-12-31"), "9999-12-31 is no day of 2000 to 2099"),
        (("validate", "--lake", "x"), "Missing option '--as-of'"),
        (("validate", "--lake", "x", "--as-of", DAY, "--colour", "red"), "No such option '--colour'"),
        (("vaildate", "--lake", "x"), "No such command 'vaildate'"),
        (("validate", "--lake", "x", "--as-of", DAY, "--limits", "no.toml"), "no.toml: No such file or directory"),
    ],
)
def test_arguments_that_cannot_be_used(outcome, arguments, line):
    code, said = outcome(*arguments)
    assert (code, line in said) == (2, True), said


def test_an_unknown_key_of_a_configuration_file(outcome, tmp_path):
    (tmp_path / "limits.toml").write_text("[links]\nwindow = 3\n")
    code, said = outcome("validate", "--lake", "x", "--as-of", DAY, "--limits", str(tmp_path / "limits.toml"))
    assert code == 2
    assert "limits.toml: links" in said


def test_a_lake_that_is_not_there_stays_that_way(outcome, tmp_path):
    code, said = outcome("validate", "--lake", str(tmp_path / "typo"), "--as-of", DAY)
    assert code == 2
    assert "table accounts is missing" in said
    assert not (tmp_path / "typo").exists()


@pytest.mark.whole
def test_a_missing_table_a_missing_column_and_a_retyped_one(outcome, lake):
    fill(lake, view(1))
    (Path(lake.uri) / "decisions").rename(Path(lake.uri) / "elsewhere")
    assert outcome("validate", "--lake", lake.uri, "--as-of", DAY) == (
        2,
        f"error: table decisions is missing: no Delta table at {lake.uri}/decisions",
    )
    lake.replace(DECISIONS, decisions(lake.spark), ME)

    without = accounts(lake.spark, {}).drop("bio").withColumn("country", F.lit(7))
    without.write.format("delta").mode("overwrite").option("overwriteSchema", True).save(lake.path(ACCOUNTS))
    assert outcome("validate", "--lake", lake.uri, "--as-of", DAY) == (
        3,
        "error: table accounts: column country is int, not string; column bio is missing: "
        "write it as docs/tables.md has it",
    )
    assert [(job, status) for job, status, _ in runs(lake)] == [("validate", "failed")] * 2
    assert "column bio is missing" in runs(lake)[-1][2]


BREAKS = {
    "is a file": lambda table: (shutil.rmtree(table), table.write_text("no table")),
    "has a log that is cut": lambda table: [os.truncate(file, 90) for file in table.glob("_delta_log/*.json")],
    "is another table": lambda table: (shutil.rmtree(table), shutil.copytree(table.parent / "accounts", table)),
}


@pytest.mark.whole
@pytest.mark.parametrize("how", BREAKS)
def test_a_record_of_runs_that_cannot_be_used_stops_no_day(outcome, lake, how, monkeypatch):
    said = []
    monkeypatch.setattr(terminal, "warn", said.append)
    fill(lake, view(1))
    assert outcome("validate", "--lake", lake.uri, "--as-of", "2026-02-28") == (0, "")
    BREAKS[how](Path(lake.path(JOB_RUNS)))
    assert outcome("validate", "--lake", lake.uri, "--as-of", DAY) == (0, "")
    assert [line for line in said if line.startswith("validate does without the record of earlier runs: ")]


@pytest.mark.whole
def test_six_percent_of_broken_rows_stop_the_day_and_leave_the_one_before(outcome, lake):
    before = [view(number, ts=at("2026-02-27 12:00")) for number in range(1, 51)]
    good = [view(number) for number in range(101, 148)]
    broken = [view(number, watch_ms=-1) for number in (201, 202, 203)]
    fill(lake, *before, *good, *broken)

    assert outcome("validate", "--lake", lake.uri, "--as-of", "2026-02-28")[0] == 0
    kept = lake.day(VALIDATION_RESULTS, date(2026, 2, 28)).count()
    assert outcome("validate", "--lake", lake.uri, "--as-of", DAY) == (
        3,
        "error: events: 6.0% of 50 rows of 2026-02-28 break the contract (limit 5%), "
        "most often: watch_ms is negative (3 rows, e.g. event_id 201)",
    )
    apart = lake.spark.read.format("delta").load(f"{lake.uri}/quarantine_events").orderBy("event_id").collect()
    assert [(row.event_id, row.reasons) for row in apart] == [(n, ["watch_ms is negative"]) for n in (201, 202, 203)]
    assert lake.day(VALIDATION_RESULTS, date(2026, 2, 28)).count() == kept
    last = lake.read(JOB_RUNS).orderBy(F.desc("started_at")).first()
    assert (last.status, last.rows_quarantined, last.code_version) == ("failed", 3, code_version())


@pytest.mark.whole
@pytest.mark.sail  # tests/engines compares the tables of such a lake with those of Spark
def test_an_empty_lake_gives_empty_tables(outcome, lake):
    fill(lake, account_rows=())
    lake.replace(VIDEOS, videos(lake.spark), ME)
    for job in ("daily", "evaluate", "drift"):
        assert outcome(job, "--lake", lake.uri, "--as-of", DAY) == (0, "")
    day = date(2026, 3, 1)
    rows = {table.name: lake.day(table, day).count() for table in OUTPUTS if table.partition == "as_of"}
    assert {name for name, count in rows.items() if count} <= {"validation_results", "prevalence"}


@pytest.mark.whole
def test_a_day_without_events_is_made_from_the_days_before(outcome, lake):
    fill(lake, *(view(number, ts=at("2026-02-26 12:00")) for number in range(1, 6)))
    assert outcome("daily", "--lake", lake.uri, "--as-of", DAY) == (0, "")
    results = lake.day(VALIDATION_RESULTS, date(2026, 3, 1)).where("expectation = 'days_since_last_event'").first()
    assert (results.success, results.observed) == (False, 2.0)
    features = lake.spark.read.format("delta").load(f"{lake.uri}/account_features")
    assert [(row.account_id, row.views_1d, row.views_7d) for row in features.collect()] == [(1, 0, 5)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "FILE is empty"),
        ("object_id,account_id\n1,2\n", "FILE: column content_id is missing; found object_id, account_id"),
        (HEADER + "1,2,3,1612137600\n1,2\n", "FILE: data row 2 has 2 columns, the header 4"),
        (
            HEADER + "1,2,3,01.02.2021 00:00\n" * 2,
            "FILE: 100.0% of 2 rows cannot be used (limit 5%), most often: timestamp_share is no time that can be "
            "read: write Unix seconds, or ISO 8601 with day and time of day "
            "(2 rows, e.g. '01.02.2021 00:00' in data row 1)",
        ),
        (
            HEADER + "1,1.36000E+18,3,1612137600\n",
            "FILE: 100.0% of 1 rows cannot be used (limit 5%), most often: account_id is a number that lost digits: "
            "write ids as text or as 64-bit integers (1 rows, e.g. '1.36000E+18' in data row 1)",
        ),
    ],
)
def test_a_file_of_shares_that_is_refused_leaves_the_lake_as_it_was(imported, lake, text, said):
    fill(lake, view(1))
    assert imported(text) == (3, f"error: {said}")
    assert [row.event_id for row in lake.read(EVENTS).collect()] == [1]


def test_an_encoding_that_is_not_there(imported):
    code, said = imported(HEADER, "--encoding", "no-such")
    assert (code, "no such encoding" in said) == (2, True)


def test_a_file_of_shares_that_is_not_there(outcome, lake):
    assert outcome("import_shares", "--lake", lake.uri, "--file", "no.csv") == (
        2,
        "error: no.csv: No such file or directory",
    )


def test_a_header_alone_empties_a_lake_and_says_so(imported, lake, monkeypatch):
    said = []
    monkeypatch.setattr(terminal, "warn", said.append)
    fill(lake, view(1))
    assert imported(HEADER) == (0, "")
    assert [line.split(": ")[1] for line in said] == ["there are no rows in it, and none in the lake now"]
    assert lake.read(EVENTS).count() == 0


def test_an_import_that_fails_amid_its_tables_leaves_no_mix_of_two_lakes(imported, lake, monkeypatch):
    fill(lake, view(1))
    replace = Lake.replace

    def full(self, table, *rest):
        if table is VIDEOS:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self.path(table))
        replace(self, table, *rest)

    with monkeypatch.context() as disk:
        disk.setattr(Lake, "replace", full)
        code, said = imported(HEADER + "o,a,p,1612137600\n")
    assert (code, "No space left on device" in said) == (1, True)
    assert [lake.read(table).count() for table in (ACCOUNTS, VIDEOS, EVENTS)] == [2, 0, 0]

    assert imported(HEADER + "o,a,p,1612137600\n") == (0, "")
    assert [lake.read(table).count() for table in (ACCOUNTS, VIDEOS, EVENTS)] == [2, 1, 1]


def test_rows_that_cannot_be_used_are_left_out_and_no_day_stops_for_them(imported, outcome, lake):
    rows = [f"o{n % 7},a{n},p{n},2026-02-{n % 28 + 1:02} 12:00" for n in range(280)]
    assert imported(HEADER + "\n".join([*rows, *["o,a,p,soon"] * 8])) == (0, "")
    assert lake.read(EVENTS).count() == 280
    assert outcome("validate", "--lake", lake.uri, "--as-of", DAY) == (0, "")
    unknown = lake.read(VALIDATION_RESULTS).where("expectation LIKE 'null_%'").collect()
    assert {(row.expectation, row.success, row.observed) for row in unknown} == {
        ("null_device_id", True, None),
        ("null_ip_id", True, None),
        ("null_country", True, None),
    }
