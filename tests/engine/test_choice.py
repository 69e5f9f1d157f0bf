"""Which engine a run gets, and the reason that it gives."""

import pytest
from deltalake import write_deltalake

import engine
from engine.choice import VARIABLE
from jobs.__main__ import jobs
from jobs.job import run_command_line

PROVEN = 1_000
SIGNS_OF_SPARK = ("PYSPARK_GATEWAY_PORT", "SPARK_MASTER", "SPARK_REMOTE")


@pytest.fixture(autouse=True)
def nobody_has_asked(monkeypatch):
    for name in (VARIABLE, *SIGNS_OF_SPARK):
        monkeypatch.delenv(name, raising=False)


def chosen(flag=None, lake="lake", events=10):
    choice = engine.choose(flag, lake, lambda: events, PROVEN)
    return choice.name, choice.reason


def not_asked():
    raise AssertionError("nobody needs to know how many events there are")


def test_one_machine_is_the_embedded_engines():
    assert chosen() == ("sail", "embedded: 10 events, at most 1,000 fit")
    assert chosen(events=None) == ("sail", "embedded: a new lake, at most 1,000 fit")


def test_more_events_than_were_proven_to_fit_are_sparks():
    assert chosen(events=PROVEN)[0] == "sail"
    assert chosen(events=PROVEN + 1) == ("spark", "1,001 events are more than the 1,000 that fit one machine")


def test_the_flag_comes_before_the_variable_and_both_before_what_auto_thinks(monkeypatch):
    monkeypatch.setenv(VARIABLE, "sail")
    assert chosen(events=PROVEN + 1) == ("sail", f"asked for by {VARIABLE}")
    assert chosen("spark") == ("spark", "asked for by --engine")
    assert chosen("auto", events=PROVEN + 1)[0] == "spark"
    monkeypatch.setenv(VARIABLE, "spark")
    assert chosen() == ("spark", f"asked for by {VARIABLE}")
    assert chosen("sail") == ("sail", "asked for by --engine")


def test_a_variable_that_is_empty_asks_for_nothing(monkeypatch):
    monkeypatch.setenv(VARIABLE, "")
    assert chosen()[0] == "sail"


@pytest.mark.parametrize(
    ("sign", "reason"),
    [
        ("PYSPARK_GATEWAY_PORT", "started by spark-submit"),
        ("SPARK_MASTER", "SPARK_MASTER is set"),
        ("SPARK_REMOTE", "SPARK_REMOTE is set"),
    ],
)
def test_what_was_set_up_for_spark_gets_spark_and_reads_no_log_to_know_it(monkeypatch, sign, reason):
    monkeypatch.setenv(sign, "something")
    assert engine.choose(None, "lake", not_asked, PROVEN) == engine.Choice("spark", reason)
    assert chosen("sail") == ("sail", "asked for by --engine")


@pytest.mark.parametrize("lake", ["hdfs://namenode/lake", "hdfs:/lake", "HDFS://namenode/lake", "viewfs://all/lake"])
def test_a_lake_beyond_the_embedded_engines_reach_is_sparks(lake):
    where = lake.split(":")[0].lower()
    reason = f"the embedded engine does not reach {where}://"
    assert engine.choose(None, lake, not_asked, PROVEN) == engine.Choice("spark", reason)
    with pytest.raises(engine.EngineUsageError, match=f"--engine sail: {reason}"):
        chosen("sail", lake)


@pytest.mark.parametrize(
    "lake", ["lake", "/data/my lake", "file:///data/lake", "s3a://bucket/lake", "abfss://c@a/lake"]
)
def test_folders_and_object_stores_are_within_its_reach(lake):
    assert chosen(lake=lake)[0] == "sail"


@pytest.mark.parametrize(("lake", "letter"), [("/data/[lake]", "["), ("/data/5%", "%"), ("s3a://bucket/my lake", " ")])
def test_a_path_that_it_would_misread_is_sparks(lake, letter):
    assert chosen(lake=lake) == ("spark", f"the embedded engine does not reach paths with {letter!r}")


def test_spark_hears_of_a_small_window_when_it_is_asked_for_on_one_machine():
    assert engine.choose("spark", "lake", lambda: 10, PROVEN).window_events == 10


def test_events_are_counted_by_the_tables_log(tmp_path):
    import pyarrow as pa

    assert engine.rows_in_log(engine.DaysRead(str(tmp_path / "events"))) is None
    write_deltalake(str(tmp_path / "events"), pa.table({"id": [1, 2, 3]}))
    assert engine.rows_in_log(engine.DaysRead(str(tmp_path / "events"))) == 3


def test_a_log_that_cannot_be_read_says_nothing_of_events(tmp_path):
    """So a run that asks for Spark does not fail for a number that only saves it some seconds."""
    (tmp_path / "events" / "_delta_log").mkdir(parents=True)
    (tmp_path / "events" / "_delta_log" / f"{0:020d}.json").write_text("no json")
    assert engine.rows_in_log(engine.DaysRead(str(tmp_path / "events"))) is None


def ended(capsys, *arguments):
    """Exit code of a command line, and what it said on standard error in lines of its own."""
    with pytest.raises(SystemExit) as stop:
        run_command_line(jobs, "python -m jobs", ["daily", "--as-of", "2026-03-01", *arguments])
    return stop.value.code, [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]


def test_an_engine_that_is_none_is_a_bad_argument(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, "flink")
    line = f"error: {VARIABLE}: flink is no engine; there are auto, sail, spark"
    assert ended(capsys, "--lake", str(tmp_path)) == (2, [line])

    code, lines = ended(capsys, "--lake", str(tmp_path), "--engine", "flink")
    assert (code, len(lines)) == (2, 1)
    assert "'flink' is not one of 'auto', 'sail', 'spark'" in lines[0]


def test_a_lake_out_of_reach_of_the_engine_asked_for_is_a_bad_argument(capsys):
    assert ended(capsys, "--lake", "hdfs://namenode/lake", "--engine", "sail") == (
        2,
        ["error: --engine sail: the embedded engine does not reach hdfs://"],
    )


def test_an_amount_of_memory_that_is_none_is_a_bad_argument(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(engine, "_engine", None)
    monkeypatch.setenv("ABUSE_MINING_MEMORY", "much")
    assert ended(capsys, "--lake", str(tmp_path), "--engine", "sail") == (
        2,
        ["error: ABUSE_MINING_MEMORY=much: not an amount of memory such as 12g or 800m"],
    )
