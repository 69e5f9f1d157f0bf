"""What becomes of a job when its embedded engine dies, panics or has no memory left, and of the engine when the job
does.
"""

import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import psutil
import pyarrow as pa
import pytest
from deltalake import DeltaTable

import engine
from engine.sail import Server
from jobs.job import one_line
from lake.schemas import JOB_RUNS
from lake.store import Provenance
from tests.builders import at
from tests.end_to_end.playing import data_files, play, start
from tests.engine.writing import BY_DAY, ROWS, Writer, rows
from tests.engine.writing import DAY as WRITTEN
from tests.published import published

pytestmark = pytest.mark.sail
DAY = date(2026, 3, 1)
ME = Provenance("publish_one_day 0", "a")
PANIC = "next_day(date_add(date'262142-12-30', CAST({} AS INT)), 'MON')"
"""The calendar of Rust ends there: the server panics. Where a later one does not, another such query is wanted."""
PATIENCE = 60


@pytest.fixture(scope="module")
def world(spark, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source tables of a small platform."""
    lake = tmp_path_factory.mktemp("sail") / "world"
    play(spark, lake, "simulate", accounts=80, days=8, until=at(str(DAY)))
    return lake


@pytest.fixture(scope="module")
def expected(spark, world: Path) -> dict[str, list[str]]:
    """What `features` leaves when nothing happens."""
    lake = world.parent / "expected"
    shutil.copytree(world, lake)
    play(spark, lake, "features", DAY)
    return published(lake, str(DAY))


class Job:
    """`features` as a person starts it, on a copy of the world, with scratch files in a folder of their own."""

    def __init__(self, world: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lake, self.scratch, self.log = folder / "lake", folder / "scratch", folder / "log"
        shutil.copytree(world, self.lake)
        self.scratch.mkdir()
        monkeypatch.setenv("TMPDIR", str(self.scratch))
        self.process = start("features", self.lake, DAY, self.log, "--engine", "sail")

    def begun(self) -> bool:
        return '"features started"' in self.log.read_text(errors="replace")

    def publishing(self) -> bool:
        return data_files(self.lake) > 0

    def wait_for(self, moment: Callable[["Job"], bool]) -> psutil.Process:
        """The job's engine, at that moment."""
        deadline = time.monotonic() + PATIENCE
        while not moment(self):
            assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.01)
        (server,) = psutil.Process(self.process.pid).children()
        assert "engine.server" in server.cmdline()
        return server

    def ended(self) -> tuple[int, list[str]]:
        """Exit code, and what was said beside structured lines."""
        code = self.process.wait(timeout=PATIENCE)
        lines = [line for line in self.log.read_text().splitlines() if line and not line.startswith("{")]
        return code, lines

    def recorded(self) -> list[tuple[str, str | None]]:
        runs = DeltaTable(str(self.lake / JOB_RUNS.name)).to_pyarrow_table().to_pylist()
        return [(run["status"], run["message"]) for run in runs if run["job"] == "features"]

    def nothing_is_left(self, server: psutil.Process) -> bool:
        """Neither the engine nor its scratch files, some seconds later at most."""
        with contextlib.suppress(psutil.NoSuchProcess):
            server.wait(timeout=10)
        return not server.is_running() and list(self.scratch.iterdir()) == []


@pytest.fixture
def job(world, tmp_path, monkeypatch):
    started = Job(world, tmp_path, monkeypatch)
    yield started
    started.process.kill()
    started.process.wait()


# --- the engine dies ------------------------------------------------------------------------------------------------


@pytest.mark.whole
@pytest.mark.parametrize(
    ("fault", "moment", "said"),
    [
        (
            signal.SIGSEGV,
            Job.begun,
            "died (SIGSEGV: Fatal Python error: Segmentation fault): run it with --engine spark",
        ),
        (signal.SIGABRT, Job.publishing, "died (SIGABRT: Fatal Python error: Aborted): run it with --engine spark"),
        (
            signal.SIGKILL,
            Job.publishing,
            "was killed, most likely for want of memory: run it with --engine spark, or give it more with "
            "ABUSE_MINING_MEMORY",
        ),
    ],
)
def test_a_job_whose_engine_dies_ends_at_once_and_says_how(job, fault, moment, said):
    server = job.wait_for(moment)
    server.send_signal(fault)
    died = time.monotonic()

    code, lines = job.ended()
    assert time.monotonic() - died < 15
    line = f"the embedded engine {said}"
    assert (code, lines) == (1, [f"error: {line} (--debug shows where)"])
    assert job.recorded() == [("failed", line)]
    assert job.nothing_is_left(server)


@pytest.mark.whole
def test_tables_that_a_dead_engine_left_are_whole_and_the_job_can_be_run_again(spark, job, expected):
    job.wait_for(Job.publishing).kill()
    assert job.ended()[0] == 1
    assert all(there in ([], expected[table]) for table, there in published(job.lake, str(DAY)).items())

    play(spark, job.lake, "features", DAY)
    assert published(job.lake, str(DAY)) == expected


