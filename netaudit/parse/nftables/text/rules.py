"""One rule of nft's text -> JSON; what is not known is kept word for word, up to the next statement that is."""

import msgspec

from netaudit.parse.nftables.formats import Json
from netaudit.parse.nftables.text.fields import names_in
from netaudit.parse.nftables.text.statements import read_statement
from netaudit.parse.nftables.text.tokens import Cursor, Kind, NotNftError, Token

# Where reading goes on behind what is not known.
_CLEAR = names_in(
    """
    counter accept drop return continue jump goto reject log masquerade dnat snat redirect queue notrack
    comment
    """
)


class ReadRule(msgspec.Struct, frozen=True):
    """What a rule's line says; `unread` is what of it was not understood, "" where all was."""

    expressions: tuple[Json, ...]
    comment: str | None = None
    unread: str = ""


def read_rule(tokens: list[Token], text: str, family: str) -> ReadRule:
    """Read the tokens of a rule; `text` is what they are tokens of."""
    cursor = Cursor(tokens)
    found: list[Json] = []
    lost: list[str] = []
    comment: str | None = None
    while cursor:
        at = cursor.at
        try:
            if cursor.word() == "comment" and cursor.peek(1).kind is Kind.TEXT:
                cursor.at += 2
                comment = tokens[at + 1].text
            else:
                found.append(read_statement(cursor, family))
        except (NotNftError, ValueError, RecursionError):
            cursor = Cursor(tokens)
            cursor.at = _next_clear(tokens, at + 1)
            lost.append(" ".join(source_of(tokens[at : cursor.at], text).split()))
            found.append(lost[-1])
    return ReadRule(tuple(found), comment, "; ".join(lost))


def _next_clear(tokens: list[Token], at: int) -> int:
    while at < len(tokens) and not (tokens[at].kind is Kind.WORD and tokens[at].text in _CLEAR):
        at += 1
    return at


def source_of(tokens: list[Token], text: str) -> str:
    """Return the text of some tokens, quotes and all."""
    return text[tokens[0].start : tokens[-1].end]
