-- How many accounts uploaded with a video's frame, caption and sound in the last 90 days, and who did so first.
CREATE OR REPLACE TEMP TABLE reuse AS
WITH recent AS (
    SELECT video_id, account_id, created_at, frame_hash, sound_id,
        trim(regexp_replace(lower(caption), '[^\p{L}\p{N}]+', ' ', 'g')) AS plain,
        CASE WHEN length(plain) >= 20 THEN plain END AS caption_key
    FROM videos WHERE created_at >= as_of() - 90
), frames AS (
    SELECT frame_hash, count(DISTINCT account_id) AS accounts,
        arg_min(account_id, (created_at, video_id)) AS first_account
    FROM recent WHERE frame_hash IS NOT NULL GROUP BY frame_hash
), captions AS (
    SELECT caption_key, count(DISTINCT account_id) AS accounts,
        arg_min(account_id, (created_at, video_id)) AS first_account
    FROM recent WHERE caption_key IS NOT NULL GROUP BY caption_key
), sounds AS (
    SELECT sound_id, count(DISTINCT account_id) AS accounts FROM recent WHERE sound_id IS NOT NULL GROUP BY sound_id
)
SELECT video_id,
    frames.accounts AS frame_accounts, (frames.first_account = account_id)::INT AS frame_is_first,
    captions.accounts AS caption_accounts, (captions.first_account = account_id)::INT AS caption_is_first,
    sounds.accounts AS sound_accounts
FROM recent
LEFT JOIN frames USING (frame_hash)
LEFT JOIN captions USING (caption_key)
LEFT JOIN sounds USING (sound_id)
