"""Crowds of people who know one another or agreed: fans, friends, classes, courses, managers, movers."""

from functools import partial

import numpy as np

from simulation.organic import sayings
from simulation.organic.draws import Rng, delays, each, moments, pairs, part, some, takers
from simulation.organic.gatherings import a_country
from simulation.organic.platform import DAY, HOUR, MINUTE, SECOND
from simulation.organic.stage import Stage

PARTY_FANS, PARTY_DAYS, PARTY_UPLOADS_PER_DAY = (15, 200), (10, 42), (0.15, 1.0)
PARTY_EVENINGS, PARTY_REPLAYS, PARTY_GAP_MINUTES, PARTY_KEEN = (2, 14), (1, 6), (1, 25), (0.3, 0.9)
POD_CREATORS, POD_DAYS, POD_UPLOADS_PER_DAY, POD_KEEN, POD_LAG_HOURS = (
    (5, 15),
    (14, 42),
    (0.1, 1.0),
    (0.4, 0.97),
    (0.2, 14),
)
CLASS_PUPILS, CLASS_SIGN_UP_DAYS, CLASS_DEVICES, CLASS_VIDEOS_PER_DAY = (20, 35), (0.2, 4), (4, 16), (0.5, 5)
COURSE_STUDENTS, COURSE_LESSONS, COURSE_DUE_DAYS = (12, 150), (4, 14), (0.5, 7)
CLUB_PEOPLE, CLUB_NIGHTS, CLUB_KEEN = (8, 45), (3, 16), (0.35, 0.9)
AGENCY_MANAGERS, AGENCY_BRANDS, AGENCY_UPLOADS_PER_DAY = (2, 5), (5, 15), (0.1, 0.9)
MIGRANTS, MIGRATION_DAYS, MIGRATION_VIDEOS, MIGRATION_SEEN = (12, 90), (1, 6), (2, 30), (3, 60)
EVERYDAY_VIEWS = (0.5, 8)
"""Videos a day that new accounts watch beside what brings them together."""


