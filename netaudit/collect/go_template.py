"""The fields that a recording keeps, as a template for `docker inspect --format`."""

from collections.abc import Mapping
from itertools import count

from netaudit.collect.docker_fields import ANY, KEEP


def inspect_template(fields: Mapping[str, object]) -> str:
    """Write a Go template that prints one object with these fields only, as JSON on one line.

    `index` works on the engine's own JSON and not on the command's types, so that a field which this version of the
    engine lacks is null, and no error.
    """
    # What an object was made at comes first, so that lines sort as a recording does.
    first = [name for name in ("Created", "Id") if name in fields]
    return _object({name: fields[name] for name in (*first, *fields)}, "$", count(1))


def _object(fields: Mapping[str, object], holder: str, numbers: "count[int]") -> str:
    # What is kept in part only (docker_fields.Some) is left out: a template cannot tell the part from the rest.
    whole = {name: inner for name, inner in fields.items() if inner is KEEP or isinstance(inner, Mapping)}
    return "{" + ",".join(f'"{name}":{_value(inner, holder, name, numbers)}' for name, inner in whole.items()) + "}"


def _value(fields: object, holder: str, name: str, numbers: "count[int]") -> str:
    found = f'index {holder} "{name}"'
    if fields is KEEP or not isinstance(fields, Mapping):
        return _do(f"json ({found})")
    inner = f"$v{next(numbers)}"
    body = _entries(fields[ANY], inner, numbers) if ANY in fields else _object(fields, inner, numbers)
    return "".join((_do(f"with {inner} := {found}"), body, _do("else"), "null", _do("end")))


def _entries(fields: object, holder: str, numbers: "count[int]") -> str:
    """Print a map whose keys are names."""
    number = next(numbers)
    key, item, comma = f"$k{number}", f"$i{number}", f"$c{number}"
    body = _object(fields, item, numbers) if isinstance(fields, Mapping) else _do(f"json {item}")
    each = (_do(f"range {key}, {item} := {holder}"), _do(comma), _do(f"json {key}"), ":", body)
    return "".join((_do(f'{comma} := ""'), _do('"{"'), *each, _do(f'{comma} = ","'), _do("end"), _do('"}"')))


def _do(action: str) -> str:
    return "{{" + action + "}}"
