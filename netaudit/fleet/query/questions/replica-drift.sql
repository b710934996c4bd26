-- Services of one Compose project that run on several hosts and are not reached alike: hosts that differ from most.
WITH cells AS (
    SELECT DISTINCT e.host, e.project, e.service,
           concat_ws(' ', e.zone_kind, e.family, e.protocol, coalesce(e.container_port::VARCHAR, e.ports), e.outcome) AS cell
    FROM exposure e JOIN latest USING (recording)
    WHERE e.project IS NOT NULL AND e.service IS NOT NULL AND e.outside AND e.destination_kind = 'published-port'
), services AS (
    SELECT DISTINCT a.host, a.project, a.service
    FROM attributions a JOIN latest l USING (recording)
    WHERE a.project IS NOT NULL AND a.service IS NOT NULL AND l.exposed
), profiles AS (
    SELECT s.host, s.project, s.service, coalesce(string_agg(c.cell, '; ' ORDER BY c.cell), 'not reached') AS reached
    FROM services s LEFT JOIN cells c USING (host, project, service)
    GROUP BY ALL
), usual AS (
    SELECT project, service, mode(reached ORDER BY reached) AS reached, count(*) AS hosts
    FROM profiles GROUP BY ALL HAVING count(DISTINCT reached) > 1
)
SELECT p.project, p.service, p.host, p.reached, u.reached AS usual, u.hosts AS replicas
FROM profiles p JOIN usual u USING (project, service)
WHERE p.reached <> u.reached
ORDER BY p.project, p.service, p.host
