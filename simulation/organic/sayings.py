"""What crowds say: shouts, chants, slogans, phrases that somebody asked for."""

import numpy as np

Rng = np.random.Generator
GOALS = (
    "GOAL",
    "GOOOAL",
    "goal!!!",
    "LET'S GO",
    "no way",
    "VAMOS",
    "⚽⚽⚽",
    "🔥🔥🔥",
    "what a save",
    "ref?!",
    "penalty!!",
    "COME ON",
    "🏆",
    "we won",
    "unbelievable",
    "golazo",
    "GG",
    "MVP",
)
NEWS = (
    "stay safe everyone",
    "🙏🙏🙏",
    "praying",
    "is this real?",
    "what happened",
    "omg",
    "RIP",
    "💔",
    "source?",
    "stay safe",
    "so sad",
    "I felt it too",
    "thoughts with everyone there",
)
CHANTS = (
    "{} to number one 💜",
    "stream {} 💜💜💜",
    "we love you {}",
    "{} queen",
    "best {} era",
    "{} forever ❤️",
    "happy {} day 🎉",
)
SLOGANS = (
    "#{0}now",
    "#justicefor{0}",
    "stand with {0}",
    "#save{0} before it is too late",
    "we will not be silent #{0}",
    "#free{0}",
    "{0} deserves better. share this everywhere",
)
ENTRIES = (
    "done ✅ followed, liked and shared",
    "I want to win this one please",
    "entering the giveaway 🎁",
    "WIN {0}",
    "{0} giveaway entry, good luck everyone",
    "count me in for the {0} 🎉",
)
OFFERS = (
    "{link} use my code {code} for 15% off",
    "code {code} saves you 10% at {link}",
    "get it here {link} ({code})",
    "link in bio, {code} for free shipping",
    "10% off with {code} 👉 {link}",
)
TASKS = (
    "present - week {0}",
    "Watched lesson {0}, thank you professor",
    "homework {0} done",
    "Lesson {0} completed. Group {1}",
    "attendance {0} group {1}",
    "I have watched lecture {0}",
)
PRAISE = (
    "obsessed with this",
    "this is so good!!",
    "yesss 👏",
    "you never miss",
    "love this one",
    "gorgeous 😍",
    "🔥🔥",
    "so proud of you",
    "the edit 😮‍💨",
    "amazing work as always",
    "saving this",
    "need a tutorial",
)
ANGER = (
    "reported",
    "this is disgusting",
    "how is this still up",
    "report this!!",
    "take this down",
    "shame on you",
    "reported 🚩",
    "animal abuse, report",
    "everyone report this",
    "never again",
)
CHAT = (
    "starting now!!",
    "here 🍿",
    "who else is watching",
    "this part 😭",
    "I called it",
    "ok that twist",
    "pause pause",
    "see you next week",
    "🍿🍿",
    "best episode so far",
)
MOVED = (
    "new here, moved over from {0}",
    "old {0} favourites coming",
    "from my {0} days",
    "my {0} archive",
    "{0} refugee 👋",
)
SYLLABLES = ("ba", "do", "ka", "li", "mo", "na", "re", "sa", "ti", "vu", "ze", "ru", "pe", "lo", "mi")


def name(rng: Rng, syllables: int = 3) -> str:
    """A name that nobody has."""
    return "".join(rng.choice(SYLLABLES, syllables))


def of(rng: Rng, choices: tuple[str, ...], count: int, favour: float = 0.0) -> np.ndarray:
    """Texts out of a few, the first more often the larger `favour`, in the ways in which people type them."""
    weights = 1 / np.arange(1, len(choices) + 1) ** favour
    texts = np.array(choices, object)[rng.choice(len(choices), count, p=weights / weights.sum())]
    for place, how in zip(*_changes(rng, count), strict=True):
        texts[place] = CHANGES[how](texts[place])
    return texts


CHANGES = (
    str.lower,
    str.upper,
    lambda text: text + "!",
    lambda text: text + text[-1] * 2,
    lambda text: text + " 😭",
    lambda text: text + " ❤️",
)


def _changes(rng: Rng, count: int) -> tuple[list[int], list[int]]:
    places = np.flatnonzero(rng.random(count) < 0.4)
    return places.tolist(), rng.integers(0, len(CHANGES), len(places)).tolist()
