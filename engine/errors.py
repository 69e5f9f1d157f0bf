"""The ways an engine can fail that a person should read in one line."""


class EngineError(Exception):
    """The engine did not start, died, or cannot do what it was asked; the message is for the person who ran the job."""

    exit_code = 1


class EngineUsageError(EngineError):
    """An engine by a name that is none, a lake out of its reach, an amount of memory that is none: a bad argument."""

    exit_code = 2


class Refused(Exception):
    """A commit that would put rows where it said it would not, such as another day's."""
