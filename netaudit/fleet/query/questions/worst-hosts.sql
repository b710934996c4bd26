-- The hosts with the most severe open findings.
SELECT host, engine, critical, high, medium, low, missing AS missing_rules, undecided, taken_at
FROM latest
WHERE critical + high + medium > 0
ORDER BY critical DESC, high DESC, medium DESC, host
LIMIT 100
