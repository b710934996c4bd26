-- Entries of the policy that are broken, and on which hosts; then those that nobody can decide.
SELECT a.policy, a.line, a.entry, a.verdict, a.owner, a.host, a.proofs
FROM assertions a JOIN latest USING (recording)
WHERE a.verdict IN ('broken', 'undecided')
ORDER BY a.verdict, a.policy, a.line, a.host
