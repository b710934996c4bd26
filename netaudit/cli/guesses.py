"""A command line that was not understood -> the one that was meant, where people often write it so."""

import re

_COMMANDS = {
    **dict.fromkeys(("ports", "open", "expose", "who"), "exposure"),
    **dict.fromkeys(("fix", "check", "scan", "lint"), "audit"),
    **dict.fromkeys(("list", "ls", "rules"), "show"),
    **dict.fromkeys(("why", "what"), "explain"),
    **dict.fromkeys(("snapshot", "save"), "record"),
    **dict.fromkeys(("monitor",), "watch"),
}
_FORMATS = {"md": "markdown", "table": "terminal", "text": "terminal", "txt": "terminal", "prom": "openmetrics"}
_FORMAT = re.compile(r"(--format=|-f)(\w+)")


def guess(words: list[str]) -> list[str] | None:
    """Return the words that were meant; None where nobody can tell."""
    own = words.index("--") if "--" in words else len(words)  # what follows is another program's, or a rule
    meant = [*(_COMMANDS.get(one, one) for one in words[:1]), *_options(words[1:own]), *words[max(own, 1) :]]
    if meant[:1] == ["diff"] and "--since" in meant[1:-1]:
        at = meant.index("--since")
        meant[at : at + 2] = [f"@{meant[at + 1].removeprefix('@')}"]
    rule = next((at for at, word in enumerate(meant) if re.match(r"-[AIs]\s", word)), 0)
    if meant[:1] == ["blame"] and rule and "--" not in meant:
        meant.insert(rule, "--")
    return meant if meant != words else None


def _options(words: list[str]) -> list[str]:
    found: list[str] = []
    for word in words:
        joined = _FORMAT.fullmatch(word)
        if word in ("--json", "--markdown", "--html", "--csv"):
            found += ["--format", word.removeprefix("--")]
        elif found[-1:] in (["--format"], ["-f"]):
            found.append(_FORMATS.get(word, word))
        else:
            found.append(f"{joined[1]}{_FORMATS.get(joined[2], joined[2])}" if joined else word)
    return found
