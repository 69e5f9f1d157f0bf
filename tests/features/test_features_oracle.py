"""Features by way of the rollups are what a plain recomputation from the events gives, by another engine."""

import math
from datetime import date, timedelta
from random import Random
from types import SimpleNamespace

import duckdb
import pandas as pd
import pytest

from conf import load_limits, load_policies
from jobs import features as job
from jobs import rollups
from jobs.job import Context
from lake.runs import Run
from lake.schemas import ACCOUNT_ACTIVITY, ACCOUNTS, DECISIONS, EVENTS, ROLLUP_LEDGER, VIDEO_ACTIVITY, VIDEOS
from lake.store import Lake
from tests.builders import accounts, at, decisions, events, videos

AS_OF = date(2026, 3, 3)
"""The 28 days before it cross the end of February."""
MIDNIGHT = at("2026-03-03 00:00")
EMPTY_DAY = date(2026, 2, 20)
LATE_DAYS = [date(2026, 2, 25), date(2026, 3, 1)]

WINDOWED_ACCOUNT_SQL = """
    SELECT account_id,
        count(*) AS events, count_if(verb = 'view') AS views, count_if(verb = 'like') AS likes,
        count_if(verb = 'comment') AS comments, count_if(verb = 'follow') AS follows,
        count(DISTINCT event_date) AS active_days,
        count_if(verb = 'like') / count(*) AS like_share,
        count(DISTINCT (event_date, video_id)) FILTER (video_id IS NOT NULL) / count(DISTINCT event_date)
            AS videos_a_day,
        count(DISTINCT (event_date, creator_id)) FILTER (creator_id IS NOT NULL) / count(DISTINCT event_date)
            AS creators_a_day,
        sum(gap_ms) / count(gap_ms) / 1000 AS gap_mean_s,
        stddev_pop(gap_ms) / avg(gap_ms) AS gap_variation,
        count_if(gap_ms < 2000) / count(gap_ms) AS short_gap_share,
        coalesce(count_if(tenth_ms <= 60000), 0) / count(*) AS burst_share,
        coalesce(sum(watch_ms), 0) / 3600000 AS watch_hours,
        count_if(verb = 'view' AND seen_at IS NOT NULL) / nullif(count_if(verb = 'view'), 0) AS repeat_view_share,
        count_if(verb = 'like' AND seen_at IS NULL) / nullif(count_if(verb = 'like'), 0) AS unseen_like_share,
        count_if(verb = 'like' AND ts - seen_at <= INTERVAL 2 SECONDS) / nullif(count_if(verb = 'like'), 0)
            AS quick_like_share,
        count(DISTINCT creator_id) FILTER (verb NOT IN ('view', 'report')) AS pushed_creators
    FROM acts WHERE event_date >= DATE '{as_of}' - {days} GROUP BY account_id
"""
VIDEO_SQL = """
    SELECT video_id,
        count_if(verb = 'view') AS views, count_if(verb = 'like') AS likes, count_if(verb = 'report') AS reports,
        count(DISTINCT account_id) FILTER (verb = 'view') AS reach,
        count_if(verb = 'like') / nullif(count_if(verb = 'view'), 0) AS like_rate,
        count_if(verb = 'view' AND seen_at IS NOT NULL) / nullif(count_if(verb = 'view'), 0) AS repeat_view_share,
        count_if(verb = 'view' AND watch_ms >= 0.95 * duration_ms) / nullif(count_if(verb = 'view'), 0)
            AS completion_share,
        count_if(epoch_us(ts) - epoch_us(born) < 7 * 86400000000) / count(born) AS young_act_share,
        count_if(country = creator_country) / nullif(count_if((country = creator_country) IS NOT NULL), 0) AS home_share
    FROM acts WHERE video_id IS NOT NULL AND event_date >= DATE '{as_of}' - {days} GROUP BY video_id
"""
STATE_SQL = """
    WITH days AS (
        SELECT account_id, event_date, count(*) AS n FROM acts GROUP BY ALL
    ), creators AS (
        SELECT account_id, event_date, creator_id, count(*) AS n FROM acts WHERE creator_id IS NOT NULL GROUP BY ALL
    ), concentration AS (
        SELECT account_id, sum(squares) / sum(n * n) AS creator_concentration_28d,
            sum(top) / sum(n) AS top_creator_share_28d
        FROM (
            SELECT account_id, event_date, sum(n * n) AS squares, sum(n) AS n, max(n) AS top FROM creators GROUP BY ALL)
        GROUP BY account_id
    ), crowds AS (
        SELECT account_id, max(accounts) AS device_accounts_28d, count(*) AS devices_28d
        FROM (SELECT DISTINCT account_id, device_id FROM acts WHERE device_id IS NOT NULL)
        JOIN (SELECT device_id, count(DISTINCT account_id) AS accounts FROM acts GROUP BY ALL) USING (device_id)
        GROUP BY account_id
    ), hours AS (
        SELECT account_id, hour(ts) AS hour, count(*) AS n FROM acts GROUP BY ALL
    ), entropy AS (
        SELECT account_id, -sum(n / total * log2(n / total)) AS hour_entropy_28d
        FROM hours JOIN (SELECT account_id, count(*) AS total FROM acts GROUP BY ALL) USING (account_id)
        GROUP BY account_id
    ), gained AS (
        SELECT target_account_id AS account_id, count(DISTINCT account_id) AS followers_gained_28d
        FROM acts WHERE verb = 'follow' GROUP BY ALL
    ), sessions AS (
        SELECT account_id, max(length) AS longest_session_s_28d FROM (
            SELECT account_id, event_date, session, (epoch_ms(max(ts)) - epoch_ms(min(ts))) / 1000 AS length FROM (
                SELECT *, sum((gap_ms IS NULL OR gap_ms > 1800000)::INT)
                    OVER (PARTITION BY account_id, event_date ORDER BY ts, event_id) AS session FROM acts)
            GROUP BY ALL)
        GROUP BY account_id
    )
    SELECT account_id, max(n) / sum(n) AS busiest_day_share_28d,
        any_value(creator_concentration_28d) AS creator_concentration_28d,
        any_value(top_creator_share_28d) AS top_creator_share_28d, any_value(hour_entropy_28d) AS hour_entropy_28d,
        coalesce(any_value(device_accounts_28d), 0) AS device_accounts_28d,
        coalesce(any_value(devices_28d), 0) AS devices_28d,
        coalesce(any_value(followers_gained_28d), 0) AS followers_gained_28d,
        any_value(longest_session_s_28d) AS longest_session_s_28d,
        any_value((epoch_us(TIMESTAMP '{as_of} 00:00:00') - epoch_us(created_at)) / 86400000000) AS age_days
    FROM days LEFT JOIN concentration USING (account_id) LEFT JOIN crowds USING (account_id)
        LEFT JOIN entropy USING (account_id) LEFT JOIN gained USING (account_id) LEFT JOIN sessions USING (account_id)
        LEFT JOIN accounts USING (account_id)
    GROUP BY account_id
"""
ACTS_SQL = """
    CREATE TABLE acts AS SELECT *,
        epoch_ms(ts) - epoch_ms(lag(ts) OVER by_time) AS gap_ms,
        epoch_ms(ts) - epoch_ms(lag(ts, 9) OVER by_time) AS tenth_ms,
        max(CASE WHEN verb = 'view' THEN ts END) OVER (
            PARTITION BY account_id, event_date, video_id ORDER BY ts, event_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS seen_at
    FROM (
        SELECT e.* EXCLUDE (text), CAST(e.ts AS DATE) AS event_date,
            coalesce(v.account_id, e.target_account_id) AS creator_id,
            v.duration_ms, a.created_at AS born, a.country, c.country AS creator_country
        FROM (SELECT DISTINCT * FROM events) e
        LEFT JOIN videos v USING (video_id)
        LEFT JOIN accounts a ON a.account_id = e.account_id
        LEFT JOIN accounts c ON c.account_id = coalesce(v.account_id, e.target_account_id)
        WHERE e.ts >= TIMESTAMP '{as_of} 00:00:00' - INTERVAL 28 DAYS AND e.ts < TIMESTAMP '{as_of} 00:00:00')
    WINDOW by_time AS (PARTITION BY account_id, event_date ORDER BY ts, event_id)
"""


