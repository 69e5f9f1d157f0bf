"""Where a lake can be: folders by any name, and object stores, described once for all who read them."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from deltalake import DeltaTable

import engine
from engine.storage import S3A, environment_of, local_path, misread, rust_uri, scheme, spark_defaults, tell_environment
from jobs.job import one_line
from lake.store import Lake, Provenance
from tests.engine.writing import BY_DAY, DAY, ROWS, Writer, at_once, rows

ME = Provenance("publish_one_day 0", "a")
SPARK_SAYS = {
    "spark.hadoop.fs.s3a.endpoint": "https://store.example:9000",
    "spark.hadoop.fs.s3a.endpoint.region": "eu-central-1",
    "spark.hadoop.fs.s3a.access.key": "me",
    "spark.hadoop.fs.s3a.secret.key": "secret",
    "spark.hadoop.fs.s3a.session.token": "token",
}
OTHERS_HEAR = {
    "AWS_ENDPOINT_URL": "https://store.example:9000",
    "AWS_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "me",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token",
}


@pytest.fixture
def environment() -> Iterator[None]:
    """Nothing is said of object stores, and what a test says is forgotten."""
    with patch.dict(os.environ):
        for name in [*S3A.values(), "AWS_ALLOW_HTTP", "AWS_CONDITIONAL_PUT", "SPARK_HOME", "SPARK_CONF_DIR"]:
            os.environ.pop(name, None)
        yield


# --- object stores, in the words of Spark and of others --------------------------------------------------------------


def test_sparks_settings_are_told_to_others_in_their_words():
    assert environment_of(SPARK_SAYS) == OTHERS_HEAR
    assert environment_of({"spark.master": "yarn"}) == {}


@pytest.mark.parametrize(
    ("endpoint", "ssl", "heard"),
    [
        ("store:9000", None, {"AWS_ENDPOINT_URL": "https://store:9000"}),
        ("store:9000", "false", {"AWS_ENDPOINT_URL": "http://store:9000", "AWS_ALLOW_HTTP": "true"}),
        ("http://store:9000", None, {"AWS_ENDPOINT_URL": "http://store:9000", "AWS_ALLOW_HTTP": "true"}),
        ("https://store:9000", "false", {"AWS_ENDPOINT_URL": "https://store:9000"}),
    ],
)
def test_an_endpoint_is_http_where_it_says_so_or_ssl_is_off(endpoint, ssl, heard):
    settings = {"spark.hadoop.fs.s3a.endpoint": endpoint}
    if ssl:
        settings["spark.hadoop.fs.s3a.connection.ssl.enabled"] = ssl
    assert environment_of(settings) == heard


def test_buckets_are_part_of_the_path_unless_spark_says_otherwise():
    style = "spark.hadoop.fs.s3a.path.style.access"
    assert environment_of({style: "true"}) == {}
    assert environment_of({style: "false"}) == {"AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true"}


@pytest.mark.parametrize("variable", ["SPARK_CONF_DIR", "SPARK_HOME"])
def test_settings_come_from_sparks_defaults(environment, tmp_path, variable):
    folder = tmp_path / "conf" if variable == "SPARK_HOME" else tmp_path
    folder.mkdir(exist_ok=True)
    (folder / "spark-defaults.conf").write_text(
        "# comment\n\nspark.master  yarn\nspark.a=b\nspark.hadoop.fs.s3a.access.key = me # mine\nspark.empty\n"
    )
    os.environ[variable] = str(tmp_path)
    assert spark_defaults() == {"spark.master": "yarn", "spark.a": "b", "spark.hadoop.fs.s3a.access.key": "me"}


def test_what_the_environment_says_itself_stays(environment, tmp_path):
    (tmp_path / "spark-defaults.conf").write_text("\n".join(f"{key} {value}" for key, value in SPARK_SAYS.items()))
    os.environ.update(SPARK_CONF_DIR=str(tmp_path), AWS_REGION="us-east-1")
    tell_environment()
    assert {name: os.environ[name] for name in OTHERS_HEAR} == {**OTHERS_HEAR, "AWS_REGION": "us-east-1"}
    assert os.environ["AWS_CONDITIONAL_PUT"] == "etag"


def test_the_log_is_asked_for_events_at_the_store_that_spark_knows(environment, tmp_path):
    (tmp_path / "spark-defaults.conf").write_text("spark.hadoop.fs.s3a.endpoint http://127.0.0.1:1")
    os.environ["SPARK_CONF_DIR"] = str(tmp_path)
    engine.rows_in_log(engine.DaysRead(str(tmp_path / "events")))
    assert os.environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"


# --- folders ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "where"),
    [
        ("lake", "file"),
        ("/data/lake", "file"),
        ("file:///data/lake", "file"),
        ("file:/data/lake", "file"),
        ("C: and D/lake", "file"),
        ("s3a://bucket/lake", "s3a"),
        ("hdfs:/lake", "hdfs"),
        ("HDFS://host/lake", "hdfs"),
    ],
)
def test_a_uri_says_where_it_is(uri, where):
    assert scheme(uri) == where


def test_a_path_is_taken_letter_by_letter_and_s3a_is_s3():
    assert [local_path(uri) for uri in ("/a b", "file:///a b", "file:/a b", "file://localhost/a b", "/x/../a b/")] == [
        "/a b"
    ] * 5
    assert rust_uri("lake") == os.path.abspath("lake")
    assert rust_uri("file:///data/5%20") == "/data/5%20"
    assert rust_uri("s3a://bucket/lake") == rust_uri("s3://bucket/lake") == "s3://bucket/lake"


def test_letters_that_would_be_taken_for_others_are_found():
    assert [misread(uri) for uri in ("/my lake", "/größe", "/a#b", "s3a://bucket/a+b", "abfss://c@a.net/lake")] == [
        None
    ] * 5
    assert [misread(uri) for uri in ("/a[b", "/5%", "/a\\b", "s3a://bucket/my lake", "s3a://bucket/größe")] == list(
        "[%\\ ö"
    )


@pytest.fixture(
    params=[
        "{relative}",
        "{folder}/lake",
        "{folder}/lake/",
        "file://{folder}/lake",
        "file:{folder}/lake",
        "{folder}/my lake, größer – 日本",
        "file://{folder}/my lake, größer – 日本",
        "{folder}/it's 50$ #1?",
    ],
    ids=["relative", "absolute", "slash", "uri", "short uri", "letters", "letters in a uri", "signs"],
)
def anywhere(request, spark, tmp_path) -> Lake:
    """A lake by each of the names that a folder can have."""
    return Lake(spark, request.param.format(folder=tmp_path, relative=os.path.relpath(tmp_path / "lake")))


def test_a_table_is_published_and_read_wherever_it_is(anywhere):
    table = anywhere.path(BY_DAY)
    assert not anywhere.exists(BY_DAY)
    assert anywhere.publish(BY_DAY, rows(anywhere, "a", 0), DAY, ME) == ROWS
    assert anywhere.publish(BY_DAY, rows(anywhere, "a", 1, count=3), DAY, ME) == 3
    assert anywhere.exists(BY_DAY)
    assert sorted(row.number for row in anywhere.day(BY_DAY, DAY).collect()) == [0, 1, 2]
    assert engine.rows_in_log(engine.DaysRead(table, BY_DAY.partition, DAY)) == 3
    assert engine.current().tables.active_files(table).count() >= 1
    assert (Path(local_path(table)) / "_delta_log").is_dir()


def test_a_file_is_written_and_read_wherever_it_is(anywhere):
    files = engine.current().files
    assert files.read(f"{anywhere.uri}/models/größe 1.json") is None
    assert files.names(f"{anywhere.uri}/models") is None
    for content in (b"first", b"second"):
        files.write(f"{anywhere.uri}/models/größe 1.json", content)
    assert files.read(f"{anywhere.uri}/models/größe 1.json") == b"second"
    assert files.names(f"{anywhere.uri}/models") == ["größe 1.json"]
    assert (Path(local_path(anywhere.uri)) / "models" / "größe 1.json").is_file()


@pytest.mark.sail
def test_a_panic_of_delta_rs_is_an_error_like_others(spark, tmp_path):
    lake = Lake(spark, str(tmp_path / "[lake]"))  # no engine is chosen that would get such a path
    with pytest.raises(engine.EngineError, match=r"delta-rs failed \(Invalid object store url.*\): .*by_day"):
        lake.publish(BY_DAY, rows(lake, "a", 0), DAY, ME)


# --- an object store -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def writers(store) -> Iterator[list[Writer]]:
    both = [Writer("a", **store), Writer("b", **store)]
    assert [writer.answer() for writer in both] == ["ready"] * 2
    yield both
    for writer in both:
        writer.close()


@pytest.mark.sail
@pytest.mark.whole
def test_a_lake_in_a_store_is_written_and_read_as_one_in_a_folder(writers):
    one, _ = writers
    for order, answer in [
        ("publish_one_day", None),
        ("publish_one_day", None),
        ("read_day", ROWS),
        ("keep_a_file", "0"),
    ]:
        one.tell("s3a://bucket/lake", order, 1)
        assert one.answer() == {"done": 1, "refused": 0, "answer": answer}


@pytest.mark.sail
@pytest.mark.whole
def test_two_processes_that_publish_one_day_in_a_store_leave_the_rows_of_the_last_commit(writers):
    answers = at_once(writers, "s3a://bucket/two", ("publish_one_day", 5), ("publish_one_day", 5))

    assert [answer.get("done") for answer in answers] == [5] * 2, answers
    table = DeltaTable(rust_uri(f"s3a://bucket/two/{BY_DAY.name}"))
    last = json.loads(table.history(1)[0]["userMetadata"])
    stored = table.to_pyarrow_table().to_pylist()
    assert {(row["writer"], f"publish_one_day {row['round']}") for row in stored} == {
        (last["code_version"], last["run_id"])
    }
    assert len(stored) == ROWS


@pytest.mark.sail
def test_what_a_store_says_is_one_line(spark, store):
    with pytest.raises(OSError, match="Generic S3 error") as refused:
        Lake(spark, "s3a://nobodys-bucket/lake").exists(BY_DAY)
    assert one_line(refused.value) == "The specified bucket does not exist: s3a://nobodys-bucket/lake/by_day"

    with patch.dict(os.environ, AWS_ENDPOINT_URL="http://127.0.0.1:1"), pytest.raises(OSError, match="S3") as unreached:
        Lake(spark, "s3a://bucket/lake").exists(BY_DAY)
    assert one_line(unreached.value).startswith("Generic S3 error: Connection refused")
