"""What a data scientist writes in a day to find rings: one machine, DuckDB, igraph and XGBoost, no Spark.

Pairs of accounts that share rare objects, or act on the same ones within ten minutes; Leiden; a model of the groups
that learns from reviewers' decisions on their members. The thing to beat: see bench/rings_against_notebook.py.
"""

import random
from datetime import date

import duckdb
import igraph
import numpy as np
import pandas as pd
from sklearn.model_selection import KFold
from xgboost import XGBClassifier

RARE, CROWDED, LOCKSTEP_S = 40, 200, 600
SHARED = 3.0
"""Rare objects, or moments in lockstep, that two accounts share at least; a device counts for all of them."""
RESOLUTION = 0.2
SMALLEST = 4
FOLDS, UNKNOWN_WEIGHT = 5, 0.3
ACTS = """
    CREATE OR REPLACE TABLE acts AS
    WITH recent AS (
        SELECT *, epoch_us(ts) / 1e6 AS moment FROM events
        WHERE event_date >= DATE '{day}' - 28 AND event_date < DATE '{day}'
    ), uploads AS (
        SELECT *, epoch_us(created_at) / 1e6 AS moment FROM videos WHERE created_at < DATE '{day}'
    )
    SELECT verb AS kind, account_id, hash(coalesce(video_id, target_account_id)) AS object, min(moment) AS moment
    FROM recent WHERE verb <> 'view' GROUP BY ALL
    UNION ALL
    SELECT 'text', account_id, hash(lower(trim(text))), min(moment) FROM recent WHERE length(text) >= 12 GROUP BY ALL
    UNION ALL
    SELECT 'device', account_id, hash(device_id), min(moment) FROM recent WHERE device_id IS NOT NULL GROUP BY ALL
    UNION ALL
    SELECT 'address', account_id, hash(ip_id, event_date), min(moment) FROM recent WHERE ip_id IS NOT NULL GROUP BY ALL
    UNION ALL
    SELECT 'frame', account_id, hash(frame_hash), min(moment) FROM uploads WHERE frame_hash IS NOT NULL GROUP BY ALL
"""
PAIRS = """
    WITH crowds AS (
        SELECT *, count(*) OVER (PARTITION BY kind, object) AS crowd FROM acts
        QUALIFY crowd BETWEEN 2 AND {crowded}
    ), met AS (
        SELECT one.account_id AS account, other.account_id AS other, one.kind, one.crowd,
               abs(one.moment - other.moment) <= {lockstep} AS together
        FROM crowds AS one JOIN crowds AS other USING (kind, object)
        WHERE one.account_id < other.account_id
          AND (one.crowd <= {rare} OR abs(one.moment - other.moment) <= {lockstep})
    )
    SELECT account, other, round(sum(1 / log2(1 + crowd)), 6) AS weight, count(*) AS shared,
           count_if(together AND kind NOT IN ('device', 'address')) AS lockstep, count_if(kind = 'device') AS devices,
           count_if(kind = 'text') AS texts, count_if(kind = 'report') AS reports, count_if(kind = 'frame') AS frames,
           count_if(kind = 'like') AS likes, count_if(kind = 'follow') AS follows
    FROM met GROUP BY ALL
    HAVING count(*) FILTER (kind <> 'address') + {shared} * count_if(kind = 'device') >= {shared}
    ORDER BY account, other
"""
MEANS = ("weight", "shared", "lockstep", "devices", "texts", "reports", "frames", "likes", "follows")


def communities(pairs: pd.DataFrame) -> pd.DataFrame:
    """account_id and ring of the accounts in groups of `SMALLEST` or more."""
    accounts, ends = np.unique(pairs[["account", "other"]].to_numpy(), return_inverse=True)
    igraph.set_random_number_generator(random.Random(1))
    graph = igraph.Graph(n=len(accounts), edges=ends.reshape(-1, 2))
    found = graph.community_leiden("CPM", resolution=RESOLUTION, weights=pairs["weight"].to_list(), n_iterations=-1)
    members = pd.DataFrame({"account_id": accounts, "ring": found.membership})
    return members[members.groupby("ring")["account_id"].transform("size") >= SMALLEST]


def described(members: pd.DataFrame, pairs: pd.DataFrame, accounts: pd.DataFrame, day: date) -> pd.DataFrame:
    """Features of each ring, by ring."""
    ring_of = members.set_index("account_id")["ring"]
    inside = pairs.assign(ring=pairs["account"].map(ring_of), other_ring=pairs["other"].map(ring_of))
    inside = inside[inside["ring"] == inside["other_ring"]]
    features = inside.groupby("ring")[list(MEANS)].mean()
    people = members.merge(accounts, on="account_id")
    age = (pd.Timestamp(day) - pd.to_datetime(people["created_us"], unit="us")) / pd.Timedelta(days=1)
    by_ring = people.assign(age=age).groupby("ring")
    features["size"] = by_ring.size()
    features["density"] = inside.groupby("ring").size() / (features["size"] * (features["size"] - 1) / 2)
    features["age"], features["age_spread"] = by_ring["age"].median(), by_ring["age"].std()
    features["signup_devices"] = by_ring["signup_device_id"].nunique() / features["size"]
    return features


def scored(features: pd.DataFrame, members: pd.DataFrame, decisions: pd.DataFrame) -> pd.Series:
    """The chance of each ring to be abusive: of a model that has not seen it, learned from what most decisions say.

    Rings of which nobody was decided on count as honest ones of little weight: most are.
    """
    verdicts = members.merge(decisions, on="account_id").groupby("ring")["violating"].mean()
    known = verdicts.reindex(features.index)
    labels, weights = (known >= 0.5).to_numpy(int), np.where(known.isna(), UNKNOWN_WEIGHT, 1.0)
    scores = pd.Series(0.0, index=features.index)
    for train, test in KFold(FOLDS, shuffle=True, random_state=1).split(features):
        model = XGBClassifier(n_estimators=150, max_depth=4, learning_rate=0.1, random_state=1, n_jobs=1)
        model.fit(features.iloc[train], labels[train], sample_weight=weights[train])
        scores.iloc[test] = model.predict_proba(features.iloc[test])[:, 1]
    return scores


def rings(connection: duckdb.DuckDBPyConnection, day: date) -> pd.DataFrame:
    """account_id, ring, score of everybody in a ring, from the views events, videos, accounts and decisions."""
    connection.execute(ACTS.format(day=day))
    limits = {"crowded": CROWDED, "rare": RARE, "lockstep": LOCKSTEP_S, "shared": SHARED}
    pairs = connection.execute(PAIRS.format(**limits)).df()
    accounts = connection.execute(
        "SELECT account_id, epoch_us(created_at) AS created_us, signup_device_id FROM accounts"
    ).df()
    decisions = connection.execute(
        "SELECT entity_id AS account_id, arg_max(verdict, decided_at) = 'violating' AS violating FROM decisions"
        " WHERE entity_type = 'account' AND verdict <> 'unsure' AND decided_at < $day GROUP BY ALL",
        {"day": day},
    ).df()
    members = communities(pairs)
    scores = scored(described(members, pairs, accounts, day), members, decisions)
    return members.assign(score=members["ring"].map(scores))
