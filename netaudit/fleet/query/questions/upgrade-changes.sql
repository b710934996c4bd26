-- What a restart with the engine that was rehearsed (--rehearse) would change on each host; or why that is not known.
SELECT l.host, l.engine, coalesce(l.rehearsed, 'not rehearsed') AS rehearsed,
       count(*) FILTER (c.kind = 'rule') AS rules_changed,
       count(*) FILTER (c.kind = 'exposure' AND c.change = 'opened') AS opened,
       count(*) FILTER (c.kind = 'exposure' AND c.change = 'closed') AS closed, l.rehearse_gap AS gap
FROM latest l LEFT JOIN changes c ON c.recording = l.recording AND c.against = l.rehearsed
GROUP BY ALL
HAVING rules_changed + opened + closed > 0 OR l.rehearsed IS NULL
ORDER BY opened DESC, closed DESC, rules_changed DESC, l.host
