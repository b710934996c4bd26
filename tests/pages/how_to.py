"""docs/how-to.md: an operator's questions, each with the command that answers it and what it prints of a recorded host.

`python -m pages.how_to` writes the page.
"""

import shlex
from collections.abc import Iterator
from pathlib import Path

import msgspec

from pages.printed import block

_ROOT = Path(__file__).parents[2]
_HOST = _ROOT / "tests" / "recordings" / "bad" / "ufw-deny-bypassed" / "before"
PATH = _ROOT / "docs" / "how-to.md"


class Answer(msgspec.Struct, frozen=True):
    """A question, how to go about it, the command, and what to do with what it says."""

    question: str
    how: str
    command: str
    then: str


_HEAD = """# How to: an operator's questions

Each answer is one command, and what it printed of one host: engine 28.5.2, ufw on, a database published by mistake.
The commands read this host now; add a recording (`netaudit record -o host`) to ask about another one. A test makes
this page again. [The tour](tour.md) shows what Docker writes; `netaudit explain WORD` explains the words of reports.
"""
_ANSWERS = (
    Answer(
        "What is open, and to whom?",
        "One line for each port, the most exposed first; `!` marks a service that is made for a trusted network.",
        "netaudit exposure",
        """`--from internet`, `--container NAME`, `--port N` and `--project NAME` ask for a part, `--verbose` for every
row.""",
    ),
    Answer(
        "What is wrong, and how bad is it?",
        """One line for each mistake, with an ID. Exit code 1 says that one is high or critical: this is the gate for a
pipeline.""",
        "netaudit audit",
        """Docker accepts packets for containers in FORWARD, and ufw's rules stand in INPUT: "bypassed" says that ufw
denies this port in vain.""",
    ),
    Answer(
        "How do I close a port?",
        "`explain` with the ID prints the evidence and the commands, of which the first is the best.",
        "netaudit explain 6d8bbc27",
        """Try a command before you type it: `netaudit plan -- iptables -I DOCKER-USER …` says what it would close and
what else would change, on a copy of the rules. `netaudit audit --verify-fix` tries the commands of a whole audit.""",
    ),
    Answer(
        "Which rule lets a packet in, or stops it?",
        "The way of one packet. `--to` takes an address of the host with a published port, or a container.",
        "netaudit trace --from internet --to 192.0.2.10:5432/tcp",
        """Each rule that it met is there, in order; `--verbose` follows the answer too. `--from container:A --to B:80`
says why A does not reach B.""",
    ),
    Answer(
        "Who made this rule, and may I delete it?",
        "`explain` takes a rule as every report names it.",
        "netaudit explain nat/DOCKER#2",
        """Docker writes its rules again when it starts. Of a rule that is not Docker's, `explain` names the command
that plans its removal; `netaudit blame RULE` says since when it is there and who typed it, where `netaudit watch`
runs.""",
    ),
)
_TAIL = """## What changed since yesterday?

With `netaudit watch` running ([watch.md](watch.md)), `netaudit log --since yesterday` lists each change with who
caused it, and `netaudit diff @yesterday` compares then with now. Without it, compare two recordings:
`netaudit diff before after`.

## What would this deploy open?

`netaudit plan -- docker run -p 5432:5432 postgres`, or `netaudit plan -f compose.yaml` ([plan.md](plan.md)): nothing is
started.

## What goes into a pipeline?

[examples/pull-request.yml](../examples/pull-request.yml) plans a pull request's Compose file for a host that a small
file describes, comments on it and refuses what breaks the [policy](policy.md). On a host: `netaudit audit --strict`,
whose exit code is 1 for a finding that is high or critical, and 4 where something could not be seen.
"""


def render() -> str:
    """Return the page."""
    return "\n".join([_HEAD, *(line for answer in _ANSWERS for line in _answer(answer)), _TAIL])


def _answer(answer: Answer) -> Iterator[str]:
    yield from (f"## {answer.question}", "", answer.how, "")
    _, *arguments = shlex.split(answer.command)
    yield from block(answer.command, arguments, [_HOST], codes=(0, 1))
    yield from (answer.then, "")


def main() -> None:
    """Write the page."""
    PATH.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
