"""Rules that a mail or a page broke into lines: what follows a rule and begins no other belongs to it."""

import re

# What stands before an argument, or between a rule's parts: a rule that ends so goes on.
_OPEN = re.compile(
    r"(?:^|\s)(?:!|-[sdiojpgm]|--(?:s|d|to|source|destination|dport|sport|dports|sports|ports|to-destination|to-source|"
    r"to-ports|ctstate|state|match-set|comment|log-prefix|reject-with|dst-type|src-type|icmp-type|mark|set-xmark|"
    r"set-mark|limit|limit-burst|mac-source|src-range|dst-range|uid-owner|tcp-flags|name|ctorigdstport|ctdir))\s*$"
)
_TARGET = re.compile(r"\s-[jg] \S")
_OPTION = re.compile(r"\s*(?:!\s+)?--?[a-zA-Z][\w-]*(?:\s|$)")
_RULE = re.compile(r"\s*(?:\[\d+:\d+\]\s+)?-A \S")
_VERBS = ("-A", "-P", "-N", "-I", "-D", "-X", "-F", "-Z")


def goes_on(rule: str, line: str) -> bool:
    """Tell whether a line is the rest of the rule on the line before."""
    if not _RULE.match(rule) or line.lstrip()[:2] in _VERBS:
        return False
    if _OPEN.search(rule):
        return bool(line.strip()) and not line.lstrip().startswith(("*", ":", "#", "COMMIT", "["))
    return _OPTION.match(line) is not None and (_TARGET.search(rule) is None or line.lstrip().startswith("--"))


def is_cut_off(rule: str) -> bool:
    """Tell whether a rule that is the last line of a text ends in its middle: Docker and people write targets."""
    return _RULE.match(rule) is not None and (_TARGET.search(rule) is None or _OPEN.search(rule) is not None)
