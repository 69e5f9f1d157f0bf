"""What the errors of others mean, in one line: the innermost cause, and of what."""

import errno
import os

import pytest

from engine import EngineError
from engine.errors import meaning, noted
from jobs.job import one_line
from lake.errors import BrokenContract

OF_RUST = "Generic LocalFileSystem error\n  \x1b[31m↳\x1b[0m Unable to copy data\n  \x1b[31m↳\x1b[0m {}\n"
OF_JAVA = (
    "An error occurred while calling o42.save.\n"
    ": org.apache.spark.sql.delta.DeltaIOException: [DELTA_CANNOT_CREATE_LOG_PATH] Cannot create file:/lake/rings\n"
    "\tat org.apache.spark.sql.delta.DeltaErrorsBase.cannotCreateLogPathException(DeltaErrors.scala:1)\n"
    "\tSuppressed: org.apache.spark.util.Utils$OriginalTryStackTraceException: Full stacktrace\n"
    "\t\tat org.apache.spark.util.Utils$.doTryWithCallerStacktrace(Utils.scala:1)\n"
    "Caused by: org.apache.hadoop.fs.ParentNotDirectoryException: Parent path is not a directory: file:/lake\n"
    "\tat org.apache.hadoop.fs.RawLocalFileSystem.mkdirs(RawLocalFileSystem.java:1)\n"
)
OF_PYTHON = (
    "\n  An exception was thrown from the Python worker. Please see the stack trace below.\n"
    'Traceback (most recent call last):\n  File "near.py", line 1, in codes\nValueError: no such code\n'
)
OF_S3 = (
    "Generic S3 error\n ↳ Server returned an error: <Error><Code>NoSuchBucket</Code><Message>No such bucket</Message>"
)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(OF_RUST.format("No space left on device (os error 28)")), "No space left on device"),
        (
            RuntimeError("Failed to parse parquet: External: Read-only file system (os error 30)"),
            "Read-only file system",
        ),
        (RuntimeError('Os { code: 20, kind: NotADirectory, message: "Not a directory" }'), "Not a directory"),
        (RuntimeError(": java.io.FileNotFoundException: /lake/x (Permission denied)"), "Permission denied"),
        (OSError(OF_RUST.format("File too large (os error 27)")), "File too large"),
        (RuntimeError("Generic LocalFileSystem error: Stale file handle (os error 116)"), "Stale file handle"),
        (OSError(errno.EMFILE, "Too many open files", "/lake/x"), "Too many open files: /lake/x"),
    ],
)
def test_what_the_operating_system_said_is_found_in_the_words_of_all(error, line):
    assert meaning(error) == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (OF_RUST.format("no such key"), "Generic LocalFileSystem error: no such key"),
        (OF_JAVA, "Parent path is not a directory: file:/lake"),
        (OF_PYTHON, "ValueError: no such code"),
        (OF_S3, "No such bucket"),
    ],
    ids=["Rust", "Java", "Python", "S3"],
)
def test_the_innermost_cause_is_told(text, line):
    assert meaning(RuntimeError(text)) == line


GONE = (
    "Object at location /lake/rings/as_of=2026-03-01/part-0.parquet not found: No such file or directory (os error 2)"
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            f"Parquet error: Failed to fetch metadata for file lake/rings/as_of=2026-03-01/part-0.parquet: {GONE}",
            "a data file is gone: lake/rings/as_of=2026-03-01/part-0.parquet",
        ),
        (
            "Parquet error: Failed to fetch metadata for file lake/rings/part-0.parquet: Requested range was invalid",
            "a data file is damaged: lake/rings/part-0.parquet",
        ),
        (
            "[FAILED_READ_FILE.FILE_NOT_EXIST] Encountered error while reading file file:///lake/rings/part-0.parquet. "
            "File does not exist. It is possible the underlying files have been updated.",
            "a data file is gone: file:///lake/rings/part-0.parquet",
        ),
        (
            "Parquet error: Failed to fetch metadata for file lake/rings/part-0.parquet: Permission denied (error 13)",
            "Permission denied: lake/rings/part-0.parquet",
        ),
    ],
    ids=["gone", "damaged", "gone, of Spark", "not to be read"],
)
def test_of_a_data_file_that_cannot_be_read_its_path_is_told(text, line):
    assert meaning(RuntimeError(text)).startswith(line)


def test_a_cause_is_found_through_the_errors_that_it_was_wrapped_in():
    error = RuntimeError("cannot write")
    error.__cause__ = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/lake/rings")
    assert meaning(error) == "No space left on device: /lake/rings"


def test_an_error_says_which_table_it_is_about():
    with pytest.raises(RuntimeError) as failed, noted("/lake/rings"):
        raise RuntimeError("External: No space left on device (os error 28)")
    assert meaning(failed.value) == "No space left on device: /lake/rings"


def test_what_says_it_all_in_its_first_line_is_told_with_its_table():
    with pytest.raises(RuntimeError) as failed, noted("/lake/rings"):
        raise RuntimeError("Truncated record whilst reading object\n  0: <unknown>")
    assert one_line(failed.value) == "RuntimeError: Truncated record whilst reading object: /lake/rings"


def test_what_says_it_all_in_its_first_line_is_left_alone():
    assert meaning(ValueError("no such ring")) is None
    assert one_line(ValueError("no such ring\nat line 7")) == "ValueError: no such ring"
    assert one_line(ValueError()) == "ValueError: ValueError"


def test_what_the_suite_says_itself_is_not_said_anew():
    for own in (BrokenContract, EngineError):
        assert one_line(own("cannot publish: Permission denied is no policy")) == (
            "cannot publish: Permission denied is no policy"
        )
