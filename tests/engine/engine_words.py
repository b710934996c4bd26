"""Short forms of what JSON says, to compare whole."""

from typing import Any


def brief(one: dict[str, Any]) -> str:
    """Give a rule's table and text."""
    return f"{one['table']} {one['text']}"


def causes_of(one: dict[str, Any]) -> list[dict[str, Any]]:
    """Give a rule's causes, containers and networks by name."""
    return [
        {key: value["name"] if key in ("container", "network") else value for key, value in cause.items()}
        for cause in one["attribution"]["causes"]
    ]