def made_up(seed: int):
    """A month of a dozen accounts: bursts, pauses, a day without events, repeated deliveries, events before."""
    draw = Random(seed)
    people = []
    clips = [
        {
            "video_id": number,
            "account_id": draw.randrange(1, 5),
            "created_at": MIDNIGHT - timedelta(days=60),
            "duration_ms": 10_000,
        }
        for number in range(1, 9)
    ]
    rows = []
    for number in range(1, 13):
        moment = MIDNIGHT - timedelta(days=draw.randrange(2, 33), seconds=draw.randrange(86_400))
        born = moment - timedelta(days=draw.choice([0, 4, 30, 400]), seconds=draw.randrange(1, 86_400))
        people.append({"account_id": number, "created_at": born, "country": draw.choice(["DE", "FR", None])})
        for _ in range(60):
            moment += timedelta(milliseconds=draw.choice([400, 1_500, 3_000, 60_000, 4_000_000, 40_000_000]))
            if moment.date() == EMPTY_DAY:
                continue
            verb = draw.choices(["view", "like", "comment", "share", "follow", "report"], [8, 4, 2, 1, 2, 1])[0]
            rows.append(
                {
                    "event_id": len(rows) + 1,
                    "ts": moment,
                    "account_id": number,
                    "verb": verb,
                    "video_id": None if verb == "follow" else draw.randrange(1, 9),
                    "target_account_id": draw.randrange(1, 13) if verb == "follow" else None,
                    "text": draw.choice(["nice", "free coins on my page, come and see"]) if verb == "comment" else None,
                    "watch_ms": draw.choice([500, 5_000, 9_600, 12_000]) if verb == "view" else None,
                    "device_id": draw.choice([f"own-{number}", "shared", None]),
                }
            )
    rows += draw.sample(rows, 40)
    return people, clips, rows


