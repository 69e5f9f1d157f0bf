"""A lake where nothing can be written: one line says why, the tables stay as they were, and go on when they can."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import engine
from jobs.job import one_line
from lake.store import Lake, Provenance
from tests.engine.writing import BY_DAY, BY_KEY, DAY, ROWS, SUITE, Writer, rows

ME = Provenance("publish_one_day 0", "a")
SIZE = 2**20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", place], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"only root may mount a disk: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture
def lake(spark, disk: Path) -> Lake:
    """A lake on it, with a day and a table by key."""
    lake = Lake(spark, str(disk / "lake"))
    lake.publish(BY_DAY, rows(lake, "before", 0), DAY, ME)
    lake.upsert(BY_KEY, rows(lake, "before", 0), ME)
    return lake


def filled(disk: Path) -> Path:
    """A file that takes all that is left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    return filler


WRITES = {
    "publish": lambda lake: lake.publish(BY_DAY, rows(lake, "after", 1), DAY, ME),
    "append": lambda lake: lake.append(BY_KEY, rows(lake, "after", 1), ME),
    "upsert": lambda lake: lake.upsert(BY_KEY, rows(lake, "after", 1), ME),
    "replace": lambda lake: lake.replace(BY_KEY, rows(lake, "after", 1), ME),
    "forget": lambda lake: lake.forget([BY_KEY], ME),
    "a new table": lambda lake: Lake(lake.spark, f"{lake.uri}/new").publish(BY_DAY, rows(lake, "after", 1), DAY, ME),
    "a file": lambda lake: engine.current().files.write(f"{lake.uri}/models/model.json", b"{}" * 4096),
}


@pytest.fixture(params=WRITES)
def write(request):
    return WRITES[request.param]


def writers_of(lake: Lake) -> set[str]:
    """Who wrote the rows that are there, all of them still."""
    kept = [lake.read(table).collect() for table in (BY_DAY, BY_KEY)]
    assert [len(table) for table in kept] == [ROWS] * 2
    return {row.writer for table in kept for row in table}


def test_on_a_full_disk_one_line_says_so_and_all_stays_as_it_was(lake, disk, write):
    filler = filled(disk)
    with pytest.raises(Exception, match="No space left on device") as failed:
        write(lake)
    assert one_line(failed.value).startswith(f"No space left on device: {lake.uri}")
    assert writers_of(lake) == {"before"}

    filler.unlink()
    write(lake)


@pytest.mark.sail
def test_a_day_that_is_too_large_for_the_disk_leaves_the_one_before_and_room_for_a_smaller_one(lake):
    large = lake.spark.range(1_000_000).selectExpr(
        "'large' AS writer", "1L AS round", "CAST(rand() * 1e18 AS BIGINT) AS number"
    )
    with pytest.raises(Exception, match="No space left on device"):
        lake.publish(BY_DAY, large, DAY, ME)
    assert writers_of(lake) == {"before"}
    lake.publish(BY_DAY, rows(lake, "after", 2), DAY, ME)


@pytest.mark.sail
def test_on_a_disk_that_can_only_be_read_one_line_says_so(lake, disk, write):
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    with pytest.raises(Exception, match="Read-only file system") as failed:
        write(lake)
    assert one_line(failed.value).startswith(f"Read-only file system: {lake.uri}")
    assert writers_of(lake) == {"before"}


@pytest.mark.sail
@pytest.mark.parametrize("place", ["file", "file/lake"])
def test_a_lake_in_a_place_that_is_a_file_has_no_tables_and_gets_none(spark, tmp_path, place):
    (tmp_path / "file").write_text("no folder")
    lake = Lake(spark, str(tmp_path / place))
    assert not lake.exists(BY_DAY)
    with pytest.raises(Exception, match=r"Not a directory|ParentNotDirectory") as failed:
        lake.publish(BY_DAY, rows(lake, "a", 0), DAY, ME)
    assert one_line(failed.value) == f"Not a directory: {lake.path(BY_DAY)}"
    assert (tmp_path / "file").read_text() == "no folder"


def run(disk: Path, **environment: str) -> tuple[int, list[str]]:
    """Make up a platform: exit code, and the lines on standard error that are no structured ones."""
    command = [sys.executable, "-m", "jobs", "simulate", "--engine", "sail", "--lake", str(disk / "world")]
    done = subprocess.run(
        [*command, "--accounts", "500", "--days", "28"],
        cwd=SUITE,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    return done.returncode, [line for line in done.stderr.splitlines() if not line.startswith("{")]


@pytest.mark.sail
@pytest.mark.whole
def test_a_job_on_a_full_disk_says_one_line_and_nothing_of_panics(disk):
    code, lines = run(disk)
    assert (code, len(lines)) == (1, 1), lines
    assert lines[0].startswith(f"error: No space left on device: {disk}/world/")


@pytest.mark.sail
@pytest.mark.whole
def test_where_scratch_files_have_no_room_one_line_says_where_else_they_could_be(disk, tmp_path):
    with contextlib.closing(Writer("a", TMPDIR=str(disk))) as writer:
        assert writer.answer() == "ready"
        writer.tell(str(tmp_path / "lake"), "keep_many_rows", 1)
        line = f"No space left on device for scratch files in {disk}: TMPDIR names another place"
        assert writer.answer()["failed"] == line
        writer.tell(str(tmp_path / "lake"), "publish_one_day", 1)
        assert writer.answer()["done"] == 1
    assert list(disk.iterdir()) == []
