"""Ids of co-sharing events as programs leave them: as text, and which of them have lost digits on the way.

A float keeps 53 bits of a number and a spreadsheet 15 digits, so that accounts with near ids become one.
"""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Mask = np.ndarray

LOST_DIGITS = "is a number that lost digits: write ids as text or as 64-bit integers"
CUT_NUMBER = r"^-?\d([.,]\d+[eE]\+?|[eE]\+)\d+$"
"""As spreadsheets, C, Java and Rust write it. Without point and sign it may as well be an id of letters and digits."""
WHOLE_FLOAT = r"^-?\d+[.,]0$"
LONG_NUMBER, ROUNDED_NUMBER = r"^\d{16,}$", r"^\d{15}0+$"
ENOUGH_ROUNDED = 3
"""So many different ids do not all end in zeros by chance."""
MANTISSA_BITS = {16: 11, 32: 24, 64: 53}


@dataclass
class Look:
    """What the texts of an id column have in common, as far as they were read."""

    any: bool = False
    floats: bool = True
    rounded: bool = True
    long: set[str] = field(default_factory=set)

    def note(self, column: pa.Array) -> None:
        """Look at some more values; floats are what they are."""
        if pa.types.is_floating(column.type):
            return
        texts = column.drop_null()
        self.any = self.any or len(texts) > 0
        self.floats = self.floats and bool(matches(texts, WHOLE_FLOAT).all())
        if self.rounded:
            long = texts.filter(pa.array(matches(texts, LONG_NUMBER)))
            self.rounded = bool(matches(long, ROUNDED_NUMBER).all())
            self.long.update(long.unique().slice(0, ENOUGH_ROUNDED).to_pylist())

    @property
    def rewritten(self) -> str | None:
        """By what all ids of the column were rewritten: `floats`, by a program that keeps floats, `rounded`, by a
        spreadsheet, or None.
        """
        if self.any and self.floats:
            return "floats"
        return "rounded" if self.rounded and len(self.long) >= ENOUGH_ROUNDED else None


def read_ids(column: pa.Array, rewritten: str | None = None) -> tuple[pa.Array, Mask]:
    """Ids as text, null where one has lost digits, and where that is, of texts or floats. `rewritten` is a Look's."""
    if pa.types.is_floating(column.type):
        return _of_floats(column)
    if rewritten == "floats":
        return _of_floats(pc.replace_substring(column, ",", ".").cast(pa.float64()))
    cut = matches(column, CUT_NUMBER)
    if rewritten == "rounded":
        cut |= matches(column, ROUNDED_NUMBER)
    return without(column, cut), cut


def text_or_floats(column: pa.Array) -> pa.Array:
    """A plain column as text, which floats are not: they may have lost digits. A blank text is none."""
    if pa.types.is_floating(column.type):
        return column
    texts = column.cast(pa.string())
    if pa.types.is_decimal(column.type):
        texts = pc.replace_substring_regex(texts, r"\.0*$", "")
    return without(texts, is_true(pc.equal(pc.utf8_trim_whitespace(texts), "")))


def _of_floats(column: pa.Array) -> tuple[pa.Array, Mask]:
    exact_below = 2.0 ** MANTISSA_BITS[column.type.bit_width]
    numbers = column.cast(pa.float64()).to_numpy(zero_copy_only=False)  # a null becomes NaN
    whole = (np.abs(numbers) < exact_below) & (np.floor(numbers) == numbers)
    texts = pa.array(np.where(whole, numbers, 0).astype(np.int64), mask=~whole).cast(pa.string())
    return texts, ~whole & ~np.isnan(numbers)


def matches(texts: pa.Array, pattern: str) -> Mask:
    """Which texts match; null does not."""
    return is_true(pc.match_substring_regex(texts, pattern))


def is_true(answers: pa.Array) -> Mask:
    """Which answers are yes, neither no nor null."""
    return answers.fill_null(False).to_numpy(zero_copy_only=False)


def without(values: pa.Array, mask: Mask) -> pa.Array:
    """The values, null where the mask is true."""
    return pc.if_else(pa.array(mask), pa.scalar(None, values.type), values) if mask.any() else values


def is_null(values: pa.Array) -> Mask:
    """Where there is no value."""
    return values.is_null(nan_is_null=True).to_numpy(zero_copy_only=False)
