-- What most often lets other machines in: the maker and kind of the deciding rule, by hosts.
SELECT coalesce(e.maker, CASE WHEN e.rule_text IS NULL THEN 'no rule stops it' ELSE 'unknown' END) AS maker,
       e.signature, e.delivery, count(DISTINCT e.host) AS hosts, count(*) AS cells,
       count(*) FILTER (e.sensitive IS NOT NULL) AS sensitive_cells,
       list_sort(list(DISTINCT e.host))[:5] AS first_hosts
FROM exposure e JOIN latest USING (recording)
WHERE e.outside AND e.outcome = 'allowed'
GROUP BY ALL
ORDER BY hosts DESC, cells DESC, maker, e.signature, e.delivery
