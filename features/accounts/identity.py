"""Who an account says it is, and with how many others it shares a device, an address, a name, a link."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from engine.portable import ratio
from features.crowds import accounts_per_thing
from features.definitions import CHARACTERS, COUNT, DAYS, RATIO, SHARE, UNKNOWN_NULL, YES, Days, Feature
from features.text import bio_link

MIN_STEM = 4
"""Handles of which fewer letters are left without their digits have no stem."""


def profile_facts(accounts: DataFrame, as_of: date) -> DataFrame:
    """What the profile shows, as columns fact_*; one row per account."""
    handle, bio = F.coalesce("handle", F.lit("")), F.coalesce("bio", F.lit(""))
    digits = F.length(F.regexp_replace(handle, "[^0-9]", ""))
    age_us = F.unix_micros(F.lit(as_of).cast("timestamp")) - F.unix_micros("created_at")
    stem = F.regexp_replace(F.lower(handle), r"[0-9_.\-]+", "")
    filled = (
        F.length(handle) > 0,
        F.length(bio) > 0,
        F.col("country").isNotNull(),
        F.coalesce("is_verified", F.lit(False)),
    )
    return accounts.withColumn("bio_link", bio_link(F.col("bio"))).select(
        "account_id",
        (age_us / (86_400 * 1e6)).alias("fact_age_days"),
        F.length(handle).alias("fact_handle_length"),
        ratio(digits, F.length(handle)).alias("fact_handle_digits"),
        F.length(bio).alias("fact_bio_length"),
        F.col("bio_link").isNotNull().cast("int").alias("fact_bio_has_link"),
        F.col("signup_ip_id").isNotNull().cast("int").alias("fact_has_signup_ip"),
        F.coalesce("is_verified", F.lit(False)).cast("int").alias("fact_verified"),
        (sum((part.cast("int") for part in filled), F.lit(0)) / len(filled)).alias("fact_completeness"),
        F.to_date("created_at").alias("born_on"),
        "signup_device_id",
        "signup_ip_id",
        F.when(F.length(stem) >= MIN_STEM, stem).alias("handle_stem"),
        "bio_link",
    )


def shared_sign_up(profiles: DataFrame) -> DataFrame:
    """account_id with the number of accounts that share its sign-up device, address and day, handle stem and day, bio
    link.

    Only groups of two and more are joined back.
    """
    result = profiles.select("account_id", "signup_device_id", "signup_ip_id", "handle_stem", "bio_link", "born_on")
    for name, key in SHARED_AT_SIGN_UP.items():
        groups = profiles.dropna(subset=key).groupBy(*key).agg(F.count("*").alias(name)).where(F.col(name) > 1)
        result = result.join(groups, on=key, how="left")
    return result.select("account_id", *SHARED_AT_SIGN_UP)


SHARED_AT_SIGN_UP = {
    "fact_signup_device": ["signup_device_id"],
    "fact_signup_ip_day": ["signup_ip_id", "born_on"],
    "fact_signup_ip": ["signup_ip_id"],
    "fact_stem_day": ["handle_stem", "born_on"],
    "fact_bio_link": ["bio_link"],
}


def shared_places(activity: DataFrame) -> DataFrame:
    """How crowded the devices and addresses of its acts are."""
    devices = (
        accounts_per_thing(activity, "devices")
        .groupBy("account_id")
        .agg(F.count("*").alias("fact_devices_28d"), F.max("accounts").alias("fact_device_accounts_28d"))
    )
    ips = (
        accounts_per_thing(activity, "ips")
        .groupBy("account_id")
        .agg(
            F.count("*").alias("fact_ips_28d"),
            F.min("accounts").alias("fact_ip_accounts_min_28d"),
            F.max("accounts").alias("fact_ip_accounts_max_28d"),
        )
    )
    return devices.join(ips, on="account_id", how="full")


def _state(
    name: str,
    unit: str,
    meaning: str,
    abuse: str,
    honest: str,
    blank: str = UNKNOWN_NULL,
    fact: str = "",
    whole: bool = False,
) -> Feature:
    return Feature(name, unit, meaning, abuse, honest, blank, lambda w: w.fact(fact or name), windows=(), whole=whole)


def _sharing(name: str, fact: str, meaning: str, abuse: str, honest: str) -> Feature:
    """A number of accounts that share something: 1 when it is alone with it, or has none."""
    blank = "1: it has none, or is alone with it."

    def value(w: Days) -> Column:
        return F.coalesce(w.fact(fact), F.lit(1))

    return Feature(name, COUNT, meaning, abuse, honest, blank, value, windows=(), whole=True)


def _place(name: str, meaning: str, abuse: str, honest: str) -> Feature:
    blank = "0: no act of the window names one."
    return Feature(
        name,
        COUNT,
        meaning,
        abuse,
        honest,
        blank,
        lambda w: F.coalesce(w.fact(name), F.lit(0)),
        windows=(28,),
        whole=True,
    )


FAMILY = "families and flatmates"
CARRIER = "customers of one carrier, students of one campus"

FEATURES = (
    _state(
        "age_days",
        DAYS,
        "days since sign-up",
        "accounts are made for an order",
        "newcomers",
        "null: the account is not known.",
    ),
    _state("handle_length", CHARACTERS, "characters of its handle", "generated names have one length", "anyone"),
    _state(
        "handle_digit_share",
        SHARE,
        "share of digits in its handle",
        "generated names end in numbers",
        "birth years",
        fact="handle_digits",
    ),
    _state(
        "bio_length",
        CHARACTERS,
        "characters of its bio",
        "farms leave it empty or paste one",
        "most watchers have none",
    ),
    _state("bio_has_link", YES, "whether its bio holds a link", "spam leads off the platform", "creators and shops"),
    _state("verified", YES, "whether the platform has verified it", "abusers seldom are", "most people are not"),
    _state(
        "profile_completeness",
        SHARE,
        "share filled of handle, bio, country, verification",
        "farms fill little",
        "quiet watchers",
        fact="completeness",
    ),
    _sharing(
        "signup_device_accounts", "signup_device", "accounts signed up on its device", "farms reuse phones", FAMILY
    ),
    _sharing(
        "signup_ip_accounts",
        "signup_ip",
        "accounts signed up from its address",
        "farms sit behind few addresses",
        CARRIER,
    ),
    _sharing(
        "signup_ip_day_accounts",
        "signup_ip_day",
        "accounts signed up from its address on its day",
        "accounts are made in batches",
        CARRIER,
    ),
    Feature(
        "signup_ip_day_crowding",
        RATIO,
        "accounts signed up from its address on its day, by the square root of all that ever did",
        "a batch stands out from what is normal for the address",
        "a school's first day with the platform",
        "null: no sign-up address.",
        lambda w: F.when(
            w.fact("has_signup_ip") == 1,
            F.coalesce(w.fact("signup_ip_day"), F.lit(1)) / F.sqrt(F.coalesce(w.fact("signup_ip"), F.lit(1))),
        ),
        windows=(),
    ),
    _sharing(
        "handle_stem_accounts",
        "stem_day",
        "accounts signed up on its day whose handle differs in digits, dots, dashes and underscores only",
        "names are generated from a list",
        "common first names",
    ),
    _sharing(
        "bio_link_accounts",
        "bio_link",
        "accounts with its bio link",
        "a ring promotes one page",
        "members of a club, fans of a shop",
    ),
    _place(
        "devices",
        "devices it acted from (at most 32 a day are kept)",
        "rented accounts move from phone to phone",
        "people with phone, tablet and computer",
    ),
    _place(
        "ips",
        "addresses it acted from (at most 32 a day are kept)",
        "proxies change by the minute",
        "travellers, mobile networks",
    ),
    _place(
        "device_accounts",
        "most accounts, itself included, that acted from one of its devices",
        "farms log many accounts in on one phone",
        FAMILY,
    ),
    _place(
        "ip_accounts_min",
        "fewest accounts that acted from one of its addresses: its most private one",
        "farms have no address of their own",
        CARRIER,
    ),
    _place(
        "ip_accounts_max",
        "most accounts that acted from one of its addresses: its most crowded one",
        "farms sit behind few addresses",
        CARRIER,
    ),
)
