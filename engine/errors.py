"""The ways an engine can fail that a person should read in one line, and what the errors of others mean."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

OF_THE_SYSTEM = tuple(
    os.strerror(code)
    for code in (
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
        errno.ENOTDIR,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.EMFILE,
        errno.EIO,
        errno.ESTALE,
    )
)
"""What the operating system says of a place where nothing can be written or read: in these words in every language."""
OF_A_DATA_FILE = ("Parquet error", "FAILED_READ_FILE")
"""What Sail and Spark say when they read one."""
GONE = ("not found", "does not exist")
OF_THE_JVM = "An error occurred while calling"
IN_A_TASK = "An exception was thrown from the Python worker"


class EngineError(Exception):
    """The engine did not start, died, or cannot do what it was asked; the message is for the person who ran the job."""

    exit_code = 1


class EngineUsageError(EngineError):
    """An engine by a name that is none, a lake out of its reach, an amount of memory that is none: a bad argument."""

    exit_code = 2


class Refused(Exception):
    """A commit that would put rows where it said it would not, such as another day's."""


@contextmanager
def noted(place: str) -> Iterator[None]:
    """Let an error of the block say which table or file it is about."""
    try:
        yield
    except Exception as error:
        error.add_note(place)
        raise


def meaning(error: BaseException) -> str | None:
    """The innermost cause of an error, in one line, where it is not in the error's own first line.

    That is what the operating system said; which data file is gone or damaged; what a function that runs in tasks
    raised; the last of a list of causes.
    """
    for each in _causes(error):
        for words in OF_THE_SYSTEM:
            if words in str(each):
                return ": ".join([words, *_place(each)])
        if any(words in str(each) for words in OF_A_DATA_FILE) and (file := _data_file(each)):
            what = "gone" if any(words in str(each) for words in GONE) else "damaged"
            return f"a data file is {what}: {file}; bring it back, or write the table anew"
    inner = _innermost(str(error)) or (_first_line(error) if _noted(error) else None)
    return ": ".join([inner, *_place(error)]) if inner else None


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"


def _data_file(error: BaseException) -> str | None:
    found = re.search(r"[^\s'\"]+\.parquet\b", str(error))
    return found[0] if found else None


def _noted(error: BaseException) -> list[str]:
    return list(getattr(error, "__notes__", []))[:1]


def _innermost(text: str) -> str | None:
    """The last cause that a text tells of in one of the ways of object stores, the JVM, Python and Rust."""
    answer = re.search("<Message>(.*?)</Message>", text)
    if answer:
        return answer[1]
    causes = re.findall(r"^(?:Caused by)?: (?:\w+\.)+[\w$]+: (.+)$", text, re.MULTILINE)
    if causes and text.startswith(OF_THE_JVM):
        return causes[-1]
    lines = [re.sub(r"\x1b\[\d*m|↳", "", line).strip() for line in text.splitlines()]
    told = [line for line in lines if line]
    if IN_A_TASK in text:
        return told[-1]
    return f"{told[0]}: {told[-1]}" if "↳" in text else None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error, what it was raised from, and so on."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _place(error: BaseException) -> list[str]:
    """The file that an error is about, or the table that somebody has noted on it, or a data file that it names."""
    named = getattr(error, "filename", None)
    if named:
        return [str(named)]
    return _noted(error) or [file for file in [_data_file(error)] if file]
