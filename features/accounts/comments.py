"""What an account writes."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from engine.portable import ratio
from features.crowds import accounts_per_thing
from features.definitions import CHARACTERS, COUNT, MILLIONTHS, NEVER_NULL, SHARE, Feature

SHARED_BY = 3
"""A text counts as shared when this many other accounts wrote it too."""


def shared_texts(activity: DataFrame) -> DataFrame:
    """For each account: its distinct telling texts, those that at least 3 others wrote, and the largest number of
    writers.
    """
    return (
        accounts_per_thing(activity, "texts")
        .groupBy("account_id")
        .agg(
            F.count("*").alias("fact_texts_28d"),
            F.count_if(F.col("accounts") > SHARED_BY).alias("fact_shared_texts_28d"),
            F.max("accounts").alias("fact_text_writers_28d"),
        )
    )


def _of_comments(name: str, part: str, meaning: str, abuse: str, honest: str) -> Feature:
    return Feature(
        name, SHARE, meaning, abuse, honest, NEVER_NULL, lambda w: w.share(part, "comments"), windows=(7, 28)
    )


CREATOR = "creators and shops that point to their own page"

FEATURES = (
    Feature(
        "comment_length",
        CHARACTERS,
        "mean visible characters of its comments",
        "adverts are longer than reactions",
        "story-tellers, reviewers",
        NEVER_NULL,
        lambda w: w.share("comment_chars", "comments"),
        windows=(7, 28),
    ),
    _of_comments(
        "link_comment_share",
        "link_comments",
        "share of its comments with a link",
        "spam leads off the platform",
        CREATOR,
    ),
    _of_comments(
        "handle_comment_share",
        "handle_comments",
        "share with a handle",
        "spam sends people to another account",
        "friends who tag each other",
    ),
    _of_comments(
        "phone_comment_share", "phone_comments", "share with a phone number", "scams move to a messenger", CREATOR
    ),
    _of_comments(
        "disguised_comment_share",
        "disguised_comments",
        "share with look-alike letters, styled letters or invisible characters",
        "filters are dodged that way",
        "fans of fancy fonts; text pasted from other apps",
    ),
    _of_comments(
        "telling_comment_share",
        "telling_comments",
        "share of its comments with at least 20 characters once normalised",
        "templates are long, reactions are short",
        "people who like to write",
    ),
    Feature(
        "emoji_share",
        SHARE,
        "mean share of emoji in its comments",
        "emoji catch the eye, and bots use them as the whole comment",
        "most people, on most days",
        NEVER_NULL,
        lambda w: w.share("emoji_ppm", "comments", MILLIONTHS),
        windows=(7, 28),
    ),
    Feature(
        "comment_scripts",
        COUNT,
        "scripts (alphabets) that it comments in",
        "hired accounts serve customers in every language",
        "people with several languages",
        "0: no comment with a letter in the window.",
        lambda w: F.size(w.fact("scripts")),
        windows=(28,),
        whole=True,
    ),
    Feature(
        "shared_text_share",
        SHARE,
        "share of its distinct telling texts that at least 3 other accounts wrote too",
        "a ring works with the same templates",
        "giveaways that ask for a sentence, song lines, quotes",
        NEVER_NULL,
        lambda w: ratio(w.fact("shared_texts"), w.fact("texts")),
        windows=(28,),
    ),
    Feature(
        "text_writers",
        COUNT,
        "most accounts, itself included, that wrote one of its telling texts",
        "a ring works with the same templates",
        "giveaways that ask for a sentence, song lines, quotes",
        "0: no telling text in the window.",
        lambda w: F.coalesce(w.fact("text_writers"), F.lit(0)),
        windows=(28,),
        whole=True,
    ),
)
