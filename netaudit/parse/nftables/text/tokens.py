"""nft's text -> tokens, and a cursor over them."""

import re
from collections.abc import Iterator
from enum import Enum

import msgspec


class Kind(Enum):
    """What a token is."""

    WORD = "word"
    TEXT = "text"  # in double quotes, which are left away
    MARK = "mark"
    BREAK = "break"  # the end of a line, or a semicolon
    REMARK = "remark"  # behind `#`


# A colon is part of a word where something follows at once: `2001:db8::1`, `:8080`; not in `22 : accept`.
_TOKEN = re.compile(
    r"""
      (?P<space>[ \t\r\f\v\u00a0]+|\\\n)
    | (?P<break>\n|;)
    | (?P<remark>\#[^\n]*)
    | "(?P<text>[^"\n]*)"
    | (?P<mark><<|>>|[!<>=]=|[{}(),=!<>&|^])
    | (?P<word>(?:[^\s{}();,=!<>&|^"\#:]|:(?=[\w:\[/.*$@"])|(?<=:):)+|:)
    | (?P<stray>.)
    """,
    re.VERBOSE,
)
# A map's key and value without a space between them, as people type them: `22:accept`, `80:192.0.2.1`, `"eth0":drop`.
_GLUED = re.compile(r"([^:]*):((?:accept|drop|continue|return|jump|goto)|\d{1,3}(?:\.\d{1,3}){3}(?:/\d+)?)")
_KINDS = {"break": Kind.BREAK, "remark": Kind.REMARK, "text": Kind.TEXT, "mark": Kind.MARK, "word": Kind.WORD}
_DEEPEST = 32


class Token(msgspec.Struct, frozen=True, gc=False):
    """A token: its line, from 1, and where it stands in the text."""

    kind: Kind
    text: str
    line: int
    start: int
    end: int


END = Token(Kind.BREAK, "", 0, 0, 0)


class NotNftError(Exception):
    """Text that is not nft's language, or a part of it that is not known here."""


def tokenize(text: str) -> Iterator[Token]:
    """Yield the tokens of a text; what no token begins with becomes a word of its own."""
    line = 1
    for found in _TOKEN.finditer(text):
        name = found.lastgroup or "stray"
        if name == "word" and (glued := _GLUED.fullmatch(found[name])):
            yield from _parted(glued, line, found.start())
        elif name != "space":
            kind = _KINDS.get(name, Kind.WORD)
            yield Token(kind, found[name], line, found.start(), found.end())
        line += found[0].count("\n")


def _parted(glued: re.Match[str], line: int, start: int) -> Iterator[Token]:
    colon = start + glued.end(1)
    if glued[1]:
        yield Token(Kind.WORD, glued[1], line, start, colon)
    yield Token(Kind.WORD, ":", line, colon, colon + 1)
    yield Token(Kind.WORD, glued[2], line, colon + 1, start + glued.end(2))


class Cursor:
    """Reads tokens from the left."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def __bool__(self) -> bool:
        return self._at < len(self._tokens)

    @property
    def at(self) -> int:
        """Return how many tokens are read; setting it goes back."""
        return self._at

    @at.setter
    def at(self, at: int) -> None:
        self._at = at

    def peek(self, ahead: int = 0) -> Token:
        """Return a token that is not read yet; `END` behind the last."""
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else END

    def word(self, ahead: int = 0) -> str:
        """Return what the next token says, if it is a word; else ""."""
        token = self.peek(ahead)
        return token.text if token.kind is Kind.WORD else ""

    def take(self) -> Token:
        """Read the next token. Raises NotNftError at the end."""
        if self._at >= len(self._tokens):
            raise NotNftError
        self._at += 1
        return self._tokens[self._at - 1]

    def skip(self, *texts: str) -> str:
        """Read the next token if it is one of these words or marks; "" where it is not."""
        token = self.peek()
        if token.kind in (Kind.WORD, Kind.MARK) and token.text in texts:
            self._at += 1
            return token.text
        return ""

    def expect(self, text: str) -> None:
        """Read this word or mark. Raises NotNftError for another."""
        if not self.skip(text):
            raise NotNftError

    def number(self) -> int:
        """Read a number, decimal or hexadecimal. Raises NotNftError, ValueError."""
        return int(self.take().text[:20], 0)

    def skip_breaks(self) -> None:
        """Read the ends of lines, and what stands behind `#`."""
        while self and self.peek().kind in (Kind.BREAK, Kind.REMARK):
            self._at += 1

    def deeper(self) -> None:
        """Count what is nested. Raises NotNftError where nobody nests so deep."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise NotNftError

    def higher(self) -> None:
        """Leave what was nested."""
        self._depth -= 1

    def statement(self) -> list[Token]:
        """Read to the end of a statement: a line or a semicolon outside braces, or the brace that closes the block."""
        start, depth = self._at, 0
        while self:
            token = self.peek()
            if depth == 0 and (
                token.kind in (Kind.BREAK, Kind.REMARK) or (token.text == "}" and token.kind is Kind.MARK)
            ):
                break
            if token.kind is Kind.MARK:
                depth += (token.text == "{") - (token.text == "}")
            self._at += 1
        return [token for token in self._tokens[start : self._at] if token.kind not in (Kind.BREAK, Kind.REMARK)]
