"""Audits of recordings."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from netaudit.api.rules import shipped_catalog
from netaudit.attribute.services import Services
from netaudit.attribute.signatures.signature import Catalog
from netaudit.audit.auditor import Auditor
from netaudit.audit.checks.check import Check
from netaudit.audit.finding import Audit
from netaudit.audit.run import Plan
from netaudit.catalog import load_checks, load_services
from netaudit.model.facts import Facts
from netaudit.store import load

RECORDINGS = Path(__file__).parent.parent / "recordings"
TODAY = dt.date(2026, 12, 1)
AuditOf = Callable[..., Audit]


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return shipped_catalog()


@pytest.fixture(scope="session")
def checks() -> tuple[Check, ...]:
    return load_checks()


@pytest.fixture(scope="session")
def audit_of(catalog: Catalog, checks: tuple[Check, ...]) -> AuditOf:
    """Audit a recording below tests/recordings, or facts; keywords are those of a plan."""
    services = Services(load_services())
    known: dict[str, Audit] = {}

    def audit(where: str | Facts, **plan: object) -> Audit:
        if isinstance(where, str) and not plan:
            if where not in known:
                known[where] = audit(load(RECORDINGS / where))
            return known[where]
        facts = load(RECORDINGS / where) if isinstance(where, str) else where
        since = plan.pop("since", None)
        asked = Plan(**{"checks": checks, "today": TODAY, **plan})  # type: ignore[arg-type]
        return Auditor(catalog, services, asked, since=load(RECORDINGS / str(since)) if since else None).audit(facts)

    return audit
