"""What a condition may cost: bounds on its text, so that no check runs without end or uses all memory.

CEL bounds how deep an expression nests and how often its macros go round in all; it bounds neither how fast a value
grows (`[s + s].exists(a, [a + a].exists(b, …))` doubles it each time) nor what it then costs to compare. So macros
nest a few deep, few things are added up, and lists are not rewritten.
"""

import re

from netaudit.errors import NetauditError

LONGEST = 1000  # characters; the longest that netaudit ships has 250
DEEPEST = 3  # macros inside one another
MOST_SUMS = 16

# CEL's literals, raw ones too: a quote in one must not hide what follows.
_LITERAL = re.compile(
    r"""(?<!\w)(?:r|br|rb)(?P<raw>'{3}|"{3}|'|").*?(?P=raw)"""
    r"""|(?P<plain>'{3}|"{3}|'|")(?:[^\\]|\\.)*?(?P=plain)""",
    re.DOTALL | re.IGNORECASE,
)
_TOKEN = re.compile(r"\.\s*(all|exists|exists_one|existsOne|filter)\s*\(|[()]")
_MAP = re.compile(r"\.\s*map\s*\(")


def without_literals(text: str) -> str:
    """Return an expression with nothing inside its quotes."""
    return _LITERAL.sub("''", text)


def require_bounded(text: str) -> None:
    """Refuse an expression that may cost too much. Raises NetauditError."""
    if len(text) > LONGEST:
        raise NetauditError(f"has more than {LONGEST} characters", hint="make several checks of it")
    if any("\ud800" <= one <= "\udfff" for one in text):
        raise NetauditError("holds half of a pair of surrogates", hint="write it in UTF-8")
    bare = without_literals(text)
    if _MAP.search(bare):
        raise NetauditError("map is not allowed", hint="ask with exists, all or filter")
    if _depth(bare) > DEEPEST:
        raise NetauditError(f"nests macros such as all more than {DEEPEST} deep", hint="ask for less at once")
    if bare.count("+") > MOST_SUMS:
        raise NetauditError(f"adds more than {MOST_SUMS} times", hint="ask for less at once")


def _depth(bare: str) -> int:
    """Return how many macros stand inside one another at most."""
    opened: list[bool] = []  # of each parenthesis that is open: is it a macro's?
    deepest = depth = 0
    for found in _TOKEN.finditer(bare):
        if found[0] != ")":
            opened.append(bool(found[1]))
            depth += bool(found[1])
            deepest = max(deepest, depth)
        elif opened:
            depth -= opened.pop()
    return deepest
