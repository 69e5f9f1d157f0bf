"""What goes wrong upstream: rows that break the contract, and rows that are delivered twice.

Dirt comes on top: the rows of the clean lake are all there, unchanged. A broken row is a copy of a good one with an id
of its own and one thing wrong with it.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from lake.schemas import ACCOUNTS, DECISIONS, EVENTS, VIDEOS, Table
from simulation.keys import ids

Row = dict[str, Any]
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
DUPLICATES_PER_BROKEN = 0.5
TWO_DAYS_MS = 2 * 86_400_000
SPACE = 1 << 60
"""Id numbers of broken rows begin here, far from those of good ones."""


def put(**values: Any) -> Callable[[Row], Row]:
    return lambda row: {**row, **values}


FAULTS: dict[str, dict[str, Callable[[Row], Row]]] = {
    ACCOUNTS.name: {
        "no id": put(account_id=None),
        "no sign-up": put(created_at=None),
        "sign-up in 1970": put(created_at=LONG_AGO),
        "country by name": put(country="Germany"),
        "country in small letters": put(country="de"),
    },
    VIDEOS.name: {
        "no id": put(video_id=None),
        "nobody's": put(account_id=None),
        "no upload time": put(created_at=None),
        "upload in 1970": put(created_at=LONG_AGO),
        "negative length": put(duration_ms=-1),
        "length in another unit": lambda row: {**row, "duration_ms": row["duration_ms"] * 1_000_000},
        "half a hash": lambda row: {**row, "frame_hash": (row["frame_hash"] or b"\x5a" * 32)[:16]},
        "hash as text": lambda row: {**row, "frame_hash": (row["frame_hash"] or b"\x5a" * 32).hex().encode()},
    },
    EVENTS.name: {
        "no id": put(event_id=None),
        "no time": put(ts=None),
        "nobody's": put(account_id=None),
        "no verb": put(verb=None),
        "unknown verb": put(verb="superlike"),
        "verb in capitals": lambda row: {**row, "verb": row["verb"].upper()},
        "time in 1970": put(ts=LONG_AGO),
        "time far ahead": lambda row: {**row, "ts": row["ts"] + timedelta(days=3650)},
        "partition of another day": lambda row: {**row, "ts": row["ts"] + timedelta(days=1)},
        "no partition": put(event_date=None),
        "no video": lambda row: {
            **row,
            "verb": "like",
            "video_id": None,
            "target_account_id": None,
            "text": None,
            "watch_ms": None,
        },
        "follow of a video": lambda row: {
            **row,
            "verb": "follow",
            "video_id": row["video_id"] or 1,
            "text": None,
            "watch_ms": None,
        },
        "follow of nobody": put(verb="follow", video_id=None, target_account_id=None, text=None, watch_ms=None),
        "view of a person": lambda row: {
            **row,
            "verb": "view",
            "video_id": None,
            "target_account_id": row["account_id"],
        },
        "comment without words": lambda row: {**row, "verb": "comment", "video_id": row["video_id"] or 1, "text": None},
        "words beside a view": lambda row: {**row, "verb": "view", "watch_ms": 1000, "text": "nice"},
        "view without watching": put(verb="view", watch_ms=None),
        "watching beside a like": lambda row: {**row, "verb": "like", "watch_ms": 5000},
        "negative watching": put(verb="view", watch_ms=-250),
        "watched for days": put(verb="view", watch_ms=TWO_DAYS_MS),
    },
    DECISIONS.name: {
        "no id": put(decision_id=None),
        "about nothing": put(entity_id=None),
        "unknown entity": put(entity_type="comment"),
        "unknown policy": put(policy="spam"),
        "unknown verdict": put(verdict="VIOLATING"),
        "no verdict": put(verdict=None),
        "no time": put(decided_at=None),
        "time in 1970": put(decided_at=LONG_AGO),
        "unknown source": put(source="hearsay"),
    },
}
"""By table and name, how a good row goes bad; each breaks at least one rule of the contract."""


def with_dirt(
    table: Table, rng: np.random.Generator, good: pa.RecordBatch, share: float, seed: int, number: int
) -> list[pa.RecordBatch]:
    """The batch, and after it the dirt: broken rows (`share` of the good ones), and some good rows once more."""
    broken = min(good.num_rows, int(rng.poisson(share * good.num_rows)))
    if share <= 0 or good.num_rows == 0:
        return [good]
    again = rng.choice(
        good.num_rows, size=int(rng.binomial(good.num_rows, share * DUPLICATES_PER_BROKEN)), replace=False
    )
    victims = good.take(pa.array(rng.choice(good.num_rows, size=broken, replace=False), pa.int64())).to_pylist()
    faults = list(FAULTS[table.name].values())
    own = ids(seed, table.name.removesuffix("s"), SPACE + number + np.arange(broken))
    key = table.key[0]
    spoilt = [
        faults[int(rng.integers(len(faults)))](
            {**row, key: int(own[place])}
        )  # its own id first: a fault may take it away
        for place, row in enumerate(victims)
    ]
    return [good, pa.RecordBatch.from_pylist(spoilt, schema=good.schema), good.take(pa.array(again, pa.int64()))]
