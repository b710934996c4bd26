"""docs/fleet-tables.md, from the types of rows and the files of questions: `make goldens` writes it again."""

from collections.abc import Iterator
from pathlib import Path

from netaudit.fleet.query.questions import questions
from netaudit.fleet.tables.schema import ROWS, VERSION, Table, columns

PATH = Path(__file__).parents[2] / "docs" / "fleet-tables.md"
_HEAD = f"""# The tables of a fleet

What `netaudit fleet audit` writes ([fleet.md](fleet.md)): version {VERSION}. Columns are added at the end of a table
without a new version; what a column means, and its kind, do not change within one. Every table has the column `day`
besides, from the name of its partition's folder. Kinds in Parquet: text is `string`, integer `int64`, time
`timestamp[us, UTC]`.
"""


def render() -> str:
    """Return the page."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _HEAD
    for table in Table:
        yield from (f"## {table}", "", (ROWS[table].__doc__ or "").strip(), "")
        yield from ("| Column | Kind | Null | Means |", "|---|---|---|---|")
        for one in columns(table):
            yield f"| `{one.name}` | {one.kind} | {'yes' if one.optional else ''} | {one.meaning} |"
        yield ""
    yield from ("## Questions that have names", "", "| `netaudit fleet query` | Asks |", "|---|---|")
    yield from (f"| `{one.name}` | {one.sentence} |" for one in questions().values())
    yield ""


def main() -> None:
    """Write the page."""
    PATH.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
