-- The features of each account that acted in the last 28 days, over 1, 7 and 28 days: more of them than the suite has,
-- as each is given for every window.
CREATE OR REPLACE TEMP TABLE account_features AS
WITH asked AS (
    SELECT account_id, days FROM (SELECT DISTINCT account_id FROM acts), (VALUES (1), (7), (28)) AS windows (days)
),

-- Volume, Timing, Watching: what adds up over days
acts_on_video AS (
    SELECT account_id, event_date, creator_id, video_id, count(*) AS n FROM acts GROUP BY ALL
), acts_on_creator AS (
    SELECT account_id, event_date, creator_id, count(video_id) AS videos, sum(n)::BIGINT AS n
    FROM acts_on_video GROUP BY ALL
), variety AS (
    SELECT account_id, event_date, sum(videos) AS videos, count(creator_id) AS creators,
        sum(n) FILTER (creator_id IS NOT NULL) AS creator_acts,
        sum(n * n) FILTER (creator_id IS NOT NULL) AS creator_acts_sq,
        max(n) FILTER (creator_id IS NOT NULL) AS top_creator_acts
    FROM acts_on_creator GROUP BY ALL
), starts AS (
    SELECT account_id, event_date, ms(ts) AS start_ms,
        lead(ms(ts) - gap_ms) OVER (PARTITION BY account_id, event_date ORDER BY ts) AS end_ms
    FROM acts WHERE gap_ms IS NULL OR gap_ms > 30 * 60_000
), last_acts AS (
    SELECT account_id, event_date, ms(max(ts)) AS last_ms FROM acts GROUP BY ALL
), sessions AS (
    SELECT account_id, event_date, max(coalesce(end_ms, last_ms) - start_ms) AS session_ms
    FROM starts JOIN last_acts USING (account_id, event_date) GROUP BY ALL
), daily AS (
    SELECT account_id, event_date, count(*) AS events,
        count(*) FILTER (verb = 'view') AS views, count(*) FILTER (verb = 'like') AS likes,
        count(*) FILTER (verb = 'comment') AS comments, count(*) FILTER (verb = 'share') AS shares,
        count(*) FILTER (verb = 'follow') AS follows, count(*) FILTER (verb = 'report') AS reports,
        count(gap_ms) AS gaps, sum(gap_ms) AS gap_ms, sum(gap_ms * gap_ms) AS gap_ms_sq,
        count(*) FILTER (gap_ms < 2_000) AS short_gaps, count(*) FILTER (tenth_ms <= 60_000) AS burst_acts,
        sum(watch_ms) AS watch_ms, count(watched) AS rated_views, sum(round(watched * 1e6)) AS watched_ppm,
        count(*) FILTER (repeat_view) AS repeat_views, count(*) FILTER (unseen_like) AS unseen_likes,
        count(*) FILTER (quick_like) AS quick_likes,
        count(*) FILTER (verb = 'follow' AND creator_young) AS young_follows,
        count(creator_young) FILTER (verb = 'follow') AS known_follows
    FROM acts GROUP BY ALL
), totals AS (
    SELECT asked.account_id, days, count(event_date) AS active_days,
        coalesce(sum(events), 0) AS events, coalesce(sum(views), 0) AS views, coalesce(sum(likes), 0) AS likes,
        coalesce(sum(comments), 0) AS comments, coalesce(sum(shares), 0) AS shares,
        coalesce(sum(follows), 0) AS follows, coalesce(sum(reports), 0) AS reports,
        max(events) AS busiest_day, max(follows) AS follows_busiest_day,
        sum(videos) AS videos, sum(creators) AS creators,
        sum(creator_acts) AS creator_acts, sum(creator_acts_sq) AS creator_acts_sq,
        sum(creator_acts * creator_acts) AS all_creator_acts_sq, sum(top_creator_acts) AS top_creator_acts,
        sum(gaps) AS gaps, sum(gap_ms) AS gap_ms, sum(gap_ms_sq) AS gap_ms_sq, sum(short_gaps) AS short_gaps,
        sum(burst_acts) AS burst_acts, coalesce(max(session_ms), 0) AS session_ms,
        coalesce(sum(watch_ms), 0) AS watch_ms, sum(rated_views) AS rated_views, sum(watched_ppm) AS watched_ppm,
        sum(repeat_views) AS repeat_views, sum(unseen_likes) AS unseen_likes, sum(quick_likes) AS quick_likes,
        sum(young_follows) AS young_follows, sum(known_follows) AS known_follows
    FROM asked
    LEFT JOIN (
        daily JOIN variety USING (account_id, event_date) JOIN sessions USING (account_id, event_date)
    ) AS day ON day.account_id = asked.account_id AND within(day.event_date, days)
    GROUP BY ALL
), pushed AS (
    SELECT account_id, creator_id, max(event_date) AS last_day
    FROM acts WHERE verb NOT IN ('view', 'report') AND creator_id IS NOT NULL GROUP BY ALL
), pushed_creators AS (
    SELECT account_id, unnest([1, 7, 28]) AS days,
        unnest([count(*) FILTER (within(last_day, 1)), count(*) FILTER (within(last_day, 7)), count(*)])
            AS pushed_creators
    FROM pushed GROUP BY account_id
), acts_by_hour AS (
    SELECT account_id, event_date, hour(ts) AS hour, count(*) AS n FROM acts GROUP BY ALL
), window_hours AS (
    SELECT asked.account_id, days, hour, sum(n) AS n
    FROM asked JOIN acts_by_hour ON acts_by_hour.account_id = asked.account_id AND within(event_date, days)
    GROUP BY ALL
), rhythm AS (
    SELECT account_id, days, log2(sum(n)) - sum(n * log2(n)) / sum(n) AS hour_entropy,
        quietest(by_hour(hour, n)) / sum(n) AS quiet_share
    FROM window_hours GROUP BY account_id, days
),

