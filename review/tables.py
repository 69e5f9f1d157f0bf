"""The review queue as it is published: the contract's columns, and what a later day needs to know of a case."""

from collections.abc import Sequence

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from lake.schemas import (
    ACCOUNT_FEATURES,
    BIGINT,
    DOUBLE,
    PREVALENCE,
    REVIEW_QUEUE,
    STRING,
    VIDEO_FEATURES,
    column,
)

QUEUE = REVIEW_QUEUE.extended(
    [column("ring_size", BIGINT, "members of the ring when the case was opened, null if the entity was in none")]
)

PREVALENCE_ESTIMATES = PREVALENCE.extended(
    [
        column(
            "method", STRING, "difference: audits and scores together; design: audits alone; none: no audit to rest on"
        ),
        column("design_estimate", DOUBLE, "the estimate from the audits alone, corrected for errors likewise"),
        column("design_low", DOUBLE, "lower end of its 95 % interval"),
        column("design_high", DOUBLE, "upper end of its 95 % interval"),
        column("error_rate", DOUBLE, "share of verdicts that are wrong, from what was decided twice"),
        column("twice_decided", BIGINT, "pairs of verdicts that the error rate rests on"),
        column("unanswered", BIGINT, "accounts that were drawn and have no verdict"),
    ]
)

AUDITED_ACCOUNTS = ACCOUNT_FEATURES.extended(
    [
        column("views_7d", BIGINT, "videos it viewed in the last 7 days"),
        column("reach_7d", BIGINT, "accounts that its uploads reached in the last 7 days"),
        column("events_28d", BIGINT, "what it did in the last 28 days"),
        column("age_days", DOUBLE, "days since sign-up"),
    ]
)
QUEUED_VIDEOS = VIDEO_FEATURES.extended([column("reach_7d", BIGINT, "accounts that it reached in the last 7 days")])
"""The features that the queue needs, out of all that are published."""


def small_frame(spark: SparkSession, rows: Sequence[tuple], schema: StructType) -> DataFrame:
    """A frame of a few rows of the driver that no task needs a Python process to read."""
    records = [dict(zip(schema.fieldNames(), row, strict=True)) for row in rows]
    return spark.createDataFrame(pa.Table.from_pylist(records, to_arrow_schema(schema)), schema)
