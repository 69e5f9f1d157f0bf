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

    That is what the operating system said; what a function that runs in tasks raised; the last of a list of causes.
    """
    for each in _causes(error):
        for words in OF_THE_SYSTEM:
            if words in str(each):
                return ": ".join([words, *_place(each)])
    inner = _innermost(str(error))
    return ": ".join([inner, *_place(error)]) if inner else None


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
    """The file that an error is about, or the table that somebody has noted on it."""
    named = getattr(error, "filename", None)
    return [str(named)] if named else list(getattr(error, "__notes__", []))[:1]
