-- How many hosts have which engine, and which backends hold their rules.
SELECT coalesce(engine, 'not known') AS engine, array_to_string(backends, ', ') AS backends,
       coalesce(firewall_backend, 'not known') AS firewall_backend, count(*) AS hosts,
       sum(containers) AS containers, sum(rules) AS rules, sum(missing) AS missing_rules,
       count(*) FILTER (len(gaps) > 0) AS hosts_with_gaps
FROM latest
GROUP BY ALL
ORDER BY hosts DESC, engine, backends, firewall_backend
