"""The columns of features that the queue reads, and small frames made on the driver."""

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from lake.schemas import ACCOUNT_FEATURES, BIGINT, DOUBLE, VIDEO_FEATURES, column
from lake.store import arrow_rows

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
    return spark.createDataFrame(arrow_rows(rows, schema), schema)
