"""Crowds of uploaders: the same meme, the same news clips, the same shop."""

import numpy as np

from simulation.organic import sayings
from simulation.organic.draws import Rng, delays, each, moments, part, some, takers
from simulation.organic.gatherings import strangers
from simulation.organic.platform import DAY, HOUR, MINUTE, SECOND
from simulation.organic.stage import Stage, near, new_frames, new_ids

MEME_UPLOADERS, MEME_PEOPLE, MEME_DAYS, MEME_BITS = (15, 200), (30, 500), (2, 14), (4, 30)
NEWS_OUTLETS, NEWS_CLIPS, NEWS_TAKEN, NEWS_MINUTES, NEWS_BITS = (8, 16), (6, 60), (0.5, 0.95), (4, 55), (0, 12)
SHOP_CREATORS, SHOP_COMMENTS, SHOP_UPLOADS = (10, 60), (1, 10), (0, 5)
ENDINGS = ("shop", "store", "com", "me")


def meme_wave(stage: Stage, rng: Rng) -> None:
    """A meme: strangers to one another make nearly the same picture with the same sound; others like them all."""
    makers = strangers(stage, rng, MEME_UPLOADERS)
    first, last = stage.days(rng, *MEME_DAYS)
    shown = np.sort(first + (rng.beta(2, 3, len(makers)) * (last - first)).astype(np.int64))
    makers, sound = rng.permutation(makers), int(new_ids(rng, 1)[0])
    frames = near(rng, np.repeat(new_frames(rng, 1), len(makers), axis=0), some(rng, MEME_BITS))
    videos = stage.upload(
        rng,
        makers,
        stage.own_hours(rng, makers, shown),
        tags=[sayings.name(rng)],
        sound=np.full(len(makers), sound),
        frame=frames,
        duration_ms=rng.integers(6_000, 16_000, len(makers)),
    )
    people = strangers(stage, rng, MEME_PEOPLE)
    member, which = takers(rng, each(rng, (0.02, part(rng, (0.1, 0.5))), len(people)), len(videos))
    who, video = people[member], videos[which]
    ts = stage.uploaded[video] + delays(rng, part(rng, (3, 40)) * HOUR, len(video)) + SECOND
    stage.visit(rng, who, video, stage.when_awake(rng, who, ts), like=part(rng, (0.4, 0.9)), comment=0.05, share=0.08)
    stage.pass_by(rng, videos, 80)


def syndicated_news(stage: Stage, rng: Rng) -> None:
    """News by one agency: for weeks a dozen outlets upload the same clips within the hour, with nearly its captions."""
    outlets = stage.creators(rng, some(rng, NEWS_OUTLETS))
    first, last = stage.days(rng, 10, 60)
    sent = moments(rng, first, last, some(rng, NEWS_CLIPS))
    outlet, clip = takers(rng, each(rng, NEWS_TAKEN, len(outlets)), len(sent))
    shown = sent[clip] + delays(rng, part(rng, NEWS_MINUTES) * MINUTE, len(clip)) + MINUTE
    captions, length = stage.remarks(rng, len(sent)), rng.integers(15_000, 120_000, len(sent))
    shorter = rng.random(len(clip)) < 0.3
    videos = stage.upload(
        rng,
        outlets[outlet],
        shown,
        tags=["news"],
        sound=new_ids(rng, len(sent))[clip],
        captions=np.where(shorter, captions[clip] + " 📰", captions[clip]),
        frame=near(rng, new_frames(rng, len(sent))[clip], some(rng, (NEWS_BITS[0] + 1, NEWS_BITS[1]))),
        duration_ms=length[clip] + rng.integers(-500, 500, len(clip)),
    )
    stage.pass_by(rng, videos, 60)


def affiliate_shop(stage: Stage, rng: Rng) -> None:
    """A shop pays for sales: creators who do not know one another name its link and code in their bios and comments."""
    sellers = stage.creators(rng, some(rng, SHOP_CREATORS))
    shop = f"{sayings.name(rng)}.{rng.choice(ENDINGS)}"
    one_code = rng.random() < 0.4
    codes = [
        sayings.name(rng, 2).upper() + ("15" if one_code else str(number)) for number in range(10, 10 + len(sellers))
    ]
    offers = [
        str(rng.choice(sayings.OFFERS)).format(link=shop, code=codes[0 if one_code else at])
        for at in range(len(sellers))
    ]
    for place in np.flatnonzero(rng.random(len(sellers)) < part(rng, (0.4, 1.0))).tolist():
        stage.add_to_bio(int(sellers[place]), offers[place])
    first, last = stage.days(rng, 10, 60)
    seller = np.repeat(np.arange(len(sellers)), rng.integers(SHOP_UPLOADS[0], SHOP_UPLOADS[1] + 1, len(sellers)))
    shown = stage.own_hours(rng, sellers[seller], moments(rng, first, last, len(seller)))
    captions = stage.remarks(rng, len(seller))
    named = rng.random(len(seller)) < 0.5
    captions[named] = captions[named] + " " + np.array(offers, object)[seller[named]]
    own = stage.upload(rng, sellers[seller], shown, captions=captions)
    theirs = np.flatnonzero(
        np.isin(stage.author, sellers) & (stage.uploaded < last) & (stage.uploaded >= first - 30 * DAY)
    )
    if not len(theirs):
        return
    order = np.argsort(sellers)
    by = order[np.searchsorted(sellers[order], stage.author[theirs])]
    again = np.repeat(np.arange(len(theirs)), rng.poisson(some(rng, SHOP_COMMENTS) / 3, len(theirs)))
    who, video, text = sellers[by[again]], theirs[again], np.array(offers, object)[by[again]]
    ts = np.maximum(stage.uploaded[video], first) + delays(rng, 2 * DAY, len(video)) + MINUTE
    device, address = stage.machines(rng, who)
    stage.comment(who, video, ts, text, device, address)
    stage.pass_by(rng, own, 50)
