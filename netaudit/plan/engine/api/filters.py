"""The filters of lists: JSON in the query, `{"label": ["a=b"]}` or, of older clients, `{"label": {"a=b": true}}`."""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from netaudit.bounded import UnfitError, decode_json
from netaudit.model.engine_request import EngineRequest
from netaudit.plan.engine.answer import EngineRefusal
from netaudit.plan.engine.objects import Object

Filters = Mapping[str, tuple[str, ...]]
Test = Callable[[Object, str], bool]


def filters_of(request: EngineRequest) -> Filters:
    """Return the filters of a request. Raises EngineRefusal for what is not of their form."""
    raw = request.parameter("filters")
    if not raw:
        return {}
    try:
        given = decode_json(raw, dict[str, dict[str, bool] | list[str]])
    except (UnfitError, msgspec.MsgspecError) as error:
        raise EngineRefusal(400, f"invalid filter: {error}") from error
    return {name: tuple(values) for name, values in given.items()}


def select(found: Iterable[Object], filters: Filters, tests: Mapping[str, Test]) -> list[Object]:
    """Return the objects that pass: of several labels all, of other filters any. Raises EngineRefusal for others."""
    unknown = sorted(filters.keys() - tests.keys())
    if unknown:
        raise EngineRefusal(400, f"invalid filter '{unknown[0]}'")
    return [one for one in found if all(_passes(one, name, values, tests[name]) for name, values in filters.items())]


def has_label(labels: Mapping[str, str], wanted: str) -> bool:
    """Tell whether labels hold `name` or `name=value`."""
    name, equals, value = wanted.partition("=")
    return name in labels and (not equals or labels[name] == value)


def _passes(one: Object, name: str, values: tuple[str, ...], test: Test) -> bool:
    results = [test(one, value) for value in values]
    return all(results) if name.startswith("label") else any(results) or not results
