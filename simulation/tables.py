"""A planned world as frames of the source tables and of the truth, made by Spark tasks out of the plan."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from engine import ship
from lake.schemas import ACCOUNTS, EVENTS, VIDEOS, Table
from simulation.dirt import with_dirt
from simulation.films import NO_SOUND
from simulation.keys import ids, keyed, pseudonyms
from simulation.life import BLOCK, CAFE_DEVICES, CAFE_EVERY, ID_SPACE, Scene, everyday, planned
from simulation.people import CODES
from simulation.truth import CROWDS, TRUTH_ACCOUNTS, TRUTH_GROUPS, TRUTH_VIDEOS
from simulation.words import SpamBook, bio, caption, handle
from simulation.world import World

ROWS_PER_BLOCK = 8_192
"""Accounts or videos whose texts are drawn at once. A part of every draw: another size is another world."""

Blocks = Iterator[pa.RecordBatch]


def made(
    spark: SparkSession, world: World, table: Table, units: int, make: Callable[[Scene, int], Blocks], tasks: int
) -> DataFrame:
    """A frame whose rows `make` draws for each of `units` numbers; what a unit holds does not depend on `tasks`."""
    shipped = ship(world)

    def run(batches: Iterable[pa.RecordBatch]) -> Blocks:
        scene = Scene(shipped.value)
        for batch in batches:
            for number in batch.column(0).to_pylist():
                yield from make(scene, number)

    return spark.range(0, units, 1, max(1, min(tasks, units))).mapInArrow(run, table.types)


def events(spark: SparkSession, world: World, tasks: int | None = None) -> DataFrame:
    """All events; a task makes whole days, so that each day is one file."""
    blocks, settings = -(-world.people.size // BLOCK), world.settings

    def day_of(scene: Scene, day: int) -> Blocks:
        rng = settings.rng("dirty events", day)
        for block in range(-1, blocks):
            good = planned(scene, day) if block < 0 else everyday(scene, day, block)
            number = (day * (1 << 20) + block + 1) * ID_SPACE
            yield from with_dirt(EVENTS, rng, good, settings.dirty, settings.seed, number)

    return made(spark, world, EVENTS, world.settings.days, day_of, tasks or world.settings.days)


def accounts(spark: SparkSession, world: World, tasks: int = 8) -> DataFrame:
    def block_of(scene: Scene, block: int) -> Blocks:
        settings = scene.world.settings
        rng, good = settings.rng("dirty accounts", block), account_rows(scene, block)
        yield from with_dirt(ACCOUNTS, rng, good, settings.dirty, settings.seed, block * ROWS_PER_BLOCK)

    return made(spark, world, ACCOUNTS, -(-world.people.size // ROWS_PER_BLOCK), block_of, tasks)


def videos(spark: SparkSession, world: World, tasks: int = 8) -> DataFrame:
    def block_of(scene: Scene, block: int) -> Blocks:
        settings = scene.world.settings
        rng, good = settings.rng("dirty videos", block), video_rows(scene, block)
        yield from with_dirt(VIDEOS, rng, good, settings.dirty, settings.seed, block * ROWS_PER_BLOCK)

    return made(spark, world, VIDEOS, -(-world.films.size // ROWS_PER_BLOCK), block_of, tasks)


def moments(ms: np.ndarray) -> pa.Array:
    return pa.array(ms * 1000, pa.timestamp("us", tz="UTC"))


def account_rows(scene: Scene, block: int) -> pa.RecordBatch:
    world = scene.world
    people, settings = world.people, world.settings
    rng = settings.rng("profiles", block)
    # Numbers carry the order of planning, so rows are written in the order of the ids.
    mine = scene.by_account_id[block * ROWS_PER_BLOCK : (block + 1) * ROWS_PER_BLOCK]
    links = {}
    for ring in np.unique(people.link[mine]):
        links[int(ring)] = None if ring < 0 else SpamBook(settings.seed, int(ring), "en", False).link
    sign_up_home = np.where(rng.random(len(mine)) < 0.75, people.home[mine], people.home[mine] ^ np.uint64(0xABCDEF))
    sign_up_device = np.where(
        rng.random(len(mine)) < 0.93, people.device[mine], people.device[mine] ^ np.uint64(0x123456)
    )
    in_cafe = (people.place[mine] >= 0) & (people.place[mine] % CAFE_EVERY == 0) & (rng.random(len(mine)) < 0.4)
    cafe = np.maximum(people.place[mine], 0)
    cafe_device = keyed(settings.seed, "cafe device", cafe, rng.integers(0, CAFE_DEVICES, len(mine)))
    sign_up_device = np.where(in_cafe, cafe_device, sign_up_device)
    sign_up_home = np.where(in_cafe, keyed(settings.seed, "place", cafe), sign_up_home)
    sign_up_device[rng.random(len(mine)) < 0.015] = 0
    sign_up_home[rng.random(len(mine)) < 0.02] = 0
    return pa.record_batch(
        [
            pa.array(people.account_id[mine]),
            moments(people.created_ms[mine]),
            pa.array(CODES[people.country[mine]], pa.string(), mask=~people.country_known[mine]),
            pa.array([handle(rng, int(stem), settings.seed) for stem in people.stem[mine]], pa.string()),
            pa.array([bio(rng, links[int(ring)]) for ring in people.link[mine]], pa.string()),
            pa.array(people.verified[mine]),
            pseudonyms(sign_up_device, "d"),
            pseudonyms(sign_up_home, "a"),
        ],
        names=ACCOUNTS.columns,
    )


def video_rows(scene: Scene, block: int) -> pa.RecordBatch:
    world = scene.world
    films, settings = world.films, world.settings
    mine = scene.by_video_id[block * ROWS_PER_BLOCK : (block + 1) * ROWS_PER_BLOCK]
    texts = []
    for number in mine:
        source = int(films.copy_of[number])
        # A copied caption is drawn like that of its source: from a generator of the source's own.
        own = settings.rng("caption", source if source >= 0 else int(number))
        language = world.language[films.creator[source if source >= 0 else number]]
        texts.append(caption(own, str(language), int(films.topic[number])))
    sound = films.sound[mine]
    frame = pa.array([row.tobytes() for row in films.frame[mine]], pa.binary(), mask=~films.frame_known[mine])
    return pa.record_batch(
        [
            pa.array(films.video_id[mine]),
            pa.array(world.people.account_id[films.creator[mine]]),
            moments(films.created_ms[mine]),
            pa.array([text for text, _ in texts], pa.string()),
            pa.array([tags for _, tags in texts], pa.list_(pa.string())),
            pa.array(ids(settings.seed, "sound", np.maximum(sound, 0)), mask=sound == NO_SOUND),
            pa.array(films.duration_ms[mine]),
            frame,
        ],
        names=VIDEOS.columns,
    )


def truth(spark: SparkSession, world: World) -> dict[Table, DataFrame]:
    """The truth about accounts, videos and groups."""
    people, seed = world.people, world.settings.seed
    group_ids = {group.number: int(ids(seed, "group", np.array([group.number]))[0]) for group in world.groups}
    best: dict[int, tuple] = {}
    order = {scheme: place for place, scheme in enumerate(CROWDS)}
    members = []
    for group in sorted(
        world.groups, key=lambda group: (not group.violating, order.get(group.scheme, -1), group.number)
    ):
        what = (group.scheme, group.policy, group_ids[group.number], group.style, group.violating)
        for account in group.members.tolist():
            best.setdefault(account, what)
            members.append(
                (
                    group_ids[group.number],
                    int(people.account_id[account]),
                    group.scheme,
                    group.policy,
                    group.style,
                    group.violating,
                )
            )
    for customer in world.customers.tolist():
        if not best.get(customer, (None, None))[1]:
            best[customer] = ("customer", None, None, None, False)
    nobody = (None, None, None, None, False)
    rows = [(int(people.account_id[number]), *best.get(number, nobody)) for number in range(people.size)]
    films = sorted(
        {
            (int(world.films.video_id[video]), policy, group_ids[ring], policy is not None)
            for video, policy, ring in world.marked
        },
        key=str,
    )
    return {
        TRUTH_ACCOUNTS: frame(spark, TRUTH_ACCOUNTS, rows),
        TRUTH_VIDEOS: frame(spark, TRUTH_VIDEOS, films),
        TRUTH_GROUPS: frame(spark, TRUTH_GROUPS, members),
    }


def frame(spark: SparkSession, table: Table, rows: list[tuple]) -> DataFrame:
    """Rows as a frame by way of Arrow, sorted by key."""
    if not rows:
        return spark.createDataFrame([], table.types)
    schema = to_arrow_schema(table.schema)
    columns = [pa.array(values, field.type) for values, field in zip(zip(*rows, strict=True), schema, strict=True)]
    arrow = pa.Table.from_arrays(columns, names=schema.names)
    return spark.createDataFrame(arrow.sort_by([(key, "ascending") for key in table.key]), table.types)
