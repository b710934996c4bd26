"""rules/ -> signatures, checks and services; anything invalid is refused, with file and key."""

from netaudit.catalog.checks import load_checks, load_checks_from, load_services
from netaudit.catalog.signatures import load_catalog, load_catalog_from

__all__ = ["load_catalog", "load_catalog_from", "load_checks", "load_checks_from", "load_services"]
