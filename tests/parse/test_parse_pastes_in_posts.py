"""Listings as forums, mails, logs and web pages show them: each rule is read, whatever was put around its line."""

import html
import re
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from netaudit.parse import parse_snapshot
from netaudit.parse.paste.files import read_paste
from netaudit.parse.paste.plain.markup import tables_made_plain
from netaudit.parse.paste.plain.nft_wrapped import nft_rejoined
from netaudit.parse.paste.plain.notes import split_note
from netaudit.parse.paste.plain.prefixed import unprefixed
from netaudit.parse.paste.plain.rows import rows_rejoined
from netaudit.parse.paste.plain.wrapped import BACKSLASH, JOINED
from netaudit.store import load

SAVED = """*nat
:PREROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A DOCKER -i br-8c698eab3c9e -j RETURN
-A DOCKER ! -i br-8c698eab3c9e -p tcp -m tcp --dport 8211 -j DNAT --to-destination 172.18.0.2:80
COMMIT
*filter
:FORWARD DROP [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -o br-8c698eab3c9e -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A DOCKER-USER -s 192.0.2.0/24 -m comment --comment "the office" -j RETURN
COMMIT
"""
COMMANDS = "\n".join(
    line.replace("*", "$ iptables -S -t ") for line in SAVED.splitlines() if line.startswith(("*", "-A"))
)
LISTED = """# iptables -t nat -L -n -v
Chain PREROUTING (policy ACCEPT 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination
   12   720 DOCKER     all  --  *      *       0.0.0.0/0            0.0.0.0/0       ADDRTYPE match dst-type LOCAL

Chain DOCKER (1 references)
 pkts bytes target     prot opt in     out     source               destination
    0     0 RETURN     all  --  br-8c698eab3c9e *  0.0.0.0/0            0.0.0.0/0
    0     0 DNAT       tcp  --  !br-8c698eab3c9e * 0.0.0.0/0            0.0.0.0/0       tcp dpt:8211 to:172.18.0.2:80

# iptables -L -n -v
Chain FORWARD (policy DROP 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination
   12   720 DOCKER-USER  all  --  *      *       0.0.0.0/0            0.0.0.0/0
 4487K  381M ACCEPT     all  --  *   br-8c698eab3c9e 0.0.0.0/0        0.0.0.0/0            ctstate RELATED,ESTABLISHED

Chain DOCKER-USER (1 references)
 pkts bytes target     prot opt in     out     source               destination
    0     0 RETURN     all  --  *      *       192.0.2.0/24         0.0.0.0/0            /* the office */
"""
NFT = """table ip nat {
\tchain PREROUTING {
\t\ttype nat hook prerouting priority dstnat; policy accept;
\t\tfib daddr type local counter packets 12 bytes 720 jump DOCKER
\t}

\tchain DOCKER {
\t\tiifname "br-8c698eab3c9e" counter packets 0 bytes 0 return
\t\tiifname != "br-8c698eab3c9e" tcp dport 8211 counter packets 0 bytes 0 dnat to 172.18.0.2:80 # handle 12
\t}
}
table ip filter {
\tchain FORWARD {
\t\ttype filter hook forward priority filter; policy drop;
\t\tcounter packets 12 bytes 720 jump DOCKER-USER
\t\toifname "br-8c698eab3c9e" ct state related,established counter packets 4 bytes 381 accept
\t}

\tchain DOCKER-USER {
\t\tip saddr 192.0.2.0/24 counter packets 0 bytes 0 return comment "the office"
\t}
}
"""
FORMS = {"save": SAVED, "commands": COMMANDS, "listing": LISTED, "nft": NFT}
Change = Callable[[str], str]


def _each(change: Change) -> Change:
    return lambda text: "\n".join(map(change, text.split("\n")))


def _numbered(form: str) -> Change:
    return lambda text: "\n".join(form.format(number, line) for number, line in enumerate(text.split("\n"), 1))


def _wrapped(width: int) -> Change:
    def wrap(text: str) -> str:
        lines = (textwrap.wrap(line, width, break_on_hyphens=False) or [""] for line in text.split("\n"))
        return "\n".join(piece for pieces in lines for piece in pieces)

    return wrap


def _backslashes(line: str) -> str:
    head, _, tail = line[:60].rpartition(" ")
    return f"{head} \\\n    {tail}{line[60:]}" if len(line) > 60 and head.strip() else line


def _table(text: str) -> str:
    found = []
    for line in text.split("\n"):
        words = line.split()
        if not words or line.startswith(("Chain ", "#")):
            found.append(line)
        elif words[0] == "pkts":
            columns = len(words)
            found += [f"| {' | '.join(words)} | |", "|" + "---|" * (columns + 1)]
        else:
            found.append(f"| {' | '.join([*words[:columns], ' '.join(words[columns:])])} |")
    return "\n".join(found)


