"""What a finding says to do: commands with the host's real names, that a shell runs as they are printed, or refuses."""

import json
import os
import re
import subprocess
from pathlib import Path

import msgspec
import pytest
from audit.conftest import RECORDINGS, AuditOf
from sampling import every

from netaudit.audit.checks.remedy import Advice, Command, CommandTemplate, in_one_line
from netaudit.audit.finding import Finding
from netaudit.audit.remedy.choices import assume, put_in
from netaudit.audit.remedy.nft_script import run_script
from netaudit.audit.remedy.switches import set_switch
from netaudit.catalog import load_checks
from netaudit.errors import NetauditError
from netaudit.model.facts import Facts, Source
from netaudit.parse import parse_snapshot
from netaudit.report.terminal.shell import shell_lines
from netaudit.store import load

CHECKS = load_checks()
KNOWN = {"iptables": str, "spec": list[str], "ways_in": list[str], "text": str, "ports": list[str]}
HOSTS = sorted(path.name for path in (RECORDINGS / "bad").iterdir())
PROGRAMS = ("iptables", "ip6tables", "iptables-nft", "nft", "systemctl", "sysctl", "docker", "modprobe")


@pytest.fixture
def shell(tmp_path: Path) -> "Shell":
    return Shell(tmp_path)


class Shell:
    """A shell in which the programs of remedies write down what they are called with, and do nothing else."""

    def __init__(self, folder: Path) -> None:
        self._calls = folder / "calls"
        self._bin = folder / "bin"
        self._bin.mkdir()
        for name in PROGRAMS:
            program = self._bin / name
            program.write_text(
                f'#!/bin/sh\nfor word in {name} "$@"; do printf "%s\\0" "$word"; done >>{self._calls}\n'
                f'printf "\\n\\0" >>{self._calls}\n'
            )
            program.chmod(0o755)
        self._folder = folder

    def run(self, line: str, program: str = "sh") -> list[list[str]]:
        """Run a line; gives the words of each call."""
        env = {**os.environ, "PATH": f"{self._bin}:/usr/bin:/bin"}
        subprocess.run([program, "-c", line], cwd=self._folder, env=env, check=False, capture_output=True, timeout=10)
        written = self._calls.read_text().split("\0")[:-1] if self._calls.exists() else []
        calls: list[list[str]] = [[]]
        for word in written:
            calls[-1:] = [calls[-1], []] if word == "\n" else [[*calls[-1], word]]
        return calls[:-1]


def _fill(template: str, **facts: object) -> list[Command]:
    return list(CommandTemplate(template, KNOWN).fill(facts))


def test_a_list_makes_one_command_for_each_of_its_values() -> None:
    found = _fill("{iptables} -I INPUT -i {ways_in} -j DROP", iptables="ip6tables", ways_in=["eth0", "eth1"])
    assert [one.text for one in found] == ["ip6tables -I INPUT -i eth0 -j DROP", "ip6tables -I INPUT -i eth1 -j DROP"]


def test_a_range_of_ports_is_written_as_each_program_reads_it() -> None:
    assert [one.text for one in _fill("{iptables} --dport {ports}", iptables="iptables", ports=["8000:8002"])] == [
        "iptables --dport 8000:8002"
    ]
    assert [one.text for one in _fill("nft insert rule inet x y tcp dport {ports} accept", ports=["8000:8002"])] == [
        "nft 'insert rule inet x y tcp dport 8000-8002 accept'"
    ]


@pytest.mark.parametrize("facts", [{"ways_in": []}, {}])
def test_what_is_not_known_stands_as_a_value_to_choose(facts: dict[str, object]) -> None:
    (command,) = _fill("iptables -I INPUT -i {ways_in} -j DROP", **facts)
    assert (command.text, command.choices) == ("iptables -I INPUT -i <WAYS_IN> -j DROP", ("WAYS_IN",))


def test_a_hole_that_is_no_fact_is_refused() -> None:
    with pytest.raises(NetauditError, match=r"unknown fact \{uplink\}"):
        CommandTemplate("iptables -i {uplink}", KNOWN)