def context(lake: Lake) -> Context:
    return Context(lake, AS_OF, Run("features", AS_OF, {}), {}, load_policies(), load_limits())


def write(lake: Lake, spark, people, clips, rows) -> None:
    """A lake of these rows, in place of what was there."""
    for table, df in (
        (ACCOUNTS, accounts(spark, *people)),
        (VIDEOS, videos(spark, *clips)),
        (DECISIONS, decisions(spark, {}).limit(0)),
    ):
        df.write.format("delta").save(lake.path(table))
    add(lake, spark, rows)


def add(lake: Lake, spark, rows) -> None:
    events(spark, *rows).write.format("delta").mode("append").partitionBy("event_date").save(lake.path(EVENTS))


def stored(lake: Lake, table) -> pd.DataFrame:
    df = lake.read(table).toPandas()
    return df.sort_values(list(table.key)).reset_index(drop=True)


@pytest.fixture(scope="module")
def runs(spark, tmp_path_factory):
    """Rollups made before some events arrive, the job run after, and rollups of a lake that had them from the start."""
    folder = tmp_path_factory.mktemp("features")
    people, clips, rows = made_up(7)
    late = [row for row in rows if row["ts"].date() in LATE_DAYS and row["account_id"] % 2]
    early = [row for row in rows if row not in late]
    grown, whole = Lake(spark, str(folder / "grown")), Lake(spark, str(folder / "whole"))
    write(grown, spark, people, clips, early)
    first = rollups.update(context(grown), grown.read(ACCOUNTS), grown.read(VIDEOS))
    add(grown, spark, late)
    ledger = stored(grown, ROLLUP_LEDGER)
    second = job.run(context(grown))
    write(whole, spark, people, clips, rows)
    rollups.update(context(whole), whole.read(ACCOUNTS), whole.read(VIDEOS))
    return SimpleNamespace(
        people=people, clips=clips, rows=rows, grown=grown, whole=whole, first=first, second=second, ledger=ledger
    )


