"""When an account acts: the rhythm of a person, or of a script."""

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from engine.portable import ratio
from features.definitions import BITS, NEVER_NULL, RATIO, SECONDS, SHARE, Days, Feature

QUIET_HOURS = 8


def hour_entropy(w: Days) -> Column:
    """Entropy in bits of the 24 hours' acts; log2(24) = 4.58 when all hours are alike."""
    hours, events = _hours(w), w.total("events")
    terms = [F.when(hour > 0, -(hour / events) * F.log2(hour / events)).otherwise(0.0) for hour in hours]
    return F.when(events > 0, _sum(terms))


def quiet_share(w: Days) -> Column:
    """Share of acts in the quietest 8 hours in a row, around the clock."""
    hours = _hours(w)
    blocks = [_sum([hours[(start + step) % 24] for step in range(QUIET_HOURS)]) for start in range(24)]
    return ratio(F.least(*blocks), w.total("events"))


def gap_variation(w: Days) -> Column:
    """Standard deviation of the pauses by their mean: 1 for chance, 0 for a metronome."""
    mean = w.share("gap_ms", "gaps")
    variance = w.share("gap_ms_sq", "gaps") - mean * mean
    return ratio(F.sqrt(F.greatest(variance, F.lit(0.0))), mean)


def _hours(w: Days) -> list[Column]:
    return [w.total(f"hour_{hour}") for hour in range(24)]


def _sum(values: Sequence[Column]) -> Column:
    result = values[0]
    for value in values[1:]:
        result = result + value
    return result


FEATURES = (
    Feature(
        "hour_entropy",
        BITS,
        "entropy of its acts over the hours of the day: 4.58 when all hours are alike",
        "scripts run around the clock, or in one shift",
        "shift workers, travellers, accounts run by a team",
        NEVER_NULL,
        hour_entropy,
        windows=(28,),
    ),
    Feature(
        "quiet_share",
        SHARE,
        "share of its acts in its quietest 8 hours in a row; a third when all hours are alike",
        "scripts do not sleep",
        "shift workers, families on one account",
        NEVER_NULL,
        quiet_share,
        windows=(7, 28),
    ),
    Feature(
        "gap_mean_s",
        SECONDS,
        "mean pause between acts of a day",
        "scripts work through a list",
        "fast scrollers",
        NEVER_NULL,
        lambda w: w.share("gap_ms", "gaps", 1_000),
        windows=(7, 28),
    ),
    Feature(
        "gap_variation",
        RATIO,
        "standard deviation of the pauses within days by their mean",
        "timers are regular; people pause for seconds and for hours",
        "accounts with one short visit a day",
        NEVER_NULL,
        gap_variation,
        windows=(7, 28),
    ),
    Feature(
        "short_gap_share",
        SHARE,
        "share of pauses shorter than 2 s",
        "no person reads, likes and moves on in 2 s, all day",
        "double taps, and likes at the end of a clip",
        NEVER_NULL,
        lambda w: w.share("short_gaps", "gaps"),
    ),
    Feature(
        "burst_share",
        SHARE,
        "share of acts that are the tenth or later within 60 s",
        "orders are delivered at once",
        "fast scrollers, newcomers who follow a list of suggestions",
        NEVER_NULL,
        lambda w: w.share("burst_acts", "events"),
        windows=(7, 28),
    ),
    Feature(
        "longest_session_s",
        SECONDS,
        "longest run of acts within a day without a pause over 30 min",
        "scripts do not tire",
        "long evenings, people in bed with the flu",
        "0: only single acts, or none.",
        lambda w: w.fact("session_ms") / F.lit(1_000),
        windows=(7, 28),
    ),
    Feature(
        "busiest_day_share",
        SHARE,
        "share of its acts on its busiest day",
        "hijacked and rented accounts work on the day of an order",
        "people who come once a month",
        NEVER_NULL,
        lambda w: ratio(w.fact("busiest_day"), w.total("events")),
        windows=(28,),
    ),
)
