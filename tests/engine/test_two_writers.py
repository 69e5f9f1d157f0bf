"""Two that write to one table at once: all that they say was written is there, and nothing else."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable

import engine
from lake import store
from lake.errors import PublishConflict
from lake.store import Lake, Provenance
from tests.engine.writing import BY_DAY, BY_KEY, DAY, ORDERS, ROWS, Tries, Writer, at_once, rows

pytestmark = pytest.mark.sail
TIMES = 10


def rows_of(table: Path) -> list[dict]:
    return DeltaTable(str(table)).to_pyarrow_table().to_pylist()


def commits(table: Path) -> list[tuple[str, str, int, str]]:
    """What was committed, oldest first: order, writer, round, and Delta's word for it."""
    made = []
    for commit in reversed(DeltaTable(str(table)).history()):
        told = json.loads(commit["userMetadata"])
        order, number = told["run_id"].split()
        made.append((order, told["code_version"], int(number), commit["operation"]))
    return made


def replayed(made: list[tuple[str, str, int, str]]) -> list[tuple[str, int, int]]:
    """The rows that commits to BY_KEY make, one after the other: writer, round, number."""
    left: list[tuple[str, int, int]] = []
    for order, writer, number, operation in made:
        written = [(writer, number, each) for each in range(ROWS)]
        if order == "append":
            left += [(writer, number, each + 1000) for each in range(ROWS)]
        elif order == "replace":
            left = written
        elif operation == "MERGE":
            left = [row for row in left if row[2] >= ROWS] + written
    return sorted(left)


def give(lake: Lake, order: str, writer: str, number: int) -> None:
    ORDERS[order](lake, writer, number, Provenance(f"{order} {number}", writer))


@pytest.fixture
def tries(monkeypatch):
    """Counts what is refused; whoever was refused tries again at once."""
    monkeypatch.setattr(store, "wait_random_exponential", lambda **_: lambda _: 0)
    counted, tables = Tries(), engine.current().tables
    kept = dict(vars(tables))
    for method in ("replace_where", "append", "merge", "replace"):
        counted.count(tables, method)
    yield counted
    vars(tables).clear()
    vars(tables).update(kept)


@pytest.fixture
def overtaken(spark, tries, monkeypatch):
    """Give one order, and another while its rows are on their way; the second is through before the first commits."""
    tables = engine.current().tables
    streamed = tables.streamed

    def run(lake: Lake, order: str, by: str, times: int = 1) -> int:
        turns = iter(["a", "b"] * times)

        def interrupted(df) -> Iterator[pa.RecordBatch]:
            yield from streamed(df)
            if next(turns, None) == "a":
                other = threading.Thread(target=give, args=(lake, by, "b", 1))  # delta-rs is busy with this one
                other.start()
                other.join()

        monkeypatch.setattr(tables, "streamed", interrupted)
        give(lake, order, "a", 2)
        return tries.refused

    return run


@pytest.mark.parametrize("there", [True, False], ids=["of a table that is there", "of a new table"])
def test_a_publish_that_another_of_its_day_overtook_is_tried_again(lake, overtaken, there):
    if there:
        give(lake, "publish_one_day", "before", 0)
    assert overtaken(lake, "publish_one_day", by="publish_one_day") == 1
    assert {row["writer"] for row in rows_of(Path(lake.path(BY_DAY)))} == {"a"}
    assert [writer for _, writer, *_ in commits(Path(lake.path(BY_DAY)))][-2:] == ["b", "a"]


def test_a_store_refuses_the_second_of_two_commits_as_a_folder_does(spark, store, overtaken):
    lake = Lake(spark, "s3a://bucket/overtaken")
    give(lake, "publish_one_day", "before", 0)
    assert overtaken(lake, "publish_one_day", by="publish_one_day") == 1
    table = DeltaTable("s3://bucket/overtaken/by_day")
    assert set(table.to_pyarrow_table()["writer"].to_pylist()) == {"a"}
    assert table.version() == 3  # made, before, b, a


def test_a_publish_that_one_of_another_day_overtook_is_not(lake, overtaken):
    give(lake, "publish_one_day", "before", 0)
    assert overtaken(lake, "publish_one_day", by="publish_days") == 0
    assert {row["writer"] for row in rows_of(Path(lake.path(BY_DAY)))} == {"a", "b"}