HOSTILE = [
    "-m",
    "comment",
    "--comment",
    "it's $(touch pwned) `touch pwned` \"; touch pwned #\n&& touch pwned",
    "!",
    "-i",
    "lo",
]


@pytest.mark.parametrize("program", ["sh", "bash"])
def test_words_of_others_are_words_for_a_shell(shell: Shell, tmp_path: Path, program: str) -> None:
    (command,) = _fill("{iptables} -D INPUT {spec...}", iptables="iptables", spec=HOSTILE)
    assert shell.run(command.text, program) == [["iptables", "-D", "INPUT", *HOSTILE]]
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("text", ["tcp dport 22 drop; flush ruleset", "drop # x", "drop\nflush ruleset"])
def test_the_text_of_a_rule_cannot_end_its_statement(text: str) -> None:
    (command,) = _fill("nft insert rule inet x y {text...}", text=text)
    assert (command.text, command.choices) == ("nft 'insert rule inet x y <TEXT>'", ("TEXT",))


@pytest.mark.parametrize("program", ["sh", "bash"])
@pytest.mark.parametrize("first", ["iptables -I INPUT ! -s <TRUSTED_NET> -j DROP", "iptables -s <TRUSTED_NET>"])
def test_a_shell_runs_nothing_before_a_value_was_chosen(shell: Shell, program: str, first: str) -> None:
    assert shell.run(f"{first} && sysctl -w x=1", program) == []


CHOOSING = [
    (check.id, remedy) for check in CHECKS for remedy in check.remedies if any("<" in one.text for one in remedy.run)
]


@pytest.mark.parametrize(("check", "remedy"), CHOOSING, ids=lambda value: value if isinstance(value, str) else "")
def test_the_first_command_is_refused_where_any_is(check: str, remedy: object) -> None:
    assert "<" in remedy.run[0].text, check  # type: ignore[attr-defined]


# The words in capitals that stood for names of one's own, and the networks of documentation that were pasted.
PASTED = re.compile(r"(?<![<\w-])(UPLINK|ADDRESS|NAME|NETWORK|NODES|TRUSTED|BRIDGE|ONE|OTHER|PORT)\b|192\.0\.2\.0/24")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_no_name_stands_in_a_remedy_that_people_would_paste(check: object) -> None:
    assert PASTED.findall(re.sub(r"<[A-Z_]+>", "", check.remediation)) == []  # type: ignore[attr-defined]


def _commands(finding: Finding) -> list[str]:
    return [one.text for advice in finding.advice for one in advice.commands]


@pytest.mark.matrix
@pytest.mark.parametrize("host", every(7, HOSTS))
def test_a_command_is_of_the_family_of_its_finding(host: str, audit_of: AuditOf) -> None:
    for finding in audit_of(f"bad/{host}/before").findings:
        six = re.search(r"\[[0-9a-f]*::|\bip6:|IPv6 forwarding|\(ip6\)", finding.subject) is not None
        named = [one.partition(" ")[0] for one in _commands(finding) if "tables " in one]
        if finding.check.id != "container-open-past-its-bindings":
            assert {one.startswith("ip6") for one in named} <= {six}, (finding.check.id, finding.subject)


@pytest.mark.parametrize("host", every(14, HOSTS))
def test_what_a_terminal_shows_is_what_a_shell_runs(host: str, audit_of: AuditOf, shell: Shell) -> None:
    lines = [
        put_in(one, assume(one) or {}).line for found in audit_of(f"bad/{host}/before").findings for one in found.advice
    ]
    whole = [line for line in dict.fromkeys(lines) if line and "<" not in line]
    shown = ["\n".join(shell_lines(line, 80, indent=11)) for line in whole]
    calls = shell.run("\n".join(shown))
    assert calls == shell.run("\n".join(whole))[len(calls) :]
    assert len(calls) >= len(whole)


