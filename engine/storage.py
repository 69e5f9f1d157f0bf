"""Where a lake is, in the words of those who reach it without a JVM: delta-rs, Arrow's file systems, Sail.

Spark is told of an object store by `spark.hadoop.fs.s3a.*`; the others by the AWS_* names that all of them read from
the environment. Both are understood here, so that a lake needs to be described once.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pyarrow.fs as arrow_fs

from engine.errors import noted

S3A = {
    "endpoint": "AWS_ENDPOINT_URL",
    "endpoint.region": "AWS_REGION",
    "access.key": "AWS_ACCESS_KEY_ID",
    "secret.key": "AWS_SECRET_ACCESS_KEY",
    "session.token": "AWS_SESSION_TOKEN",
}
"""Options of Hadoop's s3a and what they are called elsewhere."""
MISREAD_BY_DELTA_RS = r"[]\[^|\\%\x00-\x1f\x7f]"
"""Letters of a path that delta-rs takes for others, or panics at."""
MISREAD_BY_SAIL = r"[^A-Za-z0-9/:._+&=,;@!$'()~-]"
"""Those that Sail writes as %20 and the like, once too often, when it looks for a Delta table."""


def scheme(uri: str) -> str:
    """`s3a` of s3a://bucket/lake, `hdfs` of hdfs:/lake, `file` of a folder."""
    named = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):/", uri)
    return named[1].lower() if named else "file"


def local_path(uri: str) -> str:
    """The absolute path of a folder or of a file:// URI, whose letters stand for themselves, as in Hadoop."""
    return os.path.abspath(re.sub("^file:(//[^/]*)?(?=/)", "", uri))


def misread(uri: str) -> str | None:
    """The first letter of a lake's URI with which delta-rs and Sail do not find it; on this machine, Sail has links."""
    odd = re.search(MISREAD_BY_DELTA_RS, local_path(uri)) if scheme(uri) == "file" else re.search(MISREAD_BY_SAIL, uri)
    return odd[0] if odd else None


def rust_uri(uri: str) -> str:
    """A lake's URI as object_store (delta-rs, Sail) knows it: s3a is Hadoop's own name for s3; folders are absolute."""
    return local_path(uri) if scheme(uri) == "file" else uri.replace("s3a://", "s3://", 1)


def spark_defaults() -> dict[str, str]:
    """What `spark-defaults.conf` says, where SPARK_CONF_DIR or SPARK_HOME names one."""
    home = os.environ.get("SPARK_HOME")
    folder = os.environ.get("SPARK_CONF_DIR") or (f"{home}/conf" if home else None)
    file = Path(folder) / "spark-defaults.conf" if folder else None
    if file is None or not file.is_file():
        return {}
    lines = (line.split("#")[0].strip() for line in file.read_text().splitlines())
    return dict(line.replace("=", " ", 1).split(None, 1) for line in lines if len(line.replace("=", " ").split()) > 1)


def environment_of(settings: Mapping[str, str]) -> dict[str, str]:
    """The AWS_* variables that say what `spark.hadoop.fs.s3a.*` settings say."""
    told = {name: settings.get(f"spark.hadoop.fs.s3a.{option}") for option, name in S3A.items()}
    found = {name: value.strip() for name, value in told.items() if value}
    endpoint = found.get("AWS_ENDPOINT_URL")
    if endpoint:
        plain = settings.get("spark.hadoop.fs.s3a.connection.ssl.enabled", "true").strip() == "false"
        if "://" not in endpoint:
            endpoint = found["AWS_ENDPOINT_URL"] = f"{'http' if plain else 'https'}://{endpoint}"
        if endpoint.startswith("http://"):
            found["AWS_ALLOW_HTTP"] = "true"
    if settings.get("spark.hadoop.fs.s3a.path.style.access", "").strip() == "false":
        found["AWS_VIRTUAL_HOSTED_STYLE_REQUEST"] = "true"
    return found


def tell_environment() -> None:
    """Let what is in this process hear of the object store that Spark's settings describe; what is set stays.

    A commit must fail where another writer was faster: put-if-absent is asked of every S3-compatible store.
    """
    for name, value in environment_of(spark_defaults()).items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("AWS_CONDITIONAL_PUT", "etag")
    if os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://"):
        os.environ.setdefault("AWS_ALLOW_HTTP", "true")


class ArrowFiles:
    """Small files by Arrow's file systems."""

    def write(self, uri: str, content: bytes) -> None:
        with noted(uri):
            files, path = _located(uri)
            files.create_dir(os.path.dirname(path), recursive=True)
            with files.open_output_stream(path) as stream:
                stream.write(content)

    def read(self, uri: str) -> bytes | None:
        files, path = _located(uri)
        if files.get_file_info(path).type is not arrow_fs.FileType.File:
            return None
        with files.open_input_stream(path) as stream:
            return stream.read()

    def names(self, uri: str) -> list[str] | None:
        files, path = _located(uri)
        if files.get_file_info(path).type is not arrow_fs.FileType.Directory:
            return None
        return sorted(info.base_name for info in files.get_file_info(arrow_fs.FileSelector(path)) if info.is_file)


def _located(uri: str) -> tuple[arrow_fs.FileSystem, str]:
    if scheme(uri) == "file":
        return arrow_fs.LocalFileSystem(), local_path(uri)
    if uri.startswith(("s3://", "s3a://")):
        endpoint = os.environ.get("AWS_ENDPOINT_URL")
        return arrow_fs.S3FileSystem(endpoint_override=endpoint or None), uri.split("://", 1)[1]
    return arrow_fs.FileSystem.from_uri(uri)