@pytest.fixture(scope="module")
def oracle(runs):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for name, rows in (("accounts", runs.people), ("videos", runs.clips), ("events", runs.rows)):
        frame = pd.DataFrame(rows)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM frame")
        for column in frame.columns:
            if column in ("video_id", "target_account_id", "watch_ms"):
                connection.execute(f"ALTER TABLE {name} ALTER {column} TYPE BIGINT USING CAST({column} AS BIGINT)")
            if column in ("ts", "created_at"):
                connection.execute(
                    f"ALTER TABLE {name} ALTER {column} TYPE TIMESTAMP USING {column} AT TIME ZONE 'UTC'"
                )
    connection.execute(ACTS_SQL.format(as_of=AS_OF))
    return connection


def compare(found: pd.DataFrame, expected: pd.DataFrame, key: str, suffix: str = "") -> None:
    found, expected = found.set_index(key), expected.set_index(key)
    differences = []
    for name in expected.columns:
        for entity, value in expected[name].items():
            got = found.loc[entity, name + suffix]
            if pd.isna(value) != pd.isna(got) or (
                not pd.isna(value) and not math.isclose(got, value, rel_tol=1e-9, abs_tol=1e-9)
            ):
                differences.append((name + suffix, entity, got, value))
    assert not differences


@pytest.mark.slow
@pytest.mark.parametrize("days", [1, 7, 28])
def test_account_windows_are_those_of_a_recomputation(runs, oracle, days):
    wide = runs.grown.day(job.accounts.TABLE, AS_OF).toPandas()
    expected = oracle.sql(WINDOWED_ACCOUNT_SQL.format(as_of=AS_OF, days=days)).df()
    if days == 1:
        expected = expected[["account_id", "events", "views", "likes", "comments", "follows", "short_gap_share"]]
    compare(wide, expected, "account_id", f"_{days}d")
    assert set(wide.account_id) == set(oracle.sql("SELECT DISTINCT account_id FROM acts").df().account_id)


@pytest.mark.slow
def test_account_states_are_those_of_a_recomputation(runs, oracle):
    wide = runs.grown.day(job.accounts.TABLE, AS_OF).toPandas()
    compare(wide, oracle.sql(STATE_SQL.format(as_of=AS_OF)).df(), "account_id")


@pytest.mark.slow
@pytest.mark.parametrize("days", [7, 28])
def test_video_windows_are_those_of_a_recomputation(runs, oracle, days):
    wide = runs.grown.day(job.videos.TABLE, AS_OF).toPandas()
    compare(wide, oracle.sql(VIDEO_SQL.format(as_of=AS_OF, days=days)).df(), "video_id", f"_{days}d")


@pytest.mark.slow
def test_reach_of_a_creator_counts_each_viewer_once(runs, oracle):
    wide = runs.grown.day(job.accounts.TABLE, AS_OF).toPandas()
    expected = oracle.sql(
        f"SELECT creator_id AS account_id, count(DISTINCT account_id) AS reach_7d FROM acts WHERE verb = 'view'"
        f" AND event_date >= DATE '{AS_OF}' - 7 AND creator_id IN (SELECT account_id FROM acts) GROUP BY ALL"
    ).df()
    compare(wide, expected, "account_id")


@pytest.mark.slow
def test_only_the_days_of_late_events_are_computed_again(runs):
    days = {row["ts"].date() for row in runs.rows if AS_OF - timedelta(days=28) <= row["ts"].date() < AS_OF}
    assert runs.first["days computed"] == len(days)
    assert runs.second["days computed"] == len(LATE_DAYS)
    before = runs.ledger.set_index(["rollup", "event_date"]).fingerprint
    after = stored(runs.grown, ROLLUP_LEDGER).set_index(["rollup", "event_date"]).fingerprint
    assert {day for (_, day) in before.index[before != after]} == set(LATE_DAYS)


@pytest.mark.slow
@pytest.mark.parametrize("table", [ACCOUNT_ACTIVITY, VIDEO_ACTIVITY], ids=lambda table: table.name)
def test_rollups_that_grew_equal_a_rebuild(runs, table):
    grown, whole = stored(runs.grown, table), stored(runs.whole, table)
    if table is VIDEO_ACTIVITY:  # two sketches of the same set need not be the same bytes; the reach above is compared
        grown, whole = grown.drop(columns="viewers"), whole.drop(columns="viewers")
    pd.testing.assert_frame_equal(grown, whole)
