"""The last week against the three before: dormant then loud, a new device."""

from pyspark.sql import functions as F

from engine.portable import ratio
from features.definitions import COUNT, DOUBLINGS, SHARE, Feature

EARLIER_WEEKS = 3


def _growth(total: str) -> Feature:
    def value(w):
        earlier = (F.col(f"total_{total}_28d") - F.col(f"total_{total}_7d")) / EARLIER_WEEKS
        return F.log2((F.col(f"total_{total}_7d") + 1) / (earlier + 1))

    return Feature(
        f"{total}_growth",
        DOUBLINGS,
        f"{total} against the weekly mean of the three weeks before (one added to both)",
        "hijacked, sold and rented accounts are dormant, then loud",
        "people on holiday, newcomers",
        "0: no change, or never.",
        value,
        windows=(7,),
    )


FEATURES = (
    _growth("events"),
    _growth("likes"),
    _growth("comments"),
    _growth("follows"),
    Feature(
        "new_device_share",
        SHARE,
        "share of this week's devices that it had not used in the three weeks before",
        "a hijacked account acts from the thief's phone",
        "people with a new phone",
        "null: no device this week, or no act in the three weeks before.",
        lambda w: F.when(
            F.col("total_days_28d") > F.col("total_days_7d"),
            ratio(
                F.size(F.array_except("fact_device_set_7d", "fact_device_set_earlier_7d")), F.size("fact_device_set_7d")
            ),
        ),
        windows=(7,),
    ),
    Feature(
        "silent_days",
        COUNT,
        "days without an act before its first act of this week, back to its last before, at most 28",
        "sleepers wake for an order",
        "people on holiday",
        "28: no act in the three weeks before. null: no act this week.",
        lambda w: F.when(
            w.fact("first_day").isNotNull(),
            F.coalesce(F.date_diff(w.fact("first_day"), w.fact("last_day_before")) - 1, F.lit(28)),
        ),
        windows=(7,),
        whole=True,
    ),
)
