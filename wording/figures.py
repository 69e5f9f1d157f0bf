"""Write figures as people do, and sentences out of templates that leave out what is unknown."""

import math
import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

MINUTE, HOUR, DAY = 60, 3_600, 86_400
NEARLY_CERTAIN = 0.99


def whole(value: float) -> int:
    """Round to the nearest whole number, halves away from zero."""
    return int(Decimal(value).to_integral_value(ROUND_HALF_UP))


def percent(share: float) -> str:
    """Write a share as `37 %`."""
    return f"{whole(share * 100)} %"


def duration(seconds: float) -> str:
    """Write seconds as `40 s`, `9 min`, `5 h` or `3 days`."""
    if seconds < 90:
        return f"{whole(seconds)} s"
    if seconds < 90 * MINUTE:
        return f"{whole(seconds / MINUTE)} min"
    if seconds < 36 * HOUR:
        return f"{whole(seconds / HOUR)} h"
    return f"{whole(seconds / DAY)} days"


def p_value(surprise: float) -> str:
    """Write a surprise as the p-value that it stands for: `1e-12`."""
    return f"1e-{whole(surprise)}"


def number(value: float | None) -> str:
    """Write a value as 12, 0.31, 1,204 or unknown."""
    if value is None or math.isnan(value):
        return "unknown"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:.2g}" if abs(value) < 1 else f"{value:,.1f}"


def chance(value: float | None) -> str:
    """Write a chance; what is nearly certain is said to be over so much."""
    return f"over {NEARLY_CERTAIN}" if value is not None and value > NEARLY_CERTAIN else number(value)


FORMATS: Mapping[str, Callable[[Any], str]] = {
    "whole": lambda value: str(whole(value)),
    "percent": percent,
    "duration": duration,
    "p_value": p_value,
}
"""What a template may say after a colon, beside what Python knows: `{share:percent}`."""


class Figures(string.Formatter):
    """Fill templates in, by `FORMATS`."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        """Write a value as `FORMATS` says, else as Python does."""
        return FORMATS[format_spec](value) if format_spec in FORMATS else super().format_field(value, format_spec)


FIGURES = Figures()


def is_known(value: Any) -> bool:
    """Return whether a value can be said: neither null nor a number that is none."""
    return value is not None and not (isinstance(value, float) and not math.isfinite(value))


@dataclass(frozen=True)
class Clause:
    """Hold a part of a sentence: said where all it names is known and what `at_least` names is as large as there."""

    template: str
    at_least: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def needs(self) -> tuple[str, ...]:
        """Return the names of what has to be known."""
        named = [name for _, name, _, _ in FIGURES.parse(self.template) if name]
        return tuple(dict.fromkeys([*named, *self.at_least]))

    def of(self, row: Mapping[str, Any]) -> str:
        """Return the words for a row; none where it is not said."""
        if not all(is_known(row.get(name)) for name in self.needs):
            return ""
        if any(row[name] < low for name, low in self.at_least.items()):
            return ""
        return FIGURES.vformat(self.template, (), row)


def joined(between: str, parts: Iterable[str]) -> str:
    """Join the parts that say something."""
    return between.join(part for part in parts if part)


def listed(clauses: Iterable[Clause], row: Mapping[str, Any]) -> str:
    """Return what the clauses say of a row, with commas between."""
    return joined(", ", (clause.of(row) for clause in clauses))
