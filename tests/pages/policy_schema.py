"""docs/netaudit-policy.schema.json, from the types that policy files are read by: `make schemas` writes it."""

import json
from pathlib import Path

from netaudit.catalog.policy import policy_schema

PATH = Path(__file__).parents[2] / "docs" / "netaudit-policy.schema.json"


def render() -> str:
    """Return the schema."""
    return json.dumps(policy_schema(), indent=2) + "\n"


def main() -> None:
    """Write the schema."""
    PATH.write_text(render())


if __name__ == "__main__":
    main()
