"""The contract as code: every table that the suite reads or leaves behind, with the meaning of each column.

Source tables belong to the platform and are only read. Output tables are published a day at a time. Internal tables are
the suite's own working state: they may be read, but their columns are no promise to anyone.
"""

from lake.schemas.internal import (
    ACCOUNT_ACTIVITY,
    AUDIT_DRAWS,
    AUDIT_FRAMES,
    COMMENT_TEMPLATES,
    IMPORTED_IDS,
    INTERNAL,
    LINK_EVIDENCE,
    ROLLUP_LEDGER,
    VIDEO_ACTIVITY,
    VIDEO_WORKS,
)
from lake.schemas.output import (
    ACCOUNT_FEATURES,
    ACCOUNT_LINKS,
    ACCOUNT_SCORES,
    DRIFT,
    JOB_RUNS,
    MODELS,
    OUTPUTS,
    PREVALENCE,
    QUALITY,
    QUARANTINES,
    REVIEW_QUEUE,
    RING_MEMBERS,
    RING_SCORES,
    RINGS,
    VALIDATION_RESULTS,
    VIDEO_FEATURES,
    VIDEO_SCORES,
    quarantine,
)
from lake.schemas.source import ACCOUNTS, DECISIONS, EVENTS, SOURCES, VIDEOS
from lake.schemas.table import (
    AS_OF,
    BIGINT,
    BIGINTS,
    BINARY,
    BOOLEAN,
    DATE,
    DOUBLE,
    REASON,
    STRING,
    STRINGS,
    TIMESTAMP,
    Table,
    column,
)
from lake.schemas.vocabulary import (
    ACTIVE_DAYS,
    DECISION_SOURCES,
    DECISIVE,
    ENTITY,
    ENTITY_TYPES,
    MEASURES,
    MODEL_STATUSES,
    POLICIES,
    RESPONSES,
    SELECTIONS,
    UNSUPERVISED,
    VERBS,
    VERDICTS,
    VIDEO_POLICIES,
)

DERIVED = tuple(table for table in (*OUTPUTS, *INTERNAL) if table is not JOB_RUNS)
"""What is known from source tables, and means nothing without them."""
