"""Who is on the platform: when they came, how active they are, at what hours, on which devices and addresses."""

from dataclasses import dataclass

import numpy as np

from simulation.keys import ids, keyed
from simulation.settings import MS_PER_DAY, MS_PER_HOUR, Settings

TOPICS = 24
INTERESTS_EACH = 3
INTEREST_SHARES = np.array([0.6, 0.3, 0.1])

# country, share of accounts, hours from UTC, market (who watches whose videos), language
COUNTRIES = (
    ("US", 0.16, -6, 0, "en"),
    ("GB", 0.05, 0, 0, "en"),
    ("NG", 0.03, 1, 0, "en"),
    ("PH", 0.05, 8, 0, "en"),
    ("BR", 0.10, -3, 1, "pt"),
    ("MX", 0.07, -6, 1, "es"),
    ("ES", 0.04, 1, 1, "es"),
    ("CO", 0.03, -5, 1, "es"),
    ("DE", 0.05, 1, 2, "de"),
    ("FR", 0.05, 1, 2, "fr"),
    ("PL", 0.03, 1, 2, "pl"),
    ("RU", 0.04, 3, 2, "ru"),
    ("TR", 0.05, 3, 3, "tr"),
    ("EG", 0.04, 2, 3, "ar"),
    ("SA", 0.02, 3, 3, "ar"),
    ("IN", 0.08, 5, 4, "hi"),
    ("ID", 0.06, 7, 4, "id"),
    ("VN", 0.03, 7, 5, "vi"),
    ("JP", 0.05, 9, 5, "ja"),
    ("KR", 0.02, 9, 5, "ko"),
)
CODES = np.array([row[0] for row in COUNTRIES])
SHARES = np.array([row[1] for row in COUNTRIES]) / sum(row[1] for row in COUNTRIES)
OFFSETS = np.array([row[2] for row in COUNTRIES])
MARKETS = np.array([row[3] for row in COUNTRIES])
LANGUAGES = np.array([row[4] for row in COUNTRIES])
MARKET_COUNT = int(MARKETS.max()) + 1

# How much of a day's use falls into each local hour: day people, evening people, night people.
HOURS = np.array(
    [
        [1, 0.4, 0.2, 0.1, 0.1, 0.3, 1.5, 3.5, 4, 3, 2.8, 3.2, 4.5, 4, 3, 3, 3.6, 4.6, 5.5, 6, 6, 5, 3.5, 2],
        [3, 1.2, 0.5, 0.2, 0.1, 0.1, 0.6, 1.6, 2, 1.8, 1.8, 2.2, 3.4, 3, 2.4, 2.6, 3.4, 4.4, 5.6, 7, 8, 8.5, 7.5, 5.5],
        [7, 6, 4.5, 3, 1.6, 0.8, 0.5, 0.6, 0.8, 1, 1.4, 2, 3, 3, 2.6, 2.6, 3, 3.4, 4, 5, 6, 7, 7.6, 7.6],
    ]
)
HOUR_CHANCE = HOURS / HOURS.sum(axis=1, keepdims=True)

CARRIERS_PER_COUNTRY = 4
ACCOUNTS_PER_CARRIER_ADDRESS = 1_500


