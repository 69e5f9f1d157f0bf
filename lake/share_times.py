"""Times of co-sharing events as people write them: as moments, and why some are none.

Each value is decided on alone. Numbers count seconds, milliseconds, microseconds or nanoseconds since 1970; within the
years that are plausible the four do not meet, nor do calendar days written in digits or a spreadsheet's days.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lake.share_ids import Mask, is_null, matches, text_or_floats, without

EARLIEST, LATEST = datetime(2005, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""The first is so late that the sign-ups which an import draws before it are still plausible themselves."""
PER_SECOND = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}
ARROW_UNITS = dict(zip(("s", "ms", "us", "ns"), PER_SECOND, strict=True))
MOMENTS = pa.timestamp("us", "UTC")

NO_TIME = "is no time that can be read: write Unix seconds, or ISO 8601 with day and time of day"
CUT_TIME = "is a number that lost digits: write it in full"
IMPLAUSIBLE = f"is not within {EARLIEST.year} to {LATEST.year - 1}, be it in {', '.join(PER_SECOND)}"

NUMBER = r"^-?\d{1,40}(\.\d*)?([eE][+-]?\d{1,2})?$"
CUT_NUMBER = r"^\d([.,]\d{0,5})?[eE]\+?\d+$"
"""Five digits after the point, a spreadsheet's most, say the hour at best."""
ISO_8601 = r"^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?|\d{8}T\d{6}(\.\d+)?) ?(Z|UTC|[+-]\d\d(:?\d\d)?)?$"

Read = tuple[pa.Array, Mapping[str, Mask], Mapping[str, int]]
"""Moments, null where there is none; which values cannot be read, by reason; how many are numbers in which unit."""


def read_times(column: pa.Array) -> Read:
    """The moments of a column of timestamps (without a zone: UTC), dates, numbers or texts."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        moments, unread, _ = _of_numbers(column.cast(pa.int64()), [ARROW_UNITS[kind.unit]])
        return moments, unread, {}
    if pa.types.is_date(kind):
        return pa.nulls(len(column), MOMENTS), {NO_TIME: ~is_null(column)}, {}
    if pa.types.is_integer(kind):
        return _of_numbers(column, tuple(PER_SECOND))
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _of_numbers(column.cast(pa.float64()), tuple(PER_SECOND))
    return _of_texts(pc.utf8_trim_whitespace(text_or_floats(column)))


def _of_numbers(column: pa.Array, units: Sequence[str]) -> Read:
    numbers = column.fill_null(0).to_numpy(zero_copy_only=False)
    moments, fits, counts = np.zeros(len(numbers), np.int64), np.zeros(len(numbers), bool), Counter[str]()
    for unit in units:
        per_second = PER_SECOND[unit]
        inside = (numbers >= EARLIEST.timestamp() * per_second) & (numbers < LATEST.timestamp() * per_second)
        moments[inside] = _microseconds(numbers[inside], per_second)
        counts[unit] += int(inside.sum())
        fits |= inside
    return pa.array(moments, mask=~fits).cast(MOMENTS), {IMPLAUSIBLE: ~fits & ~is_null(column)}, counts


def _microseconds(numbers: np.ndarray, per_second: int) -> np.ndarray:
    factor, divisor = max(1, 10**6 // per_second), max(1, per_second // 10**6)
    if np.issubdtype(numbers.dtype, np.integer):
        return numbers.astype(np.int64) * factor // divisor
    return np.rint(numbers.astype(np.float64) * factor / divisor)


def _of_texts(texts: pa.Array) -> Read:
    numbers, cut = matches(texts, NUMBER), matches(texts, CUT_NUMBER)
    counted, implausible, units = _of_numbers(without(texts, ~numbers | cut).cast(pa.float64()), tuple(PER_SECOND))
    written = pc.replace_substring_regex(without(texts, ~matches(texts, ISO_8601)), " ?UTC$", "Z")
    parsed = pd.to_datetime(pd.Index(written.to_pandas()), format="ISO8601", utc=True, errors="coerce").as_unit("us")
    told, early, _ = _of_numbers(pa.array(parsed.asi8, mask=np.asarray(parsed.isna())), ["microseconds"])
    reasons = {
        NO_TIME: ~is_null(texts) & ~numbers & ~cut & np.asarray(parsed.isna()),
        CUT_TIME: cut,
        IMPLAUSIBLE: implausible[IMPLAUSIBLE] | early[IMPLAUSIBLE],
    }
    return pc.coalesce(counted, told), reasons, units
