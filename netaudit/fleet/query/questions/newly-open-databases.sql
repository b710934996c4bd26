-- Databases and other services that should not face a network, which other machines reach now and could not before.
SELECT l.host, c.sensitive AS service, c.container, c.project, c.protocol, c.address, c.ports,
       min(c.place) AS reached_from, l.compared_at AS closed_at, l.taken_at AS open_at, any_value(c.cause) AS cause
FROM changes c JOIN latest l USING (recording)
WHERE c.against = 'previous' AND c.kind = 'exposure' AND c.change = 'opened' AND c.outside AND c.sensitive IS NOT NULL
GROUP BY ALL
ORDER BY l.host, service, c.address, c.ports
