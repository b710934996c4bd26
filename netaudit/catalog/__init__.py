"""rules/ -> signatures, checks and services; anything invalid is refused, with file and key.

In: YAML and TOML files. Out: a Catalog of signatures, checks, services, an audit's configuration.
Begin with signatures.py and checks.py; document.py reads one file.
"""

from netaudit.catalog.checks import check_ids, find_check, load_checks, load_checks_from
from netaudit.catalog.services import load_services
from netaudit.catalog.signatures import load_catalog, load_catalog_from

__all__ = [
    "check_ids",
    "find_check",
    "load_catalog",
    "load_catalog_from",
    "load_checks",
    "load_checks_from",
    "load_services",
]
