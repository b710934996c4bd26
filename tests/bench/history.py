"""`make bench`: how large a history of 1,000 changes is, and how long its answers take.

Prints a table and writes it to docs/speed.md, as a section of its own.
"""

import os
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import packing
from msgspec.structs import replace

from bench.bench import MODEL, measure, netaudit, table
from bench.page import put_section
from bench.synthetic import make_facts
from netaudit.history import make_history
from netaudit.model.facts import Facts
from netaudit.model.history.change import CauseOf, LoggedCause, LoggedChange, LoggedRule
from netaudit.model.history.look import Origin
from netaudit.model.observation import Process

_CONTAINERS = (1, 20, 100)
_CHANGES = 1000
_STANDING = 20  # rules of an operator that are there at once
_NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
_HEADING = "## A history of 1,000 changes"
_QUESTIONS = (
    ("log", ("log",)),
    ("blame", ("blame", "filter/INPUT#15")),
    ("bisect --reaches", ("bisect", "--reaches", "internet", "{last}:80")),
    ("bisect --policy", ("bisect", "--policy", "{folder}/{last}.yaml")),
    ("report --history", ("report", "--history", "-o", "{folder}/page.html", "--force")),
)
_WORDS = """{heading}

`python -m bench.history`, load average {load:.1f} at the end. A host of N containers, on which an operator adds a rule
and removes one, 1,000 times; from the 700th on the last container is there. The file as it is when the watch has ended;
each answer is a whole process:

{table}

"""


def main() -> None:
    """Measure, print, and write the section."""
    packing.unpack(packing.TREE)
    model = Path(sys.argv[1]) if len(sys.argv) > 1 else MODEL
    headers = ["containers", "MB", "bytes a change", *(f"{name}, s" for name, _ in _QUESTIONS)]
    with tempfile.TemporaryDirectory() as folder:
        rows = [_row(model, size, Path(folder)) for size in _CONTAINERS]
    section = _WORDS.format(heading=_HEADING, load=os.getloadavg()[0], table=table(rows, headers))
    put_section(_HEADING, section)
    print(section)


def _row(model: Path, size: int, folder: Path) -> list[object]:
    store = folder / f"{size}.sqlite"
    _fill(store, make_facts(model, size - 1), make_facts(model, size))
    large = store.stat().st_size
    (folder / f"c{size - 1}.yaml").write_text(f"policy: [internet cannot reach c{size - 1}:80]\n")
    answers = []
    for _, words in _QUESTIONS:
        asked = [word.format(folder=folder, last=f"c{size - 1}") for word in words]
        answers.append(measure([*netaudit(*asked), "--store", str(store)])[0])
    return [size, large / 1e6, round(large / _CHANGES), *answers]


def _fill(store: Path, without: Facts, host: Facts) -> None:
    with closing(make_history(store)) as history:
        rules: list[str] = []
        for number in range(_CHANGES + 1):
            at = f"{_NOON + timedelta(minutes=number):%Y-%m-%dT%H:%M:%SZ}"
            change = _change(number, at)
            rules = [*rules, change.rules[0].text][-_STANDING:] if number else []
            facts = _with_rules(replace(host if number >= 700 else without, taken_at=at, host="bench"), rules)
            history.add(facts, Origin.WATCH, (change,) if number else None)


def _change(number: int, at: str) -> LoggedChange:
    text = f"-A INPUT -s 198.18.{number >> 8}.{number & 255}/32 -p tcp -m tcp --dport {number} -j DROP"
    rule = LoggedRule("added", "iptables-nft", "ip", "filter", "INPUT", text, "rule", min(number, _STANDING))
    writer = Process("iptables", 1000 + number, "ssh.service", "ada", "bash < sudo")
    return LoggedChange(at, at, exact=True, writer=writer, cause=LoggedCause(CauseOf.OPERATOR, "ada"), rules=(rule,))


def _with_rules(facts: Facts, rules: list[str]) -> Facts:
    name = "iptables-save.txt"
    head, table_, rest = facts.files[name].partition(b"*filter\n")
    declared, commit, after = rest.partition(b"COMMIT\n")
    text = "".join(f"{rule}\n" for rule in rules).encode()
    return replace(facts, files={**facts.files, name: head + table_ + declared + text + commit + after})


if __name__ == "__main__":
    main()
