-- The features of each video that was acted on or uploaded in the last 28 days, over 1, 7 and 28 days: more of them
-- than the suite has, as each is given for every window. Rests on account_features.
CREATE OR REPLACE TEMP TABLE video_features AS
WITH daily AS (
    SELECT video_id, event_date, max(creator_id) AS creator_id, count(*) AS events,
        count(*) FILTER (verb = 'view') AS views, count(*) FILTER (verb = 'like') AS likes,
        count(*) FILTER (verb = 'comment') AS comments, count(*) FILTER (verb = 'share') AS shares,
        count(*) FILTER (verb = 'report') AS reports,
        count(watched) AS rated_views, sum(round(watched * 1e6)) AS watched_ppm,
        count(*) FILTER (watched >= 0.95::DOUBLE) AS completions, count(*) FILTER (repeat_view) AS repeat_views,
        count(*) FILTER (unseen_like) AS unseen_likes, count(*) FILTER (quick_like) AS quick_likes,
        count(*) FILTER (young) AS young_acts, count(young) AS known_acts,
        count(*) FILTER (home) AS home_acts, count(home) AS placed_acts,
        count(*) FILTER (verb = 'view' AND since_upload_ms >= 0 AND since_upload_ms < 3_600_000) AS views_1h,
        count(*) FILTER (verb = 'view' AND since_upload_ms >= 0 AND since_upload_ms < 6 * 3_600_000) AS views_6h
    FROM acts WHERE video_id IS NOT NULL GROUP BY ALL
), acted_on AS (
    SELECT video_id, max(creator_id) AS creator_id FROM daily GROUP BY video_id
), active AS (
    SELECT video_id, coalesce(videos.account_id, creator_id) AS account_id,
        (epoch_us(as_of()) - epoch_us(created_at)) / 86_400_000_000 AS age_days, duration_ms / 1_000 AS duration_s,
        CASE WHEN videos.account_id IS NOT NULL THEN coalesce(len(hashtags), 0) END AS hashtags,
        length(caption) AS caption_length
    FROM acted_on FULL JOIN videos USING (video_id)
    WHERE acted_on.video_id IS NOT NULL OR created_at >= as_of() - 28
), asked AS (
    SELECT video_id, account_id, days FROM active, (VALUES (1), (7), (28)) AS windows (days)
),

-- Engagement
totals AS (
    SELECT asked.video_id, any_value(account_id) AS account_id, days, count(event_date) AS active_days,
        coalesce(sum(views), 0) AS views, coalesce(sum(likes), 0) AS likes, coalesce(sum(comments), 0) AS comments,
        coalesce(sum(shares), 0) AS shares, coalesce(sum(reports), 0) AS reports,
        sum(rated_views) AS rated_views, sum(watched_ppm) AS watched_ppm, sum(completions) AS completions,
        sum(repeat_views) AS repeat_views, sum(unseen_likes) AS unseen_likes, sum(quick_likes) AS quick_likes,
        sum(young_acts) AS young_acts, sum(known_acts) AS known_acts,
        sum(home_acts) AS home_acts, sum(placed_acts) AS placed_acts,
        coalesce(sum(views_1h), 0) AS views_1h, coalesce(sum(views_6h), 0) AS views_6h
    FROM asked LEFT JOIN daily ON daily.video_id = asked.video_id AND within(event_date, days)
    GROUP BY asked.video_id, days
), of_creator AS (
    SELECT account_id, days, sum(views_6h) AS views_6h, count(*) AS videos
    FROM totals WHERE account_id IS NOT NULL GROUP BY account_id, days
), written AS (
    SELECT video_id, event_date, has_link, CASE WHEN length(normal) >= 20 THEN normal END AS telling
    FROM acts JOIN traits USING (event_id) WHERE verb = 'comment'
), text_days AS (
    SELECT video_id, event_date, sum(n * n) AS same, sum(n) * sum(n) AS all_same FROM (
        SELECT video_id, event_date, telling, count(*) AS n FROM written WHERE telling IS NOT NULL GROUP BY ALL
    ) GROUP BY ALL
), sameness AS (
    SELECT asked.video_id, days, sum(same) / sum(all_same) AS comment_sameness
    FROM asked JOIN text_days ON text_days.video_id = asked.video_id AND within(event_date, days)
    GROUP BY ALL
), links AS (
    SELECT asked.video_id, days, count(*) FILTER (has_link) / count(*) AS link_comment_share
    FROM asked JOIN written ON written.video_id = asked.video_id AND within(event_date, days)
    GROUP BY ALL
),

