"""Define ring features: what a column of `rings` means, and which way it may move the prior."""

from dataclasses import dataclass

from pyspark.sql.types import DataType


@dataclass(frozen=True)
class RingFeature:
    """Describe a column of `rings`; null means that there was nothing to measure.

    `sign` says which way a larger value moves the score: 1 toward abuse, -1 away from it, 0 either way. The prior does
    not use features without one.
    """

    name: str
    data_type: DataType
    unit: str
    meaning: str
    abusers: str
    honest: str
    sign: int | None = None
