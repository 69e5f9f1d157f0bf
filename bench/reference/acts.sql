-- Each event of the window once, with what was known by the end of its day: creator, duration, ages, countries.
-- A pause, a view before a like, the tenth act of a burst do not look across midnight.
CREATE OR REPLACE TEMP TABLE acts AS
WITH once AS (
    SELECT event_id, event_date, ts, account_id, verb, video_id, target_account_id, watch_ms,
        lag(CASE WHEN verb = 'view' THEN ts END IGNORE NULLS) OVER by_video AS seen_at
    FROM events
    WINDOW by_video AS (PARTITION BY account_id, event_date, video_id ORDER BY ts, event_id)
    QUALIFY lag(event_id) OVER by_video IS DISTINCT FROM event_id
), timed AS (
    SELECT *,
        ms(ts) - ms(lag(ts) OVER by_time) AS gap_ms,
        ms(ts) - ms(lag(ts, 9) OVER by_time) AS tenth_ms
    FROM once
    WINDOW by_time AS (PARTITION BY account_id, event_date ORDER BY ts, event_id)
)
SELECT timed.event_id, timed.event_date, timed.ts, timed.account_id, timed.verb, timed.video_id,
    coalesce(video.account_id, timed.target_account_id) AS creator_id,
    timed.watch_ms, timed.gap_ms, timed.tenth_ms,
    CASE WHEN timed.verb = 'view' AND video.duration_ms > 0
        THEN least(1.0::DOUBLE, timed.watch_ms / video.duration_ms) END AS watched,
    timed.verb = 'view' AND timed.seen_at IS NOT NULL AS repeat_view,
    timed.verb = 'like' AND timed.seen_at IS NULL AS unseen_like,
    timed.verb = 'like' AND epoch_us(timed.ts) - epoch_us(timed.seen_at) <= 2_000_000 AS quick_like,
    ms(timed.ts) - ms(video.created_at) AS since_upload_ms,
    epoch_us(timed.ts) - epoch_us(actor.created_at) < 7 * 86_400_000_000 AS young,
    epoch_us(timed.ts) - epoch_us(creator.created_at) < 7 * 86_400_000_000 AS creator_young,
    actor.country = creator.country AS home
FROM timed
LEFT JOIN videos AS video
    ON video.video_id = timed.video_id AND video.created_at < timed.event_date + 1
LEFT JOIN accounts AS actor
    ON actor.account_id = timed.account_id AND actor.created_at < timed.event_date + 1
LEFT JOIN accounts AS creator
    ON creator.account_id = coalesce(video.account_id, timed.target_account_id)
    AND creator.created_at < timed.event_date + 1
