"""The functions of texts on columns, in whole Arrow batches."""

from collections.abc import Callable

import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BooleanType, DoubleType, LongType, StringType, StructField, StructType

from features.text.contact_marks import contacts, first_link
from features.text.disguise import traits
from features.text.normal_form import normalise

MAX_TEXT, MAX_BIO = 2_000, 500
"""Characters of a comment and of a bio that are looked at: a pattern may take the square of a longer one's time."""
CONTACTS_TYPE = ArrayType(StructType([StructField("name", StringType()), StructField("is_mention", BooleanType())]))
_ARROW_CONTACTS = pa.list_(pa.struct([("name", pa.string()), ("is_mention", pa.bool_())]))
TRAITS_TYPE = StructType(
    [
        StructField("normal", StringType()),
        StructField("has_link", BooleanType()),
        StructField("has_handle", BooleanType()),
        StructField("has_phone", BooleanType()),
        StructField("disguised", BooleanType()),
        StructField("emoji_share", DoubleType()),
        StructField("length", LongType()),
        StructField("script", StringType()),
    ]
)
_ARROW_TRAITS = pa.struct(
    [
        ("normal", pa.string()),
        ("has_link", pa.bool_()),
        ("has_handle", pa.bool_()),
        ("has_phone", pa.bool_()),
        ("disguised", pa.bool_()),
        ("emoji_share", pa.float64()),
        ("length", pa.int64()),
        ("script", pa.string()),
    ]
)


def normalised(text: Column) -> Column:
    """`normalise` of a column of texts, in whole Arrow batches; null stays null."""

    @F.arrow_udf(StringType())
    def normalise_batch(values: pa.Array) -> pa.Array:
        return _each_distinct(values, normalise, pa.string())

    return normalise_batch(_readable(text))


def text_contacts(text: Column) -> Column:
    """`contacts` of a column of texts, in whole Arrow batches; null stays null."""

    @F.arrow_udf(CONTACTS_TYPE)
    def contacts_batch(values: pa.Array) -> pa.Array:
        return _each_distinct(values, lambda text: [each._asdict() for each in contacts(text)], _ARROW_CONTACTS)

    return contacts_batch(_readable(text))


def bio_link(bio: Column) -> Column:
    """`first_link` of a column of bios, in whole Arrow batches; null where there is none."""

    @F.arrow_udf(StringType())
    def first_link_batch(values: pa.Array) -> pa.Array:
        return _each_distinct(values, first_link, pa.string())

    return first_link_batch(_readable(bio, MAX_BIO))


def text_traits(text: Column) -> Column:
    """`traits` of a column of texts as a struct, in whole Arrow batches; null stays null."""

    @F.arrow_udf(TRAITS_TYPE)
    def traits_batch(values: pa.Array) -> pa.Array:
        return _each_distinct(values, lambda text: traits(text)._asdict(), _ARROW_TRAITS)

    return traits_batch(_readable(text))


def _each_distinct(values: pa.Array, function: Callable[[str], object], result: pa.DataType) -> pa.Array:
    """The function of each value, called once for each distinct one; null stays null."""
    encoded = values.dictionary_encode()
    results = pa.array([function(text) for text in encoded.dictionary.to_pylist()], result)
    return results.take(encoded.indices)


def _readable(text: Column, most: int = MAX_TEXT) -> Column:
    """The first `most` characters, with a replacement character for what is no UTF-8."""
    return F.substring(F.make_valid_utf8(text), 1, most)
