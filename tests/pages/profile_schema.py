"""docs/netaudit-host-profile.schema.json, from the types that host profiles are read by: `make schemas` writes it."""

import json
from pathlib import Path

from netaudit.catalog.host_profile import profile_schema

PATH = Path(__file__).parents[2] / "docs" / "netaudit-host-profile.schema.json"


def main() -> None:
    """Write the schema."""
    PATH.write_text(json.dumps(profile_schema(), indent=2) + "\n")


if __name__ == "__main__":
    main()
