"""What netaudit ships in rules/, read once in a process: reading it takes longer than auditing a small host."""

from functools import cache

from netaudit.attribute.services import Service
from netaudit.attribute.signatures.signature import Catalog
from netaudit.audit.checks.check import Check
from netaudit.catalog import load_catalog, load_checks, load_services


@cache
def shipped_catalog() -> Catalog:
    """Return the signatures of rules/attribution/."""
    return load_catalog()


@cache
def shipped_checks() -> tuple[Check, ...]:
    """Return the checks of rules/checks/."""
    return load_checks()


@cache
def shipped_services() -> tuple[Service, ...]:
    """Return the services of rules/services.yaml."""
    return load_services()
