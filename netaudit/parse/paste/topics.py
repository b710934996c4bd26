"""Whose answer a line begins or is: told by the line itself, or by the command typed before it."""

import re
from enum import Enum

from netaudit.parse.iptables.console import read_command


class Topic(Enum):
    """What a part of a text is an answer to."""

    SAVE = "iptables-save"
    LISTED = "iptables -L"
    COMMANDS = "iptables -S"
    NFT = "nft list ruleset"
    JSON = "JSON"
    DOCKER_PS = "docker ps"
    DOCKER_PORT = "docker port"
    IP_ADDR = "ip addr"
    IP_ROUTE = "ip route"
    IP_RULE = "ip rule"
    SOCKETS = "ss"
    SYSCTL = "sysctl"
    IPSET = "ipset"
    ENGINE = "docker version"
    OTHER = ""


RULES = frozenset({Topic.SAVE, Topic.LISTED, Topic.COMMANDS})
_ADDRESS = r"\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?"
_RUN = r"(?:(?:sudo )?ip6?tables\S* (?:-w )?(?:-t \S+ )?)?"  # before a rule, where it stands as a command
_FAMILY = "(?:ip|ip6|inet|arp|bridge|netdev)"
_VERB = "add|create|insert|replace|flush|delete|destroy"
_CALL = r"ip6?tables(?: -t \S+)?"
_NO_HOST = "blackhole|unreachable|prohibit"
_BEGINS: tuple[tuple[Topic, re.Pattern[str]], ...] = (
    (Topic.SAVE, re.compile(r"\s*\*(?:filter|nat|mangle|raw|security)\s*$")),
    (Topic.LISTED, re.compile(r"\s*(?:# )?Chain \S+ \(")),
    (Topic.COMMANDS, re.compile(rf"\s*(?:\[\d+:\d+\]\s+)?{_RUN}-[APN] [\w:.-]+(?: |$)")),
    (Topic.COMMANDS, re.compile(r"\s*(?:sudo )?ip6?tables\S* (?:-t \S+ )?-I [\w:.-]+ \S")),
    (Topic.COMMANDS, re.compile(rf"\s*(?:sudo )?{_CALL} -[DFXR] .*; (?:sudo )?{_CALL} -[AINP] ")),
    (Topic.COMMANDS, re.compile(r"\s*:[\w.:-]+ (?:-|ACCEPT|DROP) \[\d+:\d+\]")),
    (Topic.NFT, re.compile(r"\s*(?:table (?:(?:ip|ip6|inet|arp|bridge|netdev) )?[\w.-]+|chain [\w.-]+) \{")),
    (Topic.NFT, re.compile(rf"\s*(?:{_VERB}) (?:table|chain|rule|set|map|element) {_FAMILY} [\w.-]+(?: |$)")),
    (Topic.NFT, re.compile(r'\s*(?:(?:flush|delete|destroy) (?:ruleset|table|chain)\b|include\s+")')),
    (Topic.NFT, re.compile(r"\s*(?:re)?define\s+[\w.-]+\s*=\s*\S")),
    (Topic.DOCKER_PS, re.compile(r"\s*CONTAINER ID\s+[A-Z]{5}|\s*NAMES?\s(?:[A-Z \t]*\s)?(?:IMAGE|STATUS|PORTS)\b")),
    (Topic.DOCKER_PS, re.compile(r"\s*[0-9a-f]{12}\s+\S.*\s(?:Up|Exited|Created|Restarting)\s.*\s\S+\s*$")),
    (Topic.DOCKER_PORT, re.compile(r"\s*\d{1,5}/(?:tcp|udp|sctp)\s+->\s+\S+:\d{1,5}\s*$")),
    (Topic.IP_ADDR, re.compile(r"\s*\d+: [\w.@:-]+: <[A-Z0-9_,-]*> mtu ")),
    (Topic.IP_ROUTE, re.compile(rf"\s*(?:default|(?:(?:{_NO_HOST}) )?{_ADDRESS}) (?:via|dev) ")),
    (Topic.IP_RULE, re.compile(r"\s*\d{1,5}:\s+(?:not )?from \S+")),
    (Topic.SOCKETS, re.compile(r"\s*(?:(?:tcp|udp)6?\s+)?(?:LISTEN|UNCONN)\s+\d+\s+\d+\s+\S+:\S+\s")),
    (Topic.SYSCTL, re.compile(r"\s*net\.[\w./-]+\s*=\s*-?\d")),
    (Topic.IPSET, re.compile(r"\s*create \S+ (?:hash|bitmap|list):")),
    (Topic.ENGINE, re.compile(r"\s*(?:Server Version: \d|Server:|Client:)")),
    (Topic.JSON, re.compile(r'\s*(?:[\[{]\s*$|[\[{]\s*[{"]|"(?:NetworkSettings|Networks|Ports|PortBindings)":)')),
)
_PROMPT = re.compile(
    r"\s*(?:\[[^\]\n]{1,80}\]|[\w.-]+@[\w.-]+[^\s$#>%]*(?:\s[^\s$#>%]+)?|[\w.~/:-]{0,60})\s?[$#>%➜]\s+(?=\S)"
)
_PROGRAMS = re.compile(
    r"(?:sudo\s+(?:-\S+\s+)*)?(?:/\S*/)?(ip6?tables(?:-\w+)*|nft|docker|podman|ip|ipset|ss|netstat|sysctl|cat|curl|wget|ping|"
    r"systemctl|ufw|firewall-cmd|uname|lsmod|service|route|ifconfig|brctl|nmap|telnet|nc|grep|echo|tcpdump|conntrack|dig)"
    r"(?:\s+\S.*|\s*)$"
)
# What these programs are asked as a rule begins a line of prose too: only a bare command counts, without a prompt.
_BARE = re.compile(
    r"(?:sudo\s+)?(?:/\S*/)?(?:docker (?:ps|inspect|run|network|info|version|port|exec|compose|logs|stop|start|rm)\b"
    r"|nft (?:-\w+ )*list\b|ip (?:-\w+ )*(?:a|addr|address|r|route|rule|link)\b|ipset (?:list|save)|ss -\w+|"
    r"netstat -\w+|sysctl \S+|ufw status|cat /|firewall-cmd --|ip6?tables(?:-(?:nft|legacy))?-save\b|"
    r"systemctl \w+ \S+$|curl http)"
)
# What is typed for an answer that is read: a program and what it is asked.
_ASKED = re.compile(
    r"#\s*(?:sudo\s+)?(?:/\S*/)?(?:ip6?tables(?:-\w+)*(?:-save\b|\s+-)|nft\s+(?:-\w+\s+)*list\b|ip\s+(?:-\w+\s+)*[ar]\w*|"
    r"docker\s+(?:ps|inspect|run|network|info|version|exec|compose|logs|port)\b|ipset\s+(?:list|save)|ss\s+-|sysctl\s+\S*\.|"
    r"(?:cat|curl|wget|ping|nc|telnet|grep|systemctl|ufw|firewall-cmd|uname|lsmod|tcpdump|conntrack|netstat)\s+\S)"
)
_LONGEST = 400
_ELIDED = re.compile(
    r"\s*(?:\d+\s+)?(?:[\[(<#]+\s*)?(?:\.{2,}|…|\bsnip(?:ped)?\b|\bomitted\b|\btruncated\b|<snip>).{0,80}$",
    re.IGNORECASE,
)


def topic_of(line: str) -> Topic | None:
    """Tell what a line is an answer of; None where it does not say."""
    return next((topic for topic, pattern in _BEGINS if pattern.match(line)), None)


def is_command(line: str) -> bool:
    """Tell whether somebody typed this line at a shell."""
    if len(line) > _LONGEST:
        return False
    bare = line.strip()
    if prompt := _PROMPT.match(line):
        return _PROGRAMS.match(line, prompt.end()) is not None or read_command(line) is not None
    return _BARE.match(bare) is not None or (read_command(line) is not None and topic_of(line) is None)


def is_remark(line: str) -> bool:
    """Tell whether a line between rules is what a file says of them, though a root's prompt looks alike.

    `# ping` is a remark, `# iptables -S` is typed.
    """
    bare = line.lstrip()
    return bare.startswith("#") and (bare != line or not _ASKED.match(bare))


def is_elided(line: str) -> bool:
    """Tell whether a line says that others are left out."""
    return _ELIDED.match(line) is not None
