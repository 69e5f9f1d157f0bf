"""Small files of the lake that are no tables, wherever the lake is: read and written through Hadoop's file systems."""

from typing import Any

from py4j.java_gateway import JVMView
from pyspark.sql import SparkSession

from lake.errors import MissingTable


def java(spark: SparkSession) -> JVMView:
    """The classes of the JVM behind a session; raises ValueError for a session without one."""
    if spark._jvm is None:
        raise ValueError("the session has no JVM of its own")
    return spark._jvm


def _path(spark: SparkSession, uri: str) -> tuple[Any, Any]:
    path = java(spark).org.apache.hadoop.fs.Path(uri)
    return path.getFileSystem(spark._jsc.hadoopConfiguration()), path


def write_file(spark: SparkSession, uri: str, content: bytes) -> None:
    """Put a file in place of what was there; its folders are made.

    A writer that dies may leave half a file: write the row that names it afterwards, never before.
    """
    files, path = _path(spark, uri)
    stream = files.create(path, True)
    try:
        stream.write(content)
    finally:
        stream.close()


def read_file(spark: SparkSession, uri: str) -> bytes:
    """The whole file, which must fit in the driver's memory; raises MissingTable when it is not there."""
    files, path = _path(spark, uri)
    if not files.exists(path):
        raise MissingTable(f"file {uri} is missing")
    stream = files.open(path)
    try:
        return bytes(java(spark).org.apache.commons.io.IOUtils.toByteArray(stream))
    finally:
        stream.close()


def read_folder(spark: SparkSession, uri: str) -> dict[str, bytes]:
    """The files of a folder, without those of folders in it, by name; raises MissingTable when it is not there."""
    files, path = _path(spark, uri)
    if not files.exists(path):
        raise MissingTable(f"folder {uri} is missing")
    names = [each.getPath().getName() for each in files.listStatus(path) if each.isFile()]
    return {name: read_file(spark, f"{uri}/{name}") for name in sorted(names)}
