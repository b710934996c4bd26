"""A shell script that calls nft -> the commands as a file of nft's own language has them."""

import re

_CALL = re.compile(
    r"\s*(?:sudo\s+)?(?:/\S*/)?nft\s+(?:-\w+\s+)*['\"]?\s*"
    r"(add|create|insert|replace|flush|delete|destroy)\s+(table|chain|rule|set|map|element)\s+(\S.*)$"
)
_FAMILY = re.compile(r"(?:ip|ip6|inet|arp|bridge|netdev)\s+\S")
_LISTED = re.compile(r"[ \t]*table (?:(?:ip|ip6|inet|arp|bridge|netdev) )?[\w.-]+ \{")
_OF_SHELL = re.compile(r"\\([;{}!$&|()<>\"'* ])")
_QUOTES = str.maketrans("", "", "'")
_LONGEST = 4096


def nft_calls_made_plain(lines: list[str]) -> list[str]:
    """Return the lines, those that call nft to make something as nft reads them; beside a listing they stay."""
    if not any("nft " in line for line in lines) or any(_LISTED.match(line) for line in lines):
        return lines
    return [_plain(line) if "nft " in line and len(line) <= _LONGEST else line for line in lines]


def _plain(line: str) -> str:
    found = _CALL.match(line)
    if found is None:
        return line
    verb, kind, rest = found.groups()
    said = _OF_SHELL.sub(r"\1", rest.translate(_QUOTES)).strip()
    said = said.removesuffix('"') if said.count('"') % 2 else said
    return f"{verb} {kind} {said if _FAMILY.match(said) else f'ip {said}'}"
