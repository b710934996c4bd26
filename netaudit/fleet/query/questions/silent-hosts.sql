-- Hosts not heard of for a day or more, counted from the latest recording of all; and what failed since.
WITH newest AS (SELECT max(taken_at) AS at FROM hosts),
failed AS (SELECT host, max_by(message, coalesce(taken_at, 'epoch'::TIMESTAMPTZ)) AS error FROM errors GROUP BY ALL)
SELECT coalesce(l.host, f.host) AS host, l.taken_at AS last_heard,
       date_diff('hour', l.taken_at, n.at) AS hours_ago, f.error
FROM latest l FULL JOIN failed f USING (host) CROSS JOIN newest n
WHERE l.host IS NULL OR l.taken_at IS NULL OR l.taken_at <= n.at - INTERVAL 1 DAY
ORDER BY last_heard NULLS FIRST, host
