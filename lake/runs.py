"""The record of every run of a job: who ran what, when, on which code, and how it ended."""

import json
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import engine
from lake.schemas import JOB_RUNS
from lake.store import Lake, Provenance, arrow_rows


@cache
def code_version() -> str:
    """Version of the installed suite, with the commit when it runs out of a git checkout."""
    try:
        release = version("abuse-mining")
    except PackageNotFoundError:
        release = "unreleased"
    checkout = Path(__file__).parent.parent
    if not (checkout / ".git").exists():
        return release
    command = ["git", "-C", str(checkout), "rev-parse", "--short=12", "HEAD"]
    try:
        described = subprocess.run(command, capture_output=True, text=True)
    except OSError:  # no git here: what ran is known less exactly, and runs all the same
        return release
    return f"{release}+{described.stdout.strip()}" if described.returncode == 0 else release


@dataclass
class Run:
    """One run of one job, as it goes into `job_runs`; the counts grow while it runs."""

    job: str
    as_of: date | None
    config: Mapping[str, object]
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    rows_read: int = 0
    rows_written: int = 0
    rows_quarantined: int = 0

    @property
    def provenance(self) -> Provenance:
        return Provenance(self.run_id, code_version())

    def add(self, step: "Run") -> None:
        """Count what a step of this run read, wrote and put into quarantine."""
        self.rows_read += step.rows_read
        self.rows_written += step.rows_written
        self.rows_quarantined += step.rows_quarantined

    def record(self, lake: Lake, message: str | None = None) -> None:
        """Append the run to `job_runs`; `message` says why it failed, None that it did not."""
        row = (
            self.run_id,
            self.job,
            self.as_of,
            self.started_at,
            datetime.now(UTC),
            "done" if message is None else "failed",
            self.rows_read,
            self.rows_written,
            self.rows_quarantined,
            code_version(),
            json.dumps(self.config, default=str, sort_keys=True),
            message,
            engine.current().name,
        )
        lake.append(JOB_RUNS, arrow_rows([row], JOB_RUNS.schema), self.provenance)