def test_an_engine_that_does_not_start_says_why_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(engine.EngineError, match=r"the embedded engine did not start: .*MEMORY_POOL") as failed:
        Server(memory=2**80)
    assert "\n" not in one_line(failed.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("spared", [{}, {"no_proxy": "store.example"}], ids=["none", "another"])
def test_a_proxy_for_the_network_is_not_asked_for_this_machine(tmp_path, spared):
    proxy = dict.fromkeys(("http_proxy", "https_proxy", "grpc_proxy"), "http://127.0.0.1:9")
    with contextlib.closing(Writer("a", **proxy, **spared)) as writer:
        assert writer.answer() == "ready"
        writer.tell(str(tmp_path / "lake"), "publish_one_day", 1)
        assert writer.answer()["done"] == 1


def test_its_last_words_are_those_of_a_panic_or_of_what_was_fatal(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    server = Server(memory=2**30)
    try:
        said = os.fdopen(os.dup(server.said.fileno()), "w", buffering=1)
        assert server.last_words() == "it said nothing"
        said.write("a warning\nfatal runtime error: stack overflow\nnote\n")
        assert server.last_words() == "fatal runtime error: stack overflow"
        said.write("thread 'tokio-rt-worker' (7) panicked at src/lib.rs:1:1:\nindex out of bounds\nstack backtrace:\n")
        assert server.last_words() == "index out of bounds"
    finally:
        server.stop()


# --- the job dies ---------------------------------------------------------------------------------------------------


@pytest.mark.whole
@pytest.mark.parametrize(("blow", "moment"), [(signal.SIGTERM, Job.begun), (signal.SIGKILL, Job.publishing)])
def test_a_job_that_is_killed_leaves_no_engine_and_no_scratch_files(job, blow, moment):
    server = job.wait_for(moment)
    job.process.send_signal(blow)
    assert job.nothing_is_left(server)


@pytest.mark.whole
@pytest.mark.parametrize("moment", [Job.begun, Job.publishing], ids=["as it begins", "while it publishes"])
def test_an_interrupt_at_the_terminal_ends_a_job_with_one_word_and_leaves_nothing(job, moment):
    server = job.wait_for(moment)
    os.killpg(job.process.pid, signal.SIGINT)
    assert job.ended() == (1, ["error: interrupted"])
    assert job.recorded() == [("failed", "interrupted")]
    assert job.nothing_is_left(server)


def test_an_interrupt_while_rows_are_on_their_way_is_no_failure_of_the_table(lake, monkeypatch):
    def interrupted(_):
        yield from pa.table({"as_of": [WRITTEN], "writer": ["a"], "round": [1], "number": [1]}).to_batches()
        raise KeyboardInterrupt

    lake.publish(BY_DAY, rows(lake, "before", 0), WRITTEN, ME)
    monkeypatch.setattr(engine.current().tables, "streamed", interrupted)
    with pytest.raises(KeyboardInterrupt):
        lake.publish(BY_DAY, rows(lake, "after", 1), WRITTEN, ME)
    assert {row.writer for row in lake.read(BY_DAY).collect()} == {"before"}


# --- memory ---------------------------------------------------------------------------------------------------------


@pytest.mark.whole
def test_a_step_that_does_not_fit_into_memory_names_the_two_ways_out(world, tmp_path, monkeypatch):
    monkeypatch.setenv("ABUSE_MINING_MEMORY", "32m")
    job = Job(world, tmp_path, monkeypatch)
    line = (
        "this does not fit into the 32 MB of the embedded engine: run it with --engine spark, or give it more with "
        "ABUSE_MINING_MEMORY"
    )
    assert job.ended() == (1, [f"error: {line} (--debug shows where)"])
    assert job.recorded() == [("failed", line)]
    assert list(job.scratch.iterdir()) == []


# --- a query fails ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ask", ["collect", "checkpoint", "persist"])
@pytest.mark.parametrize("of", ["1", "id"], ids=["while it is planned", "while it runs"])
def test_a_panic_is_one_line_and_the_session_lives_on(spark, ask, of):
    frame = spark.range(2).selectExpr(f"{PANIC.format(of)} AS day")
    with pytest.raises(Exception, match=r"panicked|RST_STREAM") as failed:
        frame.collect() if ask == "collect" else getattr(engine, ask)(frame)
    assert one_line(failed.value) == (
        "the embedded engine failed at a query (`NaiveDate + TimeDelta` overflowed): run it with --engine spark"
    )
    assert spark.range(3).count() == 3


def test_rows_that_a_panic_cut_off_are_not_published(lake):
    lake.publish(BY_DAY, rows(lake, "before", 0), WRITTEN, ME)
    late = lake.spark.range(0, 300_000, 1, 1).selectExpr(
        "'late' AS writer", f"year({PANIC.format('id DIV 200000')}) + 0L AS round", "id AS number"
    )
    with pytest.raises(Exception, match="panicked"):
        lake.publish(BY_DAY, late, WRITTEN, ME)
    assert [row.writer for row in lake.read(BY_DAY).collect()] == ["before"] * ROWS


def test_a_function_that_fails_in_a_task_is_told_by_its_own_error(spark):
    def broken(batches):
        for _ in batches:
            yield 1 / 0

    with pytest.raises(Exception, match="division by zero") as failed:
        spark.range(1).mapInArrow(broken, "id long").collect()
    assert one_line(failed.value) == "ZeroDivisionError: division by zero"


def test_what_grpc_says_is_told_without_its_wrapping():
    error = RuntimeError(
        '<_InactiveRpcError of RPC that terminated with:\n\tstatus = StatusCode.INTERNAL\n\tdetails = "no such plan"\n'
        '\tdebug_error_string = "INTERNAL:no such plan"\n>'
    )
    assert one_line(error) == "no such plan"