@dataclass
class People:
    """One entry per account, at its number; nobody outside the simulation sees that number.

    Devices and addresses are 64-bit keys. `sessions` is the mean number of sessions in a day, `from_ms` and `to_ms`
    the stretch of time in which the account is in use.
    """

    account_id: np.ndarray
    created_ms: np.ndarray
    country: np.ndarray
    country_known: np.ndarray
    chronotype: np.ndarray
    offset_h: np.ndarray
    sessions: np.ndarray
    from_ms: np.ndarray
    to_ms: np.ndarray
    household: np.ndarray
    place: np.ndarray
    device: np.ndarray
    second_device: np.ndarray
    second_share: np.ndarray
    new_device_ms: np.ndarray
    home: np.ndarray
    carrier: np.ndarray
    home_share: np.ndarray
    interests: np.ndarray
    likes: np.ndarray
    comments: np.ndarray
    reports: np.ndarray
    unlogged: np.ndarray
    is_creator: np.ndarray
    fame: np.ndarray
    verified: np.ndarray
    stem: np.ndarray
    link: np.ndarray

    @property
    def size(self) -> int:
        return len(self.account_id)

    @property
    def market(self) -> np.ndarray:
        return MARKETS[self.country]

    def time_of_day(self, rng: np.random.Generator, who: np.ndarray) -> np.ndarray:
        """Milliseconds after 00:00 UTC at which each of `who` is likely to be on their phone."""
        local = np.empty(len(who))
        for kind in range(len(HOURS)):
            mine = np.flatnonzero(self.chronotype[who] == kind)
            local[mine] = rng.choice(24, size=len(mine), p=HOUR_CHANCE[kind])
        hours = local + rng.random(len(who)) - self.offset_h[who]
        return (np.mod(hours, 24) * MS_PER_HOUR).astype(np.int64)

    def awake(self, who: np.ndarray, ts: np.ndarray) -> np.ndarray:
        """The chance, 0 to 1, that each of `who` is about at that time, 1 in their busiest hour."""
        hour = (ts // MS_PER_HOUR % 24 + self.offset_h[who].astype(np.int64)) % 24
        chance = HOUR_CHANCE[self.chronotype[who], hour]
        return chance / HOUR_CHANCE[self.chronotype[who]].max(axis=1)


def settle(settings: Settings) -> People:
    """Honest accounts of every kind: newcomers, dormant ones, families, the very active few."""
    n, rng, seed = settings.accounts, settings.rng("people"), settings.seed
    number = np.arange(n)
    household = households(settings, rng)
    homes = household.max(initial=0) + 1
    country = rng.choice(len(CODES), size=homes, p=SHARES)[household].astype(np.int16)
    created = creation_times(settings, rng)
    in_use_from, in_use_to = stretches_of_use(settings, rng, created)
    family_tablet = rng.random(homes) < 0.12
    members = np.bincount(household, minlength=homes)
    shares_tablet = family_tablet[household] & (members[household] > 1)
    device = keyed(seed, "device", number)
    has_second = rng.random(n) < 0.22
    second = np.where(has_second, keyed(seed, "second device", number), device)
    second = np.where(shares_tablet, keyed(seed, "tablet", household), second)
    only_tablet = shares_tablet & (rng.random(n) < 0.25)
    sizes = np.bincount(country, minlength=len(CODES))
    pool = np.maximum(1, sizes // (CARRIERS_PER_COUNTRY * ACCOUNTS_PER_CARRIER_ADDRESS))
    carrier = rng.choice(CARRIERS_PER_COUNTRY, size=n, p=[0.4, 0.3, 0.2, 0.1])
    fame = (rng.pareto(1.15, n) + 0.05).clip(max=400)
    return People(
        account_id=ids(seed, "account", number),
        created_ms=created,
        country=country,
        country_known=rng.random(n) > 0.03,
        chronotype=rng.choice(3, size=n, p=[0.45, 0.4, 0.15]).astype(np.int8),
        offset_h=(OFFSETS[country] + rng.normal(0, 0.8, n)).round(2),
        sessions=rng.lognormal(0, 1.15, n).clip(max=25),
        from_ms=in_use_from,
        to_ms=in_use_to,
        household=household,
        place=places(settings, rng, country),
        device=np.where(only_tablet, second, device),
        second_device=second,
        second_share=np.where(has_second | shares_tablet, rng.beta(1.5, 4, n), 0.0),
        new_device_ms=np.where(
            rng.random(n) < 0.08, settings.start + rng.integers(0, max(1, settings.days), n) * MS_PER_DAY, settings.end
        ),
        home=keyed(seed, "home", household),
        carrier=(country.astype(np.int64) * CARRIERS_PER_COUNTRY + carrier) * 10_000 + pool[country],
        home_share=rng.beta(3, 2, n),
        interests=interests(rng, household, homes),
        likes=rng.beta(1.1, 7, n),
        comments=rng.beta(0.5, 14, n),
        reports=np.where(rng.random(n) < 0.04, rng.uniform(0.02, 0.25, n), 0.001),
        unlogged=np.where(rng.random(n) < 0.06, rng.uniform(0.1, 0.7, n), 0.02),
        is_creator=rng.random(n) < 0.25,
        fame=fame,
        verified=(fame > 40) & (rng.random(n) < 0.5),
        stem=np.full(n, -1),
        link=np.full(n, -1),
    )


def households(settings: Settings, rng: np.random.Generator) -> np.ndarray:
    """Number of the home of each account: 1 to 6 live together; everybody alone in a world without crowds."""
    n = settings.accounts
    if settings.crowds == 0:
        return np.arange(n)
    sizes = rng.choice([1, 2, 3, 4, 5, 6], size=n, p=[0.56, 0.22, 0.1, 0.07, 0.03, 0.02])
    return rng.permutation(np.repeat(np.arange(n), sizes)[:n])


def places(settings: Settings, rng: np.random.Generator, country: np.ndarray) -> np.ndarray:
    """Number of the school, office or cafe whose address an account is on at times, -1 for none."""
    place = np.full(len(country), -1)
    if settings.crowds == 0:
        return place
    number = 0
    for code in range(len(CODES)):
        goers = rng.permutation(np.flatnonzero((country == code) & (rng.random(len(country)) < 0.3)))
        cut = 0
        while cut < len(goers):
            size = int(np.clip(rng.lognormal(3, 0.9), 5, 400))
            place[goers[cut : cut + size]] = number
            cut, number = cut + size, number + 1
    return place


def interests(rng: np.random.Generator, household: np.ndarray, homes: int) -> np.ndarray:
    """The topics of each account, dearest first; some are everybody's, and a home has some in common."""
    weights = rng.permutation(1 / np.arange(1, TOPICS + 1) ** 0.6)
    topics = rng.choice(TOPICS, size=(len(household), INTERESTS_EACH), p=weights / weights.sum()).astype(np.int8)
    at_home = rng.choice(TOPICS, size=homes, p=weights / weights.sum()).astype(np.int8)
    topics[:, 2] = at_home[household]
    return topics


def creation_times(settings: Settings, rng: np.random.Generator) -> np.ndarray:
    """Sign-ups: most long ago, some in the weeks that the lake covers, at all hours."""
    n = settings.accounts
    age_days = rng.exponential(420, n).clip(max=2200) + 1
    old = settings.start - (age_days * MS_PER_DAY).astype(np.int64)
    recent = settings.start + (rng.random(n) * (settings.end - settings.start) * 0.98).astype(np.int64)
    return np.where(rng.random(n) < 0.09, recent, old)


def stretches_of_use(
    settings: Settings, rng: np.random.Generator, created: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """From when to when each account is used within the lake: all along, only for a while, or not before a comeback."""
    n, span = len(created), settings.end - settings.start
    kind = rng.random(n)
    begin = settings.start + (rng.random(n) * span).astype(np.int64)
    length = (rng.exponential(0.3, n) * span).astype(np.int64)
    comes_back, leaves = kind < 0.08, (kind >= 0.08) & (kind < 0.2)
    start = np.where(comes_back, begin, settings.start)
    end = np.where(leaves, begin, np.where(comes_back & (kind < 0.04), begin + length, settings.end))
    return np.maximum(start, created + 30_000), np.minimum(end, settings.end)
