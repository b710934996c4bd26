"""What identifies a finding from one audit to the next: a hash of its check and of what its subject stays."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from netaudit.audit.finding import Finding


def fingerprint(check: str, identity: str, number: int = 0) -> str:
    """Hash the identity of a finding; `number` distinguishes equal ones."""
    words = f"{check}\n{identity}" + (f"\n{number}" if number else "")
    return hashlib.sha256(words.encode(errors="surrogateescape")).hexdigest()[:32]


def numbered(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Give equal fingerprints a number each, in the order of the findings."""
    met: Counter[str] = Counter()
    for one in findings:
        number = met[one.fingerprint]
        met[one.fingerprint] += 1
        own = fingerprint(one.check.id, one.fingerprint, number) if number else one.fingerprint
        yield msgspec.structs.replace(one, fingerprint=own)
