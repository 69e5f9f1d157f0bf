"""A small world: written twice, cut, dirtied; what its rows and its truth look like."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from conf import load_policies
from lake.errors import UsageError
from lake.schemas import ACCOUNTS, DECISIONS, EVENTS, REVIEW_QUEUE, RING_MEMBERS, SOURCES, VIDEO_FEATURES, VIDEOS
from lake.store import Lake, Provenance
from simulation import tables
from simulation.dirt import FAULTS
from simulation.giveaways import measure
from simulation.rings import Group, share_of
from simulation.settings import Settings
from simulation.truth import STYLES, TRUTH_ACCOUNTS, TRUTH_GROUPS, TRUTH_VIDEOS, TRUTHS, truth_beside
from simulation.world import plan_world
from simulation.writing import answer_queue, write_world
from tests.builders import at
from validation.rules import RULES, broken, usable

pytestmark = pytest.mark.whole

ME = Provenance("run-1", "1.0")
SMALL = Settings(seed=11, accounts=1_500, days=12, until=date(2026, 3, 1))


def arrow(lake: Lake, table) -> pa.Table:
    return DeltaTable(lake.path(table)).to_pyarrow_table()


@pytest.fixture(scope="module")
def small(spark, tmp_path_factory) -> Lake:
    lake = Lake(spark, str(tmp_path_factory.mktemp("small") / "lake"))
    write_world(lake, SMALL, False, ME)
    return lake


def test_rows_keep_the_contract_and_the_times_of_the_lake(small):
    for table in SOURCES:
        assert broken(small.read(table), table).count() == 0, table.name
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        for table in (ACCOUNTS, VIDEOS, EVENTS, DECISIONS):
            db.register(table.name, arrow(small, table))
        facts = (
            db.execute(
                """
            SELECT count(*) AS events, count(DISTINCT event_id) AS ids, min(ts) AS first, max(ts) AS last,
                   count(*) FILTER (ts < a.created_at) AS before_sign_up,
                   count(*) FILTER (ts < v.created_at) AS before_upload,
                   count(*) FILTER (e.video_id IS NOT NULL AND v.video_id IS NULL) AS orphans,
                   count(*) FILTER (e.account_id = e.target_account_id) AS own_follows,
                   (SELECT max(decided_at) FROM decisions) AS last_decision,
                   (SELECT max(created_at) FROM accounts) AS last_sign_up
            FROM events e JOIN accounts a USING (account_id) LEFT JOIN videos v ON v.video_id = e.video_id
            """
            )
            .df()
            .iloc[0]
        )
    assert facts.ids == facts.events == arrow(small, EVENTS).num_rows
    assert abs(facts.events / SMALL.target_events - 1) < 0.25
    assert (facts.before_sign_up, facts.before_upload, facts.orphans, facts.own_follows) == (0, 0, 0, 0)
    assert str(facts["first"]) >= "2026-02-17"
    assert max(str(facts["last"]), str(facts.last_decision), str(facts.last_sign_up)) < "2026-03-01"


def test_the_same_seed_gives_the_same_rows_on_any_number_of_tasks(small, spark):
    again = plan_world(SMALL)
    for made, table in (
        (tables.events(spark, again, tasks=3), EVENTS),
        (tables.accounts(spark, again, tasks=1), ACCOUNTS),
        (tables.videos(spark, again, tasks=2), VIDEOS),
    ):
        order, columns = [(table.key[0], "ascending")], table.columns
        stored = arrow(small, table).select(columns).sort_by(order)
        assert made.toArrow().select(columns).sort_by(order).cast(stored.schema).equals(stored), table.name


def test_another_seed_is_another_world():
    here, there = plan_world(SMALL), plan_world(replace(SMALL, seed=12))
    assert not np.intersect1d(here.people.account_id, there.people.account_id).size


def test_rings_of_every_scheme_and_crowds_far_more_numerous(small):
    truth = arrow(truth_beside(small), TRUTH_GROUPS).to_pandas()
    rings = truth[truth.violating].groupby("group_id").agg(size=("account_id", "size"), style=("style", "first"))
    crowds = truth[~truth.violating & truth.scheme.isin(["circle", "fan_club", "giveaway", "outrage", "meme"])]
    assert rings["size"].between(3, 300).all()
    assert set(rings["style"]) == {"loud", "evading"}
    assert crowds.group_id.nunique() >= 5 * len(rings)
    everybody = arrow(truth_beside(small), TRUTH_ACCOUNTS)
    assert everybody.num_rows == SMALL.accounts
    assert 0.02 <= np.mean(everybody["violating"].to_numpy()) <= 0.05


def test_the_truths_name_the_same_groups(small):
    truth = truth_beside(small)
    groups = set(arrow(truth, TRUTH_GROUPS)["group_id"].to_pylist())
    for table in (TRUTH_ACCOUNTS, TRUTH_VIDEOS):
        assert set(arrow(truth, table)["group_id"].to_pylist()) - {None} <= groups


def test_a_world_of_noise_has_no_groups():
    world = plan_world(replace(SMALL, abuse=0, crowds=0, interests=0))
    assert world.groups == []


@pytest.mark.parametrize(("evading", "styles"), [(0.0, {"loud"}), (1.0, {"evading"})])
def test_the_share_of_evading_rings(evading, styles):
    world = plan_world(replace(SMALL, evading=evading))
    assert {group.style for group in world.groups if group.violating} == styles


def test_varied_rings_are_the_same_accounts_with_ways_of_their_own():
    usual, varied = plan_world(SMALL), plan_world(replace(SMALL, varied=1.0))
    rings, others = ([g for g in world.groups if g.violating] for world in (usual, varied))
    assert [(g.scheme, g.style, g.members.tolist()) for g in rings] == [
        (g.scheme, g.style, g.members.tolist()) for g in others
    ]
    assert [(g.from_ms, g.to_ms) for g in rings] != [(g.from_ms, g.to_ms) for g in others]


def test_what_varied_rings_do_spans_all_styles_and_less():
    rng, (loud, evading) = np.random.default_rng(1), ((0.5, 0.9), (0.3, 0.6))
    drawn = {
        (style, varied): [
            share_of(rng, Group(0, "farm", np.arange(5), "spam_ring", style, varied), loud, evading) for _ in range(500)
        ]
        for style in STYLES
        for varied in (False, True)
    }
    lowest, highest = ({key: pick(found) for key, found in drawn.items()} for pick in (min, max))
    assert lowest["loud", False] >= 0.5 and highest["loud", False] <= 0.9
    assert lowest["evading", False] >= 0.3 and highest["evading", False] <= 0.6
    for style in STYLES:
        assert 0.1 <= lowest[style, True] < 0.2 and 0.8 < highest[style, True] <= 0.9


@pytest.mark.parametrize("accounts", [1, 3, 40])
def test_tiny_worlds(accounts):
    world = plan_world(Settings(accounts=accounts, days=2))
    assert world.people.size == accounts


def test_what_is_innocent_tells_nothing(small):
    facts = {table.name: arrow(small, table) for table in (ACCOUNTS, EVENTS)}
    facts[TRUTH_ACCOUNTS.name] = arrow(truth_beside(small), TRUTH_ACCOUNTS)
    found = measure(facts).set_index("fact")
    innocent = found[found.innocent.astype(bool)]
    assert innocent["all_lift"].max() < 2.6, innocent


@pytest.mark.slow
def test_dirt_comes_on_top_of_the_clean_rows(spark, tmp_path):
    settings = replace(SMALL, accounts=400, days=5)
    clean, dirty = Lake(spark, str(tmp_path / "clean")), Lake(spark, str(tmp_path / "dirty"))
    write_world(clean, settings, False, ME)
    write_world(dirty, replace(settings, dirty=0.2), False, ME)
    for table in SOURCES:
        order = [(table.key[0], "ascending")]
        good = (
            usable(dirty.read(table), table)
            .dropDuplicates([table.key[0]])
            .select(table.columns)
            .toArrow()
            .sort_by(order)
        )
        wanted = arrow(clean, table).select(table.columns).sort_by(order)
        assert good.cast(wanted.schema).equals(wanted), table.name
    bad = broken(dirty.read(EVENTS), EVENTS)
    reasons = {row.reason for row in bad.selectExpr("explode(reasons) AS reason").distinct().collect()}
    assert reasons == {rule.message for rule in RULES[EVENTS.name]}
    share = bad.count() / clean.read(EVENTS).count()
    assert 0.17 < share < 0.23
    assert dirty.read(EVENTS).count() > clean.read(EVENTS).count() + bad.count()


@pytest.mark.parametrize("table", SOURCES, ids=lambda table: table.name)
def test_every_fault_has_a_rule_and_every_table_has_faults(table):
    assert set(FAULTS) == set(RULES)
    assert len(FAULTS[table.name]) >= 5


def test_a_lake_with_tables_is_not_overwritten(small):
    with pytest.raises(UsageError, match="already holds accounts, videos, events, decisions"):
        write_world(small, SMALL, False, ME)


def test_what_was_computed_from_a_lake_goes_with_it(spark, tmp_path):
    lake, tiny = Lake(spark, str(tmp_path / "lake")), replace(SMALL, accounts=200, days=3)
    write_world(lake, tiny, False, ME)
    old = spark.createDataFrame([(1, 2)], "video_id bigint, account_id bigint")
    lake.publish(VIDEO_FEATURES, old, date(2026, 2, 28), ME)
    write_world(lake, replace(tiny, seed=12), True, ME)
    assert lake.read(VIDEO_FEATURES).count() == 0
    assert lake.read(EVENTS).count() > 0


def test_decisions_are_partial_and_seldom_wrong(small):
    with duckdb.connect() as db:
        db.register("decisions", arrow(small, DECISIONS))
        db.register("truth", arrow(truth_beside(small), TRUTH_ACCOUNTS))
        said = db.execute(
            """
            SELECT t.violating, t.scheme, d.verdict, d.source, d.entity_id
            FROM decisions d JOIN truth t ON d.entity_id = t.account_id
            WHERE d.entity_type = 'account' AND (t.policy = d.policy OR NOT t.violating)
            """
        ).df()
        abusive = db.execute("SELECT count(*) FROM truth WHERE violating").fetchone()[0]
    reviewed = said[said.violating & (said.source != "random_audit")]
    assert 0 < reviewed.entity_id.nunique() < 0.5 * abusive
    assert "brigade" not in set(reviewed.scheme)
    sure = said[said.verdict != "unsure"]
    assert ((sure.verdict == "violating") == sure.violating).mean() > 0.9


def test_answering_the_queue(small, spark, tmp_path):
    truth = arrow(truth_beside(small), TRUTH_ACCOUNTS).to_pandas()
    spammers = truth[truth.policy == "spam_ring"].account_id.tolist()
    honest = truth[~truth.violating].account_id.tolist()
    lake = Lake(spark, str(tmp_path / "lake"))
    for table in TRUTHS:
        truth_beside(small).read(table).write.format("delta").save(truth_beside(lake).path(table))
    small.read(DECISIONS).write.format("delta").save(lake.path(DECISIONS))
    before = small.read(DECISIONS).count()
    day = date(2026, 3, 1)

    def case(number, entity_type, entity_id, selection="risk"):
        return (f"case-{number}", "spam_ring", entity_type, int(entity_id), selection, at("2026-03-01 00:00"))

    cases = [case(n, "account", account) for n, account in enumerate(spammers[:15])]
    cases += [case(100 + n, "account", account, "audit") for n, account in enumerate(honest[:20])]
    cases += [case(200, "ring", 1), case(201, "ring", 2)]
    members = [(1, account, 1.0) for account in spammers[:6] + honest[:3]] + [
        (2, account, 1.0) for account in honest[:9] + spammers[:2]
    ]
    missing = [
        field.name
        for field in REVIEW_QUEUE.schema
        if field.name not in ("as_of", "case_id", "policy", "entity_type", "entity_id", "selection", "opened_at")
    ]
    queue = spark.createDataFrame(
        cases,
        "case_id string, policy string, entity_type string, entity_id bigint, selection string, opened_at timestamp",
    ).selectExpr(
        "*", *[f"CAST(NULL AS {REVIEW_QUEUE.schema[name].dataType.simpleString()}) AS {name}" for name in missing]
    )
    lake.publish(REVIEW_QUEUE, queue, day, ME)
    lake.publish(
        RING_MEMBERS, spark.createDataFrame(members, "ring_id bigint, account_id bigint, strength double"), day, ME
    )

    first = answer_queue(lake, day, 7, load_policies(), ME)
    again = answer_queue(lake, day, 7, load_policies(), ME)

    answered = lake.read(DECISIONS).where("case_id IS NOT NULL").toPandas().set_index("case_id")
    assert again["decisions"] == 0
    assert lake.read(DECISIONS).count() == before + first["decisions"]
    assert 30 <= len(answered) <= 37
    assert answered.decided_at.min() >= at("2026-03-01 00:00").replace(tzinfo=None)
    assert set(answered[answered.index.str.startswith("case-1") & (answered.index.str.len() == 8)].source) == {
        "random_audit"
    }
    right = answered.verdict.where(answered.verdict != "unsure").dropna()
    expected = [(case_id.removeprefix("case-") in {*map(str, range(15)), "200"}) for case_id in right.index]
    assert np.mean((right == "violating").to_numpy() == np.array(expected)) > 0.85


def test_nothing_is_written_outside_the_lake_and_its_truth(small):
    folder = Path(small.uri).parent
    assert {entry.name for entry in folder.iterdir()} == {"lake", "lake_truth"}
