"""docs/template-model.md, from the published JSON Schema: `make goldens` writes it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pages import json_schema

_ROOT = Path(__file__).parents[2]
PATH = _ROOT / "docs" / "template-model.md"
_HEAD = """# Templates of your own

    netaudit report [BEFORE [AFTER]] --template FILE [-o FILE]

FILE is a [Jinja2](https://jinja.palletsprojects.com/) template; two examples are in
[templates/examples/](../templates/examples). Where its name ends in `.html`, `.xml` or `.svg` (before a `.j2`), what it
prints is escaped for markup; everywhere, characters that could steer a terminal or reorder a line are shown as codes.

A template reads the report and nothing else. It runs in a sandbox: no file, no include, no attribute that begins with
an underscore, no change to the report, 30 seconds, 2 GiB, 50 million characters. What is not defined is an error, not
an empty text: ask `"container" in x`, or use `default`.

## What it sees: `netaudit/template/v1`

| Name | Holds |
|---|---|
| `model` | `netaudit/template/v1`: fields are added, never changed |
| `netaudit` | netaudit's version |
| `verdict` | a list of sentences, the most important first |
| `report` | the document that `--format json` prints: `show` for one recording, `diff` for two |

The tables below are made from [the JSON Schema](schemas/netaudit-v1.schema.json), which describes every document that
netaudit prints.
"""


def render() -> str:
    """Print the page."""
    definitions = json_schema.definitions()
    return _HEAD + "\n".join(line for name in _shown(definitions) for line in _section(name, definitions[name])) + "\n"


def _shown(definitions: dict[str, Any]) -> list[str]:
    """Return the two documents that a template may see, then every definition that they lead to."""
    names = ["show", "diff"]
    for name in names:
        names += [one for one in dict.fromkeys(_references(definitions[name])) if one not in names]
    return names


def _references(schema: Any) -> Iterator[str]:
    match schema:
        case {"$ref": str() as target}:
            yield target.rpartition("/")[2]
        case dict():
            for part in schema.values():
                yield from _references(part)
        case list():
            for part in schema:
                yield from _references(part)


def _section(name: str, schema: dict[str, Any]) -> Iterator[str]:
    yield from ("", f"### {name}", "")
    if "description" in schema:
        yield from (schema["description"], "")
    yield from ("| Field | Is | |", "|---|---|---|")
    for field, kind in schema["properties"].items():
        optional = "" if field in schema["required"] else "not always there. "
        yield f"| `{field}` | {_kind(kind)} | {optional}{kind.get('description', '')} |"


def _kind(schema: dict[str, Any]) -> str:
    match schema:
        case {"$ref": str() as target}:
            name = target.rpartition("/")[2]
            said = f"[{name}](#{name.lower()})"
        case {"const": value}:
            said = f"`{value}`"
        case {"enum": values}:
            said = " ".join(f"`{value}`" for value in values)
        case {"anyOf": [inner, {"type": "null"}]}:
            said = f"{_kind(inner)} or null"
        case {"type": "array", "prefixItems": [inner, _]}:
            said = f"pair of {_kind(inner)}"
        case {"type": "array", "items": inner}:
            said = f"list of {_kind(inner)}"
        case {"type": str() as said}:
            pass
    return said


def main() -> None:
    """Write the page."""
    PATH.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