CHANGES: dict[str, Change] = {
    "a page's block": lambda text: f"<p>Here:</p>\n<pre><code>{html.escape(text)}</code></pre>\n<p>thanks</p>",
    "a page's line ends": lambda text: f"<p>{html.escape(text)}</p>".replace("\n", "<br>\n"),
    "a page on one line": lambda text: f"<p>{html.escape(text)}</p>".replace("\n", "<br />"),
    "a page's spaces": lambda text: html.escape(text).replace("  ", " &nbsp;"),
    "a page's table": lambda text: f"<table>{_numbered('<tr><td>{}</td><td>{}</td></tr>')(html.escape(text))}</table>",
    "a page's list": lambda text: f"<ol>\n{_each('<li>{}</li>'.format)(html.escape(text))}\n</ol>",
    "a forum's tags": lambda text: f"[code]\n{text}[/code]\n",
    "escapes of Markdown": _each(lambda line: re.sub(r"([*_!#\[\]<>-])", r"\\\1", line)),
    "bold lines": _each(lambda line: f"**{line}**" if "8211" in line else line),
    "code lines": _each(lambda line: f"`{line}`" if line else line),
    "tabs": _each(lambda line: re.sub(" {2,}", "\t", line)),
    "single spaces": _each(lambda line: re.sub(r"[ \t]+", " ", line).strip()),
    "curly quotes": lambda text: re.sub(r'"([^"\n]*)"', "\u201c\\1\u201d", text),
    "long dashes": lambda text: text.replace("--", "\u2014"),
    "short dashes": lambda text: text.replace("--", "\u2013"),
    "numbers and a point": _numbered("{}. {}"),
    "numbers and a bar": _numbered("{:4} | {}"),
    "numbers in brackets": _numbered("[{}] {}"),
    "colours": _each(lambda line: f"\x1b[32m{line[:5]}\x1b[0m\x1b[1;31m{line[5:]}\x1b[m\x1b[K"),
    "colours as cat -v shows them": _each(lambda line: f"^[[32m{line[:5]}^[[0m{line[5:]}"),
    "colours without their escapes": _each(lambda line: f"[32m{line[:5]}[0m{line[5:]}[0m"),
    "line ends of Windows": lambda text: text.replace("\n", "\r\n"),
    "line ends of old Macs": lambda text: text.replace("\n", "\r"),
    "a quote in a quote": _each("> > {}".format),
    "a quote by initials": lambda text: f"On Monday somebody wrote:\n{_each('JD> {}'.format)(text)}",
    "bars": _each("| {}".format),
    "a syslog": _each("Nov 29 00:14:17 node1 script[812]: {}".format),
    "a journal": _each("2026-11-29T00:14:17+0000 node1 sh[812]: {}".format),
    "times": _each("2026-11-29T00:14:17.123456Z {}".format),
    "times in brackets": _each("[2026-11-29 00:14:17] {}".format),
    "times of day": _each("00:14:17 {}".format),
    "hosts": _each("node1: {}".format),
    "hosts in brackets": _each("[node1] out: {}".format),
    "Compose's names": _each("fw-1  | {}".format),
    "a list of Ansible": lambda text: (
        '"stdout_lines": [\n'
        + ",\n".join('        "{}"'.format(line.replace('"', '\\"')) for line in text.split("\n"))
        + "\n]\n"
    ),
    "bullets": _each("- {}".format),
    "stars": _each("* {}".format),
    "indentation": _each("    {}".format),
    "every other line empty": lambda text: text.replace("\n", "\n\n"),
    "broken at 80 columns": _wrapped(80),
    "broken at 72 columns": _wrapped(72),
    "backslashes": _each(_backslashes),
    "line breaks of Markdown": _each(lambda line: f"{line} \\"),
    "an arrow behind a rule": _each(lambda line: f"{line}   <-- this one" if "8211" in line else line),
}


def _rules(folder: Path, text: str) -> tuple[list[str], list[str]]:
    file = folder / "paste.txt"
    file.write_bytes(text.encode())
    snapshot = parse_snapshot(load(file))
    rules = [
        f"{table.name} {rule.text}"
        for table in snapshot.ruleset.tables
        for chain in table.chains
        for rule in chain.rules
    ]
    return rules, [gap.detail for gap in snapshot.gaps]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("change", CHANGES)
def test_each_rule_is_read_whatever_was_put_around_its_line(tmp_path: Path, change: str, form: str) -> None:
    text = FORMS[form]
    expected, _ = _rules(tmp_path, text)
    assert len(expected) >= 6
    assert _rules(tmp_path, CHANGES[change](text))[0] == expected


