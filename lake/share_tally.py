"""What is said of the rows of a file that cannot be used: how many, why, and where to look first."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from lake.errors import BrokenContract
from lake.share_ids import Mask

MISSING = "is missing"
SHOWN = 40


@dataclass
class Tally:
    """Counts over the rows that were read: those that cannot be used, by reason, and the units of times."""

    rows: int = 0
    broken: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    units: Counter[str] = field(default_factory=Counter)

    def note(self, batch: pa.RecordBatch, why: Mapping[tuple[str, str], Mask], before: int, file: str = "") -> None:
        """Count the rows of a batch that comes after `before` rows of its file; `why` is by column and reason."""
        self.rows += batch.num_rows
        self.broken += int(np.logical_or.reduce([*why.values()]).sum())
        for (name, reason), mask in why.items():
            if mask.any():
                row = int(mask.argmax())
                self.reasons[f"{name} {reason}"] += int(mask.sum())
                value = "" if reason == MISSING else f"{shown(batch.column(name)[row])} in "
                self.examples.setdefault(f"{name} {reason}", f"{value}data row {before + row + 1:,}{file}")

    def check(self, path: str, max_broken_share: float) -> None:
        """Raises BrokenContract where a greater share of the rows cannot be used."""
        if self.broken > max_broken_share * self.rows:
            raise BrokenContract(
                f"{path}: {self.broken / self.rows:.1%} of {self.rows:,} rows cannot be used "
                f"(limit {max_broken_share:.0%}), {self._most_often}"
            )

    def warnings(self) -> Iterator[str]:
        """What whoever brought the file should know."""
        if not self.rows:
            yield "there are no rows in it, and none in the lake now"
        units = Counter({unit: count for unit, count in self.units.items() if count})
        if units.keys() - {"seconds"}:
            counts = (f"{unit} ({count:,} rows)" for unit, count in units.most_common())
            yield f"times read as {' and '.join(counts if len(units) > 1 else units)}"
        if self.broken:
            yield (
                f"{self.broken:,} of {self.rows:,} rows lack an id or a time that can be read, and are left out; "
                f"{self._most_often}"
            )

    @property
    def _most_often(self) -> str:
        reason, count = self.reasons.most_common(1)[0]
        return f"most often: {reason} ({count:,} rows, e.g. {self.examples[reason]})"


def shown(value: pa.Scalar) -> str:
    """A value in short, on one line."""
    if isinstance(value, pa.TimestampScalar):  # of any year, also of those that Python does not know
        return str(np.datetime64(value.value, value.type.unit))
    text = str(value.as_py())
    return repr(text) if len(text) <= SHOWN else f"{text[:SHOWN]!r}…"