-- Audience; ages in whole seconds
viewers AS (
    SELECT video_id, account_id, max(event_date) AS last_day FROM acts WHERE verb = 'view' GROUP BY ALL
), reach AS (
    SELECT video_id, unnest([1, 7, 28]) AS days,
        unnest([count(*) FILTER (within(last_day, 1)), count(*) FILTER (within(last_day, 7)), count(*)]) AS reach
    FROM viewers GROUP BY video_id
), engaged AS (
    SELECT video_id, account_id, max(creator_id) AS creator_id
    FROM acts WHERE verb IN ('like', 'comment', 'share') AND within(event_date, 7) GROUP BY ALL
), regulars AS (
    SELECT creator_id, account_id FROM engaged GROUP BY ALL HAVING count(*) > 1 AND creator_id IS NOT NULL
), engagers AS (
    SELECT video_id, avg(round(age_days * 86_400)) / 86_400 AS engager_age_days,
        count(*) FILTER (age_days < 28) / count(*) AS young_engager_share,
        count(*) FILTER (events_28d < 10) / count(*) AS idle_engager_share,
        count(*) FILTER (device_accounts_28d > 1) / count(*) AS device_engager_share,
        count(regulars.account_id) / count(*) AS regular_engager_share
    FROM engaged
    JOIN account_features USING (account_id)
    LEFT JOIN regulars ON regulars.creator_id = engaged.creator_id AND regulars.account_id = engaged.account_id
    GROUP BY video_id
),

windows AS (
    SELECT video_id, days, views, likes, comments, shares, reports,
        watched_ppm / 1e6 / nullif(rated_views, 0) AS watched_share,
        completions / nullif(rated_views, 0) AS completion_share,
        likes / nullif(views, 0) AS like_rate, comments / nullif(views, 0) AS comment_rate,
        shares / nullif(views, 0) AS share_rate, reports / nullif(views, 0) AS report_rate,
        unseen_likes / nullif(likes, 0) AS unseen_like_share, quick_likes / nullif(likes, 0) AS quick_like_share,
        link_comment_share, comment_sameness, totals.views_1h, totals.views_6h,
        log2((totals.views_6h + 1) / ((of_creator.views_6h - totals.views_6h) / nullif(videos - 1, 0) + 1))
            AS early_speed,
        active_days,
        coalesce(reach, 0) AS reach, views / nullif(reach, 0) AS views_per_viewer,
        repeat_views / nullif(views, 0) AS repeat_view_share, young_acts / nullif(known_acts, 0) AS young_act_share,
        home_acts / nullif(placed_acts, 0) AS home_share
    FROM totals
    LEFT JOIN of_creator USING (account_id, days)
    LEFT JOIN sameness USING (video_id, days)
    LEFT JOIN links USING (video_id, days)
    LEFT JOIN reach USING (video_id, days)
), last_day AS (
    SELECT video_id, COLUMNS(* EXCLUDE (video_id, days)) AS '\0_1d' FROM windows WHERE days = 1
), last_week AS (
    SELECT video_id, COLUMNS(* EXCLUDE (video_id, days)) AS '\0_7d' FROM windows WHERE days = 7
), last_month AS (
    SELECT video_id, COLUMNS(* EXCLUDE (video_id, days)) AS '\0_28d' FROM windows WHERE days = 28
)
SELECT active.*, last_day.* EXCLUDE (video_id), last_week.* EXCLUDE (video_id), last_month.* EXCLUDE (video_id),
    engager_age_days AS engager_age_days_7d, young_engager_share AS young_engager_share_7d,
    idle_engager_share AS idle_engager_share_7d, device_engager_share AS device_engager_share_7d,
    regular_engager_share AS regular_engager_share_7d,
    -- Content
    reuse.* EXCLUDE (video_id)
FROM active
JOIN last_day USING (video_id)
JOIN last_week USING (video_id)
JOIN last_month USING (video_id)
LEFT JOIN engagers USING (video_id)
LEFT JOIN reuse USING (video_id)