def test_a_listing_in_a_table_of_markdown_is_read(tmp_path: Path) -> None:
    expected, _ = _rules(tmp_path, LISTED)
    assert _rules(tmp_path, f"This is what I have:\n\n{_table(LISTED)}\n\nHelp!\n")[0] == expected


def test_what_stands_behind_a_rule_is_told_with_its_line(tmp_path: Path) -> None:
    text = SAVED.replace("-j RETURN\n-A", "-j RETURN   # deleted since\n-A", 1)
    rules, lost = _rules(tmp_path, text)
    assert rules == _rules(tmp_path, SAVED)[0]
    assert "line 5, passed by: '# deleted since'" in lost


def test_lines_that_tags_end_are_counted_by_them_and_it_is_said(tmp_path: Path) -> None:
    for tag in ("<br>", "&lt;br&gt;", "&amp;lt;br&amp;gt;"):
        _, lost = _rules(tmp_path, SAVED.replace("\n", tag))
        assert "its lines end in tags of HTML: they are counted by these" in lost


def test_tags_in_the_comment_of_a_rule_end_no_line(tmp_path: Path) -> None:
    for comment in ("a <br> b <br/> c", "</p>a</p>b"):
        rule = f'-A DOCKER-USER -m comment --comment "{comment}" -j DROP'
        rules, lost = _rules(tmp_path, SAVED.replace("COMMIT\n", f"{rule}\nCOMMIT\n"))
        assert rules[-1].endswith("-j DROP")
        assert not any("tags" in one for one in lost)


def test_one_rule_that_is_quoted_is_a_rule(tmp_path: Path) -> None:
    rules, _ = _rules(tmp_path, "-P FORWARD ACCEPT\n> -A FORWARD -j DROP\n")
    assert rules == ["filter -A FORWARD -j DROP"]


@pytest.mark.parametrize("mark", ["# ", "// ", "; ", "+ never: ", "I have ", "removed: ", "was: "])
def test_what_is_a_remark_or_a_sentence_is_no_prefix(mark: str) -> None:
    lines = [f"{mark}-A FORWARD -j ACCEPT", f"{mark}-A FORWARD -j DROP"]
    assert unprefixed(lines) == lines


@pytest.mark.parametrize(
    "lines",
    [
        ["ExecStart=/sbin/iptables -A INPUT -j DROP", "ExecStart=/sbin/iptables -A INPUT -j ACCEPT"],
        ["- `-A FORWARD -j DROP`: the last one", "- `-A FORWARD -j ACCEPT`: the first one"],
        ["--A FORWARD -j DROP", "--A FORWARD -j ACCEPT"],
        ["- -A FORWARD -j DROP", "- -A FORWARD -j ACCEPT", "+ -A FORWARD -j RETURN"],
    ],
)
def test_commands_explanations_and_comparisons_have_no_prefix(lines: list[str]) -> None:
    assert unprefixed(lines) == lines


def test_of_two_hosts_whose_names_end_in_numbers_the_first_ones_lines_are_taken() -> None:
    lines = ["node1: -A FORWARD -j DROP", "node2: -A FORWARD -j ACCEPT", "node1: -A INPUT -j DROP"]
    assert unprefixed(lines) == ["-A FORWARD -j DROP", lines[1], "-A INPUT -j DROP"]
    addresses = [line.replace("node", "192.0.2.") for line in lines]
    assert unprefixed(addresses) == ["-A FORWARD -j DROP", addresses[1], "-A INPUT -j DROP"]


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ('-A INPUT -m comment --comment "a # b <-- c" -j DROP', ""),
        ("   0     0 DROP  all  --  *  *  0.0.0.0/0  0.0.0.0/0  /* a <-- b # c */", ""),
        ("   0     0 DROP  all  --  *  *  0.0.0.0/0  0.0.0.0/0  /* a */ <-- b", "<-- b"),
        ("-A INPUT -j DROP // off", "// off"),
        ("\t\tip saddr 192.0.2.1 counter drop # handle 7", ""),
        ("# a remark <-- on a remark", ""),
        ("This one <-- is prose", ""),
    ],
)
def test_a_note_is_what_stands_outside_of_comments(line: str, note: str) -> None:
    assert split_note(line) == (line.removesuffix(note).rstrip() if note else line, note)


HEADING = " pkts bytes target     prot opt in     out     source               destination"
ROW = "    0     0 DROP       tcp  --  *      *       192.0.2.1            0.0.0.0/0            tcp dpt:80"


@pytest.mark.parametrize(
    "below", ["This one is odd.", "$ docker ps", "", "Chain DOCKER (1 references)", ROW, "-A X -j Y"]
)
def test_a_row_that_is_whole_takes_nothing_from_the_line_below(below: str) -> None:
    lines = [HEADING, ROW, below]
    assert rows_rejoined(lines) == lines


