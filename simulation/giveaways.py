"""What a single feature gives away: simple facts of each account, and how well each alone finds the abusive ones.

A simulator is too easy when one of them does. Some are what abuse is (a farm follows, a brigade reports); ids, orders,
null fields and the like must tell nothing.
"""

from collections.abc import Mapping

import duckdb
import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

from simulation.truth import TRUTH_ACCOUNTS

INNOCENT = (
    "id_order",
    "id_parity",
    "event_id_mean",
    "event_id_order",
    "ts_millis",
    "ts_second",
    "watch_last_digit",
    "device_null_share",
    "ip_null_share",
    "country_null",
    "signup_device_null",
    "signup_ip_null",
    "bio_empty",
    "created_second",
)
"""Facts that have nothing to do with abuse and must not find it."""

FACTS = """
WITH ordered AS (
    SELECT *, row_number() OVER (PARTITION BY account_id ORDER BY event_id) AS by_id,
           row_number() OVER (PARTITION BY account_id ORDER BY ts, event_id) AS by_time,
           epoch_ms(ts) - lag(epoch_ms(ts)) OVER (PARTITION BY account_id ORDER BY ts, event_id) AS gap
    FROM events
), acts AS (
    SELECT account_id,
           avg(event_id) AS event_id_mean,
           corr(by_id, by_time) AS event_id_order,
           avg(epoch_ms(ts) % 1000) AS ts_millis,
           avg(second(ts)) AS ts_second,
           avg(watch_ms % 10) AS watch_last_digit,
           avg((device_id IS NULL)::INT) AS device_null_share,
           avg((ip_id IS NULL)::INT) AS ip_null_share,
           count(*) AS events,
           avg((verb = 'like')::INT) AS like_share,
           avg((verb = 'comment')::INT) AS comment_share,
           avg((verb = 'share')::INT) AS share_share,
           sum((verb = 'follow')::INT) AS follows,
           sum((verb = 'report')::INT) AS reports,
           avg(watch_ms) AS watch_mean,
           stddev(watch_ms) / avg(watch_ms) AS watch_spread,
           stddev(gap) / nullif(avg(gap), 0) AS gap_spread,
           avg((gap < 2000)::INT) AS quick_share,
           -entropy(hour(ts)) AS hours_concentrated,
           count(DISTINCT device_id) AS devices,
           count(DISTINCT ip_id) AS addresses,
           count(DISTINCT event_date) AS days,
           count(*) / count(DISTINCT event_date) AS per_day,
           count(video_id) / nullif(count(DISTINCT video_id), 0) AS repeats,
           avg(length(text)) AS text_length,
           avg((contains(text, '/') OR contains(text, '@'))::INT) AS text_link
    FROM ordered GROUP BY account_id
)
SELECT a.account_id, acts.* EXCLUDE (account_id),
       a.account_id::DOUBLE AS id_order,
       (a.account_id % 2)::DOUBLE AS id_parity,
       (country IS NULL)::INT AS country_null,
       (signup_device_id IS NULL)::INT AS signup_device_null,
       (signup_ip_id IS NULL)::INT AS signup_ip_null,
       (bio = '')::INT AS bio_empty,
       length(handle) AS handle_length,
       len(regexp_extract_all(handle, '[0-9]')) AS handle_digits,
       second(created_at) AS created_second,
       -epoch_ms(created_at)::DOUBLE AS age,
       count(*) OVER (PARTITION BY coalesce(signup_device_id, a.account_id::VARCHAR)) AS on_device,
       count(*) OVER (PARTITION BY coalesce(signup_ip_id, a.account_id::VARCHAR)) AS on_address
FROM accounts a JOIN acts USING (account_id)
"""


def measure(tables: Mapping[str, object]) -> pd.DataFrame:
    """Average precision of each fact alone, the better of its two directions, for all, loud and evading abusers.

    `tables` are Arrow tables or frames of accounts, events and truth_accounts by name. `lift` is the precision over the
    share of abusive accounts, which is what a useless fact reaches.
    """
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        for name in ("accounts", "events", TRUTH_ACCOUNTS.name):
            db.register(name, tables[name])
        facts = (
            db.execute(f"CREATE TABLE facts AS {FACTS}")
            .execute(f"SELECT facts.*, t.style FROM facts JOIN {TRUTH_ACCOUNTS.name} t USING (account_id)")
            .df()
        )
    rows = []
    for name in facts.columns.drop(["account_id", "style"]):
        row: dict[str, object] = {"fact": name, "innocent": name in INNOCENT}
        for style in ("all", "loud", "evading"):
            kept = facts if style == "all" else facts[facts["style"].isna() | (facts["style"] == style)]
            abusive = kept["style"].notna().to_numpy()
            value = kept[name].astype(float).to_numpy()
            value = np.where(
                np.isfinite(value), value, np.nanmedian(value[np.isfinite(value)]) if np.isfinite(value).any() else 0
            )
            found = max(average_precision_score(abusive, sign * value) for sign in (1, -1)) if abusive.any() else np.nan
            row[style], row[f"{style}_lift"] = found, found / abusive.mean() if abusive.any() else np.nan
        rows.append(row)
    return pd.DataFrame(rows).sort_values("all", ascending=False, ignore_index=True)
