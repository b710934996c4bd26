"""docs/schemas/netaudit-v1.schema.json, from the types of the JSON documents: `make schemas` writes it."""

import json
from collections.abc import Iterator
from enum import EnumMeta
from pathlib import Path
from typing import Any

import msgspec
from msgspec.inspect import EnumType, multi_type_info

from netaudit.report.json.assertion import AssertDocument
from netaudit.report.json.audit import AuditDocument
from netaudit.report.json.diff import DiffDocument
from netaudit.report.json.exposure import ExposureDocument
from netaudit.report.json.plan import PlanDocument
from netaudit.report.json.show import ShowDocument
from netaudit.report.json.trace import TraceDocument

PATH = Path(__file__).parents[2] / "docs" / "schemas" / "netaudit-v1.schema.json"
DOCUMENTS = (DiffDocument, ShowDocument, ExposureDocument, AuditDocument, TraceDocument, AssertDocument, PlanDocument)
_REF = "#/$defs/"


def render() -> str:
    """Return the schema: it chooses a document's definition by its `schema`."""
    versions = {definition_of(one.__name__): one.__struct_config__.tag for one in DOCUMENTS}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Made by `make schemas` from the types in netaudit/report/json: change those.",
        "title": "What netaudit prints with --format json, version 1",
        "description": "Fields are added, never changed: ignore those that you do not know. "
        "`schema` says which of the documents it is.",
        "type": "object",
        "required": ["schema"],
        "properties": {"schema": {"enum": list(versions.values())}},
        "allOf": [
            {"if": {"properties": {"schema": {"const": version}}}, "then": {"$ref": _REF + name}}
            for name, version in versions.items()
        ],
        "$defs": definitions(),
    }
    return json.dumps(schema, indent=2) + "\n"


def definitions() -> dict[str, Any]:
    """Return the definition of each type, by its name in the schema; words of an enum stand where they are used."""
    _, components = msgspec.json.schema_components(DOCUMENTS, ref_template=_REF + "{name}")
    enums = {found.__name__: [str(member) for member in found] for found in _enums(multi_type_info(DOCUMENTS))}
    return {definition_of(name): _edited(one, enums) for name, one in components.items() if name not in enums}


def definition_of(name: str) -> str:
    """Return a type's name in the schema: `cellChange` for CellChangeJson, `diff` for DiffDocument."""
    short = name.removesuffix("Json").removesuffix("Document")
    return short[0].lower() + short[1:]


def _enums(info: Any) -> Iterator[EnumMeta]:
    match info:
        case EnumType(cls):
            yield cls
        case msgspec.Struct():
            for field in info.__struct_fields__:
                yield from _enums(getattr(info, field))
        case tuple() | list():
            for one in info:
                yield from _enums(one)


def _edited(schema: Any, enums: dict[str, list[str]]) -> Any:
    match schema:
        case {"$ref": str() as target, **rest}:
            name = target.removeprefix(_REF)
            return rest | ({"enum": enums[name]} if name in enums else {"$ref": _REF + definition_of(name)})
        # The order of what msgspec gives here depends on its version.
        case {"anyOf": [{"type": "null"}, inner] | [inner, {"type": "null"}], **rest}:
            return {"anyOf": [_edited(inner, enums), {"type": "null"}], **rest}
        case {"title": str(), "type": "object", **rest}:
            return {key: _edited(part, enums) for key, part in {"type": "object", **rest}.items()}
        case dict():
            return {key: _edited(part, enums) for key, part in schema.items()}
        case list():
            return [_edited(one, enums) for one in schema]
        case _:
            return schema


def main() -> None:
    """Write the schema."""
    PATH.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