@pytest.mark.parametrize("below", ["and so on", "the last two are mine"])
def test_a_row_that_is_cut_takes_no_words_of_a_sentence(below: str) -> None:
    lines = [HEADING, "    0     0 DROP       all  --  !docker0 *       0.0.0.0/0", below]
    assert rows_rejoined(lines) == lines


@pytest.mark.parametrize(
    "below",
    [
        "As you can see it drops all.",
        "# nft list ruleset",
        "[...]",
        "table ip nat {",
        "}",
        "\t\taccept",
        "counter accept",
    ],
)
def test_a_rule_of_nft_takes_nothing_that_is_not_its_own(below: str) -> None:
    whole = '\t\tiifname "docker0" oifname != "docker0" counter packets 5 bytes 300 accept'
    broken = '\t\tiifname "docker0" oifname != "docker0" counter packets 5 bytes 300'
    for rule in [whole, *([broken] if below != "counter accept" else [])]:
        lines = ["table ip filter {", "\tchain FORWARD {", rule, below]
        assert nft_rejoined(lines) == lines


def test_a_bar_in_a_cell_is_no_border() -> None:
    lines = ["| a | b | c | d |", "|---|:--|--:|:-:|", "| 1 | `x` | \\| | 4 |"]
    assert tables_made_plain(lines) == ["", "a   b   c   d", "1   x   |   4"]


QUOTE = '\\"'


def test_a_wide_row_makes_no_long_table_wide() -> None:
    lines = ["|" + ("a" * 190 + "|") * 20, *["|" + "a|" * 20] * 25_000]
    assert sum(map(len, tables_made_plain(lines))) < 3 * sum(map(len, lines))


LONG: dict[str, Callable[[int], str]] = {
    "cells": lambda size: "| " * 2000 + "\n" + "|a|b|c|d|\n" * (size // 10),
    "cells of HTML that do not end": lambda size: "<td " * (size // 4),
    "tags that do not end": lambda size: "<p " * (size // 3),
    "ends of lines": lambda size: "<br>" * (size // 4),
    "comments with a tag": lambda size: "<br>" + "/* " * (size // 3),
    "quotes of mails": lambda size: "> " * (size // 2),
    "dashes": lambda size: "\u2014 " * (size // 2),
    "remarks": lambda size: "-A X" + " #" * (size // 2),
    "comments that do not end": lambda size: f"-A X {'/*' * 2000} #x\n" * (size // 4000),
    "quotes that do not end": lambda size: f'-A X " {QUOTE * 2000} #x{BACKSLASH}\n' * (size // 4000),
    "bold": lambda size: "**" * (size // 2) + "x",
    "spaces before bold": lambda size: " " * size + "**x",
    "spaces behind a prefix": lambda size: '"-A X -j DROP",\n' * 3 + '"' + " " * size + "x",
    "ports and containers": lambda size: "".join(
        f"$ docker port {at:012x}\n80/tcp -> 0.0.0.0:80\n{at + size:012x}  a  Up 2 days  80/tcp  n{at}\n"
        for at in range(size // 100)
    ),
}


@pytest.mark.parametrize("signs", LONG)
def test_many_signs_are_read_once(signs: str) -> None:
    text = f"{SAVED}{LONG[signs](600_000)}\n"
    began = time.process_time()
    paste = read_paste(text, "paste.txt")
    assert time.process_time() - began < 8
    assert "iptables-save.txt" in paste.files


def test_a_row_that_a_backslash_breaks_takes_no_other_row() -> None:
    first, second = ROW.replace("0.0.0.0/0", "\\\n 0.0.0.0/0").split("\n")
    lines = rows_rejoined([HEADING, first, f"{second} \\", f"{ROW} \\", ROW])
    assert [line.split() for line in lines] == [HEADING.split(), ROW.split(), [JOINED], ROW.split(), ROW.split()]


def test_rows_whose_addresses_a_page_took_out_keep_what_else_they_say(tmp_path: Path) -> None:
    text = (
        f"Chain DOCKER (2 references)\n{HEADING}\n    0     0 RETURN     all  --  docker0 *\n"
        "   83  4716 DNAT       tcp  --  !docker0 *              tcp dpt:8080 to:172.17.0.2:80\n"
    )
    rules, lost = _rules(tmp_path, text)
    unknown = "-m listing --source … -m listing --destination …"
    assert rules == [
        'nat -A DOCKER -i docker0 -m listing --unread "…" -j RETURN',
        f"nat -A DOCKER {unknown} ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80",
    ]
    assert "the address of …" in lost