@pytest.mark.parametrize("there", [True, False], ids=["of a table that is there", "of a new table"])
@pytest.mark.parametrize("by", ["append", "upsert", "replace"])
@pytest.mark.parametrize("order", ["append", "upsert", "replace"])
def test_whoever_was_overtaken_leaves_what_the_commits_make_one_after_the_other(lake, overtaken, order, by, there):
    if there:
        give(lake, "replace", "before", 0)
    overtaken(lake, order, by)
    made = commits(Path(lake.path(BY_KEY)))
    assert [writer for _, writer, *_ in made if writer != "before"][-1] == "a"
    stored = [(row["writer"], row["round"], row["number"]) for row in rows_of(Path(lake.path(BY_KEY)))]
    assert sorted(stored) == replayed(made)


def test_whoever_is_always_overtaken_says_so_and_has_written_nothing(lake, overtaken, monkeypatch):
    monkeypatch.setattr(store, "PUBLISH_ATTEMPTS", 3)
    give(lake, "publish_one_day", "before", 0)
    with pytest.raises(PublishConflict, match=r"table by_day: another run kept writing the same rows \(3 tries\)"):
        overtaken(lake, "publish_one_day", by="publish_one_day", times=3)
    assert {row["writer"] for row in rows_of(Path(lake.path(BY_DAY)))} == {"b"}


def test_a_failure_is_no_conflict_and_is_not_tried_again(lake, spark, tries, monkeypatch):
    give(lake, "publish_one_day", "before", 0)
    asked = []
    streamed = engine.current().tables.streamed
    monkeypatch.setattr(engine.current().tables, "streamed", lambda df: asked.append(df) or streamed(df))
    broken = rows(lake, "a", 1).selectExpr("writer", "1 DIV (number - 7) AS round", "number")
    with pytest.raises(Exception, match=r"(?i)division by zero"):
        lake.publish(BY_DAY, broken, DAY, Provenance("publish_one_day 1", "a"))
    assert (len(asked), tries.refused) == (1, 0)
    assert {row["writer"] for row in rows_of(Path(lake.path(BY_DAY)))} == {"before"}


@pytest.fixture(scope="module")
def writers() -> Iterator[list[Writer]]:
    both = [Writer("a"), Writer("b")]
    assert [writer.answer() for writer in both] == ["ready"] * 2
    yield both
    for writer in both:
        writer.close()


@pytest.mark.whole
def test_of_two_processes_that_publish_one_day_the_rows_of_the_last_commit_stay(writers, tmp_path):
    answers = at_once(writers, str(tmp_path), ("publish_one_day", TIMES), ("publish_one_day", TIMES))

    assert [answer.get("done") for answer in answers] == [TIMES] * 2, answers
    stored = rows_of(tmp_path / BY_DAY.name)
    _, writer, number, _ = commits(tmp_path / BY_DAY.name)[-1]
    assert {(row["writer"], row["round"]) for row in stored} == {(writer, number)}
    assert len(stored) == ROWS


@pytest.mark.whole
def test_of_two_processes_that_publish_days_of_their_own_none_waits_for_the_other(writers, tmp_path):
    answers = at_once(writers, str(tmp_path), ("publish_days", TIMES), ("publish_days", TIMES))

    assert answers == [{"done": TIMES, "refused": 0, "answer": None}] * 2
    made = [operation for *_, operation in commits(tmp_path / BY_DAY.name)]
    assert made.count("CREATE TABLE") == 1
    days: dict = {}
    for row in rows_of(tmp_path / BY_DAY.name):
        days.setdefault(row["as_of"], []).append((row["writer"], row["round"]))
    assert sorted(map(len, days.values())) == [ROWS] * 2 * TIMES
    assert all(len(set(of_day)) == 1 for of_day in days.values())


@pytest.mark.whole
@pytest.mark.parametrize(
    "orders", [("upsert", "upsert"), ("append", "upsert"), ("append", "replace"), ("upsert", "replace")]
)
def test_what_two_processes_leave_is_what_the_commits_make_one_after_the_other(writers, tmp_path, orders):
    answers = at_once(writers, str(tmp_path), *((order, TIMES) for order in orders))

    assert [answer.get("done") for answer in answers] == [TIMES] * 2, answers
    made = commits(tmp_path / BY_KEY.name)
    assert {(order, writer, number) for order, writer, number, _ in made} == {
        (order, writer, number) for order, writer in zip(orders, "ab", strict=True) for number in range(TIMES)
    }
    stored = [(row["writer"], row["round"], row["number"]) for row in rows_of(tmp_path / BY_KEY.name)]
    assert sorted(stored) == replayed(made)
