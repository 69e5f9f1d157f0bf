"""Small files of the lake that are no tables, wherever the lake is."""

import engine
from lake.errors import MissingTable


def write_file(uri: str, content: bytes) -> None:
    """Put a file in place of what was there; its folders are made.

    A writer that dies may leave half a file: write the row that names it afterwards, never before.
    """
    engine.current().files.write(uri, content)


def read_file(uri: str) -> bytes:
    """The whole file, which must fit in the driver's memory; raises MissingTable when it is not there."""
    content = engine.current().files.read(uri)
    if content is None:
        raise MissingTable(f"file {uri} is missing")
    return content


def read_folder(uri: str) -> dict[str, bytes]:
    """The files of a folder, without those of folders in it, by name; raises MissingTable when it is not there."""
    names = engine.current().files.names(uri)
    if names is None:
        raise MissingTable(f"folder {uri} is missing")
    return {name: read_file(f"{uri}/{name}") for name in names}
