-- The hosts with the most severe open findings.
SELECT host, critical, high, medium, CASE WHEN exposed THEN coalesce(ports, 0) END AS open_to_internet, low,
       missing AS missing_rules, undecided, engine, array_to_string(backends, ', ') AS backends, taken_at
FROM latest LEFT JOIN (
    SELECT recording, count(DISTINCT (coalesce(container, address), protocol, coalesce(container_port::VARCHAR, ports))) AS ports
    FROM exposure WHERE zone_kind = 'internet' AND outcome <> 'blocked' GROUP BY recording
) USING (recording)
WHERE critical + high + medium > 0
ORDER BY critical DESC, high DESC, medium DESC, host
LIMIT 100