def test_a_script_of_nft_is_broken_where_a_new_line_says_the_same(shell: Shell) -> None:
    script = (
        "add table ip operator; add chain ip operator forward { type filter hook forward priority -10 ; }; add rule x"
    )
    pasted = "\n".join(shell_lines(f"nft '{script}'", 60, indent=11))
    ((_, given),) = shell.run(pasted)
    assert re.sub(r"\s+", " ", given) == script
    assert all(line.rstrip().endswith(";") for line in given.splitlines()[:-1])


def test_commands_are_run_one_after_the_other_and_the_next_choice_is_named() -> None:
    first = Advice("Deny it", (Command("iptables -A x"), Command("iptables -D y")))
    assert in_one_line([first, Advice("do without")]) == "Deny it: iptables -A x && iptables -D y; or: do without"


def test_a_choice_that_is_no_network_is_not_made_up() -> None:
    advice = Advice("Name it", (Command("docker network disconnect <NETWORK> web", ("NETWORK",)),))
    assert assume(advice) is None


NFT = {"nftables": [{"table": {"family": "ip", "name": "docker-bridges", "handle": 1}}]}


def test_a_script_makes_the_chain_and_the_rule_that_nft_would_list() -> None:
    script = (
        "add table ip operator; add chain ip operator forward { type filter hook forward priority -10 ; };"
        " add rule ip operator forward iifname eth0 meta l4proto tcp ct original proto-dst 8080 ct direction original"
        " ip saddr != 10.0.0.0/8 drop"
    )
    facts = run_script(Facts({Source.NFT_RULESET: json.dumps(NFT).encode()}), script)
    assert facts
    table = parse_snapshot(facts).ruleset.tables[-1]
    (chain,) = table.chains
    assert (table.name, chain.name, chain.policy) == ("operator", "forward", "accept")
    assert chain.rules[0].text == (
        'iifname "eth0" meta l4proto tcp ct original proto-dst 8080 ct direction original ip saddr != 10.0.0.0/8 drop'
    )


def test_a_script_deletes_the_rule_of_a_handle_and_sets_a_policy() -> None:
    facts = load(RECORDINGS / "29.0.0-nftables" / "default-one-port" / "01")
    listed = msgspec.json.decode(facts.files[Source.NFT_RULESET])["nftables"]
    rule = next(one["rule"] for one in listed if "rule" in one)
    place = f"{rule['family']} {rule['table']} {rule['chain']}"
    after = run_script(facts, f"delete rule {place} handle {rule['handle']}")
    assert after
    assert len(msgspec.json.decode(after.files[Source.NFT_RULESET])["nftables"]) == len(listed) - 1
    base = next(one["chain"] for one in listed if one.get("chain", {}).get("policy") == "accept")
    dropped = run_script(facts, f"add chain {base['family']} {base['table']} {base['name']} {{ policy drop ; }}")
    assert dropped
    chains = [
        one["chain"] for one in msgspec.json.decode(dropped.files[Source.NFT_RULESET])["nftables"] if "chain" in one
    ]
    assert next(one["policy"] for one in chains if one["name"] == base["name"]) == "drop"


@pytest.mark.parametrize(
    "script", ["flush ruleset", "add rule ip x y meta mark 3 drop", "add chain ip x y { nonsense }"]
)
def test_what_no_remedy_prints_is_not_computed(script: str) -> None:
    assert run_script(Facts({Source.NFT_RULESET: json.dumps(NFT).encode()}), script) is None


def test_forwarding_is_switched_on_for_every_interface_as_the_kernel_does() -> None:
    before = "net.ipv4.conf.all.forwarding = 0\nnet.ipv4.conf.eth0.forwarding = 0\nnet.ipv6.conf.all.forwarding = 0\n"
    facts = set_switch(Facts({Source.SYSCTL: before.encode()}), "net.ipv4.ip_forward", "1")
    assert sorted(facts.files[Source.SYSCTL].decode().splitlines()) == [
        "net.ipv4.conf.all.forwarding = 1",
        "net.ipv4.conf.eth0.forwarding = 1",
        "net.ipv4.ip_forward = 1",
        "net.ipv6.conf.all.forwarding = 0",
    ]
