-- Rules that no program of the catalog wrote and that stand on one host of the fleet alone.
WITH own AS (
    SELECT DISTINCT a.host, a.place, a.text, coalesce(a.maker, 'unknown') AS maker
    FROM attributions a JOIN latest USING (recording) JOIN rules r USING (recording, rule)
    WHERE r.object = 'rule' AND (a.maker IS NULL OR a.maker = 'operator')
), seen AS (
    SELECT regexp_replace(place, '#\d+$', '') AS chain, text FROM own GROUP BY ALL HAVING count(DISTINCT host) = 1
)
SELECT own.host, own.place, own.text, own.maker
FROM own JOIN seen ON own.text = seen.text AND regexp_replace(own.place, '#\d+$', '') = seen.chain
ORDER BY own.host, own.place, own.text
