-- Findings of high or critical severity that a host did not have at its recording before.
SELECT l.host, f.severity, f.check, f.subject, f.message
FROM findings f JOIN latest l USING (recording)
WHERE f.status = 'open' AND f.severity IN ('critical', 'high') AND l.compared_with IS NOT NULL
  AND NOT EXISTS (
      FROM findings b WHERE b.recording = l.compared_with AND b.fingerprint = f.fingerprint AND b.check = f.check)
ORDER BY f.severity, l.host, f.check, f.subject
