"""The exposure map alone: as SVG that needs nothing but itself, and as DOT for Graphviz."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from markupsafe import Markup

from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot
from netaudit.errors import UsageError
from netaudit.model.exposure import Outcome, Zone
from netaudit.report.map.groups import draw_together
from netaudit.report.map.layout import describe
from netaudit.report.map.rows import MapCell, MapRow, rows_of_diff, rows_of_snapshot
from netaudit.report.page.exposed import draw_whole
from netaudit.report.templating import environment
from netaudit.report.templating.loader import read
from netaudit.report.text.sanitize import dot_string

_MOST_DRAWN = 16  # rows of a graph
_COLOURS = {Outcome.ALLOWED: "#ad1f17", Outcome.MAY: "#835400", Outcome.BLOCKED: "#17663a"}
_STYLES = {Outcome.ALLOWED: "solid", Outcome.MAY: "dashed", Outcome.BLOCKED: "dotted"}
_HEADS = {Outcome.ALLOWED: "normal", Outcome.MAY: "normal", Outcome.BLOCKED: "tee"}
_NODE = 'node [shape=box, style=rounded, fontname="monospace", fontsize=11];'


def render_diff_svg(diff: AttributedDiff) -> str:
    """Draw what changed of the exposure. Raises UsageError where exposure was not computed."""
    return _svg(_rows_of_diff(diff), "What can be reached in another way than before")


def render_snapshot_svg(snapshot: AttributedSnapshot) -> str:
    """Draw who can reach what. Raises UsageError where exposure was not computed."""
    return _svg(_rows_of_snapshot(snapshot), "Who can reach what")


def render_diff_dot(diff: AttributedDiff) -> str:
    """Print what changed of the exposure, for Graphviz. Raises UsageError as the SVG does."""
    return _dot(_rows_of_diff(diff))


def render_snapshot_dot(snapshot: AttributedSnapshot) -> str:
    """Print who can reach what, for Graphviz. Raises UsageError as the SVG does."""
    return _dot(_rows_of_snapshot(snapshot))


def _rows_of_diff(diff: AttributedDiff) -> tuple[MapRow, ...]:
    if diff.exposure is None:
        raise _not_computed()
    return rows_of_diff(diff.exposure)


def _rows_of_snapshot(snapshot: AttributedSnapshot) -> tuple[MapRow, ...]:
    if snapshot.exposure is None:
        raise _not_computed()
    return rows_of_snapshot(snapshot.exposure)


def _not_computed() -> UsageError:
    return UsageError(
        "there is no map to draw: who can reach what was not computed",
        hint="it takes a whole recording (rules, Docker's inventory, addresses); `netaudit doctor` names gaps",
    )


def _svg(rows: Sequence[MapRow], title: str) -> str:
    style = read("partials/colours.css") + read("partials/map.css")
    template = environment.html().get_template("map.svg.j2")
    return template.render(map=draw_whole(rows), map_title=title, map_id="map-title", style=Markup(style))  # noqa: S704 (our own file)


def _dot(rows: Sequence[MapRow]) -> str:
    body = [_NODE, *dict.fromkeys(_statements(draw_together(rows, _MOST_DRAWN)))]
    return "\n".join(["digraph exposure {", "  rankdir=LR;", *(f"  {line}" for line in body), "}"]) + "\n"


def _statements(rows: Iterable[MapRow]) -> Iterator[str]:
    for at, row in enumerate(rows):
        stops = [(f"port {at}", row.port), *([(f"network {row.network}", row.network)] if row.network else [])]
        stops.append((f"container {row.container} on {row.network}", row.container))
        yield from (f"{dot_string(node)} [label={dot_string(label)}];" for node, label in stops)
        for (start, _), (end, _) in pairwise(stops):
            yield f"{dot_string(start)} -> {dot_string(end)} [color=gray, arrowhead=none];"
        for cell in row.cells:
            yield from (_edge(zone, stops[0][0], row, cell) for zone in cell.zones)


def _edge(zone: Zone, port: str, row: MapRow, cell: MapCell) -> str:
    label = " ".join([cell.words, cell.rule.where if cell.rule else "no rule", cell.note])
    attributes = (
        f"label={dot_string(label)}, color={dot_string(_COLOURS[cell.last])}, "
        f"style={_STYLES[cell.last]}, arrowhead={_HEADS[cell.last]}, tooltip={dot_string(describe(row, cell))}"
    )
    return f"{dot_string(str(zone))} -> {dot_string(port)} [{attributes}];"
