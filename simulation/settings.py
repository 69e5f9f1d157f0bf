"""What a simulated world is told to be."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zlib import crc32

import numpy as np

MS_PER_DAY = 86_400_000
MS_PER_HOUR = 3_600_000
EVENTS_PER_ACCOUNT_AND_DAY = 2.0
"""What an average account does in a day when no number of events is asked for."""


@dataclass(frozen=True)
class Settings:
    """The knobs of a world; the same settings give the same world.

    `evading` is the share of abusive rings that hide, `varied` of those with ways of their own; `abuse` and `crowds`
    multiply the number of abusive rings and of honest groups (0: none); `interests` 0 lets everybody watch what
    everybody watches; `dirty` is the share of extra rows that break the contract. `reviews` multiplies how many
    decisions there are; all fall into the last `review_days`, when the reviewers worked off what had come up before.
    """

    seed: int = 7
    accounts: int = 20_000
    days: int = 42
    until: date = date(2026, 3, 1)
    events: int | None = None
    evading: float = 0.5
    varied: float = 0.0
    abuse: float = 1.0
    crowds: float = 1.0
    interests: float = 1.0
    dirty: float = 0.0
    reviews: float = 1.0
    review_days: int = 42

    @property
    def target_events(self) -> int:
        """About how many events the world should have."""
        return self.events or round(self.accounts * self.days * EVENTS_PER_ACCOUNT_AND_DAY)

    @property
    def start_day(self) -> date:
        return self.until - timedelta(days=self.days)

    @property
    def start(self) -> int:
        """First moment of the lake's events, in ms since 1970."""
        return epoch_ms(self.start_day)

    @property
    def end(self) -> int:
        """The moment the lake ends, in ms since 1970; nothing in it is as late."""
        return epoch_ms(self.until)

    @property
    def review_start(self) -> int:
        """The moment reviewers began, in ms since 1970."""
        return max(self.start, self.end - self.review_days * MS_PER_DAY)

    def rng(self, what: str, *numbers: int) -> np.random.Generator:
        """A generator of its own for each thing that is drawn, whoever draws it and in whatever order."""
        return np.random.default_rng([self.seed, crc32(what.encode()), *numbers])


def epoch_ms(day: date) -> int:
    return round(datetime.combine(day, time(), UTC).timestamp() * 1000)
