"""Show a ring: its graph, its timeline, its members, on one page."""

from jobs.job import Context, Facts, Job, main

from pathlib import Path

import click

from features.rings import RINGS_WITH_FEATURES
from features.rings.page import ring_page
from features.rings.picture import Picture, picture
from lake.errors import UsageError
from lake.schemas import ACCOUNTS, EVENTS, LINK_EVIDENCE, RING_MEMBERS, RINGS, VIDEOS
from wording.reasons import row_of_ring


def run(context: Context) -> Facts:
    """Write a page that shows one ring: who is linked by what, what they did when, who they are, why the score.

    RING_ID as in the table rings. The page stands alone and is safe to open: all text on it was written by the accounts
    it is about, so it is shown as text, with no script and no link. Run it after `rings` of the same day.
    """
    ring_id = context.options["ring_id"]
    ring = context.day(RINGS_WITH_FEATURES).where(f"ring_id = {ring_id}").first()
    if ring is None:
        raise UsageError(f"no ring {ring_id} on {context.as_of}: the ids are in table rings")
    shown: Picture = picture(
        context.day(RING_MEMBERS).where(f"ring_id = {ring_id}"),
        context.day(LINK_EVIDENCE),
        context.source(ACCOUNTS),
        context.source(VIDEOS),
        context.delivered(EVENTS, context.limits.links.window_days),
    )
    page = context.options["out"] or Path(f"ring-{ring_id}-{context.as_of}.html")
    reasons = [row_of_ring(reason) for reason in ring.reasons]
    page.write_text(ring_page(ring.asDict(), reasons, *shown, left_out=ring["size"] - len(shown.members)))
    return {"ring": ring_id, "accounts": ring["size"], "page": page.resolve()}


JOB = Job(
    "show_ring",
    "Write a page that shows one ring",
    run,
    reads=(RINGS, RING_MEMBERS, LINK_EVIDENCE, ACCOUNTS, VIDEOS, EVENTS),
    options=(
        click.Argument(["ring_id"], type=int),
        click.Option(
            ["--out"], type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Where to write it."
        ),
    ),
)

if __name__ == "__main__":
    main(JOB)
