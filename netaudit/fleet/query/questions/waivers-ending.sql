-- Waivers that end within 30 days, or have ended, and what they accept.
SELECT f.waiver_until AS until, f.waiver_owner AS owner, f.waiver_reason AS reason, f.waiver_place AS place,
       f.check, count(DISTINCT f.host) AS hosts, list_sort(list(DISTINCT f.host))[:10] AS first_hosts
FROM findings f JOIN latest USING (recording)
WHERE f.status = 'waived' AND f.waiver_until <= getvariable('today')::DATE + 30
GROUP BY ALL
ORDER BY until, owner, f.check, place
