"""What a feature is: a number about an account or a video, with what it means and why it is looked at.

A group of features is a file whose tuple of entries reads like a table of contents. Each entry says how it is
computed from totals of the rollups over a window (`Days`) or from facts joined to them, in one column expression.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructField

from engine.portable import MILLION, ratio
from lake.schemas import BIGINT, DOUBLE, column

WINDOWS = (1, 7, 28)
COUNT, SHARE, RATIO, DOUBLINGS, DAYS, SECONDS, HOURS, BITS, CHARACTERS, YES = (
    *("count", "share of 1", "ratio", "doublings", "days", "seconds", "hours", "bits", "characters"),
    "1 when so, else 0",
)
MILLIONTHS = float(MILLION)
"""In one: the unit of totals whose names end in _ppm."""
NEVER_ZERO = "0: never in the window."
NEVER_NULL = "null: nothing in the window that it could be a share or a mean of."
UNKNOWN_NULL = "null: not known."


@dataclass(frozen=True)
class Days:
    """The last days before as_of, as the place where a feature finds its totals and facts."""

    days: int

    def total(self, name: str) -> Column:
        """Sum of a rollup column over the window."""
        return F.col(total_name(name, self.days))

    def fact(self, name: str) -> Column:
        """A number made for this window outside the totals."""
        return F.col(fact_name(name, self.days))

    def share(self, part: str, whole: str, unit: float = 1.0) -> Column:
        """One total by another, null when the other is 0."""
        return ratio(self.total(part), self.total(whole) * F.lit(unit))


@dataclass(frozen=True)
class Feature:
    """One feature over its windows, or a state at as_of when it has none."""

    name: str
    unit: str
    meaning: str
    abuse: str
    honest: str
    blank: str
    value: Callable[[Days], Column]
    windows: tuple[int, ...] = WINDOWS
    whole: bool = False

    def columns(self) -> list[tuple[str, int]]:
        """Column name and window of each column; 0 stands for no window."""
        return [(f"{self.name}_{days}d", days) for days in self.windows] or [(self.name, 0)]

    def fields(self) -> list[StructField]:
        dtype = BIGINT if self.whole else DOUBLE
        return [
            column(name, dtype, f"{self.meaning} ({self.unit}{f', last {days} days' if days else ''})")
            for name, days in self.columns()
        ]

    def select(self) -> list[Column]:
        dtype = "bigint" if self.whole else "double"
        return [self.value(Days(days)).cast(dtype).alias(name) for name, days in self.columns()]


def total_name(name: str, days: int) -> str:
    return f"total_{name}_{days}d"


def fact_name(name: str, days: int) -> str:
    return f"fact_{name}_{days}d" if days else f"fact_{name}"


def fields(features: Iterable[Feature]) -> list[StructField]:
    return [field for feature in features for field in feature.fields()]


def selected(features: Iterable[Feature]) -> list[Column]:
    return [value for feature in features for value in feature.select()]


def within(days: int, as_of: object) -> Column:
    """Whether a rollup row lies in the last `days` before as_of (the caller has cut the rollup at as_of)."""
    return F.col("event_date") >= F.date_sub(F.lit(as_of), days)


def totals(days: DataFrame, key: str, names: Sequence[str], as_of: date, largest: Sequence[str] = ()) -> DataFrame:
    """One row per entity: sums of the columns `names` of its rollup rows over each window, and the `largest` of others.

    Each row falls into one stretch (the last day, the six before, the three weeks before those), so each is added up
    once; the windows are then made of stretches. Spark leaves out sums that no feature uses.
    """
    stretch = F.coalesce(*[F.when(within(window, as_of), window) for window in WINDOWS])
    maxima = [F.max(name).alias(name) for name in largest]
    sums = [F.sum(name).alias(name) for name in names]
    stretches = days.groupBy(key, stretch.alias("stretch")).agg(*sums, *maxima)
    return stretches.groupBy(key).agg(
        *maxima,
        *[
            F.coalesce(F.sum(F.when(F.col("stretch") <= window, F.col(name))), F.lit(0)).alias(total_name(name, window))
            for name in names
            for window in WINDOWS
        ],
    )