-- Comments
written AS (
    SELECT account_id, event_date, traits.*, CASE WHEN length(normal) >= 20 THEN normal END AS telling
    FROM acts JOIN traits USING (event_id) WHERE verb = 'comment'
), comment_totals AS (
    SELECT asked.account_id, days, avg(length) AS comment_length,
        count(*) FILTER (has_link) / count(*) AS link_comment_share,
        count(*) FILTER (has_handle) / count(*) AS handle_comment_share,
        count(*) FILTER (has_phone) / count(*) AS phone_comment_share,
        count(*) FILTER (disguised) / count(*) AS disguised_comment_share,
        count(telling) / count(*) AS telling_comment_share,
        sum(round(emoji_share * 1e6)) / 1e6 / count(*) AS emoji_share,
        count(DISTINCT script) FILTER (script <> '') AS comment_scripts
    FROM asked JOIN written ON written.account_id = asked.account_id AND within(event_date, days)
    GROUP BY ALL
), texts AS (
    SELECT DISTINCT account_id, telling FROM written WHERE telling IS NOT NULL
), shared_texts AS (
    SELECT account_id, count(*) FILTER (writers > 3) / count(*) AS shared_text_share, max(writers) AS text_writers
    FROM texts JOIN (SELECT telling, count(*) AS writers FROM texts GROUP BY telling) USING (telling)
    GROUP BY account_id
),

