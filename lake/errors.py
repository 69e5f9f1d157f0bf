"""The ways a job can end badly, each with the exit code that the contract gives it."""


class SuiteError(Exception):
    """A failure with a message for the person who ran the job; shown as one line, without a traceback."""

    exit_code = 1


class UsageError(SuiteError):
    """An argument, an option or a configuration file that cannot be used."""

    exit_code = 2


class MissingTable(SuiteError):
    """A table that the job must read is not in the lake."""

    exit_code = 2


class BrokenContract(SuiteError):
    """The data do not keep the contract: a column is missing or retyped, or too many rows are broken."""

    exit_code = 3


class GateRefused(SuiteError):
    """A trained model is not good enough to replace the champion."""

    exit_code = 4


class PublishConflict(SuiteError):
    """Another run kept publishing the same day of the same table; nothing of this run was written to it."""
