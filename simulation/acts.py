"""Acts that are planned: what members of a group do on the objects that brought them together."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from lake.schemas import VERBS
from simulation.people import People
from simulation.settings import MS_PER_DAY

VIEW, LIKE, COMMENT, SHARE, FOLLOW, REPORT = range(len(VERBS))
EVERYDAY, FAN, ENTRANT, SPAM, FRIEND = range(5)
"""What a comment is like: its words come from a book of this kind, that of the group when the kind has one a group."""
NOTHING = -1


@dataclass
class Acts:
    """One entry per planned act, in the order of time once `sorted`."""

    account: np.ndarray
    verb: np.ndarray
    video: np.ndarray
    target: np.ndarray
    ts: np.ndarray
    watch_ms: np.ndarray
    words: np.ndarray
    book: np.ndarray

    TYPES: ClassVar = {
        "account": np.int32,
        "verb": np.int8,
        "video": np.int32,
        "target": np.int32,
        "ts": np.int64,
        "watch_ms": np.int32,
        "words": np.int8,
        "book": np.int32,
    }

    @property
    def size(self) -> int:
        return len(self.ts)

    def where(self, chosen: np.ndarray | slice) -> "Acts":
        return Acts(**{name: getattr(self, name)[chosen] for name in self.TYPES})


@dataclass
class Diary:
    """Collects acts while a world is planned."""

    people: People
    pages: list[dict[str, np.ndarray]] = field(default_factory=list)

    def write(
        self,
        account: ArrayLike,
        verb: ArrayLike,
        ts: ArrayLike,
        video: ArrayLike = NOTHING,
        target: ArrayLike = NOTHING,
        watch_ms: ArrayLike = NOTHING,
        words: ArrayLike = EVERYDAY,
        book: ArrayLike = NOTHING,
    ) -> None:
        columns = np.broadcast_arrays(account, verb, video, target, ts, watch_ms, words, book)
        page = {name: values.astype(kind) for (name, kind), values in zip(Acts.TYPES.items(), columns, strict=True)}
        if page["ts"].size:
            self.pages.append(page)

    def visit(
        self,
        rng: np.random.Generator,
        who: np.ndarray,
        video: np.ndarray,
        ts: np.ndarray,
        duration_ms: np.ndarray,
        *,
        view: float = 1.0,
        like: float = 0.0,
        comment: float = 0.0,
        share: float = 0.0,
        report: float = 0.0,
        attention: tuple[float, float] = (1.6, 1.2),
        words: int = EVERYDAY,
        book: int = NOTHING,
    ) -> None:
        """Each of `who` goes to a video and does each thing with its chance, after having watched it for a while.

        `attention` is the Beta distribution of the share of the video that is watched.
        """
        count = len(who)
        watched = (rng.beta(*attention, count) * duration_ms).clip(min=300).astype(np.int64)
        seen = rng.random(count) < view
        self.write(who[seen], VIEW, ts[seen], video[seen], watch_ms=watched[seen])
        later = ts + (rng.beta(2, 2, count) * watched).astype(np.int64) + 400
        for verb, chance in ((LIKE, like), (COMMENT, comment), (SHARE, share), (REPORT, report)):
            if chance <= 0:
                continue
            does = rng.random(count) < chance
            takes = (rng.lognormal(8.3, 0.8, count) if verb != LIKE else rng.lognormal(6.6, 0.8, count)).astype(
                np.int64
            )
            if verb == COMMENT:
                self.write(who[does], verb, (later + takes)[does], video[does], words=words, book=book)
            else:
                self.write(who[does], verb, (later + takes)[does], video[does])

    def sorted(self, video_created_ms: np.ndarray, start: int, end: int) -> Acts:
        """All acts in the order of time: within the lake, after sign-up and upload."""
        if not self.pages:
            return Acts(**{name: np.array([], kind) for name, kind in Acts.TYPES.items()})
        acts = Acts(**{name: np.concatenate([page[name] for page in self.pages]) for name in Acts.TYPES})
        begun = np.where(acts.video >= 0, video_created_ms[acts.video], 0)
        possible = (
            (acts.ts >= start) & (acts.ts < end) & (acts.ts > self.people.created_ms[acts.account]) & (acts.ts > begun)
        )
        acts = acts.where(possible)
        return acts.where(np.lexsort((acts.verb, acts.video, acts.account, acts.ts)))


def in_own_hours(rng: np.random.Generator, people: People, who: np.ndarray, ts: np.ndarray) -> np.ndarray:
    """The same days, at an hour of the day at which each account is likely to be about."""
    return ts // MS_PER_DAY * MS_PER_DAY + people.time_of_day(rng, who)
