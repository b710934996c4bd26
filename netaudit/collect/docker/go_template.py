"""The fields that a recording keeps, as a template for `docker inspect --format`."""

from collections.abc import Mapping
from itertools import count

from netaudit.collect.docker.fields import ANY, FileNamed, Labels


def inspect_template(fields: Mapping[str, object]) -> str:
    """Write a Go template that prints one object with these fields only, as JSON on one line.

    `index` works on the engine's own JSON and not on the command's types, so that a field which this version of the
    engine lacks is null, and no error.
    """
    # What an object was made at comes first, so that lines sort as a recording does.
    first = [name for name in ("Created", "Id") if name in fields]
    return _object({name: fields[name] for name in (*first, *fields)}, "$", count(1))


def _object(fields: Mapping[str, object], holder: str, numbers: "count[int]") -> str:
    return "{" + ",".join(f'"{name}":{_value(inner, holder, name, numbers)}' for name, inner in fields.items()) + "}"


def _value(fields: object, holder: str, name: str, numbers: "count[int]") -> str:
    found = f'index {holder} "{name}"'
    match fields:
        case Labels():
            return _labels(fields, found, next(numbers))
        case FileNamed():
            return _file_named(fields, found, numbers)
        case Mapping():
            inner = f"$v{next(numbers)}"
            body = _entries(fields[ANY], inner, numbers) if ANY in fields else _object(fields, inner, numbers)
            return "".join((_do(f"with {inner} := {found}"), body, _do("else"), "null", _do("end")))
        case _:
            return _do(f"json ({found})")


def _labels(wanted: Labels, found: str, number: int) -> str:
    """Print some names of a map; `printf` cuts where engines' older languages have no `slice`."""
    key, item, comma = f"$k{number}", f"$i{number}", f"$c{number}"
    tests = [f'(eq {key} "{name}")' for name in wanted.names]
    tests += [f'(eq (printf "%.{len(wanted.prefix)}s" {key}) "{wanted.prefix}")'] if wanted.prefix else []
    entry = "".join(
        (
            _do("if or false " + " ".join(tests)),
            _do(comma),
            _do(f"json {key}"),
            ":",
            _do(f"json {item}"),
            _next(comma),
            _do("end"),
        )
    )
    return "".join((_do(f'{comma} := ""'), _do('"{"'), _do(f"range {key}, {item} := {found}"), entry, _do("end"), "}"))


def _file_named(wanted: FileNamed, found: str, numbers: "count[int]") -> str:
    """Print of a list the items that end so. A list without one is empty, which says something: null says nothing."""
    number = next(numbers)
    item, last, comma = f"$i{number}", f"$l{number}", f"$c{number}"
    path = f'split (print (index {item} "{wanted.field}")) "/"'
    ending = "".join((_do(f'{last} := ""'), _do(f"range {path}"), _do(f"{last} = ."), _do("end")))
    named = f"if eq {last} " + " ".join(f'"{name}"' for name in wanted.names)
    entry = "".join((ending, _do(named), _do(comma), _object(wanted.fields, item, numbers), _next(comma), _do("end")))
    items = "".join((_do(f'{comma} := ""'), "[", _do(f"range {item} := {found}"), entry, _do("end"), "]"))
    return "".join((_do(f'if eq (print ({found})) "<nil>"'), "null", _do("else"), items, _do("end")))


def _entries(fields: object, holder: str, numbers: "count[int]") -> str:
    """Print a map whose keys are names."""
    number = next(numbers)
    key, item, comma = f"$k{number}", f"$i{number}", f"$c{number}"
    body = _object(fields, item, numbers) if isinstance(fields, Mapping) else _do(f"json {item}")
    each = (_do(f"range {key}, {item} := {holder}"), _do(comma), _do(f"json {key}"), ":", body)
    return "".join((_do(f'{comma} := ""'), _do('"{"'), *each, _next(comma), _do("end"), _do('"}"')))


def _next(comma: str) -> str:
    return _do(f'{comma} = ","')


def _do(action: str) -> str:
    return "{{" + action + "}}"