-- Social; ages in whole seconds
edges AS (
    SELECT account_id, creator_id AS followed, max(event_date) AS last_day
    FROM acts WHERE verb = 'follow' GROUP BY ALL
), gained AS (
    SELECT followed AS account_id, unnest([1, 7, 28]) AS days,
        unnest([count(*) FILTER (within(last_day, 1)), count(*) FILTER (within(last_day, 7)), count(*)])
            AS followers_gained
    FROM edges GROUP BY followed
), followers AS (
    SELECT followed AS account_id,
        avg(epoch(as_of()) - epoch_us(created_at) // 1_000_000) / 86_400 AS follower_age_days
    FROM edges JOIN accounts USING (account_id) GROUP BY followed
), returned AS (
    SELECT one.account_id, count(other.account_id) / count(*) AS returned_follow_share
    FROM edges AS one
    LEFT JOIN edges AS other ON other.account_id = one.followed AND other.followed = one.account_id
    GROUP BY one.account_id
), judged AS (
    SELECT DISTINCT entity_type, entity_id FROM (
        SELECT DISTINCT ON (entity_type, entity_id, policy) * FROM decisions
        ORDER BY decided_at DESC, decision_id DESC
    ) WHERE verdict = 'violating'
), reported AS (
    SELECT DISTINCT account_id, video_id FROM acts WHERE verb = 'report'
), upheld AS (
    SELECT reported.account_id, count(*) FILTER (
            reported.video_id IN (SELECT entity_id FROM judged WHERE entity_type = 'video')
            OR videos.account_id IN (SELECT entity_id FROM judged WHERE entity_type = 'account')
        ) AS reports_upheld,
        reports_upheld / count(*) AS reports_upheld_share
    FROM reported LEFT JOIN videos USING (video_id)
    GROUP BY reported.account_id
),

-- Identity
profiles AS (
    SELECT account_id, created_at, signup_device_id, signup_ip_id,
        coalesce(handle, '') AS handle, coalesce(bio, '') AS bio, country, coalesce(is_verified, false) AS is_verified,
        regexp_replace(lower(handle), '[\d_.\-]+', '', 'g') AS stem,
        CASE WHEN length(stem) >= 4 THEN stem END AS handle_stem,
        nullif(regexp_extract(lower(bio), '(?i)(?:https?://)?((?:[\w-]+\.)+[a-z]{2,}(?:/[^\s]*)?)', 1), '') AS bio_link
    FROM accounts
), identity AS (
    SELECT account_id, (epoch_us(as_of()) - epoch_us(created_at)) / 86_400_000_000 AS age_days,
        length(handle) AS handle_length,
        length(regexp_replace(handle, '\D', '', 'g')) / nullif(length(handle), 0) AS handle_digit_share,
        length(bio) AS bio_length, (bio_link IS NOT NULL)::INT AS bio_has_link, is_verified::INT AS verified,
        ((handle <> '')::INT + (bio <> '')::INT + (country IS NOT NULL)::INT + is_verified::INT) / 4
            AS profile_completeness,
        CASE WHEN signup_device_id IS NULL THEN 1 ELSE count(*) OVER (PARTITION BY signup_device_id) END
            AS signup_device_accounts,
        CASE WHEN signup_ip_id IS NULL THEN 1 ELSE count(*) OVER (PARTITION BY signup_ip_id) END AS signup_ip_accounts,
        CASE WHEN signup_ip_id IS NULL THEN 1 ELSE count(*) OVER (PARTITION BY signup_ip_id, created_at::DATE) END
            AS signup_ip_day_accounts,
        CASE WHEN signup_ip_id IS NOT NULL THEN signup_ip_day_accounts / sqrt(signup_ip_accounts) END
            AS signup_ip_day_crowding,
        CASE WHEN handle_stem IS NULL THEN 1 ELSE count(*) OVER (PARTITION BY handle_stem, created_at::DATE) END
            AS handle_stem_accounts,
        CASE WHEN bio_link IS NULL THEN 1 ELSE count(*) OVER (PARTITION BY bio_link) END AS bio_link_accounts
    FROM profiles
), device_days AS (
    SELECT account_id, device_id, min(event_date) AS first_day, max(event_date) AS last_day
    FROM events WHERE device_id IS NOT NULL GROUP BY ALL
), devices AS (
    SELECT account_id, count(*) AS devices, max(accounts) AS device_accounts
    FROM device_days JOIN (SELECT device_id, count(*) AS accounts FROM device_days GROUP BY ALL) USING (device_id)
    GROUP BY account_id
), account_ips AS (
    SELECT DISTINCT account_id, ip_id FROM events WHERE ip_id IS NOT NULL
), ips AS (
    SELECT account_id, count(*) AS ips, min(accounts) AS ip_accounts_min, max(accounts) AS ip_accounts_max
    FROM account_ips JOIN (SELECT ip_id, count(*) AS accounts FROM account_ips GROUP BY ALL) USING (ip_id)
    GROUP BY account_id
),

-- Uploads
uploads AS (
    SELECT account_id, unnest([1, 7, 28]) AS days,
        unnest([count(*) FILTER (within(day, 1)), count(*) FILTER (within(day, 7)), count(*)]) AS uploads
    FROM (SELECT account_id, created_at::DATE AS day FROM videos) WHERE within(day, 28) GROUP BY account_id
), copies AS (
    SELECT account_id,
        count(*) FILTER (frame_accounts > 1) / nullif(count(frame_hash), 0) AS shared_frame_share,
        count(*) FILTER (frame_is_first = 0) / nullif(count(frame_hash), 0) AS copied_frame_share,
        count(*) FILTER (caption_accounts > 1) / count(*) AS shared_caption_share,
        count(*) FILTER (sound_accounts > 1) / nullif(count(sound_id), 0) AS shared_sound_share
    FROM videos JOIN reuse USING (video_id) WHERE within(created_at::DATE, 28) GROUP BY account_id
), viewers AS (
    SELECT creator_id AS account_id, count(DISTINCT account_id) AS reach
    FROM acts WHERE verb = 'view' AND creator_id IS NOT NULL AND within(event_date, 7) GROUP BY creator_id
), received_days AS (
    SELECT creator_id AS account_id, event_date,
        count(*) FILTER (verb = 'view') AS views, count(*) FILTER (verb = 'like') AS likes,
        count(*) FILTER (verb = 'comment') AS comments, count(*) FILTER (verb = 'report') AS reports
    FROM acts WHERE video_id IS NOT NULL AND creator_id IS NOT NULL GROUP BY ALL
), received AS (
    SELECT asked.account_id, days, sum(views) AS views_received, sum(likes) AS likes_received,
        sum(comments) AS comments_received, sum(reports) AS reports_received
    FROM asked JOIN received_days ON received_days.account_id = asked.account_id AND within(event_date, days)
    GROUP BY ALL
),

-- Changes
devices_of_week AS (
    SELECT account_id, count(*) FILTER (NOT first_day < as_of() - 7) / count(*) AS new_device_share
    FROM device_days WHERE within(last_day, 7) GROUP BY account_id
), silence AS (
    SELECT account_id, min(event_date) FILTER (within(event_date, 7)) AS first_day,
        max(event_date) FILTER (NOT within(event_date, 7)) AS last_day_before
    FROM daily GROUP BY account_id
),

windows AS (
    SELECT account_id, days,
        events, views, likes, comments, shares, follows, reports, active_days,
        views / nullif(events, 0) AS view_share, likes / nullif(events, 0) AS like_share,
        comments / nullif(events, 0) AS comment_share, shares / nullif(events, 0) AS share_share,
        follows / nullif(events, 0) AS follow_share, reports / nullif(events, 0) AS report_share,
        videos / nullif(active_days, 0) AS videos_a_day, creators / nullif(active_days, 0) AS creators_a_day,
        events / nullif(videos, 0) AS acts_per_video,
        creator_acts_sq / nullif(all_creator_acts_sq, 0) AS creator_concentration,
        top_creator_acts / nullif(creator_acts, 0) AS top_creator_share,
        coalesce(pushed_creators, 0) AS pushed_creators,
        hour_entropy, quiet_share,
        gap_ms / nullif(gaps, 0) / 1_000 AS gap_mean_s,
        sqrt(gaps * gap_ms_sq - gap_ms * gap_ms) / nullif(gap_ms, 0) AS gap_variation,
        short_gaps / nullif(gaps, 0) AS short_gap_share, burst_acts / nullif(events, 0) AS burst_share,
        session_ms / 1_000 AS longest_session_s, busiest_day / nullif(events, 0) AS busiest_day_share,
        watched_ppm / 1e6 / nullif(rated_views, 0) AS watched_share, watch_ms / 3_600_000 AS watch_hours,
        repeat_views / nullif(views, 0) AS repeat_view_share,
        unseen_likes / nullif(likes, 0) AS unseen_like_share, quick_likes / nullif(likes, 0) AS quick_like_share,
        comment_totals.* EXCLUDE (account_id, days, comment_scripts),
        coalesce(comment_scripts, 0) AS comment_scripts,
        young_follows / nullif(known_follows, 0) AS young_follow_share, follows_busiest_day,
        coalesce(followers_gained, 0) AS followers_gained,
        coalesce(uploads, 0) AS uploads,
        coalesce(views_received, 0) AS views_received, coalesce(likes_received, 0) AS likes_received,
        coalesce(comments_received, 0) AS comments_received, coalesce(reports_received, 0) AS reports_received
    FROM totals
    LEFT JOIN pushed_creators USING (account_id, days)
    LEFT JOIN rhythm USING (account_id, days)
    LEFT JOIN comment_totals USING (account_id, days)
    LEFT JOIN gained USING (account_id, days)
    LEFT JOIN uploads USING (account_id, days)
    LEFT JOIN received USING (account_id, days)
), last_day AS (
    SELECT account_id, COLUMNS(* EXCLUDE (account_id, days)) AS '\0_1d' FROM windows WHERE days = 1
), last_week AS (
    SELECT account_id, COLUMNS(* EXCLUDE (account_id, days)) AS '\0_7d' FROM windows WHERE days = 7
), last_month AS (
    SELECT account_id, COLUMNS(* EXCLUDE (account_id, days)) AS '\0_28d' FROM windows WHERE days = 28
)
SELECT last_day.*, last_week.* EXCLUDE (account_id), last_month.* EXCLUDE (account_id),
    age_days, handle_length, handle_digit_share, bio_length, bio_has_link, verified, profile_completeness,
    signup_ip_day_crowding, coalesce(signup_device_accounts, 1) AS signup_device_accounts,
    coalesce(signup_ip_accounts, 1) AS signup_ip_accounts,
    coalesce(signup_ip_day_accounts, 1) AS signup_ip_day_accounts,
    coalesce(handle_stem_accounts, 1) AS handle_stem_accounts, coalesce(bio_link_accounts, 1) AS bio_link_accounts,
    shared_text_share AS shared_text_share_28d, coalesce(text_writers, 0) AS text_writers_28d,
    returned_follow_share AS returned_follow_share_28d, follower_age_days AS follower_age_days_28d,
    coalesce(reports_upheld, 0) AS reports_upheld_28d, reports_upheld_share AS reports_upheld_share_28d,
    coalesce(devices, 0) AS devices_28d, coalesce(device_accounts, 0) AS device_accounts_28d,
    coalesce(ips, 0) AS ips_28d, coalesce(ip_accounts_min, 0) AS ip_accounts_min_28d,
    coalesce(ip_accounts_max, 0) AS ip_accounts_max_28d,
    shared_frame_share AS shared_frame_share_28d, copied_frame_share AS copied_frame_share_28d,
    shared_caption_share AS shared_caption_share_28d, shared_sound_share AS shared_sound_share_28d,
    coalesce(reach, 0) AS reach_7d,
    growth(events_7d, events_28d) AS events_growth_7d, growth(likes_7d, likes_28d) AS likes_growth_7d,
    growth(comments_7d, comments_28d) AS comments_growth_7d, growth(follows_7d, follows_28d) AS follows_growth_7d,
    CASE WHEN last_day_before IS NOT NULL THEN new_device_share END AS new_device_share_7d,
    CASE WHEN first_day IS NOT NULL THEN coalesce(first_day - last_day_before - 1, 28) END AS silent_days_7d
FROM last_day
JOIN last_week USING (account_id)
JOIN last_month USING (account_id)
LEFT JOIN identity USING (account_id)
LEFT JOIN shared_texts USING (account_id)
LEFT JOIN followers USING (account_id)
LEFT JOIN returned USING (account_id)
LEFT JOIN upheld USING (account_id)
LEFT JOIN devices USING (account_id)
LEFT JOIN ips USING (account_id)
LEFT JOIN copies USING (account_id)
LEFT JOIN viewers USING (account_id)
LEFT JOIN devices_of_week USING (account_id)
LEFT JOIN silence USING (account_id)