def streaming_party(stage: Stage, rng: Rng) -> None:
    """A fan club: for weeks fans replay and like their idol's new videos within minutes, and meet at agreed hours."""
    idol = stage.creators(rng, 1)
    fans = stage.people(rng, some(rng, PARTY_FANS), stage.at_home_in(int(stage.platform.country[idol[0]])))
    fans = fans[fans != idol[0]]
    first, last = stage.days(rng, *PARTY_DAYS)
    count = max(3, round((last - first) / DAY * part(rng, PARTY_UPLOADS_PER_DAY)))
    hour = stage.evening(int(stage.platform.country[idol[0]]), rng)
    shown = moments(rng, first, last, count)
    if rng.random() < 0.5:
        shown = np.sort(shown // DAY * DAY + hour + delays(rng, 10 * MINUTE, count))
    videos = stage.upload(rng, np.repeat(idol, count), shown, tags=[sayings.name(rng)], member=False)
    keen, gap = each(rng, PARTY_KEEN, len(fans)), part(rng, PARTY_GAP_MINUTES) * MINUTE
    chants = tuple(text.format(sayings.name(rng)) for text in rng.choice(sayings.CHANTS, 3, replace=False))
    member, which = takers(rng, keen, count)
    ts = shown[which] + delays(rng, gap, len(which)) + 2 * SECOND
    awake = stage.awake(rng, fans[member], ts)
    _replay(stage, rng, fans[member[awake]], videos[which[awake]], ts[awake], chants)
    for evening in moments(rng, first, last, some(rng, PARTY_EVENINGS)).tolist():
        begins = evening // DAY * DAY + hour
        older = np.flatnonzero(shown < begins)[-int(rng.integers(1, 9)) :]
        member, place = takers(rng, keen * part(rng, (0.3, 0.9)), len(older))
        ts = begins + place * int(part(rng, (1, 6)) * MINUTE) + delays(rng, gap, len(member))
        _replay(stage, rng, fans[member], videos[older[place]], ts, chants)
    joins = rng.random(len(fans)) < 0.6
    stage.follow(rng, fans[joins], idol[0], moments(rng, first, last, joins.sum()))
    stage.pass_by(rng, videos, 200)


def _replay(
    stage: Stage, rng: Rng, who: np.ndarray, video: np.ndarray, ts: np.ndarray, chants: tuple[str, ...]
) -> None:
    """Watch a video once or several times in a row; like it, and chant below it now and then."""
    times = np.maximum(rng.poisson(part(rng, PARTY_REPLAYS), len(who)), 1)
    more = np.repeat(np.arange(len(who)), times - 1)
    stage.visit(
        rng,
        who,
        video,
        ts,
        like=0.85,
        comment=part(rng, (0.05, 0.5)),
        share=0.1,
        attention=(4, 1),
        words=lambda count: sayings.of(rng, chants, count, favour=1),
    )
    nth = np.arange(len(more)) - np.repeat(np.cumsum(times - 1) - (times - 1), times - 1) + 1
    length = (stage.duration_ms[video[more]] * 1000 * nth * 1.1).astype(np.int64)
    stage.visit(rng, who[more], video[more], ts[more] + length + delays(rng, 20 * SECOND, len(more)), attention=(4, 1))


def creator_pod(stage: Stage, rng: Rng) -> None:
    """Friends who create: for weeks each likes and comments on nearly every upload of the others."""
    friends = stage.creators(rng, some(rng, POD_CREATORS), a_country(stage, rng))
    first, last = stage.days(rng, *POD_DAYS)
    uploads = np.maximum(rng.poisson(each(rng, POD_UPLOADS_PER_DAY, len(friends)) * (last - first) / DAY), 1)
    author = np.repeat(friends, uploads)
    shown = stage.own_hours(rng, author, moments(rng, first, last, len(author)))
    stage.upload(rng, author, shown)
    old = stage.platform
    theirs = np.flatnonzero(np.isin(stage.author, friends) & (stage.uploaded >= first) & (stage.uploaded < last))
    member, which = takers(rng, each(rng, POD_KEEN, len(friends)), len(theirs))
    other = friends[member] != stage.author[theirs[which]]
    who, video = friends[member[other]], theirs[which[other]]
    ts = stage.uploaded[video] + delays(rng, part(rng, POD_LAG_HOURS) * HOUR, len(video)) + 5 * SECOND
    stage.visit(
        rng,
        who,
        video,
        stage.when_awake(rng, who, ts),
        like=part(rng, (0.7, 1.0)),
        comment=part(rng, (0.3, 0.95)),
        share=0.05,
        words=lambda count: _praise(stage, rng, count),
    )
    one, two = pairs(rng, len(friends), part(rng, (0.3, 0.9)))
    stage.follow(rng, friends[one], friends[two], moments(rng, first, last, len(one)))
    stage.pass_by(rng, theirs[theirs >= len(old.video_id)], 120)


def _praise(stage: Stage, rng: Rng, count: int) -> np.ndarray:
    """What friends write below a video: what friends always write, or something about it."""
    return np.where(rng.random(count) < 0.5, sayings.of(rng, sayings.PRAISE, count), stage.remarks(rng, count))


def school_class(stage: Stage, rng: Rng) -> None:
    """A class: pupils sign up within days at the school's address, watch the same videos and those of one another."""
    size, country = some(rng, CLASS_PUPILS), a_country(stage, rng)
    first = stage.start - int(part(rng, (-0.4, 0.4)) * (stage.end - stage.start))
    created = first + (rng.random(size) * part(rng, CLASS_SIGN_UP_DAYS) * DAY).astype(np.int64)
    tablets, school = stage.new_devices(rng, some(rng, CLASS_DEVICES)), stage.new_addresses(rng, 1)
    own = rng.random(size) < part(rng, (0.0, 0.8))
    device = np.where(own, stage.new_devices(rng, size), rng.choice(tablets, size))
    pupils = stage.sign_up(rng, created, country, device, np.repeat(school, size))
    home = stage.new_addresses(rng, size)
    begins, ends = max(stage.start, int(created.max())), stage.end
    if ends - begins < DAY:
        return
    author = rng.choice(pupils, some(rng, (3, 40)))
    shown = stage.own_hours(rng, author, moments(rng, begins, ends, len(author)))
    theirs = stage.upload(rng, author, shown, tags=[f"class{sayings.name(rng, 1)}"])
    member, which = takers(rng, each(rng, (0.2, 0.8), size), len(theirs))
    _at_school(
        stage, rng, pupils[member], theirs[which], stage.uploaded[theirs[which]], device[member], school, (0.5, 0.2)
    )
    sent = moments(rng, begins, ends, max(1, round((ends - begins) / DAY * part(rng, CLASS_VIDEOS_PER_DAY))))
    seen = stage.watched_at(rng, sent, within=48)
    member, which = takers(rng, each(rng, (0.1, 0.7), size), len(sent))
    _at_school(stage, rng, pupils[member], seen[which], sent[which], device[member], school, (0.35, 0.08))
    one, two = pairs(rng, size, part(rng, (0.1, 0.7)))
    stage.follow(rng, pupils[one], pupils[two], created[one] + delays(rng, 3 * DAY, len(one)) + MINUTE)
    stage.live(rng, pupils, each(rng, EVERYDAY_VIEWS, size), begins, ends, device=device, address=home)


def _at_school(
    stage: Stage,
    rng: Rng,
    who: np.ndarray,
    video: np.ndarray,
    ts: np.ndarray,
    device: np.ndarray,
    school: np.ndarray,
    does: tuple[float, float],
) -> None:
    """Watch what goes round in class, in the hours after it came up, at the school's address."""
    ts = stage.when_awake(rng, who, ts + delays(rng, part(rng, (0.3, 20)) * HOUR, len(who)))
    stage.visit(rng, who, video, ts, like=does[0], comment=does[1], device=device, address=np.repeat(school, len(who)))


def course(stage: Stage, rng: Rng) -> None:
    """A lecturer asks for a phrase below each lesson: students watch it and write that, most just before it is due."""
    lecturer = stage.creators(rng, 1)
    students = stage.people(rng, some(rng, COURSE_STUDENTS), stage.at_home_in(int(stage.platform.country[lecturer[0]])))
    students = students[students != lecturer[0]]
    first, last = stage.days(rng, 14, 60)
    shown = np.linspace(first, max(first, last - DAY), some(rng, COURSE_LESSONS)).astype(np.int64) // HOUR * HOUR
    lessons = stage.upload(
        rng, np.repeat(lecturer, len(shown)), shown, tags=[f"course{sayings.name(rng, 2)}"], member=False
    )
    phrase, group = str(rng.choice(sayings.TASKS)), int(rng.integers(1, 9))
    due = part(rng, COURSE_DUE_DAYS) * DAY
    keen = each(rng, (0.5, 1.0), len(students))
    for number, (lesson, at) in enumerate(zip(lessons.tolist(), shown.tolist(), strict=True), start=1):
        words = partial(sayings.of, rng, (phrase.format(number, group),))
        there = students[rng.random(len(students)) < keen]
        ts = at + (rng.beta(1.2, 0.8, len(there)) * due).astype(np.int64) + MINUTE
        stage.visit(
            rng,
            there,
            np.full(len(there), lesson),
            stage.when_awake(rng, there, ts),
            like=part(rng, (0.1, 0.6)),
            comment=0.95,
            words=words,
            attention=(4, 1),
        )
    joins = rng.random(len(students)) < 0.8
    stage.follow(rng, students[joins], lecturer[0], moments(rng, first, first + 3 * DAY, joins.sum()))
    stage.pass_by(rng, lessons, 20)


def watch_club(stage: Stage, rng: Rng) -> None:
    """A club that meets to watch: at an agreed hour all start the same video within minutes and chat below it."""
    members = stage.people(rng, some(rng, CLUB_PEOPLE), stage.at_home_in(country := a_country(stage, rng)))
    keen, hour = each(rng, CLUB_KEEN, len(members)), stage.evening(country, rng)
    first, last = stage.days(rng, 14, 60)
    for night in np.linspace(first, max(first, last - DAY), some(rng, CLUB_NIGHTS)).astype(np.int64).tolist():
        begins = night // DAY * DAY + hour
        shown = stage.watched_at(rng, np.array([begins]), within=72)
        there = members[rng.random(len(members)) < keen]
        ts = begins + delays(rng, part(rng, (0.5, 8)) * MINUTE, len(there))
        stage.visit(
            rng,
            there,
            np.repeat(shown, len(there)),
            ts,
            like=part(rng, (0.2, 0.8)),
            comment=part(rng, (0.2, 0.9)),
            words=lambda count: sayings.of(rng, sayings.CHAT, count),
            attention=(5, 1),
        )


def agency(stage: Stage, rng: Rng) -> None:
    """Managers who each run some honest brands from one device and address; each brand posts and answers its own."""
    country, office = a_country(stage, rng), stage.new_addresses(rng, 1)
    same_office = rng.random() < 0.5
    for _ in range(some(rng, AGENCY_MANAGERS)):
        size = some(rng, AGENCY_BRANDS)
        device = np.repeat(stage.new_devices(rng, 1), size)
        address = np.repeat(office if same_office else stage.new_addresses(rng, 1), size)
        created = stage.start - (rng.exponential(200, size) * DAY).astype(np.int64) - DAY
        brands = stage.sign_up(rng, created, country, device, address)
        first, last = stage.start, stage.end
        uploads = np.maximum(rng.poisson(each(rng, AGENCY_UPLOADS_PER_DAY, size) * (last - first) / DAY), 1)
        author = np.repeat(brands, uploads)
        shown = stage.own_hours(rng, author, moments(rng, first, last, len(author)))
        videos = stage.upload(rng, author, shown)
        stage.pass_by(rng, videos, 50)
        answers = np.repeat(np.arange(len(author)), rng.poisson(part(rng, (0.3, 3)), len(author)))
        ts = stage.own_hours(rng, author[answers], shown[answers] + delays(rng, DAY, len(answers)) + HOUR)
        at = author[answers] - brands[0]
        stage.visit(
            rng,
            author[answers],
            videos[answers],
            np.maximum(ts, shown[answers] + MINUTE),
            comment=1.0,
            device=device[at],
            address=address[at],
        )
        stage.live(rng, brands, each(rng, EVERYDAY_VIEWS, size), first, last, device=device, address=address)


def migration(stage: Stage, rng: Rng) -> None:
    """People move over from another platform: they sign up within days, follow one another, upload their old videos."""
    size, country = some(rng, MIGRANTS), a_country(stage, rng)
    first, last = stage.days(rng, *MIGRATION_DAYS)
    created = first + (rng.beta(1.5, 2, size) * (last - first) * 0.9).astype(np.int64)
    movers = stage.sign_up(rng, created, country, None, None)
    old_place = sayings.name(rng, 2).title()
    author = np.repeat(movers, np.maximum(rng.poisson(part(rng, MIGRATION_VIDEOS) * rng.beta(1, 2, size) * 2), 1))
    shown = created[author - movers[0]] + delays(rng, part(rng, (1, 48)) * HOUR, len(author)) + 5 * MINUTE
    captions = np.where(
        rng.random(len(author)) < 0.3,
        sayings.of(rng, tuple(text.format(old_place) for text in sayings.MOVED), len(author)),
        stage.remarks(rng, len(author)),
    )
    theirs = stage.upload(rng, author, shown, captions=captions)
    one, two = pairs(rng, size, part(rng, (0.05, 0.6)))
    met = np.maximum(created[one], created[two]) + delays(rng, part(rng, (0.2, 4)) * DAY, len(one)) + MINUTE
    stage.follow(rng, movers[one], movers[two], met)
    member, which = takers(rng, each(rng, MIGRATION_SEEN, size) / len(theirs), len(theirs))
    other = movers[member] != author[which]
    who, video = movers[member[other]], theirs[which[other]]
    ts = np.maximum(shown[which[other]], created[member[other]]) + delays(rng, 30 * HOUR, len(who)) + MINUTE
    stage.visit(rng, who, video, stage.when_awake(rng, who, ts), like=0.6, comment=0.15)
    stage.live(rng, movers, each(rng, EVERYDAY_VIEWS, size), first, stage.end)
    stage.pass_by(rng, theirs, 20)
